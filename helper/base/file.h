/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading files that may have been put there by anybody. With strict trust, what is checked is what is read: every
 * folder is opened from the one above it and looked at through its descriptor.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

/* A configuration file is a page or two; a megabyte is somebody's mistake. */
#define FILE_SIZE_MAX (1024 * 1024)

struct file_error {
	int code;         /* negative errno; -EPERM: not to be trusted */
	char *where;      /* the file or folder that is the cause, NULL: the file itself */
	const char *text; /* why, NULL where strerror(code) says it */
};

/*
 * Reads a whole regular file. strict: path begins with root_dir(), every folder from there on and the file belong to
 * root, nobody else can write them, and links lead only into the configuration tree. A link to /dev/null reads as empty;
 * with strict trust, its folders count all the same.
 * Returns 0 with a NUL-terminated buffer to be freed, or fills *error and returns error->code.
 */
int file_read(const char *path, bool strict, char **ret, size_t *ret_size, struct file_error *error);

/* The names in a folder in strcmp order, without dot files; folders only, or non-folders only. Same rules and errors. */
int file_list(const char *path, bool strict, bool folders, char ***ret, struct file_error *error);

/* Whether a file or folder would be read with strict trust: 0, or the reason in *error as file_read() has it. */
int file_check_trust(const char *path, struct file_error *error);

/* Whether a file is switched off: a link to /dev/null. */
bool file_is_masked(const char *path);

/* Whether anybody at all could have written the file, or put it where it is. */
bool file_is_public(const char *path);

/* path from / on, its folder without links; path itself may be one. NULL where that folder is not there. To be freed. */
char *file_whole_path(const char *path);

/* Logs nothing, tells: "is writable by others", … ; the text lives as long as error. */
const char *file_error_text(const struct file_error *error);

void file_error_done(struct file_error *error);

/* Frees a NULL-terminated list of strings. Takes NULL. */
void strv_free(char **list);

DEFINE_CLEANUP(char **, strv_free)
