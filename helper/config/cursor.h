/* SPDX-License-Identifier: GPL-2.0-only */
/* Cursor in a parsed document: the current node and its path, for messages. */
#pragma once

#include "config/node.h"

struct cursor {
	struct diagnostics *diag;
	const struct node *node;
	char path[256]; /* gpus[0].mdevConfigs[1].num; for messages, cut where it is longer */
};

/* Adds a mistake at the current node to the report. Returns -EINVAL. */
#define cursor_error(cursor, ...) \
	diag_error((cursor)->diag, &(cursor)->node->location, *(cursor)->path ? (cursor)->path : NULL, __VA_ARGS__)

/* Move to the key at an even index of a mapping, and to its value: both with the key in their path. */
struct cursor cursor_key(const struct cursor *mapping, size_t i) _nonnull_all_;
struct cursor cursor_value(const struct cursor *mapping, size_t i) _nonnull_all_;

/* Returns whether the current node is nothing: null, ~ or no value at all. */
bool cursor_is_null(const struct cursor *cursor) _nonnull_all_;

/* Returns 0, or -EINVAL with a mistake in the report for a node of another kind; a broken node has been reported. */
int cursor_require(const struct cursor *cursor, enum node_kind kind) _must_check_ _nonnull_all_;

/* Reads each entry of a sequence, also after an error. Returns 0 or the last error. */
int cursor_each(const struct cursor *list, int (*read)(const struct cursor *entry, void *into), void *into)
	_must_check_ _nonnull_all_;

/* Makes room for what a list has, in *items, which stays NULL for an empty list; then reads each entry, as above. */
int cursor_list(const struct cursor *list, size_t size, void *items, int (*read)(const struct cursor *entry, void *into),
		void *into)
	_must_check_ _nonnull_all_;
