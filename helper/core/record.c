/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record is YAML that is written by hand, each text in double quotes, and read by the reader of configuration
 * files. It is written into a temporary file beside it and renamed. The name in front of each field is part of the
 * format: README and manual have them.
 */
#include "core/record.h"

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
#include "config/yaml.h"
#include "system/lock.h"

#define RUNNING "running"

static void put_field(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s: ", key);
	json_quote(f, value);
	fputc('\n', f);
}

static const char *result_name(const struct record_entry *entry)
{
	return entry->running ? RUNNING : outcome_name(entry->outcome);
}

static void put_record(FILE *f, const struct record_entry *entry)
{
	time_t now = time(NULL);
	char text[64];
	struct tm tm;

	put_field(f, "address", entry->address);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	put_field(f, "time", text);
	file_read_boot(text, sizeof(text));
	put_field(f, "boot", text);
	put_field(f, "by", entry->trigger);
	put_field(f, "driver", entry->driver);
	put_field(f, "version", entry->version);

	fprintf(f, "files:%s\n", entry->files && *entry->files ? "" : " []");
	for (char *const *file = entry->files; file && *file; file++) {
		fputs("- ", f);
		json_quote(f, *file);
		fputc('\n', f);
	}

	fputs("types: [", f);
	for (size_t i = 0; i < entry->types->n; i++)
		fprintf(f, "%s%" PRIu64, i ? ", " : "", type_num(&entry->types->items[i]));
	fputs("]\nexpected: [", f);
	for (size_t i = 0; i < entry->n_expected; i++) {
		fputs(i ? ", " : "", f);
		json_quote(f, entry->expected[i]);
	}
	fputs("]\n", f);

	if (entry->framebuffer)
		fprintf(f, "framebuffer: %" PRIu64 "\n", entry->framebuffer);
	if (entry->module)
		fprintf(f, "module: %" PRIu64 "\n", entry->module);
	if (entry->shown)
		fputs("shown: true\n", f);
	if (entry->answers)
		fprintf(f, "answers: %u\n", entry->answers);
	put_field(f, "result", result_name(entry));
	put_field(f, "message", entry->message);
}

/* Writes what the rule imports, without texts that would begin another line or a quoted text to udev. */
static void put_properties(FILE *f, const struct record_entry *entry)
{
	char id[TYPE_ID_SIZE];

	if (entry->architecture && !strpbrk(entry->architecture, "\n\"'"))
		fprintf(f, "MDEV_GPU_ARCHITECTURE=%s\n", entry->architecture);
	fprintf(f, "MDEV_GPU_RESULT=%s\n", result_name(entry));
	/* Not during a run, which may just be discarding types itself. */
	if (entry->shown && entry->types->n && !entry->running)
		fprintf(f, "MDEV_GPU_TYPE=%s\n", type_id(entry->driver, type_num(&entry->types->items[0]), id));
	if (entry->answers)
		fprintf(f, "MDEV_GPU_ANSWERS=%u\n", entry->answers);
}

static int write_file(const struct record_entry *entry, const char *folder, const char *ending,
		      void (*put)(FILE *f, const struct record_entry *entry))
{
	_cleanup_(freep) char *path = text_format("%s/%s.%s", folder, entry->address, ending);
	_cleanup_(freep) char *temporary = text_format("%s/.%s.XXXXXX", folder, entry->address);
	_cleanup_(closep) int fd = -1;
	FILE *f;
	int r;

	if (!path || !temporary)
		return -ENOMEM;
	fd = mkostemp(temporary, O_CLOEXEC);
	f = fd < 0 || fchmod(fd, 0644) < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return -errno;
	TAKE_FD(fd);

	put(f, entry);
	r = ferror(f) ? -EIO : 0;
	if (fclose(f) != 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}

int record_write(const struct record_entry *entry)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR);
	int r;

	if (!folder)
		return -ENOMEM;
	r = lock_make_folder();
	if (r == 0)
		r = write_file(entry, folder, "yaml", put_record);
	if (r == 0)
		r = write_file(entry, folder, "properties", put_properties);
	return r;
}

