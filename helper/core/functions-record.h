/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs of this boot did to a GPU's virtual functions, /run/mdev-gpu/<address>.functions.yaml. Unlike a run's record, runs
 * decide by it: which types are ours to take away, and whether switching on is tried again by itself. It outlives the
 * driver's leaving, which switching on brings about itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "model/outcome.h"

/* How switching on has ended. */
enum switching {
	SWITCHING_NONE,    /* not tried, or nothing was changed by it */
	SWITCHING_RUNNING, /* it has begun; after a run that was killed, until another run follows */
	SWITCHING_DONE,
	SWITCHING_FAILED,
};

/* A type that a run gave to a function; written down before it is given. */
struct given_type {
	unsigned function;
	uint64_t number;
	char *name; /* "" where it is not known */
};

struct functions_record {
	uint64_t module; /* the load of the driver's module, see module_instance(); another load begins anew */
	enum switching switching;
	struct given_type *given;
	size_t n;
	char *time, *message;
	enum outcome outcome;
};

/*
 * Reads a GPU's record of this boot and this load of the driver; where there is none, *ret is an empty one. 0, -ENOMEM, or
 * another negative errno of one that cannot be read.
 */
int functions_record_read(const char *address, uint64_t module, struct functions_record *ret) _must_check_ _nonnull_all_;

/* Writes it. The caller holds the GPU's functions lock. 0 or a negative errno. */
int functions_record_write(const char *address, const struct functions_record *record, const char *trigger)
	_must_check_ _nonnull_all_;

/* Sets how the run has ended. */
void functions_record_end(struct functions_record *record, enum outcome outcome, const char *message) _nonnull_all_;

/* Returns what was given to a function, NULL: nothing. */
const struct given_type *functions_record_find(const struct functions_record *record, unsigned function) _nonnull_all_;

/* Adds what is about to be given, in the place of what was. 0 or -ENOMEM. */
int functions_record_add(struct functions_record *record, unsigned function, uint64_t number, const char *name)
	_must_check_ _nonnull_all_;

void functions_record_remove(struct functions_record *record, unsigned function) _nonnull_all_;

void functions_record_done(struct functions_record *record);

/*
 * Notes for the units that a section of the configuration is about the GPU's functions, or that none is:
 * /run/mdev-gpu/<address>.functions. 0 or a negative errno.
 */
int functions_note_wanted(const char *address, bool wanted) _must_check_ _nonnull_all_;

/* Formats the name of the lock that a run on the GPU's functions holds; meanwhile events of the GPU start no other. */
#define FUNCTIONS_LOCK_SIZE 64
const char *functions_lock_name(const char *address, char name[FUNCTIONS_LOCK_SIZE]) _nonnull_all_;

/* The lock by which one GPU of the host at a time has its functions switched on (sriov.md, 2.1). */
#define FUNCTIONS_LOCK_HOST "functions"
