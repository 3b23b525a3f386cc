/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a GPU has its types, or why it has none: checks in the order in which one depends on another. */
#pragma once

#include "model/finding.h"
#include "system/device.h"

/* Far more than there are. */
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
 * Looks at everything and judges link by link; what cannot be judged, because a link before it is broken, is left out. Changes
 * nothing: no module is loaded, no node made or opened, nothing sent. gpu may be NULL: there is no such device.
 * Returns 0 or a negative errno.
 */
int chain_make(const struct device *gpu, struct chain *ret);

void chain_done(struct chain *chain);
