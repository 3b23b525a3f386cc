/* SPDX-License-Identifier: GPL-2.0-only */
/* Types that a driver brings itself: nothing is registered, only seen to. */
#pragma once

#include "core/target.h"

/*
 * Sees to it that sysfs shows the types that the plan expects: asks the vendor what stands in the way, loads its module, waits.
 * *missing becomes how many were not there before, and is untouched where none was. dry_run: stops before anything is loaded.
 * OUTCOME_DONE (without dry_run) says that they were seen; everything else has been said.
 */
enum outcome expect_types(struct target *target, bool dry_run, size_t *missing);
