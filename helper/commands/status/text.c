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
#include <time.h>
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
#define WIDE 110u     /* from here on the columns stand two blanks apart */
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

/* Writes words from a column on, as many on a line as fit; the first one behind mark. */
static void put_words(const struct page *page, size_t column, const char *mark, const char *text)
{
	_cleanup_(freep) char *words = text_format("%s", text); /* not strdup(), whose failure nobody would be told */
	char *rest = NULL;

	for (char *word = words ? strtok_r(words, " ", &rest) : NULL; word; word = strtok_r(NULL, " ", &rest), mark = " ") {
		if (column > INDENT && column + strlen(mark) + term_columns(word) > page->width) {
			printf("%.*s\n%*s", (int)strcspn(mark, " "), mark, (int)INDENT, "");
			column = INDENT;
		} else {
			fputs(mark, stdout);
			column += strlen(mark);
		}
		fputs(word, stdout);
		column += term_columns(word);
	}
	putchar('\n');
}

/* Writes words beside a heading. */
_printf_(3, 4)
static void put_field(const struct page *page, const char *heading, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_format_va(fmt, ap);
	va_end(ap);
	make_printable(text, '?');
	put_heading(heading);
	put_words(page, INDENT, "", text ? text : "");
}

/* Formats the time of a record, which is UTC, as the clock on the wall has it; as it stands where it is no time. */
static const char *local_time(const char *utc, char text[32])
{
	struct tm tm = { 0 };
	const char *end = strptime(utc, "%Y-%m-%dT%H:%M:%SZ", &tm);
	time_t time = end && !*end ? timegm(&tm) : -1;

	return time >= 0 && strftime(text, 32, "%Y-%m-%d %H:%M:%S", localtime_r(&time, &tm)) ? text : utc;
}

static void put_last_run(const struct page *page, const struct survey *survey)
{
	const struct record *last = &survey->last;
	char time[32];

	if (survey->no_record)
		put_field(page, "last run", "its record cannot be read: %s", survey->no_record);
	else if (!survey->has_record)
		put_field(page, "last run", "none since the driver bound");
	else
		put_field(page, "last run", "%s%s, by %s: %s: %s", local_time(last->time, time),
			  survey->is_this_boot ? "" : " (not of this boot: it tells nothing of now)", last->trigger,
			  record_result(last), last->message);
}

/* The one word in colour: green, all is there; yellow, somebody may want it so; red, somebody has to do something. */
static const char *verdict_colour(enum cause verdict)
{
	switch (verdict) {
	case CAUSE_THERE:
		return GREEN;
	case CAUSE_UNKNOWN:
	case CAUSE_VIRTUAL_FUNCTION:
	case CAUSE_NOT_A_GPU:
	case CAUSE_PASSED_THROUGH:
	case CAUSE_CANNOT_SHARE:
	case CAUSE_SHARING_OFF:
	case CAUSE_NO_TYPES:
	case CAUSE_VENDOR_VFIO:
	case CAUSE_RUNNING:
	case CAUSE_SWITCHED_OFF:
	case CAUSE_TAKEN:
		return YELLOW;
	default:
		return RED;
	}
}

static void put_verdict(const struct page *page, const struct chain *chain)
{
	const char *word = cause_word(chain->verdict);

	put_heading("verdict");
	put_coloured(page, verdict_colour(chain->verdict), word);
	put_words(page, INDENT + strlen(word), ": ", chain->text);
}

/* Counts the types that are there, and the vGPUs of all. */
static void count(const struct survey *survey, size_t *live, uint64_t *used)
{
	*live = *used = 0;
	for (size_t i = 0; i < survey->n; i++) {
		*live += survey->types[i].registered == YES;
		*used += survey->types[i].in_use;
	}
}

static void put_fields(const struct page *page, const struct status *status)
{
	const struct survey *survey = status->survey;
	const char *driver = survey->gpu->driver ? survey->gpu->driver : "none", *release = survey->target.limits.release;
	char *const *files = survey->target.selection.files;
	uint64_t used;
	size_t live;

	put_verdict(page, status->chain);
	put_field(page, "driver", "%s%s%s", driver, *release ? " " : "", release);
	if (!survey->target.vendor)
		return;

	put_field(page, "architecture", "%s",
		  status->architecture ? status->architecture : status->no_catalog ? "not known" : "no folder is for this GPU");
	for (size_t i = 0; files && files[i]; i++) {
		put_heading(i ? "" : "files");
		print_text("%s\n", files[i]);
	}
	if (survey->framebuffer)
		put_field(page, "memory", "%" PRIu64 " MiB", survey->framebuffer);
	put_last_run(page, survey);

	if (survey->functions_run.message)
		put_field(page, "functions", "%s: %s", outcome_name(survey->functions_run.outcome), survey->functions_run.message);
	count(survey, &live, &used);
	if (!survey->n)
		put_field(page, "types", "none");
	else
		put_field(page, "types", "%zu set, %zu live; %" PRIu64 " vGPU%s", survey->n_wanted, live, used, used == 1 ? "" : "s");
}

/* The table of types. */

enum column { TYPE, NAME, SIZE, MOST, CONFIGURED, REGISTERED, IN_USE, AVAILABLE, COLUMNS };

static const struct {
	const char *name;
	bool right;
} columns[COLUMNS] = {
	[TYPE] = { "type", false },
	[NAME] = { "name", false },
	[SIZE] = { "MiB", true },
	[MOST] = { "max", true },
	[CONFIGURED] = { "set", false },
	[REGISTERED] = { "live", false },
	[IN_USE] = { "used", true },
	[AVAILABLE] = { "free", true },
};

