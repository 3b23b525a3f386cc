#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Each allocation of a command fails once: nothing crashes, what is said is true or an error, and a GPU has all of its types or those
# that it had. Here a sample with a fixed seed; all of them are make check-sweep-all's (EVERY_ALLOCATION=yes).

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup_file() {
	# shellcheck disable=SC2086 # words
	${CC:-cc} -std=gnu11 -O2 -Wall -Wextra -fPIC -fvisibility=hidden -shared -o "$BATS_FILE_TMPDIR/memory.so" \
		"$BATS_TEST_DIRNAME/memory.c" -ldl
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/Nvidia/Pascal/two.yaml" < <(types 2)
	chmod -R go-w "$root"
	new_world 535.104.05
}

# failing N COMMAND…: the Nth allocation of the program fails; out, err, and the exit code in status
failing() {
	status=0
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_world timeout 60 bash -c 'FAIL_AT=$1 FAIL_COUNT=$2 LD_PRELOAD=$3:$LD_PRELOAD exec "${@:4}"' failing "$1" "$BATS_TEST_TMPDIR/count" \
		"$BATS_FILE_TMPDIR/memory.so" "$MDEV_GPU" --root "$root" "${@:2}" >out 2>err || status=$?
}

# told: what was printed and how it ended, without what differs from run to run
told() {
	sed -E 's/[0-9]{4}-[0-9-]+T[0-9:]+Z/TIME/; s/, [0-9]+ ms\b//; s/[0-9]+ (seconds?|minutes?) ago/AGO/' out err
	echo "exit code $status"
}

# honest: it ends as without a failure, or what is lacking is told
honest() {
	if [ "$status" -eq 0 ]; then
		[ "$got" = "$good" ] || cat out err | tr -s '\n ' ' ' | grep -qE 'Cannot allocate memory|out of memory'
	else
		[ "$status" -eq "$of_good" ] || [ -s err ]
	fi
}

# sweep JUDGE COMMAND…: judge looks at each run's end, which is right as well as told
sweep() {
	local judge=$1 good got of_good
	local -i i n=0 tried at wrong=0
	shift
	cp -r "$root" before.root
	simulate snapshot before.world
	failing 0 "$@"
	good=$(told) of_good=$status
	n=$(<count)
	[ "$n" -gt 50 ]
	RANDOM=15
	tried=$([ -n "${EVERY_ALLOCATION-}" ] && echo "$n" || echo 6)
	for ((i = 1; i <= tried; i++)); do
		at=$([ "$tried" -eq "$n" ] && echo "$i" || echo $((RANDOM % n + 1)))
		rm -rf "${root:?}"
		cp -r before.root "$root"
		simulate restore before.world
		failing "$at" "$@"
		got=$(told)
		if [ "$status" -gt 5 ] || ! honest || ! $judge; then
			printf 'allocation %d of %d:\n%s\n' "$at" "$n" "$got"
			wrong+=1
		fi
	done
	[ "$wrong" -eq 0 ]
	echo "# $tried of $n allocations: $*" >&3
}

# whole: a run that has succeeded has registered all, another one all or nothing of it, and then what was there is there
whole() {
	local now
	now=$(listed)
	[ "$now" = "60001 60002" ] || { [ "$now" = "${old-}" ] && [ "$status" -ne 0 ]; }
}

@test "memory: apply has given a GPU all of its types or none" {
	sweep whole apply "$gpu"
}

@test "memory: apply has replaced all types of others or none" {
	local old="60001 60002 60003"
	types 3 >three.yaml
	applied three.yaml
	sweep whole apply "$gpu"
}

@test "memory: apply by the rule, nothing to do" {
	applied "$configuration/Nvidia/Pascal/two.yaml"
	sweep whole apply --unit "$gpu"
}

@test "memory: apply and check refuse the same mistakes" {
	type 'ecc: 2' 'fbLenn: 1' 'name: *a' >"$configuration/Nvidia/Pascal/two.yaml"
	sweep true apply "$gpu"
	sweep true check
	sweep true check --json
}

@test "memory: plan, status, explain and check" {
	local command
	for command in plan status explain; do
		sweep true "$command" "$gpu"
		sweep true "$command" --json "$gpu"
	done
	sweep true check
}
