# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the stages of a check are written with: each is a test, and so is every TAP line that a stage prints. All is counted
# at the end, from files, so that stages may run side by side.
set -o pipefail # a stage is shown through tee

logs=build/check/logs
results=$logs/results # a line for each test: "ok", "skip TEXT" or "not ok TEXT"

begin_check() {
	rm -rf build/check
	mkdir -p "$logs"
	: >"$results"
}

say() {
	printf '\n== %s\n' "$*"
}

log_of() {
	echo "$logs/${1// /-}.log"
}

# run NAME COMMAND…: the command, whose output goes to the stage's log as well; and what it took
run() {
	local name=$1 log rc=0 TIMEFORMAT='%0R s, of CPU %0U s + %0S s'
	log=$(log_of "$name")
	shift
	{ time "$@" </dev/null 2>&1 | tee "$log"; } 2>"$log.time" || rc=$?
	echo "# $name: $(<"$log.time")"
	return "$rc"
}

# result CODE NAME: a stage is a test of its own
result() {
	local word=ok
	[ "$1" -eq 0 ] || word='not ok'
	echo "$word - $2"
	echo "$word $2" >>"$results"
	return "$1"
}

# stage NAME COMMAND…: a command that succeeds or not; what it prints is shown when it does not
stage() {
	local name=$1 rc=0
	say "$name"
	run "$@" >"$(log_of "$name").shown" || rc=$?
	if [ "$rc" -eq 0 ]; then tail -n 1 "$(log_of "$name").shown"; else cat "$(log_of "$name").shown"; fi
	result "$rc" "$name"
}

longest=1500 # seconds for a stage of tests, in CI, where nobody sees that one hangs; somebody who works has Ctrl+C

# tap NAME COMMAND…: a command that prints TAP. A stage fails by itself when it printed no test or fewer than it announced, or
# when it failed and no test says so.
tap() {
	local name=$1 log rc=0 good bad announced bound=()
	log=$(log_of "$name")
	[ -z "${CI:-}" ] || bound=(timeout --kill-after=30 "$longest")
	say "$name"
	run "$name" "${bound[@]}" "${@:2}" || rc=$?
	awk -v name="$name" '
		/^ok / { print tolower($0) ~ /# skip/ ? "skip " name ": " $0 : "ok" }
		/^not ok / { print "not ok " name ": " $0 }' "$log" >"$log.results"
	cat "$log.results" >>"$results"
	good=$(grep -c '^ok' "$log.results") || true
	bad=$(grep -c '^not ok' "$log.results") || true
	announced=$(sed -n 's/^1\.\.\([0-9][0-9]*\)$/\1/p' "$log" | paste -s -d +)
	if [ "$good" -eq 0 ] || [ "$(wc -l <"$log.results")" -lt $((announced + 0)) ]; then
		rc=1
	elif [ "$bad" -gt 0 ]; then
		return 1
	fi
	result "$rc" "$name"
}

# side_by_side FUNCTION…: what each prints is shown whole, when it has ended
side_by_side() {
	local lane
	for lane; do
		{
			"$lane" >"$logs/$lane.lane" 2>&1 || true
			flock "$results" cat "$logs/$lane.lane"
		} &
	done
	wait
}

# The last line. A test may be skipped where somebody works, never in CI.
end_check() {
	local passed failed skipped wrong='^not ok '
	[ -z "${CI:-}" ] || wrong='^not ok |^skip '
	passed=$(grep -c '^ok' "$results") || true
	failed=$(grep -cE "$wrong" "$results") || true
	skipped=$(grep -vE "$wrong" "$results" | grep -c '^skip ') || true
	[ "$failed" -eq 0 ] || say "failed"
	grep -E "$wrong" "$results" | sed 's/^/  /' || true
	printf '\n%d passed, %d failed' "$passed" "$failed"
	[ "$skipped" -eq 0 ] || printf ', %d skipped' "$skipped"
	printf '\n'
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
