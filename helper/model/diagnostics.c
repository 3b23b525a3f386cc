/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/diagnostics.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "base/string-util.h"

static void add(struct report *report, const struct place *place, int level, const char *path, const char *fmt,
		va_list ap) _printf_(5, 0);

/* What a file has in a quoted key or value must not make lines of its own, nor speak to the terminal (also U+0080 to U+009f). */
static void make_printable(char *s)
{
	for (; s && *s; s++) {
		bool wide = (unsigned char)*s == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80;

		if (wide)
			*s++ = '?';
		if (wide || iscntrl((unsigned char)*s))
			*s = '?';
	}
}

/* Keeps *m, whose texts belong to the report afterwards. */
static void keep(struct report *report, struct mistake *m)
{
	struct mistake *items = reallocarray(report->items, report->n + 1, sizeof(*items));

	report->errors += m->in_file && !mistake_is_warning(m);
	if (!items) {
		report->out_of_memory = true;
		mistake_done(m);
		return;
	}
	m->order = (unsigned)report->n;
	report->items = items;
	report->items[report->n++] = *m;
}

static void add(struct report *report, const struct place *place, int level, const char *path, const char *fmt,
		va_list ap)
{
	struct mistake m = {
		.in_file = true,
		.file = strdup(place->file),
		.path = path ? strdup(path) : NULL,
		.line = place->line,
		.column = place->column,
		.used_line = place->used_line,
		.used_column = place->used_column,
		.level = level,
		.written = !place->used_line,
	};

	m.text = text_format_va(fmt, ap);
	make_printable(m.path);
	make_printable(m.text);
	keep(report, &m);
}

int report_error(struct report *report, const struct place *place, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(report, place, LOG_ERR, path, fmt, ap);
	va_end(ap);

	return -EINVAL;
}

void report_warning(struct report *report, const struct place *place, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(report, place, LOG_WARNING, path, fmt, ap);
	va_end(ap);
}

static const char *file_of(const struct mistake *m)
{
	return m->file ? m->file : "";
}

static int compare_files(const void *a, const void *b)
{
	const struct mistake *x = a, *y = b;
	int r = strcmp(file_of(x), file_of(y));

	if (r)
		return r;
	return x->order < y->order ? -1 : 1;
}

/* Files are told in the order in which they were first complained about. */
static void rank_files(struct report *report)
{
	struct mistake *items = report->items;

	qsort(items, report->n, sizeof(*items), compare_files);
	for (size_t i = 0; i < report->n; i++) {
		bool first = i == 0 || strcmp(file_of(&items[i - 1]), file_of(&items[i])) != 0;

		items[i].rank = first ? items[i].order : items[i - 1].rank;
	}
}

static int compare(const void *a, const void *b)
{
	const struct mistake *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	/* One value used twice: in the order of use, which is that of finding. */
	return x->order < y->order ? -1 : 1;
}

void report_sort(struct report *report)
{
	if (!report->n)
		return;
	rank_files(report);
	qsort(report->items, report->n, sizeof(*report->items), compare);
}

static bool is_same_place(const struct mistake *a, const struct mistake *b)
{
	return a->rank == b->rank && a->line == b->line && a->column == b->column;
}

/* Of the first n mistakes, the one that use repeats: the same was told of what it uses. */
static struct mistake *find_written(const struct report *report, size_t n, const struct mistake *use)
{
	for (struct mistake *m = report->items + n; m-- > report->items && is_same_place(m, use); )
		if (use->used_line && m->written && m->level == use->level && m->text && use->text && strcmp(m->text, use->text) == 0)
			return m;
	return NULL;
}

static void add_use(struct mistake *written, const struct mistake *use)
{
	if (written->used_line) {
		written->more_uses++;
		return;
	}
	written->used_line = use->used_line;
	written->used_column = use->used_column;
}

void report_fold(struct report *report)
{
	size_t kept = 0;

	report_sort(report);
	for (size_t i = 0; i < report->n; i++) {
		struct mistake *m = &report->items[i], *written = find_written(report, kept, m);

		if (!written) {
			report->items[kept++] = *m;
			continue;
		}
		add_use(written, m);
		report->errors -= !mistake_is_warning(m);
		mistake_done(m);
	}
	report->n = kept;
}

