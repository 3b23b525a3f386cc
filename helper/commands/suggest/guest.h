/* SPDX-License-Identifier: GPL-2.0-only */
/* NVIDIA's own vGPUs, by series and size: what a guest is to be shown, and what functions can be given. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"

/* One of them. */
struct guest {
	uint32_t id;   /* as vDevId has it */
	unsigned size; /* GiB; 0 is half a one, as NVIDIA has it */
	char letter;   /* of the series: Q, B, C or A */
	char name[48]; /* "GRID P40-2Q" */
};

/*
 * Finds the one that comes nearest, of the card or else of a card of its architecture ("Nvidia/Pascal", NULL: it has
 * none): of the series if there are any, of the size or else the next smaller one. Returns false where none is known.
 */
bool guest_nearest(uint16_t device, const char *folder, char letter, unsigned size, struct guest *ret)
	_must_check_ _nonnull_(5);

/* Finds the largest of the card itself, of one series or of any (0); that of the whole card. */
bool guest_largest(uint16_t device, char letter, struct guest *ret) _must_check_ _nonnull_all_;
