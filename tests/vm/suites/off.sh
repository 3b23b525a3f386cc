#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's command line says that nothing starts by itself.
# kernel: mdev_gpu=off
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

p40=0001:41:00.0

nothing_starts() {
	plug "$P40"
	load
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 0
	expect_no_types "$p40"
	expect_no_record "$p40"
}
claim "mdev_gpu=off: the rule starts nothing" nothing_starts

no_unit() {
	systemctl enable --now "mdev-gpu@$p40.service"
	systemctl start mdev-post.service
	unload
	load
	settle_units
	expect_unit inactive "mdev-gpu@$p40.service"
	expect_unit_runs 0
	same "" "$(executions)" "starts of the helper"
	expect_no_types "$p40"
	systemctl disable "mdev-gpu@$p40.service"
}
claim "mdev_gpu=off: no unit starts anything" no_unit

by_hand() {
	mdev-gpu apply "$p40"
	expect_types "$p40" Pascal
	expect_record "$p40"
	unload
	expect_no_record "$p40"
}
claim "mdev_gpu=off: by hand it works, and the record goes with the driver" by_hand

finish
