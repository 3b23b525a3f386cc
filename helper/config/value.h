/* SPDX-License-Identifier: GPL-2.0-only */
/* Single values as people write them, and the words for those who write them otherwise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/cursor.h"

/*
 * Each reads the current node, which may be of any kind. Returns 0, or a negative errno with a mistake in the report
 * and *ret untouched.
 */

/* Reads a whole number from min to max. unit is what it counts ("MiB"), or NULL: it helps to tell what was meant. */
int value_integer(const struct cursor *cursor, const char *unit, uint64_t min, uint64_t max, uint64_t *ret)
	_must_check_ _nonnull_(1, 5);

/* Reads true or false in any of YAML 1.1's spellings, 1 or 0. */
int value_boolean(const struct cursor *cursor, uint64_t *ret) _must_check_ _nonnull_all_;

/* Reads a text of min to max bytes, without control characters; to be freed. */
int value_text(const struct cursor *cursor, uint64_t min, uint64_t max, char **ret) _must_check_ _nonnull_all_;

/* Returns what "896M" or "1 GiB" is in MiB; 0 for a text that is no size. */
uint64_t value_size(const char *text) _must_check_ _nonnull_all_;

/* Formats how a PCI address is written in a filter, for people; false for a text that is no address. */
bool value_address(const char *text, char *ret, size_t size) _must_check_ _nonnull_all_;
