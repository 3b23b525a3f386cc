/* SPDX-License-Identifier: GPL-2.0-only */
/* Patterns of different architecture folders that fit a GPU equally closely, reported before there is such a GPU. */
#pragma once

#include "config/devices.h"

struct overlaps {
	struct overlap *items;
	size_t n;
};

/* Adds the patterns of a folder's devices.yaml, path. 0 or -ENOMEM. */
int overlaps_add(struct overlaps *list, const char *path, const struct device_patterns *patterns)
	_must_check_ _nonnull_all_;

/*
 * Reports every pattern that overlaps one of the same width of a folder beside its own: as an error where both begin
 * with the same device, as a warning where only a part is shared, which narrower ones may cover.
 */
void overlaps_report(struct overlaps *list, struct diagnostics *diag) _nonnull_all_;

void overlaps_done(struct overlaps *list);
