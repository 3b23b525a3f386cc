#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The catalog as it is shipped. Every NVIDIA GPU of the public PCI ID list through the matcher: each one lands in its own
# architecture's folder. What cards get there, or that they have no types.

# shellcheck disable=SC2154 # gpu, root, world, configuration: helpers.bash
load ../helpers

# pinned: NVIDIA's rows of the list that the tree has, "1b38 GP102GL"
pinned() {
	grep -v '^#' "${abs_top_srcdir:?}/tests/data/nvidia-pci-ids.tsv"
}

# architectures: "1b38 GP102GL …" to "1b38 Pascal"; what is older than the oldest folder is Generic's. The parts of chip sets
# are no GPUs. Rows without a chip's label are left out.
architectures() {
	awk '
		BEGIN {
			split("GM Maxwell GP Pascal GV Volta TU Turing GA Ampere AD Ada GH Hopper GB Blackwell", words)
			for (i = 1; i in words; i += 2)
				folder[words[i]] = words[i + 1]
			# graphics modules by the names of their series
			folder["GN20"] = "Ampere"
			folder["GN21"] = "Ada"
		}
		/no GPU/ { next }
		match($2, /^GN[0-9][0-9]/) || match($2, /^(GM|GP|GV|TU|GA|AD|GH|GB)[0-9]/) {
			print $1, folder[substr($2, 1, RLENGTH == 3 ? 2 : RLENGTH)]
			next
		}
		$2 ~ /^(NV[0-9]|G[0-9]|GT2|GF1|GK[12])/ { print $1, "Generic" }'
}

# newer FILE…: the rows of these lists that the tree's has not
newer() {
	local file
	for file; do
		[ ! -r "$file" ] || awk '
			/^10de/ { ours = 1; next } /^[0-9a-f]/ { ours = 0 }
			ours && /^\t[0-9a-f]/ { sub(/^\t/, ""); print }' "$file"
	done | sort -u | join -v 1 - <(pinned | cut -f 1 | sort)
}

# landed: device IDs to "1b38 Pascal", the folder that the program picks, or "2cff none". One GPU for each, and its address is its ID.
# The folders are the catalog's; what is in their profiles is nothing that this test asks.
landed() {
	new_world 535.104.05
	python3 -c '
import os, sys
template, bus = (os.path.join(sys.argv[1], "sys", name) for name in ("devices/pci0000:65/0000:65:00.0", "bus/pci/devices"))
with open(os.path.join(template, "uevent")) as file:
    uevent = file.read()
for line in sys.stdin:
    number = int(line, 16)
    address = "0000:%02x:%02x.%x" % (number >> 8, number >> 3 & 31, number & 7)
    path = os.path.join(sys.argv[1], "sys/devices/pci0000:00", address)
    os.makedirs(path)
    for name, text in ("vendor", "0x10de"), ("device", hex(number)), ("class", "0x030000"), \
            ("subsystem_vendor", "0x0000"), ("subsystem_device", "0x0000"), ("uevent", uevent):
        with open(os.path.join(path, name), "w") as file:
            file.write(text.rstrip() + "\n")
    for name in "driver", "subsystem":
        os.symlink(os.readlink(os.path.join(template, name)), os.path.join(path, name))
    os.symlink("../../../devices/pci0000:00/" + address, os.path.join(bus, address))' "$world"

	mkdir -p "$configuration"
	cp -r "$CATALOG/Nvidia" "$configuration"
	find "$configuration" -name '*.yaml' ! -name devices.yaml -exec sh -c 'echo "gpus: []" >"$1"' empty {} ';'

	program plan --all --json |
		read_json '"\n".join(g["address"][5:].replace(":", "").replace(".", "") + " " +
			" ".join(f.split("/")[-2] for f in g["files"]) for g in it)' |
		python3 -c '
import sys
for line in sys.stdin:
    address, *folders = line.split()
    print("%04x %s" % (int(address[:2], 16) << 8 | int(address[2:4], 16) << 3 | int(address[4]), *(folders or ["none"])))' | sort
}

