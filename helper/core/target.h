/* SPDX-License-Identifier: GPL-2.0-only */
/* A GPU with its vendor, its limits, its files and its plan: everything up to where its driver is spoken to. */
#pragma once

#include "config/settings.h"
#include "core/plan.h"

/* The time that a run has: far below udevd's 180 s, far above what a GPU's first opening takes. */
#define RUN_SECONDS 60

/* With the time in which other GPUs' runs were ahead of it: still below udevd's, and who does not run under udevd has more. */
#define UDEV_SECONDS 150
#define SHARED_SECONDS 600

/* Whether types can be given to a function of a PCI device. The rule matches the same. */
enum service {
	SERVICE_OFFERED,
	SERVICE_VIRTUAL_FUNCTION,
	SERVICE_NOT_A_GPU,
	SERVICE_NO_DRIVER,
	SERVICE_NO_BACKEND, /* its driver is none that the program knows */
};

/* Decides, for all of the program, whether a function is served; *ret (may be NULL) becomes its vendor, if any. */
enum service target_service(const struct device *gpu, const struct vendor **ret) _nonnull_(1);

/*
 * Returns whether a run for all GPUs leaves this one out, and says why: no backend has its driver, or the host is set up not
 * to share it, unless a file that was named may be about it. One that is named itself is always run on.
 */
bool target_passes_over(const struct device *gpu, bool has_file) _must_check_ _nonnull_all_;

/* Returns why a function gets none, for people; NULL for SERVICE_OFFERED and where the text has to name the driver. */
const char *target_service_text(enum service service);

struct target_options {
	const char *file;   /* NULL: the configuration tree */
	const char *layout; /* NULL: the driver's own; else the release whose layout is insisted on */
	bool keep;          /* -k: nobody's types are discarded */
	bool strict;        /* warnings stop the run */
	bool automatic;     /* called by a rule or unit: only trusted files, and no remarks on them */
};

struct target {
	const struct device *gpu;
	const struct target_options *options;
	struct diagnostics *diag; /* what is said of the run, in order */

	const struct vendor *vendor; /* NULL: there is nothing to do */
	struct settings settings; /* empty where options->layout overrules them */
	struct insisted insisted;
	struct limits limits;
	struct selection selection;
	struct plan plan;
	uint64_t framebuffer; /* MiB, 0 until target_size() asked the driver */
	int module;           /* what target_load_module() returned */
	uint64_t module_instance; /* of the load that is live; 0: none */
};

/*
 * Finds vendor, files and plan of target->gpu. OUTCOME_DONE also where nothing is to be done; everything else has been
 * said, every mistake with its place. What was found until then is in *target in any case, for the record.
 */
enum outcome target_find(struct target *target) _must_check_ _nonnull_all_;

/*
 * Reads the host's settings for a target that has its vendor, and chooses target->insisted; not where the options name a
 * layout. Adds mistakes to diag. Returns 0, or the negative errno of one.
 */
int target_read_settings(struct target *target, struct diagnostics *diag) _must_check_ _nonnull_all_;

/*
 * Finds files and plan of a target that has its vendor and limits. Adds mistakes and warnings of files to diag. Returns
 * 0, or a negative errno without a plan.
 */
int target_plan(struct target *target, struct diagnostics *diag) _must_check_ _nonnull_all_;

/* Returns whether there are types to give or to wait for. */
static inline bool target_is_wanted(const struct target *target)
{
	return target->plan.types.n || target->plan.n_expected;
}

/*
 * Starts a run's deadline, takes the GPU's lock and opens the driver. *lock and *ret are to be closed in any case; everything but
 * OUTCOME_DONE has been said.
 */
enum outcome target_open(struct target *target, int *lock, struct session **ret) _must_check_ _nonnull_all_;

/*
 * Asks the driver for the GPU's memory, chooses the sizes that are auto and judges whether all of the plan fits. The
 * session is open. An automatic run without such sizes goes on without an answer.
 */
enum outcome target_size(struct target *target, struct session *session) _must_check_ _nonnull_all_;

/* The same with target->framebuffer as it is; 0: the memory is not known, and nothing is judged. */
enum outcome target_fit(struct target *target) _must_check_ _nonnull_all_;

/*
 * Loads the vendor's module where it is missing. Says nothing: whether that matters is known when the types do not
 * show. Returns, and keeps in target->module, 0 or what module_reason() has words for.
 */
int target_load_module(struct target *target) _nonnull_all_;

/* Formats how that ended: "module nvidia-vgpu-vfio is not installed for this kernel: this driver package …". */
void target_module_text(const struct target *target, char *text, size_t size) _nonnull_all_;

/*
 * Lists the types to be given that sysfs does not show, by their names there; NULL-terminated, to be freed with
 * strv_free(). 0 or a negative errno.
 */
int target_missing(const struct target *target, char ***ret) _must_check_ _nonnull_all_;

/* Says what failed and why (0 or a negative errno). Returns OUTCOME_FAILED. */
enum outcome target_fail(const struct target *target, int r, const char *fmt, ...) _printf_(3, 4) _nonnull_(1);

void target_done(struct target *target);
