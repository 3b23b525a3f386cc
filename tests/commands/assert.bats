#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-gpu assert: yes or no, for what decides by an exit code; and of no, why.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

own=Nvidia/Pascal/one.yaml
L40S=$gpu=10de:26b9:10de:1851,fb=49152

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export RM_CLOCK=virtual
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/$own" < <(section 60001)
	mkdir -p "$root$UDEVRULESDIR"
	cp "$RULES" "$root$UDEVRULESDIR/90-mdev-gpu.rules"
}

# asserted ARGUMENT…: by somebody who is not root, as monitoring is
asserted() {
	local user=()
	if [ "$(id -u)" -eq 0 ]; then
		user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		# bats keeps them to itself
		chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	fi
	"$SIMULATE" run "$world" -- "${user[@]}" "$MDEV_GPU" --root "$root" assert "$@"
}

@test "assert: types that are there, and types that are not, for a user who is not root" {
	new_world 535.104.05
	expect 1 "" "mdev-gpu: $gpu: 1 of 1 types is missing (nvidia-60001): not-run: no run since the driver bound to it" asserted "$gpu"
	expect 1 "" "mdev-gpu: $gpu: 1 of 1 types is missing (nvidia-60001): not-run: no run since the driver bound to it" asserted --all
	untouched
	program apply "$gpu"
	simulate clear
	expect 0 "$gpu: 1 type is there" "" asserted "$gpu"
	expect 0 "$gpu: 1 type is there" "" asserted --all
	put "$configuration/$own" < <(types 3)
	expect 1 "" "mdev-gpu: $gpu: 2 of 3 types are missing (nvidia-60002, nvidia-60003): stale-run: the last run knew another configuration: \
1 type registered, 0 unchanged" asserted --all
	untouched
}

@test "assert: a type that somebody discards is missing from then on" {
	new_world 535.104.05
	program apply "$gpu"
	section 7 >other.yaml
	applied other.yaml
	run -1 asserted "$gpu"
	# the record is of the run that discarded it
	[ "$output" = "mdev-gpu: $gpu: 1 of 1 types is missing (nvidia-60001): stale-run: the last run knew another configuration: \
1 type registered, 0 unchanged" ]
}

@test "assert: where nothing is configured it says so and succeeds" {
	new_world 535.104.05
	rm "$configuration/$own"
	expect 0 "$gpu: nothing is configured for this GPU" "" asserted "$gpu"
	simulate unbind "$gpu"
	expect 0 "$gpu: nothing is configured for this GPU" "" asserted --all
}

@test "assert: a file that is named counts instead, and has to be for a GPU" {
	new_world 535.104.05
	program apply "$gpu"
	section 60007 >seven.yaml
	expect 1 "" "mdev-gpu: $gpu: 1 of 1 types is missing (nvidia-60007)" asserted --all -c seven.yaml
	put one.yaml < <(section 60001 'filteredGpus: [{deviceId: 0x1b38}]')
	expect 0 "$gpu: 1 type is there" "" asserted "$gpu" -c one.yaml
	expect 0 "$gpu: 1 type is there" "" asserted --all -c - <one.yaml
	put none.yaml < <(section 60001 'filteredGpus: [{deviceId: 0x1b39}]')
	expect 1 "" "mdev-gpu: none.yaml: no GPU matches" asserted --all -c none.yaml
	put bad.yaml < <(section 60001 'bogus: 1')
	expect 3 "" "mdev-gpu: bad.yaml:3:3: gpus[0].bogus: unknown key
mdev-gpu: $gpu: configuration refused" asserted "$gpu" -c bad.yaml
}

@test "assert: a configuration with mistakes is refused, and warnings are not told" {
	new_world 535.104.05
	put "$configuration/$own" < <(type 'encCap: 101')
	expect 3 "" "mdev-gpu: $configuration/$own:7:13: gpus[0].mdevConfigs[0].encCap: 101 is over 100
mdev-gpu: $gpu: configuration refused" asserted --all
	put "$configuration/$own" < <(type 'gpuClass: Other')
	run -1 asserted --all
	[ "${#lines[@]}" -eq 1 ]
	chmod o+w "$configuration/$own"
	run -3 asserted --all
	[ "${lines[0]}" = "mdev-gpu: $configuration/$own: can be written by others than root" ]
	put "$configuration/settings.yaml" 'driverAbi: {1.2: no}'
	chmod o-w "$configuration/$own"
	run -3 asserted --all
}

@test "assert: without a driver nothing of what is configured is there" {
	new_world 535.104.05
	simulate unbind "$gpu"
	expect 1 "" "mdev-gpu: $gpu: nothing of what is configured is there: no driver is bound" asserted --all
	simulate bind "$gpu" vfio-pci
	expect 5 "" "mdev-gpu: $gpu: driver vfio-pci is bound, which mdev-gpu has no backend for" asserted "$gpu"
	expect 0 "$gpu: passed over: driver vfio-pci is bound, which mdev-gpu has no backend for" "" asserted --all
}

