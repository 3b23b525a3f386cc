/* SPDX-License-Identifier: GPL-2.0-only */
/* Compares what the driver has with what the plan wants. */
#pragma once

#include "core/target.h"

/* The types that have to be sent, and those that stand in the way. */
struct comparison {
	struct type_list missing;
	size_t unchanged;
	size_t conflicts;
	size_t others; /* entries of the GPU's list that are not in the plan, or there twice */
	char *other_names;
	size_t registered;
};

/*
 * Asks the driver for the types on the GPU, and for each type of the plan how it is defined anywhere. Says and counts
 * as conflicts the definitions that differ; second_pass: without remarks that the first one made. OUTCOME_DONE: *ret,
 * which was empty, holds what was found; everything else has been said.
 */
enum outcome compare_types(const struct target *target, struct session *session, bool second_pass,
			   struct comparison *ret)
	_must_check_ _nonnull_all_;

/*
 * Lists what differs: "fbLen is 896, not 1856, …"; only IDs that come from the GPU itself if own_ids, only the rest
 * otherwise. Where different GPUs share a type, the first one's IDs stay (type numbers are system-wide): that is worth
 * a word, but no refusal. Returns whether anything does.
 */
bool compare_definitions(const struct type *wanted, const struct type *have, bool own_ids, char **text) _nonnull_all_;

void comparison_done(struct comparison *comparison);
