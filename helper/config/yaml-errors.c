/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/yaml-errors.h"

#include <ctype.h>
#include <string.h>

/* What breaks a file most often, in other words than a parser's. */
static const struct {
	const char *problem, *words;
} broken_words[] = {
	{ "could not find expected ':'", "a line without a key (key: value, with a blank after the colon)" },
	{ "did not find expected '-' indicator", "the line is neither an entry of the list (- entry) nor indented like anything above it" },
	{ "found a tab character that violates indentation", "a tab; lines are indented with blanks only" },
	{ "invalid leading UTF-8 octet", "this is not UTF-8; the file was saved in another encoding" },
	{ "invalid trailing UTF-8 octet", "this is not UTF-8; the file was saved in another encoding" },
	{ "incomplete UTF-8 octet sequence", "this is not UTF-8; the file was saved in another encoding" },
	{ "did not find expected alphabetic or numeric character", "a value that begins with & or * needs quotes" },
};

/* A header in brackets, or "key = value", alone in its line. */
static bool is_toml_line(const char *line, size_t n)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.\"";
	size_t brackets = strspn(line, "["), name = strspn(line + brackets, word), rest = brackets + name;

	if (!name || rest >= n)
		return false;
	if (brackets)
		return line[rest] == ']';
	rest += strspn(line + rest, " \t");
	return rest < n && line[rest] == '=';
}

static bool looks_like_toml(const struct yaml_problem *p)
{
	for (const char *line = p->input, *end; line < p->input + p->size; line = end + 1) {
		end = memchr(line, '\n', (size_t)(p->input + p->size - line));
		if (!end)
			end = p->input + p->size;
		line += strspn(line, " \t");
		if (line < end && *line != '#' && *line != '\r')
			return is_toml_line(line, (size_t)(end - line));
	}
	return false;
}

static const char *line_at(const struct yaml_problem *p, size_t number)
{
	const char *line = p->input;

	for (size_t i = 0; i < number && line; i++) {
		line = memchr(line, '\n', (size_t)(p->input + p->size - line));
		line = line ? line + 1 : NULL;
	}
	return line;
}

/* In this line or the one before. */
static bool has_wide_blank(const struct yaml_problem *p, size_t number)
{
	const char *line = line_at(p, number ? number - 1 : 0), *end = line_at(p, number + 1);
	size_t size = line ? (size_t)((end ? end : p->input + p->size) - line) : 0;

	return line && memmem(line, size, "\u00a0", strlen("\u00a0"));
}

/* Columns count characters; only ASCII before it in its line, or a wrong character is looked at, which fits no case. */
static char character_at(const struct yaml_problem *p)
{
	const char *line = line_at(p, p->line);

	return line && p->column < (size_t)(p->input + p->size - line) ? line[p->column] : '\0';
}

static int report_character(const struct yaml_problem *p)
{
	char c = character_at(p);

	if (c == '\t')
		return diag_error(p->diag, &p->location, NULL, "broken YAML: a tab; lines are indented with blanks only");
	if (c == '`')
		return diag_error(p->diag, &p->location, NULL, "broken YAML: ` cannot begin a value; the fence (```) of a web page is no part of the file");
	if (!isgraph((unsigned char)c))
		return diag_error(p->diag, &p->location, NULL, "broken YAML: this cannot begin a value; put the value in quotes");
	return diag_error(p->diag, &p->location, NULL, "broken YAML: %c cannot begin a value; put the value in quotes", c);
}

/* Whether there is a colon with something behind it that makes a key of what stands before; line ends at end. */
static bool has_key_colon(const char *line, const char *end)
{
	for (const char *colon = line; (colon = memchr(colon, ':', (size_t)(end - colon))); colon++)
		if (colon + 1 == end || strchr(" \t\r\n", colon[1]))
			return true;
	return false;
}

