/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables NAME: prints one of the program's tables as JSON, for tests that compare what is written about it elsewhere. NAME is
 * keys, filters, outcomes, causes, events, layouts, statuses or build. "tables releases" reads driver releases, one a line, and
 * prints the ends of the row that each is found in, "none" for none.
 *
 * Linked with the program's own objects.
 */
#include <stdio.h>
#include <string.h>

/* Their tables are static. */
#include "base/journal.c"
#include "vendors/nvidia/status.c"

#include "base/json.h"
#include "config/keys.h"
#include "model/finding.h"
#include "model/outcome.h"
#include "model/type.h"
#include "vendors/nvidia/abi.h"

static void print_string(struct json *json, const char *key, const char *value)
{
	json_key(json, key);
	json_string(json, value);
}

static void print_number(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	json_number(json, value);
}

static void print_boolean(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	json_boolean(json, value);
}

static void print_default(struct json *json, const struct type_key_info *info)
{
	if (info->text)
		print_string(json, "default", info->text);
	else if (info->kind == VALUE_BOOLEAN)
		print_boolean(json, "default", info->number);
	else
		print_number(json, "default", info->number);
}

static void print_key(struct json *json, const struct type_key_info *info)
{
	static const char *const kinds[] = { [VALUE_INTEGER] = "integer", [VALUE_BOOLEAN] = "boolean", [VALUE_TEXT] = "text" };

	json_open(json, '{');
	print_string(json, "name", info->name);
	print_string(json, "kind", kinds[info->kind]);
	print_boolean(json, "required", info->default_from == DEFAULT_NONE);
	print_number(json, "min", info->min);
	print_number(json, "max", info->max);
	print_string(json, "unit", info->unit ? info->unit : "");
	print_boolean(json, "automatic", info->automatic);
	if (info->default_from == DEFAULT_FIXED)
		print_default(json, info);
	json_close(json, '}');
}

static void print_keys(struct json *json)
{
	for (size_t key = 0; key < TYPE_KEYS; key++)
		print_key(json, &type_keys[key]);
}

static void print_filters(struct json *json)
{
	for (size_t key = 0; key < FILTER_KEYS; key++)
		json_string(json, filter_key_names[key]);
}

/* The words; an outcome's number is its place. */
static void print_outcomes(struct json *json)
{
	const char *name;

	for (unsigned outcome = 0; (name = outcome_name((enum outcome)outcome)); outcome++)
		json_string(json, name);
}

static void print_causes(struct json *json)
{
	for (size_t cause = 0; cause < CAUSES; cause++)
		json_string(json, cause_word((enum cause)cause));
}

static void print_events(struct json *json)
{
	for (size_t event = 0; event < ARRAY_SIZE(message_ids); event++)
		if (message_ids[event])
			json_string(json, message_ids[event]);
}

/* [OFFSET, SIZE]; nothing for a member that a layout has not. */
static void print_field(struct json *json, const char *name, struct field field)
{
	if (!field.size)
		return;
	json_key(json, name);
	json_open(json, '[');
	json_number(json, field.offset);
	json_number(json, field.size);
	json_close(json, ']');
}

/* By the names of the members that were measured. */
static void print_info(struct json *json, const struct info_layout *info)
{
	static const char *const names[INFO_FIELDS] = {
		[INFO_TYPE] = "vgpu_type",
		[INFO_NAME] = "vgpu_name",
		[INFO_CLASS] = "vgpu_class",
		[INFO_SIGNATURE] = "vgpu_signature",
		[INFO_LICENSE] = "license",
		[INFO_MAX_INSTANCE] = "max_instance",
		[INFO_NUM_HEADS] = "num_heads",
		[INFO_MAX_RESOLUTION_X] = "max_resolution_x",
		[INFO_MAX_RESOLUTION_Y] = "max_resolution_y",
		[INFO_MAX_PIXELS] = "max_pixels",
		[INFO_FRL_CONFIG] = "frl_config",
		[INFO_CUDA_ENABLED] = "cuda_enabled",
		[INFO_ECC_SUPPORTED] = "ecc_supported",
		[INFO_MULTI_VGPU_SUPPORTED] = "multi_vgpu_supported",
		[INFO_ENCODER_CAPACITY] = "encoder_capacity",
		[INFO_VDEV_ID] = "vdev_id",
		[INFO_PDEV_ID] = "pdev_id",
		[INFO_PROFILE_SIZE] = "profile_size",
		[INFO_FB_LENGTH] = "fb_length",
		[INFO_GSP_HEAP_SIZE] = "gsp_heap_size",
		[INFO_MAPPABLE_VIDEO_SIZE] = "mappable_video_size",
		[INFO_FB_RESERVATION] = "fb_reservation",
		[INFO_BAR1_LENGTH] = "bar1_length",
		[INFO_FRL_ENABLE] = "frl_enable",
		[INFO_GPU_INSTANCE_SIZE] = "gpu_instance_size",
		[INFO_EXTRA_PARAMS] = "vgpu_extra_params",
		[INFO_GPU_DIRECT_SUPPORTED] = "gpu_direct_supported",
		[INFO_NVLINK_P2P_SUPPORTED] = "nvlink_p2p_supported",
		[INFO_MULTI_VGPU_EXCLUSIVE] = "multi_vgpu_exclusive",
		[INFO_MAX_INSTANCE_PER_GI] = "max_instance_per_gi",
		[INFO_PLACEMENT_SIZE] = "placement_size",
		[INFO_PLACEMENT_COUNT] = "homogeneous_placement_count",
	};

	json_key(json, "info");
	json_open(json, '{');
	for (size_t field = 0; field < INFO_FIELDS; field++)
		print_field(json, names[field] ? names[field] : "without a name in tables.c", info->fields[field]);
	json_close(json, '}');
}

