/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record is YAML that is written by hand, each text in double quotes, and read by the reader of configuration files.
 */
#include "core/record-file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/string-util.h"

void record_put_text(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s: ", key);
	json_quote(f, value);
	fputc('\n', f);
}

void record_put_head(FILE *f, const char *address, const char *trigger)
{
	time_t now = time(NULL);
	char text[64];
	struct tm tm;

	record_put_text(f, "address", address);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	record_put_text(f, "time", text);
	file_read_boot(text, sizeof(text));
	record_put_text(f, "boot", text);
	record_put_text(f, "by", trigger);
}

/* Writes a new file in the place of what a run that was killed has left: one name, so that it goes with the next run. */
static int write_new(const char *path, const char *text, size_t size)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	ssize_t n = fd < 0 ? -1 : write(fd, text, size);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -ENOSPC;
}

int record_write_file(const char *address, const char *ending, void (*put)(FILE *f, const void *data), const void *data)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR);
	_cleanup_(freep) char *path = folder ? text_format("%s/%s.%s", folder, address, ending) : NULL;
	_cleanup_(freep) char *temporary = folder ? text_format("%s/.%s.%s", folder, address, ending) : NULL;
	_cleanup_(freep) char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int r;

	if (!f)
		return -errno;
	put(f, data);
	r = ferror(f) ? -ENOMEM : 0;
	if (fclose(f) != 0 || !path || !temporary)
		return -ENOMEM;
	if (r == 0)
		r = write_new(temporary, text, size);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}

int record_read_file(const char *address, const char *ending, struct document **ret)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR);
	_cleanup_(freep) char *path = folder ? text_format("%s/%s.%s", folder, address, ending) : NULL;
	_cleanup_(document_freep) struct document *document = NULL;
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	int r = path ? yaml_load(path, false, &diag, &document) : -ENOMEM;

	if (r < 0)
		return r;
	if (document_is_broken(document))
		return -EINVAL;
	*ret = TAKE_PTR(document);
	return 0;
}

const struct node *record_field(const struct node *map, const char *key, enum node_kind kind)
{
	for (size_t i = 0; map && map->kind == NODE_MAPPING && i < map->n; i += 2)
		if (strcmp(map->items[i]->text, key) == 0 && map->items[i + 1]->kind == kind)
			return map->items[i + 1];
	return NULL;
}

char *record_text(const struct node *map, const char *key)
{
	const struct node *node = record_field(map, key, NODE_SCALAR);

	return node ? strdup(node->text) : NULL;
}

uint64_t record_number(const struct node *map, const char *key)
{
	const struct node *node = record_field(map, key, NODE_SCALAR);

	return node ? strtoull(node->text, NULL, 10) : 0;
}

char **record_list(const struct node *map, const char *key)
{
	const struct node *node = record_field(map, key, NODE_SEQUENCE);
	char **list = node ? calloc(node->n + 1, sizeof(*list)) : NULL;
	size_t n = 0;

	for (size_t i = 0; list && i < node->n; i++)
		if (node->items[i]->kind == NODE_SCALAR && (list[n] = strdup(node->items[i]->text)))
			n++;
	return list;
}
