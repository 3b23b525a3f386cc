/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what at the same time: one run at a time for a GPU, and one at a time that gives a driver types, since their
 * numbers are system-wide. Opening a GPU, which takes long, is done side by side.
 */
#pragma once

#include <stdbool.h>

/* Creates /run/mdev-gpu where it is missing. 0 or a negative errno. */
int lock_make_folder(void);

/* The name of the driver's lock; a GPU's is its address. */
#define LOCK_DRIVER "driver"

/*
 * Takes <run>/NAME.lock, waiting until the deadline; for ever where deadline_start() has set none. The lock goes with the
 * descriptor, so also with a killed process. Returns a descriptor to be closed, -ETIMEDOUT, or another negative errno.
 */
int lock_take(const char *name);

/* Whether somebody has it now, as far as we may look. Does not wait and does not create it. */
bool lock_is_held(const char *name);
