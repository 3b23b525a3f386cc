/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/devices.h"

#include <errno.h>
#include <stdlib.h>

#include "config/cursor.h"

static int parse_pattern(const struct spot *spot, struct pci_pattern *ret)
{
	int r;

	r = spot_require(spot, NODE_SCALAR);
	if (r < 0)
		return r;
	r = parse_pci_pattern(spot->node->text, ret);
	if (r == -ERANGE)
		return spot_error(spot, "'%s' ends before it begins", spot->node->text);
	if (r < 0)
		return spot_error(spot, "'%s' is no PCI ID pattern (10de:1b38, 10de:1b00-1b7f, 10de:1b38:10de:11d9, 10de:*)",
				  spot->node->text);
	return 0;
}

static int read_pattern(const struct spot *spot, void *into)
{
	struct pattern_list *list = into;
	size_t i = list->n++;

	list->places[i] = spot->node->place;
	return parse_pattern(spot, &list->items[i]);
}

static int read_patterns(const struct spot *top, struct pattern_list *list)
{
	int r = spot_require(top, NODE_SEQUENCE);

	if (r < 0 || top->node->n == 0)
		return r;
	list->items = calloc(top->node->n, sizeof(*list->items));
	list->places = calloc(top->node->n, sizeof(*list->places));
	if (!list->items || !list->places)
		return spot_error(top, "out of memory");
	return spot_each(top, read_pattern, list);
}

int patterns_load(const char *path, bool strict, struct report *report, struct pattern_list *ret)
{
	struct pattern_list list = { 0 };
	struct spot top = { .report = report };
	int r;

	r = config_load(path, strict, report, &list.document);
	if (r == 0) {
		top.node = document_root(list.document);
		r = top.node ? read_patterns(&top, &list) : 0;
		if (r == 0 && document_is_broken(list.document))
			r = -EINVAL;
	}
	if (r < 0) {
		patterns_done(&list);
		return r;
	}

	*ret = list;
	return 0;
}

void patterns_done(struct pattern_list *list)
{
	free(list->items);
	free(list->places);
	document_free(list->document);
	*list = (struct pattern_list){ 0 };
}
