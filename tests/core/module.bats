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
