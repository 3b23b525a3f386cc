/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions-record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "base/parse.h"
#include "base/path.h"
#include "base/string-util.h"
#include "core/record-file.h"
#include "system/lock.h"

#define ENDING "functions.yaml"

static const char *const switching_words[] = {
	[SWITCHING_NONE] = "none",
	[SWITCHING_RUNNING] = "running",
	[SWITCHING_DONE] = "done",
	[SWITCHING_FAILED] = "failed",
};

struct to_put {
	const char *address, *trigger;
	const struct functions_record *record;
};

static void put(FILE *f, const void *data)
{
	const struct to_put *it = data;
	const struct functions_record *record = it->record;

	record_put_head(f, it->address, it->trigger);
	fprintf(f, "module: %" PRIu64 "\n", record->module);
	record_put_text(f, "switching", switching_words[record->switching]);
	fprintf(f, "given:%s\n", record->n ? "" : " []");
	for (size_t i = 0; i < record->n; i++) {
		const struct given_type *given = &record->given[i];
		_cleanup_(freep) char *line = text_format("%u %" PRIu64 " %s", given->function, given->number, given->name);

		fputs("- ", f);
		json_quote(f, line ? line : "");
		fputc('\n', f);
	}
	record_put_text(f, "result", outcome_name(record->outcome));
	record_put_text(f, "message", record->message ? record->message : "");
}

int functions_record_write(const char *address, const struct functions_record *record, const char *trigger)
{
	const struct to_put it = { .address = address, .trigger = trigger, .record = record };

	return record_write_file(address, ENDING, put, &it);
}

static int read_given(char **lines, struct functions_record *record)
{
	int r = 0;

	for (char **line = lines; r == 0 && line && *line; line++) {
		uint64_t function, number;
		const char *at = *line;

		if (parse_number(&at, 10, UINT_MAX, &function) && *at++ == ' ' && parse_number(&at, 10, UINT64_MAX, &number) &&
		    *at++ == ' ')
			r = functions_record_add(record, (unsigned)function, number, at);
	}
	return r;
}

static enum switching read_switching(const struct node *map)
{
	_cleanup_(freep) char *word = record_text(map, "switching");

	for (size_t i = 0; word && i < ARRAY_SIZE(switching_words); i++)
		if (strcmp(word, switching_words[i]) == 0)
			return (enum switching)i;
	return SWITCHING_NONE;
}

int functions_record_read(const char *address, uint64_t module, struct functions_record *ret)
{
	_cleanup_(document_freep) struct document *document = NULL;
	_cleanup_(functions_record_done) struct functions_record record = { .module = module };
	_cleanup_(freep) char *boot = NULL, *result = NULL;
	_cleanup_(strv_freep) char **given = NULL;
	const struct node *map;
	char now[64];
	int r = record_read_file(address, ENDING, &document);

	if (r < 0 && r != -ENOENT && r != -EINVAL)
		return r;
	map = r == 0 ? document_root(document) : NULL;
	boot = record_text(map, "boot");
	file_read_boot(now, sizeof(now));
	/* Nothing of an earlier boot, or of an earlier load of the driver, is still so. */
	if (boot && strcmp(boot, now) == 0 && record_number(map, "module") == module) {
		given = record_list(map, "given");
		r = read_given(given, &record);
		if (r < 0)
			return r;
		record.switching = read_switching(map);
		record.time = record_text(map, "time");
		record.message = record_text(map, "message");
		result = record_text(map, "result");
		if (!result || outcome_from_name(result, &record.outcome) < 0)
			record.outcome = OUTCOME_FAILED;
	}
	*ret = record;
	record = (struct functions_record){ 0 };
	return 0;
}

void functions_record_end(struct functions_record *record, enum outcome outcome, const char *message)
{
	free(record->message);
	record->message = strdup(message);
	record->outcome = outcome;
}

const struct given_type *functions_record_find(const struct functions_record *record, unsigned function)
{
	for (size_t i = 0; i < record->n; i++)
		if (record->given[i].function == function)
			return &record->given[i];
	return NULL;
}

int functions_record_add(struct functions_record *record, unsigned function, uint64_t number, const char *name)
{
	struct given_type *items = reallocarray(record->given, record->n + 1, sizeof(*items));
	char *copy = strdup(name);

	if (items)
		record->given = items;
	if (!items || !copy) {
		free(copy);
		return -ENOMEM;
	}
	functions_record_remove(record, function);
	items[record->n++] = (struct given_type){ function, number, copy };
	return 0;
}

void functions_record_remove(struct functions_record *record, unsigned function)
{
	size_t kept = 0;

	for (size_t i = 0; i < record->n; i++) {
		if (record->given[i].function == function)
			free(record->given[i].name);
		else
			record->given[kept++] = record->given[i];
	}
	record->n = kept;
}

void functions_record_done(struct functions_record *record)
{
	for (size_t i = 0; i < record->n; i++)
		free(record->given[i].name);
	free(record->given);
	free(record->time);
	free(record->message);
	*record = (struct functions_record){ 0 };
}

int functions_note_wanted(const char *address, bool wanted)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR);
	_cleanup_(freep) char *path = folder ? text_format("%s/%s.functions", folder, address) : NULL;
	_cleanup_(closep) int fd = -1;
	int r = path ? 0 : -ENOMEM;

	if (r == 0 && wanted)
		r = lock_make_folder();
	if (r < 0)
		return r;
	if (!wanted)
		return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
	/* That it is there is all that is asked, so it is written in its place, with no lock against another run. */
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 || dprintf(fd, "the configuration is about this GPU's virtual functions\n") < 0 ? -errno : 0;
}

const char *functions_lock_name(const char *address, char name[FUNCTIONS_LOCK_SIZE])
{
	snprintf(name, FUNCTIONS_LOCK_SIZE, "%s.functions", address);
	return name;
}