@test "assert: what cannot be asserted of anything is unsupported or wrong usage" {
	new_world 999.1 --like=595.71.05 "$P40" "0000:65:00.1=10de:10f0:10de:11d9,class=0403,driver=snd_hda_intel"
	run -5 asserted "$gpu"
	[[ $output == "mdev-gpu: $gpu: NVIDIA driver 999.1 is not known, nothing was sent to it"* ]]
	run -5 asserted --all
	expect 5 "" "mdev-gpu: 0000:65:00.1: not a GPU (PCI class 03)" asserted 0000:65:00.1
	expect 2 "" "mdev-gpu: a device is missing, or --all; try --help" asserted
	expect 2 "" "mdev-gpu: assert does not take --json; try --help" asserted --json
	expect 1 "" "mdev-gpu: 0000:66:00.0: cannot find the device: No such device" asserted 0000:66:00.0
	rm "$configuration/$own"
	expect 0 "$gpu: nothing is configured for this GPU" "" asserted "$gpu"
}

@test "assert: sizes by the GPU's memory, which the driver is asked for where no record has it" {
	new_world 535.104.05 "$gpu=10de:1b38:10de:11d9,fb=4096"
	put "$configuration/$own" <<-'END'
		gpus:
		- mdevConfigs:
		  - {num: 60001, maxInstances: 2, fbLen: auto, fbRes: auto}
		  - {num: 60002, maxInstances: 16, fbLen: auto, fbRes: auto}
	END
	program apply "$gpu"
	[ "$(listed)" = 60001 ]
	expect 0 "$gpu: 1 type is there" "" asserted "$gpu"
	rm "$state_folder/$gpu.yaml"
	simulate clear
	expect 1 "" "mdev-gpu: only root can talk to a GPU's driver: Operation not permitted" asserted "$gpu"
	untouched
	run -0 program assert "$gpu"
	[[ $output == *"$gpu: 1 type is there" ]]
	[ "$(sent)" -eq 0 ]
	closed
}

@test "assert: a GPU that shows its types nowhere is asked through its driver" {
	new_world 535.104.05 0000:65:00.0=10de:2235:10de:145a,fb=49152,totalvfs=16
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:2235'
	expect 1 "" "mdev-gpu: $gpu: 1 of 1 types is missing (nvidia-60001): sriov-off: types show on virtual functions \
only, and SR-IOV is off (sriov_numvfs is 0 of 16)" program assert "$gpu"
	[ "$(sent)" -eq 0 ]
	closed
	program apply "$gpu"
	simulate clear
	expect 0 "$gpu: 1 type is there" "" program assert "$gpu"
	[ "$(sent)" -eq 0 ]
	expect 1 "" "mdev-gpu: only root can talk to a GPU's driver: Operation not permitted" asserted "$gpu"
	# another definition of the number is not what is configured
	sed -i s/896/1920/ "$configuration/$own"
	run -1 program assert "$gpu"
	[[ $output == *"$gpu: nvidia-60001 is already defined otherwise: fbLen is 896, not 1920"* ]]
}

@test "assert: functions and their types" {
	new_world 570.86.15 "$L40S" --vendor-vfio
	simulate stock "$gpu" "NVIDIA L40S"
	put "$configuration/generate-vgpu-types.yaml" <<-'END'
		gpus:
		- filteredGpus: [{deviceId: 0x26b9}]
		  virtualFunctions: all
		  vgpus:
		  - {type: "NVIDIA L40S-4Q", count: 2}
		  - {type: 1160, functions: [9]}
	END
	expect 1 "" "mdev-gpu: $gpu: there are 0 virtual functions, not 16" asserted --all
	program functions "$gpu"
	expect 0 "$gpu: 16 virtual functions are there, 3 functions have their types" "" asserted --all
	sed -i 's/count: 2/count: 4/; s/\[9\]/[0, 9]/' "$configuration/generate-vgpu-types.yaml"
	expect 1 "" "mdev-gpu: $gpu: 1 of 2 functions does not have type 1160
mdev-gpu: $gpu: 2 of 4 functions do not have \"NVIDIA L40S-4Q\"" asserted "$gpu"
	# one that is named is not counted again
	sed -i 's/count: 4/count: 2/; s/1160, functions: \[0, 9\]/"NVIDIA L40S-4Q", functions: [0]/' "$configuration/generate-vgpu-types.yaml"
	expect 1 "" "mdev-gpu: $gpu: 1 of 2 functions does not have \"NVIDIA L40S-4Q\"" asserted "$gpu"
}

@test "assert: functions of a driver without types" {
	new_world 535.104.05 "0000:03:00.0=8086:e20b:8086:1100,class=0300,driver=xe,totalvfs=7" \
		"0000:04:00.0=1002:73bf:1002:0e3a,class=0300,driver=amdgpu"
	expect 0 "0000:03:00.0: passed over: driver xe is bound, which mdev-gpu has no backend for
0000:04:00.0: passed over: driver amdgpu is bound, which mdev-gpu has no backend for" "" asserted --all
	put "$configuration/generate-vgpu-types.yaml" <<-'END'
		gpus:
		- filteredGpus: [{vendorId: 0x8086, deviceId: 0xe20b}]
		  virtualFunctions: 2
	END
	expect 1 "" "mdev-gpu: 0000:03:00.0: there are 0 virtual functions, not 2" asserted 0000:03:00.0
	simulate write sys/devices/pci0000:03/0000:03:00.0/sriov_numvfs 2
	run -0 asserted --all
	[ "${lines[0]}" = "0000:03:00.0: 2 virtual functions are there" ]
	expect 5 "" "mdev-gpu: 0000:04:00.0: driver amdgpu is bound, which mdev-gpu has no backend for" asserted 0000:04:00.0
}
