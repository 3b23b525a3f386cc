/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/string-util.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

char *text_format_va(const char *fmt, va_list ap)
{
	char *text;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

char *text_format(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = text_format_va(fmt, ap);
	va_end(ap);
	return text;
}

static void append(char **text, const char *between, const char *fmt, va_list ap) _printf_(3, 0);

static void append(char **text, const char *between, const char *fmt, va_list ap)
{
	_cleanup_(freep) char *more = text_format_va(fmt, ap);
	char *all = more ? text_format("%s%s%s", *text ? *text : "", *text ? between : "", more) : NULL;

	if (!all)
		return;
	free(*text);
	*text = all;
}

void text_append(char **text, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(text, "", fmt, ap);
	va_end(ap);
}

void text_append_va(char **text, const char *fmt, va_list ap)
{
	append(text, "", fmt, ap);
}

void text_append_item(char **text, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(text, ", ", fmt, ap);
	va_end(ap);
}

unsigned edit_distance(const char *a, const char *b)
{
	enum { MOST = 32 };
	unsigned rows[3][MOST + 1];
	size_t la = MIN(strlen(a), (size_t)MOST), lb = MIN(strlen(b), (size_t)MOST);

	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;

	for (size_t i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *two_up = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			unsigned best = up[j - 1] + !same;

			best = MIN(best, up[j] + 1);
			best = MIN(best, row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, two_up[j - 2] + 1);
			row[j] = best;
		}
	}

	return rows[la % 3][lb];
}

bool string_in(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

bool string_ends(const char *word, const char *ending)
{
	size_t n = strlen(word), m = strlen(ending);

	return n > m && strcmp(word + n - m, ending) == 0;
}

void strv_free(char **list)
{
	if (!list)
		return;
	for (size_t i = 0; list[i]; i++)
		free(list[i]);
	free(list);
}

int strv_add(char ***list, size_t *n, const char *name)
{
	char **longer = reallocarray(*list, *n + 2, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	*list = longer;
	longer[*n + 1] = NULL;
	longer[*n] = strdup(name);
	if (!longer[*n])
		return -ENOMEM;
	(*n)++;
	return 0;
}

void make_printable(char *text, char mark)
{
	for (; text && *text; text++) {
		/* In UTF-8, U+0080 to U+009f are control characters, too: to some terminals. */
		bool wide = (unsigned char)*text == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80;

		if (wide)
			*text++ = mark;
		if (wide || iscntrl((unsigned char)*text))
			*text = mark;
	}
}

size_t strv_length(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}
