/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths, and where /etc and /run begin: --root DIR. /sys, /proc and /dev are never moved, nor is what belongs to the
 * program itself.
 */
#pragma once

#include "base/macro.h"

/* Sets the prefix of /etc and /run; "" by default. Drops trailing slashes and cuts after 4095 bytes. */
void root_set(const char *dir) _nonnull_all_;

/* The prefix as set, without a trailing slash; "" where none was set. */
const char *root_dir(void);

/* Returns prefix + path, to be freed; NULL when memory is out. path begins with a slash. */
char *root_path(const char *path) _must_check_ _nonnull_all_;

/* Returns "folder/name", to be freed; NULL when memory is out, and where folder is NULL because of that. */
char *path_join(const char *folder, const char *name) _must_check_ _nonnull_(2);

/*
 * Returns the path of a file that belongs to the program, to be freed; NULL when memory is out. It lies beside the
 * program, as where both were built, or else in the folder that it is installed in. Who can write beside the program
 * can replace the program, too; the current folder and PATH decide nothing.
 */
char *own_path(const char *folder, const char *name) _must_check_ _nonnull_all_;
