/* SPDX-License-Identifier: GPL-2.0-only */
/* The YAML of a report, for people first: what has one line is quoted, what has more is a block. */
#pragma once

#include <stdio.h>

#include "base/macro.h"

/* Writes "key: text" so many columns to the right; "- key" begins an item of a list. Whatever the text is, it stays text. */
void out_text(FILE *to, unsigned indent, const char *key, const char *text) _nonnull_all_;

/* Writes a heading, with a word about what follows. */
void out_section(FILE *to, const char *key, const char *about) _nonnull_all_;
