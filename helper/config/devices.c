/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/devices.h"

#include <errno.h>
#include <stdlib.h>

#include "config/cursor.h"

static int read_pattern(const struct cursor *cursor, void *into)
{
	struct device_patterns *list = into;
	size_t i = list->n++;
	int r;

	list->places[i] = cursor->node->location;
	r = cursor_require(cursor, NODE_SCALAR);
	if (r < 0)
		return r;
	r = parse_pci_pattern(cursor->node->text, &list->items[i]);
	if (r == -ERANGE)
		return cursor_error(cursor, "'%s' ends before it begins", cursor->node->text);
	if (r < 0)
		return cursor_error(cursor, "'%s' is no PCI ID pattern (10de:1b38, 10de:1b00-1b7f, 10de:1b38:10de:11d9, 10de:*)",
				    cursor->node->text);
	return 0;
}

int devices_load(const char *path, bool strict, struct diagnostics *diag, struct device_patterns *ret)
{
	struct device_patterns list = { 0 };
	struct cursor top = { .diag = diag };
	int r;

	r = yaml_load(path, strict, diag, &list.document);
	top.node = r == 0 ? document_root(list.document) : NULL;
	if (top.node)
		r = cursor_require(&top, NODE_SEQUENCE);
	if (r == 0 && top.node && top.node->n) {
		list.items = calloc(top.node->n, sizeof(*list.items));
		list.places = calloc(top.node->n, sizeof(*list.places));
		r = list.items && list.places ? cursor_each(&top, read_pattern, &list) : cursor_error(&top, "out of memory");
	}
	if (r == 0 && document_is_broken(list.document))
		r = -EINVAL;
	if (r < 0) {
		devices_done(&list);
		return r;
	}

	*ret = list;
	return 0;
}

void devices_done(struct device_patterns *list)
{
	free(list->items);
	free(list->places);
	document_free(list->document);
	*list = (struct device_patterns){ 0 };
}
