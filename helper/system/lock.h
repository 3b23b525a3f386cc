/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks between runs: one run at a time on a GPU, and one at a time that gives types to a driver, since type numbers
 * are system-wide. GPUs are opened, which takes long, side by side.
 */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

/*
 * Creates /run/mdev-gpu where it is missing, and has everybody read it whatever the umask was. 0; -EPERM: it is another user's,
 * or others can write it; -ENOTDIR: a link, or no folder; or another negative errno.
 */
int lock_make_folder(void) _must_check_;

/* The name of the driver's lock; a GPU's is its address. */
#define LOCK_DRIVER "driver"

/*
 * Takes <run>/NAME.lock, or where that cannot be made /dev/mdev-gpu/NAME.lock (below --root, too), waiting until the
 * deadline; for ever where deadline_start() has set none. The lock goes with the descriptor, so also with a killed process; it
 * is that of the file which has the name when it is taken. Returns a descriptor to be closed, -ETIMEDOUT, or another negative
 * errno.
 */
int lock_take(const char *name) _must_check_ _nonnull_all_;

/* The same, waiting so long at most: -EWOULDBLOCK after that. 0 looks once. */
int lock_take_within(const char *name, unsigned ms) _must_check_ _nonnull_all_;

/* Returns "process 1234 has had it since TIME", or "another process has it"; to be freed, NULL when memory is out. */
char *lock_holder(const char *name) _must_check_ _nonnull_all_;

/* True if a process holds it now; false also where the lock may not be opened. Neither waits nor creates it. */
bool lock_is_held(const char *name) _nonnull_all_;
