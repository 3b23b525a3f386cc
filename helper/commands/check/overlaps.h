/* SPDX-License-Identifier: GPL-2.0-only */
/* Patterns of different architecture folders that fit a GPU equally closely, told before there is such a GPU. */
#pragma once

#include "config/devices.h"

struct overlaps {
	struct overlap *items;
	size_t n;
};

/* Adds the patterns of a folder's devices.yaml, path. 0 or -ENOMEM. */
int overlaps_add(struct overlaps *list, const char *path, const struct device_patterns *patterns);

/*
 * Reports every pattern that meets another one as close, of a folder beside its own: an error where the two are the same, a
 * warning where only a part is, which narrower ones may cover.
 */
void overlaps_report(struct overlaps *list, struct diagnostics *diag);

void overlaps_done(struct overlaps *list);
