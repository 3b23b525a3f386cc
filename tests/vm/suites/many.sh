#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Many GPUs in one moment: helpers run beside each other.
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

expect_all() {	# COUNT FOLDER
	local expected dev n=0
	expected=$(configured "$2")
	for dev in "$sys"/drivers/nvidia/0001:*; do
		same "$expected" "$(shown "${dev##*/}")" "types of ${dev##*/}"
		expect_record "${dev##*/}"
		n=$((n + 1))
	done
	same "$1" "$n" "GPUs"
	expect_runs "$1"
}

eight() {
	reset
	plug "$P40*8"
	load
	expect_all 8 Pascal
	same $((8 * $(configured Pascal | wc -l))) "$(sent)" "types sent"
}
claim "eight GPUs at once: eight helper runs, all types" eight

eight_again() {
	udevadm trigger --subsystem-match=pci --settle
	expect_all 8 Pascal
	same 0 "$(sent)" "types sent"
}
claim "eight GPUs triggered at once: eight helper runs, nothing sent twice" eight_again

# What one GPU and what all of them take, from modprobe to the last type; only told, since it is about this machine.
timed() {	# COUNT FOLDER
	local begun=$EPOCHSECONDS
	reset
	plug "$P40*$1"
	begin_times
	load
	tell_times "GPUs by the rule, $1" 'mdev-gpu" a1="apply"' >>/run/times
	expect_all "$1" "$2"
	same $(($1 * $(configured "$2" | wc -l))) "$(sent)" "types sent"
	same 0 "$(read_journal -t mdev-gpu -p warning --since "@$begun" | wc -l)" "complaints"
}
echo 'comm ~ "mdev-*"' >$times/events/raw_syscalls/sys_enter/filter
echo 1 >$times/events/raw_syscalls/sys_enter/enable
claim "one GPU: one helper run, all types" timed 1 Pascal
echo 0 >$times/events/raw_syscalls/sys_enter/enable
claim "sixty-four GPUs at once: sixty-four helper runs, all types, none lost" timed 64 Pascal

# What nobody can do without: as many types, by a program that reads, checks and records nothing.
by_bare_sequence() {	# COUNT
	local dev types
	reset
	plug "$P40*$1"
	echo 'SUBSYSTEM=="pci", ACTION=="bind", ENV{DRIVER}=="nvidia", RUN{builtin}+="kmod load nvidia-vgpu-vfio", RUN+="/usr/lib/vm/bare %k 8"' \
		>/etc/udev/rules.d/90-mdev-gpu.rules
	udevadm control --reload
	begin_times
	load
	tell_times "GPUs by the bare sequence, $1" 'bare"' >>/run/times
	for dev in "$sys"/drivers/nvidia/0001:*; do
		types=("$dev"/mdev_supported_types/nvidia-6000[1-8])
		same 8 "${#types[@]}" "types of ${dev##*/}"
	done
	expect_runs 0
}
claim "sixty-four GPUs at once, by the bare sequence in place of the helper: all its types" by_bare_sequence 64

rm -f /etc/udev/rules.d/90-mdev-gpu.rules
udevadm control --reload
cat /run/times
awk -F '[:,]' '{ split($3, ms, " "); took[$1] = ms[1] } END {
	if (bare = took["# GPUs by the bare sequence"])
		printf "# 64 GPUs by the rule take %.2f times as long as by the bare sequence\n", took["# GPUs by the rule"] / bare
}' /run/times

# The driver is busy for longer than a run tries.
busy() {
	local bus begun=$EPOCHSECONDS
	reset
	plug "$P40*8"
	load "inject=control:0xa0810101*1000=status:0x3"
	expect_runs 8
	for bus in 41 48; do
		expect_no_types "0001:$bus:00.0"
		grep -q 'result: "failed"' "/run/mdev-gpu/0001:$bus:00.0.yaml"
	done
	same 8 "$(read_journal -t mdev-gpu -p err --since "@$begun" | grep -c NV_ERR_BUSY_RETRY)" "complaints"
	mark
	echo 1 >/sys/kernel/debug/nvidia/clear
	udevadm trigger --subsystem-match=pci --settle
	expect_all 8 Pascal
}
claim "a driver that is busy for too long: each of eight runs ends and says why, and a trigger repairs all" busy

# Not to be woken by any signal but a killing one, and with the driver's lock held.
hangs() {
	local begun=$EPOCHSECONDS
	reset
	plug "$P40*2"
	modprobe nvidia "inject=open:gpu=hang:200000"
	settle
	expect_error "0001:4[12]:00.0: the driver does not come back"
	read_journal -u systemd-udevd --since "@$begun" >/run/udevd
	grep 'mdev-gpu apply.*failed with exit code 1' /run/udevd
	same "" "$(grep 'Worker.*killed' /run/udevd || true)" "what udevd had to end"
	udevadm trigger --subsystem-match=pci --settle
	expect_types 0001:41:00.0 Pascal
	expect_types 0001:42:00.0 Pascal
	same 2 "$(grep -l 'result: "done"' /run/mdev-gpu/*.yaml | wc -l)" "good records"
}
claim "a driver that hangs for good: the run ends by itself, says so, and the next event repairs it" hangs

finish
