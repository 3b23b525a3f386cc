/* SPDX-License-Identifier: GPL-2.0-only */
/* Chooses which virtual function gets which type. Pure: no I/O. */
#pragma once

#include "config/vgpus.h"
#include "core/functions-record.h"
#include "model/diagnostics.h"
#include "model/outcome.h"
#include "system/sriov.h"

/* An entry of vgpus whose type is known by its number. */
struct wish {
	const struct vgpu *vgpu;
	uint64_t number;
	char *name;    /* "" where nothing tells it */
	uint64_t size; /* of the GPU's memory, in MiB; 0: not known */
};

struct wish_list {
	struct wish *items;
	size_t n;
};

enum step {
	STEP_NONE,   /* nothing is to be done */
	STEP_GIVE,   /* it has no type, and gets its wish's */
	STEP_CHANGE, /* it has another type of ours, which is taken away before */
	STEP_TAKE,   /* it has a type of ours that nobody wants, which is taken away */
};

/* Of each function, in their order. */
struct assignment {
	const struct wish *wish; /* NULL: none */
	enum step step;
};

/*
 * Judges, before functions are even there, whether entries fit into so many of them. Returns 0, or -EINVAL with every mistake
 * in diag.
 */
int assign_check(const struct vgpu *const *vgpus, size_t n, unsigned functions, struct diagnostics *diag)
	_must_check_ _nonnull_(4);

/*
 * Assigns wishes to functions: to those that an entry names; then to those that have the type already, which count; then to
 * the lowest free ones. A type that record does not have is somebody else's, and stays; one of ours stays unless force is
 * given. OUTCOME_IN_USE where there are too few functions because of that, which has been said. ret has a place for each
 * function.
 */
enum outcome assign_functions(const struct function_list *functions, const struct wish_list *wishes,
			      const struct functions_record *record, bool force, struct diagnostics *diag,
			      struct assignment *ret)
	_must_check_ _nonnull_all_;

/* Returns whether the type that a function has is one that a run of this boot gave it. */
bool assign_is_ours(const struct function *function, const struct functions_record *record) _nonnull_all_;
