/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load_stream() takes libyaml's events one by one and builds nodes of them, load_node() calling itself below a list or
 * a mapping. Aliases are copied where they stand, and merge keys are resolved when their mapping ends. There are two
 * kinds of mistakes: most leave a hole (NODE_BROKEN, partial) and reading goes on, so that all of them are reported; a
 * bound that is passed, or YAML that breaks, ends the reading with -EINVAL. What was read before a break is kept (cut),
 * since its own mistakes are worth telling.
 */
#include "config/yaml.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "base/trust.h"
#include "config/yaml-errors.h"
#include "model/diagnostics.h"

#define YAML_TAG "tag:yaml.org,2002:"

struct document {
	char *file;
	struct node *root;
	struct tree tree; /* everything the nodes are made of */
	bool broken;
};

struct anchor {
	const char *name;
	struct node *node; /* NULL while its own content is being read */
};

struct loader {
	struct document *document;
	struct diagnostics *diag;
	yaml_parser_t parser;
	const char *input;
	size_t size;
	size_t header, header_lines; /* bytes and lines of input that libyaml is not given */
	struct anchor *anchors; /* room for all there may be, from the first on: nodes below point to theirs */
	size_t n_anchors;
	size_t n_nodes;
	const struct node *open; /* the innermost list or mapping that is being read */
	bool cut; /* the YAML broke: there is no more to read, and what was read is kept */
};

static struct location location_of(const struct loader *l, yaml_mark_t mark)
{
	return (struct location){ .file = l->document->file, .line = (unsigned)(l->header_lines + mark.line) + 1,
				  .column = (unsigned)mark.column + 1 };
}

static int out_of_memory(struct loader *l)
{
	const struct location whole = { .file = l->document->file };

	diag_error(l->diag, &whole, NULL, "out of memory");
	return -ENOMEM;
}

/* Reports a mistake and marks the document as broken. -EINVAL, which the caller hands up only to end the reading. */
#define refuse(l, location, ...) ((l)->document->broken = true, diag_error((l)->diag, location, NULL, __VA_ARGS__))

static int report_broken(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	struct yaml_problem problem = {
		.diag = l->diag,
		.text = p->problem,
		.context = p->context,
		.line = l->header_lines + p->problem_mark.line,
		.column = p->problem_mark.column,
		.context_line = l->header_lines + p->context_mark.line,
		.input = l->input,
		.size = l->size,
		.open = l->open,
	};
	yaml_mark_t mark = p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		return out_of_memory(l);
	/* A byte that is no UTF-8 is reported by its offset only. */
	if (p->error == YAML_READER_ERROR) {
		mark = (yaml_mark_t){ 0 };
		for (size_t i = l->header; i < l->header + p->problem_offset && i < l->size; i++) {
			mark.column++;
			if (l->input[i] == '\n')
				mark = (yaml_mark_t){ .line = mark.line + 1 };
		}
	}
	problem.location = location_of(l, mark);
	l->document->broken = true;
	return yaml_report_problem(&problem);
}

static int next_event(struct loader *l, yaml_event_t *event)
{
	return yaml_parser_parse(&l->parser, event) ? 0 : report_broken(l);
}

static int new_node(struct loader *l, enum node_kind kind, const struct location *location, struct node **ret)
{
	struct node *node;

	if (++l->n_nodes > YAML_NODES_MAX)
		return refuse(l, location, "more than %d values, aliases written out", YAML_NODES_MAX);
	node = tree_node(&l->document->tree, kind, location);
	if (!node)
		return out_of_memory(l);
	*ret = node;
	return 0;
}

static int add_item(struct loader *l, struct node *parent, struct node *item)
{
	return tree_add(&l->document->tree, parent, item) < 0 ? out_of_memory(l) : 0;
}

/* Copies a node that is used at another place than it is written, so that messages about each use can name both. */
static int copy_used(struct loader *l, const struct node *from, const struct location *use, struct node **ret)
{
	struct location location = from->location;
	struct node *node;
	int r;

	location.used_line = use->line;
	location.used_column = use->column;
	r = new_node(l, from->kind, &location, &node);
	if (r < 0)
		return r;
	node->text = from->text;
	node->plain = from->plain;
	node->partial = from->partial;

	for (size_t i = 0; i < from->n; i++) {
		struct node *item;

		r = copy_used(l, from->items[i], use, &item);
		if (r == 0)
			r = add_item(l, node, item);
		if (r < 0)
			return r;
	}
	*ret = node;
	return 0;
}

