/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * YAML and JSON files as trees of nodes with their locations. Aliases and merge keys (<<) are resolved, duplicate keys
 * are mistakes, every size is bounded. Only yaml.c includes <yaml.h>.
 */
#pragma once

#include "config/node.h"

/* Bounds of one file; more is a mistake, never a hang. */
#define YAML_DEPTH_MAX 32
#define YAML_NODES_MAX 100000 /* after every alias is written out */
#define YAML_KEYS_MAX 1024    /* in one mapping */
#define YAML_ANCHORS_MAX 1024
#define YAML_TEXT_MAX 1024    /* bytes in one value or key, since mistakes quote it */

struct document;

/*
 * Reads a file (strict: see file.h). Adds every mistake to diag. Returns 0 and what could be read, which with mistakes
 * in it is a broken document (of broken YAML, what stands before); or a negative errno with *ret untouched where
 * nothing could.
 */
int yaml_load(const char *path, bool strict, struct diagnostics *diag, struct document **ret)
	_must_check_ _nonnull_all_;

/* Returns whether there were mistakes. */
bool document_is_broken(const struct document *document) _nonnull_all_;

/* Returns the top node, NULL for a file without content. */
const struct node *document_root(const struct document *document) _nonnull_all_;

/* Frees the document with all nodes and locations. Takes NULL. */
void document_free(struct document *document);

DEFINE_CLEANUP(struct document *, document_free)
