#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The time that a run has, on a real clock: what must hold of it whatever the driver does. Each test takes some seconds.

# shellcheck disable=SC2154 # root, world, gpu: helpers.bash
load ../helpers

@test "deadline: time in which the process was stopped does not count" {
	local ms sleeps
	"$DEADLINE" stopped >"$BATS_TEST_TMPDIR/out" &
	until grep -q '^State:	T' "/proc/$!/status"; do sleep 0.1; done
	sleep 4
	kill -CONT "$!"
	wait "$!"
	read -r ms sleeps <"$BATS_TEST_TMPDIR/out"
	echo "$ms ms of two seconds, in $sleeps sleeps"
	# a loaded machine makes the time longer and the sleeps fewer
	[ "$ms" -ge 1000 ] && [ "$sleeps" -le 20 ]
}

@test "deadline: a process that takes no signal is ended by its second thread, six seconds later" {
	local -i start=$SECONDS
	run -1 "$DEADLINE" deaf
	[ "$output" = "mdev-gpu: deaf: the driver does not come back, so the run ends here; the GPU's next event tries again" ]
	[ $((SECONDS - start)) -ge 7 ] && [ $((SECONDS - start)) -le 15 ]
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