static void print_types(struct json *json, const struct types_layout *types)
{
	json_key(json, "types");
	json_open(json, '{');
	print_number(json, "size", types->size);
	print_field(json, "gpu_instance", types->gpu_instance);
	print_field(json, "state", types->state);
	print_field(json, "count", types->count);
	print_field(json, "first", types->first);
	json_close(json, '}');
}

/* [NUMBER, FROM, TO] each. */
static void print_branches(struct json *json, const struct abi *row)
{
	json_key(json, "branches");
	json_open(json, '[');
	for (size_t i = 0; i < ARRAY_SIZE(row->branches) && row->branches[i].number; i++) {
		json_open(json, '[');
		json_number(json, row->branches[i].number);
		json_number(json, row->branches[i].from);
		json_number(json, row->branches[i].to);
		json_close(json, ']');
	}
	json_close(json, ']');
}

static void print_layout(struct json *json, const struct abi *row)
{
	json_open(json, '{');
	print_string(json, "first", row->first);
	print_string(json, "last", row->last);
	print_branches(json, row);
	print_info(json, row->info);
	print_field(json, "config_state", row->config_state);
	print_number(json, "set_info_size", row->set_info_size);
	print_number(json, "type_info_size", row->type_info_size);
	if (row->types)
		print_types(json, row->types);
	print_number(json, "enumerate_size", row->enumerate_size);
	print_number(json, "virt_mode_size", row->virt_mode_size);
	print_boolean(json, "has_pgpu_info", row->has_pgpu_info);
	print_number(json, "types_max", row->types_max);
	print_number(json, "instances_max", row->instances_max);
	json_close(json, '}');
}

static void print_layouts(struct json *json)
{
	for (const struct abi *row = abi_next(NULL); row; row = abi_next(row))
		print_layout(json, row);
}

static void print_statuses(struct json *json)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		json_open(json, '{');
		print_number(json, "code", statuses[i].code);
		print_string(json, "name", nv_status_name(statuses[i].code));
		print_string(json, "meaning", nv_status_meaning(statuses[i].code));
		json_close(json, '}');
	}
}

/* What configure found out. */
static void print_build(struct json *json)
{
	json_string(json, LIBKMOD_SONAME);
}

static void find_releases(void)
{
	char release[64];

	while (scanf("%63s", release) == 1) {
		const struct abi *row = abi_find(release);

		printf("%s %s %s\n", release, row ? row->first : "none", row ? row->last : "");
	}
}

static const struct {
	const char *name;
	void (*print)(struct json *json);
} tables[] = {
	{ "keys", print_keys },
	{ "filters", print_filters },
	{ "outcomes", print_outcomes },
	{ "causes", print_causes },
	{ "events", print_events },
	{ "layouts", print_layouts },
	{ "statuses", print_statuses },
	{ "build", print_build },
};

int main(int argc, char **argv)
{
	struct json json = { .file = stdout };

	if (argc == 2 && strcmp(argv[1], "releases") == 0) {
		find_releases();
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (argc != 2 || strcmp(argv[1], tables[i].name) != 0)
			continue;
		json_open(&json, '[');
		tables[i].print(&json);
		json_end(&json, ']');
		return 0;
	}
	fprintf(stderr, "tables: which table?\n");
	return 2;
}
