/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong or is worth a word, as values: mistakes in files, each with its place, told once and in order; and what is to be
 * said of a device. Who collects decides whether and where it is printed; nothing travels through the log.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

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
	bool in_file;             /* else it is said of the device */
	unsigned line, column, used_line, used_column;
	unsigned more_uses; /* of the same value, beside used_line and where it was written */
	unsigned rank, order; /* of the file, by report_sort(); of finding */
	int level; /* of syslog: LOG_ERR is a mistake, LOG_CRIT a damage, LOG_WARNING and LOG_NOTICE are remarks */
	bool written; /* found where it stands, not where it is used */
};

struct report {
	struct mistake *items;
	size_t n, errors;  /* errors: of files */
	const char *echo;  /* the device, before each line that is printed as soon as it is added; NULL: none is */
	bool out_of_memory;
};

/* Adds a mistake; path (may be NULL) names the value, as gpus[0].mdevConfigs[1].fbLen. Always returns -EINVAL. */
int report_error(struct report *report, const struct place *place, const char *path, const char *fmt, ...)
	_printf_(4, 5);

/* Adds something that is allowed but rarely meant; it never stops a run. */
void report_warning(struct report *report, const struct place *place, const char *path, const char *fmt, ...)
	_printf_(4, 5);

/*
 * Says something of the device, ": meaning of err" behind it (0: nothing, or a negative errno). Level: as syslog has them; LOG_INFO
 * is only printed, or dropped where nothing is. Returns err.
 */
int report_say(struct report *report, int level, int err, const char *fmt, ...) _printf_(4, 5);

/* Takes over what another report has, without its warnings where they are not wanted. from is empty afterwards. */
void report_move(struct report *report, struct report *from, bool warnings);

/* Takes back what was added since there were n. */
void report_truncate(struct report *report, size_t n);

/* The first mistake as a line, with every damage behind it; NULL where there is none. To be freed. */
char *report_cause(const struct report *report);

/* The first remark on the device; NULL where there is none. */
const struct mistake *report_remark(const struct report *report);

/* Brings the mistakes into the order of the files, then of lines and columns. */
void report_sort(struct report *report);

/* Sorts for people: what is wrong where it was written, and by that wherever it is used, becomes one. */
void report_fold(struct report *report);

/* Folds, logs everything and forgets it. Returns the number of errors. */
size_t report_flush(struct report *report);

/* One mistake as a line, "FILE:LINE:COLUMN: path: text", or the text alone; to be freed, NULL when memory is out. */
char *mistake_text(const struct mistake *mistake);

static inline bool mistake_is_warning(const struct mistake *mistake)
{
	return mistake->level > LOG_ERR;
}

void report_done(struct report *report);
void mistake_done(struct mistake *mistake);
