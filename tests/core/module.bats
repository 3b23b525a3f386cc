#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Modules as far as plain files show them: what counts as loaded, and what a missing one means. What libkmod does (blacklists,
# install lines, signatures, symbols) takes a kernel that loads modules: tests/vm/suites/modules.sh.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	mkdir -p "$root"
	new_world 535.104.05 --no-vfio "$P40"
	vfio=$world/sys/module/nvidia_vgpu_vfio
	section 1 >"$BATS_TEST_TMPDIR/one.yaml"
}

hidden() {
	expect 1 "" "mdev-gpu: $gpu: the driver has nvidia-1, but sysfs does not show it: $1" \
		program apply -c "$BATS_TEST_TMPDIR/one.yaml" "$gpu"
}

@test "module: not installed: this driver package cannot host vGPUs" {
	hidden "module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs"
}

@test "module: without the module no run waits for its types" {
	local -i begun=$SECONDS
	hidden "module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs"
	[ $((SECONDS - begun)) -lt 4 ]
}

@test "module: still starting is not loaded" {
	put "$vfio/initstate" coming
	hidden "module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs"
}

@test "module: live under the other spelling of its name is loaded" {
	put "$vfio/initstate" live
	RM_CLOCK=virtual hidden "it showed its list before, reload the driver"
}

@test "module: built in, with a folder and no state, is loaded" {
	mkdir -p "$vfio/parameters"
	RM_CLOCK=virtual hidden "it showed its list before, reload the driver"
}

@test "module: types that sysfs shows late are waited for, five seconds" {
	put "$vfio/initstate" live
	RM_CLOCK=virtual hidden "it showed its list before, reload the driver"
	[ "$(grep -c ' wait 20 ms' "$world/transcript")" -eq 250 ]
	simulate clear
	(
		until grep -q cmd=0xa0810101 "$world/transcript"; do sleep 0.05; done
		sleep 0.5
		put "$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-2/name" late
	) 3>&- &
	section 2 >"$BATS_TEST_TMPDIR/two.yaml"
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply -k -c "$BATS_TEST_TMPDIR/two.yaml" "$gpu"
	wait
}

@test "module: a list of types that cannot be read has none of them" {
	put "$vfio/initstate" live
	put "$world/sys/bus/pci/devices/$gpu/mdev_supported_types" ""
	RM_CLOCK=virtual expect 1 "" \
		"mdev-gpu: $gpu: the driver has all types, but sysfs does not show it: it showed its list before, reload the driver" \
		program apply -k -c "$BATS_TEST_TMPDIR/one.yaml" "$gpu"
}

@test "module: a release that is longer than any is not taken for its beginning" {
	put "$world/sys/module/nvidia/version" "535.104.05$(printf '%0300d' 0)"
	expect 1 "" "mdev-gpu: $gpu: cannot read the release of the nvidia driver: Value too large for defined data type" \
		program apply -c "$BATS_TEST_TMPDIR/one.yaml" "$gpu"
}
