/* SPDX-License-Identifier: GPL-2.0-only */
#include "term.h"

#include <string.h>
#include <sys/ioctl.h>

#include "macro.h"

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

size_t term_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}
