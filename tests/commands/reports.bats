#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What people reported of missing types, each rebuilt as far as a machine shows it, and what explain says of it.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers
load explain

setup() {
	explain_setup
}

A40=$gpu=10de:2235:10de:145a,fb=49152
no_host='module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs'

# ampere_world [GPU-OPTION]: an A40 and types for it
ampere_world() {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:2235'
	new_world "$1" "$A40,$2" "${@:3}"
}

# numvfs N: as after writing sriov_numvfs
numvfs() {
	echo "$1" >"$world/sys/bus/pci/devices/$gpu/sriov_numvfs"
}

## Lost at boot, or with a reload

@test "explain: Arc-Compute/Mdev-GPU#3: nothing at boot until the unit is restarted by hand" {
	new_world 535.104.05
	verdict not-run 'no run since the driver bound to it'
	program apply "$gpu"
	verdict there 'the type is there'
}

@test "explain: mdevctl/mdevctl#82: on some boots the run exited 0 and there are no types" {
	new_world 535.104.05
	program apply "$gpu"
	mv "$world/sys/module/nvidia_vgpu_vfio" "$BATS_TEST_TMPDIR/old" # so that the next one is another load, by its inode
	simulate vfio off
	simulate vfio on
	rm -rf "$world/sys/bus/pci/devices/$gpu/mdev_supported_types"
	verdict hidden 'nvidia-60001 was registered, but sysfs does not show it'
}

@test "explain: clayfreeman/gpu-passthrough#7: the mdev configuration is gone after each reboot" {
	new_world 535.104.05
	program apply "$gpu"
	simulate reload
	sed -i 's/^boot: .*/boot: "1b0f5e0c-0000-4000-8000-000000000000"/' "$state_folder/$gpu.yaml"
	verdict stale-run 'the last run was before the system or the driver was started anew'
}

@test "explain: Arc-Compute/LibVF.IO#63: after the reboot the unit that would register is not there" {
	new_world 535.104.05
	rm "$root$UDEVRULESDIR/90-mdev-gpu.rules"
	verdict rule-missing "udev has no rule $UDEVRULESDIR/90-mdev-gpu.rules: nothing runs by itself"
}

@test "explain: cozystack/ansible-cozystack#70: a driver reload drops virtual functions and types" {
	ampere_world 550.90.07 vfs=4
	program apply "$gpu"
	simulate reload
	rm "$state_folder/$gpu.yaml"
	numvfs 0
	verdict sriov-off 'types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of 16)'
}

@test "explain: NVIDIA/gpu-operator#2600: virtual functions are not made again after a reboot" {
	ampere_world 535.104.05 vfs=16
	program apply "$gpu"
	numvfs 0
	verdict sriov-off 'types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of 16)'
	[ "$(advice SR-IOV)" = 'switch them on, at every boot anew; virtualFunctions: all in the configuration has that done' ]
	[ "$(commands SR-IOV)" = "/usr/lib/nvidia/sriov-manage -e $gpu" ]
}

@test "explain: NVIDIA/gpu-operator#2002: 'no parent devices found', virtual functions take half a minute to come" {
	ampere_world 535.104.05 vfs=16
	rm "$world"/sys/bus/pci/devices/"$gpu"/virtfn*/driver
	verdict vfs-elsewhere '16 virtual functions are there, but no driver has the first one, not nvidia'
}

@test "explain: NVIDIA/gpu-operator#2502: a validator waits for mdev parents, which are the functions and not the GPU" {
	ampere_world 535.104.05 vfs=4
	program apply "$gpu"
	verdict there 'the type is there'
	[ ! -e "$world/sys/bus/pci/devices/$gpu/mdev_supported_types" ]
	verdict virtual-function "a virtual function: its types come from its physical function $gpu" 0000:65:00.4
}