/* The last line before number (from 0) that says something; its own number plus one, 0 where there is none. */
static size_t line_before(const struct yaml_problem *p, size_t number)
{
	for (; number > 0; number--) {
		const char *line = line_at(p, number - 1);

		line += strspn(line, " \t\r");
		if (*line != '\n' && *line != '#')
			break;
	}
	return number;
}

/* The parser only sees a colon too many: what made it one stands before it, in its line or above. */
static int report_colon(const struct yaml_problem *p)
{
	const char *line = line_at(p, p->line), *end = p->input + p->size, *above;
	size_t before = line ? line_before(p, p->line) : 0;

	if (line && has_key_colon(line, line + MIN(p->column, (size_t)(end - line))))
		return diag_error(p->diag, &p->location, NULL, "broken YAML: a second ': ' in the line; a value that has one needs quotes");
	if (!before)
		return diag_error(p->diag, &p->location, NULL, "broken YAML: no key can stand here");
	above = line_at(p, before - 1);
	if (!has_key_colon(above, memchr(above, '\n', (size_t)(end - above))))
		return diag_error(p->diag, &p->location, NULL, "broken YAML: line %zu has no key (key: value, with a blank after the colon), so this one continues it",
			      before);
	return diag_error(p->diag, &p->location, NULL, "broken YAML: the line is indented deeper than line %zu, whose key has a value already", before);
}

/* No key where the parser expects one: the first word of a line, or what follows a value in quotes. */
static int report_no_key(const struct yaml_problem *p)
{
	const char *line = line_at(p, p->line);
	size_t blanks = line ? strspn(line, " ") : 0;

	if (line && blanks < p->column)
		return diag_error(p->diag, &p->location, NULL, "broken YAML: the value has ended before this; a quote inside of quotes is doubled ('it''s')");
	return diag_error(p->diag, &p->location, NULL, "broken YAML: the line is indented like nothing above it");
}

/* Something that was opened has no end. */
static int report_unclosed(const struct yaml_problem *p)
{
	if (strcmp(p->text, "found unexpected end of stream") == 0)
		return diag_error(p->diag, &p->location, NULL, "broken YAML: the quotes that begin at line %zu do not end", p->context_line + 1);
	if (strcmp(p->text, "did not find expected node content") == 0 && p->open)
		return diag_error(p->diag, &p->location, NULL, "broken YAML: a value or a closing %c is missing before this, in what begins at line %u",
			      p->open->kind == NODE_SEQUENCE ? ']' : '}', p->open->location.line);
	if (strncmp(p->text, "did not find expected ','", strlen("did not find expected ','")) == 0)
		return diag_error(p->diag, &p->location, NULL, "broken YAML: a comma or a closing %c is missing before this, in what begins at line %zu%s",
			      p->text[strlen(p->text) - 2], p->context_line + 1,
			      memmem(p->input, p->size, "//", 2) ? " (comments begin with #)" : "");
	if (p->context)
		return diag_error(p->diag, &p->location, NULL, "broken YAML: %s, %s at line %zu", p->text, p->context, p->context_line + 1);
	return diag_error(p->diag, &p->location, NULL, "broken YAML: %s", p->text);
}

int yaml_report_problem(const struct yaml_problem *p)
{
	if (looks_like_toml(p))
		return diag_error(p->diag, &p->location, NULL, "this is TOML, not YAML; see mdev-gpu import");
	if (strcmp(p->text, "found character that cannot start any token") == 0)
		return report_character(p);
	if (has_wide_blank(p, p->line))
		return diag_error(p->diag, &p->location, NULL, "broken YAML: a no-break space (U+00A0), here or in the line above, is no blank");
	if (strcmp(p->text, "mapping values are not allowed in this context") == 0)
		return report_colon(p);
	if (strcmp(p->text, "did not find expected key") == 0)
		return report_no_key(p);
	for (size_t i = 0; i < ARRAY_SIZE(broken_words); i++)
		if (strcmp(p->text, broken_words[i].problem) == 0)
			return diag_error(p->diag, &p->location, NULL, "broken YAML: %s", broken_words[i].words);
	return report_unclosed(p);
}
