/* SPDX-License-Identifier: GPL-2.0-only */
/* What a plan for several GPUs gives the driver, which keeps a number's first definition for all of them. */
#pragma once

#include "core/target.h"

struct planned {
	struct type_list types; /* each number as it is planned first, */
	const char **gpus;      /* and the address of the GPU that it is for, borrowed */
};

/*
 * Adds a target's types, which have their sizes. OUTCOME_FAILED, with nothing added: a GPU before it defines one of their
 * numbers otherwise, and the driver would refuse it; that has been said.
 */
enum outcome planned_add(struct planned *planned, const struct target *target) _must_check_ _nonnull_all_;

void planned_done(struct planned *planned);
