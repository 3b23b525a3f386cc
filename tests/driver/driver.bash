# shellcheck shell=bats disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of the simulated driver share.

bats_require_minimum_version 1.5.0

export LC_ALL=C.UTF-8

setup_file() {
	src=$BATS_TEST_DIRNAME
	export src RM_SIMULATE=${SIMULATE:-$src/simulate}
	[[ -n ${RM_LIBDIR-} ]] || RM_LIBDIR=$BATS_FILE_TMPDIR/tools "$src/build" "$BATS_FILE_TMPDIR/tools"
	export RM_LIBDIR=${RM_LIBDIR:-$BATS_FILE_TMPDIR/tools}
}

setup() {
	world=$BATS_TEST_TMPDIR/world
	P40=0000:65:00.0=10de:1b38:10de:11d9
	A6000=0000:66:00.0=10de:2230:10de:1459
	all=(ctl gpu:0 client:0-65-0)
}

simulate() {
	"$RM_SIMULATE" "$@"
}

new() {
	local driver=$1
	shift
	simulate new "$world" --driver "$driver" "$@"
}

probe() {
	simulate run "$world" -- "$RM_LIBDIR/rm-probe" "$@"
}

# is TEXT: what "run" got, whole
is() {
	[[ $output == "$1" ]] || {
		diff -u --label expected --label got <(echo "$1") <(echo "$output")
		return 1
	}
}

types_of() {
	local folder=$world/sys/bus/pci/devices/$1/mdev_supported_types
	[[ ! -d $folder ]] || ls "$folder"
}
