/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/string-util.h"

#include <stdarg.h>
#include <string.h>

static void append(char **text, const char *between, const char *fmt, va_list ap) _printf_(3, 0);

static void append(char **text, const char *between, const char *fmt, va_list ap)
{
	_cleanup_(freep) char *more = NULL;
	char *all;

	if (vasprintf(&more, fmt, ap) < 0) {
		more = NULL;
		return;
	}
	if (asprintf(&all, "%s%s%s", *text ? *text : "", *text ? between : "", more) < 0)
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

void text_append_item(char **text, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(text, ", ", fmt, ap);
	va_end(ap);
}

const char *text_of(const char *line, const char *subject)
{
	size_t n = strlen(subject);

	return strncmp(line, subject, n) == 0 && strncmp(line + n, ": ", 2) == 0 ? line + n + 2 : line;
}
