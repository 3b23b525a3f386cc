/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "base/path.h"
#include "base/string-util.h"
#include "config/cursor.h"
#include "config/keys.h"

#define SETTINGS_FILE "settings.yaml"

static int require_release(const struct cursor *cursor)
{
	int r = cursor_require(cursor, NODE_SCALAR);

	if (r < 0 || parse_is_release(cursor->node->text))
		return r;
	return cursor_error(cursor, "'%s' is no driver's release (580.95.05)", cursor->node->text);
}

static int read_driver_abi(const struct cursor *mapping, struct settings *settings)
{
	int result = cursor_is_null(mapping) ? 0 : cursor_require(mapping, NODE_MAPPING);

	if (result < 0 || !mapping->node->n)
		return result;
	settings->driver_abi = calloc(mapping->node->n / 2, sizeof(*settings->driver_abi));
	if (!settings->driver_abi)
		return cursor_error(mapping, "out of memory");
	for (size_t i = 0; i < mapping->node->n; i += 2) {
		struct cursor key = cursor_key(mapping, i), value = cursor_value(mapping, i);
		struct driver_abi *line = &settings->driver_abi[settings->n];
		int r = require_release(&key), bad = require_release(&value);

		if (r < 0 || bad < 0) {
			result = -EINVAL;
			continue;
		}
		*line = (struct driver_abi){ key.node->text, value.node->text, value.node->location, strdup(value.path) };
		if (!line->path)
			return cursor_error(&value, "out of memory");
		settings->n++;
	}
	return result;
}

static int read_settings(const struct cursor *top, struct settings *settings)
{
	const struct node *node = top->node;
	int result = cursor_require(top, NODE_MAPPING);
	unsigned seen = 0;

	if (result < 0)
		return result;
	for (size_t i = 0; i < node->n; i += 2) {
		struct cursor key_cursor = cursor_key(top, i), value_cursor = cursor_value(top, i);
		int key, r = key_find(&key_cursor, node, settings_key_names, SETTINGS_KEYS, &seen, &key);

		if ((key == SETTINGS_DRIVER_ABI && read_driver_abi(&value_cursor, settings) < 0) || r < 0)
			result = -EINVAL;
	}
	return result;
}

int settings_load(const char *path, bool strict, struct diagnostics *diag, struct settings *ret)
{
	struct settings settings = { 0 };
	struct cursor top = { .diag = diag };
	int r;

	r = yaml_load(path, strict, diag, &settings.document);
	if (r == -ENOMEM)
		return r;
	settings.broken = r < 0 || document_is_broken(settings.document);
	top.node = r < 0 ? NULL : document_root(settings.document);
	if (top.node)
		settings.broken |= read_settings(&top, &settings) < 0;

	*ret = settings;
	return 0;
}

int settings_find(bool strict, struct diagnostics *diag, struct settings *ret)
{
	_cleanup_(freep) char *path = root_path(CONFDIR "/" SETTINGS_FILE);

	if (!path)
		return -ENOMEM;
	/* AT_SYMLINK_NOFOLLOW: a link that leads nowhere is a mistake, not the absence of a file. */
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT) {
		*ret = (struct settings){ 0 };
		return 0;
	}
	return settings_load(path, strict, diag, ret);
}

char *settings_ignored(const struct driver_abi *line, const char *release)
{
	return text_format("%s:%u:%u: %s: is not for driver %s, ignored", line->location.file, line->location.line,
			   line->location.column, line->path, release);
}

bool settings_is_file(const char *name)
{
	return strcmp(name, SETTINGS_FILE) == 0;
}

void settings_done(struct settings *settings)
{
	for (size_t i = 0; i < settings->n; i++)
		free(settings->driver_abi[i].path);
	free(settings->driver_abi);
	document_free(settings->document);
	*settings = (struct settings){ 0 };
}
