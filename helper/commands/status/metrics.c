/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The survey for Prometheus, in the text form of its exposition, which node_exporter's textfile collector reads. All samples of a
 * family stand together there, so each family gathers its own while GPU after GPU is looked at.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/string-util.h"
#include "commands/status/status.h"
#include "core/record.h"

enum family {
	GPUS,
	INFO,
	VERDICT,
	FRAMEBUFFER,
	TYPES_CONFIGURED,
	TYPES_MISSING,
	TYPE_CONFIGURED,
	TYPE_REGISTERED,
	TYPE_SIZE,
	INSTANCES_USED,
	INSTANCES_FREE,
	INSTANCES_POSSIBLE,
	FUNCTIONS,
	FUNCTIONS_GIVEN,
	FUNCTIONS_WANTED,
	RUN_TIME,
	RUN_RESULT,
	FAMILIES,
};

/* All of them are gauges. What is not known has no sample. */
static const struct {
	const char *name, *help;
} families[FAMILIES] = {
	[GPUS] = { "gpus", "GPUs of the host." },
	[INFO] = { "info", "A GPU, its driver with its release, and the architecture folder that is for it; always 1." },
	[VERDICT] = { "verdict", "The verdict of mdev-gpu explain; always 1." },
	[FRAMEBUFFER] = { "framebuffer_bytes", "The GPU's memory, where the last run asked the driver." },
	[TYPES_CONFIGURED] = { "types_configured", "Types that the configuration has for the GPU." },
	[TYPES_MISSING] = { "types_missing", "Those of them that are not there." },
	[TYPE_CONFIGURED] = { "type_configured", "Whether the configuration has the type." },
	[TYPE_REGISTERED] = { "type_registered", "Whether sysfs shows the type." },
	[TYPE_SIZE] = { "type_framebuffer_bytes", "What one vGPU of the type takes of the GPU's memory." },
	[INSTANCES_USED] = { "type_instances_used", "vGPUs of the type that exist, started or not." },
	[INSTANCES_FREE] = { "type_instances_free", "vGPUs of the type that can be made now." },
	[INSTANCES_POSSIBLE] = { "type_instances_possible", "vGPUs of the type that there can be." },
	[FUNCTIONS] = { "functions", "Virtual functions of the GPU." },
	[FUNCTIONS_GIVEN] = { "functions_with_type", "Those of them that have a type of the vendor's VFIO." },
	[FUNCTIONS_WANTED] = { "functions_wanted", "Those of them that are to have one by the configuration." },
	[RUN_TIME] = { "last_run_timestamp_seconds", "When the last run of this boot ended." },
	[RUN_RESULT] = { "last_run_result", "How the last run of this boot ended, and what had asked for it; always 1." },
};

struct metrics {
	FILE *file[FAMILIES];
	char *text[FAMILIES];
	size_t size[FAMILIES];
	size_t gpus;
};

/* Writes a label. Names are a driver's, paths an administrator's: neither may end the value, nor the line. */
static void put_label(FILE *file, const char *before, const char *key, const char *value)
{
	_cleanup_(freep) char *text = strdup(value ? value : "");

	make_printable(text, '?');
	fprintf(file, "%s%s=\"", before, key);
	for (const char *c = text ? text : ""; *c; c++) {
		if (*c == '\\' || *c == '"')
			fputc('\\', file);
		fputc(*c, file);
	}
	fputc('"', file);
}

/* A label beside the GPU's address; a NULL key ends the list. */
struct label {
	const char *key, *value;
};

static void put(struct metrics *m, enum family family, const struct device *gpu, const struct label *labels, uint64_t value)
{
	FILE *file = m->file[family];

	fprintf(file, "mdev_gpu_%s", families[family].name);
	if (gpu)
		put_label(file, "{", "gpu", gpu->address);
	for (; labels && labels->key; labels++)
		put_label(file, ",", labels->key, labels->value);
	fprintf(file, "%s %" PRIu64 "\n", gpu ? "}" : "", value);
}

