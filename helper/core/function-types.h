/* SPDX-License-Identifier: GPL-2.0-only */
/* Gives virtual functions their types, where the vendor's own VFIO makes the vGPUs. */
#pragma once

#include "core/functions-record.h"
#include "core/plan.h"
#include "system/sriov.h"
#include "vendors/vendor.h"

struct function_types {
	const struct device *gpu;
	const struct functions_backend *backend;
	const struct plan *plan;
	const struct function_list *functions; /* that were waited for */
	struct functions_record *record;
	struct diagnostics *diag;
	const char *trigger;
	bool force, dry_run;
	size_t given, taken, unchanged; /* what was done, or would be */
};

/* Returns whether a function has room for a type, and has told which types that could be. */
bool function_offers(const struct function *function) _must_check_ _nonnull_all_;

/*
 * Finds the number of each type, assigns functions, checks everything, and only then writes, the largest type first; takes back
 * what it wrote where it fails half-way. OUTCOME_REFUSED, OUTCOME_IN_USE: nothing is written that was not taken back.
 */
enum outcome function_types_give(struct function_types *t) _must_check_ _nonnull_all_;