static const struct node *find_field(const struct node *map, const char *key, enum node_kind kind)
{
	for (size_t i = 0; map && map->kind == NODE_MAPPING && i < map->n; i += 2)
		if (strcmp(map->items[i]->text, key) == 0 && map->items[i + 1]->kind == kind)
			return map->items[i + 1];
	return NULL;
}

static char *copy_text(const struct node *map, const char *key)
{
	const struct node *node = find_field(map, key, NODE_SCALAR);

	return node ? strdup(node->text) : NULL;
}

static uint64_t copy_number(const struct node *map, const char *key)
{
	const struct node *node = find_field(map, key, NODE_SCALAR);

	return node ? strtoull(node->text, NULL, 10) : 0;
}

static char **copy_list(const struct node *map, const char *key)
{
	const struct node *node = find_field(map, key, NODE_SEQUENCE);
	char **list = node ? calloc(node->n + 1, sizeof(*list)) : NULL;
	size_t n = 0;

	for (size_t i = 0; list && i < node->n; i++)
		if (node->items[i]->kind == NODE_SCALAR && (list[n] = strdup(node->items[i]->text)))
			n++;
	return list;
}

int record_read(const char *address, struct record *ret)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR), *path = folder ? text_format("%s/%s.yaml", folder, address) : NULL;
	_cleanup_(document_freep) struct document *document = NULL;
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	_cleanup_(record_done) struct record record = { 0 };
	const struct node *map, *result, *shown;
	int r = path ? yaml_load(path, false, &diag, &document) : -ENOMEM;

	if (r < 0)
		return r;
	if (document_is_broken(document))
		return -EINVAL;
	map = document_root(document);
	result = find_field(map, "result", NODE_SCALAR);
	shown = find_field(map, "shown", NODE_SCALAR);
	record = (struct record){
		.time = copy_text(map, "time"),
		.boot = copy_text(map, "boot"),
		.trigger = copy_text(map, "by"),
		.driver = copy_text(map, "driver"),
		.version = copy_text(map, "version"),
		.message = copy_text(map, "message"),
		.running = result && strcmp(result->text, RUNNING) == 0,
		.files = copy_list(map, "files"),
		.types = copy_list(map, "types"),
		.expected = copy_list(map, "expected"),
		.framebuffer = copy_number(map, "framebuffer"),
		.module = copy_number(map, "module"),
		.answers = copy_number(map, "answers"),
		.shown = shown && strcmp(shown->text, "true") == 0,
	};

	/* These are always written; without one the file is not ours, or was cut. */
	if (!record.time || !record.boot || !record.trigger || !record.driver || !record.version || !record.message ||
	    !result || (!record.running && outcome_from_name(result->text, &record.outcome) < 0))
		return -EINVAL;
	*ret = record;
	record = (struct record){ 0 };
	return 0;
}

void record_done(struct record *record)
{
	free(record->time);
	free(record->boot);
	free(record->trigger);
	free(record->driver);
	free(record->version);
	free(record->message);
	strv_free(record->files);
	strv_free(record->types);
	strv_free(record->expected);
	*record = (struct record){ 0 };
}

const char *record_trouble(int r)
{
	if (r == 0 || r == -ENOENT)
		return NULL;
	return r == -EINVAL ? "it is damaged" : strerror(-r);
}

bool record_is_current(const struct record *record)
{
	char boot[64];

	file_read_boot(boot, sizeof(boot));
	return record->boot && strcmp(record->boot, boot) == 0;
}

const char *record_result(const struct record *record)
{
	return record->running ? RUNNING : outcome_name(record->outcome);
}

bool record_is_done(const struct record *record)
{
	return !record->running && record->outcome == OUTCOME_DONE;
}
