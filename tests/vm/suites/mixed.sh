#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An ordinary machine, with many cards: two NVIDIA architectures and an Intel GPU
# are there, and udev loads the drivers for them at boot.
# early: sed -i /blacklist/d /etc/modprobe.d/vm.conf
# early: echo options i915 enable_gvt=1 >>/etc/modprobe.d/vm.conf
# early: modprobe fakepci gpus=10de:1b38:10de:11d9*4,8086:3e92:8086:2212/c030000/b256,10de:1e30:10de:12ba*4
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

intel=0001:45:00.0

after_boot() {
	local bus
	settle
	for bus in 41 42 43 44; do
		expect_types "0001:$bus:00.0" Pascal
		expect_own_types "0001:$bus:00.0"
		expect_runs 1 "0001:$bus:00.0"
	done
	for bus in 46 47 48 49; do
		expect_types "0001:$bus:00.0" Turing
		expect_runs 1 "0001:$bus:00.0"
	done
}
claim_of_boot "eight GPUs whose driver udev loads at boot: all types, one helper run each" after_boot

intel_too() {
	expect_own_types "$intel" i915-GVTg_V5_4 i915-GVTg_V5_8
	same "" "$(shown "$intel")" "NVIDIA's types on Intel's GPU"
	expect_runs 1 "$intel"
	expect_runs 9
}
claim_of_boot "an Intel GPU beside two NVIDIA architectures: it has its own types, and there is no other helper run" intel_too

nothing_wrong() {
	same "" "$(read_journal -b -u systemd-udevd -p warning)" "what udevd complains about"
}
claim_of_boot "a mixed machine boots without a complaint" nothing_wrong

own_file() {
	mdev-cli -c /usr/lib/vm/data/mdev-gpu/Open_vPascal.yaml
	expect_own_types "$intel" i915-GVTg_V5_4 i915-GVTg_V5_8
	cp /usr/lib/vm/data/mdev-gpu/Open_vPascal.yaml "$conf/generate-vgpu-types.yaml"
	mark
	udevadm trigger --subsystem-match=pci --settle
	expect_runs 9
	grep -qx 'result: "done"' "/run/mdev-gpu/$intel.yaml"
	grep -q 'expected: \["i915' "/run/mdev-gpu/$intel.yaml"
}
claim "Mdev-GPU's file, which has no filters, does not concern the Intel GPU" own_file

finish
