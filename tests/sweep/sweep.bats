#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Faults at every call that the program makes to the driver: some of each kind, in the oldest row and the newest. All of them
# are make check-sweep's.

load ../helpers

# Each scene of each row is a test of its own in there; its lines are shown as they come.
@test "faults: after each, at each call, the truth is told, nothing is left, and the next run repairs it" {
	"${abs_top_srcdir:?}/tests/sweep/run" "$BATS_TEST_TMPDIR" core \
		510.47.03 595.44.02 | tee "$BATS_TEST_TMPDIR/tap" | sed -u 's/^\([^#]\)/# \1/' >&3
	[ "${PIPESTATUS[0]}" -eq 0 ]
	[ "$(grep -c '^ok ' "$BATS_TEST_TMPDIR/tap")" -eq 6 ]
}
