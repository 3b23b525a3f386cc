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

thirty_two() {
	reset
	plug "$P40*32"
	load
	expect_all 32 Pascal
	same $((32 * $(configured Pascal | wc -l))) "$(sent)" "types sent"
}
claim "thirty-two GPUs at once: thirty-two helper runs, all types" thirty_two

finish
