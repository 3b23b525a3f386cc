/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/check/overlaps.h"

#include <errno.h>
#include <string.h>

#include "base/pci.h"

struct overlap {
	struct pci_pattern pattern;
	char *path;    /* of the devices.yaml */
	size_t vendor; /* length of the vendor folder's path in it */
	unsigned line, column;
};

/* The part before the last two names: folders below it are tried on the same GPUs. */
static size_t vendor_length(const char *path)
{
	size_t n = strlen(path);

	for (unsigned slashes = 0; n > 0; n--)
		if (path[n - 1] == '/' && ++slashes == 2)
			break;
	return n;
}

int overlaps_add(struct overlaps *list, const char *path, const struct device_patterns *patterns)
{
	struct overlap *items = reallocarray(list->items, list->n + patterns->n + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	for (size_t i = 0; i < patterns->n; i++) {
		const struct location *location = &patterns->places[i];
		char *copy = strdup(path);

		if (!copy)
			return -ENOMEM;
		items[list->n++] = (struct overlap){ patterns->items[i], copy, vendor_length(copy), location->line, location->column };
	}
	return 0;
}

#define COMPARE(a, b) \
	do { \
		if ((a) != (b)) \
			return (a) < (b) ? -1 : 1; \
	} while (0)

/* What could tie comes together: one vendor folder, one PCI vendor, one width; then by the first device. */
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

static bool meet(const struct overlap *first, const struct overlap *second)
{
	return compare_kinds(first, second) == 0 && second->pattern.first <= first->pattern.last;
}

static void report_overlap(const struct overlap *first, const struct overlap *second, struct diagnostics *diag)
{
	const struct location location = { .file = second->path, .line = second->line, .column = second->column };

	if (first->pattern.first == second->pattern.first)
		diag_error(diag, &location, NULL, "fits as closely as %s:%u:%u; make one of them narrower", first->path,
			     first->line, first->column);
	else
		diag_warning(diag, &location, NULL, "fits %04x:%04x-%04x as closely as %s:%u:%u; make one of them narrower",
			       second->pattern.vendor, second->pattern.first, first->pattern.last, first->path, first->line,
			       first->column);
}

void overlaps_report(struct overlaps *list, struct diagnostics *diag)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), compare);
	for (size_t i = 1; i < list->n; i++)
		for (size_t j = i; j-- > 0 && meet(&list->items[j], &list->items[i]); )
			if (strcmp(list->items[j].path, list->items[i].path) != 0) {
				report_overlap(&list->items[j], &list->items[i], diag);
				break;
			}
}

void overlaps_done(struct overlaps *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].path);
	free(list->items);
	*list = (struct overlaps){ 0 };
}
