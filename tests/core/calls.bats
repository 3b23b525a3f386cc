#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# A system call that fails, or at which the process is killed or stopped, at each call: the answer is the right one or none, a wrong
# one never passes for it, and the next run repairs everything. A sample of the calls; all of them with EVERY_CALL=yes.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p "${configuration%/*}"
	cp -r "$CATALOG" "$configuration"
	chmod -R go-w "$root"
}

# traced OPTIONS COMMAND…: strace's options in one word; what the command prints and says, and its exit code at the end
traced() {
	local status=0
	# shellcheck disable=SC2086 # words
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 timeout 60 strace -qq $1 "${@:2}" 2>&1 || status=$?
	echo "exit code $status"
}

# step TOTAL N: every how manyth of them is tried, so that about N are
step() {
	[ -n "${EVERY_CALL-}" ] && echo 1 || echo $(($1 / $2 + 1))
}

# each CALL ERRNO MEANING COMMAND…: the command with the call failing at each; the number of its runs is added to n
each() {
	local call=$1 errno=$2 said=$3 good got
	local -i calls i
	shift 3
	good=$(traced "-o calls -e trace=$call" "$@")
	calls=$(grep -c "^$call(" calls)
	[ "$calls" -gt 0 ]
	for ((i = 1; i <= calls; i += $(step "$calls" 30))); do
		got=$(traced "-o /dev/null -e trace=$call -e inject=$call:error=$errno:when=$i" "$@" | sed '/False leaks are possible/d') # a sanitizer's
		n+=1
		# right, or the failure is told; or the program could not even be loaded, or a sanitizer not read its options
		[ "$got" = "$good" ] || [[ $got == *mdev-gpu:*"$said"* || $got == *"LeakSanitizer has encountered a fatal error"* ]] ||
			[ "${got##*$'\n'}" = "exit code 127" ] || {
			printf '%s of %s no. %d:\n%s\n' "$errno" "$call" "$i" "$got"
			return 1
		}
	done
}

@test "errno: check tells the truth of a catalog or fails, whichever call fails" {
	local -i n=0
	local call
	for call in getdents64 newfstatat openat read; do
		each "$call" EIO "Input/output error" "$MDEV_GPU" --root "$root" check
		each "$call" EMFILE "Too many open files" "$MDEV_GPU" --root "$root" check
	done
	echo "# $n failing calls" >&3
	[ "$n" -gt 100 ]
}

# world_traced OPTION… COMMAND…: strace of a command in the world, of which it is no part itself
world_traced() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 in_world bash -c 'preload=$LD_PRELOAD; unset LD_PRELOAD; exec timeout 60 strace -qq -f -E LD_PRELOAD="$preload" "$@"' strace "$@"
}

# by which the simulated driver keeps its state, or its world looks a path up
not_its_own='/[.]rm/|O_PATH|world/(transcript|blocks)'

# calls_of NAMES COMMAND…: "CALL N" for each call that the command makes once it runs, the Nth of its name, where that matches: not
# those of the loader
calls_of() {
	local names=$1
	shift
	world_traced -y -o calls "$@" | cat >/dev/null # to a pipe, as when its calls fail: of a device stdio asks what it is
	awk -v names="^($names)\$" -v not_its_own="$not_its_own" '
		NR == 1 { process = $1 }
		$1 != process || $2 !~ /\(/ { next }
		{ call = $2; sub(/\(.*/, "", call); n[call]++ }
		call == "close_range" { begun = 1 }
		begun && call ~ names && $0 !~ not_its_own { print call, n[call] }' calls
}

# at_each OUTCOME INJECTION NAMES N: apply with the injection at N of its calls of these names; OUTCOME looks at its output and exit
# code, and then the next run has everything in place
at_each() {
	local call number output places
	local -i n=0 i tried=0
	new_world 535.104.05
	types 2 >two.yaml
	mkdir -p "$root"
	simulate snapshot before
	mapfile -t places < <(calls_of "$3" "$MDEV_GPU" --root "$root" apply "$gpu" -c two.yaml)
	[ "${#places[@]}" -ge 50 ]
	for ((i = 0; i < ${#places[@]}; i += $(step "${#places[@]}" "$4"))); do
		read -r call number <<<"${places[i]}"
		tried+=1
		simulate restore before
		rm -rf "$state_folder"
		status=0
		output=$(world_traced -y -o injected -e "trace=$call" -e "inject=$call:$2:when=$number" \
			"$MDEV_GPU" --root "$root" apply "$gpu" -c two.yaml 2>&1) || status=$?
		# a machine that is slow for once has made it another call
		! grep '(INJECTED)$' injected | grep -qE "$not_its_own" || continue
		if ! "$1" || ! repaired; then
			printf '%s at %s no. %d, exit code %d:\n%s\n' "$2" "$call" "$number" "$status" "$output"
			return 1
		fi
		n+=1
	done
	[ $((2 * n)) -gt "$tried" ]
	echo "# $n calls" >&3
}

repaired() {
	[[ $(program apply "$gpu" -c two.yaml 2>&1) == "$gpu: "* ]] && [ "$(listed)" = "60001 60002" ] && [ "$(shown | wc -l)" -eq 2 ] &&
		[ -z "$(find "$state_folder" -name '.*')" ]
}

told() {
	if [ "$status" -eq 0 ]; then [ "$(listed)" = "60001 60002" ]; else [[ $output == *mdev-gpu:* ]]; fi
}

killed() {
	[ "$status" -eq 137 ]
}

@test "errno: apply has done all or says what failed, whichever call fails, and the next run does it" {
	at_each told error=EIO 'openat|read|write|getdents64|rename|unlink|mkdir|flock|ftruncate|fchmod|fstatfs|clone3' 80
}

@test "signals: whichever call apply is killed at, the next run does it all" {
	at_each killed signal=KILL '[a-z].*' 40
}

@test "signals: stopped for a while at any call of the driver, apply does it all" {
	local -i n=0 i calls
	local pid
	new_world 535.104.05
	types 2 >two.yaml
	simulate snapshot before
	program apply "$gpu" -c two.yaml
	calls=$(grep -cE ' (ioctl|alloc|control|free) ' "$world/transcript")
	[ "$calls" -gt 15 ]
	for ((i = 1; i <= calls; i += $(step "$calls" 5))); do
		simulate restore before
		simulate clear
		rm -rf "$state_folder"
		simulate inject "ioctl#$i=stop"
		program apply "$gpu" -c two.yaml >out 2>&1 3>&- &
		pid=$(stopped)
		kill -CONT "$pid"
		wait "$!"
		[ "$(<out)" = "$gpu: 2 types registered, 0 unchanged" ]
		[ "$(listed)" = "60001 60002" ]
		n+=1
	done
	echo "# $n calls" >&3
}
