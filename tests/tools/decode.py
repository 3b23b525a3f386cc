#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reads the SET_INFO blocks that a simulated driver was sent, by the measured layouts alone.

usage: decode.py FACTS GOLDEN PROFILE GPU FOLDER...

Each FOLDER is named after a driver release and holds the blocks of one run in their order (*-a0810101.bin). They must
say what PROFILE (JSON) means on GPU (vvvv:dddd:svvv:sddd), and nothing else: every other byte is 0. GOLDEN is a
block of the old Mdev-GPU, for the signature that is sent where nobody gives one.
"""

import json
import pathlib
import sys

MIB = 1 << 20

# The profile's keys and what they become. What is in neither table is sent as 0.
NUMBERS = {
    "vgpu_type": ("num", None, 1),
    "max_instance": ("maxInstances", None, 1),
    "num_heads": ("virtDisplay.numHeads", 1, 1),
    "max_resolution_x": ("virtDisplay.maxResX", 1024, 1),
    "max_resolution_y": ("virtDisplay.maxResY", 1024, 1),
    "frl_config": ("virtDisplay.frlConfig", 120, 1),
    "frl_enable": ("virtDisplay.frlEnable", 0, 1),
    "cuda_enabled": ("cuda", True, 1),
    "ecc_supported": ("ecc", False, 1),
    "multi_vgpu_supported": ("multiMdev", False, 1),
    "encoder_capacity": ("encCap", 100, 1),
    "fb_length": ("fbLen", None, MIB),
    "fb_reservation": ("fbRes", None, MIB),
    "gsp_heap_size": ("gspHeapSize", 0, MIB),
    "mappable_video_size": ("mapVideoSize", 24, MIB),
    "bar1_length": ("bar1Len", 0x100, 1),
}
TEXTS = {
    "vgpu_name": ("name", "Arc GPU"),
    "vgpu_class": ("gpuClass", "Compute"),
    "license": ("license", "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0"),
}


def number(release):
    return tuple(int(n) for n in release.split("."))


def set_info(facts, release):
    for layout in facts["layouts"] + facts["reported"]:
        first, last = layout["releases"]
        if "vgpu_set_info" in layout["structs"] and number(first) <= number(release) <= number(last):
            return layout["structs"]["vgpu_set_info"]
    raise SystemExit(f"no layout for {release}")


def flat(config):
    """virtDisplay's keys beside the others."""
    display = config.get("virtDisplay", {})
    return {**config, **{"virtDisplay." + key: value for key, value in display.items()}}


def meaning(config, gpu, signature):
    """The info block's members, by name; numbers, or bytes for what is no number."""
    keys = flat(config)
    _vendor, device, _subvendor, subdevice = (int(part, 16) for part in gpu.split(":"))
    want = {name: int(keys.get(key, default)) * unit for name, (key, default, unit) in NUMBERS.items()}
    want.update((name, keys.get(key, default).encode()) for name, (key, default) in TEXTS.items())
    want["max_pixels"] = keys.get("maxPixels", want["max_resolution_x"] * want["max_resolution_y"])
    want["vdev_id"] = keys.get("vDevId", device << 16 | subdevice)
    want["pdev_id"] = keys.get("pDevId", device)
    want["profile_size"] = want["fb_length"] + want["fb_reservation"] + want["gsp_heap_size"]
    want["vgpu_signature"] = bytes.fromhex(keys["signature"]) if "signature" in keys else signature
    return {"info." + name: value for name, value in want.items()}


def with_frame(want, first, last, discard):
    return {**want, "discard_vgpu_types": int(first and discard), "vgpu_config_state": 2 if last else 1}


def as_bytes(value, size):
    """How a value fills its member; text ends in a NUL of its own, so it is shorter, but for the signature."""
    if isinstance(value, int):
        return value.to_bytes(size, "little")
    assert len(value) <= size
    return value.ljust(size, b"\0")


def differences(block, struct, want):
    if len(block) != struct["size"]:
        yield f"{len(block)} bytes, not {struct['size']}"
        return
    rest = bytearray(block)
    for name, (offset, size, *_) in struct["fields"].items():
        have, expected = block[offset:offset + size], as_bytes(want.get(name, 0), size)
        rest[offset:offset + size] = bytes(size)
        if have != expected:
            yield f"{name} at {offset}: {have.hex()}, not {expected.hex()}"
    for offset, byte in enumerate(rest):
        if byte:
            yield f"byte {offset} belongs to nothing and is {byte:#x}"


def check_run(folder, facts, profile, gpu, signature):
    """Yields what is wrong with one run's blocks."""
    struct = set_info(facts, folder.name)
    blocks = [path.read_bytes() for path in sorted(folder.glob("*-a0810101.bin"))]
    section = profile["gpus"][0]
    configs = section["mdevConfigs"]
    if len(blocks) != len(configs):
        yield f"{len(blocks)} blocks, not {len(configs)}"
        return
    for n, (block, config) in enumerate(zip(blocks, configs)):
        want = meaning(config, gpu, signature)
        want = with_frame(want, n == 0, n + 1 == len(blocks), section.get("discardPrevious", True))
        for text in differences(block, struct, want):
            yield f"block {n + 1}: {text}"


def main(facts, golden, profile, gpu, *folders):
    facts = json.loads(pathlib.Path(facts).read_text(encoding="utf-8"))
    profile = json.loads(pathlib.Path(profile).read_text(encoding="utf-8"))
    offset, size = set_info(facts, "510.47.03")["fields"]["info.vgpu_signature"][:2]
    signature = pathlib.Path(golden).read_bytes()[offset:offset + size]
    wrong = 0
    for folder in map(pathlib.Path, folders):
        for text in check_run(folder, facts, profile, gpu, signature):
            wrong += 1
            print(f"{folder.name}: {text}")
    types = len(profile["gpus"][0]["mdevConfigs"])
    print(f"{len(folders)} runs of {types} types, {wrong} wrong")
    return 1 if wrong or not folders else 0


if __name__ == "__main__":
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
