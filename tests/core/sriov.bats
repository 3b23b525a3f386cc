#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# GPUs with virtual functions, and many GPUs at once.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	put two.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - {num: 60001, name: One, maxInstances: 24, fbLen: auto, fbRes: auto}
		  - {num: 60002, name: Two, maxInstances: 12, fbLen: auto, fbRes: auto}
	END
}

# an A40; its VFs count from function 4 on
A40=$gpu=10de:2235:10de:145a,fb=49152
first_vf=0000:65:00.4
second_vf=0000:65:00.5

types=$'nvidia-60001 One\nnvidia-60002 Two'

# vfs N: as after writing sriov_numvfs; the functions of the world stay as they are
vfs() {
	echo "$1" >"$world/sys/bus/pci/devices/$gpu/sriov_numvfs"
}

@test "SR-IOV: types are registered on the PF and shown on its VFs" {
	new_world 550.90.07 "$A40,vfs=2"
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml
	[ "$(listed)" = "60001 60002" ]
	[ -z "$(shown)" ]
	[ "$(shown "$first_vf")" = "$types" ]
	[ "$(shown "$second_vf")" = "$types" ]
	closed
	expect 0 "$gpu: nothing to do: 2 types are registered" "" program apply "$gpu" -c two.yaml
}

@test "SR-IOV: a VF's own event does nothing, by name and among all" {
	new_world 550.90.07 "$A40,vfs=2"
	expect 0 "$first_vf: nothing to do: a virtual function; its types come from its physical function" "" \
		program apply "$first_vf"
	untouched
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply --all -c two.yaml
	[ "$(sent)" -eq 2 ]
}

@test "SR-IOV: without VFs the types are registered, and said to show once SR-IOV is on" {
	new_world 550.90.07 "$A40"
	expect 0 "$gpu: 2 types registered, 0 unchanged" \
		"mdev-gpu: $gpu: the types show once SR-IOV is on (sriov_numvfs is 0 of 16)" program apply "$gpu" -c two.yaml
	[ "$(listed)" = "60001 60002" ]
	closed
}

@test "SR-IOV: VFs that come later show the types of a driver that asks for them, without another word" {
	new_world 550.90.07 "$A40,vfs=2"
	applied two.yaml
	simulate unbind "$gpu"
	simulate bind "$gpu"
	# the list waited for the PF
	[ "$(listed)" = "60001 60002" ]
	expect 0 "$gpu: nothing to do: 2 types are registered" "" program apply "$gpu" -c two.yaml
	[ "$(shown "$second_vf")" = "$types" ]
}

@test "SR-IOV: VFs that come later get their types from the next run of a driver that copies them" {
	new_world 550.54.14 "$A40,vfs=2"
	applied two.yaml
	[ "$(shown "$first_vf")" = "$types" ]
	# new VFs: nothing was copied to them
	rm -r "$world/sys/bus/pci/devices/$first_vf"/mdev_supported_types "$world/sys/bus/pci/devices/$second_vf"/mdev_supported_types
	expect 0 "$gpu: nothing to do: 2 types are registered" "" program apply "$gpu" -c two.yaml
	[ "$(shown "$first_vf")" = "$types" ]
	[ "$(sent)" -eq 0 ]
}

@test "SR-IOV: what other drivers do with VFs is not asked for: the types show on those that the GPU's driver has" {
	new_world 550.90.07 "$A40,vfs=3"
	simulate unbind "$first_vf"
	simulate bind "$first_vf" vfio-pci
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml
	[ -z "$(shown "$first_vf")" ]
	[ "$(shown "$second_vf")" = "$types" ]
	expect 0 "$gpu: nothing to do: 2 types are registered" "" program apply "$gpu" -c two.yaml
	run -0 program status "$gpu"
	[[ $output == *nvidia-60001* ]]
}

@test "SR-IOV: where other drivers have all VFs, the types are registered, and said to show once one is back" {
	new_world 550.90.07 "$A40,vfs=2"
	simulate unbind "$first_vf"
	simulate unbind "$second_vf"
	expect 0 "$gpu: 2 types registered, 0 unchanged" \
		"mdev-gpu: $gpu: the types show once a virtual function is bound to nvidia (none of 2 is)" program apply "$gpu" -c two.yaml
	[ "$(listed)" = "60001 60002" ]
	closed
}

