#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Why a GPU has no types: one verdict, and what was looked at. Every verdict is here at least once.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers
load explain

setup() {
	explain_setup
}

A40=$gpu=10de:2235:10de:145a,fb=49152

## It is there

@test "explain: all types are there" {
	new_world 535.104.05
	program apply "$gpu"
	verdict there 'the type is there'
	[ "$(seen types)" = 'fine 1 of 1 are in sysfs' ]
	[ "$(seen 'in use')" = 'fine 0 vGPUs' ]
	[[ "$(seen 'last run')" == 'fine done: 1 type registered, 0 unchanged'$'\n''at '*', by command, driver 535.104.05' ]]
}

@test "explain: what matters at the next run only is no cause" {
	new_world 535.104.05
	program apply "$gpu"
	rm "$root$UDEVRULESDIR/90-mdev-gpu.rules"
	rm "$state_folder/$gpu.yaml"
	verdict there 'the type is there'
	[ "$(seen rule)" = "note udev has no rule $UDEVRULESDIR/90-mdev-gpu.rules: nothing runs by itself" ]
}

@test "explain: the types are there, and all are taken" {
	new_world 535.104.05
	program apply "$gpu"
	simulate vgpus "$gpu" 2
	verdict taken 'the types are there, but no further vGPU fits beside the 2 vGPUs'
	[ "$(advice 'in use')" = 'see whose they are, and remove what nobody uses' ]
	[ "$(commands 'in use')" = 'mdevctl list' ]
	[ "$(seen 'in use' | sed 1d | sort)" = "$(find "$world/sys/bus/mdev/devices" -mindepth 1 -printf 'nvidia-60001: %f\n' | sort)" ]
	[ "$(seen 'in use' | wc -l)" -eq 3 ]
}

@test "explain: a vGPU beside which every type has room is no remark; types without room and without a vGPU are" {
	local types
	new_world 535.104.05
	put "$configuration/$own" < <(types 2)
	program apply "$gpu"
	types=$world/sys/bus/pci/devices/$gpu/mdev_supported_types
	simulate vgpus "$gpu" 0 1
	put "$types/nvidia-60001/available_instances" 1
	put "$types/nvidia-60002/available_instances" 1
	[ "$(seen 'in use' | sed 's/: .*//')" = $'fine 1 vGPU\nnvidia-60001' ]
	put "$types/nvidia-60001/available_instances" 0
	[ "$(seen 'in use' | head -n 1)" = 'note 1 vGPU; beside it only nvidia-60002 can be created (1 of 2 types)' ]
	simulate vgpus "$gpu" 0 0
	put "$types/nvidia-60001/available_instances" 0
	put "$types/nvidia-60002/available_instances" 0
	verdict taken 'the types are there, but none has room, although there is no vGPU'
}

## The device

