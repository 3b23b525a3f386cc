/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/import/toml.h"

#include <dlfcn.h>
#include <errno.h>

#include "base/file.h"
#include "base/log.h"
#include "commands/import/toml-module.h"

/* The parser itself refuses deeper files. */
#define DEPTH_MAX 512

struct builder {
	struct tree *tree;
	struct diagnostics *diag;
	const char *file;
	struct node *top, *open[DEPTH_MAX];
	size_t depth;
	int error;
};

static struct location place_at(const struct builder *b, unsigned line, unsigned column)
{
	return (struct location){ .file = b->file, .line = line, .column = column };
}

static void add(struct builder *b, struct node *node)
{
	if (!node)
		b->error = -ENOMEM;
	else if (b->depth == 0)
		b->top = node;
	else if (tree_add(b->tree, b->open[b->depth - 1], node) < 0)
		b->error = -ENOMEM;
}

/* Once memory is out, nothing of the tree is used any more. */
static bool is_lost(const struct builder *b)
{
	return b->error == -ENOMEM;
}

static void begin(void *context, bool is_table, unsigned line, unsigned column)
{
	struct builder *b = context;
	const struct location location = place_at(b, line, column);
	struct node *node = tree_node(b->tree, is_table ? NODE_MAPPING : NODE_SEQUENCE, &location);

	if (!is_lost(b))
		add(b, node);
	if (b->depth == DEPTH_MAX)
		b->error = -ENOMEM;
	if (!is_lost(b))
		b->open[b->depth++] = node;
}

static void scalar(void *context, const char *text, bool is_text, unsigned line, unsigned column)
{
	struct builder *b = context;
	const struct location location = place_at(b, line, column);

	if (!is_lost(b))
		add(b, tree_scalar(b->tree, text, !is_text, &location));
}

static void end(void *context)
{
	struct builder *b = context;

	if (!is_lost(b))
		b->depth--;
}

static void diagnostic(void *context, const char *what, unsigned line, unsigned column)
{
	struct builder *b = context;
	const struct location location = place_at(b, line, column);

	diag_error(b->diag, &location, NULL, "broken TOML: %s", what);
	if (!is_lost(b))
		b->error = -EINVAL;
}

/* Not yet installed, the loader finds the module by LD_LIBRARY_PATH. */
static int open_module(void **ret_handle, toml_parse_fn **ret)
{
	void *handle = dlopen(TOML_MODULE, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		handle = dlopen(PKGLIBDIR "/" TOML_MODULE, RTLD_NOW | RTLD_LOCAL);
	*ret = handle ? (toml_parse_fn *)dlsym(handle, TOML_PARSE) : NULL;
	if (!*ret) {
		log_msg(LOG_ERR, 0, "cannot read TOML: %s", dlerror());
		return -ELIBACC;
	}
	*ret_handle = handle;
	return 0;
}

static int read_file(const char *path, struct diagnostics *diag, char **ret, size_t *ret_size)
{
	const struct location whole = { .file = path };
	struct file_error error = { 0 };

	if (file_read(path, false, ret, ret_size, &error) == 0)
		return 0;
	diag_error(diag, &whole, NULL, "%s", file_error_text(&error));
	file_error_done(&error);
	return -EINVAL;
}

int toml_load(const char *path, struct tree *tree, struct diagnostics *diag, struct node **ret)
{
	struct builder b = { .tree = tree, .diag = diag, .file = path };
	const struct toml_sink sink = { &b, begin, scalar, end, diagnostic };
	_cleanup_(freep) char *text = NULL;
	toml_parse_fn *parse = NULL;
	void *handle = NULL;
	size_t size = 0;
	int r;

	r = read_file(path, diag, &text, &size);
	if (r < 0)
		return r;
	r = open_module(&handle, &parse);
	if (r < 0)
		return r;
	parse(text, size, &sink);
	dlclose(handle);
	if (b.error < 0)
		return b.error == -EINVAL ? b.error : log_msg(LOG_ERR, b.error, "cannot read '%s'", path);

	*ret = b.top;
	return 0;
}
