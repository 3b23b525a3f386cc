/* SPDX-License-Identifier: GPL-2.0-only */
/* The records of runs: what is read is written and read again, and is the same. Each input is a record of both kinds. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "core/functions-record.h"
#include "core/record.h"
#include "model/outcome.h"

#define ADDRESS "0000:65:00.0"
#define MODULE 7

enum { RECORDS, FUNCTIONS };

struct counter counters[] = { { "records", 0 }, { "functions_with_types", 0 }, { 0 } };

static bool same(const char *a, const char *b)
{
	return !a || !b ? a == b : strcmp(a, b) == 0;
}

static bool same_list(char *const *a, char *const *b)
{
	for (; *a && *b; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return *a == *b;
}

static void write_record(const struct record *record)
{
	static const struct type_list none;
	const char *expected[64];
	size_t n = 0;

	for (; record->expected && record->expected[n] && n < ARRAY_SIZE(expected); n++)
		expected[n] = record->expected[n];
	require(record_write(&(struct record_entry){
		.address = ADDRESS, .driver = record->driver, .version = record->version, .files = record->files, .types = &none,
		.expected = expected, .n_expected = n, .framebuffer = record->framebuffer, .module = record->module,
		.shown = record->shown, .answers = (unsigned)record->answers, .running = record->running,
		.outcome = record->outcome, .message = record->message, .trigger = record->trigger }) == 0);
}

static void look_at_record(void)
{
	struct record record, again;
	int r = record_read(ADDRESS, &record);

	require(r == 0 || r == -EINVAL);
	if (r < 0)
		return;
	counters[RECORDS].n++;
	require(record.time && record.boot && *record_result(&record) && !record_trouble(0));
	write_record(&record);
	require(record_read(ADDRESS, &again) == 0);
	require(same(again.driver, record.driver) && same(again.version, record.version) && same(again.message, record.message) &&
		same(again.trigger, record.trigger) && again.framebuffer == record.framebuffer && again.module == record.module &&
		again.shown == record.shown && (unsigned)again.answers == (unsigned)record.answers &&
		again.running == record.running && again.outcome == record.outcome);
	require(!record.files || same_list(again.files, record.files));
	record_done(&again);
	record_done(&record);
}

static void look_at_functions(void)
{
	struct functions_record record, again;

	require(functions_record_read(ADDRESS, MODULE, &record) == 0);
	counters[FUNCTIONS].n += record.n > 0;
	require(functions_record_write(ADDRESS, &record, "unit") == 0);
	require(functions_record_read(ADDRESS, MODULE, &again) == 0);
	require(again.n == record.n && again.switching == record.switching && again.outcome == record.outcome);
	for (size_t i = 0; i < record.n; i++) {
		const struct given_type *a = &record.given[i], *b = functions_record_find(&again, a->function);

		require(b && b->number == a->number && same(b->name, a->name));
	}
	functions_record_done(&again);
	functions_record_done(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* boot is a part of records: that of a seed is this one's. */
	scratch_write("/proc/sys/kernel/random/boot_id", "b", 1);
	scratch_write(RUNDIR "/" ADDRESS ".functions.yaml", data, size);
	scratch_write(RUNDIR "/" ADDRESS ".yaml", data, size);
	look_at_functions();
	look_at_record();
	return 0;
}