/* Adds an anchor without its node, which is filled in when it is complete, so that no alias can lie inside it. */
static int open_anchor(struct loader *l, const yaml_char_t *name, const struct node *node, struct anchor **ret)
{
	struct anchor *anchor;

	*ret = NULL;
	if (!name)
		return 0;
	if (l->n_anchors == YAML_ANCHORS_MAX)
		return refuse(l, &node->location, "more than %d anchors", YAML_ANCHORS_MAX);
	if (!l->anchors)
		l->anchors = malloc(YAML_ANCHORS_MAX * sizeof(*l->anchors));
	if (!l->anchors)
		return out_of_memory(l);

	anchor = &l->anchors[l->n_anchors++];
	*anchor = (struct anchor){ .name = tree_strdup(&l->document->tree, (const char *)name) };
	if (!anchor->name)
		return out_of_memory(l);
	*ret = anchor;
	return 0;
}

static int load_alias(struct loader *l, const yaml_event_t *event, struct node **ret)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct location location = location_of(l, event->start_mark);
	size_t i = l->n_anchors;

	/* The latest definition counts (YAML 1.1, 3.2.2.2). */
	while (i > 0 && strcmp(l->anchors[i - 1].name, name) != 0)
		i--;
	if (i > 0 && l->anchors[i - 1].node)
		return copy_used(l, l->anchors[i - 1].node, &location, ret);

	if (i > 0)
		refuse(l, &location, "alias *%s lies inside its own anchor", name);
	else
		refuse(l, &location, "alias *%s has no anchor before it", name);
	return new_node(l, NODE_BROKEN, &location, ret);
}

/* Applies a tag, which changes how a scalar is read: !!str quotes, !!int and the like unquote, others are unknown. */
static void apply_tag(struct loader *l, const char *tag, struct node *node)
{
	static const char *const unquoting[] = { "int", "bool", "null" };
	static const char *const usual[] = { [NODE_SEQUENCE] = "seq", [NODE_MAPPING] = "map" };
	const char *kind = tag && strncmp(tag, YAML_TAG, strlen(YAML_TAG)) == 0 ? tag + strlen(YAML_TAG) : tag;

	if (!tag || strcmp(tag, "!") == 0)
		return;
	if (node->kind != NODE_SCALAR && strcmp(kind, usual[node->kind]) == 0)
		return;
	if (node->kind == NODE_SCALAR && (strcmp(kind, "str") == 0 || string_in(kind, unquoting, ARRAY_SIZE(unquoting)))) {
		node->plain = strcmp(kind, "str") != 0;
		return;
	}

	refuse(l, &node->location, "tag %s is not known here", tag);
	node->kind = NODE_BROKEN;
}

static int load_scalar(struct loader *l, const yaml_event_t *event, struct node *node)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;

	if (strlen(text) != length)
		refuse(l, &node->location, "a NUL character inside a text");
	else if (length > YAML_TEXT_MAX)
		refuse(l, &node->location, "a text of %zu bytes, more than %d", length, YAML_TEXT_MAX);
	if (strlen(text) != length || length > YAML_TEXT_MAX) {
		node->kind = NODE_BROKEN;
		return 0;
	}

	node->text = tree_strdup(&l->document->tree, text);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (!node->text)
		return out_of_memory(l);

	apply_tag(l, (const char *)event->data.scalar.tag, node);
	return 0;
}

static int load_node(struct loader *l, const yaml_event_t *event, unsigned depth, struct node **ret);

/* Reads up to the end of a collection; a mapping's keys and values simply alternate. */
static int load_items(struct loader *l, struct node *parent, yaml_event_type_t end, unsigned depth)
{
	for (;;) {
		yaml_event_t event;
		struct node *item;
		bool ended;
		int r;

		l->open = parent;
		r = l->cut ? -EINVAL : next_event(l, &event);
		if (r == -EINVAL) {
			/*
			 * The YAML broke in here, perhaps in the middle of the last scalar or key: leave that out. What
			 * a wrong indentation may have ended is partial, down to the last item.
			 */
			l->cut = true;
			if (parent->n && parent->items[parent->n - 1]->kind == NODE_SCALAR)
				parent->n--;
			if (parent->kind == NODE_MAPPING)
				parent->n -= parent->n % 2;
			for (struct node *last = parent; last; last = last->n ? last->items[last->n - 1] : NULL)
				last->partial = true;
		}
		if (r < 0)
			return r == -EINVAL ? 0 : r;
		ended = event.type == end;
		if (!ended)
			r = load_node(l, &event, depth + 1, &item);
		yaml_event_delete(&event);
		if (ended || r < 0)
			return r;

		r = add_item(l, parent, item);
		if (r < 0)
			return r;
	}
}

