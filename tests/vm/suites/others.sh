#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Devices that are none of the helper's business.
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

driver_override() {	# ADDRESS DRIVER
	local dev="$sys/devices/$1"
	[ ! -e "$dev/driver" ] || echo "$1" >"$dev/driver/unbind"
	echo "$2" >"$dev/driver_override"
	echo "$1" >"$sys/drivers_probe"
	settle
	same "$2" "$(bound "$1")" "driver of $1"
}

for_a_guest() {	# DRIVER
	reset
	modprobe "$1"
	plug "$P40"
	load
	expect_runs 1
	mark
	driver_override 0001:41:00.0 "$1"
	udevadm trigger --settle "$sys/devices/0001:41:00.0"
	expect_runs 0
	expect_no_types 0001:41:00.0
	expect_no_record 0001:41:00.0
	expect_verdict 0001:41:00.0 "passed-through: $1 has it: the whole GPU is set aside for a VM, so it has no vGPUs"
}
modprobe fakeiommu	# vfio-pci wants one
claim "a GPU bound to vfio-pci: no helper run" for_a_guest vfio-pci
claim "a GPU bound to pci-stub: no helper run" for_a_guest pci-stub

# Of a card with an audio function only the GPU is served.
audio() {
	reset
	plug "$P40/a"
	modprobe pci-stub
	driver_override 0001:41:00.1 pci-stub
	load
	udevadm trigger --settle "$sys/devices/0001:41:00.1"
	expect_types 0001:41:00.0 Pascal
	expect_runs 1 0001:41:00.0
	expect_runs 1
	expect_verdict 0001:41:00.0 "there: all $(configured Pascal | wc -l) types are there"
	expect_verdict 0001:41:00.1 "not-a-gpu: an audio function (PCI class 0403), not a GPU (03..)"
}
claim "the audio function of a card: no helper run" audio

other_vendor() {
	reset
	plug 1002:744c:1002:0e3b "$P40/c068000"
	load
	udevadm trigger
	settle
	expect_runs 0
}
claim "another vendor's GPU, and a card that is no display controller: no helper run" other_vendor

pf=0001:41:00.0
uuid=c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a02

# As people do it: the script takes the physical function from its driver, and gives it back.
vfs() {	# -e|-d COUNT
	local vf n=0
	/usr/lib/nvidia/sriov-manage "$1" "$pf"
	settle
	for vf in "$sys/devices/$pf"/virtfn*; do
		[ -e "$vf" ] || continue
		vf=$(basename "$(readlink "$vf")")
		same nvidia "$(bound "$vf")" "driver of $vf"
		n=$((n + 1))
	done
	same "$2" "$n" "virtual functions"
}

vfs_show_types() {
	local n
	for n in 4 5 6 7; do
		expect_types "0001:41:00.$n" Ampere
	done
}

vfs_appear() {	# VERSION [RUNS]
	reset
	plug "$A40/v4"
	load version="$1"
	expect_runs 1 "$pf"
	expect_no_types "$pf"
	expect_verdict "$pf" "sriov-off: types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of $(<"$sys/devices/$pf/sriov_totalvfs"))"
	mark
	vfs -e 4
	# Functions that nvidia takes only after its physical one are told of nobody: the kernel's word for them came to pci-pf-stub.
	[ "${2:-1}" -eq 1 ] || udevadm trigger --settle "$sys/devices/$pf"
	vfs_show_types
	expect_verdict "$pf" "there: all $(configured Ampere | wc -l) types are there"
	expect_runs "${2:-1}" "$pf"
	expect_runs "${2:-1}"
	same 0 "$(sent)" "types sent"
}
claim "virtual functions appear, with a driver that has to be told of them: the next run has them show the types" vfs_appear 535.104.05 2
claim "virtual functions appear: they show the types, and nothing is sent again" vfs_appear 550.90.07

vfs_triggered() {
	udevadm trigger --subsystem-match=pci --settle
	expect_runs 1 "$pf"
	expect_runs 1
	same 0 "$(sent)" "types sent"
}
claim "virtual functions are triggered: only the physical function is looked at" vfs_triggered

vfs_go() {
	vfs -d 0
	expect_runs 1
	same 0 "$(sent)" "types sent"
	expect_no_types "$pf"
	expect_record "$pf"
}
claim "virtual functions go: the physical one is bound again, and nothing is sent" vfs_go

