#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Which files are for a GPU: folders and their patterns, the administrator's own file, filters, masks, trust.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	new_world 535.104.05 "0000:65:00.0=10de:1b38:10de:11d9" "0001:b3:1f.0=10de:1e30:10de:12ba"
}

setup() {
	# nothing here changes the driver, so one world serves all
	world=$BATS_FILE_TMPDIR/world
	mkdir -p "$configuration"
}

# from FILE…: the plan for the P40 is made from these files and no others
from() {
	local want=("${@/#/$configuration/}") got
	got=$(program plan "$gpu" | sed -n 's/^  from //p' | paste -sd ' ')
	echo "from: $got"
	[ "$got" = "${want[*]}" ]
}

@test "catalog: a board before a device, a device before a range, a narrow range before a wide one, a vendor last" {
	folder Vendor '10de:*'
	from Nvidia/Vendor/types.yaml
	folder Wide 10de:1b00-1bff
	from Nvidia/Wide/types.yaml
	folder Narrow 10de:1b30-1b3f
	from Nvidia/Narrow/types.yaml
	folder Device 10de:1b38
	from Nvidia/Device/types.yaml
	folder Board 10de:1b38:10de:11d9
	from Nvidia/Board/types.yaml
}

@test "catalog: the closest pattern of a folder counts, wherever it stands in the list" {
	folder A '10de:*' 10de:1e30 10de:1b38
	folder B 10de:1b30-1b3f
	from Nvidia/A/types.yaml
}

@test "catalog: patterns of other boards, devices and vendors do not fit" {
	folder A 10de:1b38:10de:11d8 10de:1b38:10df:11d9 10de:1b37 10de:1b39-1bff 10de:0000-1b37 '1002:*' 1002:1b38
	from
	expect 0 "$gpu: nothing to do: no configuration is for this GPU" "" program apply "$gpu"
}

@test "catalog: a range includes both its ends, and upper case is lower case" {
	folder A 10DE:1B38-1B38
	from Nvidia/A/types.yaml
	folder A 10de:1b00-1b38
	from Nvidia/A/types.yaml
	folder A 10de:1b38-1bff
	from Nvidia/A/types.yaml
}

@test "catalog: two folders that fit equally closely are a mistake that names both" {
	folder A 10de:1b00-1b7f
	folder B '10de:*' 10de:1b38-1bb7
	expect 3 "" "mdev-gpu: $configuration/Nvidia/B/devices.yaml:2:3: fits $gpu as closely as $configuration/Nvidia/A/devices.yaml:1:3; make one of them narrower
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu"
	# a third one that fits more closely settles it
	folder C 10de:1b38
	from Nvidia/C/types.yaml
}

@test "catalog: wrong patterns are told with their places" {
	folder A 10de 10de:1b3 10de:1b38:11d9 10de:1b7f-1b00 10de:1b38- 10de:1b00-1b7f:10de:11d9 ' 10de:1b38' 10de:12345 '*'
	local file=$configuration/Nvidia/A/devices.yaml text
	text=$(for line in 1 2 3; do
		echo "mdev-gpu: $file:$line:3: [$((line - 1))]: '$(sed -n "${line}s/- '\(.*\)'/\1/p" "$file")' is no PCI ID pattern (10de:1b38, 10de:1b00-1b7f, 10de:1b38:10de:11d9, 10de:*)"
	done
	echo "mdev-gpu: $file:4:3: [3]: '10de:1b7f-1b00' ends before it begins"
	for line in 5 6 7 8 9; do
		echo "mdev-gpu: $file:$line:3: [$((line - 1))]: '$(sed -n "${line}s/- '\(.*\)'/\1/p" "$file")' is no PCI ID pattern (10de:1b38, 10de:1b00-1b7f, 10de:1b38:10de:11d9, 10de:*)"
	done)
	expect 3 "" "$text" mdev_gpu check
}

@test "catalog: all profiles of a folder are taken, in the order of their names" {
	folder A 10de:1b38
	put "$configuration/Nvidia/A/b.json" '{"gpus": [{"mdevConfigs": [{"num": 60002, "maxInstances": 2, "fbLen": 896, "fbRes": 128}]}]}'
	put "$configuration/Nvidia/A/a.yml" < <(section 60003)
	put "$configuration/Nvidia/A/README.md" 'gpus: 1'
	put "$configuration/Nvidia/A/old.yaml.orig" 'gpus: 1'
	put "$configuration/Nvidia/A/.hidden.yaml" 'gpus: 1'
	put "$configuration/Nvidia/A/deeper/types.yaml" 'gpus: 1'
	from Nvidia/A/a.yml Nvidia/A/b.json Nvidia/A/types.yaml
	[ "$(program plan "$gpu" --json | read_json '[t["num"] for t in it[0]["types"]]')" = "[60003, 60002, 60001]" ]
}

