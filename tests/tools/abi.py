#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks the helper's tables about the NVIDIA driver against the measured facts.

usage: abi.py layouts ABI_C RM_H JSON       every row, size, offset, limit and number of abi.c and rm.h
       abi.py listing ABI_C LISTING         the program's own list (mdev-gpu abi --json) says what abi.c says
       abi.py releases FOUND JSON RELEASES  every release was found (RELEASE FIRST LAST) in the row measured for it, or in none
       abi.py statuses STATUS_C TSV         every status code, name and meaning

Prints each difference; the last line counts what was compared.
"""

import json
import re
import sys

# abi.h's names on the left, the names of the measured members on the right.
FIELDS = {
    "TYPE": "vgpu_type",
    "NAME": "vgpu_name",
    "CLASS": "vgpu_class",
    "SIGNATURE": "vgpu_signature",
    "LICENSE": "license",
    "MAX_INSTANCE": "max_instance",
    "NUM_HEADS": "num_heads",
    "MAX_RESOLUTION_X": "max_resolution_x",
    "MAX_RESOLUTION_Y": "max_resolution_y",
    "MAX_PIXELS": "max_pixels",
    "FRL_CONFIG": "frl_config",
    "CUDA_ENABLED": "cuda_enabled",
    "ECC_SUPPORTED": "ecc_supported",
    "MULTI_VGPU_SUPPORTED": "multi_vgpu_supported",
    "ENCODER_CAPACITY": "encoder_capacity",
    "VDEV_ID": "vdev_id",
    "PDEV_ID": "pdev_id",
    "PROFILE_SIZE": "profile_size",
    "FB_LENGTH": "fb_length",
    "GSP_HEAP_SIZE": "gsp_heap_size",
    "MAPPABLE_VIDEO_SIZE": "mappable_video_size",
    "FB_RESERVATION": "fb_reservation",
    "BAR1_LENGTH": "bar1_length",
    "FRL_ENABLE": "frl_enable",
}

NUMBERS = {
    "RM_CLASS_ROOT": "class_root_client",
    "RM_CLASS_DEVICE": "class_device",
    "RM_CLASS_SUBDEVICE": "class_subdevice",
    "RM_CLASS_VGPU_CONFIG": "class_vgpu_config",
    "RM_CLIENT_ID_INFO": "cmd_id_info_v2",
    "RM_DEVICE_VIRTUALIZATION_MODE": "cmd_virt_mode",
    "RM_SUBDEVICE_FB_INFO": "cmd_fb_info",
    "RM_VGPU_SET_INFO": "cmd_vgpu_set_info",
    "RM_VGPU_ENUMERATE": "cmd_vgpu_enumerate",
    "RM_VGPU_TYPE_INFO": "cmd_vgpu_get_type_info",
    "RM_VGPU_SUPPORTED_TYPES": "cmd_vgpu_supported_types",
    "RM_VGPU_PUBLISH": "cmd_vgpu_update_pgpu_info",
    "RM_VGPU_SET_PGPU_INFO": "cmd_vgpu_set_pgpu_info",
}

# 510: figures that no facts give; abi.c says where they are from.
ASSUMED_510 = {"types_max": 64, "instances_max": 32, "virt_mode_size": 4}


class Check:
    """Compares, tells what differs and counts."""

    def __init__(self):
        self.compared = 0
        self.wrong = 0

    def same(self, what, have, want):
        self.compared += 1
        if have != want:
            self.wrong += 1
            print(f"{what}: {have}, measured {want}")

    def done(self, words):
        print(f"{words}, {self.compared} figures, {self.wrong} wrong")
        return 1 if self.wrong or not self.compared else 0


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def pair(text):
    return tuple(int(n) for n in text.split(","))


# abi.c, as text: what a compiler could change cannot change here.

def source_infos(text):
    infos = {}
    for name, body in re.findall(r"struct info_layout (\w+) = \{\n(.*?)\n\};", text, re.S):
        infos[name] = {field: pair(place) for field, place in re.findall(r"\[INFO_(\w+)\] = \{ ([\d, ]+) \}", body)}
    return infos


def source_types(text):
    types = {}
    for name, body in re.findall(r"struct types_layout (\w+) = \{\n(.*?)\n\};", text, re.S):
        layout = {field: pair(place) for field, place in re.findall(r"\.(\w+) = \{ ([\d, ]+) \}", body)}
        layout["size"] = int(re.search(r"\.size = (\d+)", body).group(1))
        types[name] = layout
    return types


def source_row(body, infos, types):
    row = dict(re.findall(r'\.(first|last) = "([\d.]+)"', body))
    row.update((name, int(n)) for name, n in re.findall(r"\.(\w+) = (\d+)", body))
    row["info"] = infos[re.search(r"\.info = &(\w+)", body).group(1)]
    config = re.search(r"\.config_state = \{ ([\d, ]+) \}", body)
    row["config_state"] = pair(config.group(1)) if config else None
    listed = re.search(r"\.types = &(\w+)", body)
    row["types"] = types[listed.group(1)] if listed else None
    row["has_pgpu_info"] = ".has_pgpu_info = true" in body
    return row


def source_rows(path):
    text = read(path)
    table = re.search(r"struct abi rows\[\] = \{\n(.*?)\n\};", text, re.S).group(1)
    bodies = re.findall(r"\n?\t\{\n(.*?)\n\t\},", table, re.S)
    infos, types = source_infos(text), source_types(text)
    return [source_row(body, infos, types) for body in bodies]


# The facts.

def measured_layouts(facts):
    """Layouts with vGPU calls, oldest first; of the reported ones only 510."""
    reported = [r for r in facts["reported"] if r["releases"][0] == "510.47.03"]
    return reported + [layout for layout in facts["layouts"] if "vgpu_set_info" in layout["structs"]]


def place(struct, name):
    field = struct["fields"].get(name)
    return tuple(field[:2]) if field else None


def check_info(check, where, row, struct):
    for name, member in FIELDS.items():
        check.same(f"{where}: {member}", row["info"].get(name), place(struct, "info." + member))
    check.same(f"{where}: unknown members", set(row["info"]) - set(FIELDS), set())


def check_types(check, where, row, struct):
    if not struct:
        check.same(f"{where}: list of types", row["types"], None)
        return
    types = row["types"]
    check.same(f"{where}: types size", types["size"], struct["size"])
    check.same(f"{where}: types instance", types.get("gpu_instance"), place(struct, "gpu_instance_id"))
    check.same(f"{where}: types count", types["count"], place(struct, "num_vgpu_types"))
    offset, size, count = struct["fields"]["vgpu_types"]
    check.same(f"{where}: types first", types["first"], (offset, size // count))
    check.same(f"{where}: types fit", count, row["types_max"])


def check_sizes(check, where, row, layout):
    structs = layout["structs"]
    known = "vgpu_get_type_info" in structs
    limits = layout.get("constants", {})
    check.same(f"{where}: SET_INFO", row["set_info_size"], structs["vgpu_set_info"]["size"])
    check.same(f"{where}: config state", row["config_state"], place(structs["vgpu_set_info"], "vgpu_config_state"))
    check.same(f"{where}: discard", place(structs["vgpu_set_info"], "discard_vgpu_types"), (0, 1))
    check.same(f"{where}: TYPE_INFO", row.get("type_info_size", 0), structs["vgpu_get_type_info"]["size"] if known else 0)
    check.same(f"{where}: ENUMERATE", row.get("enumerate_size", 0), structs["vgpu_enumerate"]["size"] if known else 0)
    check.same(f"{where}: SET_PGPU_INFO", row["has_pgpu_info"], "vgpu_set_pgpu_info" in structs)
    for name, value in (
        ("virt_mode_size", structs["virt_mode"]["size"] if "virt_mode" in structs else None),
        ("types_max", limits.get("max_vgpu_types_per_pgpu")),
        ("instances_max", limits.get("max_vgpu_per_pgpu")),
    ):
        check.same(f"{where}: {name}", row[name], ASSUMED_510[name] if value is None else value)
    if known:
        check.same(f"{where}: ENUMERATE count", place(structs["vgpu_enumerate"], "num_vgpu"), (4, 4))
        check.same(f"{where}: TYPE_INFO info", structs["vgpu_get_type_info"]["info_offset"],
                   structs["vgpu_set_info"]["info_offset"])


def layouts(abi_c, rm_h, facts_path):
    check = Check()
    rows, facts = source_rows(abi_c), json.loads(read(facts_path))
    measured = measured_layouts(facts)
    check.same("rows", [(r["first"], r["last"]) for r in rows], [tuple(m["releases"]) for m in measured])
    for row, layout in zip(rows, measured):
        where = f"{row['first']}..{row['last']}"
        check_sizes(check, where, row, layout)
        check_info(check, where, row, layout["structs"]["vgpu_set_info"])
        check_types(check, where, row, layout["structs"].get("vgpu_types"))
    defined = dict(re.findall(r"#define (RM_\w+) (0x[0-9a-f]+)u", read(rm_h)))
    for name, fact in NUMBERS.items():
        check.same(name, int(defined[name], 16), facts["common_constants"][fact])
    check.same("numbers nobody checks", set(defined) - set(NUMBERS), set())
    return check.done(f"{len(rows)} rows")


def listing(abi_c, listed_path):
    check = Check()
    rows, listed = source_rows(abi_c), json.loads(read(listed_path))
    check.same("rows", len(listed), len(rows))
    for row, item in zip(rows, listed):
        where = row["first"]
        check.same(f"{where}: first", item["first"], row["first"])
        check.same(f"{where}: last", item["last"], row["last"])
        check.same(f"{where}: setInfoSize", item["setInfoSize"], row["set_info_size"])
        check.same(f"{where}: typesMax", item["typesMax"], row["types_max"])
        check.same(f"{where}: instancesMax", item["instancesMax"], row["instances_max"])
        check.same(f"{where}: nameMax", item["nameMax"], row["info"]["NAME"][1] - 1)
        check.same(f"{where}: readsBack", item["readsBack"], row.get("type_info_size", 0) > 0)
    return check.done(f"{len(rows)} rows")


def number(release):
    return tuple(int(n) for n in release.split("."))


def run_of(release, runs):
    found = [run for run in runs if number(run[0]) <= number(release) <= number(run[1])]
    assert len(found) <= 1, f"{release} lies in {found}"
    return found[0] if found else None


def releases(found_path, facts_path, releases_path):
    check = Check()
    found = {words[0]: tuple(words[1:]) for words in map(str.split, read(found_path).splitlines())}
    measured = [tuple(layout["releases"]) for layout in measured_layouts(json.loads(read(facts_path)))]
    known = read(releases_path).split()
    for release in known:
        check.same(release, found[release], run_of(release, measured) or ("none",))
    for run in measured:
        for end in run:
            check.same(f"{end} is a release", end in known or end == "510.47.03", True)
    return check.done(f"{len(known)} releases")


def statuses(status_c, tsv_path):
    check = Check()
    ours = {int(code, 16): (name, meaning)
            for code, name, meaning in re.findall(r'\{ (0x[0-9a-f]+), "(\w+)", "(.*)" \},', read(status_c))}
    facts = {}
    for line in read(tsv_path).splitlines()[1:]:
        code, name, message = line.split("\t")[:3]
        facts[int(code, 16)] = (name, message)
    for code in sorted(set(ours) | set(facts)):
        check.same(hex(code), ours.get(code), facts.get(code))
    return check.done(f"{len(facts)} codes")


COMMANDS = {"layouts": layouts, "listing": listing, "releases": releases, "statuses": statuses}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
