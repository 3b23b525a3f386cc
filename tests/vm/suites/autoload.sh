#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An ordinary machine: the cards are there, and udev loads the driver for them.
# early: sed -i /blacklist/d /etc/modprobe.d/vm.conf
# early: modprobe fakepci gpus=10de:1b38:10de:11d9*4,10de:1e30:10de:12ba*4
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

after_boot() {
	local bus
	settle
	for bus in 41 42 43 44; do
		expect_types "0001:$bus:00.0" Pascal
		expect_runs 1 "0001:$bus:00.0"
	done
	for bus in 45 46 47 48; do
		expect_types "0001:$bus:00.0" Turing
		expect_runs 1 "0001:$bus:00.0"
	done
	expect_runs 8
}
claim_of_boot "eight GPUs whose driver udev loads at boot: all types, exactly eight helper runs" after_boot

finish
