/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record of the last run on a GPU, /run/mdev-gpu/<address>.yaml, for people and for status. No run decides by it, only
 * whether one is started: a lost or stale file costs nothing. The rule removes it when the driver leaves.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "model/outcome.h"
#include "model/type.h"

/* A record to write; everything is borrowed. */
struct record_entry {
	const char *address;
	const char *driver;
	const char *version;           /* of the driver; "" where it is not known */
	const char *architecture;      /* "Nvidia/Pascal"; NULL where no such folder was chosen */
	char *const *files;            /* NULL-terminated, the configuration used; may be NULL */
	const struct type_list *types; /* what was to be registered */
	const char *const *expected;   /* the driver's own types that were to be there */
	size_t n_expected;
	uint64_t framebuffer;          /* MiB; 0: the run did not ask the driver */
	uint64_t module;               /* the load of the vendor's module, see module_instance(); 0: none */
	bool shown;          /* sysfs showed all types after this run; or after an earlier one, and this one failed */
	unsigned answers;    /* runs since the driver bound that answered a discard of others, this one among them */
	bool running;        /* the run has begun; after one that was killed, until another run follows */
	enum outcome outcome;
	const char *message; /* for people, one line, without the address */
	const char *trigger; /* what asked for the run: command, udev or unit */
};

/* A record that was read. Texts are never NULL, lists are where the file lacks them. */
struct record {
	char *time, *boot, *trigger, *driver, *version, *message;
	bool running;         /* outcome does not count then */
	bool cut_off;         /* it failed, and by record_cut_off() */
	enum outcome outcome;
	char **files, **types, **expected; /* NULL-terminated; types by number, "531" */
	uint64_t framebuffer; /* MiB, 0 where the file lacks it */
	uint64_t module;      /* 0 likewise */
	uint64_t answers;
	bool shown;
};

/* How often a discard is answered until the driver binds anew; the rule has the number, too. */
#define RECORD_ANSWERS 3

/* Reads a GPU's record. 0, or a negative errno (-ENOENT: there is none, -EINVAL: no whole one) with *ret untouched. */
int record_read(const char *address, struct record *ret) _must_check_ _nonnull_all_;

void record_done(struct record *record);

/* Returns the word for how the run ended: "done", "running", … */
const char *record_result(const struct record *record) _nonnull_all_;

/* Returns whether the run succeeded. */
bool record_is_done(const struct record *record) _nonnull_all_;

/* Returns, for a result of record_read(), what keeps the record from being read; NULL where there is none. */
const char *record_trouble(int r);

/* Returns a number that tells a GPU's record, as it is written now, from an earlier and a later one; 0: there is none. */
uint64_t record_instance(const char *address) _nonnull_all_;

/* Returns whether the record is of this boot: an older one tells nothing of the driver that runs now. */
bool record_is_current(const struct record *record) _nonnull_all_;

/* Removes a GPU's record and its properties, where there are some. */
void record_forget(const char *address) _nonnull_all_;

/*
 * Adds to the record of a run that has begun how it is ended, in text without quotes: a signal handler may call it. 0 or a
 * negative errno.
 */
int record_cut_off(const char *address, const char *text) _must_check_ _nonnull_all_;

/*
 * Writes the file, and beside it <address>.properties, which the rule imports into udev's database. Each is written
 * whole: a reader sees the old one or the new one. The caller holds the GPU's lock. 0 or a negative errno.
 */
int record_write(const struct record_entry *entry) _must_check_ _nonnull_all_;
