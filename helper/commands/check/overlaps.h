/* SPDX-License-Identifier: GPL-2.0-only */
/* Patterns of different architecture folders that fit a GPU equally closely, told before there is such a GPU. */
#pragma once

#include "config/devices.h"

struct tie_list {
	struct tie_entry *items;
	size_t n;
};

/* Adds the patterns of a folder's devices.yaml, path. 0 or -ENOMEM. */
int tie_add(struct tie_list *list, const char *path, const struct pattern_list *patterns);

/*
 * Reports every pattern that meets another one as close, of a folder beside its own: an error where the two are the same, a
 * warning where only a part is, which narrower ones may cover.
 */
void tie_report(struct tie_list *list, struct report *report);

void tie_list_done(struct tie_list *list);
