#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Ada and later: where the driver places vGPUs, and when it is told to. Newer releases do that once per load of their module.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

# GPUs with 48 and 96 GiB: an L40 and a GB202
L40=$gpu=10de:26b5:10de:169d,fb=49152,vfs=2
GB202=$gpu=10de:2bb4:10de:204b,fb=98304,vfs=2

none="mdev-gpu: $gpu: registered, but cannot be created until the driver is reloaded:"

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	put whole.yaml < <(shares '60001 1 48' '60002 4 12')
	put other.yaml < <(shares '60011 1 48' '60012 2 24')
}

# shares "NUM INSTANCES GIB"…: a profile with these types, which leaves others' types
shares() {
	local num instances gib
	printf '%s\n' 'gpus:' '- discardPrevious: false' '  mdevConfigs:'
	while read -r num instances gib; do
		echo "  - {num: $num, maxInstances: $instances, fbLen: $((gib * 1024 - 1024)), fbRes: 512, gspHeapSize: 512}"
	done < <(printf '%s\n' "$@")
}

# told: how often the driver was told to place the types
told() {
	grep -c 'control cmd=0xa0810109 ' "$world/transcript" || :
}

# run_on FILE [ARGUMENT…]
run_on() {
	local file=$1
	shift
	program apply "$gpu" -c "$file" "$@"
}

# vgpud enabled|masked|emptied|done|before: NVIDIA's daemon as the host has it
vgpud() {
	local unit=nvidia-vgpud.service
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$state_folder"
	case $1 in
	enabled) ln -s "/usr/lib/systemd/system/$unit" "$root/etc/systemd/system/multi-user.target.wants/$unit" ;;
	masked) ln -s /dev/null "$root/etc/systemd/system/$unit" ;;
	emptied) : >"$root/etc/systemd/system/$unit" ;;
	done) cp /proc/sys/kernel/random/boot_id "$state_folder/nvidia-vgpud.done" ;;
	before) echo 00000000-0000-0000-0000-000000000000 >"$state_folder/nvidia-vgpud.done" ;;
	esac
}

vfio="mdev-gpu: $gpu: vGPUs are made through the vendor's own VFIO files here, not through mdev"

later="mdev-gpu: $gpu: vGPUs of these types can be created after the run that follows nvidia-vgpud: the driver places types once, and that \
daemon has yet to register its own"

@test "placement: without NVIDIA's daemon the driver is told, and the types have places" {
	new_world 580.105.08 "$L40" --vendor-vfio
	expect 0 "$gpu: 2 types registered, 0 unchanged" "$vfio" run_on whole.yaml
	[ "$(told)" -eq 1 ]
	expect 0 "$gpu: nothing to do: 2 types are registered" "$vfio" run_on whole.yaml
	[ "$(told)" -eq 1 ]
}

@test "placement: types that come after it are registered and cannot be created, which is a failure until a reload" {
	local release
	for release in 570.207 580.94.06 580.94.18 580.105.08 580.178.05 590.48.01 595.58.02 610.57.04; do
		echo "$release"
		rm -rf "$world"
		new_world "$release" "$L40" --vendor-vfio
		run_on other.yaml
		expect 1 '' "$vfio
$none nvidia-60001, nvidia-60002; it places types once, and did before these came" run_on whole.yaml
		expect 1 '' "$vfio
$none nvidia-60001, nvidia-60002; it places types once, and did before these came" run_on whole.yaml
		[ "$(listed)" = '60011 60012 60001 60002' ]
		simulate reload
		expect 0 "$gpu: 2 types registered, 0 unchanged" "$vfio" run_on whole.yaml
	done
}

@test "placement: nor can they be created where they have taken the place of others' in the list" {
	new_world 580.105.08 "$L40" --vendor-vfio
	run_on other.yaml
	put more.yaml < <(shares '60001 1 48' '60002 4 12' '60003 8 6' | sed 's/discardPrevious: false/discardPrevious: true/')
	run -1 run_on more.yaml
	[[ $output == *"$none "*"nvidia-60003; it places types once, and did before these came"* ]]
	[[ $output == *"the types of others that were there are discarded (nvidia-60011, nvidia-60012)"* ]]
}

@test "placement: it begins with the first device ID of Ada" {
	new_world 580.105.08 "$gpu=10de:2681:10de:169d,fb=49152,vfs=2" --vendor-vfio
	run_on other.yaml
	run -1 run_on whole.yaml
	rm -rf "$world"
	new_world 580.105.08 "$gpu=10de:2680:10de:169d,fb=49152,vfs=2" --vendor-vfio
	run_on other.yaml
	run -0 run_on whole.yaml
}

# public 580.105.08, as hosts call it
@test "placement: a release for hosts places as the public one of its number but the last" {
	new_world 580.105.06 "$L40" --vendor-vfio --like=580.105.08
	run_on other.yaml
	run -1 run_on whole.yaml
}

