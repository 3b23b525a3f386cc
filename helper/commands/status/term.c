/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/status/term.h"

#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

#include "base/macro.h"

#define WIDTH 80u

size_t term_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = { 0 };
	unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;

	if (!width && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	return MIN(MAX(width, WIDTH), 1000);
}

bool term_has_colour(void)
{
	/* no-color.org: set, and not to an empty text */
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

void term_begin_page(void)
{
	static bool again;

	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	else if (again)
		putchar('\n');
	again = true;
}

/* How many bytes the character is that text begins with. What has no shape, or is no UTF-8, takes a column: see term_put(). */
static size_t measure(const char *text, size_t *columns, bool *has_shape)
{
	static bool is_utf8;
	mbstate_t state = { 0 };
	bool is_character;
	wchar_t c;
	size_t n;
	int width;

	/* The terminal's language is not ours to ask for: names are UTF-8, whatever LANG says. */
	if (!is_utf8)
		is_utf8 = setlocale(LC_CTYPE, "C.UTF-8");
	n = mbrtowc(&c, text, strlen(text), &state);
	is_character = n != (size_t)-1 && n != (size_t)-2;
	width = is_character ? wcwidth(c) : -1;
	*has_shape = width >= 0;
	*columns = width < 0 ? 1 : (size_t)width;
	return is_character ? n : 1;
}

size_t term_columns(const char *text)
{
	size_t sum = 0, columns;
	bool has_shape;

	for (; *text; sum += columns)
		text += measure(text, &columns, &has_shape);
	return sum;
}

size_t term_put(const char *text, size_t width)
{
	size_t sum = 0, columns;
	bool has_shape;

	while (*text) {
		size_t n = measure(text, &columns, &has_shape);

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
