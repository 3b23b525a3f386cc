/* SPDX-License-Identifier: GPL-2.0-only */
/* A profile: which GPUs, which types. Knows no device and no driver. */
#pragma once

#include "config/keys.h"
#include "config/vgpus.h"
#include "config/yaml.h"
#include "model/type.h"

struct filter {
	uint64_t values[FILTER_KEYS];
	bool given[FILTER_KEYS];
	struct location places[FILTER_KEYS]; /* of the values given */
};

/* A type that the driver brings itself. */
struct expected_type {
	const char *id; /* its folder in sysfs, "i915-GVTg_V5_4"; in the document, as the location is */
	struct location location;
	char *path; /* gpus[0].expectTypes[1], for messages */
};

/* One entry of gpus: some GPUs and their types. */
struct section {
	struct filter *filters; /* none: every GPU whose driver something here can be for */
	size_t n_filters;
	bool selected; /* it is for the GPU that the files were chosen for: catalog.h */
	bool unclear; /* there are mistakes in the filters: which GPUs are meant is not known */
	bool discard; /* discardPrevious */
	struct location discard_place; /* of its value; line 0: the default */
	struct type_list types;
	struct expected_type *expected;
	size_t n_expected;
	bool has_types; /* there is mdevConfigs or expectTypes, though it may be empty */
	uint64_t functions; /* virtualFunctions; 0: hands off */
	struct vgpu_list vgpus;
	struct location functions_location, vgpus_location; /* line 0: the key is not there, or null */
};

struct profile {
	struct document *document; /* every location points into it */
	struct section *sections;
	size_t n;
	bool broken; /* there were mistakes: what is here can be judged, but never used */
};

/*
 * Reads a profile. An empty or masked file is a profile without sections. Adds every mistake to diag; with one, the
 * profile is broken and has what is well-formed. Returns 0, or -ENOMEM with *ret untouched. strict: see file.h.
 */
int profile_load(const char *path, bool strict, struct diagnostics *diag, struct profile **ret)
	_must_check_ _nonnull_all_;

/* Makes one from the top of a tree that came from elsewhere, which must outlive it. Errors as above. */
int profile_from(const struct node *top, struct diagnostics *diag, struct profile **ret) _must_check_ _nonnull_all_;

/* Takes NULL. */
void profile_free(struct profile *profile);

DEFINE_CLEANUP(struct profile *, profile_free)
