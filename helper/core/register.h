/* SPDX-License-Identifier: GPL-2.0-only */
/* Types that are given to a driver: what it lacks is sent, all of it or nothing. */
#pragma once

#include "core/target.h"

struct registration {
	size_t added, unchanged;
	char *discarded; /* names of others' types that had to go; NULL: none */
};

/*
 * Compares with what the driver has, sends what is missing and has the driver show it. force: mediated devices that nobody uses do
 * not stop a discard. dry_run: stops before anything is sent. OUTCOME_DONE: what was missing has been sent, which is not that it is
 * there; everything else has been said. *ret, which was empty, holds what happened in any case. The caller holds the GPU's lock.
 */
enum outcome register_types(const struct target *target, struct session *session, bool force, bool dry_run,
			    struct registration *ret);

void registration_done(struct registration *registration);
