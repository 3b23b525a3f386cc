/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/cursor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

_printf_(3, 4)
static struct cursor cursor_at(const struct cursor *above, const struct node *node, const char *fmt, ...)
{
	struct cursor cursor = { .diag = above->diag, .node = node };
	int n = snprintf(cursor.path, sizeof(cursor.path), "%s", above->path);
	va_list ap;

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < sizeof(cursor.path))
		vsnprintf(cursor.path + n, sizeof(cursor.path) - (size_t)n, fmt, ap);
	va_end(ap);

	return cursor;
}

struct cursor cursor_key(const struct cursor *mapping, size_t i)
{
	return cursor_at(mapping, mapping->node->items[i], "%s%s", *mapping->path ? "." : "", mapping->node->items[i]->text);
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
		struct cursor entry = cursor_at(list, list->node->items[i], "[%zu]", i);
		int r = read(&entry, into);

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
