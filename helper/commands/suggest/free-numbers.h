/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of types that nothing on this host has: no profile, no GPU that shows its types. */
#pragma once

#include <stdint.h>

#include "base/macro.h"

struct free_numbers {
	uint64_t *taken;
	size_t n;
	uint64_t next;
};

/* Reads what is taken; what cannot be read has taken none. Returns 0 or -ENOMEM. */
int free_numbers_read(struct free_numbers *ret) _must_check_ _nonnull_all_;

/* Returns the next free one. */
uint64_t free_numbers_next(struct free_numbers *numbers) _nonnull_all_;

void free_numbers_done(struct free_numbers *numbers);
