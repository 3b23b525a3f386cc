/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/string-util.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

static bool is_lost;

char *text_format_va(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) >= 0)
		return text;
	is_lost = true;
	return NULL;
}

void text_lose(void)
{
	is_lost = true;
}

bool text_is_lost(void)
{
	return is_lost;
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

char *text_concat(const char *a, const char *b, const char *c)
{
	char *text = malloc(strlen(a) + strlen(b) + strlen(c) + 1);

	if (text)
		stpcpy(stpcpy(stpcpy(text, a), b), c);
	is_lost |= !text;
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

size_t read_character(const char *text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = (uint8_t)*text;
	size_t n = first < 0x80 ? 1 : first >> 5 == 0x6 ? 2 : first >> 4 == 0xe ? 3 : first >> 3 == 0x1e ? 4 : 0;
	uint32_t c = n == 1 ? first : first & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((uint8_t)text[i] & 0x3f);
	}
	*ret = c;
	return n && c >= least[n] && c <= 0x10ffff && (c & ~0x7ffu) != 0xd800 ? n : 0;
}

bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

void make_printable(char *text, char mark)
{
	while (text && *text) {
		uint32_t c = 0;
		size_t n = read_character(text, &c), bytes = n ? n : 1;

		if (!n || is_control(c))
			memset(text, mark, bytes);
		text += bytes;
	}
}

void print_text(const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	text = text_format_va(fmt, ap);
	va_end(ap);
	n = text ? strlen(text) : 0;
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	make_printable(text, '?');
	printf("%s%s", text ? text : "out of memory", text && n && !text[n - 1] ? "\n" : "");
}

size_t strv_length(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}
