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
 * more seconds the process ends, saying so of subject (of up to 63 bytes; "": a program rather than a run), with EXIT_FAILURE. Time
 * in which the process was stopped, or frozen, does not count. Returns 0 or a negative errno.
 */
int deadline_start(unsigned seconds, const char *subject) _must_check_ _nonnull_all_;

/* Returns the milliseconds of a clock that nobody sets, for differences and deadline_waited(). */
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

/*
 * Shares the time of this run with all others that have the same file (kept, not copied; its time is what counts, and it is made
 * when it is needed): until another one tells of a wait that is over, this one is taken to wait for that, and that time does not
 * count, up to most seconds from now on in all. Until the next deadline_start().
 */
void deadline_share(const char *file, unsigned most) _nonnull_all_;

/*
 * Tells the others that a call is over which others may wait for in turn, or which was waited for, if it took longer than a
 * moment since the clock was begun. Keeps errno.
 */
void deadline_waited(long begun);

/* Returns, once, whether an alarm has interrupted what was under way for a deadline that has moved meanwhile: it is done again. */
bool deadline_was_early(void) _must_check_;

/* Returns whether the deadline has passed although others got on until then: it is they who took this run's time. */
bool deadline_starved(void) _must_check_;

/*
 * Has fn called when the process is ended because nothing else helps: by nothing but what a signal handler may call, on any thread.
 * text: what has been said of it; starved: see deadline_starved(). NULL, and the next deadline_start(): nobody.
 */
void deadline_at_end(void (*fn)(const char *text, bool starved));