@test "SR-IOV: one VF that was bound again is enough for a driver that copies its list to be told" {
	new_world 550.54.14 "$A40,vfs=3"
	applied two.yaml
	simulate unbind "$second_vf"
	simulate bind "$second_vf"
	[ -z "$(shown "$second_vf")" ]
	expect 0 "$gpu: nothing to do: 2 types are registered" "" program apply "$gpu" -c two.yaml
	[ "$(shown "$second_vf")" = "$types" ]
	[ "$(sent)" -eq 0 ]
	# and where that does not help, it is no success
	simulate unbind "$second_vf"
	simulate bind "$second_vf"
	simulate inject 'control:0xa0810109=status:0'
	RM_CLOCK=virtual expect 1 "" "mdev-gpu: $gpu: the driver has nvidia-60001, nvidia-60002, but sysfs does not show it: it showed \
its list before, reload the driver" program apply "$gpu" -c two.yaml
}

@test "SR-IOV: a VF that was bound again gets its types by itself where the driver is asked for them" {
	new_world 550.90.07 "$A40,vfs=3"
	applied two.yaml
	simulate unbind "$second_vf"
	[ -z "$(shown "$second_vf")" ]
	simulate bind "$second_vf"
	[ "$(shown "$second_vf")" = "$types" ]
	expect 0 "$gpu: nothing to do: 2 types are registered" "" program apply "$gpu" -c two.yaml
	[ "$(sent)" -eq 0 ]
}

@test "SR-IOV: where the vendor's VFIO took mdev's place, that is said" {
	new_world 570.86.15 "$A40,vfs=2" --vendor-vfio
	expect 0 "$gpu: 2 types registered, 0 unchanged" \
		"mdev-gpu: $gpu: vGPUs are made through the vendor's own VFIO files here, not through mdev" program apply "$gpu" -c two.yaml
	[ "$(listed)" = "60001 60002" ]
	grep -q '^60002 *: Two$' "$world/sys/bus/pci/devices/$second_vf/nvidia/creatable_vgpu_types"
	closed
	# beside a vGPU of the first type no other one can be made; the first function is that vGPU
	simulate vgpus "$gpu" 1
	expect 0 "$gpu: nothing to do: 2 types are registered" \
		"mdev-gpu: $gpu: vGPUs are made through the vendor's own VFIO files here, not through mdev; at the moment they do not offer nvidia-60002" \
		program apply "$gpu" -c two.yaml
}

@test "SR-IOV: the vendor's VFIO files are looked for on those VFs that the GPU's driver has" {
	new_world 570.86.15 "$A40,vfs=3" --vendor-vfio
	simulate unbind "$first_vf"
	[ ! -e "$world/sys/bus/pci/devices/$first_vf/nvidia" ]
	expect 0 "$gpu: 2 types registered, 0 unchanged" \
		"mdev-gpu: $gpu: vGPUs are made through the vendor's own VFIO files here, not through mdev" program apply "$gpu" -c two.yaml
}

@test "SR-IOV: a vGPU of the vendor's VFIO stands in the way of a discard, too" {
	new_world 570.86.15 "$A40,vfs=2" --vendor-vfio
	put other.yaml <<<$'gpus:\n- mdevConfigs:\n  - {num: 60009, name: Other, maxInstances: 2, fbLen: auto, fbRes: auto}'
	applied other.yaml
	simulate vgpus "$gpu" 0 1
	expect 4 "" "mdev-gpu: $gpu: in use: 0 vGPUs run and 1 exists, so types of others cannot be discarded \
(nvidia-60009); nothing was sent (discardPrevious: false or -k keeps them)" program apply "$gpu" -c two.yaml
	[ "$(sent)" -eq 0 ]
}