@test "explain: there is no such device" {
	new_world 535.104.05
	verdict no-device 'there is no such PCI device' 0000:66:00.0
	[ "$(seen device 0000:66:00.0)" = "cause there is no such PCI device
there is $gpu 10de:1b38" ]
	expect 2 "" "mdev-gpu: 'card0' is neither a PCI address (0000:65:00.0) nor a path below /sys; try --help" \
		program explain card0
}

@test "explain: another function of the card" {
	new_world 535.104.05 "0000:65:00.1=10de:10f0:10de:11d9,class=0403,driver=snd_hda_intel"
	verdict not-a-gpu 'an audio function (PCI class 0403), not a GPU (03..)' 0000:65:00.1
}

@test "explain: a virtual function" {
	new_world 550.90.07 "$A40,vfs=2"
	verdict virtual-function "a virtual function: its types come from its physical function $gpu" 0000:65:00.4
	[ "$(commands function 0000:65:00.4)" = "mdev-gpu explain $gpu" ]
}

@test "explain: of what is no GPU the other functions of a card are told apart, and nothing more is said" {
	local class name
	while read -r class name; do
		new_world 535.104.05 "$P40" "0000:65:00.1=10de:10f0:10de:11d9,class=$class,driver=none"
		verdict not-a-gpu "$name (PCI class $class), not a GPU (03..)" 0000:65:00.1
		[ "$(links 0000:65:00.1)" = "device function" ]
		rm -r "$world"
	done <<-'END'
		0403 an audio function
		0c03 a USB controller
		0680 a bridge or a switch
		0604 a bridge or a switch
		0200 something else
	END
	new_world 550.90.07 "$A40,vfs=2"
	[ "$(links 0000:65:00.4)" = "device function" ]
}

## Its driver

@test "explain: no driver is bound" {
	new_world 535.104.05 "$P40,driver=none"
	verdict no-driver 'no driver is bound, though nvidia is loaded: it refused the GPU, or somebody unbound it'
	[ "$(commands driver)" = "dmesg | grep -i nvidia
echo $gpu >/sys/bus/pci/drivers/nvidia/bind" ]
	simulate unload
	verdict no-driver 'no driver is bound: nvidia is not installed for this kernel'
	[ "$(advice driver)" = "install NVIDIA's vGPU host driver (vgpu-kvm)" ]
	[ "$(commands driver)" = '' ]
}

@test "explain: no driver, and none that could help" {
	new_world 535.104.05 0000:03:00.0=1002:7300:1002:0b36,class=0300,driver=none
	verdict no-driver "no driver is bound, and mdev-gpu has no backend for this vendor's GPUs" 0000:03:00.0
}

@test "explain: the GPU is passed through" {
	local driver
	for driver in vfio-pci pci-stub nvgrace-gpu-vfio-pci; do
		new_world 535.104.05 "$P40,driver=$driver"
		verdict passed-through "$driver has it: the whole GPU is set aside for a VM, so it has no vGPUs"
		rm -r "$world"
	done
	new_world 535.104.05 "$P40,driver=vfio-pci"
	put "$world/sys/bus/pci/devices/$gpu/driver_override" vfio-pci
	[ "$(seen driver)" = 'cause vfio-pci has it: the whole GPU is set aside for a VM, so it has no vGPUs
its driver_override says vfio-pci' ]
}

@test "explain: a driver that makes no vGPUs" {
	new_world 535.104.05 "$P40,driver=nouveau"
	verdict other-driver 'nouveau has it, which makes no vGPUs; nvidia does'
	[ "$(advice driver)" = "install NVIDIA's vGPU host driver (vgpu-kvm), and have it take this GPU from nouveau (driver_override)" ]
	put "$world/sys/bus/pci/devices/$gpu/boot_vga" 1
	[ "$(advice driver)" = "nothing, while it is this host's display, which would go: NVIDIA's vGPU host driver (vgpu-kvm) needs another GPU \
for its vGPUs" ]
	[ "$(commands driver)" = '' ]
}

@test "explain: an override that was left behind" {
	new_world 535.104.05 "$P40,driver=none"
	put "$world/sys/bus/pci/devices/$gpu/driver_override" vfio-pci
	verdict no-driver 'no driver is bound: its driver_override keeps it for vfio-pci'
	[ "$(commands driver)" = "echo >/sys/bus/pci/devices/$gpu/driver_override
echo $gpu >/sys/bus/pci/drivers/nvidia/bind" ]
	simulate unload
	[ "$(commands driver)" = "echo >/sys/bus/pci/devices/$gpu/driver_override
modprobe nvidia" ]
	put "$world/sys/bus/pci/devices/$gpu/driver_override" nvidia
	verdict no-driver 'no driver is bound: nvidia is not installed for this kernel'
}

@test "explain: a driver without a backend" {
	new_world 535.104.05 0000:03:00.0=1002:7300:1002:0b36,class=0300,driver=amdgpu
	verdict other-driver 'amdgpu has it, which mdev-gpu has no backend for' 0000:03:00.0
}

@test "explain: a release that is not known; the configuration is judged all the same" {
	new_world 999.1.1 --like=595.45.04
	verdict release-unknown 'NVIDIA driver 999.1.1 is not known, nothing was sent to it; the nearest known release is 610.57.04 (--driver-abi VERSION insists on it)'
	[ "$(seen configuration)" = "fine 1 type for it
$configuration/$own" ]
}

@test "explain: a driver package that cannot host vGPUs" {
	new_world 535.104.05 --no-vfio
	verdict not-a-host 'module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs'
	[ "$(advice module)" = "install NVIDIA's vGPU host driver (vgpu-kvm)" ]
}

@test "explain: a desktop driver, of a release that is not known" {
	new_world 999.1.1 --like=595.45.04 --no-vfio
	verdict not-a-host 'module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs'
}

@test "explain: a node that is missing and must not be made" {
	new_world 535.104.05 --modify-device-files=0
	verdict node "/dev/nvidiactl is missing, and the driver's parameters forbid to make it (ModifyDeviceFiles: 0)"
	simulate node nvidiactl 195:255
	verdict node "/dev/nvidia0 is missing, and the driver's parameters forbid to make it (ModifyDeviceFiles: 0)"
	[ "$(commands node)" = 'mknod /dev/nvidia0 c 195 0' ]
	simulate node nvidia0 195:0
	[ "$(seen node)" = 'fine /dev/nvidiactl and /dev/nvidia0' ]
}

@test "explain: a GPU whose minor the driver does not tell has one node to look at" {
	local information
	new_world 535.104.05 --nodes
	information=$world/proc/driver/nvidia/gpus/$gpu/information
	[ "$(seen node)" = 'fine /dev/nvidiactl and /dev/nvidia0' ]
	sed -i '/Device Minor/d' "$information"
	[ "$(seen node)" = 'fine /dev/nvidiactl' ]
	rm "$information"
	[ "$(seen node)" = 'fine /dev/nvidiactl' ]
}

@test "explain: something else in a node's place" {
	new_world 535.104.05
	simulate node nvidiactl 195:254
	verdict node "/dev/nvidiactl is something else than the driver's node"
}

@test "explain: a driver that has no character device" {
	new_world 535.104.05
	put "$world/proc/devices" $'Character devices:\n  1 mem\n\nBlock devices:'
	verdict node 'the driver has no character device in /proc/devices'
}

## Its configuration

@test "explain: no folder fits, and which comes closest" {
	put "$configuration/Nvidia/Turing/devices.yaml" $'- 10de:1e02-1e2f\n- 10de:1e78:10de:13d9\n- 8086:1e31'
	new_world 535.104.05 "$gpu=10de:1e30:10de:12ba"
	verdict no-folder "no folder below $CONFDIR/Nvidia is for 10de:1e30; the closest is 10de:1e02-1e2f ($configuration/Nvidia/Turing/devices.yaml:1:3)"
	[ "$(advice configuration)" = 'add - 10de:1e30 to the devices.yaml of a folder that suits it' ]
	rm -r "$world"
	new_world 535.104.05 "$gpu=10de:1e78:10de:13d8"
	verdict no-folder "no folder below $CONFDIR/Nvidia is for 10de:1e78; the closest is 10de:1e78:10de:13d9 ($configuration/Nvidia/Turing/devices.yaml:2:3)"
	rm -r "$configuration/Nvidia"
	verdict no-folder "no folder below $CONFDIR/Nvidia is for 10de:1e78"
}

@test "explain: filtered out, by the key of the filter that comes closest" {
	new_world 535.104.05
	put "$configuration/$own" < <(section 60001 'filteredGpus: [{vendorId: 0x10de, bus: 3, slot: 1}, {vendorId: 0x10de, deviceId: 0x1b39}, {bus: 1}]')
	verdict filtered-out "$configuration/$own:3:84: leaves the GPU out: deviceId is 0x1b39, the GPU's is 0x1b38"
}

@test "explain: the administrator's own file leaves the GPU out" {
	local other=$configuration/generate-vgpu-types.yaml
	new_world 535.104.05
	put "$other" < <(section 60009 'filteredGpus: [{vendorId: 0x10de, deviceId: 0x1b39}]')
	program apply "$gpu"
	verdict there 'the type is there'
	[ "$(seen configuration)" = "fine 1 type for it
$configuration/$own
$other:3:47: leaves the GPU out: deviceId is 0x1b39, the GPU's is 0x1b38" ]
	put "$configuration/$own" 'gpus: [{mdevConfigs: []}]'
	verdict no-types "$configuration/$own defines no types"
	[ "$(seen configuration | tail -n 1)" = "$other:3:47: leaves the GPU out: deviceId is 0x1b39, the GPU's is 0x1b38" ]
	rm -r "$configuration/Nvidia"
	verdict filtered-out "$other:3:47: leaves the GPU out: deviceId is 0x1b39, the GPU's is 0x1b38"
	put "$other" < <(section 60009 'filteredGpus: [{vendorId: 0x10de}]')
	[ "$(seen configuration)" = "fine 1 type for it
$other" ]
}

@test "explain: masked" {
	new_world 535.104.05
	ln -sf /dev/null "$configuration/$own"
	verdict no-types "$configuration/$own is masked: a link to /dev/null"
	[ "$(advice configuration)" = 'remove the link and put the file back, if types are wanted' ]
	rm "$configuration/$own"
	: >"$configuration/$own"
	verdict no-types "$configuration/$own is masked: an empty file"
	[ "$(advice configuration)" = 'put the file back, if types are wanted' ]
	# no mask, and no types
	put "$configuration/$own" '# later'
	verdict no-types "$configuration/$own defines no types"
}

@test "explain: no types, and no profile" {
	new_world 535.104.05
	put "$configuration/$own" 'gpus: [{mdevConfigs: []}]'
	verdict no-types "$configuration/$own defines no types"
	rm "$configuration/$own"
	verdict no-types "$CONFDIR/Nvidia/Pascal is for the GPU and holds no profile"
}

@test "explain: a mistake in the configuration, with its place, and the other ones below" {
	new_world 535.104.05
	put "$configuration/$own" < <(section 60001 'discard: true' 'filtered: 1')
	verdict refused "$configuration/$own:3:3: gpus[0].discard: unknown key"
	[ "$(seen configuration)" = "cause $configuration/$own:3:3: gpus[0].discard: unknown key
$configuration/$own:4:3: gpus[0].filtered: unknown key" ]
}

@test "explain: of many mistakes the first ones, and how many more" {
	local i
	new_world 535.104.05
	put "$configuration/$own" < <(section 60001; for ((i = 0; i < 40; i++)); do echo "  key$i: 1"; done)
	verdict refused "$configuration/$own:3:3: gpus[0].key0: unknown key"
	[ "$(seen configuration | wc -l)" -eq 7 ]
	[ "$(seen configuration | tail -n 2)" = "$configuration/$own:8:3: gpus[0].key5: unknown key
and 34 more" ]
}

@test "explain: a mistake is told once, as apply tells it, wherever it is used" {
	new_world 535.104.05
	put "$configuration/$own" <<-'END'
		gpus:
		- mdevConfigs:
		  - &one {num: 60001, maxInstances: 0, fbLen: 896, fbRes: 128}
		  - {<<: *one, num: 60002}
		  - {<<: *one, num: 60003}
	END
	run -3 --separate-stderr program apply "$gpu"
	[ "${#stderr_lines[@]}" -eq 2 ]
	verdict refused "${stderr_lines[0]#mdev-gpu: }"
	[ "$(seen configuration | wc -l)" -eq 1 ]
}

@test "explain: a file that automatic runs refuse" {
	new_world 535.104.05
	chmod 0666 "$configuration/$own"
	verdict untrusted "$configuration/$own: can be written by others than root"
}

@test "explain: who may not read the configuration is told that nothing else was found, and to ask as root" {
	new_world 535.104.05
	chmod 0 "$configuration/$own"
	chmod o+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	run -0 setpriv --reuid=65534 --regid=65534 --clear-groups "$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" explain "$gpu"
	echo "$output"
	[ "${lines[0]}" = "$gpu: unknown: the configuration cannot be read: Permission denied" ]
	advised
	grep -qx ' *-> ask as root' <<<"$output"
}

## Where types show

@test "explain: SR-IOV is off" {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:2235'
	new_world 550.90.07 "$A40,vfs=4"
	program apply "$gpu"
	echo 0 >"$world/sys/bus/pci/devices/$gpu/sriov_numvfs"
	verdict sriov-off 'types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of 16)'
	# what follows from a cause is none
	[ "$(seen types)" = 'note nvidia-60001 was registered, but sysfs does not show it' ]
}

@test "explain: SR-IOV is off, whatever is configured" {
	catalog Nvidia/Ada
	new_world 550.90.07 "$gpu=10de:26b9:10de:1851,vfs=4"
	echo 0 >"$world/sys/bus/pci/devices/$gpu/sriov_numvfs"
	verdict sriov-off 'types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of 16)'
	put "$configuration/Nvidia/Ada/Open_vAda.yaml" < <(section 60001)
	verdict sriov-off 'types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of 16)'
}

@test "explain: a GPU that needs virtual functions and has none" {
	local id
	put "$configuration/Nvidia/Pascal/devices.yaml" $'- 10de:2000-2fff\n- 10de:1b38'
	for id in 2080 217f 2200 2235 26b5; do
		new_world 535.104.05 "$gpu=10de:$id:10de:1467,fb=24576"
		rm -rf "$world/sys/bus/pci/devices/$gpu"/{mdev_supported_types,sriov_*vfs}
		verdict no-functions 'types of this generation show on virtual functions only, and it has none to switch on (no sriov_totalvfs)'
		rm -r "$world"
	done
	# what is older, and Turing's last chips, among Ampere's numbers
	for id in 207f 2180 2187 21ff; do
		new_world 535.104.05 "$gpu=10de:$id:10de:1467,fb=24576"
		verdict not-run 'no run since the driver bound to it'
		rm -r "$world"
	done
}

@test "explain: types registered before there were virtual functions, which nobody has seen, nobody has discarded" {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:2235'
	new_world 550.90.07 "$A40,vfs=4"
	echo 0 >"$world/sys/bus/pci/devices/$gpu/sriov_numvfs"
	program apply "$gpu"
	echo 4 >"$world/sys/bus/pci/devices/$gpu/sriov_numvfs"
	rm -rf "$world"/sys/bus/pci/devices/*/mdev_supported_types
	verdict hidden 'nvidia-60001 was registered, but sysfs does not show it'
}

@test "explain: virtual functions without the driver" {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:2235'
	new_world 550.90.07 "$A40,vfs=4"
	[ "$(seen SR-IOV)" = 'fine 4 virtual functions of 16' ]
	rm "$world/sys/bus/pci/devices/0000:65:00.4/driver"
	[ "$(seen SR-IOV)" = 'note 4 virtual functions of 16
nvidia has 3 of them: the others show no types' ]
	verdict not-run 'no run since the driver bound to it'
	rm "$world/sys/bus/pci/devices/0000:65:00."[5-7]/driver
	verdict vfs-elsewhere '4 virtual functions are there, but no driver has the first one, not nvidia'
}

@test "explain: the vendor's own VFIO instead of mdev" {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:2235'
	new_world 550.90.07 "$A40,vfs=4" --vendor-vfio
	program apply "$gpu"
	verdict vendor-vfio "vGPUs are made through the vendor's own VFIO files here, not through mdev"
	rm -r "$configuration/Nvidia"
	verdict vendor-vfio "vGPUs are made through the vendor's own VFIO files here, not through mdev"
	[ "$(seen configuration)" = "note no folder below $CONFDIR/Nvidia is for 10de:2235" ]
	[ "$(advice world)" = 'write a number of this list to current_vgpu_type beside it; each virtfn takes one' ]
	[ "$(commands world)" = "cat /sys/bus/pci/devices/$gpu/virtfn0/nvidia/creatable_vgpu_types" ]
	[ -w "$world/sys/bus/pci/devices/$gpu/virtfn0/nvidia/current_vgpu_type" ]
}

## Runs

@test "explain: no run since the driver bound" {
	new_world 535.104.05
	verdict not-run 'no run since the driver bound to it'
	[ "$(commands 'last run')" = "mdev-gpu apply $gpu" ]
}

@test "explain: a run is on its way" {
	new_world 535.104.05
	mkdir -p "$state_folder"
	touch "$state_folder/$gpu.lock"
	# not verdict: a lock is no change
	exec 9<"$state_folder/$gpu.lock"
	flock 9
	verdict running 'a run is on its way'
	exec 9<&-
	verdict not-run 'no run since the driver bound to it'
	failing apply -c /none "$gpu"
	sed -i 's/^result: .*/result: "running"/' "$state_folder/$gpu.yaml"
	verdict run-failed 'the last run was killed before it ended'
	echo 'ended: "the driver does not come back"' >>"$state_folder/$gpu.yaml"
	verdict run-failed 'the last run failed: the driver does not come back'
}

@test "explain: switched off on the kernel's command line" {
	new_world 535.104.05
	put "$world/proc/cmdline" 'BOOT_IMAGE=/vmlinuz mdev_gpu=offline quiet'
	verdict not-run 'no run since the driver bound to it'
	put "$world/proc/cmdline" 'BOOT_IMAGE=/vmlinuz quiet mdev_gpu=off'
	verdict switched-off "mdev_gpu=off on the kernel's command line: nothing runs by itself"
	failing apply -c /none "$gpu"
	[ "$(seen kernel)" = "note mdev_gpu=off on the kernel's command line: nothing runs by itself" ]
}

@test "explain: the rule is not installed" {
	new_world 535.104.05
	rm "$root$UDEVRULESDIR/90-mdev-gpu.rules"
	verdict rule-missing "udev has no rule $UDEVRULESDIR/90-mdev-gpu.rules: nothing runs by itself"
}

@test "explain: the rule is masked" {
	new_world 535.104.05
	mkdir -p "$root/etc/udev/rules.d"
	ln -s /dev/null "$root/etc/udev/rules.d/90-mdev-gpu.rules"
	verdict rule-masked "$root/etc/udev/rules.d/90-mdev-gpu.rules is masked: a link to /dev/null"
	[ "$(advice rule)" = 'remove the link, and tell udev' ]
	[ "$(commands rule)" = "rm $root/etc/udev/rules.d/90-mdev-gpu.rules
udevadm control --reload
udevadm trigger $(syspath)" ]
	# an empty file is one to udev, too
	rm "$root/etc/udev/rules.d/90-mdev-gpu.rules"
	: >"$root/etc/udev/rules.d/90-mdev-gpu.rules"
	verdict rule-masked "$root/etc/udev/rules.d/90-mdev-gpu.rules is masked: an empty file"
	[ "$(advice rule)" = 'remove the file, and tell udev' ]
	[ "$(commands rule)" = "rm $root/etc/udev/rules.d/90-mdev-gpu.rules
udevadm control --reload
udevadm trigger $(syspath)" ]
	# one of an administrator's own is not ours to judge
	ln -sf "${RULES:?}" "$root/etc/udev/rules.d/90-mdev-gpu.rules"
	verdict not-run 'no run since the driver bound to it'
}

@test "explain: the GPU is its unit's" {
	local wants=$root/etc/systemd/system/sys-subsystem-pci-devices-$gpu.device.wants
	new_world 535.104.05
	[ "$(seen rule)" = "fine $root$UDEVRULESDIR/90-mdev-gpu.rules" ]
	mkdir -p "$wants"
	ln -s /nowhere/mdev-gpu@.service "$wants/mdev-gpu@$gpu.service"
	[ "$(seen rule)" = "fine $root$UDEVRULESDIR/90-mdev-gpu.rules
it leaves the GPU to mdev-gpu@$gpu.service" ]
}

@test "explain: mdevctl's rule runs a program that is not there" {
	local rules=$root/usr/local/lib/udev/rules.d/60-mdevctl.rules
	new_world 535.104.05
	[ "$(seen mdevctl 2>/dev/null)" = '' ]
	put "$rules" <<-'END'
		# RUN+="/usr/nowhere/commented"
		ACTION=="add", TEST=="mdev_supported_types", RUN+="/usr/sbin/nowhere start-parent-mdevs %k"
	END
	verdict not-run 'no run since the driver bound to it'
	[ "$(seen mdevctl)" = "note $rules runs /usr/sbin/nowhere, which is not there: vGPUs of mdevctl define --auto do not start" ]
	# shellcheck disable=SC2016 # pasted as it is
	[ "$(commands mdevctl)" = 'ln -s "$(command -v nowhere)" /usr/sbin/nowhere' ]
	put "$rules" "RUN+=\"/bin/sh -c '/usr/sbin/nowhere start-parent-mdevs %k 2>&1 | logger -t mdevctl'\""
	[[ "$(seen mdevctl)" == note*' runs /usr/sbin/nowhere, '* ]]
	put "$rules" "RUN+=\"/bin/sh -c 'echo start-parent-mdevs %k >/dev/null'\""
	[ "$(seen mdevctl 2>/dev/null)" = '' ]
}

@test "explain: a run of another boot, or of another release, tells nothing" {
	new_world 535.104.05
	failing apply -c /none "$gpu"
	sed -i 's/^boot: .*/boot: "1b0f5e0c-0000-4000-8000-000000000000"/' "$state_folder/$gpu.yaml"
	verdict stale-run 'the last run was before the system or the driver was started anew'
	program apply "$gpu"
	simulate reload
	sed -i 's/^version: .*/version: "535.54.06"/' "$state_folder/$gpu.yaml"
	verdict stale-run 'the last run was before the system or the driver was started anew'
}

@test "explain: a run that knew another configuration" {
	new_world 535.104.05
	program apply "$gpu"
	put "$configuration/two.yaml" < <(section 60002)
	mv "$configuration/two.yaml" "$configuration/Nvidia/Pascal"
	verdict stale-run 'the last run knew another configuration: 1 type registered, 0 unchanged'
	failing apply -c /none "$gpu"
	verdict stale-run 'the last run knew another configuration: /none: No such file or directory'
	[ "$(commands 'last run')" = "mdev-gpu apply $gpu" ]
}

@test "explain: a record that is not whole is no run, and no reason to end" {
	new_world 535.104.05
	program apply "$gpu"
	simulate reload
	sed -i '/^message:/d' "$state_folder/$gpu.yaml"
	verdict not-run 'no run is known of: its record cannot be read: it is damaged'
	[ "$(commands 'last run')" = "mdev-gpu apply $gpu" ]
	program apply "$gpu"
	: >"$state_folder/$gpu.yaml"
	verdict there 'the type is there'
	[ "$(seen 'last run')" = 'note its record cannot be read: it is damaged' ]
}

@test "explain: a run that failed is worth a word where it kept nothing away" {
	new_world 535.104.05
	program apply "$gpu"
	failing apply -c /none "$gpu"
	verdict there 'the type is there'
	[[ "$(seen 'last run')" == 'note refused: /none: No such file or directory'$'\n''at '*', by command, driver 535.104.05' ]]
}

@test "explain: a run by an mdev-gpu that did not know the release" {
	new_world 999.1.1 --like=595.45.04
	failing apply "$gpu"
	# the update that knows it, as far as explain sees one
	rm -r "$world"
	new_world 595.45.04
	verdict stale-run "the last run was by an mdev-gpu that did not know the driver's release: NVIDIA driver 999.1.1 is not \
known, nothing was sent to it; the nearest known release is 610.57.04 (--driver-abi VERSION insists on it)"
	[ "$(commands 'last run')" = "mdev-gpu apply $gpu" ]
}

@test "explain: the last run failed, and how" {
	new_world 535.104.05
	simulate inject 'control:0xa0810101=status:0x56'
	failing apply "$gpu"
	verdict run-failed "the last run failed: cannot register nvidia-60001: NV_ERR_NOT_SUPPORTED 0x56: Call not supported; the GPU's list is full, or this driver cannot host vGPUs on it"
	[ "$(seen types)" = 'note 0 of 1 are in sysfs; nvidia-60001 is not' ]
}

@test "explain: held by VMs" {
	new_world 535.104.05
	put "$BATS_TEST_TMPDIR/other.yaml" < <(section 60009)
	program apply "$gpu" -c "$BATS_TEST_TMPDIR/other.yaml"
	simulate vgpus "$gpu" 1
	failing apply "$gpu"
	verdict in-use 'the last run changed nothing: in use: 1 vGPU runs and 1 exists, so types of others cannot be discarded (nvidia-60009); nothing was sent (discardPrevious: false or -k keeps them)'
}

@test "explain: registered, but not in sysfs" {
	new_world 535.104.05
	put "$configuration/generate-vgpu-types.yaml" < <(types 2)
	program apply "$gpu"
	rm -r "$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-60001"
	verdict hidden 'nvidia-60001 was registered, but sysfs does not show it'
}

@test "explain: registered, seen, and discarded by another program since; what is advised brings them back" {
	new_world 535.104.05
	put "$configuration/generate-vgpu-types.yaml" < <(types 2)
	program apply "$gpu"
	in_world "$RM_LIBDIR/rm-probe" ctl gpu:0 client:0-65-0 set:900:4:discard update free close
	verdict discarded-by-others 'the last run saw nvidia-60001, another program has discarded it since'
	[ "$(commands types)" = "mdev-gpu apply $gpu" ]
	program apply "$gpu"
	verdict there 'all 2 types are there'
	# and a driver's module that came anew shows none of itself
	put "$world/sys/module/nvidia_vgpu_vfio.new/initstate" live
	mv "$world/sys/module/nvidia_vgpu_vfio" "$BATS_TEST_TMPDIR/old"
	mv "$world/sys/module/nvidia_vgpu_vfio.new" "$world/sys/module/nvidia_vgpu_vfio"
	rm -r "$world/sys/bus/pci/devices/$gpu/mdev_supported_types"
	verdict hidden 'nvidia-60001 was registered, but sysfs does not show it'
}

## Intel

@test "explain: GVT-g is off, or cannot be" {
	intel_world 5912
	put "$world/sys/module/i915/parameters/enable_gvt" N
	verdict sharing-off 'GVT-g is off: i915 was not loaded with enable_gvt=1' "$igpu"
	[ "$(advice GVT-g "$igpu")" = "put \"options i915 enable_gvt=1\" into modprobe.d, also in the initial RAM disk, or i915.enable_gvt=1 on the kernel's command line" ]
	rm -r "$world"
	intel_world 9a49
	verdict cannot-share 'Tiger Lake (8086:9a49) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake' "$igpu"
}

@test "explain: a GPU of another driver of Intel's cannot be shared by GVT-g, and nothing below says otherwise" {
	local id name
	while read -r id name; do
		echo "$id"
		new_world 535.104.05 "$igpu=8086:$id,class=0300,driver=xe"
		catalog Intel
		put "$world/sys/bus/pci/devices/$igpu/boot_vga" 1
		put "$world/sys/bus/pci/devices/$igpu/sriov_totalvfs" 7
		verdict cannot-share "$name" "$igpu"
		[ "$(advice driver "$igpu")" = 'it shares itself through SR-IOV instead: up to 7 virtual functions, under an i915 or xe driver that has it (sriov_numvfs)' ]
		run ! grep -E 'kvmgt|GVT_KVMGT|blacklist|devices.yaml' <<<"$output"
		rm -r "$world"
	done <<-'END'
		46a6 Alder Lake (8086:46a6) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake
		7d67 Arrow Lake (8086:7d67) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake
		7d55 Meteor Lake (8086:7d55) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake
		e20b Battlemage (8086:e20b) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake
		fff0 8086:fff0 has no GVT-g: none of the GPUs that xe drives has
	END
}

@test "explain: below a GPU that cannot be shared stands nothing that says how" {
	intel_world 9a49
	rm -r "$world/sys/module/kvmgt"
	verdict cannot-share 'Tiger Lake (8086:9a49) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake' "$igpu"
	[ "$(grep -c '^  [^ ]' <<<"$output")" -eq 3 ]
}

@test "explain: a type that the driver does not show, and why" {
	put "$configuration/generate-vgpu-types.yaml" 'gpus: [{expectTypes: [i915-GVTg_V5_8, i915-GVTg_V5_1]}]'
	intel_world 5912
	gvt_types i915-GVTg_V5_8
	printf '0x%016x 0x%016x 0x%016x\n' 0xde000000 0xdeffffff 0x140204 0 0 0 \
		0x4000000000 $((0x4000000000 + 256 * 1048576 - 1)) 0x14220c >"$world/sys/bus/pci/devices/$igpu/resource"
	put "$state_folder/$igpu.yaml" <<-END
		time: 2026-11-22T08:00:00Z
		by: udev
		boot: "$(</proc/sys/kernel/random/boot_id)"
		driver: i915
		version: "$(uname -r)"
		expected: [i915-GVTg_V5_8, i915-GVTg_V5_1]
		result: done
		message: ""
	END
	verdict not-shown '1 of 2 are in sysfs; i915-GVTg_V5_1 is not' "$igpu"
	[ "$(seen types "$igpu")" = "cause 1 of 2 are in sysfs; i915-GVTg_V5_1 is not
i915-GVTg_V5_1 is missing: it needs an aperture of 1024 MiB, the GPU's is 256 MiB; the firmware's setup may offer more" ]
}

## How it is told

@test "explain: without a name, every GPU; without a GPU, a word" {
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1e30:10de:12ba
	run -0 --separate-stderr program explain
	[ "$(grep -c '^0000:' <<<"$output")" -eq 2 ]
	run -0 program explain --json
	[ "$(read_json '[d["device"] + " " + d["verdict"] for d in it]' <<<"$output")" = "['$gpu not-run', '0000:b3:00.0 no-folder']" ]
	rm -r "$world"
	new_world 535.104.05 0000:65:00.1=10de:10f0:10de:11d9,class=0403
	expect 0 'there is no GPU (PCI class 03)' '' program explain
	expect 0 '[]' '' program explain --json
}

# conforms FILE: says what is not as the schema says
conforms() {
	python3 "$abs_top_srcdir/tests/tools/schema.py" output "$abs_top_srcdir/schema" explain <"$1"
}

@test "explain: --json is as its schema says" {
	local change wrong n=0
	cd "$BATS_TEST_TMPDIR"
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1e30:10de:12ba
	program apply "$gpu"
	program explain --json "$gpu" 0000:b3:00.0 0000:66:00.0 >told.json
	same "" <(conforms told.json) differences
	[ "$(read_json 'sorted({l["state"] for d in it for l in d["chain"]})' <told.json)" = "['cause', 'fine']" ]
	while IFS=$'\t' read -r change wrong; do
		echo "$change: $wrong"
		[ "$wrong" != "" ]
		n=$((n + 1))
	done < <(python3 "$abs_top_srcdir/tests/tools/schema.py" changes "$abs_top_srcdir/schema" explain told.json <<-'END'
		it[0]["verdict"] = "fine"
		it[0]["text"] = ""
		del it[0]["chain"]
		it[2]["chain"] = []
		it[0]["chain"][0]["link"] = "gpu"
		it[0]["chain"][0]["state"] = "good"
		it[0]["chain"][0]["cause"] = "there"
		it[0]["chain"][0]["more"] = "text"
		del it[2]["chain"][0]["cause"]
		it = it[0]
		END
	)
	[ "$n" -eq 10 ]
}

@test "explain: 80 columns are enough for all but paths" {
	new_world 535.104.05
	program explain "$gpu" "$gpu" 0000:66:00.0 >"$BATS_TEST_TMPDIR/text"
	[ "$(grep -c '^0000:' "$BATS_TEST_TMPDIR/text")" -eq 3 ]
	run ! grep -vE '^0000:|^.{0,80}$|^.{25}[^ ]*$' "$BATS_TEST_TMPDIR/text"
	grep -q '^                         ' "$BATS_TEST_TMPDIR/text"
}

@test "explain: every cause names what to do, and each is in the manual and the schema" {
	local word n=0
	while read -r word; do
		echo "$word"
		grep -qx "\.It Sy $word" "$abs_top_srcdir/man/mdev-gpu.8"
		grep -q "\"$word\"" "$abs_top_srcdir/schema/explain.schema.json"
		n=$((n + 1))
	done < <(table causes)
	[ "$n" -eq 37 ]
}
