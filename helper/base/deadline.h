/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time a run may take. udevd kills an event after 180 s and loses what it did (vm-notes, section 5), so a run ends
 * by itself long before.
 */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

/*
 * Starts (or restarts) the clock: after seconds, blocking system calls return EINTR, once a second, and after a few
 * more seconds the process ends, saying so of subject (kept, not copied), with EXIT_FAILURE. Time in which the process was
 * stopped, or frozen, does not count. Returns 0 or a negative errno.
 */
int deadline_start(unsigned seconds, const char *subject) _must_check_ _nonnull_all_;

/* Returns the milliseconds of a clock that nobody sets, for differences. */
long monotonic_ms(void) _must_check_;

/* True once the deadline has passed; false without deadline_start(). */
bool deadline_passed(void);

/* Sleeps ms milliseconds or until the deadline; false when the deadline has passed. */
bool deadline_sleep(unsigned ms);

/*
 * Leaves at most so many seconds from now on, for work that keeps others waiting. Returns the seconds that this took
 * away, for deadline_extend(); 0 where less was left anyway.
 */
unsigned deadline_shorten(unsigned seconds);

/* Adds seconds, unless the deadline has passed. */
void deadline_extend(unsigned seconds);
