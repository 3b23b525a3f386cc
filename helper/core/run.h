/* SPDX-License-Identifier: GPL-2.0-only */
/* A run for one GPU, from its files to its record. */
#pragma once

#include "core/target.h"

struct run_options {
	struct target_options target;
	bool force;          /* mediated devices that nobody uses do not stop a discard */
	bool dry_run;        /* stops before anything is changed */
	const char *trigger; /* who asked, for the record: command, udev or unit */
};

/*
 * Finds what the GPU should have, gives it to the driver or waits for it, verifies, records and tells. At most a minute. *selected is
 * set where the configuration is for this GPU, and untouched where it is not.
 */
enum outcome run_device(const struct device *gpu, const struct run_options *options, bool *selected);
