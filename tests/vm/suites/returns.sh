#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The ways in which a GPU, its driver, its types or udevd go and come back, beyond those of the suite events.
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

p40=0001:41:00.0
rtx6000=0001:42:00.0

expect_both() {
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
	expect_record "$p40"
	expect_record "$rtx6000"
}

two_gpus() {	# [the driver's parameters]
	reset
	plug "$P40" "$RTX6000"
	load "$@"
	expect_both
	expect_runs 2
	mark
}

# ------------------------------------------------- the module beside the driver

helper_loads_it() {
	plug "$P40" "$RTX6000"
	sed -i.bak /softdep/d /etc/modprobe.d/vm.conf
	udevadm control --reload
	load version=535.104.05
	mv /etc/modprobe.d/vm.conf.bak /etc/modprobe.d/vm.conf
	expect_both
	expect_follows 1
	expect_runs 2
}
claim "the helper itself loads nvidia-vgpu-vfio: one run for each GPU, and none because of the module" helper_loads_it

module_returns() {	# RELEASE RUNS
	two_gpus version="$1"
	rmmod nvidia-vgpu-vfio
	settle
	expect_no_types "$p40"
	expect_runs 0
	expect_follows 0
	modprobe nvidia-vgpu-vfio
	settle
	expect_both
	expect_follows 1
	expect_runs "$2"
	same 0 "$(sent)" "types sent"
	sleep 1
	settle
	expect_follows 1
	expect_runs "$2"
}
claim "rmmod and modprobe of nvidia-vgpu-vfio alone, 535: a run for each GPU has the driver show the types again" \
	module_returns 535.104.05 2
claim "rmmod and modprobe of nvidia-vgpu-vfio alone, 580: the types are back by themselves, and no run is needed" \
	module_returns 580.95.05 0

module_comes_late() {
	reset
	plug "$P40"
	echo "blacklist nvidia-vgpu-vfio" >/etc/modprobe.d/test.conf
	sed -i.bak /softdep/d /etc/modprobe.d/vm.conf
	udevadm control --reload
	load version=535.104.05
	expect_no_types "$p40"
	grep -q 'result: "failed"' "/run/mdev-gpu/$p40.yaml"
	mark
	modprobe nvidia-vgpu-vfio
	rm /etc/modprobe.d/test.conf
	mv /etc/modprobe.d/vm.conf.bak /etc/modprobe.d/vm.conf
	settle
	expect_types "$p40" Pascal
	expect_follows 1
	expect_runs 1 "$p40"
	grep -q 'result: "done"' "/run/mdev-gpu/$p40.yaml"
}
claim "nvidia-vgpu-vfio comes long after the GPU was bound: the failed run is repeated" module_comes_late

kvmgt_returns() {
	reset
	plug "$KBL"
	load_i915 enable_gvt=1
	expect_runs 1
	mark
	rmmod kvmgt
	settle
	modprobe kvmgt
	settle
	expect_follows 1
	expect_runs 0
}
claim "rmmod and modprobe of kvmgt: it shows its types by itself, and no run is needed" kvmgt_returns

# ------------------------------------------------------------- other drivers

override() {	# ADDRESS DRIVER
	echo "$1" >"$sys/devices/$1/driver/unbind"
	echo "$2" >"$sys/devices/$1/driver_override"
	echo "$1" >"$sys/drivers_probe"
	settle
}

there_and_back() {
	two_gpus
	override "$p40" vfio-pci
	same vfio-pci "$(bound "$p40")" "driver"
	expect_no_record "$p40"
	expect_runs 0
	override "$p40" ''
	same nvidia "$(bound "$p40")" "driver"
	expect_both
	expect_runs 1 "$p40"
	expect_runs 1
}
modprobe fakeiommu	# vfio-pci wants one
modprobe vfio-pci
claim "driver_override to vfio-pci and back: the types return with one run" there_and_back

