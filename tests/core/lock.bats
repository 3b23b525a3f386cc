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

# lock_is_waited_for NAME [FOLDER]: while somebody else holds it, nothing is sent
lock_is_waited_for() {
	local folder=${2:-$state_folder}
	new_world 535.104.05
	mkdir -p "$folder"
	flock "$folder/$1.lock" sh -c "touch held; sleep 1; grep -c 0xa0810101 '$world/transcript' >before" &
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

# nevertheless WHY: the types come, with the lock in the second place and without a record, and that is said once
nevertheless() {
	simulate reload
	rm -rf "${root:?}/dev"
	expect 0 "$gpu: 2 types registered, 0 unchanged" "mdev-gpu: $gpu: cannot write down the result: $1" \
		program apply "$gpu" -c two.yaml
	[ "$(cd "$root/dev" && echo mdev-gpu/*)" = "mdev-gpu/$gpu.lock mdev-gpu/driver.lock" ]
	[ ! -e "$state_folder/$gpu.yaml" ]
}

@test "apply: a /run/mdev-gpu that is a link, a file, another user's, or for others to write is not taken, and types come" {
	local mode
	new_world 535.104.05
	mkdir -p "${state_folder%/*}" "$root/elsewhere"
	ln -s "$root/elsewhere" "$state_folder"
	nevertheless "Not a directory"
	rm "$state_folder"
	: >"$state_folder"
	nevertheless "Not a directory"
	rm "$state_folder"
	mkdir "$state_folder"
	chown nobody "$state_folder"
	nevertheless "Operation not permitted"
	chown root "$state_folder"
	for mode in 0777 1777 0775; do
		chmod "$mode" "$state_folder"
		nevertheless "Operation not permitted"
	done
	[ -z "$(ls -A "$root/elsewhere")$(ls -A "$state_folder")" ]
}

@test "apply: where /run is read-only, full or without inodes the types come, and that nothing is written down is said" {
	new_world 535.104.05
	mkdir -p "$root/run"
	# shellcheck disable=SC2016 # expanded by the inner shell
	program() {
		"${as_root[@]:-env}" unshare --mount bash -euc 'mount -t tmpfs -o "$1" none "$2/run"
			[ "$1" != size=4k ] || ! head -c 9999 /dev/zero 2>/dev/null >"$2/run/full"
			exec "${@:3}"' mounted "$options" "$root" "$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" "$@"
	}
	options=ro nevertheless "Read-only file system"
	options=nr_inodes=1 nevertheless "No space left on device"
	# in the rule's run it is the remark behind what was done
	simulate reload
	put "$configuration/generate-vgpu-types.yaml" <two.yaml
	chmod -R go-w "$root"
	options=ro run -0 program apply --unit "$gpu"
	[[ $output == "<4>$gpu: 2 types registered, 0 unchanged, "*" ms; cannot write down the result: Read-only file system" ]]
	# also where the run gives up writing elsewhere
	simulate reload
	options=ro run -0 program apply --udev "$gpu"
	[ "$(listed)" = "60001 60002" ]
	# an empty file takes no room: the lock is where it always is
	simulate reload
	rm -r "${root:?}/dev"
	options=size=4k expect 0 "$gpu: 2 types registered, 0 unchanged" \
		"mdev-gpu: $gpu: cannot write down the result: No space left on device" program apply "$gpu" -c two.yaml
	[ ! -e "$root/dev" ]
}

@test "apply: a lock in the second place counts for those who could make one in the first" {
	lock_is_waited_for "$gpu" "$root/dev/mdev-gpu"
	[ ! -e "$state_folder/$gpu.lock" ]
	simulate reload
	put "$configuration/generate-vgpu-types.yaml" <two.yaml
	exec 9<"$root/dev/mdev-gpu/$gpu.lock"
	flock 9
	run -0 program explain "$gpu"
	[[ $output == "$gpu: running: "* ]]
	exec 9<&-
}
