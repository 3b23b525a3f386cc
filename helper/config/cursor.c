/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/cursor.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/parse.h"

static struct spot spot_at(const struct spot *above, const struct node *node, const char *fmt, ...) _printf_(3, 4);

static struct spot spot_at(const struct spot *above, const struct node *node, const char *fmt, ...)
{
	struct spot spot = { .report = above->report, .node = node };
	int n = snprintf(spot.path, sizeof(spot.path), "%s", above->path);
	va_list ap;

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < sizeof(spot.path))
		vsnprintf(spot.path + n, sizeof(spot.path) - (size_t)n, fmt, ap);
	va_end(ap);

	return spot;
}

struct spot spot_key(const struct spot *mapping, size_t i)
{
	return spot_at(mapping, mapping->node->items[i], "%s%s", *mapping->path ? "." : "", mapping->node->items[i]->text);
}

struct spot spot_value(const struct spot *mapping, size_t i)
{
	struct spot spot = spot_key(mapping, i);

	spot.node = mapping->node->items[i + 1];
	return spot;
}

bool spot_is_null(const struct spot *spot)
{
	return spot->node->kind == NODE_SCALAR && spot->node->plain && parse_is_null(spot->node->text);
}

int spot_require(const struct spot *spot, enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_SCALAR] = "a single value", [NODE_SEQUENCE] = "a list (- entry)", [NODE_MAPPING] = "a mapping (key: value)",
	};

	if (spot->node->kind == NODE_BROKEN)
		return -EINVAL;
	if (kind == NODE_MAPPING && spot->node->kind == NODE_SCALAR && strchr(spot->node->text, '='))
		return spot_error(spot, "must be %s, written with a colon", names[kind]);
	return spot->node->kind == kind ? 0 : spot_error(spot, "must be %s", names[kind]);
}

int spot_each(const struct spot *list, int (*read)(const struct spot *entry, void *into), void *into)
{
	int result = 0;

	for (size_t i = 0; i < list->node->n; i++) {
		struct spot entry = spot_at(list, list->node->items[i], "[%zu]", i);
		int r = read(&entry, into);

		if (r < 0)
			result = r;
	}
	return result;
}
