#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One machine, two NVIDIA architectures and an Intel GPU, everything loaded by
# udev at boot.
# early: sed -i /blacklist/d /etc/modprobe.d/vm.conf
# early: echo options i915 enable_gvt=1 >>/etc/modprobe.d/vm.conf
# early: modprobe fakepci gpus=10de:1b38:10de:11d9,8086:3e92:8086:2212/c030000/b256,10de:1e30:10de:12ba
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

after_boot() {
	settle
	expect_types 0001:41:00.0 Pascal
	expect_own_types 0001:42:00.0 i915-GVTg_V5_4 i915-GVTg_V5_8
	expect_types 0001:43:00.0 Turing
	expect_own_types 0001:41:00.0
	same "" "$(shown 0001:42:00.0)" "NVIDIA's types on Intel's GPU"
	expect_runs 1 0001:41:00.0
	expect_runs 1 0001:42:00.0
	expect_runs 1 0001:43:00.0
	expect_runs 3
}
claim_of_boot "two NVIDIA architectures and one Intel GPU at one boot: each has its own types, one helper run each" after_boot

nothing_wrong() {
	same "" "$(read_journal -b -u systemd-udevd -p warning)" "what udevd complains about"
}
claim_of_boot "a mixed machine boots without a complaint" nothing_wrong

own_file() {
	mdev-cli -c /usr/lib/vm/data/mdev-gpu/Open_vPascal.yaml
	expect_own_types 0001:42:00.0 i915-GVTg_V5_4 i915-GVTg_V5_8
	cp /usr/lib/vm/data/mdev-gpu/Open_vPascal.yaml "$conf/generate-vgpu-types.yaml"
	mark
	udevadm trigger --subsystem-match=pci --settle
	expect_runs 3
	grep -qx 'result: "done"' /run/mdev-gpu/0001:42:00.0.yaml
	grep -q 'expected: \["i915' /run/mdev-gpu/0001:42:00.0.yaml
}
claim "Mdev-GPU's file, which has no filters, does not concern the Intel GPU" own_file

finish
