/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI addresses, and patterns of PCI IDs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"

/* A PCI address. Domains may need more than four digits (VMD: 10000). */
struct pci_address {
	uint32_t domain;
	uint8_t bus, slot, function;
};

/*
 * Reads "0000:65:00.0" or "65:00.0" (domain 0), hexadecimal in either case, nothing before or after.
 * Returns 0, or -EINVAL with *ret untouched.
 */
int parse_pci_address(const char *s, struct pci_address *ret) _must_check_ _nonnull_all_;

/* Which PCI functions a catalog folder is for; of several patterns the narrowest is the closest. */
struct pci_pattern {
	uint16_t vendor, first, last; /* device IDs, both included */
	bool board;                   /* subvendor and subdevice count */
	uint16_t subvendor, subdevice;
};

/*
 * Reads "10de:1b38", "10de:1b00-1b7f", "10de:1b38:10de:11d9" or "10de:*". Returns 0, -EINVAL (not of this form) or
 * -ERANGE (a range that ends before it begins); *ret is untouched on failure.
 */
int parse_pci_pattern(const char *s, struct pci_pattern *ret) _must_check_ _nonnull_all_;

/* Returns how much a pattern covers: 0 for a board, 1 for a device, then ever wider ranges, a vendor last. */
unsigned pci_pattern_width(const struct pci_pattern *pattern) _nonnull_all_;
