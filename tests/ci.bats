#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# How the stages of ./bootstrap check are counted (.ci/tap.bash): nothing that went wrong is lost.

load helpers

# counts SKIPS LAST [FAILED]…: what the stages that come in are counted as, with CI=$SKIPS, and which are named as failed
counts() {
	local ci=$1 last=$2
	shift 2
	cd "$BATS_TEST_TMPDIR" || return
	# shellcheck disable=SC2016 # expanded by the inner shell
	{ echo '. "$abs_top_srcdir/.ci/tap.bash"; begin_check'; cat; echo end_check; } >stages
	CI=$ci bash stages >out 2>&1 || echo "exit code $?" >>out
	cat out
	[ "$(grep -E '^[0-9]+ passed' out)" = "$last" ]
	[ "$(sed -n 's/^  //p' out)" = "$(printf '%s\n' "$@")" ]
	[[ $last != *', 0 failed'* || $last == 0* ]] || run ! grep '^exit code' out
	[[ $last == *', 0 failed'* && $last != 0* ]] || grep -q '^exit code 1$' out
}

@test "ci: stages and tests are counted alike" {
	counts '' '4 passed, 0 failed' <<-'END'
		stage one true
		tap two printf '1..2\nok 1 - a\nok 2 - b\n'
	END
}

@test "ci: a failed test and a failed stage are named" {
	counts '' '2 passed, 2 failed' 'not ok one' 'not ok two: not ok 2 - b' <<-'END'
		stage one false
		tap two printf '1..2\nok 1 - a\nnot ok 2 - b\n'
		stage three true
	END
}

@test "ci: a stage that does not end is ended in CI, and those behind it are run" {
	counts true '4 passed, 1 failed' 'not ok two' <<-'END'
		longest=5 # enough to begin in, on a loaded machine
		tap one printf '1..1\nok 1 - a\n'
		tap two sh -c 'echo 1..2; echo ok 1 - a; sleep 30 & wait; echo ok 2 - b'
		stage three true
	END
}

@test "ci: a skipped test is a failed one in CI only" {
	local stages='tap one printf "1..2\nok 1 - a\nok 2 - b # skip none here\n"'
	counts '' '2 passed, 0 failed, 1 skipped' <<<"$stages"
	counts true '2 passed, 1 failed' 'skip one: ok 2 - b # skip none here' <<<"$stages"
}

@test "ci: a stage that prints too few tests, none, or fails without a word is a failed test" {
	counts '' '2 passed, 3 failed' 'not ok few' 'not ok none' 'not ok mute' <<-'END'
		tap few printf '1..2\nok 1 - a\n'
		tap none true
		tap mute sh -c 'echo 1..1; echo ok 1 - a; exit 3'
	END
}

@test "ci: no test at all is a failure" {
	counts '' '0 passed, 0 failed' <<<''
}

@test "ci: stages side by side are counted, too, and shown whole" {
	counts '' '4 passed, 1 failed' 'not ok b: not ok 2 - b2' <<-'END'
		a() { tap a sh -c 'echo 1..2; echo ok 1 - a1; sleep 1; echo ok 2 - a2'; }
		b() { tap b sh -c 'echo 1..2; echo ok 1 - b1; sleep 1; echo not ok 2 - b2'; }
		side_by_side a b
	END
	[ "$(grep -Ec '^(ok 1 - a1|ok 1 - b1)$' out)" -eq 2 ]
	grep -A 1 '^ok 1 - a1' out | grep '^ok 2 - a2'
}

@test "ci: a release has its day in NEWS" {
	cd "$BATS_TEST_TMPDIR"
	mkdir .ci
	cp "${abs_top_srcdir:?}/.ci/release-check" .ci
	echo 'AC_INIT([mdev-gpu], [1.2.0])' >configure.ac
	echo 'mdev-gpu 1.2.0, 2026-12-01' >NEWS
	expect 0 "release-check: news: good" "" .ci/release-check news
	echo 'mdev-gpu 1.2.0, not yet released' >NEWS
	expect 1 "" "release-check: NEWS begins with 'mdev-gpu 1.2.0, not yet released', not with 'mdev-gpu 1.2.0, YYYY-MM-DD'" \
		.ci/release-check news
	echo 'mdev-gpu 1.120, 2026-12-01' >NEWS
	run -1 .ci/release-check news
}

# gate COUNTS [ARGUMENT]: the gate on runs that cost so much, "NAME INSTRUCTIONS CALLS;…", with the compiler $compiler
gate() {
	COUNTS=$1 python3 gate "${@:2}" build source /etc compiler="${compiler:-one}"
}

@test "ci: what a run costs may grow by three hundredths, where all that it comes from is the same" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p source/tests/bench
	cp "${abs_top_srcdir:?}/tests/bench/gate" .
	# the measuring is valgrind's and strace's; its words come from here
	put measure.py <<-'END'
		import collections, contextlib, os
		Run = collections.namedtuple("Run", "name instructions calls")
		class Bench(contextlib.nullcontext):
		    def __init__(self, *_): super().__init__(self)
		    def instructions(self, run): return int(run.instructions)
		    def calls(self, run): return 1, int(run.calls)
		def output(_): return "1\n"
		def paths(_): return [Run(*run.split()) for run in os.environ["COUNTS"].split(";")]
	END
	gate 'a 1000 1000;b 1000 1000' --write
	grep -qx 'run b: 1000 1000' source/tests/bench/baseline

	gate 'a 1029 1000;b 1000 1029' >out
	grep -qx 'ok 1 - bench: a: +2.9 % instructions, +0.0 % system calls' out
	grep -qx 'ok 2 - bench: b: +0.0 % instructions, +2.9 % system calls' out
	run ! gate 'a 1031 1000;b 1000 1000'
	[[ $output == *"not ok 1 - bench: a: +3.1 % instructions, +0.0 % system calls against tests/bench/baseline"* ]]
	run ! gate 'a 1000 1000;b 1000 1031'
	[[ $output == *"not ok 2 - bench: b: +0.0 % instructions, +3.1 % system calls against tests/bench/baseline"* ]]
	gate 'a 900 1000;b 1000 1000' | grep 'so the baseline may be lowered'

	# a run that is renamed, new or left out is not passed over
	run ! gate 'a 1000 1000;c 1000 1000'
	[ "$(grep -c '^not ok' <<<"$output")" -eq 2 ]
	run ! gate 'a 1000 1000'
	compiler=two gate 'a 2000 2000;b 1000 1000' | grep "^ok 1 - bench: a: not compared, for compiler is two, the baseline's one$"
}
