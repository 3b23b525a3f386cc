# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What suites are written with. A suite is a list of claims:
#
#	types_come() {
#		modprobe nvidia
#		settle
#		same "$(configured Pascal)" "$(shown 0001:41:00.0)" "types"
#	}
#	claim "the types appear when the driver is loaded" types_come
#	finish
#
# A claim's function runs in a subshell where the first failing command ends it.
# Everything counted (runs, sent, opened) is counted from the claim's start.

# The GPUs' IDs are for the suites.
# shellcheck disable=SC2034
{
sys=/sys/bus/pci
conf=/etc/gvm/mdev-gpu
P40=10de:1b38:10de:11d9
RTX6000=10de:1e30:10de:12ba
A40=10de:2235:10de:145a
L40=10de:26b5:10de:169d
KBL=8086:5912:8086:2212/c030000/b256	# HD Graphics 630, 256 MiB aperture
}

failed=0
journal=(--since "@$EPOCHSECONDS")	# what a failure shows of it

# ------------------------------------------------------------------- claims

claim() {	# TEXT FUNCTION [ARGUMENT...]
	mark
	judge "$@"
}

# About the machine's start: counts from there.
claim_of_boot() {	# TEXT FUNCTION [ARGUMENT...]
	marked=([opens]=0 [set_info]=0 [discards]=0)
	carried=([opens]=0 [set_info]=0 [discards]=0)
	journal=(--boot)
	judge "$@"
}

judge() {	# TEXT FUNCTION [ARGUMENT...]
	local text=$1 output rc
	shift
	output=$(
		exec 2>&1
		set -eEu -o pipefail
		trap 'echo "failed: line $LINENO: $BASH_COMMAND" >&2' ERR
		"$@"
	)
	rc=$?
	if [ "$rc" -eq 0 ]; then
		echo "ok - vm: $text"
	else
		failed=1
		echo "not ok - vm: $text"
		diagnose "$output" | sed 's/^/# /'
	fi
}

finish() {
	echo "@@FINISHED"
	exit "$failed"
}

diagnose() {	# OUTPUT
	echo "$1"
	echo "--- the helper was started:"
	executions
	echo "--- the guest's journal, at its end:"
	journalctl -q --no-pager -o short-monotonic -n 100 "${journal[@]}"
	echo "--- the driver's transcript, at its end:"
	tail -n 40 /sys/kernel/debug/nvidia/transcript 2>&1
	echo "--- GPUs, types and records:"
	list_gpus 2>&1
}

