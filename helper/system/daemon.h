/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vendor's daemon that registers types of its own: once per boot, after the driver has bound, and with an emptied list
 * (nvidia-rm-notes-2, section 4). Whether its work is done is noted in /run/mdev-gpu/<name>.done.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/macro.h"

/* Waits until a process has ended, for so many milliseconds at most. Returns 0 or -ETIMEDOUT. */
int daemon_wait(pid_t pid, unsigned ms) _must_check_;

/* Notes that the daemon's work of this boot is done. 0 or a negative errno. */
int daemon_set_done(const char *name) _must_check_ _nonnull_all_;

/*
 * Returns whether the daemon has yet to do its work: its unit is enabled and not masked, and its end was not noted in this
 * boot, or the note could not be written or read.
 */
bool daemon_is_pending(const char *name) _nonnull_all_;
