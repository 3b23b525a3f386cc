/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A GPU is shown as a title, fields beside their headings, and the table of its types. The table is measured before it
 * is printed: a column without content is left out, each other one is as wide as its widest cell, and the names and the
 * bars share the rest of the line. Widths are columns of a terminal, not bytes: term_columns() and term_put() know the
 * difference.
 */
#include <inttypes.h>
#include <locale.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "commands/status/status.h"
#include "core/record.h"

#define WIDTH 80u /* where neither COLUMNS nor the terminal says more */

void status_begin_page(void)
{
	static bool again;

	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	else if (again)
		putchar('\n');
	again = true;
}

/* Returns the bytes of the character that text begins with. What has no shape, or is no UTF-8, takes a column. */
static size_t measure_character(const char *text, size_t *columns, bool *has_shape)
{
	static bool is_utf8;
	mbstate_t state = { 0 };
	bool is_character;
	wchar_t c;
	size_t n;
	int width;

	/* Not the terminal's language: names are UTF-8, whatever LANG says. */
	if (!is_utf8)
		is_utf8 = setlocale(LC_CTYPE, "C.UTF-8");
	n = mbrtowc(&c, text, strlen(text), &state);
	is_character = n != (size_t)-1 && n != (size_t)-2;
	width = is_character ? wcwidth(c) : -1;
	*has_shape = width >= 0;
	*columns = width < 0 ? 1 : (size_t)width;
	return is_character ? n : 1;
}

/* Returns how many columns a text takes where term_put() writes it: none, one or two for a character of UTF-8. */
static size_t term_columns(const char *text)
{
	size_t sum = 0, columns;
	bool has_shape;

	for (; *text; sum += columns)
		text += measure_character(text, &columns, &has_shape);
	return sum;
}

/*
 * Writes what fits of a text into so many columns, and returns how many that took. Writes a question mark for what is
 * no UTF-8 or would move or colour the terminal: some names are other programs'.
 */
static size_t term_put(const char *text, size_t width)
{
	size_t sum = 0, columns;
	bool has_shape;

	while (*text) {
		size_t n = measure_character(text, &columns, &has_shape);

		if (sum + columns > width)
			break;
		if (has_shape)
			fwrite(text, 1, n, stdout);
		else
			putchar('?');
		sum += columns;
		text += n;
	}
	return sum;
}

#define INDENT 16u    /* of what stands beside a heading */
#define WIDE 110u     /* from here on the columns have their full names */
#define NAME_LEAST 8u /* a name is cut to this before a bar gets shorter than BAR_LEAST */
#define BAR_LEAST 12u
#define BAR_MOST 50u
#define PERCENT 5u    /* " 100%" */

#define BOLD "\033[1m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"

struct page {
	size_t width;
	bool colour;
};

static void put_coloured(const struct page *page, const char *colour, const char *text)
{
	if (page->colour && colour)
		printf("%s%s\033[0m", colour, text);
	else
		fputs(text, stdout);
}

static void put_heading(const char *heading)
{
	printf("  %-*s", (int)INDENT - 2, heading);
}

/* Writes words beside a heading, from INDENT on, as many on a line as fit. */
_printf_(4, 5)
static void put_field(const struct page *page, const char *heading, const char *colour, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	size_t column = INDENT;
	char *rest = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_format_va(fmt, ap);
	va_end(ap);
	put_heading(heading);
	for (char *word = text ? strtok_r(text, " ", &rest) : NULL; word; word = strtok_r(NULL, " ", &rest)) {
		if (column > INDENT && column + 1 + term_columns(word) > page->width) {
			printf("\n%*s", (int)INDENT, "");
			column = INDENT;
		} else if (column > INDENT) {
			putchar(' ');
			column++;
		}
		put_coloured(page, colour, word);
		column += term_columns(word);
	}
	putchar('\n');
}

static void put_last_run(const struct page *page, const struct survey *survey)
{
	const struct record *last = &survey->last;
	bool is_current = survey->is_this_boot;

	if (survey->no_record)
		put_field(page, "last run", YELLOW, "its record cannot be read: %s", survey->no_record);
	else if (!survey->has_record)
		put_field(page, "last run", NULL, "none since the driver bound");
	else
		put_field(page, "last run", !is_current ? YELLOW : record_is_done(last) ? GREEN : RED,
			  "%s%s, by %s: %s: %s", last->time,
			  is_current ? "" : " (not of this boot: it tells nothing of now)", last->trigger,
			  record_result(last), last->message);
}

