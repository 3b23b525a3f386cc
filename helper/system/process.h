/* SPDX-License-Identifier: GPL-2.0-only */
/* A foreign program that is run to its end, and which processes have a file open. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

struct process_end {
	int status;     /* exit code; 128 + the signal that ended it */
	bool timed_out; /* it was ended after the time that it had */
	unsigned ms;    /* how long it took */
	char *output;   /* the last of what it printed, on either stream, printable, lines parted by "; "; may be "" */
};

/*
 * Checks that a program is root's, in a folder of root's, and that nobody else can write either. Returns NULL, or why it is
 * not run: "is missing", "can be written by others than root", to be put behind its path; a static text.
 */
const char *process_distrust(const char *path) _must_check_ _nonnull_all_;

/*
 * Runs a program with one argument list (argv[0] is its path) and a PATH of system folders, for so many milliseconds at
 * most; then it is ended with everything that it has started. Returns 0 with *ret to be given to process_end_done(), or a
 * negative errno where it could not be started.
 */
int process_run(char *const argv[], unsigned ms, struct process_end *ret) _must_check_ _nonnull_all_;

void process_end_done(struct process_end *end);

/*
 * Lists for each of some files who has it open, "dcgm (4242), nvidia-smi (77)", without this process. An entry of ret that is
 * NULL stays so for nobody, or nobody that /proc shows; else it is to be freed.
 */
void process_find_holders(const char *const *paths, size_t n, char **ret) _nonnull_all_;
