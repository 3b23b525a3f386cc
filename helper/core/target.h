/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything about one GPU up to the point where its driver is spoken to: what it is, what it should have. */
#pragma once

#include "core/plan.h"

struct job_options {
	const char *file; /* NULL: the configuration tree */
	const char *layout; /* NULL: the driver's own; else the release whose layout is to be spoken */
	bool keep;        /* -k: nobody's types are discarded */
	bool force;       /* mediated devices that nobody uses do not stop a discard */
	bool strict;      /* warnings stop the run */
	bool automatic;   /* called by a rule or unit: only trusted files, and words for the journal */
	const char *by;   /* who asked, for the record: command, udev or unit */
};

struct job {
	const struct device *gpu;
	const struct vendor *vendor; /* NULL: there is nothing to do, and that has been said */
	struct limits limits;
	struct selection selection;
	struct plan plan;
	uint64_t framebuffer; /* MiB, 0 until job_size() asked the driver */
	bool selected; /* some section is for this GPU, though it may define no types */
	int module;    /* what job_load_module() returned */
	uint64_t module_instance; /* of the one that was live, or came to be; 0: none */
};

/*
 * Finds vendor, files and plan. OUTCOME_DONE also where nothing is to be done; everything else has been said, every
 * mistake with its place. What was found until then is in *ret in any case, for the record.
 */
enum outcome job_prepare(const struct device *gpu, const struct job_options *options, struct job *ret);

/*
 * Files and plan alone, for a job that has its vendor and limits. Logs nothing: mistakes and warnings go to report. Returns 0,
 * or a negative errno without a plan.
 */
int job_plan(struct job *job, const struct job_options *options, struct report *report);

/*
 * The driver's part of the plan: sizes that are auto, and whether all of it fits the GPU's memory. The session is open. An
 * automatic run that needs no answer does without.
 */
enum outcome job_size(struct job *job, const struct job_options *options, struct session *session);

/* The same with job->framebuffer as it is; 0: the memory is not known, and nothing is judged. */
enum outcome job_fit(struct job *job, const struct job_options *options);

/*
 * Loads the vendor's module where it is missing. Says nothing: whether that matters is known when the types do not show.
 * Returns 0 or what module_reason() has words for.
 */
int job_load_module(struct job *job);

/* How that ended: "module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs". */
void job_module_text(const struct job *job, char *text, size_t size);

/* Says what failed and why (a negative errno). Returns OUTCOME_FAILED. */
enum outcome job_fail(const struct job *job, int r, const char *what);

void job_done(struct job *job);