static void put_fields(const struct page *page, const struct status *status)
{
	const struct survey *survey = status->survey;
	const char *driver = survey->gpu->driver ? survey->gpu->driver : "none", *release = survey->target.limits.release;
	char *const *files = survey->target.selection.files;
	size_t registered = 0;
	uint64_t in_use = 0;

	put_field(page, "driver", NULL, "%s%s%s", driver, *release ? " " : "", release);
	if (status->problem)
		put_field(page, "problem", RED, "%s", status->problem);
	if (!survey->target.vendor)
		return;

	put_field(page, "architecture", NULL, "%s",
		  status->architecture ? status->architecture : status->no_catalog ? "not known" : "no folder is for this GPU");
	for (size_t i = 0; files && files[i]; i++) {
		put_heading(i ? "" : "files");
		puts(files[i]);
	}
	if (survey->framebuffer)
		put_field(page, "memory", NULL, "%" PRIu64 " MiB", survey->framebuffer);
	put_last_run(page, survey);

	for (size_t i = 0; i < survey->n; i++) {
		registered += survey->types[i].registered == YES;
		in_use += survey->types[i].in_use;
	}
	if (!survey->n)
		put_field(page, "types", NULL, "none");
	else
		put_field(page, "types", NULL, "%zu configured, %zu registered, %" PRIu64 " in use", survey->n_wanted, registered,
			  in_use);
}

/* The table of types. */

enum column { TYPE, NAME, SIZE, MOST, CONFIGURED, REGISTERED, IN_USE, AVAILABLE, COLUMNS };

static const struct {
	const char *brief, *full;
	bool right;
} columns[COLUMNS] = {
	[TYPE] = { "type", "type", false },
	[NAME] = { "name", "name", false },
	[SIZE] = { "MiB", "MiB each", true },
	[MOST] = { "most", "most", true },
	[CONFIGURED] = { "conf", "configured", false },
	[REGISTERED] = { "reg", "registered", false },
	[IN_USE] = { "used", "in use", true },
	[AVAILABLE] = { "free", "available", true },
};

struct table {
	const struct page *page;
	const struct survey *survey;
	bool is_wide;
	size_t gap, width[COLUMNS], bar; /* 0: a column, or the bars, are left out */
	uint64_t whole;                  /* MiB that a full bar stands for */
};

static const char *tristate_word(enum tristate value)
{
	switch (value) {
	case NO:
		return "no";
	case YES:
		return "yes";
	case UNKNOWN:
		return "?";
	}
	return "";
}

static const char *number_text(uint64_t number, char text[32])
{
	snprintf(text, 32, "%" PRIu64, number);
	return text;
}

static const char *cell(const struct survey_type *type, enum column column, char text[32])
{
	switch (column) {
	case TYPE:
		return type->id;
	case NAME:
		return type->name ? type->name : "";
	case SIZE:
		/* A wanted type has a bound; without a size, its memory is still to be chosen. */
		return type->size ? number_text(type->size, text) : type->max_instances ? "auto" : "";
	case MOST:
		return type->max_instances ? number_text(type->max_instances, text) : "";
	case CONFIGURED:
		return tristate_word(type->configured);
	case REGISTERED:
		return tristate_word(type->registered);
	case IN_USE:
		return number_text(type->in_use, text);
	case AVAILABLE:
		return type->registered == YES ? number_text(type->available, text) : "-";
	case COLUMNS:
		break;
	}
	return "";
}

static const char *column_name(const struct table *table, enum column column)
{
	return table->is_wide ? columns[column].full : columns[column].brief;
}

/* Returns what all instances of a type take together, in MiB. */
static uint64_t full(const struct survey_type *type)
{
	return type->size * type->max_instances;
}

/* Finds the width of each column. Name and bar share the rest: the name what it needs while a short bar has room. */
static void measure(struct table *table)
{
	const struct survey *s = table->survey;
	size_t taken = 2, rest;
	char text[32];

	for (size_t i = 0; i < s->n; i++)
		table->whole = MAX(table->whole, full(&s->types[i]));
	if (table->whole && s->framebuffer)
		table->whole = s->framebuffer;
	for (enum column c = 0; c < COLUMNS; c++) {
		size_t longest = 0;

		for (size_t i = 0; i < s->n; i++)
			longest = MAX(longest, term_columns(cell(&s->types[i], c, text)));
		table->width[c] = longest ? MAX(longest, strlen(column_name(table, c))) : 0;
		taken += c != NAME && longest ? table->width[c] + table->gap : 0;
	}
	if (!table->whole)
		return;
	rest = table->page->width - MIN(table->page->width, taken + table->gap + PERCENT);
	table->width[NAME] = MIN(table->width[NAME], MAX(rest - MIN(rest, BAR_LEAST), NAME_LEAST));
	table->bar = MIN(MAX(rest - MIN(rest, table->width[NAME]), BAR_LEAST), BAR_MOST);
}

