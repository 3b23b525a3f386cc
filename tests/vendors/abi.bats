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

# refused VERSION [NEAREST]: it is not known, and these are named, which may be insisted on
refused() {
	local hint="; the nearest known release is ${2-} (--driver-abi VERSION insists on it)"
	[[ ${2-} != *' and '* ]] || hint="; the nearest known releases are $2 (--driver-abi VERSION insists on one)"
	echo "version: $1"
	module "$1"
	[ $# -gt 1 ] || hint=
	expect 5 "" "mdev-gpu: $gpu: NVIDIA driver $1 is not known, nothing was sent to it$hint" apply
	untouched
}

@test "abi: every offset, size, limit and number is the measured one" {
	"$TABLES" layouts >layouts.json
	# shellcheck disable=SC2086 # words
	${CC:?} ${HELPER_CPPFLAGS:?} -dM -E -include vendors/nvidia/rm.h - </dev/null >numbers
	expect 0 "13 rows, 658 figures, 0 wrong" "" abi_py layouts layouts.json numbers "$data/nvidia-rm-abi.json"
}

@test "abi: the program lists what its table says" {
	"$TABLES" layouts >layouts.json
	"$MDEV_GPU" abi --json >listed.json
	expect 0 "13 rows, 105 figures, 0 wrong" "" abi_py listing layouts.json listed.json
}

@test "abi: each of the 198 measured releases is found in its row, or in none" {
	"$TABLES" releases <"$data/nvidia-releases.txt" >found
	expect 0 "198 releases, 224 figures, 0 wrong" "" abi_py releases found "$data/nvidia-rm-abi.json" "$data/nvidia-releases.txt"
}

@test "status: every code has its name and its meaning" {
	"$TABLES" statuses >statuses.json
	expect 0 "152 codes, 152 figures, 0 wrong" "" abi_py statuses statuses.json "$data/nv-status.tsv"
}

# numbers of host releases differ from the public driver's in the last group, up and down
@test "abi: each of the 90 known releases for hosts is found in its branch's row, or is refused for a reason" {
	grep -v '^#' "$data/nvidia-host-releases.tsv" | cut -f 2 | "$TABLES" releases >found
	expect 0 "90 releases, 90 figures, 0 wrong" "" abi_py hosts found "$data/nvidia-host-releases.tsv"
}

@test "abi: releases for hosts that lie beyond the public ones of their branch get their types" {
	local release like
	while read -r release like; do
		echo "$release"
		rm -rf "$world"
		new_world "$release" "--like=$like"
		expect 0 "$gpu: 1 type registered, 0 unchanged" "" apply
	done <<-END
		535.309.01 535.288.01
		535.400.01 535.288.01
		550.163.02 550.163.01
		580.65.05 580.65.06
		580.178.05 580.95.05
		595.58.02 595.45.04
		595.91.04 595.45.04
	END
}

# a branch that changed under its number: what GET_TYPE_INFO takes says so, or what GET_SUPPORTED takes
@test "abi: a release of a known branch that answers with other sizes is refused before anything is sent" {
	local refusal="nothing was sent: NV_ERR_INVALID_ARGUMENT 0x1f: Invalid argument to call; the driver expects other parameters than \
its release is known for"
	new_world 550.200.01 --like=580.65.06
	expect 5 "" "mdev-gpu: $gpu: the driver does not speak the layout of 550.200.01, $refusal" apply
	nothing_sent
	rm -rf "$world"
	new_world 570.300.01 --like=575.64.05
	expect 5 "" "mdev-gpu: $gpu: the driver does not speak the layout of 570.300.01, $refusal" apply
	nothing_sent
}

@test "abi: releases of no known branch are refused, with the nearest known ones, before anything is opened" {
	new_world 550.54.14
	refused 450.80.02
	refused 470.129.04
	refused 510.47.02 510.47.03
	refused 510.47.04 510.47.03
	refused 510.85.02 510.47.03
	refused 515.65.01
	refused 520.61.05
	refused 531.01 "530.41.03 and 535.43.02"
	# numbers, not letters: 9 is less than 65, and 100 is more
	refused 5350.1 610.57.04
	refused 580.83 "580.82.09 and 580.94.02"
	refused 580.93.99 "580.82.09 and 580.94.02"
	refused 585.10 "580.94.02 and 590.48.01"
	refused 591.01 "590.48.01 and 595.44.02"
	refused 595.43.99 595.44.02
	refused 596.10.01 "595.44.02 and 610.57.04"
	refused 600.10.01 "595.44.02 and 610.57.04"
	refused 610.42 "595.44.02 and 610.57.04"
	refused 615.71.09 610.57.04
}

@test "abi: what is no release is refused" {
	new_world 550.54.14
	refused ""
	refused 535 535.43.02
	refused 535.x 535.43.02
	refused 550.54.14-custom "550.40.07 and 550.163.01"
	refused 550.54.14.1 "550.40.07 and 550.163.01"
	refused 550.54. "550.40.07 and 550.163.01"
	refused 550..14 550.40.07
	refused .550.54
	refused 595.45.04-open "595.44.02 and 610.57.04"
	refused garbage
	refused 99999999999999999999.1 610.57.04
}

# all of them with EVERY_RELEASE, which make check-sweep sets; else the first and the last one
@test "abi: the 20 measured releases without a layout are refused" {
	local releases release
	new_world 550.54.14
	mapfile -t releases < <(grep -E '^5(15|20)\.' "$data/nvidia-releases.txt")
	[ "${#releases[@]}" -eq 20 ]
	[ -n "${EVERY_RELEASE-}" ] || releases=("${releases[0]}" "${releases[-1]}")
	for release in "${releases[@]}"; do
		refused "$release"
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

@test "abi: releases between measured ones belong to their run" {
	local release
	for release in 525.50.01 530.35 535.100.01 545.25 550.90.05 555.50 560.30.01 565.70 570.86.16 570.124.06 570.150 575.60 580.80 590.46 595.44.50; do
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
	refused 600.10.01 "595.44.02 and 610.57.04"
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" apply --driver-abi 580.82.09
	# the probe asks for type 0, and comes before anything that changes
	run "$SIMULATE" transcript "$world"
	[[ ${output%%cmd=0xa0810101*} == *"control cmd=0xa0810103 size=5424 status=0x57"* ]]
	expect 0 "$gpu: nothing to do: 1 type is registered" "" apply --driver-abi 580.82.09
}

@test "--driver-abi: a layout of another size is refused before anything is sent" {
	new_world 600.10.01 --like=595.45.04
	expect 5 "" "mdev-gpu: $gpu: the driver does not speak the layout of 550.90.07, nothing was sent: NV_ERR_INVALID_ARGUMENT \
0x1f: Invalid argument to call; the driver expects other parameters than its release is known for" apply --driver-abi 550.90.07
	nothing_sent
}

@test "--driver-abi: a known release speaks its own layout only" {
	new_world 550.90.07
	expect 2 "" "mdev-gpu: $gpu: driver 550.90.07 is known, it does not speak the layout of 595.45.04" \
		apply --driver-abi 595.45.04
	untouched
	# of the same branch: the same layout
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" apply --driver-abi 550.40.07
}

# 590 and 595 have the same sizes and another meaning, so no probe tells them apart
@test "--driver-abi: a release of a known branch speaks that branch's layouts only" {
	new_world 595.43.01 --like=595.45.04
	expect 2 "" "mdev-gpu: $gpu: driver 595.43.01 is of a known branch, it does not speak the layout of 590.48.01" \
		apply --driver-abi 590.48.01
	untouched
	expect 0 "$gpu: 1 type registered, 0 unchanged" "mdev-gpu: $gpu: the layout of 595.44.02 to 610.57.04 has the size of that of \
580.94.02 to 590.48.01: which of them driver 595.43.01 speaks cannot be verified" apply --driver-abi 595.45.04
	rm -rf "$world"
	new_world 595.91.04 --like=595.45.04
	expect 2 "" "mdev-gpu: $gpu: driver 595.91.04 is known, it does not speak the layout of 590.48.01" apply --driver-abi 590.48.01
	untouched
	# a branch with two layouts takes either, and the probe decides
	rm -rf "$world"
	new_world 580.90.01 --like=580.94.02
	expect 5 "" "mdev-gpu: $gpu: the driver does not speak the layout of 580.82.09, nothing was sent: NV_ERR_INVALID_ARGUMENT \
0x1f: Invalid argument to call; the driver expects other parameters than its release is known for" apply --driver-abi 580.82.09
	nothing_sent
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

@test "--driver-abi: 510.47.03 cannot be tried by asking, so no other branch is spoken to like that" {
	local release
	for release in 450.80.02 470.129.04 515.65.01; do
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
595.44.02 to 610.57.04: $nothing" apply --driver-abi 590.48.01
	expect 0 "$gpu: nothing to do: 1 type is registered" "mdev-gpu: $gpu: the layout of 595.44.02 to 610.57.04 has the size of that \
of 580.94.02 to 590.48.01: $nothing" apply --driver-abi 595.45.04
}

# 570 and 575 have types of one size and lists of two
@test "--driver-abi: a layout whose list has another size is refused before anything is sent" {
	new_world 572.10 --like=570.211.01
	expect 5 "" "mdev-gpu: $gpu: the driver does not speak the layout of 575.51.02, nothing was sent: NV_ERR_INVALID_ARGUMENT \
0x1f: Invalid argument to call; the driver expects other parameters than its release is known for" apply --driver-abi 575.51.02
	nothing_sent
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" apply --driver-abi 570.211.01
}
