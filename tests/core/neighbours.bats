#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Another program that registers types on the same GPU, as NVIDIA's daemons do: before a run, after it, and between any two
# calls of it. rm-probe of tests/driver is that program; it has never heard of the lock.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export RM_CLOCK=virtual # types that another program took away do not come, however long a run waits
	mkdir -p "$root"
	mine keep.yaml false
	mine replace.yaml true
}

# mine FILE DISCARD: a profile with types 60001 and 60002
mine() {
	put "$1" <<-END
	gpus:
	- discardPrevious: $2
	  mdevConfigs:
	  - {num: 60001, maxInstances: 8, fbLen: auto, fbRes: auto}
	  - {num: 60002, maxInstances: 8, fbLen: auto, fbRes: auto}
	END
}

# A test that failed leaves no program stopped: bats would wait for it.
teardown() {
	local pid state _
	while read -r pid; do
		read -r _ _ state _ <"/proc/$pid/stat" || continue
		[ "$state" != T ] || kill -KILL "$pid"
	done < <(sed -n 's/.* inject stop pid=//p' "$world/transcript") 2>/dev/null
}

# theirs WORD…: the other program, in one sitting
theirs() {
	in_world "$RM_LIBDIR/rm-probe" ctl gpu:0 client:0-65-0 "$@" update free close >theirs
}

# meanwhile FILE CALL WORD…: a run with FILE, with the other program's words after the run's CALLth ioctl; the run's words are
# in out and err, its exit code is ours
meanwhile() {
	local file=$1 call=$2 pid status=0
	shift 2
	simulate inject "ioctl#$call=stop"
	program apply "$gpu" -c "$file" >out 2>err 3>&- &
	pid=$(stopped) || return 99
	theirs "$@" || return 98
	kill -CONT "$pid"
	wait $! || status=$?
	return "$status"
}

# ioctls [COMMAND]: the numbers, among its ioctls, of what the last run asked the driver; all of them, or those of COMMAND
ioctls() {
	grep -E ' (ioctl|alloc|control|free) ' "$world/transcript" | grep -n "${1-}" | cut -d : -f 1
}

# once: the driver's list in the order of its numbers; what it has twice, once
once() {
	listed | tr ' ' '\n' | sort -nu | paste -sd ' '
}

# fine FILE LIST: types 60001 and 60002 are the profile's own; discardPrevious: true has nothing beside them, false LIST
fine() {
	[ "$(simulate types "$gpu" | grep -Ec '^6000[12] .* max_instance=8 ')" -ge 2 ]
	if [ "$1" = replace.yaml ]; then
		[ "$(listed | tr ' ' '\n' | sort -n | paste -sd ' ')" = "60001 60002" ]
	else
		[ "$(once)" = "$2" ]
	fi
}

# between LIST WORD…: the other program's words after each ioctl of a run, from its first look at the list on. If the run
# says "done", then at its last look that was so: with LIST, where nothing is discarded. The next run does the rest. What was
# said by runs that were not done stands in the file "said", each message once.
between() {
	local list=$1 file call first last end status
	shift
	for file in keep.yaml replace.yaml; do
		rm -rf "$world"
		new_world 535.104.05 --nodes
		program apply "$gpu" -c $file >out
		cp "$(printf '%s\n' "$world"/blocks/*-a0810101.bin | tail -n 1)" second.bin
		first=$(ioctls 0xa0810104 | head -n 1) last=$(ioctls 0xa0810104 | tail -n 1) end=$(ioctls | tail -n 1)
		[ "$first" -lt "$last" ] && [ "$last" -lt "$end" ]
		for ((call = first; call <= end; call++)); do
			simulate reload
			simulate clear
			status=0
			meanwhile $file "$call" "$@" || status=$?
			echo "$file, after call $call of $end: $status; $(listed)"
			cat out err
			sed "s/^mdev-gpu: $gpu: //" err >>messages
			[ "$status" -le 1 ]
			[ "$status" -eq 1 ] || [ "$call" -ge "$last" ] || fine $file "$list"
			# the other program's doing: it cannot know that a run was about to send the same
			sed -i '/DANGER same id twice/d' "$world/transcript"
			closed
			status=0
			program apply "$gpu" -c $file >out 2>err || status=$?
			cat out err
			# a number that means something else for good needs another one
			if grep -q 'already defined otherwise' err; then
				[ "$status" -eq 1 ]
			else
				[ "$status" -eq 0 ]
				fine $file "$list"
			fi
		done
	done
	sort -u messages >said
}

discarded='the driver took %s types without an error, but does not list them; if another program has discarded them meanwhile, apply again'

@test "neighbours: what another program registers before stays with discardPrevious: false, and goes with true" {
	new_world 535.104.05 --nodes
	theirs set:900:4 set:901:4
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c keep.yaml
	[ "$(listed)" = "900 901 60001 60002" ]
	expect 0 "$gpu: nothing to do: 2 types are registered" "" program apply "$gpu" -c keep.yaml
	expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c replace.yaml
	[ "$(listed)" = "60001 60002" ]
}

