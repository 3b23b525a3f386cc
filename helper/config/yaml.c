/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/yaml.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/string-util.h"
#include "config/yaml-errors.h"

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
	struct anchor anchors[YAML_ANCHORS_MAX];
	size_t n_anchors;
	size_t n_nodes;
	const struct node *open; /* the innermost list or mapping that is being read */
	bool cut; /* the YAML broke: there is no more to read, and what was read is judged */
};

static struct location place_of(const struct loader *l, yaml_mark_t mark)
{
	return (struct location){ .file = l->document->file, .line = (unsigned)mark.line + 1, .column = (unsigned)mark.column + 1 };
}

static int out_of_memory(struct loader *l)
{
	const struct location whole = { .file = l->document->file };

	diag_error(l->diag, &whole, NULL, "out of memory");
	return -ENOMEM;
}

/* Some mistakes end the reading: then -EINVAL is handed up. Others leave a hole, and the rest is read for its own. */
#define refuse(l, location, ...) ((l)->document->broken = true, diag_error((l)->diag, location, NULL, __VA_ARGS__))

/* A byte that is no UTF-8 is reported by its offset only. */
static yaml_mark_t mark_of_offset(const struct loader *l, size_t offset)
{
	yaml_mark_t mark = { 0 };

	for (size_t i = 0; i < offset && i < l->size; i++) {
		mark.column++;
		if (l->input[i] == '\n')
			mark = (yaml_mark_t){ .line = mark.line + 1 };
	}
	return mark;
}

static int report_broken(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	bool unreadable = p->error == YAML_READER_ERROR;
	const struct yaml_problem problem = {
		.diag = l->diag,
		.location = place_of(l, unreadable ? mark_of_offset(l, p->problem_offset) : p->problem_mark),
		.text = p->problem,
		.context = p->context,
		.line = p->problem_mark.line,
		.column = p->problem_mark.column,
		.context_line = p->context_mark.line,
		.input = l->input,
		.size = l->size,
		.open = l->open,
	};

	if (p->error == YAML_MEMORY_ERROR)
		return out_of_memory(l);
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

/* Copies what is used at another place than it is written, so that each use can tell both places. */
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

/* Remembers where an anchor will be; its node is filled in when it is complete, so that no alias can lie inside it. */
static int open_anchor(struct loader *l, const yaml_char_t *name, const struct node *node, struct anchor **ret)
{
	struct anchor *anchor;

	*ret = NULL;
	if (!name)
		return 0;
	if (l->n_anchors == YAML_ANCHORS_MAX)
		return refuse(l, &node->location, "more than %d anchors", YAML_ANCHORS_MAX);

	anchor = &l->anchors[l->n_anchors++];
	anchor->name = tree_strdup(&l->document->tree, (const char *)name);
	if (!anchor->name)
		return out_of_memory(l);
	*ret = anchor;
	return 0;
}

static const struct anchor *find_anchor(const struct loader *l, const char *name)
{
	/* The latest definition counts (YAML 1.1, 3.2.2.2). */
	for (size_t i = l->n_anchors; i-- > 0; )
		if (strcmp(l->anchors[i].name, name) == 0)
			return &l->anchors[i];
	return NULL;
}

static int load_alias(struct loader *l, const yaml_event_t *event, struct node **ret)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct location location = place_of(l, event->start_mark);
	const struct anchor *anchor = find_anchor(l, name);

	if (anchor && anchor->node)
		return copy_used(l, anchor->node, &location, ret);

	if (anchor)
		refuse(l, &location, "alias *%s lies inside its own anchor", name);
	else
		refuse(l, &location, "alias *%s has no anchor before it", name);
	return new_node(l, NODE_BROKEN, &location, ret);
}

