/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver has, against what the plan wants it to have. */
#pragma once

#include "core/target.h"

/* What has to be sent, and what stands against it. */
struct difference {
	struct type_list missing;
	size_t unchanged;
	size_t conflicts;
	size_t others; /* entries of the GPU's list that are not in the plan, or there twice */
	char *other_names;
	size_t registered;
	bool replaced; /* those others are gone, and what is in the plan has been sent */
	bool again; /* it has been looked at before: what is only worth a word has been said */
};

/*
 * Asks the driver for the types on the GPU, and for each type of the plan how it is defined anywhere. Definitions that differ
 * are said, and counted as conflicts. OUTCOME_DONE: *d holds what was found; everything else has been said.
 */
enum outcome difference_read(const struct job *job, struct session *session, struct difference *d);

void difference_done(struct difference *d);
