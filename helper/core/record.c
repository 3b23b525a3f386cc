/* SPDX-License-Identifier: GPL-2.0-only */
/* The name in front of each field is part of the format: README and manual have them. */
#include "core/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/string-util.h"
#include "config/yaml.h"
#include "core/record-file.h"
#include "system/lock.h"

#define RUNNING "running"

/* Of a run that was running when it was ended, behind all the rest. */
#define ENDED "ended"

static const char *result_name(const struct record_entry *entry)
{
	return entry->running ? RUNNING : outcome_name(entry->outcome);
}

static void put_record(FILE *f, const void *data)
{
	const struct record_entry *entry = data;

	record_put_head(f, entry->address, entry->trigger);
	record_put_text(f, "driver", entry->driver);
	record_put_text(f, "version", entry->version);

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
	record_put_text(f, "result", result_name(entry));
	record_put_text(f, "message", entry->message);
}

/* Writes what the rule imports, without texts that would begin another line or a quoted text to udev. */
static void put_properties(FILE *f, const void *data)
{
	const struct record_entry *entry = data;
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

int record_write(const struct record_entry *entry)
{
	int r = lock_make_folder();

	if (r == 0)
		r = record_write_file(entry->address, "yaml", put_record, entry);
	return r < 0 ? r : record_write_file(entry->address, "properties", put_properties, entry);
}

int record_cut_off(const char *address, const char *text)
{
	static const char *const start = ENDED ": \"", *const end = "\"\n";
	_cleanup_(closep) int fd = -1;
	char path[PATH_MAX], line[512];

	if (strlen(root_dir()) + strlen(address) + sizeof(RUNDIR "/.yaml") > sizeof(path) ||
	    strlen(text) + strlen(start) + strlen(end) >= sizeof(line))
		return -ENAMETOOLONG;
	stpcpy(stpcpy(stpcpy(stpcpy(path, root_dir()), RUNDIR "/"), address), ".yaml");
	stpcpy(stpcpy(stpcpy(line, start), text), end);
	fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 || write(fd, line, strlen(line)) < 0 ? -errno : 0;
}

void record_forget(const char *address)
{
	static const char *const endings[] = { "yaml", "properties" };

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		_cleanup_(freep) char *folder = root_path(RUNDIR);
		_cleanup_(freep) char *path = folder ? text_format("%s/%s.%s", folder, address, endings[i]) : NULL;

		if (path)
			unlink(path);
	}
}

int record_read(const char *address, struct record *ret)
{
	_cleanup_(document_freep) struct document *document = NULL;
	_cleanup_(record_done) struct record record = { 0 };
	const struct node *map, *result, *shown;
	char *ended;
	int r = record_read_file(address, "yaml", &document);

	if (r < 0)
		return r;
	map = document_root(document);
	result = record_field(map, "result", NODE_SCALAR);
	shown = record_field(map, "shown", NODE_SCALAR);
	record = (struct record){
		.time = record_text(map, "time"),
		.boot = record_text(map, "boot"),
		.trigger = record_text(map, "by"),
		.driver = record_text(map, "driver"),
		.version = record_text(map, "version"),
		.message = record_text(map, "message"),
		.running = result && strcmp(result->text, RUNNING) == 0,
		.files = record_list(map, "files"),
		.types = record_list(map, "types"),
		.expected = record_list(map, "expected"),
		.framebuffer = record_number(map, "framebuffer"),
		.module = record_number(map, "module"),
		.answers = record_number(map, "answers"),
		.shown = shown && strcmp(shown->text, "true") == 0,
	};

	/* These are always written; without one the file is not ours, or was cut. */
	if (!record.time || !record.boot || !record.trigger || !record.driver || !record.version || !record.message ||
	    !result || (!record.running && outcome_from_name(result->text, &record.outcome) < 0))
		return -EINVAL;
	ended = record.running ? record_text(map, ENDED) : NULL;
	if (ended) {
		free(record.message);
		record.message = ended;
		record.running = false;
		record.cut_off = true;
		record.outcome = OUTCOME_FAILED;
	}
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

uint64_t record_instance(const char *address)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR), *path = folder ? text_format("%s/%s.yaml", folder, address) : NULL;
	struct stat st;

	/* Each is a file of its own, renamed into its place. */
	if (!path || stat(path, &st) < 0)
		return 0;
	return (((uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec) ^ (uint64_t)st.st_ino << 1) | 1;
}