@test "SR-IOV: what the driver says it took is looked up in its list, where sysfs shows nothing yet" {
	new_world 550.90.07 "$A40"
	simulate inject 'control:0xa0810101#2=status:0'
	expect 1 "" "mdev-gpu: $gpu: the types show once SR-IOV is on (sriov_numvfs is 0 of 16)
mdev-gpu: $gpu: the driver took 1 types without an error, but does not list them; if another program has discarded \
them meanwhile, apply again" program apply "$gpu" -c two.yaml
	expect 0 "$gpu: 1 type registered, 1 unchanged" \
		"mdev-gpu: $gpu: the types show once SR-IOV is on (sriov_numvfs is 0 of 16)" program apply "$gpu" -c two.yaml
	closed
}

@test "SR-IOV: an idle vGPU on a VF stands in the way of a discard" {
	new_world 550.90.07 "$A40,vfs=2"
	put other.yaml <<<$'gpus:\n- mdevConfigs:\n  - {num: 60009, name: Other, maxInstances: 2, fbLen: auto, fbRes: auto}'
	applied other.yaml
	simulate vgpus "$gpu" 0 1
	expect 4 "" "mdev-gpu: $gpu: in use: 0 vGPUs run and 1 exists, so types of others cannot be discarded \
(nvidia-60009); nothing was sent (discardPrevious: false or -k keeps them)" program apply "$gpu" -c two.yaml
	[ "$(sent)" -eq 0 ]
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml --force
	[ "$(listed)" = "60001 60002" ]
}

# many N: the addresses of N GPUs in four domains, each bus and slot in all of them, and their minors; these go another way
many() {
	local -i i n=$1
	for ((i = 0; i < n; i++)); do
		# shellcheck disable=SC2017 # eight to a bus
		printf '%04x:%02x:%02x.0 %d\n' $((i % 4)) $((16 + i / 8 * 5)) $((i / 4 % 2)) $(((i * 13 + 7) % n))
	done
}

# new_world_of N RELEASE: with these GPUs
new_world_of() {
	local address minor gpus=()
	while read -r address minor; do
		gpus+=("$address=10de:1b38:10de:11d9,fb=24576,minor=$minor")
	done < <(many "$1")
	new_world "$2" "${gpus[@]}"
}

@test "many GPUs: each of 32 in four domains is opened by its own minor and gets its types" {
	local address minor n=0
	new_world_of 32 550.54.14
	expect 0 "$(many 32 | sort | sed 's/ .*/: 2 types registered, 0 unchanged/')" "" program apply --all -c two.yaml
	while read -r address minor; do
		[ "$(listed "$address")" = "60001 60002" ]
		[ "$(shown "$address")" = "$types" ]
		n=$((n + 1))
	done < <(many 32)
	[ "$n" -eq 32 ]
	# the order of the nodes is the order of the addresses
	[ "$(sed -n 's/.* open nvidia\([0-9]*\) .*/\1/p' "$world/transcript")" = "$(many 32 | sort | cut -d ' ' -f 2)" ]
	closed
}

@test "many GPUs: one of 32 opens no other's node" {
	local address minor
	new_world_of 32 595.44.02
	read -r address minor < <(many 32 | sed -n 23p)
	expect 0 "$address: 2 types registered, 0 unchanged" "" program apply "$address" -c two.yaml
	[ "$(sed -n 's/.* open nvidia\([0-9]*\) .*/\1/p' "$world/transcript")" = "$minor" ]
	[ "$(find "$world/sys/bus/pci/devices/"*/mdev_supported_types/ -mindepth 1 -maxdepth 1 | wc -l)" -eq 2 ]
	closed
}

# the driver refuses to tell of its GPUs where not all of them fit
@test "many GPUs: more than 32 are no other matter, in every run of releases" {
	local address minor release
	for release in 525.47.04 545.23.06 595.44.02; do
		rm -rf "$world"
		new_world_of 64 "$release"
		read -r address minor < <(many 64 | sed -n 61p)
		expect 0 "$address: 2 types registered, 0 unchanged" "" program apply "$address" -c two.yaml
		[ "$(shown "$address")" = "$types" ]
		[ "$(sed -n 's/.* open nvidia\([0-9]*\) .*/\1/p' "$world/transcript")" = "$minor" ]
		closed
	done
}
