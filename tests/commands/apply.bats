#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# From a configuration to types that the driver has and sysfs shows, and everything that may stand in the way.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	# two types that nobody but this file defines
	put two.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - {num: 60001, name: One, maxInstances: 24, fbLen: 896, fbRes: 128}
		  - {num: 60002, name: Two, maxInstances: 12, fbLen: 1856, fbRes: 192}
	END
	put three.yaml < <(cat two.yaml && echo '  - {num: 60003, name: Three, maxInstances: 8, fbLen: 2816, fbRes: 256}')
	put other.yaml <<<$'gpus:\n- mdevConfigs:\n  - {num: 60009, name: Other, maxInstances: 2, fbLen: 896, fbRes: 128}'
	put keep.yaml < <(sed 's/^- /- discardPrevious: false\n  /' two.yaml)
}

@test "apply: registers what is missing, and sysfs shows it" {
	new_world 535.104.05
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml
	[ "$(shown)" = $'nvidia-60001 One\nnvidia-60002 Two' ]
	closed
}

@test "apply: a second run sends nothing" {
	new_world 535.104.05
	applied two.yaml
	expect 0 "$gpu: nothing to do: 2 types are registered" "" program apply "$gpu" -c two.yaml
	[ "$(sent)" -eq 0 ]
	closed
}

@test "apply: only what is missing is sent, without a discard" {
	new_world 535.104.05
	applied two.yaml
	expect 0 "$gpu: 1 type registered, 2 unchanged" "" program apply "$gpu" -c three.yaml
	[ "$(sent)" -eq 1 ]
	[ "$(listed)" = "60001 60002 60003" ]
	[ "$(od -An -tu1 -N1 "$world"/blocks/*-a0810101.bin)" -eq 0 ]
	closed
}

@test "apply: a number that is already defined otherwise is refused, with each value that differs" {
	new_world 535.104.05
	applied two.yaml
	put changed.yaml < <(sed 's/fbLen: 896/fbLen: 1152/; s/name: One/name: Uno/; s/maxInstances: 24/maxInstances: 16/' two.yaml)
	expect 1 "" "mdev-gpu: $gpu: nvidia-60001 is already defined otherwise: name is \"One\", not \"Uno\", maxInstances is 24, not 16, fbLen is 896, not 1152; the driver keeps the first definition until its module is reloaded: reload it, or take another num" \
		program apply "$gpu" -c changed.yaml
	[ "$(sent)" -eq 0 ]
	closed
	simulate reload
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c changed.yaml
	[ "$(shown)" = $'nvidia-60001 Uno\nnvidia-60002 Two' ]
}

@test "apply: a number that another GPU has defined otherwise is refused, too" {
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1b38:10de:11d9
	applied two.yaml
	put changed.yaml < <(sed 's/maxInstances: 24/maxInstances: 20/' two.yaml)
	run -1 --separate-stderr program apply 0000:b3:00.0 -c changed.yaml
	echo "$stderr"
	[[ $stderr == "mdev-gpu: 0000:b3:00.0: nvidia-60001 is already defined otherwise: maxInstances is 24, not 20; "* ]]
	[ "$(sent)" -eq 0 ]
	expect 0 "0000:b3:00.0: 2 types registered, 0 unchanged" "" program apply 0000:b3:00.0 -c two.yaml
}

@test "apply: a default vDevId or pDevId that differs from another GPU's definition is a warning" {
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1b30:10de:11a0
	applied other.yaml
	run -0 --separate-stderr program apply 0000:b3:00.0 -c other.yaml
	[ "$stderr" = "mdev-gpu: 0000:b3:00.0: nvidia-60009 was first defined for another GPU, and the driver keeps that: vDevId is 0x1b3811d9, not 0x1b3011a0, pDevId is 0x1b38, not 0x1b30; another num would change it" ] ||
		[ "${stderr##*$'\n'}" = "mdev-gpu: 0000:b3:00.0: nvidia-60009 was first defined for another GPU, and the driver keeps that: vDevId is 0x1b3811d9, not 0x1b3011a0, pDevId is 0x1b38, not 0x1b30; another num would change it" ]
	[ "$(listed 0000:b3:00.0)" = 60009 ]
}

