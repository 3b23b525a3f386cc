/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/json.h"
#include "commands/status/status.h"
#include "core/record.h"

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

static void put_run(struct json *json, const struct survey *survey)
{
	const struct record *last = &survey->last;

	json_key(json, "lastRun");
	if (!survey->has_record) {
		json_null(json);
		return;
	}
	json_open(json, '{');
	json_put_string(json, "time", last->time);
	json_put_boolean(json, "current", survey->is_this_boot);
	json_put_string(json, "by", last->trigger);
	json_put_string(json, "driver", last->driver);
	json_put_string(json, "release", last->version);
	json_put_list(json, "files", last->files);
	json_key(json, "types");
	json_open(json, '[');
	for (char **num = last->types; num && *num; num++)
		json_number(json, strtoull(*num, NULL, 10));
	json_close(json, ']');
	json_put_list(json, "expected", last->expected);
	json_put_string(json, "result", record_result(last));
	json_put_string(json, "message", last->message);
	json_close(json, '}');
}

void status_json(struct json *json, const struct status *status)
{
	const struct survey *survey = status->survey;
	const struct device *gpu = survey->gpu;
	const char *release = survey->target.limits.release;

	json_open_item(json);
	json_put_string(json, "address", gpu->address);
	json_put_string(json, "name", device_model(gpu));
	json_put_number(json, "vendorId", gpu->vendor);
	json_put_number(json, "deviceId", gpu->device);
	json_put_number(json, "subvendorId", gpu->subvendor);
	json_put_number(json, "subdeviceId", gpu->subdevice);
	json_put_string(json, "verdict", cause_word(status->chain->verdict));
	json_put_string(json, "text", status->chain->text);
	json_put_string(json, "driver", gpu->driver);
	json_put_string(json, "release", *release ? release : NULL);
	json_put_string(json, "architecture", status->architecture);
	json_put_list(json, "files", survey->target.selection.files);
	json_put_string(json, "problem", status->problem);
	put_known(json, "framebuffer", survey->framebuffer, survey->framebuffer);
	json_key(json, "types");
	json_open(json, '[');
	for (size_t i = 0; i < survey->n; i++) {
		const struct survey_type *type = &survey->types[i];

		json_open(json, '{');
		json_put_string(json, "id", type->id);
		json_put_string(json, "name", type->name);
		put_tristate(json, "configured", type->configured);
		put_tristate(json, "registered", type->registered);
		json_put_number(json, "inUse", type->in_use);
		put_known(json, "available", type->available, type->registered == YES);
		put_known(json, "size", type->size, type->size);
		put_known(json, "maxInstances", type->max_instances, type->max_instances);
		json_close(json, '}');
	}
	json_close(json, ']');
	status_json_functions(json, survey);
	put_run(json, survey);
	json_close(json, '}');
}
