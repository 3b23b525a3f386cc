/* SPDX-License-Identifier: GPL-2.0-only */
/* Types that are given to a driver: what it lacks is sent, and only what has been read back is believed. */
#pragma once

#include "core/target.h"

struct registration {
	size_t added, unchanged;
};

/*
 * Loads the vendor's module, opens the driver, completes the plan with the GPU's own figures, compares with what the driver has,
 * sends what is missing and asks driver and sysfs whether it is there. dry_run: stops before anything is loaded or sent.
 * OUTCOME_DONE: *ret is set; everything else has been said. The caller holds the GPU's lock.
 */
enum outcome register_types(struct job *job, const struct job_options *options, bool dry_run, struct registration *ret);