@test "explain: stackhpc/ansible-collection-linux#37: sriov-manage leaves the GPU without a driver" {
	ampere_world 535.104.05 vfs=4
	numvfs 0
	simulate unbind "$gpu"
	verdict no-driver 'no driver is bound, though nvidia is loaded: it refused the GPU, or somebody unbound it'
	[ "$(commands driver)" = "dmesg | grep -i nvidia
echo $gpu >/sys/bus/pci/drivers/nvidia/bind" ]
}

@test "explain: mbilker/vgpu_unlock-rs#31: the service is 'inactive (dead)', and nothing is wrong" {
	new_world 535.104.05
	program apply "$gpu"
	verdict there 'the type is there'
}

@test "explain: wvthoog/proxmox-vgpu-installer#27: what was to be switched on by hand was not" {
	new_world 535.104.05
	mkdir -p "$root/etc/udev/rules.d"
	ln -s /dev/null "$root/etc/udev/rules.d/90-mdev-gpu.rules"
	verdict rule-masked "$root/etc/udev/rules.d/90-mdev-gpu.rules is masked: a link to /dev/null"
}

@test "explain: novidio/unraid-novidio-vgpu-driver#7: the configuration goes at every boot" {
	new_world 535.104.05
	rm -r "$configuration"
	verdict no-folder "no folder below $CONFDIR/Nvidia is for 10de:1b38"
}

@test "explain: stl88083365/unraid-nvidia-vgpu-driver#7: a script from elsewhere, with another machine's address in it" {
	new_world 535.104.05
	rm -r "$configuration"
	put "$configuration/Nvidia/Mine/devices.yaml" '- 10de:1b38'
	put "$configuration/Nvidia/Mine/mine.yaml" < <(section 60001 'filteredGpus: [{bus: 0x01, slot: 0}]')
	verdict filtered-out "$configuration/Nvidia/Mine/mine.yaml:3:24: leaves the GPU out: bus is 0x1, the GPU's is 0x65"
}

@test "explain: strongtz/i915-sriov-dkms#14: a GPU of Intel's whose functions do not outlive a reboot has no mdev at all" {
	intel_world 46a6
	verdict cannot-share 'Alder Lake (8086:46a6) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake' "$igpu"
	[ "$(advice GVT-g "$igpu")" = 'its generation shares itself through SR-IOV, but this GPU offers no virtual functions (no sriov_totalvfs)' ]
	put "$world/sys/bus/pci/devices/$igpu/sriov_totalvfs" 7
	[ "$(advice GVT-g "$igpu")" = 'it shares itself through SR-IOV instead: up to 7 virtual functions, under an i915 or xe driver that has it (sriov_numvfs)' ]
}

## Never there, and nobody says why

@test "explain: anomixer/proxmox-vgpu-installer#15: GTX 1080, nvidia-smi is fine, no types" {
	catalog Nvidia/Pascal
	new_world 535.230.02 "$gpu=10de:1b80:1043:85a0,fb=8192" --plain --no-vfio
	verdict not-a-host "$no_host"
}

@test "explain: stl88083365/unraid-nvidia-vgpu-driver#42: Quadro P2000, modules are loaded, no types" {
	catalog Nvidia/Pascal
	new_world 535.104.05 "$gpu=10de:1c30:10de:11b3,fb=5120" --plain
	put "$world/sys/module/nvidia_vgpu_vfio/initstate" live
	failing apply "$gpu"
	verdict run-failed "the last run failed: cannot configure vGPUs on the GPU: NV_ERR_NOT_SUPPORTED 0x56: Call not supported; this driver cannot host vGPUs: it is a guest's, or lacks the vGPU manager"
}

@test "explain: stl88083365/unraid-nvidia-vgpu-driver#9: after an update of the system the module is not loaded" {
	new_world 535.104.05 --no-vfio
	verdict not-a-host "$no_host"
}

@test "explain: VGPU-Community-Drivers/vGPU-Unlock-patcher#1: two of three consumer cards have types" {
	catalog Nvidia/Pascal Nvidia/Turing
	new_world 535.104.05 "$gpu=10de:1b06:1043:85e4" 0000:17:00.0=10de:1e07:1043:8666,virt=0,unlisted 0000:b3:00.0=10de:1f08:1043:86b6,broken=0x1a
	run program apply --all
	verdict there 'all 9 types are there'
	run -0 program explain 17:00.0 b3:00.0
	[[ ${output} == *'0000:17:00.0: there: all '* ]]
	[[ ${output} == *'0000:b3:00.0: run-failed: the last run failed: cannot open /dev/nvidia2: NV_ERR_INSUFFICIENT_RESOURCES'* ]]
}

@test "explain: DualCoder/vgpu_unlock#9: a chip that no table has" {
	new_world 535.104.05 "$gpu=10de:1b82:1458:3794"
	verdict no-folder "no folder below $CONFDIR/Nvidia is for 10de:1b82; the closest is 10de:1b38 ($configuration/Nvidia/Pascal/devices.yaml:1:3)"
}

@test "explain: DualCoder/vgpu_unlock#10: a 3090 stays one, and the services exit 0" {
	catalog Nvidia/Ampere
	new_world 535.104.05 "$gpu=10de:2204:1043:87b3" --plain --no-vfio
	verdict not-a-host "$no_host"
}

@test "explain: NVIDIA/nvidia-installer#15: 'supported only on VGX capable boards' stands in one log only" {
	catalog Nvidia/Turing
	new_world 550.90.07 "$gpu=10de:1e07:1043:8666,virt=0,unlisted"
	run -0 program apply "$gpu"
	[[ $output == *"virtualization mode 0, not 3"* ]]
	verdict there 'all 8 types are there'
}

@test "explain: NVIDIA/nvidia-installer#15, where no type is taken: the mode is the cause, and no full list" {
	new_world 550.90.07 "$P40,virt=0"
	simulate inject 'control:0xa0810101=status:0x56'
	failing apply "$gpu"
	verdict run-failed "the last run failed: cannot register nvidia-60001: NV_ERR_NOT_SUPPORTED 0x56: Call not supported; the GPU's \
virtualization mode is not that of a vGPU host"
}

@test "explain: mdevctl/mdevctl#59: a V100S offers types of 8 GB only" {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1df6'
	put "$configuration/$own" <<-'END'
		gpus:
		- mdevConfigs:
		  - {num: 60008, name: 8 GB, maxInstances: 4, fbLen: 7616, fbRes: 576}
		  - {num: 60016, name: 16 GB, maxInstances: 2, fbLen: 15296, fbRes: 1088}
		  - {num: 60032, name: 32 GB, maxInstances: 1, fbLen: 30656, fbRes: 2112}
	END
	new_world 535.104.05 "$gpu=10de:1df6:10de:13d6,fb=32768"
	program apply "$gpu"
	simulate vgpus "$gpu" 1
	verdict there 'all 3 types are there'
	[ "$(seen 'in use')" = 'note 1 vGPU; beside it only nvidia-60008 can be created (1 of 3 types)
nvidia-60008: 00006500-0000-4000-8000-000000000000' ]
	[ "$(advice 'in use')" = 'many GPUs hold vGPUs of one size only: remove those to have others' ]
}

@test "explain: harvester/harvester#6973: a T4 has no virtual functions, and types all the same" {
	catalog Nvidia/Turing
	new_world 535.104.05 "$gpu=10de:1eb8:10de:12a2,fb=16384"
	program apply "$gpu"
	verdict there 'all 8 types are there'
}

@test "explain: harvester/harvester#5773: a clearer word where no GPU is eligible" {
	new_world 535.104.05 0000:65:00.1=10de:10f0:10de:11d9,class=0403
	expect 0 'there is no GPU (PCI class 03)' '' program explain
}

@test "explain: NVIDIA/gpu-operator#591: '/sys/bus/mdev/devices: no such file' is a driver that is not loaded" {
	new_world 535.104.05
	simulate unload
	verdict no-driver 'no driver is bound: nvidia is not installed for this kernel'
}

## Other ways to share

@test "explain: kubevirt/kubevirt#17642: L40S, no mdev bus" {
	catalog Nvidia/Ada
	new_world 550.90.07 "$gpu=10de:26b9:10de:1851,vfs=4"
	verdict no-types "$configuration/Nvidia/Ada/Open_vAda.yaml defines no types: Ada Lovelace: mediated devices with driver 535 on older kernels only"
	[ "$(advice configuration)" = 'the README.md beside it says what is to be done instead' ]
}

@test "explain: NVIDIA/vgpu-device-manager#195: 'no parent devices found' on a driver with VFIO of its own" {
	ampere_world 570.86.15 vfs=4 --vendor-vfio
	program apply "$gpu"
	verdict vendor-vfio "vGPUs are made through the vendor's own VFIO files here, not through mdev"
}

@test "explain: kernel/hypeman#327: an empty table of creatable types, when the GPU is used up" {
	ampere_world 570.86.15 vfs=4 --vendor-vfio
	program apply "$gpu"
	simulate vgpus "$gpu" 2 2
	[ "$(tail -n +2 "$world/sys/bus/pci/devices/$gpu/virtfn3/nvidia/creatable_vgpu_types")" = "" ]
	verdict vendor-vfio "vGPUs are made through the vendor's own VFIO files here, not through mdev"
	[ "$(seen types)" = 'note nvidia-60001 is not in creatable_vgpu_types, which only lists what has room' ]
	[ "$(seen 'in use')" = 'fine 2 vGPUs' ]
}

@test "explain: cozystack/cozystack#2608: Blackwell has no mdev" {
	catalog Nvidia/Blackwell
	new_world 580.95.05 "$gpu=10de:2bb5:10de:204e,vfs=4"
	verdict no-types "$configuration/Nvidia/Blackwell/Open_vBlackwell.yaml defines no types: Blackwell: no mediated devices"
}

@test "explain: NVIDIA/cloud-native-docs#76: a GPU that wants GSP, 'no parent devices found for GPU at index 1'" {
	catalog Nvidia/Hopper
	new_world 550.90.07 "$gpu=10de:2331:10de:1626,vfs=4"
	verdict no-types "$configuration/Nvidia/Hopper/Open_vHopper.yaml defines no types: Hopper: mediated devices with driver 535 on older kernels only"
}

## Releases and files

@test "explain: mbilker/vgpu_unlock-rs#26: another size of parameters with every release" {
	new_world 999.1.1 --like=595.45.04
	verdict release-unknown 'NVIDIA driver 999.1.1 is not known, nothing was sent to it; the nearest known release is 610.57.04 (--driver-abi VERSION insists on it)'
}

@test "explain: anomixer/proxmox-vgpu-installer#29: a P100 that driver 595 no longer takes" {
	new_world 595.45.04 "$gpu=10de:15f8:10de:118f,driver=none"
	verdict no-driver 'no driver is bound, though nvidia is loaded: it refused the GPU, or somebody unbound it'
}

@test "explain: mbilker/vgpu_unlock-rs#27: 'invalid type: string, expected u64'" {
	new_world 535.104.05
	put "$configuration/$own" < <(type 'encCap: "full"')
	verdict refused "$configuration/$own:7:13: gpus[0].mdevConfigs[0].encCap: \"full\" is a text; a number stands without quotes"
}

## Intel

@test "explain: intel/gvt-linux#32: mdev_supported_types is missing, enable_gvt is not set" {
	intel_world 5912
	put "$world/sys/module/i915/parameters/enable_gvt" N
	verdict sharing-off 'GVT-g is off: i915 was not loaded with enable_gvt=1' "$igpu"
}

@test "explain: intel/gvt-linux#77: kvmgt says 'No such device'" {
	intel_world 5912
	rm -r "$world/sys/module/kvmgt"
	verdict not-a-host 'module kvmgt is not installed for this kernel: this kernel is built without GVT-g (CONFIG_DRM_I915_GVT_KVMGT), or the package with it is missing' "$igpu"
}

@test "explain: intel/gvt-linux#141: a GPU that has no GVT-g" {
	intel_world 8a52
	verdict cannot-share 'Ice Lake (8086:8a52) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake' "$igpu"
}

@test "explain: intel/gvt-linux#181: another kernel was booted" {
	intel_world 1912
	rm "$world/sys/module/i915/parameters/enable_gvt"
	verdict sharing-off "this kernel's i915 is built without GVT-g" "$igpu"
}

@test "explain: intel/gvt-linux#220: GuC submission is on" {
	intel_world 3e92
	put "$world/sys/module/i915/parameters/enable_guc" 3
	verdict sharing-off 'GVT-g does not work with GuC submission: i915 was loaded with enable_guc=1 or 3' "$igpu"
}

@test "explain: intel/gvt-linux#172: 'no space left on device' with the first vGPU, the desktop has the aperture" {
	intel_world 5917
	gvt_types i915-GVTg_V5_8 i915-GVTg_V5_4
	put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_4/available_instances" 0
	verdict there 'all 2 types are there' "$igpu"
	[ "$(seen 'in use' "$igpu")" = 'note 0 vGPUs; only i915-GVTg_V5_8 can be created (1 of 2 types)' ]
	put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_8/available_instances" 0
	verdict taken 'the types are there, but none has room, although there is no vGPU' "$igpu"
	[[ "$(advice 'in use' "$igpu")" == "something else holds the GPU's memory: the host's own desktop does, "* ]]
}

@test "explain: intel/gvt-linux#122: 'no space left on device' with a second vGPU" {
	intel_world 3e98
	gvt_types i915-GVTg_V5_8 i915-GVTg_V5_4
	mkdir -p "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_4/devices/one"
	put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_4/available_instances" 0
	put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_8/available_instances" 0
	verdict taken 'the types are there, but no further vGPU fits beside the 1 vGPU' "$igpu"
}

@test "explain: intel/gvt-linux#75: only two types, and the larger ones are wanted" {
	put "$configuration/generate-vgpu-types.yaml" 'gpus: [{filteredGpus: [{vendorId: 0x8086}], expectTypes: [i915-GVTg_V5_4, i915-GVTg_V5_2]}]'
	intel_world 3e92
	gvt_types i915-GVTg_V5_8 i915-GVTg_V5_4
	printf '0x%016x 0x%016x 0x%016x\n' 0xde000000 0xdeffffff 0x140204 0 0 0 \
		0x4000000000 $((0x4000000000 + 256 * 1048576 - 1)) 0x14220c >"$world/sys/bus/pci/devices/$igpu/resource"
	failing apply "$igpu"
	verdict run-failed "the last run failed: i915-GVTg_V5_2 is expected, but the driver does not show it: it needs an aperture of \
512 MiB, the GPU's is 256 MiB; the firmware's setup may offer more" "$igpu"
}

@test "explain: strongtz/i915-sriov-dkms#214: Gemini Lake, and virtual functions are wanted of it" {
	intel_world 3185
	verdict cannot-share 'Gemini Lake (8086:3185) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake' "$igpu"
	[ "$(advice GVT-g "$igpu")" = 'it can only be given away whole (vfio-pci); SR-IOV takes over from Alder Lake on' ]
}

@test "explain: strongtz/i915-sriov-dkms#172, #303: Alder Lake whose functions are not switched on" {
	local id
	for id in 4692 46a3; do
		intel_world "$id"
		put "$world/sys/bus/pci/devices/$igpu/sriov_totalvfs" 7
		verdict cannot-share "Alder Lake (8086:$id) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake" "$igpu"
		[ "$(advice GVT-g "$igpu")" = 'it shares itself through SR-IOV instead: up to 7 virtual functions, under an i915 or xe driver that has it (sriov_numvfs)' ]
		rm -r "$world"
	done
}

@test "explain: strongtz/i915-sriov-dkms#351: Coffee Lake has GVT-g, and no virtual functions" {
	intel_world 3e98
	put "$world/sys/module/i915/parameters/enable_gvt" N
	verdict sharing-off 'GVT-g is off: i915 was not loaded with enable_gvt=1' "$igpu"
}

@test "explain: NVIDIA/gpu-operator#2594: an H200 on 580, where nothing of mdev is left" {
	catalog Nvidia/Hopper
	new_world 580.159.01 --like=580.95.05 "$gpu=10de:2335:10de:18be,vfs=4" --vendor-vfio
	verdict vendor-vfio "vGPUs are made through the vendor's own VFIO files here, not through mdev"
	rm "$world/sys/bus/pci/devices/$gpu"/virtfn*
	numvfs 0
	verdict sriov-off 'types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of 16)'
}

@test "explain: kubevirt/kubevirt#5211: types of Intel's have no name, and are there" {
	intel_world 5912
	gvt_types i915-GVTg_V5_8 i915-GVTg_V5_4
	verdict there 'all 2 types are there' "$igpu"
}
