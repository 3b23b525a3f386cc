#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Why a GPU has no types: one verdict, and what was looked at. Each case is one that users of such tools reported.

# shellcheck disable=SC2154 # helpers.bash sets them
load helpers

own=Nvidia/Pascal/one.yaml

setup() {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/$own" < <(section 60001)
}

# verdict TEXT [ADDRESS]: what explain says first
verdict() {
	run -0 --separate-stderr program explain "${2:-$gpu}"
	[ -z "$stderr" ]
	echo "$output"
	[ "${lines[0]}" = "${2:-$gpu}: $1" ]
}

@test "explain: all types are there" {
	new_world 535.104.05
	program apply "$gpu"
	verdict 'the type is there'
	[[ $output == *'  last run      '*', by command: done: 1 type registered, 0 unchanged'* ]]
	[[ $output == *'  in use        0 vGPUs' ]]
}

@test "explain: no run since the driver bound" {
	new_world 535.104.05
	run -0 readlink -f "$world/sys/bus/pci/devices/$gpu"
	verdict "last run: none since the driver bound: udevadm trigger ${output#"$world"}"
}

@test "explain: no driver is bound" {
	new_world 535.104.05 "$P40,driver=none"
	verdict "driver: no driver is bound: load the vendor's vGPU host driver"
}

@test "explain: the GPU is passed through" {
	new_world 535.104.05 "$P40,driver=vfio-pci"
	verdict 'driver: vfio-pci: the whole GPU is set aside for a VM, so it has no vGPUs'
}

@test "explain: a driver without a backend" {
	new_world 535.104.05 "0000:03:00.0=1002:7300:1002:0b36,class=0300,driver=amdgpu"
	verdict 'driver: amdgpu, which mdev-gpu has no backend for' 0000:03:00.0
}

@test "explain: another function of the card" {
	new_world 535.104.05 "0000:65:00.1=10de:10f0:10de:11d9,class=0403,driver=snd_hda_intel"
	verdict 'function: not a GPU (PCI class 040300, not 03....)' 0000:65:00.1
}

@test "explain: a release that is not known" {
	new_world 999.1.1 --like=595.45.04
	verdict 'driver: NVIDIA driver 999.1.1 is not known, nothing was sent to it; the nearest known releases are 595.45.04 (--driver-abi VERSION insists on one)'
}

@test "explain: no folder fits" {
	new_world 535.104.05 "$gpu=10de:1e30:10de:12ba"
	verdict "configuration: no folder below $CONFDIR/Nvidia is for this GPU"
}

@test "explain: filtered out, and by which key" {
	new_world 535.104.05
	put "$configuration/$own" < <(section 60001 'filteredGpus: [{vendorId: 0x10de, bus: 3}]')
	verdict "configuration: $configuration/$own leaves this GPU out by bus"
}

@test "explain: masked" {
	new_world 535.104.05
	ln -sf /dev/null "$configuration/$own"
	verdict "configuration: $configuration/$own defines no types"
}

@test "explain: a generation without mdev says so by its folder's heading" {
	new_world 550.90.07 "$gpu=10de:26b5:10de:16a1"
	mkdir -p "$configuration/Nvidia/Ada"
	cp "$CATALOG"/Nvidia/Ada/* "$configuration/Nvidia/Ada/"
	verdict "configuration: $configuration/Nvidia/Ada/Open_vAda.yaml defines no types: Ada Lovelace: no mediated devices"
}

@test "explain: a mistake in the configuration, with its place" {
	new_world 535.104.05
	put "$configuration/$own" < <(section 60001 'discard: true')
	verdict "configuration: $configuration/$own:3:3: gpus[0].discard: unknown key"
}

@test "explain: a file that automatic runs refuse" {
	new_world 535.104.05
	chmod 0666 "$configuration/$own"
	verdict "configuration: $configuration/$own: can be written by others than root"
}

@test "explain: the module that shows types is missing" {
	new_world 535.104.05 --no-vfio
	run ! program apply "$gpu"
	verdict 'module: nvidia-vgpu-vfio is not loaded: modprobe it; where it is not installed, this driver package cannot host vGPUs'
}

@test "explain: SR-IOV is off" {
	new_world 535.104.05 "$P40,vfs=4"
	echo 0 >"$world/sys/bus/pci/devices/$gpu/sriov_numvfs"
	verdict 'sysfs: types show on virtual functions only, and SR-IOV is off: sriov-manage -e, or write sriov_numvfs'
}

@test "explain: the vendor's own VFIO instead of mdev" {
	new_world 550.90.07 "$P40,vfs=4" --vendor-vfio
	local files="vGPUs are made through the vendor's own VFIO files here (nvidia/current_vgpu_type of a virtual function), not through mdev"
	verdict "sysfs: $files"
	program apply "$gpu"
	verdict "the type is there"
	[[ $output == *"  sysfs         $files"* ]]
}

@test "explain: the last run failed, and how" {
	new_world 535.104.05
	simulate inject 'control:0xa0810101=status:0x56'
	run ! program apply "$gpu"
	run -0 --separate-stderr program explain "$gpu"
	[[ ${lines[0]} == "$gpu: last run: "*', by command: failed: '*'cannot register nvidia-60001: NV_ERR_NOT_SUPPORTED 0x56'* ]]
}

@test "explain: without a name, every GPU" {
	new_world 535.104.05 "$P40" "0000:b3:00.0=10de:1e30:10de:12ba"
	run -0 --separate-stderr program explain
	[ "$(grep -c '^0000:' <<<"$output")" -eq 2 ]
}

@test "explain: sends nothing" {
	new_world 535.104.05
	program explain "$gpu"
	untouched
}
