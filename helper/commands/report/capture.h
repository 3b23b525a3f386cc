/* SPDX-License-Identifier: GPL-2.0-only */
/* What other programs print, and what files hold, bounded. */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

/* Of each source so much is kept: its end. */
#define CAPTURE_MAX ((size_t)128 << 10)

struct capture {
	char *output; /* of both streams; may be "" */
	int status;   /* the exit code; 128 + the signal that ended it */
	bool timed_out;
};

/*
 * Runs work(data) in a process of its own, with no input, for so many seconds at most: whatever hangs, a report is made. Its result
 * is the exit code. Returns 0 with *ret to be given to capture_done(), or a negative errno.
 */
int capture_run(int (*work)(void *data), void *data, unsigned seconds, struct capture *ret) _must_check_ _nonnull_(1, 4);

/* The same for a program, found by PATH unless it is a path. One that is not there has status 127. */
int capture_program(const char *const argv[], unsigned seconds, struct capture *ret) _must_check_ _nonnull_all_;

void capture_done(struct capture *capture);

/* Reads a file, from its begin, to be freed; NULL where it cannot be read. */
char *capture_file(const char *path) _must_check_ _nonnull_all_;

/* Returns the last most lines of a text that match a pattern of regex(7), to be freed; NULL where none does. */
char *lines_like(const char *text, const char *pattern, size_t most) _must_check_ _nonnull_all_;
