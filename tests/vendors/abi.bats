#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Which driver releases are spoken to, and in which layout.

# root, world and gpu are in helpers.bash
# shellcheck disable=SC2154
load ../helpers

data=${abs_top_srcdir:?}/tests/data

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p "$root"
	types 1 >profile.yaml
}

abi_py() {
	"$abs_top_srcdir/tests/tools/abi.py" "$@"
}

# module VERSION: what the kernel module calls itself; the driver behind it stays
module() {
	printf '%s\n' "$1" >"$world/sys/module/nvidia/version"
}

apply() {
	program apply "$gpu" -c profile.yaml "$@"
}

# untouched: the driver was not even opened
untouched() {
	[ -z "$("$SIMULATE" transcript "$world")" ]
}

# nothing_sent: no call that changes anything
nothing_sent() {
	run "$SIMULATE" transcript "$world"
	[[ $output != *cmd=0xa0810101* && $output != *cmd=0xa0810109* && $output != *cmd=0xa0810119* ]]
}

# refused VERSION NEAREST: it is not known, and these are named
refused() {
	echo "version: $1"
	module "$1"
	expect 5 "" "mdev-gpu: $gpu: NVIDIA driver $1 is not known, nothing was sent to it; the nearest known releases are \
$2 (--driver-abi VERSION insists on one)" apply
	untouched
}

@test "abi: every offset, size, limit and number is the measured one" {
	"$TABLES" layouts >layouts.json
	# shellcheck disable=SC2086 # words
	${CC:?} ${HELPER_CPPFLAGS:?} -dM -E -include vendors/nvidia/rm.h - </dev/null >numbers
	expect 0 "13 rows, 542 figures, 0 wrong" "" abi_py layouts layouts.json numbers "$data/nvidia-rm-abi.json"
}

@test "abi: the program lists what its table says" {
	"$TABLES" layouts >layouts.json
	"$MDEV_GPU" abi --json >listed.json
	expect 0 "13 rows, 92 figures, 0 wrong" "" abi_py listing layouts.json listed.json
}

@test "abi: each of the 193 measured releases is found in its row, or in none" {
	"$TABLES" releases <"$data/nvidia-releases.txt" >found
	expect 0 "193 releases, 219 figures, 0 wrong" "" abi_py releases found "$data/nvidia-rm-abi.json" "$data/nvidia-releases.txt"
}

@test "status: every code has its name and its meaning" {
	"$TABLES" statuses >statuses.json
	expect 0 "151 codes, 151 figures, 0 wrong" "" abi_py statuses statuses.json "$data/nv-status.tsv"
}

@test "abi: releases that no run holds are refused, with the nearest known ones, before anything is opened" {
	new_world 550.54.14
	refused 450.80.02 510.47.03
	refused 470.129.04 510.47.03
	refused 510.47.02 510.47.03
	refused 510.47.04 "510.47.03 and 525.47.04"
	refused 510.85.02 "510.47.03 and 525.47.04"
	refused 515.65.01 "510.47.03 and 525.47.04"
	refused 520.61.05 "510.47.03 and 525.47.04"
	refused 525.47.03 "510.47.03 and 525.47.04"
	refused 531.01 "530.41.03 and 535.43.02"
	refused 535.288.02 "535.288.01 and 545.23.06"
	refused 535.289 "535.288.01 and 545.23.06"
	refused 550.40.06 "545.29.06 and 550.40.07"
	# numbers, not letters: 9 is less than 86, and 124 is more
	refused 570.9.99 "565.77 and 570.86.15"
	refused 570.86.14 "565.77 and 570.86.15"
	refused 570.211.02 "570.211.01 and 575.51.02"
	refused 580.93.99 "580.82.09 and 580.94.02"
	refused 590.48.02 "590.48.01 and 595.44.02"
	refused 595.45.05 595.45.04
	refused 600.10.01 595.45.04
}

@test "abi: what is no release is refused" {
	new_world 550.54.14
	refused "" 510.47.03
	refused 535 "530.41.03 and 535.43.02"
	refused 535.x "530.41.03 and 535.43.02"
	refused 550.54.14-custom "550.40.07 and 550.163.01"
	refused 550.54.14.1 "550.40.07 and 550.163.01"
	refused 550.54. "550.40.07 and 550.163.01"
	refused 550..14 "545.29.06 and 550.40.07"
	refused .550.54 510.47.03
	refused 595.45.04-open 595.45.04
	refused garbage 510.47.03
	refused 99999999999999999999.1 595.45.04
}

# all of them with EVERY_RELEASE, which make check-sweep sets; else the first and the last one
@test "abi: the 20 measured releases without a layout are refused" {
	local releases release
	new_world 550.54.14
	mapfile -t releases < <(grep -E '^5(15|20)\.' "$data/nvidia-releases.txt")
	[ "${#releases[@]}" -eq 20 ]
	[ -n "${EVERY_RELEASE-}" ] || releases=("${releases[0]}" "${releases[-1]}")
	for release in "${releases[@]}"; do
		refused "$release" "510.47.03 and 525.47.04"
	done
}

