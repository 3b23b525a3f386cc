#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A machine whose initial RAM disk loads the driver: the bind event is gone
# before udevd starts.
# early: modprobe fakepci gpus=10de:1b38:10de:11d9,10de:1e30:10de:12ba
# early: modprobe nvidia
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

after_boot() {
	settle
	same nvidia "$(bound 0001:41:00.0)" "driver"
	expect_types 0001:41:00.0 Pascal
	expect_types 0001:42:00.0 Turing
	expect_runs 1 0001:41:00.0
	expect_runs 1 0001:42:00.0
	expect_runs 2
	same "$({ configured Pascal; configured Turing; } | wc -l)" "$(sent)" "types sent"
}
claim_of_boot "driver bound before udevd starts: the types are there after boot, one helper run for each GPU" after_boot

by_systemd() {
	# The rule, not a unit: nothing of ours was enabled.
	same inactive "$(systemctl is-active mdev-post.service || true)" "mdev-post.service"
	grep -q udev /run/mdev-gpu/0001:41:00.0.yaml
}
claim_of_boot "driver bound before udevd starts: no boot service had to run" by_systemd
tell_times "boot by the rule" 'mdev-gpu" a1="apply"'

finish
