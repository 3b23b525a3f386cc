#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# A system call that fails, at each call: the answer is the right one or none, and a wrong one never passes for it.

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

# each CALL ERRNO MEANING COMMAND…: the command with the call failing at each of a sample, of all with EVERY_CALL=yes; the number of
# its runs is added to n
each() {
	local call=$1 errno=$2 said=$3 good got
	local -i calls i step=1
	shift 3
	good=$(traced "-o calls -e trace=$call" "$@")
	calls=$(grep -c "^$call(" calls)
	[ "$calls" -gt 0 ]
	[ -n "${EVERY_CALL-}" ] || step=$((calls / 30 + 1))
	for ((i = 1; i <= calls; i += step)); do
		got=$(traced "-o /dev/null -e trace=$call -e inject=$call:error=$errno:when=$i" "$@")
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
