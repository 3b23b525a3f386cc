/* SPDX-License-Identifier: GPL-2.0-only */
/* Single values as people write them, and the words for those who write them otherwise. */
#pragma once

#include <stdint.h>

#include "config/cursor.h"

/*
 * Each reads what is here, which may be of any kind. Returns 0, or a negative errno with a mistake in the report and *ret
 * untouched.
 */

/* A whole number from min to max. unit is what it counts ("MiB"), or NULL: it helps to tell what was meant. */
int value_integer(const struct cursor *cursor, const char *unit, uint64_t min, uint64_t max, uint64_t *ret);

/* Where a text is a PCI address: how that is written in a filter, for people. */
bool value_address(const char *text, char *ret, size_t size);

/* true or false in any of YAML 1.1's spellings, 1 or 0. */
int value_boolean(const struct cursor *cursor, uint64_t *ret);

/* A text of min to max bytes, without control characters; to be freed. */
int value_text(const struct cursor *cursor, uint64_t min, uint64_t max, char **ret);
