#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# virtualFunctions and vgpus in a profile: what is accepted, and what is refused, each with its place.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# entry LINE…: a profile with one section for an L40S, each argument a line of it from line 3, column 3 on
entry() {
	printf '%s\n' 'gpus:' '- filteredGpus: [{vendorId: 0x10de, deviceId: 0x26b9}]'
	printf '  %s\n' "$@"
}

@test "functions: all, a number, types by name and by number, and null for what is not there" {
	local value
	for value in all '"all"' '~' ''; do
		accepts '0 types' < <(entry "virtualFunctions: $value")
	done
	for value in 1 256 0x10; do
		accepts '0 types' < <(entry "virtualFunctions: $value" | sed 's/0x10de/0x8086/')
	done
	accepts '0 types' < <(entry 'virtualFunctions: all' 'vgpus:' '- {type: "NVIDIA L40S-4Q", count: 8}' \
		'- {type: NVIDIA L40S-4A, functions: [12, 13], params: "frame_rate_limiter=0"}' '- {type: 1147, count: 1, params: ~, functions: ~}' \
		'- {type: 0xffffffff, functions: [0, 255]}')
	accepts '0 types' < <(entry 'vgpus: []')
	accepts '0 types' < <(entry 'vgpus:')
	accepts < <(entry 'virtualFunctions: all' 'mdevConfigs: [{num: 1, maxInstances: 2, fbLen: 896, fbRes: 128}]')
}

@test "functions: virtualFunctions is all or a number with bounds" {
	refuses '3:21: gpus[0].virtualFunctions: 0 is under 1' < <(entry 'virtualFunctions: 0')
	refuses '3:21: gpus[0].virtualFunctions: 257 is over 256' < <(entry 'virtualFunctions: 257')
	refuses '3:21: gpus[0].virtualFunctions: -1 is under 1' < <(entry 'virtualFunctions: -1')
	refuses "3:21: gpus[0].virtualFunctions: 'ALL' is written all" < <(entry 'virtualFunctions: ALL')
	refuses "3:21: gpus[0].virtualFunctions: 'yes' is neither all nor a whole number" < <(entry 'virtualFunctions: yes')
	refuses '3:21: gpus[0].virtualFunctions: "4" is a text; a number stands without quotes' < <(entry 'virtualFunctions: "4"')
	refuses '3:21: gpus[0].virtualFunctions: must be a single value' < <(entry 'virtualFunctions: [all]')
}

@test "functions: an entry of vgpus has a type, and count or functions, each in its bounds" {
	refuses '3:11: gpus[0].vgpus[0]: type is missing' '3:23: gpus[0].vgpus[1]: count is missing, or functions' \
		'3:34: gpus[0].vgpus[2]: has both count and functions: functions names them, count takes the lowest that are free' \
		< <(entry 'vgpus: [{count: 1}, {type: 4}, {type: 4, count: 1, functions: [1]}]')
	refuses '3:18: gpus[0].vgpus[0].type: 0 is under 1' '3:28: gpus[0].vgpus[0].count: 0 is under 1' \
		'3:39: gpus[0].vgpus[1].type: 4294967296 is over 0xffffffff' '3:58: gpus[0].vgpus[1].count: 257 is over 256' \
		< <(entry 'vgpus: [{type: 0, count: 0}, {type: 4294967296, count: 257}]')
	refuses '3:18: gpus[0].vgpus[0].type: "1147" is a text; a number stands without quotes' \
		< <(entry 'vgpus: [{type: "1147", count: 1}]')
	refuses "3:18: gpus[0].vgpus[0].type: 'nvidia-1147' is neither a type's name (\"NVIDIA A40-4Q\") nor its number, which is 1147" \
		< <(entry 'vgpus: [{type: nvidia-1147, count: 1}]')
	refuses '3:18: gpus[0].vgpus[0].type: true is not a text; put it in quotes' < <(entry 'vgpus: [{type: true, count: 1}]')
	refuses "3:18: gpus[0].vgpus[0].type: is 128 bytes long, over 127" \
		< <(entry "vgpus: [{type: N$(printf 'x%.0s' {1..127}), count: 1}]")
	refuses '3:18: gpus[0].vgpus[0].type: is 0 bytes long, under 1' < <(entry 'vgpus: [{type: "", count: 1}]')
	refuses '3:39: gpus[0].vgpus[0].params: is 1024 bytes long, over 1023' \
		< <(entry "vgpus: [{type: 4, count: 1, params: $(printf 'x%.0s' {1..1024})}]")
	refuses '3:39: gpus[0].vgpus[0].params: holds a control character' < <(entry 'vgpus: [{type: 4, count: 1, params: "a\nb"}]')
	refuses '3:10: gpus[0].vgpus: must be a list (- entry)' < <(entry 'vgpus: 4')
	refuses '3:11: gpus[0].vgpus[0]: must be a mapping (key: value)' < <(entry 'vgpus: [4]')
}

