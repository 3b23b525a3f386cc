/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/yaml-errors.h"

#include <ctype.h>
#include <string.h>

#include "base/macro.h"
#include "model/diagnostics.h"

#define broken(p, ...) diag_error((p)->diag, &(p)->location, NULL, "broken YAML: " __VA_ARGS__)

/* Problems that files break by most often, in other words than the parser's. */
static const struct {
	const char *problem, *words;
} broken_words[] = {
	{ "could not find expected ':'", "a line without a key (key: value, with a blank after the colon)" },
	{ "did not find expected '-' indicator",
	  "the line is neither an entry of the list (- entry) nor indented like anything above it" },
	{ "found a tab character that violates indentation", "a tab; lines are indented with blanks only" },
	{ "invalid leading UTF-8 octet", "this is not UTF-8; the file was saved in another encoding" },
	{ "invalid trailing UTF-8 octet", "this is not UTF-8; the file was saved in another encoding" },
	{ "incomplete UTF-8 octet sequence", "this is not UTF-8; the file was saved in another encoding" },
	{ "did not find expected alphabetic or numeric character", "a value that begins with & or * needs quotes" },
};

/* True if the first line that is no comment is a header in brackets, or "key = value". */
static bool looks_like_toml(const struct yaml_problem *p)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.\"";

	for (const char *line = p->input, *end; line < p->input + p->size; line = end + 1) {
		size_t brackets, name;
		const char *rest;

		end = memchr(line, '\n', (size_t)(p->input + p->size - line));
		if (!end)
			end = p->input + p->size;
		line += strspn(line, " \t");
		if (line >= end || *line == '#' || *line == '\r')
			continue;
		brackets = strspn(line, "[");
		name = strspn(line + brackets, word);
		rest = line + brackets + name;
		if (!brackets)
			rest += strspn(rest, " \t");
		return name && rest < end && *rest == (brackets ? ']' : '=');
	}
	return false;
}

/* Returns the begin of a line, counted from 0; NULL where the file has fewer. */
static const char *line_at(const struct yaml_problem *p, size_t number)
{
	const char *line = p->input;

	for (size_t i = 0; i < number && line; i++) {
		line = memchr(line, '\n', (size_t)(p->input + p->size - line));
		line = line ? line + 1 : NULL;
	}
	return line;
}

static int report_character(const struct yaml_problem *p)
{
	const char *line = line_at(p, p->line);
	/* Columns count characters: behind a wide one this is another byte, which fits no case. */
	char c = line && p->column < (size_t)(p->input + p->size - line) ? line[p->column] : '\0';

	if (c == '\t')
		return broken(p, "a tab; lines are indented with blanks only");
	if (c == '`')
		return broken(p, "` cannot begin a value; the fence (```) of a web page is no part of the file");
	if (!isgraph((unsigned char)c))
		return broken(p, "this cannot begin a value; put the value in quotes");
	return broken(p, "%c cannot begin a value; put the value in quotes", c);
}

/* Returns whether a line that ends at end has a colon that makes a key of what stands before it. */
static bool has_key_colon(const char *line, const char *end)
{
	for (const char *colon = line; (colon = memchr(colon, ':', (size_t)(end - colon))); colon++)
		if (colon + 1 == end || strchr(" \t\r\n", colon[1]))
			return true;
	return false;
}

/* Reports what made a colon one too many, which is all that the parser sees: in its line or above. */
static int report_colon(const struct yaml_problem *p)
{
	const char *line = line_at(p, p->line), *end = p->input + p->size, *above;
	size_t before = line ? p->line : 0;

	/* Find the last line above that is neither empty nor a comment; its number counts from 1, 0: none. */
	for (; before > 0; before--) {
		above = line_at(p, before - 1);
		above += strspn(above, " \t\r");
		if (*above != '\n' && *above != '#')
			break;
	}
	if (line && has_key_colon(line, line + MIN(p->column, (size_t)(end - line))))
		return broken(p, "a second ': ' in the line; a value that has one needs quotes");
	if (!before)
		return broken(p, "no key can stand here");
	above = line_at(p, before - 1);
	if (!has_key_colon(above, memchr(above, '\n', (size_t)(end - above))))
		return broken(p,
			      "line %zu has no key (key: value, with a blank after the colon), so this one continues it", before);
	return broken(p, "the line is indented deeper than line %zu, whose key has a value already", before);
}

/* Reports something that was opened and has no end. */
static int report_unclosed(const struct yaml_problem *p)
{
	if (strcmp(p->text, "found unexpected end of stream") == 0)
		return broken(p, "the quotes that begin at line %zu do not end", p->context_line + 1);
	if (strcmp(p->text, "did not find expected node content") == 0 && p->open)
		return broken(p, "a value or a closing %c is missing before this, in what begins at line %u",
			      p->open->kind == NODE_SEQUENCE ? ']' : '}', p->open->location.line);
	if (strncmp(p->text, "did not find expected ','", strlen("did not find expected ','")) == 0)
		return broken(p, "a comma or a closing %c is missing before this, in what begins at line %zu%s",
			      p->text[strlen(p->text) - 2], p->context_line + 1,
			      memmem(p->input, p->size, "//", 2) ? " (comments begin with #)" : "");
	if (p->context)
		return broken(p, "%s, %s at line %zu", p->text, p->context, p->context_line + 1);
	return broken(p, "%s", p->text);
}

int yaml_report_problem(const struct yaml_problem *p)
{
	const char *line = line_at(p, p->line), *above = line_at(p, p->line ? p->line - 1 : 0),
		*below = line_at(p, p->line + 1);
	const char *end = below ? below : p->input + p->size;

	if (looks_like_toml(p))
		return diag_error(p->diag, &p->location, NULL, "this is TOML, not YAML; see mdev-gpu import");
	if (strcmp(p->text, "found character that cannot start any token") == 0)
		return report_character(p);
	if (above && memmem(above, (size_t)(end - above), "\u00a0", strlen("\u00a0")))
		return broken(p, "a no-break space (U+00A0), here or in the line above, is no blank");
	if (strcmp(p->text, "mapping values are not allowed in this context") == 0)
		return report_colon(p);
	/* No key where the parser expects one: what follows a value in quotes, or the first word of a line. */
	if (strcmp(p->text, "did not find expected key") == 0)
		return line && strspn(line, " ") < p->column ?
			       broken(p, "the value has ended before this; a quote inside of quotes is doubled ('it''s')") :
			       broken(p, "the line is indented like nothing above it");
	for (size_t i = 0; i < ARRAY_SIZE(broken_words); i++)
		if (strcmp(p->text, broken_words[i].problem) == 0)
			return broken(p, "%s", broken_words[i].words);
	return report_unclosed(p);
}