@test "catalog: a number that two files of a folder have is told with both places" {
	folder A 10de:1b38
	put "$configuration/Nvidia/A/a.yaml" < <(section 60001)
	expect 3 "" "mdev-gpu: $configuration/Nvidia/A/types.yaml:2:23: gpus[0].mdevConfigs[0].num: 60001 is taken, first at $configuration/Nvidia/A/a.yaml:2:23
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu"
	expect 3 "" "mdev-gpu: $configuration/Nvidia/A/types.yaml:2:23: gpus[0].mdevConfigs[0].num: 60001 is taken, first at $configuration/Nvidia/A/a.yaml:2:23" mdev_gpu check
}

@test "catalog: an empty profile, and a link to /dev/null, mask what was there" {
	folder A 10de:1b38
	: >"$configuration/Nvidia/A/types.yaml"
	expect 0 "$gpu: nothing to do: no configuration is for this GPU" "" program apply "$gpu"
	ln -sf /dev/null "$configuration/Nvidia/A/types.yaml"
	expect 0 "$gpu: nothing to do: no configuration is for this GPU" "" program apply "$gpu"
	# a masked folder fits nothing, and the next one takes its place
	folder B '10de:*'
	ln -sf /dev/null "$configuration/Nvidia/A/devices.yaml"
	from Nvidia/B/types.yaml
}

@test "catalog: other vendors' folders, and files in the vendor folder itself, are not read" {
	folder A 10de:1b38
	put "$configuration/Intel/Skylake/devices.yaml" 'broken: ['
	put "$configuration/AMD/X/devices.yaml" '- 10de:1b38:10de:11d9'
	put "$configuration/Nvidia/Open_vPascal.yaml" 'broken: ['
	put "$configuration/stray.yaml" 'broken: ['
	from Nvidia/A/types.yaml
}

@test "catalog: mistakes of every architecture folder are told, for all may have been meant" {
	folder A 10de:1b38
	put "$configuration/Nvidia/B/devices.yaml" '- x'
	mkdir "$configuration/Nvidia/C"
	expect 3 "" "mdev-gpu: $configuration/Nvidia/B/devices.yaml:1:3: [0]: 'x' is no PCI ID pattern (10de:1b38, 10de:1b00-1b7f, 10de:1b38:10de:11d9, 10de:*)
mdev-gpu: $configuration/Nvidia/C/devices.yaml: No such file or directory
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu"
}

@test "catalog: the administrator's file replaces the folder where an entry of it selects the GPU" {
	local own=$configuration/generate-vgpu-types.yaml
	folder A 10de:1b38
	put "$own" < <(section 60005)
	from generate-vgpu-types.yaml
	put "$own" < <(section 60005 'filteredGpus: [{deviceId: 0x1b38}]')
	from generate-vgpu-types.yaml
	put "$own" < <(section 60005 'filteredGpus: [{deviceId: 0x1e30}]')
	from Nvidia/A/types.yaml
	put "$own" 'gpus: []'
	from Nvidia/A/types.yaml
	: >"$own"
	from Nvidia/A/types.yaml
	ln -sf /dev/null "$own"
	from Nvidia/A/types.yaml
	rm "$own"
	# for the GPU, but without types: it has none
	put "$own" 'gpus: [{mdevConfigs: []}]'
	expect 0 "$gpu: nothing to do: the configuration defines no types for this GPU" "" program apply "$gpu"
}

@test "catalog: a mistake in the administrator's file is not passed over" {
	folder A 10de:1b38
	put "$configuration/generate-vgpu-types.yaml" 'gpus: 1'
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:1:7: gpus: must be a list (- entry)
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu"
}

@test "filter: each of the nine keys selects, and each one can refuse" {
	local key value device=0001:b3:1f.0 n=0
	while read -r key value; do
		put "$BATS_TEST_TMPDIR/yes$n.yaml" < <(section 60001 "filteredGpus: [{$key: $value}]")
		put "$BATS_TEST_TMPDIR/no$n.yaml" < <(section 60001 "filteredGpus: [{$key: $((value ^ 1))}]")
		echo "$key"
		program plan "$device" -c "$BATS_TEST_TMPDIR/yes$n.yaml" | grep -q nvidia-60001
		program plan "$device" -c "$BATS_TEST_TMPDIR/no$n.yaml" | grep -q 'nothing to do'
		n=$((n + 1))
	done <<-END
		domain 1
		bus 0xb3
		slot 0x1f
		function 0
		vendorId 0x10de
		deviceId 0x1e30
		subvendorId 0x10de
		subdeviceId 0x12ba
		identifier 0x1b31f
	END
	[ "$n" -eq 9 ]
}

@test "filter: all keys of one must fit, and one of several is enough" {
	local file=$BATS_TEST_TMPDIR/profile.yaml
	put "$file" < <(section 60001 'filteredGpus: [{bus: 0x65, deviceId: 0x1e30}, {bus: 0xb3, deviceId: 0x1b38}]')
	program plan "$gpu" -c "$file" | grep -q 'nothing to do'
	put "$file" < <(section 60001 'filteredGpus: [{bus: 0x66}, {bus: 0x65, deviceId: 0x1b38}]')
	program plan "$gpu" -c "$file" | grep -q nvidia-60001
	put "$file" < <(section 60001 'filteredGpus: [{}]')
	program plan "$gpu" -c "$file" | grep -q nvidia-60001
}