# What the physical function's driver does not take along.
vfs_return() {
	vfs -e 4
	expect_runs 1
	same 0 "$(sent)" "types sent"
	echo "$pf" >"$sys/drivers/nvidia/unbind"
	settle
	expect_no_record "$pf"
	expect_no_types 0001:41:00.4
	echo "$pf" >"$sys/drivers/nvidia/bind"
	settle
	expect_runs 2 "$pf"
	vfs_show_types
	expect_runs 2
	same 0 "$(sent)" "types sent"
}
claim "virtual functions go and come, and the physical one is bound again: the types return, which the driver kept" vfs_return

refused_by_nvidia() {
	vfs -d 0
	if echo 4 2>/dev/null >"$sys/devices/$pf/sriov_numvfs"; then
		fail "sriov_numvfs took 4"
	fi
	same 0 "$(<"$sys/devices/$pf/sriov_numvfs")" "virtual functions"
}
claim "the driver itself makes no virtual functions" refused_by_nvidia

place_unknown() {
	local probe=(/usr/lib/vm/rm-probe ctl gpu:0 client:1-41-0) dev=$sys/devices/0001:41:00.4/mdev_supported_types
	reset
	plug "$L40/v2"
	load version=580.105.08
	/usr/lib/nvidia/sriov-manage -e "$pf"
	settle
	[ -e /dev/nvidiactl ] || mknod /dev/nvidiactl c 195 255
	[ -e /dev/nvidia0 ] || mknod /dev/nvidia0 c 195 0
	"${probe[@]}" share:1:1:8192 share:2:4:2048 update share:3:4:2048 update
	settle
	echo "$uuid" >"$dev/nvidia-2/create"
	echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
	! echo "$uuid" >"$dev/nvidia-3/create"
}
claim "Ada: a type that comes after the driver computed placement shows, and cannot be made a vGPU" place_unknown

modules() {
	reset
	plug "$P40"
	load
	rmmod nvidia-vgpu-vfio	# modprobe -r would take nvidia along
	settle
	expect_runs 1
	expect_no_types 0001:41:00.0
}
claim "rmmod nvidia-vgpu-vfio: the types go, and nobody registers them again" modules

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

anybody() {
	local said profile=$conf/Nvidia/Pascal/Open_vPascal.yaml
	expect_verdict 0001:41:00.0 "module-not-loaded: module nvidia-vgpu-vfio, which shows the types, is no longer loaded"
	said=$(mdev-gpu explain)
	same "$said" "$(as_nobody mdev-gpu explain)" "what somebody else is told"
	chmod 600 "$profile"
	modprobe nvidia-vgpu-vfio
	settle
	expect_types 0001:41:00.0 Pascal
	same "0001:41:00.0: unknown: the configuration cannot be read: Permission denied" \
		"$(as_nobody mdev-gpu explain | sed -n 1p)" "what somebody is told who may not read the configuration"
	chmod 644 "$profile"
}
claim "explain: why, for anybody who asks" anybody

rule_masked() {
	local rule=/etc/udev/rules.d/90-mdev-gpu.rules verdict
	unload
	"${@:2}" "$rule"
	udevadm control --reload
	load
	udevadm trigger --settle "$sys/devices/0001:41:00.0"
	verdict=$(mdev-gpu explain 0001:41:00.0 | sed -n 1p) || true
	rm "$rule"
	udevadm control --reload
	expect_runs 0
	expect_no_types 0001:41:00.0
	same "0001:41:00.0: rule-masked: $rule is masked: $1" "$verdict" "verdict"
}
claim "the rule masked by a link in /etc/udev/rules.d: no helper run" rule_masked "a link to /dev/null" ln -s /dev/null
claim "the rule masked by an empty file in /etc/udev/rules.d: no helper run" rule_masked "an empty file" touch

profile_masked() {
	local profile=$conf/Nvidia/Pascal/Open_vPascal.yaml
	unload
	mv "$profile" /run/
	"$@" "$profile"
	load
	mv /run/Open_vPascal.yaml "$profile"
	expect_runs 1
	expect_no_types 0001:41:00.0
	same 0 "$(sent)" "types sent"
	grep -qx 'result: "done"' /run/mdev-gpu/0001:41:00.0.yaml
}
claim "a profile masked by a link to /dev/null: none of its types, and no mistake" profile_masked ln -s /dev/null
claim "a profile that is empty is masked: none of its types, and no mistake" profile_masked touch

finish