char *mistake_text(const struct mistake *m)
{
	const char *text = m->text ? m->text : "out of memory", *path = m->path ? m->path : "";
	const char *colon = m->path ? ": " : "", *kind = mistake_is_warning(m) ? "warning: " : "";
	char used[80] = "", place[32] = "", more[32] = "";

	if (!m->in_file)
		return strdup(text);
	if (m->more_uses)
		snprintf(more, sizeof(more), " and in %u more place%s", m->more_uses, m->more_uses == 1 ? "" : "s");
	if (m->used_line)
		snprintf(used, sizeof(used), " (used at %u:%u%s)", m->used_line, m->used_column, more);
	if (m->line)
		snprintf(place, sizeof(place), ":%u:%u", m->line, m->column);
	return text_format("%s%s: %s%s%s%s%s", file_of(m), place, kind, path, colon, text, used);
}

/* subject: the device of what is of no file */
static void log_mistake(const struct mistake *m, const char *subject)
{
	_cleanup_(freep) char *line = mistake_text(m);

	log_subject(m->in_file ? NULL : subject, m->level, 0, "%s", line ? line : "out of memory");
}

int report_say(struct report *report, int level, int err, const char *fmt, ...)
{
	struct mistake m = { .level = level };
	va_list ap;

	va_start(ap, fmt);
	text_append_va(&m.text, fmt, ap);
	va_end(ap);
	if (err)
		text_append(&m.text, ": %s", strerror(-err));
	make_one_line(m.text);

	if (report->echo)
		log_mistake(&m, report->echo);
	if (level < LOG_INFO)
		keep(report, &m);
	else
		mistake_done(&m);
	return err;
}

void report_move(struct report *report, struct report *from, bool warnings)
{
	report_fold(from);
	report->errors += from->errors; /* with those that there was no memory for */
	for (size_t i = 0; i < from->n; i++) {
		struct mistake *m = &from->items[i];

		if (mistake_is_warning(m) && !warnings) {
			mistake_done(m);
			continue;
		}
		if (report->echo)
			log_mistake(m, report->echo);
		report->errors -= m->in_file && !mistake_is_warning(m);
		keep(report, m);
	}
	if (from->out_of_memory)
		report_say(report, LOG_ERR, -ENOMEM, "there are more mistakes");
	free(from->items);
	*from = (struct report){ 0 };
}

void report_truncate(struct report *report, size_t n)
{
	while (report->n > n) {
		struct mistake *m = &report->items[--report->n];

		report->errors -= m->in_file && !mistake_is_warning(m);
		mistake_done(m);
	}
}

char *report_cause(const struct report *report)
{
	char *cause = NULL;

	for (size_t i = 0; i < report->n; i++) {
		const struct mistake *m = &report->items[i];

		if (!cause && !mistake_is_warning(m))
			cause = mistake_text(m);
		else if (m->level <= LOG_CRIT)
			text_append(&cause, "; %s", m->text ? m->text : "out of memory");
	}
	return cause;
}

const struct mistake *report_remark(const struct report *report)
{
	for (size_t i = 0; i < report->n; i++)
		if (!report->items[i].in_file && mistake_is_warning(&report->items[i]))
			return &report->items[i];
	return NULL;
}

size_t report_flush(struct report *report)
{
	size_t errors = report->errors;

	report_fold(report);
	for (size_t i = 0; i < report->n; i++)
		log_mistake(&report->items[i], NULL);
	if (report->out_of_memory)
		log_msg(LOG_ERR, -ENOMEM, "there are more mistakes");

	report_done(report);
	return errors;
}

void mistake_done(struct mistake *mistake)
{
	free(mistake->file);
	free(mistake->path);
	free(mistake->text);
}

void report_done(struct report *report)
{
	for (size_t i = 0; i < report->n; i++)
		mistake_done(&report->items[i]);
	free(report->items);
	*report = (struct report){ 0 };
}