@test "placement: releases that compute it at each call, and older GPUs, have no such end" {
	local release
	for release in 550.163.01 570.195.03 575.64.05 580.82.09 580.94.02 580.95.05; do
		echo "$release"
		rm -rf "$world"
		new_world "$release" "$L40" --vendor-vfio
		vgpud enabled
		run_on other.yaml
		expect 0 "$gpu: 2 types registered, 0 unchanged" "$vfio" run_on whole.yaml
		[ "$(told)" -eq 2 ]
		rm -r "${root:?}"
	done
	rm -rf "$world"
	new_world 595.58.02 "$gpu=10de:2235:10de:145a,fb=49152,vfs=2" --vendor-vfio
	run_on other.yaml
	run -0 run_on whole.yaml
}

@test "placement: it is left to the run after NVIDIA's daemon, which registers types of its own at boot" {
	new_world 580.105.08 "$L40" --vendor-vfio
	vgpud enabled
	expect 0 "$gpu: 2 types registered, 0 unchanged" "$later
$vfio" run_on whole.yaml
	[ "$(told)" -eq 0 ]
	expect 0 "$gpu: nothing to do: 2 types are registered" "$vfio
$later" run_on whole.yaml
	# a note of another boot says nothing of this one
	vgpud before
	run_on whole.yaml
	[ "$(told)" -eq 0 ]
	vgpud 'done'
	expect 0 "$gpu: nothing to do: 2 types are registered" "$vfio" run_on whole.yaml
	[ "$(told)" -eq 1 ]
}

@test "placement: a daemon that is masked registers nothing" {
	local mask
	for mask in masked emptied; do
		new_world 580.105.08 "$L40" --vendor-vfio
		vgpud enabled
		vgpud "$mask"
		expect 0 "$gpu: 2 types registered, 0 unchanged" "$vfio" run_on whole.yaml
		[ "$(told)" -eq 1 ]
		rm -r "$root/etc/systemd"
	done
}

@test "placement: where the driver would divide by zero it is not told, and that is said" {
	local small="mdev-gpu: $gpu: the driver is not told to place types, so none can be created: it would divide by zero over shares under 1 GiB"
	put small.yaml <<-'END'
		gpus: [{discardPrevious: false, mdevConfigs: [{num: 60021, maxInstances: 8, fbLen: 384, fbRes: 64, gspHeapSize: 64}]}]
	END
	put big.yaml < <(shares '60001 1 96' '60002 4 24')
	put parts.yaml < <(shares '60002 4 24')
	for release in 595.58.02 610.57.04; do
		rm -rf "$world"
		new_world "$release" "$GB202" --vendor-vfio
		run -0 run_on parts.yaml
		[[ $output == *"would divide by zero without a type that has one instance"* ]]
		run -0 run_on small.yaml
		[[ $output == *"$small (nvidia-60021)"* ]]
		# what others have registered counts as well
		run -0 run_on big.yaml
		[[ $output == *"$small (nvidia-60021)"* ]]
		run -0 run_on big.yaml
		[[ $output == *"$small (nvidia-60021)"* ]]
		[ "$(told)" -eq 0 ]
		# others' types that a reload has taken away are in nobody's way
		simulate reload
		expect 0 "$gpu: 2 types registered, 0 unchanged" "$vfio" run_on big.yaml
		[ "$(told)" -eq 1 ]
	done
}

@test "placement: where the driver could divide by zero over a type that it does not list, it is not told" {
	put big.yaml < <(shares '60001 1 96' '60002 4 24')
	new_world 595.58.02 "$GB202,virt=0,unlisted" --vendor-vfio
	run -0 run_on big.yaml
	[[ $output == *"it may divide by zero over types that it does not list"* ]]
	[ "$(told)" -eq 0 ]
}

@test "placement: other GPUs and releases do not divide by it" {
	put parts.yaml < <(shares '60002 4 12')
	new_world 595.58.02 "$L40" --vendor-vfio
	run_on parts.yaml
	[ "$(told)" -eq 1 ]
	rm -rf "$world"
	new_world 590.48.01 "$GB202" --vendor-vfio
	run_on parts.yaml
	[ "$(told)" -eq 1 ]
}

@test "placement: without a type of one instance no type has a place, and that is said" {
	put parts.yaml < <(shares '60002 4 12')
	new_world 580.105.08 "$L40" --vendor-vfio
	expect 0 "$gpu: 1 type registered, 0 unchanged" "$vfio
mdev-gpu: $gpu: the driver gives no type a place in the GPU's memory, so none can be created: it places them in the share of a type with \
one instance, and there is none" run_on parts.yaml
}

@test "placement: a type of one instance that is smaller than the card is warned of" {
	put parts.yaml < <(shares '60002 1 24')
	new_world 580.105.08 "$L40" --vendor-vfio
	expect 0 "$gpu: 1 type registered, 0 unchanged" "mdev-gpu: parts.yaml:4:32: warning: gpus[0].mdevConfigs[0].maxInstances: the one \
instance has 24576 of the GPU's 49152 MiB, and the driver places the vGPUs of all types in what such a type has
$vfio" run_on parts.yaml
	# on older GPUs it is what it says
	rm -rf "$world"
	new_world 580.105.08 "$gpu=10de:2235:10de:145a,fb=49152,vfs=2" --vendor-vfio
	run -0 run_on parts.yaml
	[[ $output != *maxInstances* ]]
}
