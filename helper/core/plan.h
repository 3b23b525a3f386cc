/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes of the files' sections one complete list for one GPU, or reports every mistake in it. Pure: no I/O. */
#pragma once

#include "config/catalog.h"
#include "vendors/vendor.h"

/* Bound of expected types, far above what any driver brings: each is compared with all. */
#define PLAN_EXPECTED_MAX 1024

/* What the GPU's virtual functions are to be. Everything is borrowed from the selection. */
struct functions_plan {
	uint64_t number; /* how many there are to be, VIRTUAL_FUNCTIONS_ALL; 0: hands off */
	const struct location *location; /* of that */
	const struct vgpu **vgpus;       /* the types that they get */
	size_t n;
};

struct plan {
	struct type_list types; /* every value filled in, but for what is auto until plan_size() */
	const char **expected;  /* the driver's own types, by their names in sysfs; texts of the selection */
	size_t n_expected;
	struct type_list left_out; /* those that plan_size() removed for lack of room */
	bool discard;           /* the GPU's list becomes these types and nothing else */
	struct location discard_place; /* of the key that says so, in the selection; line 0: the default */
	bool needs_framebuffer; /* a size or a number of instances is auto */
	struct functions_plan functions;
};

/* Returns whether the configuration has a word on the GPU's virtual functions. */
static inline bool plan_has_functions(const struct plan *plan)
{
	return plan->functions.number || plan->functions.n;
}

/* Whom a plan is for. */
struct plan_client {
	const struct device *device; /* NULL: no GPU is at hand, and what depends on one is not judged */
	const struct vendor *vendor; /* of the device, or of the folder; NULL: the profile may be for any */
	const struct limits *limits; /* of the vendor's driver; of a profile for any the widest */
	bool keep;                   /* nobody's types are discarded */
};

/*
 * Merges the sections that select the client's device (all sections without one), fills in the defaults and checks
 * everything against the driver's limits; what is well-formed in a broken profile, too. Adds mistakes to diag and,
 * where it takes them, warnings, the vendor's among them. Returns 0, or a negative errno with *ret untouched; always so
 * for a broken profile.
 */
int plan_build(const struct selection *selection, const struct plan_client *client, struct diagnostics *diag,
	       struct plan *ret)
	_must_check_ _nonnull_all_;

void plan_done(struct plan *plan);
