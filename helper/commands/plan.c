/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan takes apply's way up to where something would be sent: target_find(), the sizes, and a survey for what sysfs
 * shows already. The driver is opened only for what is auto by the GPU's memory where no run of this boot has written that
 * down, with a run's deadline and the GPU's lock.
 */
#include <inttypes.h>

#include "base/json.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "commands/command.h"
#include "core/planned.h"
#include "core/record.h"
#include "core/survey.h"
#include "core/target.h"
#include "model/outcome.h"
#include "system/device.h"

static void print_place(const struct location *location)
{
	print_text("%s:%u:%u", location->file, location->line, location->column);
	if (location->used_line)
		printf(" used at %u:%u", location->used_line, location->used_column);
}

static void print_origin(enum type_key key, const struct value *value)
{
	printf("    %s ", type_keys[key].name);
	if (type_keys[key].kind == VALUE_TEXT)
		print_text("\"%s\"  ", value->text);
	else if (type_keys[key].kind == VALUE_BOOLEAN)
		printf("%s  ", value->number ? "true" : "false");
	else if (key == TYPE_VDEV_ID || key == TYPE_PDEV_ID)
		printf("0x%" PRIx64 "  ", value->number);
	else
		printf("%" PRIu64 "  ", value->number);
	if (value->origin == VALUE_DEFAULTED) {
		printf("%s\n", type_keys[key].default_from == DEFAULT_GPU ? "computed" : "default");
		return;
	}
	print_place(&value->location);
	printf("%s\n", value->origin == VALUE_AUTO ? " auto" : "");
}

static void json_type(struct json *json, const struct type *type, bool shown)
{
	json_open(json, '{');
	for (enum type_key key = 0; key < TYPE_KEYS; key++) {
		const struct value *value = &type->values[key];

		if (value->origin == VALUE_ABSENT)
			continue;
		if (type_keys[key].kind == VALUE_TEXT)
			json_put_string(json, type_keys[key].name, value->text);
		else if (type_keys[key].kind == VALUE_BOOLEAN)
			json_put_boolean(json, type_keys[key].name, value->number);
		else
			json_put_number(json, type_keys[key].name, value->number);
	}
	json_put_boolean(json, "registered", shown);
	json_close(json, '}');
}

