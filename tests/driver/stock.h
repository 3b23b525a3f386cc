/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STOCK_H
#define STOCK_H

#include <stdbool.h>
#include <stddef.h>

#define STOCK_FIRST 1147	/* the L40S's -1Q (facts about vendor VFIO, 2); the others count on */
#define STOCK_MOST 32		/* vGPUs of a card, before 580 */

/* maxInstance of a type of so many GiB. */
unsigned int stock_instances(unsigned int fb_gib, unsigned int gib);
/* The n-th of a card's types: "NVIDIA L40S-4Q", 4 GiB. False past the last. */
bool stock_type(unsigned int n, const char *card, unsigned int fb_gib, char *name, size_t len, unsigned int *gib);

#endif
