/* SPDX-License-Identifier: GPL-2.0-only */
/* Text into values, pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A PCI address. Domains may need more than four digits (VMD: 10000). */
struct pci_address {
	uint32_t domain;
	uint8_t bus, slot, function;
};

/*
 * Reads "0000:65:00.0" or "65:00.0" (domain 0), hexadecimal in either case, nothing before or after.
 * Returns 0, or -EINVAL with *ret untouched.
 */
int parse_pci_address(const char *s, struct pci_address *ret);

/* Which PCI functions a catalog folder is for; closeness grows with how little a pattern covers. */
struct pci_pattern {
	uint16_t vendor, first, last; /* device IDs, both included */
	bool board;                   /* subvendor and subdevice count */
	uint16_t subvendor, subdevice;
};

/*
 * Reads "10de:1b38", "10de:1b00-1b7f", "10de:1b38:10de:11d9" or "10de:*". Returns 0, -EINVAL (not of this form) or
 * -ERANGE (a range that ends before it begins); *ret is untouched on failure.
 */
int parse_pci_pattern(const char *s, struct pci_pattern *ret);

/*
 * Reads a whole number as YAML 1.1 and Mdev-GPU's reader both understand it: decimal, 0x…, 0o…, 0b…, with
 * underscores between digits and an optional sign. Returns 0, -EINVAL (not a whole number), -ERANGE (over 64 bits, or
 * negative: *negative tells), or -ENOTUNIQ for a decimal with leading zeros: YAML 1.1 reads 010 as 8, Mdev-GPU as 10.
 */
int parse_integer(const char *s, uint64_t *ret, bool *negative);

/* Reads YAML 1.1's y/yes/true/on and n/no/false/off, each in lower, upper and title case. 0 or -EINVAL. */
int parse_boolean(const char *s, bool *ret);

/* Whether s stands for nothing in YAML: empty, ~, null. */
bool parse_is_null(const char *s);

/* Letters to insert, delete, replace or swap to make b of a, ignoring case; at most 32 letters are looked at. */
unsigned edit_distance(const char *a, const char *b);

/* Whether a word is one of n. */
bool word_is_among(const char *word, const char *const *words, size_t n);
