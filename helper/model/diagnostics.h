/* SPDX-License-Identifier: GPL-2.0-only */
/* All mistakes of all files, each with its place, told once and in order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

/*
 * Where something stands in a file. file is borrowed from the document, line and column count from 1; 0 = the whole file.
 * What came through an alias or a merge key is also told by where it is used; 0 = where it was written.
 */
struct place {
	const char *file;
	unsigned line, column;
	unsigned used_line, used_column;
};

struct mistake {
	char *file, *path, *text; /* own copies; path may be NULL; each is NULL when memory was out */
	unsigned line, column, used_line, used_column;
	unsigned more_uses; /* of the same value, beside used_line and where it was written */
	unsigned rank, order; /* of the file, by report_sort(); of finding */
	bool warning;
	bool written; /* found where it stands, not where it is used */
};

struct report {
	struct mistake *items;
	size_t n, errors;
	bool out_of_memory;
};

/* Adds a mistake; path (may be NULL) names the value, as gpus[0].mdevConfigs[1].fbLen. Always returns -EINVAL. */
int report_error(struct report *report, const struct place *place, const char *path, const char *fmt, ...)
	_printf_(4, 5);

/* Adds something that is allowed but rarely meant; it never stops a run. */
void report_warning(struct report *report, const struct place *place, const char *path, const char *fmt, ...)
	_printf_(4, 5);

/* Brings the mistakes into the order of the files, then of lines and columns. */
void report_sort(struct report *report);

/* Sorts for people: what is wrong where it was written, and by that wherever it is used, becomes one. */
void report_fold(struct report *report);

/* Folds, logs everything and forgets it. Returns the number of errors. */
size_t report_flush(struct report *report);

/* One mistake as a line, "FILE:LINE:COLUMN: path: text"; to be freed, NULL when memory is out. */
char *mistake_text(const struct mistake *mistake);

void report_done(struct report *report);
void mistake_done(struct mistake *mistake);
