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
		longest=1
		tap one printf '1..1\nok 1 - a\n'
		tap two sh -c 'echo 1..2; echo ok 1 - a; sleep 60 & wait'
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
