/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Items are kept in the order of finding. Those of files have the place of what is wrong and, where an alias or a merge
 * key brought it, the place of its use. diagnostics_sort() puts files into the order of their first mistake and the
 * mistakes of each by line and column; diagnostics_fold() then joins what is said of a value with what is said of each
 * of its uses.
 */
#include "model/diagnostics.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "base/string-util.h"
#include "base/trust.h"

static void diagnostic_done(struct diagnostic *diagnostic)
{
	free(diagnostic->file);
	free(diagnostic->path);
	free(diagnostic->text);
}

/* Takes over *m and its texts, also when memory is out. Of a flood the rest is counted: aliases make any number of a few lines. */
static void keep(struct diagnostics *diag, struct diagnostic *m)
{
	bool is_more = m->file && diag->n && diag->items[diag->n - 1].file && strcmp(m->file, diag->items[diag->n - 1].file) == 0;
	bool is_flood = (is_more && diag->of_file >= DIAGNOSTICS_MAX) || diag->n >= DIAGNOSTICS_ALL;
	struct diagnostic *items = is_flood ? NULL : reallocarray(diag->items, diag->n + 1, sizeof(*items));

	diag->of_file = is_more ? diag->of_file + 1 : 1;
	diag->errors += m->in_file && !diagnostic_is_warning(m);
	if (is_flood) {
		diag->dropped++;
		diagnostic_done(m);
		return;
	}
	if (!items) {
		diag->out_of_memory = true;
		diagnostic_done(m);
		return;
	}
	m->order = (unsigned)diag->n;
	diag->items = items;
	diag->items[diag->n++] = *m;
}

_printf_(5, 0)
static void add(struct diagnostics *diag, const struct location *location, int level, const char *path, const char *fmt,
		va_list ap)
{
	struct diagnostic m = {
		.in_file = true,
		.file = strdup(location->file),
		.path = path ? strdup(path) : NULL,
		.line = location->line,
		.column = location->column,
		.used_line = location->used_line,
		.used_column = location->used_column,
		.level = level,
		.written = !location->used_line,
	};

	m.kind = fmt;
	m.text = text_format_va(fmt, ap);
	make_printable(m.path, '?');
	make_printable(m.text, '?');
	keep(diag, &m);
}

int diag_error_va(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, va_list ap)
{
	add(diag, location, LOG_ERR, path, fmt, ap);
	return -EINVAL;
}

int diag_error(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_error_va(diag, location, path, fmt, ap);
	va_end(ap);

	return -EINVAL;
}

void diag_warning_va(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, va_list ap)
{
	if (!diag->no_warnings)
		add(diag, location, LOG_WARNING, path, fmt, ap);
}

void diag_warning(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_warning_va(diag, location, path, fmt, ap);
	va_end(ap);
}

void diag_note(struct diagnostics *diag, const struct location *location, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(diag, location, LOG_NOTICE, path, fmt, ap);
	va_end(ap);
}

const char *diagnostic_severity(const struct diagnostic *m)
{
	return m->level <= LOG_ERR ? "error" : m->level == LOG_WARNING ? "warning" : "note";
}

static const char *file_of(const struct diagnostic *m)
{
	return m->file ? m->file : "";
}

static int compare_files(const void *a, const void *b)
{
	const struct diagnostic *x = a, *y = b;
	int r = strcmp(file_of(x), file_of(y));

	return r ? r : x->order < y->order ? -1 : 1;
}

static int compare(const void *a, const void *b)
{
	const struct diagnostic *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	/* The uses of one value are found in their order. */
	return x->order < y->order ? -1 : 1;
}

void diagnostics_sort(struct diagnostics *diag)
{
	struct diagnostic *items = diag->items;

	if (!diag->n)
		return;
	qsort(items, diag->n, sizeof(*items), compare_files);
	for (size_t i = 0; i < diag->n; i++) {
		bool first = i == 0 || strcmp(file_of(&items[i - 1]), file_of(&items[i])) != 0;

		items[i].rank = first ? items[i].order : items[i - 1].rank;
	}
	qsort(items, diag->n, sizeof(*items), compare);
}

/* Returns, of the first n items, the one that says the same of a value as use does where the value is used, or NULL. */
static struct diagnostic *find_written(const struct diagnostics *diag, size_t n, const struct diagnostic *use)
{
	for (struct diagnostic *m = diag->items + n; use->used_line && m-- > diag->items; ) {
		if (m->rank != use->rank || m->line != use->line || m->column != use->column)
			return NULL;
		if (m->written && m->level == use->level && m->text && use->text && strcmp(m->text, use->text) == 0)
			return m;
	}
	return NULL;
}

void diagnostics_fold(struct diagnostics *diag)
{
	size_t kept = 0;

	diagnostics_sort(diag);
	for (size_t i = 0; i < diag->n; i++) {
		struct diagnostic *m = &diag->items[i], *written = find_written(diag, kept, m);

		if (!written) {
			diag->items[kept++] = *m;
			continue;
		}
		if (written->used_line) {
			written->more_uses++;
		} else {
			written->used_line = m->used_line;
			written->used_column = m->used_column;
		}
		diag->errors -= !diagnostic_is_warning(m);
		diagnostic_done(m);
	}
	diag->n = kept;
}

