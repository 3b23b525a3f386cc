/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "commands/command.h"
#include "core/record.h"
#include "core/target.h"
#include "system/lock.h"
#include "system/mdev.h"
#include "vendors/vendors.h"

static void print_place(const struct place *place)
{
	printf("%s:%u:%u", place->file, place->line, place->column);
	if (place->used_line)
		printf(" used at %u:%u", place->used_line, place->used_column);
}

static void print_discard(const struct plan *plan, bool origins)
{
	printf("  types of others are discarded");
	if (origins && plan->discard_place.line) {
		printf("  ");
		print_place(&plan->discard_place);
	} else if (origins) {
		printf("  default");
	}
	putchar('\n');
}

static void print_gpu(const struct job *job, bool origins)
{
	const struct device *gpu = job->gpu;

	printf("%s %04x:%04x%s%s, driver %s %s\n", gpu->address, gpu->vendor, gpu->device, gpu->model ? " " : "",
	       gpu->model ? gpu->model : "", gpu->driver, job->limits.release);
	for (size_t i = 0; i < job->selection.n; i++)
		printf("  from %s\n", job->selection.files[i]);
	if (!job->plan.types.n && !job->plan.n_expected)
		printf("  nothing to do: no configuration defines types for this GPU\n");
	else if (job->plan.discard)
		print_discard(&job->plan, origins);
}

static bool is_shown(const struct job *job, const struct mdev_types *shown, const struct type *type)
{
	char id[64];

	snprintf(id, sizeof(id), "%s-%" PRIu64, job->vendor->driver, type_num(type));
	return mdev_types_find(shown, id);
}

static void print_type(const struct job *job, const struct type *type, bool shown)
{
	const struct value *v = type->values;

	printf("  %s-%" PRIu64 " \"%s\" %s: %" PRIu64 " x %" PRIu64 "+%" PRIu64 " MiB, %" PRIu64 " heads %" PRIu64 "x%" PRIu64
	       ", %s\n",
	       job->vendor->driver, type_num(type), type_name(type), v[TYPE_GPU_CLASS].text, v[TYPE_MAX_INSTANCES].number,
	       v[TYPE_FB_LEN].number, v[TYPE_FB_RES].number, v[TYPE_NUM_HEADS].number, v[TYPE_MAX_RES_X].number,
	       v[TYPE_MAX_RES_Y].number, shown ? "registered" : "to be registered");
}

static const char *format_value(enum type_key key, const struct value *value, char *text, size_t size)
{
	if (type_keys[key].kind == VALUE_TEXT)
		snprintf(text, size, "\"%s\"", value->text);
	else if (type_keys[key].kind == VALUE_BOOLEAN)
		snprintf(text, size, "%s", value->number ? "true" : "false");
	else if (key == TYPE_VDEV_ID || key == TYPE_PDEV_ID)
		snprintf(text, size, "0x%" PRIx64, value->number);
	else
		snprintf(text, size, "%" PRIu64, value->number);
	return text;
}

static void print_origin(enum type_key key, const struct value *value)
{
	char text[300];

	printf("    %s %s  ", type_keys[key].name, format_value(key, value, text, sizeof(text)));
	if (value->origin == VALUE_DEFAULTED) {
		printf("%s\n", type_keys[key].default_from == DEFAULT_GPU ? "computed" : "default");
		return;
	}
	print_place(&value->place);
	printf("%s\n", value->origin == VALUE_AUTO ? " auto" : "");
}

static void print_origins(const struct type *type)
{
	for (enum type_key key = 0; key < TYPE_KEYS; key++)
		print_origin(key, &type->values[key]);
}

static void json_value(struct json *json, enum type_key key, const struct value *value)
{
	if (value->origin == VALUE_ABSENT)
		return;
	json_key(json, type_keys[key].name);
	if (type_keys[key].kind == VALUE_TEXT)
		json_string(json, value->text);
	else if (type_keys[key].kind == VALUE_BOOLEAN)
		json_boolean(json, value->number);
	else
		json_number(json, value->number);
}

static void json_type(struct json *json, const struct type *type, bool shown)
{
	json_open(json, '{');
	for (enum type_key key = 0; key < TYPE_KEYS; key++)
		json_value(json, key, &type->values[key]);
	json_key(json, "registered");
	json_boolean(json, shown);
	json_close(json, '}');
}

static void json_files(struct json *json, char *const *files)
{
	json_key(json, "files");
	json_open(json, '[');
	for (; files && *files; files++)
		json_string(json, *files);
	json_close(json, ']');
}

