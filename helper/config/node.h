/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file says, as a tree of nodes that know their place; made by a reader of files or by the program, freed together. */
#pragma once

#include "model/diagnostics.h"

/* NODE_BROKEN: what stands there was refused and that has been told; nothing else is known of it. */
enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING, NODE_BROKEN };

struct node {
	enum node_kind kind;
	struct location location;
	const char *text;    /* of a scalar, NUL-terminated UTF-8 without NUL inside */
	bool plain;          /* a scalar without quotes: may be a number, a truth or null */
	struct node **items; /* of a sequence; of a mapping key, value, key, value, … (keys are scalars, each once) */
	size_t n;            /* number of items */
	bool partial;        /* there is more in it, in what was refused or where the YAML broke */
};

struct tree {
	struct tree_block *blocks;
};

/* An empty list or mapping. NULL when memory is out, as below. */
struct node *tree_node(struct tree *tree, enum node_kind kind, const struct location *location);

/* A copy that lives as long as the tree. */
char *tree_strdup(struct tree *tree, const char *text);

/* A scalar; text is copied. plain: without quotes. */
struct node *tree_scalar(struct tree *tree, const char *text, bool plain, const struct location *location);

/* Adds to a list; into a mapping, a key and then its value. 0, or -ENOMEM, also where parent or item is NULL. */
int tree_add(struct tree *tree, struct node *parent, struct node *item);

/* Adds a key and its value to a mapping; the key stands where the value does. */
int tree_set(struct tree *tree, struct node *mapping, const char *key, struct node *value);

/* The value of a key, NULL where the mapping does not have it. */
struct node *tree_get(const struct node *mapping, const char *key);

/*
 * Writes a mapping with at least one key as YAML in block style, each line but the first behind indent spaces. The lists in
 * it hold mappings.
 */
void tree_print(const struct node *mapping, unsigned indent, FILE *file);

void tree_done(struct tree *tree);
