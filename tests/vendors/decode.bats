#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The bytes that the driver gets, read by a decoder that knows only the measured layouts.

# root, world and gpu are in helpers.bash
# shellcheck disable=SC2154
load ../helpers

data=${abs_top_srcdir:?}/tests/data
ids=10de:1b38:10de:11d9

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p "$root" blocks
	cp "$data/every-key.json" .
}

decode() {
	"$abs_top_srcdir/tests/tools/decode.py" "$data/nvidia-rm-abi.json" "$data/golden/mdevgpu_minimal_1b38_11d9.run.bin" \
		"$1" "$ids" blocks/*
}

# runs PROFILE RELEASE…: registers it in a new world of each release and keeps the blocks
runs() {
	local profile=$1 release
	shift
	for release; do
		rm -rf "$world"
		new_world "$release" "$gpu=$ids,fb=24576"
		echo "$release"
		program apply "$gpu" -c "$profile" >"$release.out" 2>&1
		run -1 grep -E 'note|DANGER' "$world/transcript"
		mv "$world/blocks" "blocks/$release"
	done
}

# The measured releases with vGPU calls; without EVERY_RELEASE, which make check-sweep sets, the first and the last of each layout.
releases() {
	if [ -n "${EVERY_RELEASE-}" ]; then
		grep -vE '^5(15|20)\.' "$data/nvidia-releases.txt"
	else
		read_json '"\n".join(end for l in it["layouts"] if "vgpu_set_info" in l["structs"] for end in l["releases"])' \
			<"$data/nvidia-rm-abi.json"
	fi
}

@test "blocks: every key has its place in the measured releases since 525; all other bytes are zero" {
	local n=24
	[ -z "${EVERY_RELEASE-}" ] || n=178
	mapfile -t all < <(releases)
	runs every-key.json "${all[@]}"
	expect 0 "$n runs of 3 types, 0 wrong" "" decode every-key.json
}

@test "blocks: every key that 510 has" {
	sed -i '/gspHeapSize/d' every-key.json
	runs every-key.json 510.47.03
	expect 0 "1 runs of 3 types, 0 wrong" "" decode every-key.json
}

@test "blocks: with discardPrevious: false the first block discards nothing either" {
	sed 's/{"mdevConfigs"/{"discardPrevious": false, "mdevConfigs"/' every-key.json >kept.json
	runs kept.json 525.147.05 595.45.04
	expect 0 "2 runs of 3 types, 0 wrong" "" decode kept.json
}

@test "blocks: the decoder sees a byte that is wrong" {
	runs every-key.json 570.86.15
	printf '\001' | dd of="$(echo blocks/570.86.15/*-a0810101.bin | cut -d' ' -f2)" bs=1 seek=500 conv=notrunc status=none
	run -1 decode every-key.json
	[ "$output" = "570.86.15: block 2: info.adapter_name at 452: $(printf '%096d' 0)01$(printf '%030d' 0), not $(printf '%0128d' 0)
1 runs of 3 types, 1 wrong" ]
}

# old PROFILE IDS GOLDEN: on 510 the blocks are those of Mdev-GPU, byte for byte
old() {
	ids=$2
	rm -rf blocks
	mkdir blocks
	runs "$1" 510.47.03
	cat blocks/510.47.03/*-a0810101.bin >sent
	cmp sent "$data/golden/$3.run.bin"
}

@test "blocks: 510 gets what Mdev-GPU sent, byte for byte" {
	printf '%s\n' 'gpus:' '- mdevConfigs:' '  - {num: 40, maxInstances: 2, fbLen: 976, fbRes: 48}' >minimal.yaml
	old minimal.yaml 10de:1b38:10de:11d9 mdevgpu_minimal_1b38_11d9
	old "$data/mdev-gpu/Open_vPascal.yaml" 10de:1b38:10de:11d9 mdevgpu_Open_vPascal_1b38_11d9
	old "$data/mdev-gpu/Open_vTuring.yaml" 10de:1e30:10de:12ba mdevgpu_Open_vTuring_1e30_12ba
}
