/* SPDX-License-Identifier: GPL-2.0-only */
/* A GPU up to the point where its driver is spoken to: what it is, who serves it, what it should have. */
#pragma once

#include "core/plan.h"

/* How long a GPU's driver may be spoken to: far below udevd's 180 s, far above what a GPU's first opening takes. */
#define RUN_SECONDS 60

/* Whether types can be given to a function of a PCI device. The rule matches the same. */
enum service {
	SERVICE_OFFERED,
	SERVICE_VIRTUAL_FUNCTION,
	SERVICE_NOT_A_GPU,
	SERVICE_NO_DRIVER,
	SERVICE_NO_BACKEND, /* its driver is none that the program knows */
};

/* The one place that decides; *ret (may be NULL) is the vendor, and untouched where there is none. */
enum service target_service(const struct device *gpu, const struct vendor **ret);

/* Why a function gets none, for people; NULL for SERVICE_OFFERED and for what names the driver. */
const char *target_service_text(enum service service);

struct target_options {
	const char *file;   /* NULL: the configuration tree */
	const char *layout; /* NULL: the driver's own; else the release whose layout is to be spoken */
	bool keep;          /* -k: nobody's types are discarded */
	bool strict;        /* warnings stop the run */
	bool automatic;     /* called by a rule or unit: only trusted files, and no remarks on them */
};

struct target {
	const struct device *gpu;
	const struct target_options *options;
	struct diagnostics *diag; /* where everything is said */

	const struct vendor *vendor; /* NULL: there is nothing to do */
	struct limits limits;
	struct selection selection;
	struct plan plan;
	uint64_t framebuffer; /* MiB, 0 until target_size() asked the driver */
	int module;           /* what target_load_module() returned */
	uint64_t module_instance; /* of the one that was live, or came to be; 0: none */
};

/*
 * Finds vendor, files and plan of target->gpu. OUTCOME_DONE also where nothing is to be done; everything else has been said,
 * every mistake with its place. What was found until then is in *target in any case, for the record.
 */
enum outcome target_find(struct target *target);

/*
 * Files and plan alone, of a target that has its vendor and limits. Mistakes and warnings of files go to report. Returns 0, or a
 * negative errno without a plan.
 */
int target_plan(struct target *target, struct diagnostics *diag);

/* Whether there is anything to give or to wait for. */
static inline bool target_is_wanted(const struct target *target)
{
	return target->plan.types.n || target->plan.n_expected;
}

/*
 * The driver's part of the plan: sizes that are auto, and whether all of it fits the GPU's memory. The session is open. An
 * automatic run that needs no answer does without.
 */
enum outcome target_size(struct target *target, struct session *session);

/* The same with target->framebuffer as it is; 0: the memory is not known, and nothing is judged. */
enum outcome target_fit(struct target *target);

/*
 * Loads the vendor's module where it is missing. Says nothing: whether that matters is known when the types do not show.
 * Returns 0 or what module_reason() has words for.
 */
int target_load_module(struct target *target);

/* How that ended: "module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs". */
void target_module_text(const struct target *target, char *text, size_t size);

/*
 * The types to be given that sysfs does not show, by their names there; NULL-terminated, to be freed with strv_free(). 0 or a
 * negative errno.
 */
int target_missing(const struct target *target, char ***ret);

/* Says what failed and why (0 or a negative errno). Returns OUTCOME_FAILED. */
enum outcome target_fail(const struct target *target, int r, const char *fmt, ...) _printf_(3, 4);

/* Frees what was found. */
void target_done(struct target *target);
