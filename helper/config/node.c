/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/node.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"

/* A file of the usual size takes one block. */
#define BLOCK_SIZE 8192

struct tree_block {
	struct tree_block *next;
	size_t used, size;
	max_align_t data[];
};

/* Takes memory, not cleared, from the newest block. */
static void *allocate(struct tree *tree, size_t size)
{
	const size_t align = _Alignof(max_align_t), rounded = (size + align - 1) / align * align;
	struct tree_block *block = tree->blocks;

	if (!block || block->size - block->used < rounded) {
		const size_t room = MAX(rounded, (size_t)BLOCK_SIZE);

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		*block = (struct tree_block){ .next = tree->blocks, .size = room };
		tree->blocks = block;
	}
	block->used += rounded;
	return (char *)block->data + block->used - rounded;
}

struct node *tree_node(struct tree *tree, enum node_kind kind, const struct location *location)
{
	struct node *node = allocate(tree, sizeof(*node));

	if (node)
		*node = (struct node){ .kind = kind, .location = *location };
	return node;
}

char *tree_strdup(struct tree *tree, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy = allocate(tree, size);

	return copy ? memcpy(copy, text, size) : NULL;
}

struct node *tree_scalar(struct tree *tree, const char *text, bool plain, const struct location *location)
{
	struct node *node = tree_node(tree, NODE_SCALAR, location);
	char *copy = node ? tree_strdup(tree, text) : NULL;

	if (!copy)
		return NULL;
	node->text = copy;
	node->plain = plain;
	return node;
}

int tree_add(struct tree *tree, struct node *parent, struct node *item)
{
	if (!parent || !item)
		return -ENOMEM;
	/* Powers of two from 4 on: the room is full whenever n has become one. */
	if (parent->n == 0 || (parent->n >= 4 && (parent->n & (parent->n - 1)) == 0)) {
		struct node **items = allocate(tree, (parent->n ? 2 * parent->n : 4) * sizeof(struct node *));

		if (!items)
			return -ENOMEM;
		if (parent->n)
			memcpy(items, parent->items, parent->n * sizeof(*items));
		parent->items = items;
	}
	parent->items[parent->n++] = item;
	return 0;
}

int tree_set(struct tree *tree, struct node *mapping, const char *key, struct node *value)
{
	if (!value || tree_add(tree, mapping, tree_scalar(tree, key, true, &value->location)) < 0)
		return -ENOMEM;
	return tree_add(tree, mapping, value);
}

struct node *tree_get(const struct node *mapping, const char *key)
{
	for (size_t i = 0; i + 1 < mapping->n; i += 2)
		if (strcmp(mapping->items[i]->text, key) == 0)
			return mapping->items[i + 1];
	return NULL;
}

static void print_value(const struct node *value, unsigned indent, FILE *file)
{
	if (value->kind == NODE_SCALAR && value->plain) {
		fprintf(file, " %s%s%s\n", value->text, value->comment ? " # " : "", value->comment ? value->comment : "");
	} else if (value->kind == NODE_SCALAR) {
		fputc(' ', file);
		json_quote(file, value->text);
		fputc('\n', file);
	} else if (value->n == 0) {
		fprintf(file, " %s\n", value->kind == NODE_SEQUENCE ? "[]" : "{}");
	} else if (value->kind == NODE_MAPPING) {
		fprintf(file, "\n%*s", (int)indent + 2, "");
		tree_print(value, indent + 2, file);
	} else {
		fputc('\n', file);
		for (size_t i = 0; i < value->n; i++) {
			/* The first key of an entry stands behind the dash. */
			fprintf(file, "%*s- %s", (int)indent, "", value->items[i]->n ? "" : "{}\n");
			tree_print(value->items[i], indent + 2, file);
		}
	}
}

void tree_print(const struct node *mapping, unsigned indent, FILE *file)
{
	for (size_t i = 0; i + 1 < mapping->n; i += 2) {
		fprintf(file, "%*s%s:", i ? (int)indent : 0, "", mapping->items[i]->text);
		print_value(mapping->items[i + 1], indent, file);
	}
}

void tree_done(struct tree *tree)
{
	while (tree->blocks) {
		struct tree_block *next = tree->blocks->next;

		free(tree->blocks);
		tree->blocks = next;
	}
}
