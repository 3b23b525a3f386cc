/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a GPU has its types, or why it has none: checks in the order in which one depends on another. */
#pragma once

#include <stddef.h>

#include "base/macro.h"
#include "core/survey.h"
#include "model/finding.h"

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
 * Judges a survey check by check; leaves out those that a cause before them makes pointless. Changes nothing: no module is
 * loaded, no node made or opened, nothing sent. A survey without a GPU: there is no such device. Returns 0 or -ENOMEM.
 */
int chain_make(const struct survey *survey, struct chain *ret) _must_check_ _nonnull_all_;

void chain_done(struct chain *chain);
