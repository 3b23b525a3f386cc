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

# hangs: a run that has the GPU, and does not end; pid
hangs() {
	new_world 535.104.05
	simulate inject open:gpu=hang:1000000
	program apply "$gpu" -c two.yaml >first 2>&1 3>&- &
	until grep -q " inject hang" "$world/transcript"; do sleep 0.05; done
	pid=$(<"$state_folder/$gpu.lock")
}

@test "apply: who waits in vain for the GPU says who has it and since when, and leaves the record alone" {
	local has
	hangs
	[ "$(cat "/proc/$pid/comm")" = mdev-gpu ]
	has="process $pid has had it since $(date -u -r "$state_folder/$gpu.lock" +%FT%TZ)"
	cp "$state_folder/$gpu.yaml" record
	RM_CLOCK=virtual expect 1 "$gpu: waiting for the lock on the GPU: $has" \
		"mdev-gpu: $gpu: cannot get the lock on the GPU: $has: Connection timed out" program apply "$gpu" -c two.yaml
	cmp record "$state_folder/$gpu.yaml"
	# nor does who needs no lock
	put bad.yaml 'gpus: 1'
	run -3 program apply "$gpu" -c bad.yaml
	cmp record "$state_folder/$gpu.yaml"
	kill "$pid"
	wait
}

@test "apply: who waits in vain for the driver says that another process has it" {
	new_world 535.104.05
	mkdir -p "$state_folder"
	flock --no-fork "$state_folder/driver.lock" sleep 60 3>&- &
	local holder=$!
	RM_CLOCK=virtual expect 1 "" \
		"mdev-gpu: $gpu: cannot get the lock on the driver: another process has it: Connection timed out" \
		program apply "$gpu" -c two.yaml
	kill "$holder"
	wait || :
}

@test "apply: the lock is that of the file which has the name, not of one that was removed meanwhile" {
	local lock=$state_folder/$gpu.lock first second
	new_world 535.104.05
	mkdir -p "$state_folder"
	flock --no-fork "$lock" sleep 60 3>&- &
	first=$!
	until ! flock --nonblock "$lock" true; do sleep 0.05; done
	program apply "$gpu" -c two.yaml >out 2>&1 3>&- &
	until grep -q -- "-> FLOCK .*:$(stat -c %i "$lock") " /proc/locks; do sleep 0.1; done
	rm "$lock"
	flock --no-fork "$lock" sleep 60 3>&- &
	second=$!
	until ! flock --nonblock "$lock" true; do sleep 0.05; done
	kill "$first"
	sleep 0.5
	untouched
	kill "$second"
	wait || :
	[ "$(sent)" -eq 2 ]
	grep -qx "$gpu: 2 types registered, 0 unchanged" out
}

@test "apply: /run/mdev-gpu is for everybody to read, whatever the umask is or was" {
	new_world 535.104.05
	(umask 077; program apply "$gpu" -c two.yaml)
	[ "$(stat -c %a "$state_folder")" = 755 ]
	chmod 0700 "$state_folder"
	run -0 program apply "$gpu" -c two.yaml
	[ "$(stat -c %a "$state_folder" "$state_folder/$gpu.yaml")" = 755$'\n'644 ]
}

fails() {
	expect 1 "" "mdev-gpu: $gpu: cannot get the lock on the GPU: $1
mdev-gpu: $gpu: cannot write down the result: $1" program apply "$gpu" -c two.yaml
}

@test "apply: a /run/mdev-gpu that is a link, another user's, or for others to write is not taken" {
	local mode
	new_world 535.104.05
	mkdir -p "${state_folder%/*}" "$root/elsewhere"
	ln -s "$root/elsewhere" "$state_folder"
	fails "Not a directory"
	rm "$state_folder"
	mkdir "$state_folder"
	chown nobody "$state_folder"
	fails "Operation not permitted"
	chown root "$state_folder"
	for mode in 0777 1777 0775; do
		chmod "$mode" "$state_folder"
		fails "Operation not permitted"
	done
	untouched
	[ -z "$(ls -A "$root/elsewhere")$(ls -A "$state_folder")" ]
}
