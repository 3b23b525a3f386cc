/* SPDX-License-Identifier: GPL-2.0-only */
/* Verifies that the driver lists what the plan wants, and that sysfs shows it: success is what was seen. */
#pragma once

#include "core/target.h"

/*
 * Waits a few seconds for sysfs at most. sent: types have been given to the driver in this run; without, its list was
 * read just before, and is read again only where sysfs lacks something. OUTCOME_DONE: they are there, or are known to
 * be shown later or elsewhere, which has been said. So has everything else.
 */
enum outcome verify_types(const struct target *target, struct session *session, bool sent) _must_check_ _nonnull_all_;