@test "abi: a module without a release is told" {
	new_world 550.54.14
	rm "$world/sys/module/nvidia/version"
	expect 1 "" "mdev-gpu: $gpu: cannot read the release of the nvidia driver: No such file or directory" apply
	printf '5%063d\n' 0 >"$world/sys/module/nvidia/version"
	expect 1 "" "mdev-gpu: $gpu: cannot read the release of the nvidia driver: Value too large for defined data type" apply
	untouched
}

@test "abi: releases between known ones belong to their run" {
	local release
	for release in 525.50.01 530.35 535.100.01 545.25 550.90.05 555.50 560.30.01 565.70 570.86.16 570.124.06 570.150 575.60 580.80 585.10 590.46 595.44.50; do
		echo "$release"
		rm -rf "$world"
		new_world "$release"
		expect 0 "$gpu: 1 type registered, 0 unchanged" "" apply
	done
}

@test "abi: module and driver that do not agree are not spoken to" {
	new_world 550.54.14
	module 550.54.15
	expect 1 "" "mdev-gpu: $gpu: the driver calls itself 550.54.14, its module 550.54.15: nothing was sent" apply
	nothing_sent
}

@test "abi: a driver that does not tell its release is believed its module's" {
	new_world 525.147.05
	module 525.147.04
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" apply
}

@test "abi: a driver that must tell its release and does not is not spoken to" {
	new_world 530.30.02
	simulate inject ioctl:210=short
	expect 1 "" "mdev-gpu: $gpu: the driver does not tell its release, its module says 530.30.02: nothing was sent" apply
	nothing_sent
}

@test "--driver-abi: a release that is not known works with the layout that fits, after the probe" {
	new_world 600.10.01 --like=580.82.09
	refused 600.10.01 595.45.04
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" apply --driver-abi 580.82.09
	# the probe asks for type 0, and comes before anything that changes
	run "$SIMULATE" transcript "$world"
	[[ ${output%%cmd=0xa0810101*} == *"control cmd=0xa0810103 size=5424 status=0x57"* ]]
	expect 0 "$gpu: nothing to do: 1 type is registered" "" apply --driver-abi 580.82.09
}

@test "--driver-abi: a layout of another size is refused before anything is sent" {
	new_world 600.10.01 --like=595.45.04
	expect 1 "" "mdev-gpu: $gpu: the driver does not speak the layout of 550.90.07, nothing was sent: NV_ERR_INVALID_ARGUMENT \
0x1f: Invalid argument to call; the driver expects other parameters than its release is known for" apply --driver-abi 550.90.07
	nothing_sent
}

@test "--driver-abi: a known release speaks its own layout only" {
	new_world 550.90.07
	expect 2 "" "mdev-gpu: $gpu: driver 550.90.07 is known, it does not speak the layout of 595.45.04" \
		apply --driver-abi 595.45.04
	untouched
	# of the same run: the same layout
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" apply --driver-abi 550.40.07
}

@test "--driver-abi: what is no known release is refused" {
	local release
	new_world 600.10.01 --like=595.45.04
	for release in 600.10.01 515.65.01 595 "" x; do
		expect 2 "" "mdev-gpu: $gpu: --driver-abi $release is not a known release; see mdev-gpu abi" \
			apply --driver-abi "$release"
	done
	untouched
}

@test "--driver-abi: 510.47.03 cannot be tried by asking, so nobody else is spoken to like that" {
	local release
	for release in 450.80.02 510.85.02 515.65.01; do
		rm -rf "$world"
		new_world "$release" --like=510.47.03
		expect 5 "" "mdev-gpu: $gpu: no call that only reads is known of 510.47.03, so it cannot be tried whether driver $release speaks \
its layout: nothing was sent" apply --driver-abi 510.47.03
		untouched
	done
	rm -rf "$world"
	new_world 510.47.03
	expect 0 "$gpu: 1 type registered, 0 unchanged; sysfs shows them, driver 510.47.03 gives nothing else back" "" \
		apply --driver-abi 510.47.03
}

# 580.94 to 590 and 595 differ in places, and in no size
@test "--driver-abi: where the size tells two layouts not apart, that is said" {
	local nothing="which of them driver 592.10 speaks cannot be verified"
	new_world 592.10 --like=590.48.01
	expect 0 "$gpu: 1 type registered, 0 unchanged" "mdev-gpu: $gpu: the layout of 580.94.02 to 590.48.01 has the size of that of \
595.44.02 to 595.45.04: $nothing" apply --driver-abi 590.48.01
	expect 0 "$gpu: nothing to do: 1 type is registered" "mdev-gpu: $gpu: the layout of 595.44.02 to 595.45.04 has the size of that \
of 580.94.02 to 590.48.01: $nothing" apply --driver-abi 595.45.04
}

# 570 and 575 have types of one size and lists of two
@test "--driver-abi: a layout whose list has another size is refused before anything is sent" {
	new_world 572.10 --like=570.211.01
	expect 1 "" "mdev-gpu: $gpu: cannot ask for the types: NV_ERR_INVALID_ARGUMENT 0x1f: Invalid argument to call; the driver \
expects other parameters than its release is known for" apply --driver-abi 575.51.02
	nothing_sent
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" apply --driver-abi 570.211.01
}
