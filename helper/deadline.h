/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time a run may take. udevd kills an event after 180 s and loses what it did (vm-notes, section 5), so we end
 * by ourselves long before. Floor 0.
 */
#pragma once

#include <stdbool.h>

/*
 * Starts (or restarts) the clock: after seconds, blocking system calls return EINTR, once a second, and after a few
 * more seconds the process is ended by SIGALRM whatever it is doing. Returns 0 or a negative errno.
 */
int deadline_start(unsigned seconds);

bool deadline_passed(void);

/* Sleeps ms milliseconds or until the deadline; false when the deadline has passed. */
bool deadline_sleep(unsigned ms);
