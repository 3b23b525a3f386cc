/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that grows, for a message that has to name everything however much that is; and parts of a line. */
#pragma once

#include "base/macro.h"

/* Adds to *text, which is NULL or allocated. Where memory is out, it stays as it was. */
void text_append(char **text, const char *fmt, ...) _printf_(2, 3);

/* Adds an item, behind a comma where there was one before. */
void text_append_item(char **text, const char *fmt, ...) _printf_(2, 3);

/* What is said of a subject, of a line that may begin with "SUBJECT: ". */
const char *text_of(const char *line, const char *subject);
