/* SPDX-License-Identifier: GPL-2.0-only */
/* Gives types to a driver: sends what it lacks, all of it or nothing. */
#pragma once

#include "core/target.h"

struct registration {
	size_t added, unchanged;
	char *discarded; /* names of others' types that had to go; NULL: none */
};

/*
 * Compares with what the driver has, sends what is missing and has the driver show it. force: idle mediated devices do
 * not stop a discard. dry_run: stops before anything is sent. OUTCOME_DONE: what was missing has been sent, though not
 * yet seen; everything else has been said. *ret, which was empty, holds what happened in any case. The caller holds the
 * GPU's lock.
 */
enum outcome register_types(const struct target *target, struct session *session, bool force, bool dry_run,
			    struct registration *ret) _must_check_ _nonnull_all_;

void registration_done(struct registration *registration);