list_gpus() {
	local dev
	for dev in "$sys"/devices/*; do
		[ "$(<"$dev/vendor")" = 0x10de ] || continue
		echo "${dev##*/} $(<"$dev/vendor"):$(<"$dev/device")" \
			"driver=$(bound "${dev##*/}")" \
			"types=$(shown "${dev##*/}" | tr '\n' ' ')"
	done
	grep -s . /run/mdev-gpu/*.yaml
}

fail() {
	echo "failed: $*"
	return 1
}

same() {	# EXPECTED ACTUAL WHAT
	[ "$1" != "$2" ] || return 0
	printf '%s\nexpected:\n%s\nfound:\n%s\n' "$3" "$1" "$2"
	return 1
}

settle() {
	udevadm settle --timeout=170
}

# What another process does in its own time. No claim is about how long that takes: the limit only ends what hangs.
eventually() {	# COMMAND [ARGUMENT...]
	local end=$((SECONDS + 120))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { "$@"; return; }
		sleep 0.1
	done
}

# With what journald has been sent, but not yet written.
read_journal() {	# [OPTION...]
	journalctl --sync
	journalctl -q --no-pager "$@"
}

# A mistake that the helper told of in this suite, in words that match. Read to its end: grep -q would break the pipe.
expect_error() {	# PATTERN
	read_journal -t mdev-gpu -p err "${journal[@]}" | tee /dev/stderr | grep -e "$1" >/dev/null
}

# udevd is idle, and systemd has done what that led to.
settle_units() {
	settle
	eventually no_jobs || fail "jobs are left"
}

no_jobs() {
	local jobs
	jobs=$(systemctl list-jobs --no-legend)
	echo "$jobs"
	[[ $jobs != *mdev-gpu* ]]
}

# udevd tells systemd of a GPU that went, and does not wait for what systemd makes of it.
expect_unit() {	# STATE UNIT
	eventually is_unit "$@"
}

is_unit() {	# STATE UNIT
	same "$1" "$(systemctl is-active "$2" || true)" "state of $2"
}

# What people see of it.
expect_status() {	# UNIT PATTERN
	local status
	journalctl --sync
	status=$(systemctl status --no-pager -n 20 "$1" 2>&1) || true
	grep -q "$2" <<<"$status" || same "$2" "$status" "status of $1"
}

# ----------------------------------------------------------------- counting

# In emulation a program's start takes as long as a hundred lines of bash: what every claim does starts none.

log=/sys/kernel/tracing/trace
declare -A marked carried

# Leaves what the driver has counted in the variable.
read_counter() {	# COUNTER VARIABLE
	printf -v "$2" 0
	[ ! -e "/sys/module/nvidia/parameters/$1" ] || read -r "$2" <"/sys/module/nvidia/parameters/$1"
}

mark() {
	local counter
	: >"$log"
	for counter in opens set_info discards; do
		read_counter $counter "marked[$counter]"
		carried[$counter]=0
	done
}

# The helper's command lines since the mark, as the kernel saw them.
executions() {
	local lines line
	mapfile -t lines <"$log"
	for line in "${lines[@]}"; do
		[[ $line != '#'* ]] || continue
		line=${line#*exec: (*) file=}
		line=${line%% a[0-9]=(fault)*}
		line=${line// a[0-9]=/ }
		echo "${line//\"/}"
	done
}

# How many of them have these words.
count() {	# WORDS
	local line n=0
	while IFS= read -r line; do
		[[ $line != *"$1"* ]] || n=$((n + 1))
	done < <(executions)
	echo $n
}

# How often the helper ran for events, for one GPU or all of them.
runs() {	# [ADDRESS]
	count " apply --udev ${1:-}"
}

# Any other start of the helper would be a surprise as well.
expect_runs() {	# COUNT [ADDRESS]
	same "$1" "$(runs "${2:-}")" "helper runs${2:+ for $2}"
}

# How often a module's arrival was followed.
expect_follows() {	# COUNT
	same "$1" "$(count ' follow --udev ')" "runs for a module"
}

# The same as runs, for units.
unit_runs() {	# [ADDRESS]
	count " apply --unit ${1:-}"
}

expect_unit_runs() {	# COUNT [ADDRESS]
	same "$1" "$(unit_runs "${2:-}")" "helper runs of units${2:+ for $2}"
}

# Counted by the driver.
since() {	# COUNTER
	local now
	read_counter "$1" now
	echo $((carried[$1] + now - marked[$1]))
}

# The driver is about to go, and its counters with it.
carry() {
	local counter now
	for counter in opens set_info discards; do
		read_counter $counter now
		carried[$counter]=$((carried[$counter] + now - marked[$counter]))
		marked[$counter]=0
	done
}

opened() { since opens; }
sent() { since set_info; }
discarded() { since discards; }

# ------------------------------------------------------------------- times

# For people, never a claim: they are about this machine, and about what else runs on it.
times=/sys/kernel/tracing/instances/times

begin_times() {
	: >$times/trace
	echo begin >$times/trace_marker
}

# From the mark, or from the kernel's start, to the end of the last run; and whose that was, on average over the GPUs. System
# calls are those of a run's first thread, the dynamic linker's among them, where sys_enter is enabled.
tell_times() {	# WHAT COMMAND-LINE, in the words of an execution
	awk -v what="$1" -v words="$2" '
	match($0, / [0-9]+\.[0-9]+: /) {
		at = substr($0, RSTART) * 1000
		event = substr($0, RSTART + RLENGTH)
		pid = $1
		sub(/.*-/, "", pid)
	}
	event ~ /^tracing_mark_write: begin/ { begin = at }
	event ~ /^bound:/ { bound += at; binds++ }
	event ~ /^exec:/ && index(event, words) { started[pid] = at; starts += at; runs++ }
	event ~ /^sys_enter:/ && pid in started { calls++ }
	event ~ /^into_/ { entered[pid] = at }
	event ~ /^from_/ && pid in started { driver += at - entered[pid] }
	event ~ /^sched_process_exit:/ && pid in started { took += at - started[pid]; last = at; delete started[pid] }
	END {
		if (!runs || !binds) {
			print "# " what ": not measured"
			exit
		}
		printf "# %s: %.0f ms to the last type: %.0f until the driver has a GPU, %.0f until its run begins, " \
			"%.0f a run, %.0f of it in the driver%s\n", what, last - begin, bound / binds - begin, \
			starts / runs - bound / binds, took / runs, driver / runs, calls ? "; " calls / runs " system calls" : ""
	}' $times/trace
}

# ----------------------------------------------------------------- hardware

plug() {	# GPU... [fakepci's other parameters]
	local gpus=() others=() word
	for word; do
		case $word in
		*=*) others+=("$word") ;;
		*) gpus+=("$word") ;;
		esac
	done
	modprobe fakepci "gpus=$(IFS=,; echo "${gpus[*]}")" "${others[@]}"
	settle
}

unplug() {
	modprobe -r fakepci
	settle
}

load() {	# [the driver's parameters]
	modprobe nvidia "$@"
	settle
}

unload() {
	settle
	carry
	modprobe -r nvidia-vgpu-vfio nvidia
	settle
}

load_i915() {	# [the driver's parameters]
	modprobe i915 "$@"
	settle
}

# Not modprobe -r: it would take i915 along with kvmgt.
unload_i915() {
	local module
	settle
	for module in kvmgt i915; do
		[ ! -e "/sys/module/$module" ] || rmmod "$module"
	done
	settle
}

# Leaves nothing of what came before.
reset() {
	unload
	unload_i915
	unplug
}

bound() {	# ADDRESS -> driver's name
	local driver
	driver=$(readlink "$sys/devices/$1/driver") || return 0
	echo "${driver##*/}"
}