# same_as FILE: what comes in, "1b38 Pascal" a line, is in the file; more may be in it (the world's own GPU, at least)
same_as() {
	sort -u >"$BATS_TEST_TMPDIR/.same"
	diff -U 0 --label expected --label landed "$BATS_TEST_TMPDIR/.same" \
		<(join "$1" <(cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/.same"))
}

# of a list that is newer than the catalog there may be some that no folder names, see Generic/devices.yaml
@test "catalog: every labelled GPU of the public PCI ID list lands in its architecture, and nothing else does" {
	cd "$BATS_TEST_TMPDIR"
	pinned >ids
	architectures <ids | sort >wanted
	# a list or a reading of it that lost its rows shows nothing
	for folder in Maxwell Pascal Volta Turing Ampere Ada Hopper; do
		echo "$folder"
		[ "$(grep -c " $folder\$" wanted)" -ge 8 ]
	done
	[ "$(grep -c ' Generic$' wanted)" -ge 500 ]

	cut -f 1 ids | landed >folders
	same_as folders < <(join wanted folders | awk '$1 >= "2000" && $3 == "none" { $2 = "none" } { print $1, $2 }')
	[ "$(join wanted folders | grep -c ' none$')" -le 40 ]
	# rows without a label, and functions that are no GPUs
	same_as folders < <(join -v 1 <(cut -f 1 ids | sort) wanted | awk '{ print $1, $1 < "2000" ? "Generic" : "none" }')
}

# No mistake of a tree that is older than the list: told, for whoever looks.
@test "catalog: GPUs that are newer than the tree's list are told, with the folder they land in" {
	cd "$BATS_TEST_TMPDIR"
	# a distribution's list may be as old as the tree's
	printf '%s\n' '10dd  before' $'\tfffd  of theirs' '10de  NVIDIA' $'\t1b38  known' $'\tfffe  of tomorrow' '10df  behind' \
		$'\tfffc  of theirs' >own.ids
	newer own.ids /usr/share/misc/pci.ids /usr/share/hwdata/pci.ids >ids
	cut -d ' ' -f 1 ids | landed >folders
	join folders ids >told
	sed '/^fffe/d; s/^/# newer than the tree: /' told >&3
	grep -x 'fffe none of tomorrow' told
	[ "$(grep -c '^fff[cd]\|^1b38' told)" -eq 0 ]
	[ "$(wc -l <told)" -eq "$(wc -l <ids)" ]
}

@test "catalog: the ends of every known range of chips land in its architecture" {
	local architecture first last
	while IFS=$'\t' read -r architecture _ first last _; do
		[[ $architecture == '#'* ]] || printf '%s %s\n' "${first#0x}" "$architecture" "${last#0x}" "$architecture"
	done <"${abs_top_srcdir:?}/tests/data/nvidia-architectures.tsv" >"$BATS_TEST_TMPDIR/ends"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/ends")" -ge 80 ]
	cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/ends" | sort -u | landed >"$BATS_TEST_TMPDIR/landed"
	same_as "$BATS_TEST_TMPDIR/landed" <"$BATS_TEST_TMPDIR/ends"
}

# registers DEVICE MIB FRAMEBUFFER+RESERVED…: with the catalog as it is shipped, a card has types of these sizes
registers() {
	local device=$1 memory=$2
	shift 2
	rm -rf "${world:-$BATS_TEST_TMPDIR/world}"
	new_world 535.104.05 "$gpu=10de:$device:10de:0001,fb=$memory"
	mkdir -p "$root${CONFDIR%/*}"
	cp -rT "$CATALOG" "$configuration"
	program apply "$gpu"
	[ "$("$SIMULATE" types "$world" "$gpu" | sed 's/.* fb=\([0-9]*\) reserved=\([0-9]*\) .*/\1+\2/' | paste -sd ' ')" = "$*" ]
	[ "$(shown | wc -l)" -eq $# ]
}

@test "catalog: what a Maxwell and a Volta card get follows from their memory, each step to what it has room for" {
	registers 13f2 8192 416+96 896+128 1856+192 3776+320 7616+576 7616+576
	registers 1380 1024 416+96 896+128 896+128
	registers 1380 512 416+96 416+96
	registers 1db6 32768 896+128 1856+192 3776+320 7616+576 15296+1088 30656+2112
	registers 1d81 12288 896+128 1856+192 3776+320 7616+576 11456+832
}

# with_cards RELEASE: a world with the cards of tests/data/nvidia-memory.tsv that come in, "device MiB"
with_cards() {
	local device memory
	local -a cards=()
	while read -r device memory; do
		cards+=("$(printf '0000:%02x:00.0' $((${#cards[@]} + 1)))=10de:$device:10de:0001,fb=$memory")
	done
	rm -rf "$BATS_TEST_TMPDIR/world"
	new_world "$1" "${cards[@]}"
}

@test "catalog: every known card has the whole of it to 95 % or more, and no step with less than its size allows" {
	local release most known=${abs_top_srcdir:?}/tests/data/nvidia-memory.tsv
	mkdir -p "$root${CONFDIR%/*}"
	cp -rT "$CATALOG" "$configuration"
	grep -v '^#' "$known" | cut -f 1,2 >"$BATS_TEST_TMPDIR/known"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/known")" -ge 70 ]
	# each is a device of the public list, and these have no two of one number
	[ "$(cut -f 1 "$BATS_TEST_TMPDIR/known" | sort -u | join - <(pinned | cut -f 1 | sort) | wc -l)" -eq "$(wc -l <"$BATS_TEST_TMPDIR/known")" ]
	split -l 60 "$BATS_TEST_TMPDIR/known" "$BATS_TEST_TMPDIR/cards."
	while read -r release most; do
		for cards in "$BATS_TEST_TMPDIR"/cards.*; do
			with_cards "$release" <"$cards"
			run -0 --separate-stderr program plan --all --json
			# shellcheck disable=SC2154 # run sets it
			printf '%s' "$output" | python3 -c '
import json, sys
most, cards, known = int(sys.argv[1]), [line.split() for line in open(sys.argv[2])], dict(line.rstrip().split("\t")[::2] for line in open(sys.argv[3]) if line[0] != "#")
plans = json.load(sys.stdin)
assert len(plans) == len(cards), (len(plans), len(cards))
for (device, memory), plan in zip(cards, plans):
    memory, told, whole = int(memory), [], 0
    for t in plan["types"]:
        share = t["fbLen"] + t["fbRes"]
        fill = share * t["maxInstances"] / memory
        told.append("%s %dx %d %%" % (t["name"].split()[-1].split("-")[1 - ("FULL" in t["name"])], t["maxInstances"], 100 * fill))
        if "FULL" in t["name"]:
            assert t["maxInstances"] == 1 and fill >= 0.95, (device, t["name"], fill)
            whole += 1
        else:
            assert t["maxInstances"] == min(memory // share, most), (device, t["name"], t["maxInstances"])
    steps = {(t["fbLen"] + t["fbRes"]) // 1024 for t in plan["types"] if t["gpuClass"] == "Quadro" and "FULL" not in t["name"]}
    # from 32 GiB on, the next step is what the largest card has
    assert {n for n in (1, 2, 4, 8, 16) if n * 1024 <= memory} <= steps, (device, steps)
    assert whole, device
    print("%s %-22s %5d MiB: %s" % (device, known[device], memory, ", ".join(told)))' "$most" "$cards" "$known" >told
			[ "$release" != 535.104.05 ] || sed 's/^/# /' told >&3
		done
	done <<<$'535.104.05 32\n580.95.05 48'
}

@test "catalog: an Ada card has no types, which is no mistake" {
	new_world 535.104.05 "$gpu=10de:26b5:10de:0001,fb=49152"
	mkdir -p "$root${CONFDIR%/*}"
	cp -rT "$CATALOG" "$configuration"
	run -0 program apply "$gpu"
	[[ $output == "$gpu: nothing to do: no configuration "*" this GPU" ]]
	[ "$(shown)" = "" ]
}
