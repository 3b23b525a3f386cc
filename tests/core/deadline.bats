#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The time that a run has, on a real clock: what must hold of it whatever the driver does. Each test takes some seconds.

# shellcheck disable=SC2154 # root, world, gpu: helpers.bash
load ../helpers

@test "deadline: time in which the process was stopped does not count" {
	local ms sleeps busy
	"$DEADLINE" stopped >"$BATS_TEST_TMPDIR/out" &
	until grep -q '^State:	T' "/proc/$!/status"; do sleep 0.1; done
	sleep 4
	kill -CONT "$!"
	wait "$!"
	read -r ms sleeps busy <"$BATS_TEST_TMPDIR/out"
	echo "$ms ms of two seconds, in $sleeps sleeps, a processor for $busy"
	# who waits, waits
	[ "$busy" -lt 1000 ]
	# a loaded machine makes the time longer and the sleeps fewer
	[ "$ms" -ge 1000 ] && [ "$sleeps" -le 20 ]
}

@test "deadline: a process that takes no signal is ended by its second thread, six seconds later" {
	local -i start ms
	start=$(date +%s%3N)
	run -1 "$DEADLINE" deaf
	ms=$(date +%s%3N)-start
	[ "$output" = "mdev-gpu: deaf: the driver does not come back, so the run ends here; the GPU's next event tries again" ]
	[ "$ms" -ge 7900 ] && [ "$ms" -le 15000 ]
}

@test "deadline: what is taken from a minute and given back, to the second" {
	run -0 "$DEADLINE" lent
	[ "$output" = "clock: 12345678
shorten to 15: 45, timer 15000
shorten to 20: 0, timer 15000
extend by 0: 0, timer 15000
extend by 45: 0, timer 50000
extend a past one: 1, timer 50000
shorten a past one: 0, timer 50000" ]
}

@test "deadline: nobody who does not read what is said keeps a process from its end" {
	local -i start=$SECONDS
	mkfifo "$BATS_TEST_TMPDIR/full"
	exec {full}<>"$BATS_TEST_TMPDIR/full"
	timeout 1 cat /dev/zero >&"$full" || :
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -1 timeout 30 bash -c 'exec "$DEADLINE" deaf 2>&'"$full"
	[ $((SECONDS - start)) -le 16 ]
}
