/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal that a person may sit at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Columns of standard output: what COLUMNS says, else what the terminal says; 80 where there is none, and at least 80. */
size_t term_width(void);

/* Whether standard output is a terminal that shows colours and nobody said NO_COLOR. */
bool term_has_colour(void);

/* Begins anew at the top of a terminal; off a terminal, an empty line parts the pages. */
void term_begin_page(void);

/* How many columns a text takes where term_put() writes it: none, one or two for a character of UTF-8. */
size_t term_columns(const char *text);

/*
 * Writes what fits of a text into so many columns, and returns how many that took. What is no UTF-8, or would move or colour
 * the terminal, is a question mark: some names are other programs'.
 */
size_t term_put(const char *text, size_t width);
