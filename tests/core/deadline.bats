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

## Every command, on a fast clock (RM_CLOCK)

# words_of COMMAND: the rest of its command line where it does something
words_of() {
	case $1 in
	apply | plan | functions | assert) echo "$gpu" ;;
	follow) echo --all ;;
	import) echo "$abs_top_srcdir/tests/data/import/profile_override.toml" ;;
	suggest) echo --device 10de:1b38 ;;
	report) echo --probe ;;
	esac
}

# ends NAME PROGRAM ARGUMENT…: what it prints goes to NAME.out, its exit code to NAME.status
ends() {
	local status=0
	# redirected over there: a shell tells of who was killed, and would wait here until somebody reads it
	# shellcheck disable=SC2016 # expanded by the inner shell
	RM_CLOCK=300 in_world sh -c 'timeout --kill-after=1 30 "$@" >"$0" 2>&1' "$1.out" "${@:2}" 3>&- || status=$?
	echo "$status" >"$1.status"
}

@test "deadline: no command waits longer than five minutes for somebody who reads what it prints" {
	local name
	new_world 535.104.05
	types 2 | put "$configuration/generate-vgpu-types.yaml"
	chmod -R go-w "$root"
	cd "$BATS_TEST_TMPDIR"
	mkfifo full
	exec {full}<>full
	dd if=/dev/zero of=full bs=64k count=1 oflag=nonblock status=none || :
	for name in $("$MDEV_GPU" --help | sed -n '/^Commands:/,/^Options:/s/^  \([a-z]\+\) .*/\1/p'); do
		ln -s full "$name.out"
		# shellcheck disable=SC2046 # words
		ends "$name" "$MDEV_GPU" --root "$root" "$name" $(words_of "$name") &
	done
	ln -s full cli.out
	ends cli "$MDEV_CLI" --help &
	wait
	# who has nothing to say does not wait
	[[ $(<follow.status) == [01] ]]
	rm follow.status
	same "     12 1" <(sort ./*.status | uniq -c) "commands by exit code"
}

@test "deadline: no command waits longer than five minutes for its input" {
	local command commands=("check -" "plan $gpu -c -" "assert $gpu -c -" "apply $gpu -c -" "functions $gpu -c -")
	new_world 535.104.05
	mkdir -p "$root"
	cd "$BATS_TEST_TMPDIR"
	mkfifo silent
	exec {silent}<>silent
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2086 # words
		ends "${command%% *}" "$MDEV_GPU" --root "$root" $command <&"$silent" &
	done
	wait
	for command in "${commands[@]}"; do
		head -n 1 "${command%% *}.out" >said
		# who has no time to say more is ended, a fiftieth of a second later by this clock
		same "mdev-gpu: -: Connection timed out" said "$command" || grep -q ' ends here' said
		[[ $(<"${command%% *}.status") == [13] ]]
	done
}

@test "deadline: no command waits longer than five minutes for what takes no signal" {
	local command commands=(status explain "assert $gpu" report)
	new_world 535.104.05
	types 2 | put "$configuration/generate-vgpu-types.yaml"
	chmod -R go-w "$root"
	cd "$BATS_TEST_TMPDIR"
	# the bed of the world's files blocks signals while it opens one
	rm "$world/proc/devices"
	mkfifo "$world/proc/devices"
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2086 # words
		ends "${command%% *}" "$MDEV_GPU" --root "$root" $command &
	done
	wait
	for command in "${commands[@]}"; do
		same 1 "${command%% *}.status" "$command"
		same "mdev-gpu: what this waits for does not come, so it ends here" "${command%% *}.out" "$command"
	done
}

## Runs beside each other, on a clock that goes so many times as fast as the real one (RM_CLOCK)

# gpus N: a world with so many GPUs, in gpus, and a configuration for them
gpus() {
	local i
	gpus=()
	for ((i = 1; i <= $1; i++)); do gpus+=("0000:4$i:00.0"); done
	new_world 535.104.05 "${gpus[@]/%/=10de:1b38:10de:11d9,fb=24576}"
	types 2 | put "$configuration/generate-vgpu-types.yaml"
	chmod -R go-w "$root"
	cd "$BATS_TEST_TMPDIR" || return
}

@test "deadline: time in which the driver opens other GPUs does not count" {
	local address
	gpus 5
	simulate inject open:gpu*0=queue:20000
	for address in "${gpus[@]}"; do
		RM_CLOCK=10 program apply "$address" >"out-$address" 2>&1 &
	done
	wait
	for address in "${gpus[@]}"; do
		same "$address: 2 types registered, 0 unchanged" "out-$address" "$address"
	done
}

@test "deadline: who has waited for a lock tells the others that somebody gets on" {
	local lock
	gpus 1
	program apply "${gpus[0]}"
	[ ! -e "$state_folder/progress" ]
	exec {lock}>>"$state_folder/${gpus[0]}.lock"
	flock "$lock"
	(
		exec {lock}>&- 3>&-
		RM_CLOCK=5 program apply "${gpus[0]}"
	) &
	# the kernel tells who waits for a lock
	until grep -q -- "-> FLOCK .*:$(stat -c %i "$state_folder/${gpus[0]}.lock") " /proc/locks; do sleep 0.05; done
	sleep 0.5
	flock --unlock "$lock"
	wait "$!"
	[ -e "$state_folder/progress" ]
}

# by_rule ADDRESS: the rule's run, and what it says in a file of the GPU's name
by_rule() {
	"${as_root[@]:-env}" "$abs_top_srcdir/tests/tools/syslog" "$1" "$SIMULATE" run "$world" -- \
		"$MDEV_GPU" --root "$root" apply --udev "$1"
}

# hung N: so many opens hang
hung() {
	until [ "$(grep -c ' inject hang' "$world/transcript")" -eq "$1" ]; do sleep 0.05; done
}

# asked_for ADDRESS: the GPU's event was sent that has its unit go on
asked_for() {
	[[ $(<"$world/sys/bus/pci/devices/$1/uevent") =~ ^"change "[0-9a-f-]{36}" MDEVGPU=retry" ]]
}

@test "deadline: who has been behind others for 150 s ends, says so, and leaves the GPU to its unit, which waits longer" {
	local ahead="the driver has been at work on other GPUs" holder runs=()
	local end="$ahead, so the run ends here; the GPU's next event tries again"
	export RM_CLOCK=10
	gpus 3
	mkdir -p "$state_folder"
	simulate inject open:gpu=hang:400000
	by_rule "${gpus[0]}" & runs+=($!)
	hung 1
	simulate inject open:gpu=hang:200000
	program apply --unit "${gpus[1]}" >unit 2>&1 & runs+=($!)
	hung 2
	flock --no-fork "$state_folder/${gpus[2]}.lock" sleep 60 3>&- & holder=$!
	until ! flock --nonblock "$state_folder/${gpus[2]}.lock" true; do sleep 0.05; done
	by_rule "${gpus[2]}" & runs+=($!)
	# others get on all the time
	while kill -0 "${runs[@]}" 2>"$BATS_TEST_TMPDIR/ended" || [ "$(grep -c . "$BATS_TEST_TMPDIR/ended")" -lt 3 ]; do
		touch "$state_folder/progress"
		sleep 0.1
	done
	kill "$holder"
	wait

	same "3 mdev-gpu: ${gpus[0]}: $end" "${gpus[0]}" "the rule's, behind one that is opened"
	tail -n 2 "$state_folder/${gpus[0]}.yaml" | same $'message: "a run has begun and has not ended"\nended: "'"$end\"" /dev/stdin record
	asked_for "${gpus[0]}"
	grep -qxE "<6>${gpus[1]}: 2 types registered, 0 unchanged, 2[0-9]{5} ms" unit
	# half a second later, on a slow machine, the second thread has ended it
	grep -qE "^3 mdev-gpu: ${gpus[2]}: (failed: cannot get the lock on the GPU: .*: Connection timed out; $ahead|$end)$" "${gpus[2]}"
	asked_for "${gpus[2]}"
	run ! asked_for "${gpus[1]}"
}
