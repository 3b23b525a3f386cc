/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that grows, for a message that has to name everything however much that is; and parts of a line. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

/* A new text, to be freed; NULL when memory is out. */
char *text_format(const char *fmt, ...) _printf_(1, 2) _must_check_;
char *text_format_va(const char *fmt, va_list ap) _printf_(1, 0) _must_check_;

/* Adds to *text, which is NULL or allocated. Where memory is out, it stays as it was. */
void text_append(char **text, const char *fmt, ...) _printf_(2, 3);

void text_append_va(char **text, const char *fmt, va_list ap) _printf_(2, 0);

/* Adds an item, behind a comma where there was one before. */
void text_append_item(char **text, const char *fmt, ...) _printf_(2, 3);

/* Letters to insert, delete, replace or swap to make b of a, ignoring case; at most 32 letters are looked at. */
unsigned edit_distance(const char *a, const char *b);

/* Whether a word is one of n. */
bool string_in(const char *word, const char *const *words, size_t n);

/* Frees a NULL-terminated list of strings. Takes NULL. */
void strv_free(char **list);

/* How many strings are in it. Takes NULL. */
size_t strv_length(char *const *list);

/* Adds a copy to *list, which holds *n strings and a NULL, and counts it. 0 or -ENOMEM. */
int strv_add(char ***list, size_t *n, const char *text);

DEFINE_CLEANUP(char **, strv_free)

/*
 * Makes blanks of control characters: what a driver answers, or a file is called, must not pass for a line of ours, nor move a
 * terminal's cursor. Takes NULL.
 */
void make_one_line(char *text);
