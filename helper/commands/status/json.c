/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/status/status.h"

static void put_text(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	if (text)
		json_string(json, text);
	else
		json_null(json);
}

static void put_number(struct json *json, const char *key, uint64_t number)
{
	json_key(json, key);
	json_number(json, number);
}

static void put_known(struct json *json, const char *key, uint64_t number, bool is_known)
{
	json_key(json, key);
	if (is_known)
		json_number(json, number);
	else
		json_null(json);
}

static void put_tristate(struct json *json, const char *key, enum tristate value)
{
	json_key(json, key);
	if (value == UNKNOWN)
		json_null(json);
	else
		json_boolean(json, value == YES);
}

static void put_list(struct json *json, const char *key, char *const *items, bool are_numbers)
{
	json_key(json, key);
	json_open(json, '[');
	for (; items && *items; items++)
		if (are_numbers)
			json_number(json, strtoull(*items, NULL, 10));
		else
			json_string(json, *items);
	json_close(json, ']');
}

static void put_type(struct json *json, const struct survey_type *type)
{
	json_open(json, '{');
	put_text(json, "id", type->id);
	put_text(json, "name", type->name);
	put_tristate(json, "configured", type->configured);
	put_tristate(json, "registered", type->registered);
	put_number(json, "inUse", type->in_use);
	put_known(json, "available", type->available, type->registered == YES);
	put_known(json, "size", type->size, type->size);
	put_known(json, "maxInstances", type->max_instances, type->max_instances);
	json_close(json, '}');
}

static void put_run(struct json *json, const struct survey *survey)
{
	const struct record *last = &survey->last;

	json_key(json, "lastRun");
	if (!survey->has_record) {
		json_null(json);
		return;
	}
	json_open(json, '{');
	put_text(json, "time", last->time);
	json_key(json, "current");
	json_boolean(json, survey->is_this_boot);
	put_text(json, "by", last->trigger);
	put_text(json, "driver", last->driver);
	put_text(json, "release", last->version);
	put_list(json, "files", last->files, false);
	put_list(json, "types", last->types, true);
	put_list(json, "expected", last->expected, false);
	put_text(json, "result", record_result(last));
	put_text(json, "message", last->message);
	json_close(json, '}');
}

static void put_identity(struct json *json, const struct device *gpu)
{
	put_text(json, "address", gpu->address);
	put_text(json, "name", gpu->model);
	put_number(json, "vendorId", gpu->vendor);
	put_number(json, "deviceId", gpu->device);
	put_number(json, "subvendorId", gpu->subvendor);
	put_number(json, "subdeviceId", gpu->subdevice);
	put_text(json, "driver", gpu->driver);
}

void status_json(struct json *json, const struct status *status)
{
	const struct survey *survey = status->survey;
	const char *release = survey->target.limits.release;

	json_open(json, '{');
	put_identity(json, survey->gpu);
	put_text(json, "release", *release ? release : NULL);
	put_text(json, "architecture", status->architecture);
	put_list(json, "files", survey->target.selection.files, false);
	put_text(json, "problem", status->problem);
	put_known(json, "framebuffer", survey->framebuffer, survey->framebuffer);
	json_key(json, "types");
	json_open(json, '[');
	for (size_t i = 0; i < survey->n; i++)
		put_type(json, &survey->types[i]);
	json_close(json, ']');
	put_run(json, survey);
	json_close(json, '}');
}
