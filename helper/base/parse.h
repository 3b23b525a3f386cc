/* SPDX-License-Identifier: GPL-2.0-only */
/* Parses numbers and booleans. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"

/*
 * Reads a whole number as YAML 1.1 and Mdev-GPU's reader both understand it: decimal, 0x…, 0o…, 0b…, with
 * underscores between digits and an optional sign. Returns 0, -EINVAL (not a whole number), -ERANGE (over 64 bits, or
 * negative: *negative tells), or -ENOTUNIQ for a decimal with leading zeros: YAML 1.1 reads 010 as 8, Mdev-GPU as 10.
 */
int parse_integer(const char *s, uint64_t *ret, bool *negative) _must_check_ _nonnull_all_;

/*
 * Reads the digits that *s begins with, of base 10, or 16 (then behind 0x, too), and moves *s behind them. False with both
 * untouched where there are none, or the number is over max.
 */
bool parse_number(const char **s, int base, uint64_t max, uint64_t *ret) _must_check_ _nonnull_all_;

/* Reads YAML 1.1's y/yes/true/on and n/no/false/off, each in lower, upper and title case. 0 or -EINVAL. */
int parse_boolean(const char *s, bool *ret) _must_check_ _nonnull_all_;

/* Returns whether s is a driver's release, two or three numbers: 565.77, 550.54.14. */
bool parse_is_release(const char *s) _nonnull_all_;

/* Returns whether s stands for nothing in YAML: empty, ~, null. */
bool parse_is_null(const char *s) _nonnull_all_;