static void json_functions(struct json *json, const struct functions_plan *functions)
{
	json_key(json, "virtualFunctions");
	if (functions->number == VIRTUAL_FUNCTIONS_ALL)
		json_string(json, "all");
	else if (functions->number)
		json_number(json, functions->number);
	else
		json_null(json);
	json_key(json, "vgpus");
	json_open(json, '[');
	for (size_t i = 0; i < functions->n; i++) {
		const struct vgpu *vgpu = functions->vgpus[i];

		json_open(json, '{');
		if (vgpu->type)
			json_put_string(json, "type", vgpu->type);
		else
			json_put_number(json, "type", vgpu->number);
		if (vgpu->count)
			json_put_number(json, "count", vgpu->count);
		else
			json_key(json, "functions"), json_open(json, '[');
		for (size_t j = 0; j < vgpu->n_functions; j++)
			json_number(json, vgpu->functions[j]);
		if (!vgpu->count)
			json_close(json, ']');
		if (vgpu->params)
			json_put_string(json, "params", vgpu->params);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* Prints what functions are to be, which is not apply's work. */
static void print_functions(const struct device *gpu, const struct functions_plan *functions, bool origins)
{
	char type[VGPU_TYPE_MAX + 16];

	if (functions->number == VIRTUAL_FUNCTIONS_ALL)
		printf("  all virtual functions are switched on (mdev-gpu functions); there are %u of %u%s", gpu->vfs, gpu->vfs_possible,
		       origins ? "  " : "");
	else if (functions->number)
		printf("  %" PRIu64 " virtual functions are switched on (mdev-gpu functions); there are %u of %u%s", functions->number, gpu->vfs,
		       gpu->vfs_possible, origins ? "  " : "");
	if (functions->number && origins)
		print_place(functions->location);
	if (functions->number)
		putchar('\n');
	for (size_t i = 0; i < functions->n; i++) {
		const struct vgpu *vgpu = functions->vgpus[i];

		print_text("  %s for ", vgpu_type_text(vgpu, type, sizeof(type)));
		if (vgpu->count)
			printf("%" PRIu64 " function%s", vgpu->count, vgpu->count == 1 ? "" : "s");
		for (size_t j = 0; j < vgpu->n_functions; j++)
			printf("%svirtfn%" PRIu64, j ? ", " : "", vgpu->functions[j]);
		print_text("%s%s%s", vgpu->params ? ", with " : "", vgpu->params ? vgpu->params : "", origins ? "  " : "");
		if (origins)
			print_place(&vgpu->location);
		putchar('\n');
	}
}

/* seen: the plan's types in their order, then the expected ones */
static void json_target(struct json *json, const struct target *target, const struct survey_type *seen)
{
	const struct plan *plan = &target->plan;

	json_open_item(json);
	json_put_string(json, "address", target->gpu->address);
	json_put_string(json, "driver", target->gpu->driver);
	json_put_string(json, "release", target->limits.release);
	if (target->insisted.layout)
		json_put_string(json, "driverAbi", target->insisted.layout);
	json_put_list(json, "files", target->selection.files);
	json_put_boolean(json, "discardPrevious", plan->discard);
	json_key(json, "types");
	json_open(json, '[');
	for (size_t i = 0; i < plan->types.n; i++)
		json_type(json, &plan->types.items[i], seen[i].shown);
	json_close(json, ']');
	json_key(json, "leftOut");
	json_open(json, '[');
	for (size_t i = 0; i < plan->left_out.n; i++)
		json_number(json, type_num(&plan->left_out.items[i]));
	json_close(json, ']');
	json_key(json, "expectTypes");
	json_open(json, '[');
	for (size_t i = plan->types.n; i < plan->types.n + plan->n_expected; i++) {
		json_open(json, '{');
		json_put_string(json, "id", seen[i].id);
		json_put_boolean(json, "there", seen[i].shown);
		json_close(json, '}');
	}
	json_close(json, ']');
	if (plan_has_functions(plan))
		json_functions(json, &plan->functions);
	json_close(json, '}');
}

/* Prints the types that the card is too small for. */
static void print_left_out(const struct target *target)
{
	for (size_t i = 0; i < target->plan.left_out.n; i++) {
		const struct type *type = &target->plan.left_out.items[i];
		char id[TYPE_ID_SIZE];

		print_text("  %s \"%s\" %s: left out, the GPU's %" PRIu64 " MiB have no room for it\n",
			   type_id(target->gpu->driver, type_num(type), id), type_name(type), type->values[TYPE_GPU_CLASS].text,
			   target->framebuffer);
	}
}

static void print_target(const struct target *target, const struct survey_type *seen, bool origins)
{
	const struct device *gpu = target->gpu;
	const struct plan *plan = &target->plan;

	print_text("%s %04x:%04x%s%s, driver %s %s\n", gpu->address, gpu->vendor, gpu->device, device_model(gpu) ? " " : "",
		   device_model(gpu) ? device_model(gpu) : "", gpu->driver, target->limits.release);
	for (size_t i = 0; i < target->selection.n; i++)
		print_text("  from %s\n", target->selection.files[i]);
	if (target->insisted.layout) {
		printf("  the driver is spoken to as to release %s%s", target->insisted.layout, origins ? "  " : "");
		if (origins && target->insisted.location)
			print_place(target->insisted.location);
		printf("%s\n", origins && !target->insisted.location ? "--driver-abi" : "");
	}
	if (!target_is_wanted(target)) {
		printf("  nothing to do: no configuration defines types for this GPU\n");
	} else if (plan->discard) {
		printf("  types of others are discarded%s", !origins ? "" : plan->discard_place.line ? "  " : "  default");
		if (origins && plan->discard_place.line)
			print_place(&plan->discard_place);
		putchar('\n');
	}
	for (size_t i = 0; i < plan->types.n; i++) {
		const struct value *v = plan->types.items[i].values;

		print_text("  %s \"%s\" %s: %" PRIu64 " x %" PRIu64 "+%" PRIu64 " MiB, %" PRIu64 " head%s %" PRIu64 "x%" PRIu64 ", %s\n",
			   seen[i].id, v[TYPE_NAME].text, v[TYPE_GPU_CLASS].text, v[TYPE_MAX_INSTANCES].number,
			   v[TYPE_FB_LEN].number, v[TYPE_FB_RES].number, v[TYPE_NUM_HEADS].number,
			   v[TYPE_NUM_HEADS].number == 1 ? "" : "s", v[TYPE_MAX_RES_X].number, v[TYPE_MAX_RES_Y].number,
			   seen[i].shown ? "registered" : "to be registered");
		for (enum type_key key = 0; origins && key < TYPE_KEYS; key++)
			print_origin(key, &v[key]);
	}
	print_left_out(target);
	for (size_t i = plan->types.n; i < plan->types.n + plan->n_expected; i++)
		printf("  %s, the driver's own: %s\n", seen[i].id, seen[i].shown ? "there" : "missing");
	print_functions(gpu, &plan->functions, origins);
}

/* Chooses and judges the sizes. A plan without sizes that are auto is made without touching the driver. */
static enum outcome ask_for_sizes(struct target *target)
{
	_cleanup_(record_done) struct record last = { 0 };
	_cleanup_(closep) int lock = -1;
	struct session *session = NULL;
	enum outcome outcome;

	/* The last run recorded the GPU's memory: then sizes are chosen, and what does not fit is told, without the driver. */
	if (record_read(target->gpu->address, &last) == 0 && record_is_current(&last))
		target->framebuffer = last.framebuffer;
	if (!target->plan.needs_framebuffer || target->framebuffer)
		return target_fit(target);
	outcome = command_require_root();
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = target_open(target, &lock, &session);
	if (outcome == OUTCOME_DONE)
		outcome = target_size(target, session);
	target->vendor->close(session);
	return outcome;
}

static enum outcome plan_device(const struct device *gpu, const struct target_options *options, struct planned *planned,
				struct json *json, bool origins)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { .echo = gpu->address };
	_cleanup_(target_done) struct target target = { .gpu = gpu, .options = options, .diag = &diag };
	_cleanup_(survey_done) struct survey survey = { 0 };
	enum outcome outcome;
	int r;

	outcome = target_find(&target);
	if (outcome == OUTCOME_DONE && target.vendor)
		outcome = ask_for_sizes(&target);
	if (outcome == OUTCOME_DONE && target.vendor)
		outcome = planned_add(planned, &target);
	if (outcome != OUTCOME_DONE || !target.vendor)
		return outcome;
	r = survey_target(&target, &survey);
	if (r < 0)
		return target_fail(&target, r, "cannot read the types in sysfs");
	if (json)
		json_target(json, &target, survey.types);
	else
		print_target(&target, survey.types, origins);
	return OUTCOME_DONE;
}

static enum outcome plan(const struct arguments *arguments)
{
	const struct target_options options = {
		.file = arguments->config,
		.layout = arguments->layout,
		.keep = arguments->given & OPTION_KEEP,
		.strict = arguments->given & OPTION_STRICT,
	};
	struct json json = { .file = stdout }, *to = arguments->given & OPTION_JSON ? &json : NULL;
	_cleanup_(planned_done) struct planned planned = { 0 };
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
		if ((arguments->given & OPTION_ALL) && target_passes_over(gpus.items[i], arguments->config))
			continue;
		tried = true;
		outcome = outcome_first(outcome, plan_device(gpus.items[i], &options, &planned, to,
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
	.args = "--all | DEVICE... [-c FILE] [-k] [--origin] [--strict] [--driver-abi VERSION]\n	       [--json]",
	.summary = "show what apply would do; nothing is touched",
	.examples = "  mdev-gpu plan --all\n"
		    "  mdev-gpu plan --origin 65:00.0\n"
		    "  mdev-gpu plan --json -c my.yaml 65:00.0\n",
	.options = OPTION_ALL | OPTION_CONFIG | OPTION_KEEP | OPTION_JSON | OPTION_DRIVER_ABI | OPTION_STRICT |
		   OPTION_ORIGIN,
	.run = plan,
};
