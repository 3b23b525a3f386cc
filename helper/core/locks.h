/* SPDX-License-Identifier: GPL-2.0-only */
/* The locks of lock.h, with a word on who has the one that is waited for. */
#pragma once

#include "base/macro.h"
#include "model/diagnostics.h"

/*
 * Takes a lock as lock_take() does; what: "the lock on the GPU". A wait of more than two seconds is told, and so is a failure. Returns a
 * descriptor to be closed, or a negative errno.
 */
int locks_take(const char *name, const char *what, struct diagnostics *diag) _must_check_ _nonnull_all_;

/*
 * Takes the lock on a GPU that way, and has the deadline move from now on while other GPUs' runs get on, which may be ahead in the
 * driver or have a lock: most seconds in all, see deadline_share().
 */
int locks_take_gpu(const char *address, unsigned most, struct diagnostics *diag) _must_check_ _nonnull_all_;

/* Says that lock_take() has returned r, and who has the lock where it was waited for in vain. */
void locks_fail(int r, const char *name, const char *what, struct diagnostics *diag) _nonnull_all_;
