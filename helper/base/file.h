/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole files and the names in a folder; strict: as trust.h has it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/trust.h"

/* The bound of a configuration file, which has a page or two. */
#define FILE_SIZE_MAX ((size_t)1 << 20)

/* Stands for standard input where a file is named by hand. */
#define FILE_INPUT "-"

/*
 * Reads a whole regular file, or standard input (not strict). One that changes meanwhile is read three times at most; after
 * that it is -EBUSY. strict: path begins with root_dir(), every folder from there on and the file belong to root, nobody else
 * can write them, and links lead only into the configuration tree. A link to /dev/null reads as empty; with strict trust, its
 * folders count all the same. Returns 0 with a NUL-terminated buffer to be freed, or fills *error and returns error->code.
 */
int file_read(const char *path, bool strict, char **ret, size_t *ret_size, struct file_error *error)
	_must_check_ _nonnull_all_;

/* Whether a path is a folder's. 1, 0 (also for a link to nothing, or in a circle), -ENOENT for nothing at all, or another negative errno. */
int file_is_folder(const char *path) _must_check_ _nonnull_all_;

/*
 * Lists the names in a folder in strcmp order, without dot files; folders only, or non-folders only. Same rules and
 * errors; the list is freed with strv_free().
 */
int file_list(const char *path, bool strict, bool folders, char ***ret, struct file_error *error)
	_must_check_ _nonnull_all_;

/*
 * Reads the first line of a file of the kernel's, without the newline; "" where it is empty. 0, -EOVERFLOW for one that
 * is longer than text or FILE_LINE_MAX, or another negative errno, with *text untouched.
 */
#define FILE_LINE_MAX 4096
int file_read_line(const char *path, char *text, size_t size) _must_check_ _nonnull_all_;

/*
 * Reads the boot's ID, which tells a file of this boot from an older one (a kept /run in a container, a copied tree); ""
 * where the kernel has none. size: 64 is enough.
 */
void file_read_boot(char *text, size_t size) _nonnull_all_;

/* path from / on, its folder without links; path itself may be one. NULL where that folder is missing. To be freed. */
char *file_whole_path(const char *path) _must_check_ _nonnull_all_;
