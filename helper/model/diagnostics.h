/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong or is worth a word, as values: mistakes in files, each with its place, told once and in order; and
 * what is said of a device. Who collects decides whether and where it is printed; nothing travels through the log.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

#include "base/macro.h"

/*
 * A place in a file. file is borrowed from the document, line and column count from 1; 0 = the whole file. A value that
 * came through an alias or a merge key also has the place where it is used; 0 = where it was written.
 */
struct location {
	const char *file;
	unsigned line, column;
	unsigned used_line, used_column;
};

struct diagnostic {
	char *file, *path, *text; /* own copies; path may be NULL; each is NULL when memory was out */
	bool in_file;             /* else it is said of the device */
	unsigned line, column, used_line, used_column;
	unsigned more_uses; /* of the same value, beside used_line and where it was written */
	unsigned rank, order; /* of the file, by diagnostics_sort(); of finding */
	const char *kind; /* the format that text was made of, which quotes nothing; kept, not copied */
	int level; /* of syslog: LOG_ERR is a mistake, LOG_CRIT a damage, LOG_WARNING and LOG_NOTICE are remarks */
	bool written; /* found where it stands, not where it is used */
};

/* So many items of a file are kept. */
#define DIAGNOSTICS_MAX 2000

/* Of all files together. */
#define DIAGNOSTICS_ALL 20000

struct diagnostics {
	struct diagnostic *items;
	size_t n, errors;  /* errors: of files */
	size_t of_file;    /* found in a row in the file of the last one */
	size_t dropped;    /* found beside those, and not kept */
	bool for_all;      /* what is printed at once is for everybody to read, see diagnostics_cause() */
	const char *echo;  /* the device, before each line that is printed as soon as it is added; NULL: none is */
	bool out_of_memory;
	bool no_warnings;  /* set by whoever does not want them: diag_warning() does nothing, and none are looked for */
};

/* Adds a mistake; path (may be NULL) names the value, as gpus[0].mdevConfigs[1].fbLen. Always returns -EINVAL. */
int diag_error(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, ...)
	_printf_(4, 5) _nonnull_(1, 2);

int diag_error_va(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, va_list ap)
	_printf_(4, 0) _nonnull_(1, 2);

/* Adds something that is allowed but rarely meant; it never stops a run. */
void diag_warning(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, ...)
	_printf_(4, 5) _nonnull_(1, 2);

void diag_warning_va(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, va_list ap)
	_printf_(4, 0) _nonnull_(1, 2);

/* The same of what only some programs mind; --strict does not count it. */
void diag_note(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, ...)
	_printf_(4, 5) _nonnull_(1, 2);

/*
 * Says something of the device, ": meaning of err" behind it (0: nothing, or a negative errno). Level: of syslog;
 * LOG_INFO is only printed, or dropped where diag prints nothing. Returns err.
 */
int diag_say(struct diagnostics *diag, int level, int err, const char *fmt, ...) _printf_(4, 5) _nonnull_(1);

/* Notes that what was said last quotes what the file says at location; kind is the same without that, and kept. */
void diag_quotes(struct diagnostics *diag, const struct location *location, const char *kind) _nonnull_all_;

/* Moves everything from one report to another. Leaves from empty. */
void diagnostics_move(struct diagnostics *diag, struct diagnostics *from) _nonnull_all_;

/* Removes what was added since there were n. */
void diagnostics_truncate(struct diagnostics *diag, size_t n) _nonnull_all_;

/*
 * Returns the first mistake as a line, with every damage behind it; NULL where there is none. To be freed. for_all: for a place
 * that everybody reads, so that of a file which not everybody may read it tells place and kind, and quotes nothing.
 */
char *diagnostics_cause(const struct diagnostics *diag, bool for_all) _must_check_ _nonnull_all_;

/* Returns the first remark on the device; NULL where there is none. */
const struct diagnostic *diagnostics_remark(const struct diagnostics *diag) _nonnull_all_;

/* Brings the mistakes into the order of the files, then of lines and columns. */
void diagnostics_sort(struct diagnostics *diag) _nonnull_all_;

/* Sorts for people: what is wrong where it was written, and therefore wherever it is used, becomes one. */
void diagnostics_fold(struct diagnostics *diag) _nonnull_all_;

/* Says how many were found that are not kept. */
void diagnostics_tell_rest(const struct diagnostics *diag) _nonnull_all_;

/* Folds, logs everything and empties the report. Returns the number of errors there were. */
size_t diagnostics_print(struct diagnostics *diag) _nonnull_all_;

/* Returns what an item is: "error", "warning" or "note". */
const char *diagnostic_severity(const struct diagnostic *diagnostic) _nonnull_all_;

/* Formats one item, "FILE:LINE:COLUMN: path: text", or the text alone; to be freed, NULL when memory is out. */
char *diagnostic_text(const struct diagnostic *diagnostic) _must_check_ _nonnull_all_;

static inline bool diagnostic_is_warning(const struct diagnostic *diagnostic)
{
	return diagnostic->level > LOG_ERR;
}

void diagnostics_done(struct diagnostics *diag);
