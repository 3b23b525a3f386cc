#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write rm-abi.h and rm-abi.c from the measured layouts (tests/data/nvidia-rm-abi.json), the public releases and the
vGPU host releases (nvidia-releases.txt and nvidia-host-releases.tsv beside it).

usage: gen-abi.py [--check] [--json FILE] [--dir DIR]

--check compares instead of writing and fails if the files are not what the
JSON says.  The simulated driver has its own copy of the layouts on purpose: a
double that shares the helper's tables would share the helper's mistakes.
"""

import argparse
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data"
# in two parts, since reuse would take it for this file's own
NOTE = "/* SPDX-License-Identifier" ": GPL-2.0-only */\n" \
       "/* Written by gen-abi.py from nvidia-rm-abi.json and the lists of releases. Do not edit. */\n"


def release_number(version):
    a, b, c = ([int(x) for x in version.split(".")] + [0])[:3]
    return a * 1000000 + b * 1000 + c


def macro(name):
    return name.upper().replace(".", "_")


def reported_510(abi):
    """510.47.03 as one more row: the common structs of the oldest measured run
    with what the two old clients are known to send."""
    oldest = abi["layouts"][0]
    known = next(r for r in abi["reported"] if r["releases"][0] == "510.47.03")
    structs = dict(oldest["structs"])
    for name, struct in known["structs"].items():
        fields = {f: v for f, v in struct["fields"].items() if not f.startswith("unknown")}
        structs[name] = {"size": struct["size"], "fields": fields}
    constants = dict(oldest["constants"])
    constants.update(vgpu_string_len=32, vgpu_signature_len=128, vgpu_license_len=128,
                     vgpu_extra_params_count=1024,
                     # Not known for 510: the oldest known limits.
                     max_vgpu_types_per_pgpu=64, max_vgpu_per_pgpu=32)
    return {"releases": known["releases"], "structs": structs, "constants": constants}


def rows(abi):
    return [reported_510(abi)] + abi["layouts"]


def public_releases():
    return [release_number(v) for v in (DATA / "nvidia-releases.txt").read_text(encoding="utf-8").split()]


def host_releases(layouts):
    """vGPU host releases that have a row: the number, the public release that it behaves like, the row.

    Behaviour is known of public releases only. The numbers differ in the last group, so the first public release with
    the same two groups stands in; where there is none, the number itself."""
    row = {layout["releases"][0]: i for i, layout in enumerate(layouts)}
    public = public_releases()
    for line in (DATA / "nvidia-host-releases.tsv").read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if line.startswith("#") or fields[2] == "-":
            continue
        number = release_number(fields[1])
        twins = [p for p in public if p // 1000 == number // 1000]
        yield number, number if number in twins or not twins else min(twins), row[fields[2]]


def field_order(layouts, name):
    """Every field this struct ever had, in the order of the newest layout."""
    seen = {}
    for layout in reversed(layouts):
        for field in layout["structs"].get(name, {"fields": {}})["fields"]:
            seen.setdefault(field, None)
    return list(seen)


def struct_names(layouts):
    seen = {}
    for layout in reversed(layouts):
        for name in layout["structs"]:
            seen.setdefault(name, None)
    return list(seen)


def constant_names(layouts):
    seen = {}
    for layout in reversed(layouts):
        for name in layout["constants"]:
            seen.setdefault(name, None)
    return list(seen)


def header(abi, layouts):
    out = [NOTE, "#ifndef RM_ABI_H\n#define RM_ABI_H\n\n#include \"rm.h\"\n\n"]
    for name, value in abi["common_constants"].items():
        out.append(f"#define RM_{macro(name)} 0x{value:x}U\n")
    out.append("\nenum rm_struct_id {\n")
    out += [f"\tRM_S_{macro(n)},\n" for n in struct_names(layouts)]
    out.append("\tRM_STRUCTS\n};\n\n/* struct << 8 | field */\nenum rm_field_id {\n")
    for name in struct_names(layouts):
        for i, field in enumerate(field_order(layouts, name)):
            out.append(f"\tRM_F_{macro(name)}_{macro(field)} = RM_S_{macro(name)} << 8 | {i},\n")
    out.append("};\n\nenum rm_constant_id {\n")
    out += [f"\tRM_K_{macro(n)},\n" for n in constant_names(layouts)]
    out.append("""\tRM_CONSTANTS
};

