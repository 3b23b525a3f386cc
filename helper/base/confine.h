/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes from the process what the rest of a run does not need, for good. What a mistake in the code could do is then what the
 * run itself may do. All of it holds for the calling thread and those that it makes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

/*
 * Gives up every capability that neither the driver nor its nodes take, but for CAP_SYS_MODULE where modules are still to be
 * loaded, and the way to others: no program that is executed has more. Before anything is read that people write, and once
 * more after the modules. 0 or a negative errno.
 */
int confine_capabilities(bool keep_modules);

/* Gives up all capabilities of the thread that calls this: the one that only ends the process has no use for any. */
void confine_thread(void);

/*
 * Gives up writing outside of these folders or files, NULL after the last: opening for writing, making and removing. Those that
 * are not there are passed over. Before any thread is made, which would be left out. 0, also where the kernel has no Landlock
 * (before 5.13, or switched off) or a filter for system calls refuses it; or a negative errno.
 */
int confine_writes(const char *const *paths) _nonnull_all_;
