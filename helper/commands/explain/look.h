/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that is looked at before the links of the chain judge it: once, and without touching anything. */
#pragma once

#include <string.h>

#include "core/record.h"
#include "core/target.h"
#include "system/mdev.h"

struct look {
	const char *name;         /* the GPU's address, or what somebody took for one */
	const struct device *gpu; /* NULL: there is no such device; then nothing else is known */
	struct job job;           /* vendor is NULL without a backend */
	char *no_release;         /* why the driver's release is not known; NULL: it is */
	struct report report;     /* mistakes of the configuration */
	int planned;              /* 0, or the negative errno of a mistake: then there is no plan */
	struct mdev_types shown;  /* in sysfs */
	char **missing;           /* of the plan's types, by their names in sysfs */
	size_t n_wanted, n_missing;
	struct state_record last; /* of this boot or another one */
	const char *no_record;    /* why the record cannot be read; NULL: it was, or there is none */
	bool recorded, current;   /* there is a record; it is of this boot and this release of the driver */
	size_t devices;           /* mediated devices on the GPU */
};

/* Fills in *ret, to be freed with look_done() also on failure of memory: -ENOMEM. gpu may be NULL. */
int look_at(const char *name, const struct device *gpu, struct look *ret);

/* Whether all types of a plan that has some are in sysfs. */
static inline bool look_is_complete(const struct look *look)
{
	return look->n_wanted && !look->n_missing;
}

/* Whether the last run, with this driver, succeeded. */
static inline bool look_was_done(const struct look *look)
{
	return look->current && look->last.result && strcmp(look->last.result, outcome_name(OUTCOME_DONE)) == 0;
}

void look_done(struct look *look);
