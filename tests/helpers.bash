# shellcheck shell=bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of the program share: its output compared whole, files that people write, a world with a simulated driver.

bats_require_minimum_version 1.5.0

# Messages are compared whole: strerror() and sort must not speak the developer's language.
export LC_ALL=C.UTF-8

# Everything below /etc and /run is the test's own.
# shellcheck disable=SC2034 # used by the tests
root=${BATS_TEST_TMPDIR-}/root configuration=${BATS_TEST_TMPDIR-}/root$CONFDIR state_folder=${BATS_TEST_TMPDIR-}/root$RUNDIR

# the GPU of worlds that need only one: a Tesla P40
gpu=0000:65:00.0
P40=$gpu=10de:1b38:10de:11d9,fb=24576

mdev_gpu() {
	"$MDEV_GPU" --root "$root" "$@"
}

# same TEXT FILE NAME: the file holds TEXT and a last newline, or nothing at all
same() {
	local want=$1 got=
	[ -z "$want" ] || want+=$'\n'
	IFS= read -r -d '' got <"$2" || :
	[ "$got" = "$want" ] || {
		diff -u --label "expected $3" --label "got" <(printf %s "$want") "$2"
		return 1
	}
}

# expect STATUS STDOUT STDERR COMMAND…: the exit code and both streams, whole
expect() {
	local want=$1 out=$2 err=$3 status=0 wrong=0
	shift 3
	"$@" >"$BATS_TEST_TMPDIR/.out" 2>"$BATS_TEST_TMPDIR/.err" || status=$?
	[ "$status" -eq "$want" ] || wrong=1
	same "$out" "$BATS_TEST_TMPDIR/.out" stdout || wrong=1
	same "$err" "$BATS_TEST_TMPDIR/.err" stderr || wrong=1
	[ "$wrong" -eq 0 ] || {
		echo "exit code $status, expected $want: $*"
		return 1
	}
}

# put FILE [TEXT]: writes TEXT, or what comes in, and makes the folders above
put() {
	local text=${2-}
	[ -d "${1%/*}" ] || [ "${1%/*}" = "$1" ] || mkdir -p "${1%/*}"
	if [ $# -gt 1 ]; then
		printf '%s\n' "$text" >"$1"
	else
		cat >"$1"
	fi
}

# type [KEY: VALUE]…: a profile with one complete type, each argument a line of it from line 7, column 5 on
type() {
	printf '%s\n' 'gpus:' '- mdevConfigs:' '  - num: 1' '    maxInstances: 2' '    fbLen: 1024' '    fbRes: 128'
	[ $# -eq 0 ] || printf '    %s\n' "$@"
}

# types N: a profile with N types from number 1 on
types() {
	printf '%s\n' 'gpus:' '- mdevConfigs:'
	seq -f '  - {num: %.0f, maxInstances: 2, fbLen: 1024, fbRes: 128}' "$1"
}

# section NUM [LINE]…: a profile with one section and one type; the lines are the section's ("filteredGpus: …")
section() {
	local num=$1
	shift
	printf '%s\n' 'gpus:' "- mdevConfigs: [{num: $num, maxInstances: 2, fbLen: 1024, fbRes: 128}]"
	[ $# -eq 0 ] || printf '  %s\n' "$@"
}

# read_json EXPRESSION <FILE: what Python finds in it, the document being "it"; fails on anything that is not JSON
read_json() {
	python3 -c 'import json, sys; it = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}

## The simulated driver (tests/rm)

# world VERSION [GPU | --OPTION…]…: a new world; without a GPU, it has the P40. DIR is $world.
new_world() {
	local version=$1 words=() item
	local -i gpus=0
	shift
	world=$BATS_TEST_TMPDIR/world
	for item; do
		case $item in
		--*) words+=("$item") ;;
		*) words+=(--gpu "$item") gpus+=1 ;;
		esac
	done
	[ "$gpus" -gt 0 ] || words+=(--gpu "$P40")
	"$SIMULATE" new "$world" --driver "$version" "${words[@]}"
}

in_world() {
	"$SIMULATE" run "$world" -- "$@"
}

# program ARGUMENT…: the program in the world
program() {
	in_world "$MDEV_GPU" --root "$root" "$@"
}

# shown [ADDRESS]: the types that sysfs shows, "nvidia-1 NAME", one a line
shown() {
	local folder
	for folder in "$world/sys/bus/pci/devices/${1:-$gpu}"/mdev_supported_types/*/; do
		[ -d "$folder" ] || continue
		printf '%s %s\n' "$(basename "$folder")" "$(cat "$folder/name")"
	done
}