@test "catalog: what is shipped has a folder for known devices, and one for what is older" {
	local device want
	rmdir "$configuration"
	cp -r "$CATALOG" "$configuration"
	while read -r device want; do
		world=$BATS_TEST_TMPDIR/${device//:/-}
		"$SIMULATE" new "$world" --driver 535.104.05 --gpu "$gpu=$device"
		echo "$device: $want"
		from "Nvidia/$want/Open_v$want.yaml"
	done <<-END
		10de:1b38:10de:11d9 Pascal
		10de:1e30:10de:12ba Turing
		10de:2236:10de:1482 Ampere
		10de:0001:10de:0001 Generic
		10de:1fff:10de:1fff Generic
	END
}

@test "catalog: a GPU that is newer than what is shipped gets nothing, until an own folder or file names it" {
	local device
	rmdir "$configuration"
	cp -r "$CATALOG" "$configuration"
	for device in 2000 20ff 2cff ffff; do
		rm -rf "$BATS_TEST_TMPDIR/world"
		new_world 595.58.02 --like=595.45.04 "$gpu=10de:$device:10de:0001,fb=24576"
		expect 0 "$gpu: nothing to do: no configuration is for this GPU" '' program apply "$gpu"
		untouched
		run -0 program explain "$gpu"
		[[ $output == "$gpu: unknown-gpu: no folder below $CONFDIR/Nvidia is for 10de:$device; the closest is "* ]]
		[[ $(tr -s '\n ' ' ' <<<"$output") == *"-> add - 10de:$device to the devices.yaml of a folder that suits it"* ]]
	done
	put "$configuration/Nvidia/New/devices.yaml" '- 10de:ffff'
	put "$configuration/Nvidia/New/types.yaml" < <(section 60001)
	run -0 program plan "$gpu"
	[[ $output == *nvidia-60001* ]]
	rm -r "$configuration/Nvidia/New"
	put "$configuration/generate-vgpu-types.yaml" < <(section 60002)
	run -0 program plan "$gpu"
	[[ $output == *nvidia-60002* ]]
}

@test "plan: all mistakes of all files that are for the GPU, and of its own file" {
	folder Card 10de:1b38
	put "$configuration/Nvidia/Card/broken.yaml" 'gpus: ['
	put "$configuration/Nvidia/Card/types.yaml" < <(section 60001 'discardPreviuos: no')
	put "$configuration/Nvidia/Card/zz.yaml" < <(section 60001 && section 60002 | sed '1d; s/maxInstances: 2/maxInstances: 33/')
	expect 3 '' "mdev-gpu: $configuration/Nvidia/Card/broken.yaml:2:1: broken YAML: a value or a closing ] is missing before this, in what begins at line 1
mdev-gpu: $configuration/Nvidia/Card/types.yaml:3:3: gpus[0].discardPreviuos: unknown key (did you mean discardPrevious?)
mdev-gpu: $configuration/Nvidia/Card/zz.yaml:2:23: gpus[0].mdevConfigs[0].num: 60001 is taken, first at $configuration/Nvidia/Card/types.yaml:2:23
mdev-gpu: $configuration/Nvidia/Card/zz.yaml:3:44: gpus[1].mdevConfigs[0].maxInstances: 33 is over 32, the most of driver 535.104.05
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu"

	put "$configuration/generate-vgpu-types.yaml" < <(section 60001 'filteredGpus: [{bus: 0x65, slott: 0}]' && section 60003 | sed '1d; s/2,/33,/')
	expect 3 '' "mdev-gpu: $configuration/generate-vgpu-types.yaml:3:30: gpus[0].filteredGpus[0].slott: unknown key (did you mean slot?)
mdev-gpu: $configuration/generate-vgpu-types.yaml:4:44: gpus[1].mdevConfigs[0].maxInstances: 33 is over 32, the most of driver 535.104.05
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu"
}

@test "catalog: a run that nobody watches does not take a tree that is not there, mounted late perhaps, for nothing to do" {
	new_world 535.104.05
	rm -rf "$configuration"
	expect 1 "" "<3>$gpu: failed: there is no $CONFDIR; where it is mounted later, have the GPU's event sent again then: udevadm trigger /sys/bus/pci/devices/$gpu" \
		program apply --unit "$gpu"
	grep -qx 'result: "failed"' "$state_folder/$gpu.yaml"
	expect 0 "$gpu: nothing to do: no configuration is for this GPU" "" program apply "$gpu"
	mkdir -p "$configuration"
	run -0 program apply --unit "$gpu"
	[[ $output == "<6>$gpu: nothing to do: no configuration is for this GPU, "* ]]
}
