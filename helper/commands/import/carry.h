/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys of another program's tables as keys of ours, by lists of rules. */
#pragma once

#include <stdint.h>

#include "config/node.h"

/* Where a key of the other program goes. A list of them ends in one without from. */
struct rule {
	const char *from;
	const char *to;     /* NULL: nowhere */
	const char *why;    /* said when the key is there; NULL: nothing to say */
	bool elsewhere;     /* the caller sees to it */
	bool bytes;         /* a size in bytes or with a unit; ours are MiB */
	bool is_switch;     /* a whole number, of which any but 0 is on; ours is 0 or 1 */
	const char *amount; /* what the number of a switch is taken for as well, where nothing else says that */
};

struct import {
	struct tree *tree;
	struct diagnostics *diag;
	const char *program; /* for messages */
	/* of vgpu_unlock: */
	const struct node *profiles; /* the tables [profile.nvidia-NUMBER], by name; NULL: none */
	struct node *types;          /* the list of what they and the others become */
	uint64_t number;             /* new types get the next free one */
};

#define KEY(key, ours) { .from = (key), .to = (ours) }
#define SIZE(key, ours) { .from = (key), .to = (ours), .bytes = true }
#define SWITCH(key, ours) { .from = (key), .to = (ours), .is_switch = true }
#define MEANT(key, ours, reason) { .from = (key), .to = (ours), .why = (reason) }
#define DROPPED(key, reason) { .from = (key), .why = (reason) }

/* Reports a node of another kind than a table or an array of tables; name is for messages. 0 or -EINVAL. */
int import_require(const struct import *import, const struct node *node, enum node_kind kind, const char *name)
	_must_check_ _nonnull_all_;

/* Sets a key of a type; one with a dot, as "virtDisplay.numHeads", is in a mapping of its own. 0 or -ENOMEM. */
int import_set(const struct import *import, struct node *to, const char *name, struct node *value)
	_must_check_ _nonnull_(1, 2, 3);
int import_set_number(const struct import *import, struct node *to, const char *name, uint64_t number,
		      const struct location *location) _must_check_ _nonnull_all_;

/* Warns of the keys of a table that no rule knows. */
void import_tell_unknown(const struct import *import, const struct node *from, const struct rule *rules) _nonnull_all_;

/*
 * Carries a table's values over, in the order of the rules, which is that of our manual, and tells what has no place.
 * Returns 0, or a negative errno of a mistake; then to is not complete.
 */
int import_carry(const struct import *import, const struct node *from, const struct rule *rules, struct node *to)
	_must_check_ _nonnull_all_;