@test "apply: types of others are discarded with the first type that is sent, once" {
	new_world 535.104.05
	applied other.yaml
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml
	[ "$(listed)" = "60001 60002" ]
	[ "$(od -An -tu1 -N1 "$(printf '%s\n' "$world"/blocks/*-a0810101.bin | head -n 1)")" -eq 1 ]
	[ "$(od -An -tu1 -N1 "$(printf '%s\n' "$world"/blocks/*-a0810101.bin | tail -n 1)")" -eq 0 ]
	closed
}

@test "apply: types of others stay with discardPrevious: false, and with -k" {
	new_world 535.104.05
	applied other.yaml
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c keep.yaml
	[ "$(listed)" = "60009 60001 60002" ]
	expect 0 "$gpu: 1 type registered, 2 unchanged" "" program apply "$gpu" -k -c three.yaml
	[ "$(listed)" = "60009 60001 60002 60003" ]
	closed
}

@test "apply: nothing is discarded while a vGPU runs" {
	local force
	new_world 535.104.05
	applied other.yaml
	simulate vgpus "$gpu" 1
	simulate clear
	for force in '' --force; do
		# shellcheck disable=SC2086 # nothing or one word
		expect 4 "" "mdev-gpu: $gpu: in use: 1 vGPU runs and 1 exists, so types of others cannot be discarded (nvidia-60009); nothing was sent (discardPrevious: false or -k keeps them)" \
			program apply "$gpu" -c two.yaml $force
		[ "$(sent)" -eq 0 ]
	done
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml -k
	closed
}

@test "apply: nothing is discarded while an idle mediated device exists, unless forced" {
	new_world 535.104.05
	applied other.yaml
	simulate vgpus "$gpu" 0 1
	expect 4 "" "mdev-gpu: $gpu: in use: 0 vGPUs run and 1 exists, so types of others cannot be discarded (nvidia-60009); nothing was sent (discardPrevious: false or -k keeps them)" \
		program apply "$gpu" -c two.yaml
	[ "$(sent)" -eq 0 ]
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml --force
	[ "$(listed)" = "60001 60002" ]
}

@test "apply: a running vGPU does not prevent adding types" {
	new_world 535.104.05
	applied two.yaml
	simulate vgpus "$gpu" 1
	expect 0 "$gpu: 1 type registered, 2 unchanged" "" program apply "$gpu" -c three.yaml
	closed
}

@test "apply --dry-run: asks and compares, sends nothing, writes down nothing" {
	new_world 535.104.05
	applied two.yaml
	rm -r "$state_folder"
	expect 0 "$gpu: 1 type would be registered, 2 unchanged" "" program apply "$gpu" -c three.yaml --dry-run
	[ "$(sent)" -eq 0 ]
	[ "$(listed)" = "60001 60002" ]
	[ ! -e "$state_folder/$gpu.yaml" ]
	closed
}

@test "apply: an unknown release is refused and the driver not touched" {
	new_world 999.12.01 --like=595.45.04
	expect 5 "" "mdev-gpu: $gpu: NVIDIA driver 999.12.01 is not known, nothing was sent to it; the nearest known release is 610.57.04 (--driver-abi VERSION insists on it)" \
		program apply "$gpu" -c two.yaml
	untouched
}

@test "apply: a release between two known ones is refused, naming both" {
	new_world 531.43.04 --like=535.54.03
	expect 5 "" "mdev-gpu: $gpu: NVIDIA driver 531.43.04 is not known, nothing was sent to it; the nearest known releases are 530.41.03 and 535.43.02 (--driver-abi VERSION insists on one)" \
		program apply "$gpu" -c two.yaml
	untouched
}

@test "apply: a GPU without a driver is a failure, and --all passes over it" {
	new_world 535.104.05 "$P40,driver=none"
	expect 1 "" "mdev-gpu: $gpu: no driver is bound: No such device" program apply "$gpu" -c two.yaml
	expect 0 "$gpu: passed over: no driver is bound
nothing to do: there is no GPU with a driver that mdev-gpu has a backend for" "" program apply --all
	untouched
}

@test "apply: a driver without a backend is unsupported, and --all passes over it" {
	new_world 535.104.05 "$P40,driver=vfio-pci" 0000:03:00.0=1002:73bf,driver=amdgpu
	expect 5 "" "mdev-gpu: $gpu: driver vfio-pci is bound, which mdev-gpu has no backend for" program apply "$gpu"
	expect 5 "" "mdev-gpu: 0000:03:00.0: driver amdgpu is bound, which mdev-gpu has no backend for" program apply 03:00.0
	expect 0 "0000:03:00.0: passed over: driver amdgpu is bound, which mdev-gpu has no backend for
$gpu: passed over: driver vfio-pci is bound, which mdev-gpu has no backend for
nothing to do: there is no GPU with a driver that mdev-gpu has a backend for" "" program apply --all
	untouched
}

@test "apply: virtual functions and audio functions are nothing to do" {
	new_world 580.95.05 "0000:65:00.0=10de:2235:10de:145a,vfs=2" 0000:65:00.1=10de:10f0:10de:11d9,class=0403
	expect 0 "0000:65:00.1: nothing to do: not a GPU (PCI class 03)" "" program apply 65:00.1
	expect 0 "0000:65:00.4: nothing to do: a virtual function; its types come from its physical function" "" \
		program apply 0000:65:00.4
	untouched
}

@test "apply: an absent device is a failure, a word that is no device is wrong usage" {
	new_world 535.104.05
	expect 1 "" "mdev-gpu: 0000:66:00.0: cannot find the device: No such device" program apply 0000:66:00.0
	expect 1 "" "mdev-gpu: /sys/none: cannot find the device: No such device" program apply /sys/none
	expect 2 "" "mdev-gpu: 'card0' is neither a PCI address (0000:65:00.0) nor a path below /sys; try --help" \
		program apply card0
	untouched
}

@test "apply: short, full and sysfs spellings name the same GPU" {
	local name
	new_world 535.104.05
	for name in 65:00.0 0000:65:00.0 00000000:65:00.0 "/sys/bus/pci/devices/$gpu"; do
		run program apply "$name" -c two.yaml
		echo "$name: $output"
		[ "$status" -eq 0 ]
		[[ $output == "$gpu: "* ]]
	done
}

@test "apply: without root it fails before opening the driver" {
	local nobody=(env)
	install -m 755 "$MDEV_GPU" mdev-gpu
	[ "$(id -u)" -ne 0 ] || nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	# by a descriptor, since only we may look into our folder
	expect 1 "" "mdev-gpu: only root can talk to a GPU's driver: Operation not permitted" \
		"${nobody[@]}" /proc/self/fd/9 apply --all 9<mdev-gpu
}

@test "apply: no configuration for the GPU is nothing to do" {
	new_world 535.104.05
	expect 0 "$gpu: nothing to do: no configuration is for this GPU" "" program apply "$gpu"
	untouched
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	expect 0 "$gpu: nothing to do: no configuration is for this GPU" "" program apply "$gpu"
	put "$configuration/Nvidia/Pascal/types.yaml" 'gpus: [{mdevConfigs: []}]'
	expect 0 "$gpu: nothing to do: the configuration defines no types for this GPU" "" program apply "$gpu"
	untouched
}

@test "apply: a file that is for no GPU here is a failure" {
	new_world 535.104.05
	put elsewhere.yaml < <(section 60001 'filteredGpus: [{bus: 0x66}]')
	expect 1 "" "mdev-gpu: elsewhere.yaml: no GPU matches; nothing was registered" program apply "$gpu" -c elsewhere.yaml
	expect 1 "" "mdev-gpu: elsewhere.yaml: no GPU matches; nothing was registered" program apply --all -c elsewhere.yaml
	untouched
}

@test "apply: one mistake anywhere and nothing is sent" {
	new_world 535.104.05
	put bad.yaml < <(cat two.yaml && echo '  - {num: 60003, maxInstances: 33, fbLen: 896, fbRes: 128}')
	expect 3 "" "mdev-gpu: bad.yaml:5:32: gpus[0].mdevConfigs[2].maxInstances: 33 is over 32, the most of driver 535.104.05
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program apply "$gpu" -c bad.yaml
	put empty.yaml ''
	expect 3 "" "mdev-gpu: empty.yaml: is empty: it defines no types
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program apply "$gpu" -c empty.yaml
	expect 3 "" "mdev-gpu: none.yaml: No such file or directory
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program apply "$gpu" -c none.yaml
	untouched
}

@test "apply: several GPUs, each is tried, the first failure is the exit code" {
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1b38:10de:11d9 0000:b4:00.0=10de:1b38,driver=vfio-pci
	expect 0 "$gpu: 2 types registered, 0 unchanged
0000:b3:00.0: 2 types registered, 0 unchanged
0000:b4:00.0: passed over: driver vfio-pci is bound, which mdev-gpu has no backend for" "" program apply --all -c two.yaml
	expect 5 "0000:b3:00.0: nothing to do: 2 types are registered" \
		"mdev-gpu: 0000:b4:00.0: driver vfio-pci is bound, which mdev-gpu has no backend for" \
		program apply b4:00.0 b3:00.0 -c two.yaml
}

@test "apply: more types than the driver takes are refused before anything is sent" {
	new_world 535.104.05
	put full.yaml < <(types 64)
	applied full.yaml
	put more.yaml < <(section 70001)
	expect 1 "" "mdev-gpu: $gpu: 64 types are registered, 1 more do not fit: driver 535.104.05 takes 64; nothing was sent" \
		program apply "$gpu" -k -c more.yaml
	[ "$(sent)" -eq 0 ]
}
