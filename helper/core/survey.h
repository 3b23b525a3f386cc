/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a GPU stands: what it should have, what sysfs shows of it, how the last run ended. Looks, and opens no driver's
 * node: an open node would wake the GPU and stand in the way of rmmod.
 */
#pragma once

#include "core/record.h"
#include "core/target.h"

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN };

struct overview_type {
	char *id;   /* "nvidia-531" */
	char *name; /* NULL where the vendor has none */
	enum truth configured, registered; /* registered: sysfs shows it */
	uint64_t in_use, available;        /* available: 0 unless registered */
	uint64_t size; /* of the GPU's memory, for one instance, in MiB; 0: not known */
	uint64_t most; /* instances; 0: not known */
};

struct overview {
	const struct device *gpu;
	const char *backend;   /* the vendor's driver; NULL: there is no backend for the GPU */
	char release[64];      /* of the driver, "" where it is not known */
	char *architecture;    /* "Nvidia/Pascal", NULL where no folder is for the GPU */
	bool no_catalog;       /* or where folders could not be read, so that there may be one */
	char *problem;         /* why the configuration does not count, one line; NULL: it does */
	struct job job;        /* empty where there is a problem */
	struct state_record last;
	bool has_run;          /* there is a record of a run */
	const char *no_record; /* why it cannot be read; NULL: it was, or there is none */
	bool is_current;       /* the record is of this boot */
	uint64_t framebuffer;  /* MiB; 0: the last run did not ask the driver, or there was none */
	struct overview_type *types;
	size_t n;
};

/* Configured types first, in their order, then what else sysfs shows. 0 or -ENOMEM with *ret untouched. */
int overview_read(const struct device *gpu, struct overview *ret);

/* Of all types. */
uint64_t overview_in_use(const struct overview *overview);

void overview_done(struct overview *overview);
