// SPDX-License-Identifier: GPL-2.0-only
/* stock.c - the types that nvidia-vgpud gives a GPU: its name, sizes and series */
#include <stdio.h>

#include "stock.h"

static const unsigned int sizes[] = { 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 80 };	/* GiB */

unsigned int stock_instances(unsigned int fb_gib, unsigned int gib)
{
	return fb_gib / gib < STOCK_MOST ? fb_gib / gib : STOCK_MOST;
}

bool stock_type(unsigned int n, const char *card, unsigned int fb_gib, char *name, size_t len, unsigned int *gib)
{
	static const char series[] = "QAC";
	const char *s;
	size_t i;

	for (s = series; *s; s++)
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			if (fb_gib % sizes[i] || (*s == 'C' && sizes[i] < 4) || n-- > 0)
				continue;
			*gib = sizes[i];
			return snprintf(name, len, "%s-%u%c", card, sizes[i], *s) > 0;
		}
	return false;
}
