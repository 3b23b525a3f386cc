/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening files that may have been put there by anybody. What is checked is what is read: every folder is opened from
 * the one above it and examined through its descriptor.
 */
#pragma once

#include <fcntl.h>
#include <stdbool.h>

#include "base/macro.h"

struct file_error {
	int code;         /* negative errno; -EPERM: not to be trusted */
	char *where;      /* the file or folder that is the cause, NULL: the file itself */
	const char *text; /* why, NULL where strerror(code) says it */
};

/* Fills *error with a code, a copy of where and text, which is kept. Returns code. */
int file_fail(struct file_error *error, int code, const char *where, const char *text) _nonnull_(1);

/* Returns why a file is not read: "can be written by others than root", or strerror's words. Lives as long as error. */
const char *file_error_text(const struct file_error *error) _nonnull_all_;

void file_error_done(struct file_error *error);

/* O_NONBLOCK: a FIFO must be refused, not waited for. */
#define FILE_READ_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY)

/* Returned instead of 0: the file is switched off by a link to /dev/null, and nothing was opened. */
#define TRUST_MASKED 1

/*
 * Opens path, which begins with root_dir(), where every folder from there on and the file belong to root, nobody else
 * can write them, and links lead only into the configuration tree. Returns 0 with a descriptor, TRUST_MASKED, or
 * error->code.
 */
int trust_open(const char *path, int flags, int *ret, struct file_error *error) _must_check_ _nonnull_all_;

/* Returns 0 where a file or folder would be read with strict trust, else the reason in *error as file_read() has it. */
int trust_check(const char *path, struct file_error *error) _must_check_ _nonnull_all_;

/* Returns whether a file is a link to /dev/null, which is not to be opened. */
bool file_is_null_link(const char *path) _nonnull_all_;

/* Returns what switches a file off, as udev and systemd have it, too: "a link to /dev/null", "an empty file"; NULL: nothing. */
const char *file_mask(const char *path) _nonnull_all_;

/* Returns whether everybody may read the file: it, and each folder above it that is not above root_dir(). */
bool file_is_for_all(const char *path) _nonnull_all_;

/* Returns whether anybody at all could have written the file, or put it where it is. */
bool file_is_public(const char *path) _nonnull_all_;
