/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints a profile for a card, with a comment a line that says why. */
#pragma once

#include "commands/suggest/card.h"

/* A class of guest drivers, and what NVIDIA's own types of it have (field.md, 4.3). */
struct class;

/* Finds a class by its name, in any case; NULL without. */
const struct class *class_find(const char *name) _nonnull_all_;

/* What the types are to be. */
struct wish {
	uint64_t size;      /* MiB: whole GiB, or half a one; 0: as instances say */
	uint64_t instances; /* 0: as many as there is room for */
	bool ladder;        /* one type for each of NVIDIA's sizes, and the whole card */
	const struct class *class; /* NULL: the one that suits the card */
};

/*
 * Prints it. Says what is wrong and returns OUTCOME_FAILED where the card has no room for what is wished, or
 * OUTCOME_UNSUPPORTED where it cannot have such types.
 */
enum outcome profile_print(const struct card *card, const struct wish *wish) _must_check_ _nonnull_all_;
