/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts that grow, for messages that name everything, however much that is; words and lists of them. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

/* Make a new text, to be freed; NULL when memory is out. */
char *text_format(const char *fmt, ...) _printf_(1, 2) _must_check_;
char *text_format_va(const char *fmt, va_list ap) _printf_(1, 0) _must_check_;

/* Makes a new text of three, to be freed; NULL when memory is out. For the many paths, where a format would cost more than the rest. */
char *text_concat(const char *a, const char *b, const char *c) _must_check_ _nonnull_all_;

/* Returns whether memory was out for a text: what was said then, or decided by it, may not be all. */
bool text_is_lost(void);

/* Notes that, of a text that a library was to make. */
void text_lose(void);

/* Append to *text, which is NULL or allocated. When memory is out, *text stays as it was and only text_is_lost() tells. */
void text_append(char **text, const char *fmt, ...) _printf_(2, 3);
void text_append_va(char **text, const char *fmt, va_list ap) _printf_(2, 0);

/* The same, behind a comma where *text has something already. */
void text_append_item(char **text, const char *fmt, ...) _printf_(2, 3);

/* Counts the letters to insert, delete, replace or swap to make b of a, ignoring case; compares at most 32. */
unsigned edit_distance(const char *a, const char *b) _nonnull_all_;

/* Returns whether a word is one of n. */
bool string_in(const char *word, const char *const *words, size_t n) _nonnull_(1);

/* Returns whether a word has more than an ending, and that ending. */
bool string_ends(const char *word, const char *ending) _nonnull_all_;

/* Frees a NULL-terminated list of strings. Takes NULL. */
void strv_free(char **list);

/* Counts the strings of a NULL-terminated list. Takes NULL. */
size_t strv_length(char *const *list);

/* Adds a copy to *list, which holds *n strings and a NULL, and counts it. 0 or -ENOMEM. */
int strv_add(char ***list, size_t *n, const char *text) _must_check_ _nonnull_all_;

DEFINE_CLEANUP(char **, strv_free)

/* Returns the bytes of the character that text begins with, and its number; 0 where it is no UTF-8 (RFC 3629). */
size_t read_character(const char *text, uint32_t *ret) _nonnull_all_;

/* True for C0, DEL and C1, and for what turns the direction of a line, or ends one. */
bool is_control(uint32_t character);

/*
 * Overwrites control characters, those that turn a line's direction, and what is no UTF-8 with mark: what a driver answers, a file
 * is called or a quoted key holds must not pass for a line of the program's, nor move a terminal's cursor. Takes NULL.
 */
void make_printable(char *text, char mark);

/* Prints a line, or a part of one, made printable but for a line break at its end. */
void print_text(const char *fmt, ...) _printf_(1, 2);