struct rm_field {
	u16 offset, size, count;	/* size 0: not in this layout */
};

struct rm_struct {
	u16 size, fields;
	const struct rm_field *field;
};

struct rm_layout {
	const char *from, *to;
	u32 from_release, to_release;
	const struct rm_struct *structs[RM_STRUCTS];	/* NULL: not there */
	u32 constant[RM_CONSTANTS];
};

/* A vGPU host release: the public one that it behaves like, and its row of rm_layouts[]. */
struct rm_host_release {
	u32 release, like, layout;
};

extern const struct rm_layout rm_layouts[];
extern const unsigned int rm_layout_count;
extern const struct rm_host_release rm_host_releases[];
extern const unsigned int rm_host_release_count;
extern const u32 rm_branches[];	/* first numbers of the measured releases */
extern const unsigned int rm_branch_count;

#endif
""")
    return "".join(out)


def field_rows(layouts, name, struct):
    for field in field_order(layouts, name):
        at = struct["fields"].get(field)
        if at is None:
            yield "\t{0, 0, 0},"
        else:
            count = at[2] if len(at) > 2 else 1
            yield f"\t{{{at[0]}, {at[1]}, {count}}},"


def source(abi, layouts):
    out = [NOTE, "#include \"rm-abi.h\"\n"]
    known = {}
    body = []
    for layout in layouts:
        first, last = layout["releases"]
        body.append(f"\t{{\n\t\t.from = \"{first}\", .to = \"{last}\",\n"
                    f"\t\t.from_release = {release_number(first)}, .to_release = {release_number(last)},\n"
                    "\t\t.structs = {\n")
        for name, struct in layout["structs"].items():
            lines = "\n".join(field_rows(layouts, name, struct))
            key = (name, struct["size"], lines)
            if key not in known:
                label = f"{name}_{sum(k[0] == name for k in known)}"
                known[key] = label
                out.append(f"\nstatic const struct rm_field {label}_fields[] = {{\n{lines}\n}};\n")
                out.append(f"static const struct rm_struct {label} = {{ {struct['size']}, "
                           f"{len(field_order(layouts, name))}, {label}_fields }};\n")
            body.append(f"\t\t\t[RM_S_{macro(name)}] = &{known[key]},\n")
        body.append("\t\t},\n\t\t.constant = {\n")
        body += [f"\t\t\t[RM_K_{macro(n)}] = 0x{v:x},\n" for n, v in layout["constants"].items()]
        body.append("\t\t},\n\t},\n")
    out.append("\nconst struct rm_layout rm_layouts[] = {\n")
    out += body
    out.append("};\n\nconst unsigned int rm_layout_count = sizeof(rm_layouts) / sizeof(rm_layouts[0]);\n")
    return "".join(out)


def releases(layouts):
    out = ["\nconst struct rm_host_release rm_host_releases[] = {\n"]
    out += [f"\t{{ {number}, {like}, {row} }},\n" for number, like, row in host_releases(layouts)]
    out.append("};\n\n"
               "const unsigned int rm_host_release_count = sizeof(rm_host_releases) / sizeof(rm_host_releases[0]);\n")
    branches = sorted({p // 1000000 for p in public_releases()} | {510})
    out.append(f"\nconst u32 rm_branches[] = {{ {', '.join(map(str, branches))} }};\n\n"
               "const unsigned int rm_branch_count = sizeof(rm_branches) / sizeof(rm_branches[0]);\n")
    return "".join(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, default=DATA / "nvidia-rm-abi.json")
    parser.add_argument("--dir", type=pathlib.Path, default=HERE)
    args = parser.parse_args()
    abi = json.loads(args.json.read_text(encoding="utf-8"))
    layouts = rows(abi)
    bad = 0
    for name, text in (("rm-abi.h", header(abi, layouts)), ("rm-abi.c", source(abi, layouts) + releases(layouts))):
        path = args.dir / name
        if not args.check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"gen-abi.py: {name} is not what {args.json.name} says", file=sys.stderr)
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