@test "neighbours: what another program discards after a run comes back with the next one, beside its own or alone" {
	local file list
	for file in keep.yaml replace.yaml; do
		new_world 535.104.05 --nodes
		program apply "$gpu" -c $file
		theirs set:900:4:discard
		[ "$(listed)" = 900 ]
		expect 0 "$gpu: 2 types registered, 0 unchanged" "" program apply "$gpu" -c $file
		[ $file = keep.yaml ] && list="900 60001 60002" || list="60001 60002"
		[ "$(listed)" = "$list" ]
		rm -rf "$world"
	done
}

@test "neighbours: a type that another program has sent just so is not sent again" {
	new_world 535.104.05 --nodes
	program apply "$gpu" -c keep.yaml
	cp "$(printf '%s\n' "$world"/blocks/*-a0810101.bin | tail -n 1)" second.bin
	simulate reload
	simulate clear
	theirs send:second.bin
	simulate clear
	expect 0 "$gpu: 1 type registered, 1 unchanged" "" program apply "$gpu" -c keep.yaml
	[ "$(sent)" -eq 1 ]
}

@test "neighbours: another program discards while nothing has to be done: sysfs is not blamed" {
	new_world 535.104.05 --nodes
	applied keep.yaml
	program apply "$gpu" -c keep.yaml >out
	# the last word to the driver before sysfs is looked at
	run -1 meanwhile keep.yaml "$(($(ioctls | tail -n 1) - 1))" set:900:4:discard
	# shellcheck disable=SC2059
	same "mdev-gpu: $gpu: $(printf "$discarded" 2)" err messages
	[ "$(listed)" = 900 ]
}

@test "neighbours: another program discards between two calls: nothing is called done that is lost" {
	between "900 60001 60002" set:900:4:discard
	# shellcheck disable=SC2059
	same "$(printf "$discarded\n" 1 2)" said messages
}

@test "neighbours: another program's types come between two calls: discardPrevious: true tells of those that stay" {
	between "900 60001 60002" set:900:4
	same "meanwhile, another program has registered nvidia-900; apply again to discard that" said messages
}

@test "neighbours: another program sends a type of ours between two calls: it is not called done while it is there twice" {
	between "60001 60002" send:second.bin
	same "meanwhile, another program has registered nvidia-60002; apply again to discard that" said messages
}

@test "neighbours: another program takes a number of ours between two calls: the first definition counts, and that is told" {
	between "60001 60002" set:60002:4
	cat said
	[ "$(wc -l <said)" -eq 2 ]
	grep -q '^meanwhile, another program has registered nvidia-60002; apply again to discard that$' said
	grep -q '^nvidia-60002 is already defined otherwise: .*maxInstances is 4, not 8, .*another num$' said
}

# two_runs CALL: a run for the first GPU stands still after CALL while one for the second GPU begins; pids in first and second
two_runs() {
	new_world 535.104.05 --nodes "$P40" "$other=10de:1b38:10de:11d9,fb=24576"
	simulate inject "$1=stop"
	program apply "$gpu" -c keep.yaml >out 2>err 3>&- &
	first=$!
	stopped=$(stopped)
	program apply "$other" -c keep.yaml >second.out 2>&1 3>&- &
	second=$!
}

@test "neighbours: a run that stands still keeps no other GPU waiting, unless it is giving types to the driver" {
	local other=0000:66:00.0 first second stopped
	two_runs control:0x205
	wait "$second"
	[ "$(<second.out)" = "$other: 2 types registered, 0 unchanged" ]
	[ ! -s out ]
	kill -CONT "$stopped"
	wait "$first"

	rm -rf "$world"
	two_runs control:0xa0810101
	sleep 1
	[ "$(sent)" -eq 1 ]
	[ ! -s second.out ]
	kill -CONT "$stopped"
	wait "$first"
	wait "$second"
	[ "$(<second.out)" = "$other: 2 types registered, 0 unchanged" ]
	[ "$(sent)" -eq 4 ]
}

# the driver forgets it when a SET_INFO fails, and only another one sets it
@test "neighbours: that their list was complete is kept, or is said to be lost" {
	local k
	new_world 550.90.07
	types 2 | sed 's/: 6000/: 6001/' >theirs.yaml
	types 2 >ours.yaml
	for k in 1 2; do
		program apply "$gpu" -c theirs.yaml
		[[ $(simulate state "$gpu") == *config_state=2* ]]
		simulate clear
		simulate inject "control:0xa0810101#$k=status:0x56"
		run -1 program apply "$gpu" -c ours.yaml --keep
		[[ $output == *"the driver calls the GPU's list incomplete until the next type is registered" ]]
		[[ $(simulate state "$gpu") == *config_state=0* ]]
		simulate reload
	done
	# what did not reach the driver, and what is put back, leaves it
	program apply "$gpu" -c theirs.yaml
	simulate clear
	simulate inject "control:0xa0810101=errno:EIO"
	run -1 program apply "$gpu" -c ours.yaml --keep
	[[ $output != *incomplete* && $(simulate state "$gpu") == *config_state=2* ]]
	simulate clear
	simulate inject "control:0xa0810101#2=status:0x56"
	run -1 program apply "$gpu" -c ours.yaml
	[[ $output == *'are back' && $(simulate state "$gpu") == *config_state=2* ]]
	closed
}