struct table {
	const struct page *page;
	const struct survey *survey;
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
		table->width[c] = longest ? MAX(longest, strlen(columns[c].name)) : 0;
		taken += c != NAME && longest ? table->width[c] + table->gap : 0;
	}
	if (!table->whole)
		return;
	rest = table->page->width - MIN(table->page->width, taken + table->gap + PERCENT);
	table->width[NAME] = MIN(table->width[NAME], MAX(rest - MIN(rest, BAR_LEAST), NAME_LEAST));
	table->bar = MIN(MAX(rest - MIN(rest, table->width[NAME]), BAR_LEAST), BAR_MOST);
}

/* Writes at most a column's width of a text; one that is cut ends in "…", where a wide character may leave a blank. */
static void put_cell(const struct table *table, enum column column, const char *text)
{
	size_t width = table->width[column], n = MIN(term_columns(text), width);
	bool cut = term_columns(text) > width;

	printf("%*s", (int)(column ? table->gap : 2), "");
	printf("%*s", columns[column].right ? (int)(width - n) : 0, "");
	width -= cut;
	width -= term_put(text, width);
	if (cut)
		printf("…%*s", (int)width, "");
	/* Nothing stands behind the last column but the bar. */
	if (!columns[column].right)
		printf("%*s", (int)(table->width[column] - n), "");
}

static uint64_t marks(const struct table *table, uint64_t memory)
{
	return MIN(memory * table->bar / table->whole, table->bar);
}

/* Draws what a type's vGPUs take of the memory, and behind that what they could. */
static void put_bar(const struct table *table, const struct survey_type *type)
{
	uint64_t used = type->size * type->in_use, now = marks(table, used), most = marks(table, full(type));
	char text[BAR_MOST + 32];

	if (!type->size)
		return;
	for (size_t i = 0; i < table->bar; i++)
		text[i] = i < now ? '#' : i < most ? '=' : '.';
	if (full(type) > table->whole)
		text[table->bar - 1] = '>';
	text[table->bar] = '\0';
	/* Leave the percentage out where the GPU's memory is not known. */
	if (table->survey->framebuffer)
		snprintf(text + table->bar, 32, " %3" PRIu64 "%%", used * 100 / table->whole);
	printf("%*s%s", (int)table->gap, "", text);
}

static void put_row(const struct table *table, const struct survey_type *type)
{
	char text[32];

	for (enum column c = 0; c < COLUMNS; c++)
		if (table->width[c])
			put_cell(table, c, cell(type, c, text));
	if (table->bar)
		put_bar(table, type);
	putchar('\n');
}

static void put_table(const struct page *page, const struct survey *s)
{
	struct table table = { .page = page, .survey = s, .gap = page->width >= WIDE ? 2 : 1 };
	bool is_unknown = false;

	measure(&table);
	for (enum column c = 0; c < COLUMNS; c++)
		if (table.width[c])
			put_cell(&table, c, columns[c].name);
	if (table.bar)
		printf("%*s# used = max", (int)table.gap, "");
	putchar('\n');
	for (size_t i = 0; i < s->n; i++) {
		put_row(&table, &s->types[i]);
		is_unknown |= s->types[i].configured == UNKNOWN || s->types[i].registered == UNKNOWN;
	}
	if (is_unknown)
		printf("  ?: not to be seen here; why:\n  mdev-gpu explain %s\n", s->gpu->address);
	if (table.bar && !s->framebuffer)
		printf("  The GPU's memory is not known, so the fullest type has a full bar.\n");
}

static struct page make_page(void)
{
	/* no-color.org: set, and not to an empty text */
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM"), *columns_set = getenv("COLUMNS");
	struct page page = { .colour = isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0 };
	unsigned long width = columns_set ? strtoul(columns_set, NULL, 10) : 0;
	struct winsize size = { 0 };

	if (!width && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	page.width = MIN(MAX(width, WIDTH), 1000);
	return page;
}

void status_print(const struct status *status)
{
	const struct page page = make_page();
	const struct device *gpu = status->survey->gpu;

	put_coloured(&page, BOLD, gpu->address);
	if (device_model(gpu))
		print_text(" %s (%04x:%04x, board %04x:%04x)\n", device_model(gpu), gpu->vendor, gpu->device, gpu->subvendor, gpu->subdevice);
	else
		printf(" %04x:%04x, board %04x:%04x\n", gpu->vendor, gpu->device, gpu->subvendor, gpu->subdevice);
	put_fields(&page, status);
	if (status->survey->n)
		put_table(&page, status->survey);
	status_print_functions(status->survey);
}

#define MODEL_WIDTH 30u
#define VERDICT_WIDTH 19u /* "discarded-by-others" */

void status_print_heading(void)
{
	printf("%-12s  %-*s  %-*s  set live vGPUs\n", "GPU", (int)MODEL_WIDTH, "model", (int)VERDICT_WIDTH, "verdict");
}

void status_print_line(const struct status *status)
{
	const struct page page = make_page();
	const struct device *gpu = status->survey->gpu;
	const char *verdict = cause_word(status->chain->verdict);
	char ids[16];
	uint64_t used;
	size_t live;

	snprintf(ids, sizeof(ids), "%04x:%04x", gpu->vendor, gpu->device);
	count(status->survey, &live, &used);
	printf("%-12s  ", gpu->address);
	printf("%*s  ", (int)(MODEL_WIDTH - term_put(device_model(gpu) ? device_model(gpu) : ids, MODEL_WIDTH)), "");
	put_coloured(&page, verdict_colour(status->chain->verdict), verdict);
	printf("%*s  %3zu %4zu %5" PRIu64 "\n", (int)(VERDICT_WIDTH - strlen(verdict)), "", status->survey->n_wanted, live, used);
}
