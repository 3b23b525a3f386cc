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
	printf '%s\n' 'gpus:' '- mdevConfigs:' '  - num: 1' '    maxInstances: 2' '    fbLen: 896' '    fbRes: 128'
	[ $# -eq 0 ] || printf '    %s\n' "$@"
}

# types N: a profile with N types, from number 60001 on
types() {
	printf '%s\n' 'gpus:' '- mdevConfigs:'
	seq -f '  - {num: %.0f, maxInstances: 2, fbLen: 896, fbRes: 128}' 60001 $((60000 + $1))
}

# section NUM [LINE]…: a profile with one section and one type; the lines are the section's ("filteredGpus: …")
section() {
	local num=$1
	shift
	printf '%s\n' 'gpus:' "- mdevConfigs: [{num: $num, maxInstances: 2, fbLen: 896, fbRes: 128}]"
	[ $# -eq 0 ] || printf '  %s\n' "$@"
}

# read_json EXPRESSION <FILE: what Python finds in it, the document being "it"; fails on anything that is not JSON
read_json() {
	python3 -c 'import json, sys; it = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}

# table NAME: the words of one of the program's tables, one a line (tests/tools/tables.c)
table() {
	"$TABLES" "$1" | read_json '"\n".join(it)'
}

## mdev-gpu check

# accepts: what comes in has no mistake
accepts() {
	put good.yaml
	expect 0 "1 file, ${1:-1 type}: no mistakes" "" mdev_gpu check good.yaml
}

# tells MESSAGE…: what comes in has exactly these mistakes, in this order
tells() {
	put bad.yaml
	expect 3 "" "$(printf 'mdev-gpu: bad.yaml:%s\n' "$@")" mdev_gpu check bad.yaml
}

# refuses MESSAGE…: these mistakes, and a run sends nothing of what comes in
refuses() {
	local world=$BATS_FILE_TMPDIR/refusing
	tells "$@"
	[ -d "$world" ] || "$SIMULATE" new "$world" --driver 535.104.05 --gpu "$P40"
	run -3 program apply "$gpu" -c bad.yaml
	untouched
}

# mistakes COMMAND…: without the warnings and notes that the command has beside them
mistakes() {
	local status=0
	"$@" 2>"$BATS_TEST_TMPDIR/.all" || status=$?
	sed '/: warning: /d; /: note: /d' "$BATS_TEST_TMPDIR/.all" >&2
	return "$status"
}

## The catalog

# folder NAME PATTERN…: an architecture folder with these patterns and a type of the folder's name
folder() {
	local name=$1
	shift
	put "$configuration/Nvidia/$name/devices.yaml" "$(printf -- "- '%s'\n" "$@")"
	put "$configuration/Nvidia/$name/types.yaml" < <(section 60001)
}

## The simulated driver (tests/driver)

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

# as root, at least of a namespace: the program asks for no more before it opens the driver
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(unshare --map-root-user)

in_world() {
	"${as_root[@]}" "$SIMULATE" run "$world" -- "$@"
}

# cli ARGUMENT…: the old command line, which has no --root, with a /run of its own
cli() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	"${as_root[@]:-env}" unshare --mount sh -euc 'mount -t tmpfs none /run && exec "$@"' cli \
		"$SIMULATE" run "$world" -- "$MDEV_CLI" "$@"
}

# program ARGUMENT…: the program in the world
program() {
	mkdir -p "$root"
	in_world "$MDEV_GPU" --root "$root" "$@"
}

# applied FILE [ARGUMENT…]: a setup that must succeed; what was said before is no longer in the transcript
applied() {
	local file=$1
	shift
	program apply "$gpu" -c "$file" "$@" >"$BATS_TEST_TMPDIR/.setup" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/.setup"
		return 1
	}
	simulate clear
}

# stopped: waits until the program of the world has been stopped, and prints its pid
stopped() {
	local transcript pid='' state='' _
	for _ in {1..6000}; do
		IFS= read -r -d '' transcript <"$world/transcript" || :
		[[ ! $transcript =~ ' inject stop pid='([0-9]+) ]] || {
			pid=${BASH_REMATCH[1]}
			read -r _ _ state _ <"/proc/$pid/stat"
		}
		[ "$state" != T ] || break
		sleep 0.01
	done
	[ "$state" = T ] && echo "$pid"
}

# simulate COMMAND ARGUMENT…: changes or asks the world
simulate() {
	local command=$1
	shift
	"$SIMULATE" "$command" "$world" "$@"
}

# sent: how many types went to the driver since the last "simulate clear"
sent() {
	grep -c 'control cmd=0xa0810101 ' "$world/transcript" || :
}

# untouched: since then the driver was not even opened, and no node of it made
untouched() {
	same "" "$world/transcript" transcript
}

# closed: every file of the driver that was opened was closed by the program, its objects freed before, and nothing would
# have hurt a real kernel
closed() {
	awk '
		/leaked|DANGER/ { print; exit wrong = 1 }
		/ open nvidia/ && !/errno/ { open++ }
		/ close nvidia/ { open-- }
		/ close nvidia/ && !/ close nvidiactl/ && before ~ /status=/ && before !~ / free status=0x0/ {
			print "closed before its objects were freed: " before
			exit wrong = 1
		}
		{ before = $0 }
		END { exit wrong || open }' "$world/transcript"
}

# shown [ADDRESS]: the types that sysfs shows, "nvidia-1 NAME", one a line in the order of their numbers
shown() {
	local folder
	for folder in "$world/sys/bus/pci/devices/${1:-$gpu}"/mdev_supported_types/*/; do
		[ -d "$folder" ] || continue
		folder=${folder%/}
		printf '%s %s\n' "${folder##*/}" "$(<"$folder/name")"
	done | sort -V
}

# listed [ADDRESS]: the numbers of the types that the driver has for the GPU, in its order, on one line
listed() {
	simulate types "${1:-$gpu}" | cut -d ' ' -f 1 | paste -sd ' '
}