all_at_once() {
	local gpu
	two_gpus
	for gpu in "$p40" "$rtx6000"; do
		echo "$gpu" >"$sys/drivers/nvidia/unbind" &
	done
	wait
	settle
	expect_no_types "$p40"
	expect_no_record "$p40"
	expect_no_record "$rtx6000"
	expect_runs 0
	for gpu in "$p40" "$rtx6000"; do
		echo "$gpu" >"$sys/drivers/nvidia/bind" &
	done
	wait
	settle
	expect_both
	expect_runs 2
}
claim "every GPU unbound and bound at once, as some do around a suspend: all types are back" all_at_once

# ------------------------------------------------------ configuration and rule

edited() {
	local profile=$conf/Nvidia/Pascal/zz-more.yaml
	two_gpus
	echo 'gpus: [{discardPrevious: false, mdevConfigs: [{num: 59001, maxInstances: 1, fbLen: 4096, fbRes: 320}]}]' >"$profile"
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 1
	same 1 "$(sent)" "types sent"
	expect_types "$p40" Pascal
	grep -q '^59001|' <<<"$(shown "$p40")"
	rm "$profile"
}
claim "a profile edited, then udevadm trigger: the new type is there, and nothing else was sent" edited

rule_changed() {
	two_gpus
	echo '# a comment' >/etc/udev/rules.d/95-other.rules
	udevadm control --reload
	settle
	expect_runs 0
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 1
	rm /etc/udev/rules.d/95-other.rules
}
claim "udevadm control --reload starts nothing, and the rule still holds" rule_changed

masked_rule() {
	reset
	ln -s /dev/null /etc/udev/rules.d/90-mdev-gpu.rules
	udevadm control --reload
	plug "$P40"
	load
	expect_runs 0
	expect_no_types "$p40"
	rm /etc/udev/rules.d/90-mdev-gpu.rules
	udevadm control --reload
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 1
	expect_types "$p40" Pascal
}
claim "a rule masked in /etc/udev/rules.d starts nothing; unmasked, a trigger makes up for it" masked_rule

# --------------------------------------------------------------------- udevd

udevd_restarted() {
	two_gpus
	systemctl restart systemd-udevd
	settle
	expect_runs 0
	expect_both
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 1
}
claim "systemd-udevd restarted: nothing runs, nothing is lost" udevd_restarted

# Holds the helper in the driver for so long, at its next open.
slow() {	# MS
	echo "open:gpu=hang:$1" >/sys/kernel/debug/nvidia/inject
}

# It is at work, and so about to open the driver: a run that only just started has no record.
wait_for_run() {
	eventually grep -q 'result: "running"' "/run/mdev-gpu/$p40.yaml"
}

no_helper() {
	! pgrep mdev-gpu
}

udevd_restarted_during() {
	two_gpus
	echo "$p40" >"$sys/drivers/nvidia/unbind"
	settle
	slow 5000
	echo "$p40" >"$sys/drivers/nvidia/bind"
	wait_for_run
	systemctl restart systemd-udevd
	settle
	expect_both
	expect_runs 1
	grep -q 'result: "done"' "/run/mdev-gpu/$p40.yaml"
}
claim "systemd-udevd restarted in the middle of a run: it lets the run end, and the types are there" udevd_restarted_during

udevd_killed() {
	two_gpus
	echo "$p40" >"$sys/drivers/nvidia/unbind"
	settle
	slow 10000
	echo "$p40" >"$sys/drivers/nvidia/bind"
	wait_for_run
	systemctl kill --signal=KILL systemd-udevd
	grep -q 'result: "running"' "/run/mdev-gpu/$p40.yaml"
	systemctl restart systemd-udevd
	eventually no_helper	# the driver does not let go of a killed caller any earlier
	grep -q 'result: "running"' "/run/mdev-gpu/$p40.yaml"
	mark
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 1
	expect_both
	grep -q 'result: "done"' "/run/mdev-gpu/$p40.yaml"
}
claim "systemd-udevd and the run killed in the middle: the record says so, and a trigger repairs it" udevd_killed

finish
