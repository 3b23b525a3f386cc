/* SPDX-License-Identifier: GPL-2.0-only */
/* One run on one GPU, from its files to its record. */
#pragma once

#include "core/planned.h"
#include "core/target.h"

struct run_options {
	struct target_options target;
	bool force;          /* idle mediated devices do not stop a discard */
	bool dry_run;        /* stops before anything is changed */
	struct planned *planned; /* of a dry run on several GPUs; NULL: the driver's definitions count alone */
	bool answer;         /* somebody has discarded types: counted in the record */
	const char *trigger; /* what asked for the run, for the record: command, udev or unit */
};

/*
 * Finds what the GPU should have, gives it to the driver or waits for it, verifies, records and tells. Takes a minute
 * at most, or as long as other GPUs are ahead of it, see target.h. Sets *selected where the configuration is for this GPU, and leaves it untouched where it is not.
 */
enum outcome run_device(const struct device *gpu, const struct run_options *options, bool *selected)
	_must_check_ _nonnull_all_;