static void add_type(struct metrics *m, const struct device *gpu, const struct survey_type *type)
{
	const struct label labels[] = { { "type", type->id }, { "name", type->name }, { NULL, NULL } };

	if (type->configured != UNKNOWN)
		put(m, TYPE_CONFIGURED, gpu, labels, type->configured == YES);
	if (type->registered != UNKNOWN)
		put(m, TYPE_REGISTERED, gpu, labels, type->registered == YES);
	if (type->size)
		put(m, TYPE_SIZE, gpu, labels, type->size << 20);
	put(m, INSTANCES_USED, gpu, labels, type->in_use);
	if (type->registered == YES)
		put(m, INSTANCES_FREE, gpu, labels, type->available);
	if (type->max_instances)
		put(m, INSTANCES_POSSIBLE, gpu, labels, type->max_instances);
}

static void add_types(struct metrics *m, const struct survey *s)
{
	bool counts = s->target.vendor && s->planned == 0;
	size_t missing = 0;

	for (size_t i = 0; i < s->n; i++) {
		add_type(m, s->gpu, &s->types[i]);
		missing += s->types[i].wanted && s->types[i].registered == NO;
	}
	if (!counts)
		return;
	put(m, TYPES_CONFIGURED, s->gpu, NULL, s->n_wanted);
	put(m, TYPES_MISSING, s->gpu, NULL, missing);
}

static void add_functions(struct metrics *m, const struct survey *s)
{
	uint64_t wanted, given = survey_functions_given(s, &wanted);

	if (!s->gpu->vfs_possible && !wanted)
		return;
	put(m, FUNCTIONS, s->gpu, NULL, s->gpu->vfs);
	put(m, FUNCTIONS_GIVEN, s->gpu, NULL, given);
	put(m, FUNCTIONS_WANTED, s->gpu, NULL, wanted);
}

/* A record of another boot tells nothing of now. */
static void add_run(struct metrics *m, const struct survey *s)
{
	const struct label labels[] = { { "result", record_result(&s->last) }, { "by", s->last.trigger }, { NULL, NULL } };
	struct tm tm = { 0 };
	const char *end;

	if (!s->is_this_boot)
		return;
	end = strptime(s->last.time, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end && !*end)
		put(m, RUN_TIME, s->gpu, NULL, (uint64_t)timegm(&tm));
	put(m, RUN_RESULT, s->gpu, labels, 1);
}

void status_metrics_add(struct metrics *m, const struct status *status)
{
	const struct survey *s = status->survey;
	const struct device *gpu = s->gpu;
	const struct label info[] = {
		{ "model", device_model(gpu) },
		{ "driver", gpu->driver },
		{ "release", s->target.limits.release },
		{ "architecture", status->architecture },
		{ NULL, NULL },
	};
	const struct label verdict[] = { { "verdict", cause_word(status->chain->verdict) }, { NULL, NULL } };

	m->gpus++;
	put(m, INFO, gpu, info, 1);
	put(m, VERDICT, gpu, verdict, 1);
	if (s->framebuffer)
		put(m, FRAMEBUFFER, gpu, NULL, s->framebuffer << 20);
	add_types(m, s);
	add_functions(m, s);
	add_run(m, s);
}

int status_metrics_new(struct metrics **ret)
{
	_cleanup_(status_metrics_freep) struct metrics *m = calloc(1, sizeof(*m));

	for (enum family f = 0; m && f < FAMILIES; f++) {
		m->file[f] = open_memstream(&m->text[f], &m->size[f]);
		if (!m->file[f])
			return -ENOMEM;
	}
	if (!m)
		return -ENOMEM;
	*ret = TAKE_PTR(m);
	return 0;
}

int status_metrics_print(struct metrics *m)
{
	put(m, GPUS, NULL, NULL, m->gpus);
	for (enum family f = 0; f < FAMILIES; f++)
		if (fflush(m->file[f]) != 0)
			return -ENOMEM;
	for (enum family f = 0; f < FAMILIES; f++)
		if (m->size[f])
			printf("# HELP mdev_gpu_%s %s\n# TYPE mdev_gpu_%s gauge\n%s", families[f].name, families[f].help,
			       families[f].name, m->text[f]);
	return 0;
}

void status_metrics_free(struct metrics *m)
{
	for (enum family f = 0; m && f < FAMILIES; f++) {
		if (m->file[f])
			(void)fclose(m->file[f]); /* what was of interest has been printed */
		free(m->text[f]);
	}
	free(m);
}
