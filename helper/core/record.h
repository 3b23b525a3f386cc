/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the last run on a GPU did, in /run/mdev-gpu/<address>.yaml, for people and for status. Nobody decides by it: a lost
 * or stale file costs nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/outcome.h"
#include "model/type.h"

struct state {
	const char *address;
	const char *driver;
	const char *version;           /* of the driver; "" where it is not known */
	const char *architecture;      /* "Nvidia/Pascal"; NULL where no such folder was chosen */
	char *const *files;            /* NULL-terminated, the configuration used; may be NULL */
	const struct type_list *types; /* what was to be registered; may be NULL */
	const char *const *expected;   /* what was to be there by itself */
	size_t n_expected;
	uint64_t framebuffer;          /* MiB; 0: the run did not ask the driver */
	uint64_t module;               /* which load of the vendor's module the run had, see module_instance(); 0: none */
	bool running;        /* it has begun: the file of a run that was killed says so for good, unless another one follows */
	enum outcome outcome;
	const char *message; /* for people, one line */
	const char *by;      /* who asked for the run: command, udev or unit */
};

/* What a state file says. To be freed with state_record_done(). Texts are never NULL, lists are where the file lacks them. */
struct state_record {
	char *time, *boot, *by, *driver, *version, *result, *message;
	char **files, **types, **expected; /* NULL-terminated; types by number, "531" */
	uint64_t framebuffer; /* MiB, 0 where the file lacks it */
	uint64_t module;      /* 0 likewise */
};

/* Reads a GPU's state file. 0, or a negative errno (-ENOENT: there is none, -EINVAL: no whole one) with *ret untouched. */
int state_read(const char *address, struct state_record *ret);

void state_record_done(struct state_record *record);

/* What keeps a state file from being read, for a negative errno of state_read(); NULL where there is none to read. */
const char *state_trouble(int r);

/* Whether the record is of this boot: one that is older tells nothing of the driver that runs now. */
bool state_is_current(const struct state_record *record);

/*
 * Writes the file, and beside it <address>.properties, which the rule imports into udev's database. Each is written whole: a
 * reader sees the old one or the new one. 0 or a negative errno.
 */
int state_write(const struct state *state);
