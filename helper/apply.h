/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes what a GPU's driver has what its plan says, and believes only what it has read back. Floor 3. */
#pragma once

#include "job.h"

struct apply_result {
	size_t added, unchanged;
	size_t missing; /* of the expected types, before */
};

/*
 * Compares with what the driver has, registers what is missing, asks the driver and sysfs whether it is there. dry_run:
 * stops before anything is sent. Everything but OUTCOME_DONE has been said.
 */
enum outcome apply_plan(const struct job *job, struct session *session, bool force, bool dry_run,
			struct apply_result *ret);

/*
 * The whole way for one GPU: prepare, lock, load, apply, record. At most a minute. *selected is set where the
 * configuration is for this GPU, and untouched where it is not.
 */
enum outcome apply_device(const struct device *gpu, const struct job_options *options, bool dry_run, bool *selected);
