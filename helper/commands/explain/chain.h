/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a GPU has its types, or why it has none: checks in the order in which one depends on another. */
#pragma once

#include <stddef.h>

#include "base/macro.h"
#include "model/finding.h"
#include "system/device.h"

/* Bound of links, far above the number of checks. */
#define CHAIN_MAX 32

struct chain {
	struct {
		const char *name; /* "SR-IOV" */
		struct finding finding;
	} links[CHAIN_MAX];
	size_t n;
	enum cause verdict;
	char *text; /* of the verdict, one line */
};

/*
 * Surveys a GPU and runs check by check; leaves out those that a cause before them makes pointless. Changes nothing: no
 * module is loaded, no node made or opened, nothing sent. gpu may be NULL: there is no such device. Returns 0 or a
 * negative errno.
 */
int chain_make(const struct device *gpu, struct chain *ret) _must_check_ _nonnull_(2);

void chain_done(struct chain *chain);