static struct node *find_key(const struct node *mapping, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i += 2)
		if (strcmp(mapping->items[i]->text, key) == 0)
			return mapping->items[i];
	return NULL;
}

/* Drops the keys that are no words or stand in the mapping twice, with their values. */
static int check_keys(struct loader *l, struct node *mapping)
{
	size_t kept = 0;

	if (mapping->n / 2 > YAML_KEYS_MAX)
		return refuse(l, &mapping->location, "more than %d keys", YAML_KEYS_MAX);

	for (size_t i = 0; i < mapping->n; i += 2) {
		const struct node *key = mapping->items[i], *first;

		if (key->kind != NODE_SCALAR) {
			if (key->kind != NODE_BROKEN)
				refuse(l, &key->location, "a key must be a plain word");
			mapping->partial = true;
			continue;
		}
		first = find_key(mapping, kept, key->text);
		if (first) {
			refuse(l, &key->location, "key %s stands here twice, first at %u:%u", key->text, first->location.line,
			       first->location.column);
			continue;
		}
		mapping->items[kept++] = mapping->items[i];
		mapping->items[kept++] = mapping->items[i + 1];
	}
	mapping->n = kept;
	return 0;
}

/* Adds the keys of a merged mapping that are missing: own keys win, and of several sources the earlier one. */
static int merge_from(struct loader *l, struct node *mapping, const struct node *source)
{
	if (source->kind != NODE_MAPPING) {
		if (source->kind != NODE_BROKEN)
			refuse(l, &source->location, "<< takes a mapping or a list of mappings");
		mapping->partial = true;
		return 0;
	}
	if (mapping->n / 2 + source->n / 2 > YAML_KEYS_MAX)
		return refuse(l, &mapping->location, "more than %d keys", YAML_KEYS_MAX);
	mapping->partial |= source->partial;

	for (size_t i = 0; i < source->n; i += 2) {
		int r;

		if (find_key(mapping, mapping->n, source->items[i]->text))
			continue;
		r = add_item(l, mapping, source->items[i]);
		if (r == 0)
			r = add_item(l, mapping, source->items[i + 1]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int resolve_merge(struct loader *l, struct node *mapping)
{
	const struct node *value;
	size_t i = 0;
	int r = 0;

	while (i < mapping->n && !(mapping->items[i]->plain && strcmp(mapping->items[i]->text, "<<") == 0))
		i += 2;
	if (i == mapping->n)
		return 0;
	value = mapping->items[i + 1];
	mapping->n -= 2;
	memmove(&mapping->items[i], &mapping->items[i + 2], (mapping->n - i) * sizeof(*mapping->items));

	if (value->kind != NODE_SEQUENCE)
		return merge_from(l, mapping, value);
	for (size_t j = 0; r == 0 && j < value->n; j++)
		r = merge_from(l, mapping, value->items[j]);
	return r;
}

static int load_content(struct loader *l, const yaml_event_t *event, unsigned depth, struct node *node)
{
	int r = -EINVAL;

	switch (node->kind) {
	case NODE_SCALAR:
		return load_scalar(l, event, node);
	case NODE_SEQUENCE:
		r = load_items(l, node, YAML_SEQUENCE_END_EVENT, depth);
		break;
	case NODE_MAPPING:
		r = load_items(l, node, YAML_MAPPING_END_EVENT, depth);
		if (r == 0)
			r = check_keys(l, node);
		if (r == 0)
			r = resolve_merge(l, node);
		break;
	case NODE_BROKEN:
		break;
	}
	if (r == 0) /* sequence and mapping events have the same fields (yaml.h) */
		apply_tag(l, (const char *)event->data.mapping_start.tag, node);
	return r;
}

static int load_node(struct loader *l, const yaml_event_t *event, unsigned depth, struct node **ret)
{
	enum node_kind kind = event->type == YAML_SCALAR_EVENT	       ? NODE_SCALAR
			      : event->type == YAML_SEQUENCE_START_EVENT ? NODE_SEQUENCE
									 : NODE_MAPPING;
	struct location location = location_of(l, event->start_mark);
	struct anchor *anchor;
	struct node *node;
	int r;

	if (event->type == YAML_ALIAS_EVENT)
		return load_alias(l, event, ret);

	r = new_node(l, kind, &location, &node);
	if (r < 0)
		return r;
	if (depth > YAML_DEPTH_MAX)
		return refuse(l, &node->location, "nested more than %d deep", YAML_DEPTH_MAX);

	/* The three node events begin with the anchor (yaml.h). */
	r = open_anchor(l, event->data.scalar.anchor, node, &anchor);
	if (r == 0)
		r = load_content(l, event, depth, node);
	if (r < 0)
		return r;
	if (anchor)
		anchor->node = node;

	*ret = node;
	return 0;
}

/* Walks stream, document and nodes up to the end or to a second document, which is not read. */
static int load_stream(struct loader *l)
{
	struct document *document = l->document;
	bool seen = false, second;
	int r;

	for (;;) {
		yaml_event_t event;
		struct location location;
		yaml_event_type_t type;

		r = l->cut ? -EINVAL : next_event(l, &event);
		/* Drop a root that is no mapping: text that is no YAML at all often begins like a value or a list. */
		if (r == -EINVAL && document->root && document->root->kind != NODE_MAPPING)
			document->root = NULL;
		if (r < 0)
			return r == -EINVAL ? 0 : r;
		type = event.type;
		location = location_of(l, event.start_mark);
		second = type == YAML_DOCUMENT_START_EVENT && seen;
		seen |= type == YAML_DOCUMENT_START_EVENT;
		if (second)
			refuse(l, &location, "a second document; a file holds one");
		else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
			 type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT)
			r = load_node(l, &event, 1, &document->root);
		yaml_event_delete(&event);
		if (r < 0 || second || type == YAML_STREAM_END_EVENT)
			return r;
	}
}

/*
 * Skips the comment lines that a file begins with, the larger part of a shipped one, since libyaml costs most for each byte. Only
 * lines of printable ASCII, of which no reader of YAML takes anything: a wrong character is libyaml's to report.
 */
static void skip_header(struct loader *l)
{
	const char *line = l->input, *end = l->input + l->size;

	while (line < end && *line == '#') {
		while (line < end && (*line == '\t' || (*line >= ' ' && *line <= '~')))
			line++;
		if (line == end || *line != '\n')
			return;
		l->header = (size_t)(++line - l->input);
		l->header_lines++;
	}
}

static int load_text(struct document *document, const char *text, size_t size, struct diagnostics *diag)
{
	_cleanup_(freep) struct loader *l = calloc(1, sizeof(*l));
	int r;

	if (!l || !yaml_parser_initialize(&l->parser)) {
		const struct location whole = { .file = document->file };

		diag_error(diag, &whole, NULL, "out of memory");
		return -ENOMEM;
	}
	l->document = document;
	l->diag = diag;
	l->input = text;
	l->size = size;
	skip_header(l);
	yaml_parser_set_input_string(&l->parser, (const unsigned char *)text + l->header, size - l->header);

	r = load_stream(l);
	yaml_parser_delete(&l->parser);
	free(l->anchors);
	/* A file without content has an empty scalar. */
	if (r == 0 && document->root && document->root->kind == NODE_SCALAR && document->root->plain &&
	    !*document->root->text)
		document->root = NULL;
	return r;
}

int yaml_load(const char *path, bool strict, struct diagnostics *diag, struct document **ret)
{
	_cleanup_(document_freep) struct document *document = calloc(1, sizeof(*document));
	const struct location whole = { .file = path };
	_cleanup_(freep) char *text = NULL;
	struct file_error error = { 0 };
	size_t size;
	int r;

	if (document)
		document->file = strdup(path);
	if (!document || !document->file)
		return -ENOMEM;

	r = file_read(path, strict, &text, &size, &error);
	if (r < 0) {
		bool elsewhere = error.where && strcmp(error.where, path) != 0;

		diag_error(diag, &whole, NULL, "%s%s%s", elsewhere ? error.where : "", elsewhere ? ": " : "",
			   file_error_text(&error));
		file_error_done(&error);
		return r;
	}
	r = load_text(document, text, size, diag);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(document);
	return 0;
}

bool document_is_broken(const struct document *document)
{
	return document->broken;
}

const struct node *document_root(const struct document *document)
{
	return document->root;
}

void document_free(struct document *document)
{
	if (!document)
		return;
	tree_done(&document->tree);
	free(document->file);
	free(document);
}