char *diagnostic_text(const struct diagnostic *m)
{
	const char *text = m->text ? m->text : "out of memory", *path = m->path ? m->path : "";
	const char *colon = m->path ? ": " : "", *kind = diagnostic_is_warning(m) ? diagnostic_severity(m) : "";
	char used[80] = "", location[32] = "", more[32] = "";

	if (!m->in_file)
		return strdup(text);
	if (m->more_uses)
		snprintf(more, sizeof(more), " and in %u more place%s", m->more_uses, m->more_uses == 1 ? "" : "s");
	if (m->used_line)
		snprintf(used, sizeof(used), " (used at %u:%u%s)", m->used_line, m->used_column, more);
	if (m->line)
		snprintf(location, sizeof(location), ":%u:%u", m->line, m->column);
	return text_format("%s%s: %s%s%s%s%s%s", file_of(m), location, kind, *kind ? ": " : "", path, colon, text, used);
}

/* Copies a format with "…" for each conversion in it. NULL when memory is out. */
static char *without_values(const char *fmt)
{
	char *text = NULL;

	for (size_t n; *fmt; fmt += n) {
		n = strcspn(fmt, "%");
		text_append(&text, "%.*s", (int)n, fmt);
		if (!fmt[n])
			break;
		text_append(&text, "%s", fmt[n + 1] == '%' ? "%" : "…");
		/* flags, width, precision and length, and then the letter */
		n += 1 + strspn(fmt + n + 1, "-+ #0123456789.*lhjzt");
		n += fmt[n] != '\0';
	}
	return text;
}

/* What root alone may read must not get where everybody can: the place is told, and what is wrong, but not what stands there. */
static char *text_for_all(const struct diagnostic *m)
{
	_cleanup_(freep) char *kind = NULL;

	if (!m->line || (m->file && file_is_for_all(m->file)))
		return diagnostic_text(m);
	kind = m->kind ? without_values(m->kind) : NULL;
	return text_format("%s:%u:%u: %s (who may read the file is told more)", file_of(m), m->line, m->column, kind ? kind : "…");
}

/* subject: the device, for what is said of no file */
static void log_diagnostic(const struct diagnostics *diag, const struct diagnostic *m, const char *subject)
{
	_cleanup_(freep) char *line = diag->for_all ? text_for_all(m) : diagnostic_text(m);

	log_subject(m->in_file ? NULL : subject, m->level, 0, "%s", line ? line : "out of memory");
}

int diag_say(struct diagnostics *diag, int level, int err, const char *fmt, ...)
{
	struct diagnostic m = { .level = level };
	va_list ap;

	va_start(ap, fmt);
	text_append_va(&m.text, fmt, ap);
	va_end(ap);
	if (err)
		text_append(&m.text, ": %s", strerror(-err));
	make_printable(m.text, ' ');

	if (diag->echo)
		log_diagnostic(diag, &m, diag->echo);
	if (level < LOG_INFO)
		keep(diag, &m);
	else
		diagnostic_done(&m);
	return err;
}

void diag_quotes(struct diagnostics *diag, const struct location *location, const char *kind)
{
	struct diagnostic *m = diag->n ? &diag->items[diag->n - 1] : NULL;

	if (!m || m->in_file)
		return;
	free(m->file);
	m->file = strdup(location->file);
	m->line = location->line;
	m->column = location->column;
	m->kind = kind;
}

void diagnostics_move(struct diagnostics *diag, struct diagnostics *from)
{
	diagnostics_fold(from);
	diag->errors += from->errors; /* also those that there was no memory for */
	for (size_t i = 0; i < from->n; i++) {
		struct diagnostic *m = &from->items[i];

		if (diag->echo)
			log_diagnostic(diag, m, diag->echo);
		diag->errors -= m->in_file && !diagnostic_is_warning(m);
		keep(diag, m);
	}
	diag->dropped += from->dropped;
	if (from->out_of_memory)
		diag_say(diag, LOG_ERR, -ENOMEM, "there are more mistakes");
	free(from->items);
	*from = (struct diagnostics){ 0 };
}

void diagnostics_truncate(struct diagnostics *diag, size_t n)
{
	while (diag->n > n) {
		struct diagnostic *m = &diag->items[--diag->n];

		diag->errors -= m->in_file && !diagnostic_is_warning(m);
		diagnostic_done(m);
	}
}

char *diagnostics_cause(const struct diagnostics *diag, bool for_all)
{
	char *cause = NULL;

	for (size_t i = 0; i < diag->n; i++) {
		const struct diagnostic *m = &diag->items[i];

		if (!cause && !diagnostic_is_warning(m))
			cause = for_all ? text_for_all(m) : diagnostic_text(m);
		else if (m->level <= LOG_CRIT)
			text_append(&cause, "; %s", m->text ? m->text : "out of memory");
	}
	return cause;
}

const struct diagnostic *diagnostics_remark(const struct diagnostics *diag)
{
	for (size_t i = 0; i < diag->n; i++)
		if (!diag->items[i].in_file && diagnostic_is_warning(&diag->items[i]))
			return &diag->items[i];
	return NULL;
}

void diagnostics_tell_rest(const struct diagnostics *diag)
{
	if (diag->dropped)
		log_msg(LOG_ERR, 0, "%zu more %s found that %s not shown", diag->dropped, diag->dropped == 1 ? "was" : "were",
			diag->dropped == 1 ? "is" : "are");
	if (diag->out_of_memory)
		log_msg(LOG_ERR, -ENOMEM, "there are more mistakes");
}

size_t diagnostics_print(struct diagnostics *diag)
{
	size_t errors = diag->errors;

	diagnostics_fold(diag);
	for (size_t i = 0; i < diag->n; i++)
		log_diagnostic(diag, &diag->items[i], NULL);
	diagnostics_tell_rest(diag);

	diagnostics_done(diag);
	return errors;
}

void diagnostics_done(struct diagnostics *diag)
{
	for (size_t i = 0; i < diag->n; i++)
		diagnostic_done(&diag->items[i]);
	free(diag->items);
	*diag = (struct diagnostics){ 0 };
}
