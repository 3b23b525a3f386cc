/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

/* Appends what fits. Every value of a file has its path made, and few of them are told: no printf(). */
static void append(struct cursor *cursor, const char *text)
{
	size_t n = strlen(cursor->path), more = strnlen(text, sizeof(cursor->path) - 1 - n);

	memcpy(cursor->path + n, text, more);
	cursor->path[n + more] = '\0';
}

static void append_index(struct cursor *cursor, size_t index)
{
	char text[24], *at = text + sizeof(text);

	*--at = '\0';
	*--at = ']';
	do
		*--at = (char)('0' + index % 10);
	while (index /= 10);
	*--at = '[';
	append(cursor, at);
}

static struct cursor cursor_at(const struct cursor *above, const struct node *node)
{
	struct cursor cursor;

	cursor.diag = above->diag;
	cursor.node = node;
	strcpy(cursor.path, above->path);
	return cursor;
}

struct cursor cursor_key(const struct cursor *mapping, size_t i)
{
	struct cursor cursor = cursor_at(mapping, mapping->node->items[i]);

	if (*cursor.path)
		append(&cursor, ".");
	append(&cursor, mapping->node->items[i]->text);
	return cursor;
}

struct cursor cursor_value(const struct cursor *mapping, size_t i)
{
	struct cursor cursor = cursor_key(mapping, i);

	cursor.node = mapping->node->items[i + 1];
	return cursor;
}

bool cursor_is_null(const struct cursor *cursor)
{
	return cursor->node->kind == NODE_SCALAR && cursor->node->plain && parse_is_null(cursor->node->text);
}

int cursor_require(const struct cursor *cursor, enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_SCALAR] = "a single value", [NODE_SEQUENCE] = "a list (- entry)", [NODE_MAPPING] = "a mapping (key: value)",
	};

	if (cursor->node->kind == NODE_BROKEN)
		return -EINVAL;
	if (kind == NODE_MAPPING && cursor->node->kind == NODE_SCALAR && strchr(cursor->node->text, '='))
		return cursor_error(cursor, "must be %s, written with a colon", names[kind]);
	return cursor->node->kind == kind ? 0 : cursor_error(cursor, "must be %s", names[kind]);
}

int cursor_each(const struct cursor *list, int (*read)(const struct cursor *entry, void *into), void *into)
{
	int result = 0;

	for (size_t i = 0; i < list->node->n; i++) {
		struct cursor entry = cursor_at(list, list->node->items[i]);
		int r;

		append_index(&entry, i);
		r = read(&entry, into);
		if (r < 0)
			result = r;
	}
	return result;
}

int cursor_list(const struct cursor *list, size_t size, void *items, int (*read)(const struct cursor *, void *),
		void *into)
{
	int r = cursor_require(list, NODE_SEQUENCE);
	void *room;

	if (r < 0 || list->node->n == 0)
		return r;
	room = calloc(list->node->n, size);
	if (!room)
		return cursor_error(list, "out of memory");
	memcpy(items, &room, sizeof(room));
	return cursor_each(list, read, into);
}