# -------------------------------------------------------------------- types

# "number|name" of every type that a device shows, in order.
shown() {	# ADDRESS
	local dir name
	for dir in "$sys/devices/$1"/mdev_supported_types/nvidia-*; do
		[ -d "$dir" ] || continue
		read -r name <"$dir/name"
		echo "${dir##*/nvidia-}|$name"
	done | sort -n
}

# The same from the profiles themselves, for the card that suites have of an architecture: not from what the helper makes of them.
configured() {	# FOLDER under Nvidia/
	local -A cards=([Pascal]=${P40:5:4} [Turing]=${RTX6000:5:4} [Ampere]=${A40:5:4})
	local file
	for file in "$conf/Nvidia/$1"/*.yaml "$conf/Nvidia/$1"/*.yml; do
		case $file in
		*/devices.y*ml) ;;
		*) [ ! -f "$file" ] || profile_types "$file" $((0x${cards[$1]})) ;;
		esac
	done | sort -n
}

# Reads what the shipped profiles look like: in a type, num:, name:, fbLen: and fbRes: on lines
# of their own or between the braces of one line, in any order. A type without a num: has it from
# the one that it is made of, auto; one that is larger than the card has no place on it.
profile_types() {	# FILE [DEVICE-ID]
	awk -v device="${2-}" -v memory=24576 '
	function value(line, key,    v) {
		if (!match(line, "(^|[ {,-])" key ": *"))
			return ""
		v = substr(line, RSTART + RLENGTH)
		if (v ~ /^"/) { sub(/^"/, "", v); sub(/".*/, "", v) }
		else sub(/ *[,}#].*/, "", v)
		sub(/ *$/, "", v)
		return v
	}
	function out() {
		if (num == "" && name == "")
			return
		place++
		if (num == "" || num == "auto") num = len + res <= memory ? device * 256 + place : ""
		if (num != "") print num "|" (name == "" ? "Arc GPU" : name)
		num = name = ""
		len = res = 0
	}
	/^[ ]*#/ { next }
	/^[ ]*-/ { out() }
	{
		v = value($0, "num"); if (v != "") num = v
		v = value($0, "name"); if (v != "") name = v
		v = value($0, "fbLen"); if (v != "") len = v + 0
		v = value($0, "fbRes"); if (v != "") res = v + 0
	}
	END { out() }' "$1"
}

# A GPU has exactly the types of its folder, by number and name.
expect_types() {	# ADDRESS FOLDER
	local expected
	expected=$(configured "$2")
	[ -n "$expected" ] || fail "no types are configured in Nvidia/$2"
	same "$expected" "$(shown "$1")" "types of $1"
}

expect_no_types() {	# ADDRESS
	same "" "$(shown "$1")" "types of $1"
}

# The types that an Intel GPU shows, by name.
expect_own_types() {	# ADDRESS [NAME...]
	local dir=$sys/devices/$1/mdev_supported_types found=''
	[ ! -d "$dir" ] || found=$(find "$dir" -maxdepth 1 -name 'i915-*' -printf '%f\n' | sort)
	same "$(printf '%s\n' "${@:2}" | sort)" "$found" "types of $1"
}

# What the helper recorded of its last run for the GPU.
expect_record() {	# ADDRESS
	[ -s "/run/mdev-gpu/$1.yaml" ] || fail "no record of $1"
}

expect_no_record() {	# ADDRESS
	[ ! -e "/run/mdev-gpu/$1.yaml" ] || fail "a record of $1 is left"
}

# What explain says of a GPU: its first line, without touching the driver.
expect_verdict() {	# ADDRESS VERDICT
	local before
	before=$(opened)
	same "$1: $2" "$(mdev-gpu explain "$1" | sed -n 1p)" "verdict"
	same "$before" "$(opened)" "how often the driver was opened"
}
