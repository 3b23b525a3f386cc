/* SPDX-License-Identifier: GPL-2.0-only */
/* A place in a tree while it is being read: what messages begin with. */
#pragma once

#include "config/yaml.h"

struct cursor {
	struct diagnostics *diag;
	const struct node *node;
	char path[256]; /* gpus[0].mdevConfigs[1].num; for messages, cut where it is longer */
};

/* Adds a mistake here to the report. Returns -EINVAL. */
#define cursor_error(cursor, ...) \
	diag_error((cursor)->diag, &(cursor)->node->location, *(cursor)->path ? (cursor)->path : NULL, __VA_ARGS__)

/* The key at an even index of a mapping that has been read, and its value: both with the key in their path. */
struct cursor cursor_key(const struct cursor *mapping, size_t i);
struct cursor cursor_value(const struct cursor *mapping, size_t i);

/* Whether there is nothing here: null, ~ or no value at all. */
bool cursor_is_null(const struct cursor *cursor);

/* 0, or -EINVAL with a mistake in the report where something of another kind is here; what is broken has been told. */
int cursor_require(const struct cursor *cursor, enum node_kind kind);

/* Reads each entry of a sequence, whatever the others are. Returns 0 or the error of the last that had one. */
int cursor_each(const struct cursor *list, int (*read)(const struct cursor *entry, void *into), void *into);
