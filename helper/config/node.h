/* SPDX-License-Identifier: GPL-2.0-only */
/* A file's content as a tree of nodes with locations; made by a reader of files or by the program, freed together. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/macro.h"
#include "model/diagnostics.h"

/* NODE_BROKEN: the value was refused, which has been reported; nothing else is known of it. */
enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING, NODE_BROKEN };

struct node {
	enum node_kind kind;
	struct location location;
	const char *text;    /* of a scalar, NUL-terminated UTF-8 without NUL inside */
	bool plain;          /* a scalar without quotes: may be a number, a boolean or null */
	const char *comment; /* behind a plain scalar that is printed, one line; NULL: none, as in what was read */
	struct node **items; /* of a sequence; of a mapping key, value, key, value, … (keys are scalars, each once) */
	size_t n;            /* number of items */
	bool partial;        /* the file has more in it, refused or behind where the YAML broke */
};

struct tree {
	struct tree_block *blocks;
};

/* Makes an empty node. NULL when memory is out, as below. */
struct node *tree_node(struct tree *tree, enum node_kind kind, const struct location *location)
	_must_check_ _nonnull_all_;

/* Makes a copy that lives as long as the tree. */
char *tree_strdup(struct tree *tree, const char *text) _must_check_ _nonnull_all_;

/* Makes a scalar; text is copied. plain: without quotes. */
struct node *tree_scalar(struct tree *tree, const char *text, bool plain, const struct location *location)
	_must_check_ _nonnull_all_;

/* Adds to a list; into a mapping, a key and then its value. 0, or -ENOMEM, also where parent or item is NULL. */
int tree_add(struct tree *tree, struct node *parent, struct node *item) _must_check_ _nonnull_(1);

/* Adds a key and its value to a mapping; the key gets the location of the value. 0 or -ENOMEM, as above. */
int tree_set(struct tree *tree, struct node *mapping, const char *key, struct node *value) _must_check_ _nonnull_(1, 3);

/* Returns the value of a key, NULL where the mapping does not have it. */
struct node *tree_get(const struct node *mapping, const char *key) _nonnull_all_;

/*
 * Writes a mapping with at least one key as YAML in block style, each line but the first behind indent spaces. The
 * lists in it hold mappings.
 */
void tree_print(const struct node *mapping, unsigned indent, FILE *file) _nonnull_all_;

void tree_done(struct tree *tree);