static void json_expected(struct json *json, const struct job *job, const struct mdev_types *shown)
{
	json_key(json, "expectTypes");
	json_open(json, '[');
	for (size_t i = 0; i < job->plan.n_expected; i++) {
		json_open(json, '{');
		json_key(json, "id");
		json_string(json, job->plan.expected[i]);
		json_key(json, "there");
		json_boolean(json, mdev_types_find(shown, job->plan.expected[i]));
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_job(struct json *json, const struct job *job, const struct mdev_types *shown)
{
	json_open(json, '{');
	json_key(json, "address");
	json_string(json, job->gpu->address);
	json_key(json, "driver");
	json_string(json, job->gpu->driver);
	json_key(json, "release");
	json_string(json, job->limits.release);
	json_files(json, job->selection.files);
	json_key(json, "discardPrevious");
	json_boolean(json, job->plan.discard);
	json_key(json, "types");
	json_open(json, '[');
	for (size_t i = 0; i < job->plan.types.n; i++)
		json_type(json, &job->plan.types.items[i], is_shown(job, shown, &job->plan.types.items[i]));
	json_close(json, ']');
	json_expected(json, job, shown);
	json_close(json, '}');
}

static void print_expected(const struct job *job, const struct mdev_types *shown)
{
	for (size_t i = 0; i < job->plan.n_expected; i++)
		printf("  %s, the driver's own: %s\n", job->plan.expected[i],
		       mdev_types_find(shown, job->plan.expected[i]) ? "there" : "missing");
}

static void print_types(const struct job *job, const struct mdev_types *shown, bool origins)
{
	for (size_t i = 0; i < job->plan.types.n; i++) {
		const struct type *type = &job->plan.types.items[i];

		print_type(job, type, is_shown(job, shown, type));
		if (origins)
			print_origins(type);
	}
}

static void print_job(const struct job *job, struct json *json, bool origins)
{
	struct mdev_types shown = { 0 };

	if (mdev_types_read(job->gpu, &shown) < 0)
		log_dev(job->gpu, LOG_WARNING, 0, "cannot read the types in sysfs");

	if (json) {
		json_job(json, job, &shown);
	} else {
		print_gpu(job, origins);
		print_types(job, &shown, origins);
		print_expected(job, &shown);
	}
	mdev_types_done(&shown);
}

/* The driver is not asked for the GPU's memory here, but the last run wrote down what it said. */
static enum outcome fit_as_before(struct job *job, const struct job_options *options)
{
	struct state_record last = { 0 };

	if (state_read(job->gpu->address, &last) == 0 && state_is_current(&last))
		job->framebuffer = last.framebuffer;
	state_record_done(&last);
	return job_fit(job, options);
}

/* Only sizes that are auto need the driver; a plan without them is made without touching it. */
static enum outcome ask_for_sizes(struct job *job, const struct job_options *options)
{
	_cleanup_(closep) int lock = -1;
	struct session *session = NULL;
	enum outcome outcome;

	if (!job->plan.needs_framebuffer)
		return fit_as_before(job, options);
	outcome = command_require_root();
	if (outcome != OUTCOME_DONE)
		return outcome;
	lock = lock_take(job->gpu->address);
	if (lock < 0) {
		log_dev(job->gpu, LOG_ERR, lock, "cannot get the lock on the GPU");
		return OUTCOME_FAILED;
	}

	outcome = job->vendor->open(job->gpu, &job->limits, &session);
	if (outcome == OUTCOME_DONE)
		outcome = job_size(job, options, session);
	job->vendor->close(session);
	return outcome;
}

static enum outcome plan_device(const struct device *gpu, const struct job_options *options, struct json *json,
				bool origins)
{
	_cleanup_(job_done) struct job job = { 0 };
	enum outcome outcome;

	outcome = job_prepare(gpu, options, &job);
	if (outcome == OUTCOME_DONE && job.vendor)
		outcome = ask_for_sizes(&job, options);
	if (outcome == OUTCOME_DONE && job.vendor)
		print_job(&job, json, origins);
	return outcome;
}

static enum outcome plan(const struct arguments *arguments)
{
	const struct job_options options = {
		.file = arguments->config,
		.layout = arguments->layout,
		.keep = arguments->given & OPTION_KEEP,
		.strict = arguments->given & OPTION_STRICT,
	};
	struct json json = { .file = stdout }, *to = arguments->given & OPTION_JSON ? &json : NULL;
	struct device_list gpus = { 0 };
	enum outcome outcome;
	bool tried = false;

	outcome = command_devices(arguments, &gpus);
	if (outcome != OUTCOME_DONE)
		return outcome;

	if (to) {
		log_without_info();
		json_open(to, '[');
	}
	for (size_t i = 0; i < gpus.n; i++) {
		const char *driver = gpus.items[i]->driver;

		if ((arguments->given & OPTION_ALL) && (!driver || !vendor_for_driver(driver)))
			continue;
		tried = true;
		outcome = outcome_first(outcome, plan_device(gpus.items[i], &options, to,
							     arguments->given & OPTION_ORIGIN));
	}
	if (to)
		json_end(to, ']');
	if (!tried)
		log_msg(LOG_INFO, 0, COMMAND_NO_GPU);

	device_list_done(&gpus);
	return outcome;
}

const struct command command_plan = {
	.name = "plan",
	.args = "[--all | DEVICE...] [-c FILE] [-k] [--origin] [--strict] [--driver-abi VERSION]\n	       [--json]",
	.summary = "show what apply would do; nothing is touched",
	.options = OPTION_ALL | OPTION_CONFIG | OPTION_KEEP | OPTION_JSON | OPTION_DRIVER_ABI | OPTION_STRICT |
		   OPTION_ORIGIN,
	.run = plan,
};
