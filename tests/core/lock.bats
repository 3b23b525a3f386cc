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

@test "apply: a GPU whose opening hangs keeps no other waiting" {
	local other=0000:66:00.0
	new_world 535.104.05 "$P40" "$other=10de:1b38:10de:11d9,fb=24576"
	simulate inject open:gpu=hang:1000000
	program apply "$gpu" -c two.yaml >first 2>&1 3>&- &
	until grep -q " inject hang" "$world/transcript"; do sleep 0.05; done
	expect 0 "$other: 2 types registered, 0 unchanged" "" program apply "$other" -c two.yaml
	[ ! -s first ]
	pkill -f -- "--root $root"
	wait
}

# The driver's lock is held from the first look at its list on: 15 s, and 5 more for cleaning up.
@test "apply: a GPU at which the driver hangs over a type keeps the others waiting for twenty seconds at most, and that is told" {
	new_world 535.104.05
	simulate inject control:0xa0810101=hang:19500
	RM_CLOCK=virtual expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml
	simulate reload
	simulate inject control:0xa0810101=hang:20500
	RM_CLOCK=virtual expect 1 "" "mdev-gpu: $gpu: the driver does not come back, so the run ends here; the GPU's next event tries again" \
		program apply "$gpu" -c two.yaml
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c two.yaml
}
