/* SPDX-License-Identifier: GPL-2.0-only */
/* A place in a tree while it is being read: what messages begin with. */
#pragma once

#include "config/yaml.h"

struct spot {
	struct report *report;
	const struct node *node;
	char path[256]; /* gpus[0].mdevConfigs[1].num; for messages, cut where it is longer */
};

/* Adds a mistake here to the report. Returns -EINVAL. */
#define spot_error(spot, ...) \
	report_error((spot)->report, &(spot)->node->place, *(spot)->path ? (spot)->path : NULL, __VA_ARGS__)

/* The key at an even index of a mapping that has been read, and its value: both with the key in their path. */
struct spot spot_key(const struct spot *mapping, size_t i);
struct spot spot_value(const struct spot *mapping, size_t i);

/* Whether there is nothing here: null, ~ or no value at all. */
bool spot_is_null(const struct spot *spot);

/* 0, or -EINVAL with a mistake in the report where something of another kind is here; what is broken has been told. */
int spot_require(const struct spot *spot, enum node_kind kind);

/* Reads each entry of a sequence, whatever the others are. Returns 0 or the error of the last that had one. */
int spot_each(const struct spot *list, int (*read)(const struct spot *entry, void *into), void *into);