/* Tags change how a scalar is read, not what it may be: !!str quotes, !!int and the like unquote, others are unknown. */
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

	if (strlen(text) != event->data.scalar.length || event->data.scalar.length > YAML_TEXT_MAX) {
		if (strlen(text) != event->data.scalar.length)
			refuse(l, &node->location, "a NUL character inside a text");
		else
			refuse(l, &node->location, "a text of %zu bytes, more than %d", strlen(text), YAML_TEXT_MAX);
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

/* The YAML broke in a collection, perhaps in the middle of what stood there last, or of what a wrong indentation ended. */
static void cut_off(struct loader *l, struct node *parent)
{
	l->cut = true;
	if (parent->n && parent->items[parent->n - 1]->kind == NODE_SCALAR)
		parent->n--;
	if (parent->kind == NODE_MAPPING)
		parent->n -= parent->n % 2;

	for (struct node *last = parent; last; last = last->n ? last->items[last->n - 1] : NULL)
		last->partial = true;
}

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
		if (r == -EINVAL)
			cut_off(l, parent);
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

static bool is_merge_key(const struct node *key)
{
	return key->plain && strcmp(key->text, "<<") == 0;
}

/* Whether a key may stay; n items before it do. */
static bool check_key(struct loader *l, struct node *mapping, size_t n, const struct node *key)
{
	const struct node *first;

	if (key->kind != NODE_SCALAR) {
		if (key->kind != NODE_BROKEN)
			refuse(l, &key->location, "a key must be a plain word");
		mapping->partial = true;
		return false;
	}
	first = find_key(mapping, n, key->text);
	if (first)
		refuse(l, &key->location, "key %s stands here twice, first at %u:%u", key->text, first->location.line,
		       first->location.column);
	return !first;
}

/* Leaves the keys that are words, each of them once. */
static int check_keys(struct loader *l, struct node *mapping)
{
	size_t kept = 0;

	if (mapping->n / 2 > YAML_KEYS_MAX)
		return refuse(l, &mapping->location, "more than %d keys", YAML_KEYS_MAX);

	for (size_t i = 0; i < mapping->n; i += 2) {
		if (!check_key(l, mapping, kept, mapping->items[i]))
			continue;
		mapping->items[kept++] = mapping->items[i];
		mapping->items[kept++] = mapping->items[i + 1];
	}
	mapping->n = kept;
	return 0;
}

/* What the mapping says itself comes before what it merges; of several sources the earlier one wins. */
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

static int merge_sources(struct loader *l, struct node *mapping, const struct node *value)
{
	int r = 0;

	if (value->kind != NODE_SEQUENCE)
		return merge_from(l, mapping, value);
	for (size_t i = 0; r == 0 && i < value->n; i++)
		r = merge_from(l, mapping, value->items[i]);
	return r;
}

static int resolve_merge(struct loader *l, struct node *mapping)
{
	for (size_t i = 0; i < mapping->n; i += 2) {
		const struct node *value = mapping->items[i + 1];

		if (!is_merge_key(mapping->items[i]))
			continue;
		mapping->n -= 2;
		memmove(&mapping->items[i], &mapping->items[i + 2], (mapping->n - i) * sizeof(*mapping->items));
		return merge_sources(l, mapping, value);
	}
	return 0;
}

static int load_mapping(struct loader *l, struct node *mapping, unsigned depth)
{
	int r;

	r = load_items(l, mapping, YAML_MAPPING_END_EVENT, depth);
	if (r < 0)
		return r;
	r = check_keys(l, mapping);
	if (r < 0)
		return r;

	return resolve_merge(l, mapping);
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
		r = load_mapping(l, node, depth);
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
	struct location location = place_of(l, event->start_mark);
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

/* Text that is no YAML at all often begins like a value or a list. */
static int cut_root(struct loader *l, int r)
{
	if (r == -EINVAL && l->document->root && l->document->root->kind != NODE_MAPPING)
		l->document->root = NULL;
	return r == -EINVAL ? 0 : r;
}

/* Walks stream, document and nodes; what comes after the first document may only be the end, and is not read. */
static int load_stream(struct loader *l)
{
	bool seen = false, second;
	int r;

	for (;;) {
		yaml_event_t event;
		struct location location;
		yaml_event_type_t type;

		r = l->cut ? -EINVAL : next_event(l, &event);
		if (r < 0)
			return cut_root(l, r);
		type = event.type;
		location = place_of(l, event.start_mark);
		second = type == YAML_DOCUMENT_START_EVENT && seen;
		seen |= type == YAML_DOCUMENT_START_EVENT;
		if (second)
			refuse(l, &location, "a second document; a file holds one");
		else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
			 type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT)
			r = load_node(l, &event, 1, &l->document->root);
		yaml_event_delete(&event);
		if (r < 0 || second || type == YAML_STREAM_END_EVENT)
			return r;
	}
}

static bool is_empty_scalar(const struct node *node)
{
	return node && node->kind == NODE_SCALAR && node->plain && !*node->text;
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
	yaml_parser_set_input_string(&l->parser, (const unsigned char *)text, size);

	r = load_stream(l);
	yaml_parser_delete(&l->parser);
	if (r == 0 && is_empty_scalar(document->root))
		document->root = NULL;
	return r;
}

static int report_file_error(struct diagnostics *diag, const char *path, struct file_error *error)
{
	const struct location whole = { .file = path };
	int code = error->code;

	if (error->where && strcmp(error->where, path) != 0)
		diag_error(diag, &whole, NULL, "%s: %s", error->where, file_error_text(error));
	else
		diag_error(diag, &whole, NULL, "%s", file_error_text(error));

	file_error_done(error);
	return code;
}

int yaml_load(const char *path, bool strict, struct diagnostics *diag, struct document **ret)
{
	_cleanup_(document_freep) struct document *document = calloc(1, sizeof(*document));
	_cleanup_(freep) char *text = NULL;
	struct file_error error = { 0 };
	size_t size;
	int r;

	if (document)
		document->file = strdup(path);
	if (!document || !document->file)
		return -ENOMEM;

	r = file_read(path, strict, &text, &size, &error);
	if (r < 0)
		return report_file_error(diag, path, &error);
	r = load_text(document, text, size, diag);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(document);
	return 0;
}

const char *document_file(const struct document *document)
{
	return document->file;
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
