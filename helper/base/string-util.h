/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that grows, for a message that has to name everything however much that is; and parts of a line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

/* Adds to *text, which is NULL or allocated. Where memory is out, it stays as it was. */
void text_append(char **text, const char *fmt, ...) _printf_(2, 3);

/* Adds an item, behind a comma where there was one before. */
void text_append_item(char **text, const char *fmt, ...) _printf_(2, 3);

/* What is said of a subject, of a line that may begin with "SUBJECT: ". */
const char *text_of(const char *line, const char *subject);

/* Letters to insert, delete, replace or swap to make b of a, ignoring case; at most 32 letters are looked at. */
unsigned edit_distance(const char *a, const char *b);

/* Whether a word is one of n. */
bool word_is_among(const char *word, const char *const *words, size_t n);

/* Frees a NULL-terminated list of strings. Takes NULL. */
void strv_free(char **list);

/* Adds a copy to *list, which holds *n strings and a NULL, and counts it. 0 or -ENOMEM. */
int strv_add(char ***list, size_t *n, const char *text);

DEFINE_CLEANUP(char **, strv_free)
