/* SPDX-License-Identifier: GPL-2.0-only */
/* How a run on one GPU ended. The values are the program's exit codes. */
#pragma once

#include "base/macro.h"

enum outcome {
	OUTCOME_DONE = 0,        /* done, or nothing to do */
	OUTCOME_FAILED = 1,
	OUTCOME_USAGE = 2,       /* wrong command line */
	OUTCOME_REFUSED = 3,     /* configuration refused; nothing was sent to the driver */
	OUTCOME_IN_USE = 4,      /* would disturb existing vGPUs; nothing was sent */
	OUTCOME_UNSUPPORTED = 5, /* no backend for this driver, or an unknown driver release */
};

/* Returns the word for a record or a listing: "done", "failed", "refused", … */
const char *outcome_name(enum outcome outcome);

/* Finds the outcome of such a word. 0, or -EINVAL with *ret untouched. */
int outcome_from_name(const char *name, enum outcome *ret) _must_check_ _nonnull_all_;

/* Returns the more telling of two outcomes of several GPUs: the first that is not OUTCOME_DONE. */
static inline enum outcome outcome_first(enum outcome a, enum outcome b)
{
	return a != OUTCOME_DONE ? a : b;
}
