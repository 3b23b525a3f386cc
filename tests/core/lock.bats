#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs beside each other: one at a time for a GPU, one at a time gives types to the driver.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	types 2 >two.yaml
}

# lock_is_waited_for NAME: while somebody else holds it, nothing is sent
lock_is_waited_for() {
	new_world 535.104.05
	mkdir -p "$state_folder"
	flock "$state_folder/$1.lock" sh -c "touch held; sleep 1; grep -c 0xa0810101 '$world/transcript' >before" &
	until [ -e held ]; do sleep 0.05; done
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml
	[ "$(<before)" = 0 ]
	[ "$(sent)" -eq 2 ]
}

@test "apply: another run is about the same GPU, ours waits for it" {
	lock_is_waited_for "$gpu"
}

@test "apply: another run gives types to the driver, ours waits for it" {
	lock_is_waited_for driver
}

# hangs WHERE: a run for the first GPU hangs there for good; "others" has what a run for the second one took, in seconds
hangs() {
	new_world 535.104.05 "$P40" 0000:66:00.0=10de:1b38:10de:11d9,fb=24576
	simulate inject "$1=hang:100000"
	program apply "$gpu" -c two.yaml >first 2>&1 || echo $? >>first &
	until grep -q " inject hang" "$world/transcript"; do sleep 0.05; done
	SECONDS=0
	expect 0 "0000:66:00.0: 2 types registered, 0 unchanged" "" program apply 0000:66:00.0 -c two.yaml
	others=$SECONDS
}

@test "apply: a GPU whose opening hangs keeps no other waiting" {
	hangs open:gpu
	[ "$others" -le 3 ]
	pkill -f -- "--root $root"
	wait
}

@test "apply: a GPU at which the driver hangs over a type keeps the others waiting for fifteen seconds, and says so" {
	hangs control:0xa0810101
	[ "$others" -ge 10 ]
	[ "$others" -le 20 ]
	wait
	[ "$(<first)" = "mdev-gpu: $gpu: the driver does not come back, so the run ends here; the GPU's next event tries again
1" ]
}
