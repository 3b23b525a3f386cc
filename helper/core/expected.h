/* SPDX-License-Identifier: GPL-2.0-only */
/* Types that a driver brings itself: nothing is registered, they are only waited for. */
#pragma once

#include "core/target.h"

/*
 * Has sysfs show the types that the plan expects: asks the vendor what stands in the way, loads its module, waits a few
 * seconds. *missing becomes how many were not shown before, and is untouched where none was missing. dry_run: stops
 * before anything is loaded. OUTCOME_DONE (without dry_run) means that they were seen; everything else has been said.
 */
enum outcome expect_types(struct target *target, bool dry_run, size_t *missing) _must_check_ _nonnull_all_;
