/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /run/mdev-gpu about a GPU, <address>.ENDING, and the fields of those that are YAML. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "config/node.h"
#include "config/yaml.h"

/*
 * Writes a file whole: into a temporary file beside it, which is renamed. A reader sees the old one or the new one. The
 * caller holds a lock against others who write it, and has seen to the folder, see lock_make_folder(). 0 or a negative errno.
 */
int record_write_file(const char *address, const char *ending, void (*put)(FILE *f, const void *data), const void *data)
	_must_check_ _nonnull_(1, 2, 3);

/* Reads one. 0, or a negative errno (-ENOENT: there is none, -EINVAL: it is no YAML) with *ret untouched. */
int record_read_file(const char *address, const char *ending, struct document **ret) _must_check_ _nonnull_all_;

/* Writes what each begins with: the GPU's address, the time, the boot, and who started the run. */
void record_put_head(FILE *f, const char *address, const char *trigger) _nonnull_all_;

/* Writes "key: "value"", a line. */
void record_put_text(FILE *f, const char *key, const char *value) _nonnull_all_;

/* Returns the value of a key, NULL where the mapping (may be NULL) does not have it, or of another kind. */
const struct node *record_field(const struct node *map, const char *key, enum node_kind kind) _nonnull_(2);

/* The same as a copy to be freed, NULL likewise; as a number, 0 likewise; as a list of texts, to be freed. */
char *record_text(const struct node *map, const char *key) _must_check_ _nonnull_(2);
uint64_t record_number(const struct node *map, const char *key) _must_check_ _nonnull_(2);
char **record_list(const struct node *map, const char *key) _must_check_ _nonnull_(2);
