/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/report/out.h"

#include <string.h>

#include "base/json.h"
#include "base/string-util.h"

/* Cleans a line, but for tabs, which files are full of. */
static void clean(char *line)
{
	for (char *rest = line, *part; (part = strsep(&rest, "\t")); ) {
		make_printable(part, '?');
		if (rest)
			rest[-1] = '\t';
	}
}

void out_text(FILE *to, unsigned indent, const char *key, const char *text)
{
	_cleanup_(freep) char *copy = strdup(text);
	size_t length = copy ? strlen(copy) : 0;
	char *rest = copy, *line;

	fprintf(to, "%*s%s: ", (int)indent, "", key);
	if (!length || !strchr(copy, '\n')) {
		if (copy)
			clean(copy);
		json_quote(to, copy ? copy : "");
		fputc('\n', to);
		return;
	}
	/* How far it is indented is said: the first line may begin with blanks. */
	fprintf(to, "|2%s\n", copy[length - 1] != '\n' ? "-" : length > 1 && copy[length - 2] == '\n' ? "+" : "");
	if (copy[length - 1] == '\n')
		copy[length - 1] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		clean(line);
		fprintf(to, "%*s%s\n", *line ? (int)indent + 2 : 0, "", line);
	}
}

void out_section(FILE *to, const char *key, const char *about)
{
	fprintf(to, "\n# %s\n%s:\n", about, key);
}
