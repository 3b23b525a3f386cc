/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual functions of one GPU and their types, as the configuration has them. Nothing else writes to functions. */
#pragma once

#include <stdbool.h>

#include "core/plan.h"
#include "model/outcome.h"
#include "system/device.h"

struct functions_options {
	const char *file;    /* NULL: the configuration tree */
	bool dry_run;        /* tells what would be done, and writes nothing at all */
	bool force;          /* types that runs of this boot have given, and the configuration does not have, are taken away */
	bool automatic;      /* called by a unit: only trusted files, and what failed once is not tried again by itself */
	const char *trigger; /* for the record: command or unit */
};

/*
 * Reads what the configuration has for a GPU's functions; *selection, which *plan borrows from, and *plan were empty. Everything but
 * OUTCOME_DONE has been said in diag. Opens no node of the driver.
 */
enum outcome functions_read_plan(const struct device *gpu, const struct functions_backend *backend,
				 const struct functions_options *options, struct diagnostics *diag, struct selection *selection,
				 struct plan *plan) _must_check_ _nonnull_all_;

/*
 * Switches the functions of a GPU on, waits until they are registered, and gives them their types; verifies, records and
 * tells. Takes five minutes at most. OUTCOME_IN_USE: what there is would have to be changed, and nothing was.
 */
enum outcome functions_run(const struct device *gpu, const struct functions_options *options) _must_check_ _nonnull_all_;