/* Writes at most a column's width of a text; one that is cut ends in "…", where a wide character may leave a blank. */
static void put_cell(const struct table *table, enum column column, const char *text, const char *colour)
{
	size_t width = table->width[column], n = MIN(term_columns(text), width);
	bool is_coloured = table->page->colour && colour, cut = term_columns(text) > width;

	printf("%*s", (int)(column ? table->gap : 2), "");
	printf("%*s", columns[column].right ? (int)(width - n) : 0, "");
	fputs(is_coloured ? colour : "", stdout);
	width -= cut;
	width -= term_put(text, width);
	if (cut)
		printf("…%*s", (int)width, "");
	fputs(is_coloured ? "\033[0m" : "", stdout);
	/* Nothing stands behind the last column but the bar. */
	if (!columns[column].right)
		printf("%*s", (int)(table->width[column] - n), "");
}

static void put_bar(const struct table *table, const struct survey_type *type)
{
	uint64_t marks = MIN(full(type) * table->bar / table->whole, table->bar);
	char text[BAR_MOST + 32];

	if (!type->size)
		return;
	for (size_t i = 0; i < table->bar; i++)
		text[i] = i < marks ? '#' : '.';
	text[table->bar] = '\0';
	/* Leave the percentage out where the GPU's memory is not known. */
	if (table->survey->framebuffer)
		snprintf(text + table->bar, 32, " %3" PRIu64 "%%", full(type) * 100 / table->whole);
	printf("%*s", (int)table->gap, "");
	put_coloured(table->page, full(type) > table->whole ? RED : NULL, text);
}

static void put_row(const struct table *table, const struct survey_type *type)
{
	char text[32];

	for (enum column c = 0; c < COLUMNS; c++) {
		const char *colour = NULL;

		if (c == REGISTERED && type->registered == YES)
			colour = GREEN;
		else if (c == REGISTERED && type->registered == NO && type->wanted)
			colour = RED;
		if (table->width[c])
			put_cell(table, c, cell(type, c, text), colour);
	}
	if (table->bar)
		put_bar(table, type);
	putchar('\n');
}

static void put_table(const struct page *page, const struct survey *s)
{
	struct table table = { .page = page, .survey = s, .is_wide = page->width >= WIDE };
	bool is_unknown = false;

	table.gap = table.is_wide ? 2 : 1;
	measure(&table);
	for (enum column c = 0; c < COLUMNS; c++)
		if (table.width[c])
			put_cell(&table, c, column_name(&table, c), NULL);
	if (table.bar)
		printf("%*s%s", (int)table.gap, "", table.is_wide ? "how full at the most instances" : "full at most");
	putchar('\n');
	for (size_t i = 0; i < s->n; i++) {
		put_row(&table, &s->types[i]);
		is_unknown |= s->types[i].configured == UNKNOWN || s->types[i].registered == UNKNOWN;
	}
	if (is_unknown)
		printf("  ?: not to be seen here; mdev-gpu explain %s tells why\n", s->gpu->address);
	if (table.bar && !s->framebuffer)
		printf("  The GPU's memory is not known, so the fullest type has a full bar.\n");
}

void status_print(const struct status *status)
{
	/* no-color.org: set, and not to an empty text */
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM"), *columns_set = getenv("COLUMNS");
	struct page page = { .colour = isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0 };
	unsigned long width = columns_set ? strtoul(columns_set, NULL, 10) : 0;
	const struct device *gpu = status->survey->gpu;
	struct winsize size = { 0 };

	if (!width && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	page.width = MIN(MAX(width, WIDTH), 1000);

	put_coloured(&page, BOLD, gpu->address);
	if (gpu->model)
		printf(" %s (%04x:%04x, board %04x:%04x)\n", gpu->model, gpu->vendor, gpu->device, gpu->subvendor, gpu->subdevice);
	else
		printf(" %04x:%04x, board %04x:%04x\n", gpu->vendor, gpu->device, gpu->subvendor, gpu->subdevice);
	put_fields(&page, status);
	if (status->survey->n)
		put_table(&page, status->survey);
}
