/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/check/overlaps.h"

#include <errno.h>
#include <string.h>

#include "base/pci.h"
#include "model/diagnostics.h"

struct overlap {
	struct pci_pattern pattern;
	char *path;    /* of the devices.yaml */
	size_t vendor; /* length of the vendor folder's path in it */
	unsigned line, column;
};

int overlaps_add(struct overlaps *list, const char *path, const struct device_patterns *patterns)
{
	struct overlap *items = reallocarray(list->items, list->n + patterns->n + 1, sizeof(*items));
	size_t vendor = strlen(path);

	if (!items)
		return -ENOMEM;
	list->items = items;
	/* Cut the last two names off: the folders below what is left are tried on the same GPUs. */
	for (unsigned slashes = 0; vendor > 0; vendor--)
		if (path[vendor - 1] == '/' && ++slashes == 2)
			break;
	for (size_t i = 0; i < patterns->n; i++) {
		const struct location *location = &patterns->places[i];
		char *copy = strdup(path);

		if (!copy)
			return -ENOMEM;
		items[list->n++] = (struct overlap){ patterns->items[i], copy, vendor, location->line,
						     location->column };
	}
	return 0;
}

#define COMPARE(a, b) \
	do { \
		if ((a) != (b)) \
			return (a) < (b) ? -1 : 1; \
	} while (0)

/* Brings patterns that could overlap together: one vendor folder, one PCI vendor, one width. */
static int compare_kinds(const struct overlap *x, const struct overlap *y)
{
	COMPARE(x->vendor, y->vendor);
	COMPARE(strncmp(x->path, y->path, x->vendor), 0);
	COMPARE(x->pattern.vendor, y->pattern.vendor);
	COMPARE(pci_pattern_width(&x->pattern), pci_pattern_width(&y->pattern));
	if (x->pattern.board) {
		COMPARE(x->pattern.subvendor, y->pattern.subvendor);
		COMPARE(x->pattern.subdevice, y->pattern.subdevice);
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct overlap *x = a, *y = b;
	int r = compare_kinds(x, y);

	if (r)
		return r;
	COMPARE(x->pattern.first, y->pattern.first);
	r = strcmp(x->path, y->path);
	if (r)
		return r;
	COMPARE(x->line, y->line);
	COMPARE(x->column, y->column);
	return 0;
}

static void report_overlap(const struct overlap *first, const struct overlap *second, struct diagnostics *diag)
{
	const struct location location = { .file = second->path, .line = second->line, .column = second->column };

	if (first->pattern.first == second->pattern.first)
		diag_error(diag, &location, NULL, "fits as closely as %s:%u:%u; make one of them narrower", first->path,
			   first->line, first->column);
	else
		diag_warning(diag, &location, NULL, "fits %04x:%04x-%04x as closely as %s:%u:%u; make one of them narrower",
			     second->pattern.vendor, second->pattern.first, first->pattern.last, first->path,
			     first->line, first->column);
}

void overlaps_report(struct overlaps *list, struct diagnostics *diag)
{
	const struct overlap *items = list->items;

	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), compare);
	for (size_t i = 1; i < list->n; i++)
		for (size_t j = i; j-- > 0; ) {
			if (compare_kinds(&items[j], &items[i]) != 0 || items[i].pattern.first > items[j].pattern.last)
				break;
			if (strcmp(items[j].path, items[i].path) != 0) {
				report_overlap(&items[j], &items[i], diag);
				break;
			}
		}
}

void overlaps_done(struct overlaps *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].path);
	free(list->items);
	*list = (struct overlaps){ 0 };
}
