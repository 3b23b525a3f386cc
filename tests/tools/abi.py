#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks the helper's tables about the NVIDIA driver against the measured facts.

usage: abi.py layouts LAYOUTS NUMBERS JSON  every row, size, offset and limit (tables layouts), and the numbers of rm.h as
                                            the preprocessor has them
       abi.py listing LAYOUTS LISTING       the program's own list (mdev-gpu abi --json) says what its table says
       abi.py releases FOUND JSON RELEASES  every release was found (RELEASE FIRST LAST) in the row measured for it, or in none
       abi.py hosts FOUND TSV               likewise every release for hosts, or the list has a reason why not
       abi.py statuses STATUSES TSV         every status code, name and meaning (tables statuses)

Prints each difference; the last line counts what was compared.
"""

import json
import re
import sys

# Those of NVA081_CTRL_VGPU_INFO that the helper sends, compares or puts back.
MEMBERS = (
    "vgpu_type", "vgpu_name", "vgpu_class", "vgpu_signature", "license", "max_instance", "num_heads", "max_resolution_x",
    "max_resolution_y", "max_pixels", "frl_config", "cuda_enabled", "ecc_supported", "multi_vgpu_supported",
    "encoder_capacity", "vdev_id", "pdev_id", "profile_size", "fb_length", "gsp_heap_size", "mappable_video_size",
    "fb_reservation", "bar1_length", "frl_enable", "gpu_instance_size", "vgpu_extra_params", "gpu_direct_supported",
    "nvlink_p2p_supported", "multi_vgpu_exclusive", "max_instance_per_gi",
)
# Only read: where the driver computes it for vGPUs of one type.
COMPUTED = ("placement_size", "homogeneous_placement_count")

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


# The facts.

def measured_layouts(facts):
    """Layouts with vGPU calls, oldest first; of the reported ones only 510."""
    reported = [r for r in facts["reported"] if r["releases"][0] == "510.47.03"]
    return reported + [layout for layout in facts["layouts"] if "vgpu_set_info" in layout["structs"]]


def place(struct, name):
    field = struct["fields"].get(name)
    return field[:2] if field else None


def check_info(check, where, row, struct):
    for name in MEMBERS:
        check.same(f"{where}: {name}", row["info"].get(name), place(struct, "info." + name))
    places = "info.homogeneous_placement_count" in struct["fields"]
    for name in COMPUTED:
        check.same(f"{where}: {name}", row["info"].get(name), place(struct, "info." + name) if places else None)
    check.same(f"{where}: unknown members", set(row["info"]) - set(MEMBERS + COMPUTED), set())


def check_types(check, where, row, struct):
    types = row.get("types")
    if not struct:
        check.same(f"{where}: list of types", types, None)
        return
    check.same(f"{where}: types size", types["size"], struct["size"])
    check.same(f"{where}: types instance", types.get("gpu_instance"), place(struct, "gpu_instance_id"))
    check.same(f"{where}: types state", types["state"], place(struct, "vgpu_config_state"))
    check.same(f"{where}: types count", types["count"], place(struct, "num_vgpu_types"))
    offset, size, count = struct["fields"]["vgpu_types"]
    check.same(f"{where}: types first", types["first"], [offset, size // count])
    check.same(f"{where}: types fit", count, row["types_max"])


def check_sizes(check, where, row, layout):
    structs = layout["structs"]
    known = "vgpu_get_type_info" in structs
    limits = layout.get("constants", {})
    check.same(f"{where}: SET_INFO", row["set_info_size"], structs["vgpu_set_info"]["size"])
    check.same(f"{where}: config state", row.get("config_state"), place(structs["vgpu_set_info"], "vgpu_config_state"))
    check.same(f"{where}: discard", place(structs["vgpu_set_info"], "discard_vgpu_types"), [0, 1])
    check.same(f"{where}: TYPE_INFO", row["type_info_size"], structs["vgpu_get_type_info"]["size"] if known else 0)
    check.same(f"{where}: ENUMERATE", row["enumerate_size"], structs["vgpu_enumerate"]["size"] if known else 0)
    check.same(f"{where}: SET_PGPU_INFO", row["has_pgpu_info"], "vgpu_set_pgpu_info" in structs)
    for name, value in (
        ("virt_mode_size", structs["virt_mode"]["size"] if "virt_mode" in structs else None),
        ("types_max", limits.get("max_vgpu_types_per_pgpu")),
        ("instances_max", limits.get("max_vgpu_per_pgpu")),
    ):
        check.same(f"{where}: {name}", row[name], ASSUMED_510[name] if value is None else value)
    if known:
        check.same(f"{where}: ENUMERATE count", place(structs["vgpu_enumerate"], "num_vgpu"), [4, 4])
        check.same(f"{where}: TYPE_INFO info", structs["vgpu_get_type_info"]["info_offset"],
                   structs["vgpu_set_info"]["info_offset"])


def layouts(layouts_path, numbers_path, facts_path):
    check = Check()
    rows, facts = json.loads(read(layouts_path)), json.loads(read(facts_path))
    measured = measured_layouts(facts)
    check.same("rows", [(r["first"], r["last"]) for r in rows], [tuple(m["releases"]) for m in measured])
    for row, layout in zip(rows, measured):
        where = f"{row['first']}..{row['last']}"
        check_sizes(check, where, row, layout)
        check_info(check, where, row, layout["structs"]["vgpu_set_info"])
        check_types(check, where, row, layout["structs"].get("vgpu_types"))
    defined = dict(re.findall(r"#define (RM_\w+) (0x[0-9a-f]+)u", read(numbers_path)))
    for name, fact in NUMBERS.items():
        check.same(name, int(defined[name], 16), facts["common_constants"][fact])
    check.same("numbers nobody checks", set(defined) - set(NUMBERS), set())
    return check.done(f"{len(rows)} rows")


def branch_name(branch):
    number, first, last = branch
    if last < 0xffff:
        return f"{number}.{first}-{number}.{last}"
    return f"{number}.{first}-" if first else str(number)


def listing(layouts_path, listed_path):
    check = Check()
    rows, listed = json.loads(read(layouts_path)), json.loads(read(listed_path))
    check.same("rows", len(listed), len(rows))
    for row, item in zip(rows, listed):
        where = row["first"]
        check.same(f"{where}: first", item["first"], row["first"])
        check.same(f"{where}: last", item["last"], row["last"])
        check.same(f"{where}: branches", item["branches"], [branch_name(b) for b in row["branches"]] or [where])
        check.same(f"{where}: setInfoSize", item["setInfoSize"], row["set_info_size"])
        check.same(f"{where}: typesMax", item["typesMax"], row["types_max"])
        check.same(f"{where}: instancesMax", item["instancesMax"], row["instances_max"])
        check.same(f"{where}: nameMax", item["nameMax"], row["info"]["vgpu_name"][1] - 1)
        check.same(f"{where}: readsBack", item["readsBack"], row["type_info_size"] > 0)
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


def hosts(found_path, tsv_path):
    check = Check()
    found = {words[0]: words[1] for words in map(str.split, read(found_path).splitlines())}
    rows = [line.split("\t") for line in read(tsv_path).splitlines() if not line.startswith("#")]
    for _, release, row, *reason in rows:
        # What needs somebody to insist is in its branch's row, and found in none.
        insisted = any("never without being told to" in note for note in reason)
        check.same(release, found[release], "none" if row == "-" or insisted else row)
        if found[release] == "none" and not any(reason):
            check.same(f"{release} is refused for a reason", None, reason)
    return check.done(f"{len(rows)} releases")


def statuses(statuses_path, tsv_path):
    check = Check()
    ours = {row["code"]: (row["name"], row["meaning"]) for row in json.loads(read(statuses_path))}
    facts = {}
    for line in read(tsv_path).splitlines()[1:]:
        code, name, message = line.split("\t")[:3]
        facts[int(code, 16)] = (name, message)
    # of 610, which the list of the open tree does not reach: the number and the name are known
    facts[0x8d] = ("NV_ERR_RESOURCE_ACCOUNTING_HARD_LIMIT_EXCEEDED", "Hard limit of resource accounting exceeded")
    for code in sorted(set(ours) | set(facts)):
        check.same(hex(code), ours.get(code), facts.get(code))
    return check.done(f"{len(facts)} codes")


COMMANDS = {"layouts": layouts, "listing": listing, "releases": releases, "hosts": hosts, "statuses": statuses}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
