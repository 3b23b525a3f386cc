#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Every fault at every call that the program makes to the driver: tests/sweep.
#
# SWEEP=all    every errno, every status, a GPU that vanishes, answers that are short or oversize, and death, at every
#              call of every row
# SWEEP=quick  each of them at every call in one row or another, and some of each kind at every call of every row
# SWEEP=core   the latter only: what there is time for wherever the tests run

load helpers

# the first release of each row
rows() {
	"$MDEV_GPU" abi --json | read_json '" ".join(row["first"] for row in it)'
}

# Each scene of each row is a test of its own in there; its lines are shown as they come.
@test "faults: after each, at each call, the truth is told, nothing is left, and the next run repairs it" {
	local work=$BATS_TEST_TMPDIR
	"${abs_top_srcdir:?}/tests/sweep/build" "${RM_LIBDIR:?}" "$work"
	mkdir "$work/worlds"
	# shellcheck disable=SC2046 # words
	"$work/sweep" "$MDEV_GPU" "$RM_LIBDIR" "$work/server.so" "$work/worlds" "$abs_top_srcdir/tests/data/nv-status.tsv" \
		"${SWEEP:-core}" $(rows) | tee "$work/tap" | sed -u 's/^\([^#]\)/# \1/' >&3
	[ "${PIPESTATUS[0]}" -eq 0 ]
	[ "$(grep -c '^ok ' "$work/tap")" -eq 26 ]
}
