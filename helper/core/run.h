/* SPDX-License-Identifier: GPL-2.0-only */
/* A run for one GPU, from its files to its record. */
#pragma once

#include "core/target.h"

/*
 * Prepares, locks, registers or expects, records, tells. At most a minute. dry_run: stops before anything is changed. *selected
 * is set where the configuration is for this GPU, and untouched where it is not.
 */
enum outcome apply_device(const struct device *gpu, const struct job_options *options, bool dry_run, bool *selected);