@test "functions: a function is named once" {
	refuses '3:32: gpus[0].vgpus[0].functions: names no function' < <(entry 'vgpus: [{type: 4, functions: []}]')
	refuses '3:36: gpus[0].vgpus[0].functions[1]: 3 is in the list already' < <(entry 'vgpus: [{type: 4, functions: [3, 3]}]')
	refuses '3:33: gpus[0].vgpus[0].functions[0]: 256 is over 255' '3:38: gpus[0].vgpus[0].functions[1]: -1 is under 0' \
		< <(entry 'vgpus: [{type: 4, functions: [256, -1]}]')
	refuses '3:32: gpus[0].vgpus[0].functions: must be a list (- entry)' < <(entry 'vgpus: [{type: 4, functions: 3}]')
	refuses '3:41: gpus[0].vgpus[1]: function 5 has a type already, at bad.yaml:3:11' \
		< <(entry 'vgpus: [{type: 4, functions: [3, 5]}, {type: 5, functions: [5]}]')
	refuses '3:32: gpus[0].vgpus[0].functions: has 257 entries, over 256' < <(entry "vgpus: [{type: 4, functions: [$(seq -s , 0 256)]}]")
	refuses '3:10: gpus[0].vgpus: has 257 entries, over 256' \
		< <(entry "vgpus: [$(printf '{type: 4, count: 1},%.0s' {1..257})]")
}

@test "functions: a misspelt key is asked after, and one that stands elsewhere is told its place" {
	refuses '3:3: gpus[0].virtualfunctions: unknown key (did you mean virtualFunctions?)' < <(entry 'virtualfunctions: all')
	refuses '3:3: gpus[0].vgpu: unknown key (did you mean vgpus?)' < <(entry 'vgpu: []')
	refuses '3:21: gpus[0].vgpus[0].cuont: unknown key (did you mean count?)' < <(entry 'vgpus: [{type: 4, cuont: 1}]')
	refuses '3:3: gpus[0].params: does not stand here but in an entry of vgpus' < <(entry 'params: a' 'virtualFunctions: all')
	refuses '1:1: vgpus: does not stand here but in an entry of gpus' <<<'vgpus: []'
	refuses '3:12: gpus[0].vgpus[0].fbLen: does not stand here but in an entry of mdevConfigs' \
		< <(entry 'vgpus: [{type: 4, count: 1, fbLen: 4}]' | sed 's/{type: 4, count: 1, fbLen: 4}/{fbLen: 4, type: 4, count: 1}/')
}

@test "functions: a section with either key names its GPUs, in every filter" {
	local filters
	for filters in '' 'filteredGpus: []' 'filteredGpus:' 'filteredGpus: [{vendorId: 0x10de}]' 'filteredGpus: [{bus: 0x65}]' \
		'filteredGpus: [{deviceId: 0x26b9}, {vendorId: 0x10de}]' 'filteredGpus: [{}]'; do
		echo "$filters"
		refuses '2:21: gpus[0].virtualFunctions: needs filteredGpus, and in each of them a deviceId, or bus and slot: functions are a matter of GPUs that are named, never of all' \
			< <(printf '%s\n' 'gpus:' '- virtualFunctions: all' "  $filters")
		refuses '2:10: gpus[0].vgpus: needs filteredGpus, and in each of them a deviceId, or bus and slot: functions are a matter of GPUs that are named, never of all' \
			< <(printf '%s\n' 'gpus:' '- vgpus: [{type: 4, count: 1}]' "  $filters")
	done
	for filters in '[{deviceId: 0x26b9}]' '[{bus: 0x65, slot: 0}]' '[{identifier: 0x6500}]' '[{deviceId: 1}, {domain: 0, bus: 1, slot: 2, function: 0}]'; do
		accepts '0 types' < <(printf '%s\n' 'gpus:' '- virtualFunctions: all' "  filteredGpus: $filters")
	done
	# a mistake in a filter is the mistake
	refuses "3:18: gpus[0].filteredGpus[0]: must be a mapping (key: value)" \
		< <(printf '%s\n' 'gpus:' '- virtualFunctions: all' '  filteredGpus: [4]')
}

@test "functions: a number is none of NVIDIA's, whose driver has all or none" {
	mkdir -p "$configuration/Nvidia/Ada"
	put "$configuration/Nvidia/Ada/devices.yaml" "- '10de:26b9'"
	put "$configuration/Nvidia/Ada/functions.yaml" < <(entry 'virtualFunctions: 8')
	expect 3 "" "mdev-gpu: $configuration/Nvidia/Ada/functions.yaml:3:21: virtualFunctions: driver nvidia has all of a GPU's functions or none; write all" \
		mdev_gpu check
	mkdir -p "$configuration/Intel/Panther"
	put "$configuration/Nvidia/Ada/functions.yaml" < <(entry 'virtualFunctions: all')
	put "$configuration/Intel/Panther/devices.yaml" "- '8086:b080'"
	put "$configuration/Intel/Panther/functions.yaml" $'gpus:\n- {filteredGpus: [{deviceId: 0xb080}], virtualFunctions: 7}'
	expect 0 "4 files, 0 types: no mistakes" "" mdev_gpu check
}

@test "functions: the shipped catalog has neither key" {
	run ! grep -rnE 'virtualFunctions|vgpus' "$CATALOG" --include='*.yaml'
	[ -e "$CATALOG/Nvidia/Ada/devices.yaml" ]
}
