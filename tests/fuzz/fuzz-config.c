/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole way of a configuration, from the bytes of one file to a plan with every value in it, on GPUs and drivers that
 * differ in what they take; and the same bytes as TOML that is imported. Nothing here is faked: each input is a file in a
 * configuration tree, read as the program reads it, every second one with strict trust. See local.mk.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>

#include "base/path.h"
#include "commands/import/convert.h"
#include "commands/import/toml.h"
#include "config/devices.h"
#include "core/plan.h"
#include "core/sizes.h"
#include "vendors/nvidia/lint.h"

/* A Tesla P40 and a GPU whose types are its driver's own: between them, every branch of plan.c. */
static char nvidia[] = "nvidia", i915[] = "i915", p40_address[] = "0000:65:00.0", uhd_address[] = "0000:00:02.0";

static const struct device p40 = {
	.address = p40_address, .driver = nvidia, .pci = { .bus = 0x65 },
	.vendor = 0x10de, .device = 0x1b38, .subvendor = 0x10de, .subdevice = 0x11d9, .class = 0x030200,
};

static const struct device uhd = {
	.address = uhd_address, .driver = i915, .pci = { .slot = 2 },
	.vendor = 0x8086, .device = 0x3e92, .subvendor = 0x8086, .subdevice = 0x2212, .class = 0x030000,
};

static const struct limits widest = { .driver = "any known driver", .types = 64, .instances = 48, .text = 63, .gsp_heap = true };
static const struct limits oldest = { .driver = "driver 510.47.03", .types = 64, .instances = 32, .text = 31 };
static const struct limits none = { .driver = "driver i915" };

/* What lint.c asks of sysfs and of udev. */
uint64_t device_region(const struct device *device, unsigned region)
{
	(void)device, (void)region;
	return UINT64_C(256) << 20;
}

const char *device_model(const struct device *device)
{
	return device->driver == nvidia ? "TU106 [GeForce RTX 2070]" : NULL;
}

static enum outcome nvidia_limits(const struct device *device, const char *layout, struct limits *ret, struct diagnostics *diag)
{
	(void)device, (void)layout, (void)diag;
	*ret = widest;
	return OUTCOME_DONE;
}

static enum outcome gvt_limits(const struct device *device, const char *layout, struct limits *ret, struct diagnostics *diag)
{
	(void)device, (void)layout, (void)diag;
	*ret = none;
	return OUTCOME_DONE;
}

static const struct vendor vendor_nvidia = { .driver = nvidia, .limits = nvidia_limits };
static const struct vendor vendor_gvt = { .driver = i915, .limits = gvt_limits };

/* The table of vendors.c, without what it knows of drivers. */
const struct vendor *vendor_for_pci(uint16_t id)
{
	return id == p40.vendor ? &vendor_nvidia : id == uhd.vendor ? &vendor_gvt : NULL;
}

const struct functions_backend *functions_backend(const char *driver)
{
	static const struct functions_backend nvidia_functions = { .driver = nvidia, .all_or_none = true };

	return strcmp(driver, nvidia) == 0 ? &nvidia_functions : NULL;
}

void vendors_lint(const struct vendor *vendor, const struct type_list *types, const struct device *device, struct diagnostics *diag)
{
	if (vendor != &vendor_gvt)
		nvidia_lint(types, device, diag);
}

enum { PLANS, LISTS, IMPORTS };

struct counter counters[] = { { "plans_with_types", 0 }, { "lists_with_patterns", 0 }, { "profiles_imported", 0 }, { 0 } };

static void look_at_value(const struct value *value, enum type_key key)
{
	const struct type_key_info *info = &type_keys[key];

	require(value->origin != VALUE_ABSENT);
	if (info->kind == VALUE_TEXT) {
		require(value->text && strlen(value->text) >= info->min && strlen(value->text) <= info->max);
		return;
	}
	require(value->origin == VALUE_DEFAULTED || (value->number >= info->min && value->number <= info->max));
}

static void look_at_plan(const struct plan *plan, const struct limits *limits)
{
	require(plan->types.n <= limits->types);
	for (size_t i = 0; i < plan->types.n; i++) {
		const struct type *type = &plan->types.items[i];

		require(type_num(type) != 0 && type_list_find(&plan->types, type_num(type)) == type);
		require(type->values[TYPE_MAX_INSTANCES].number <= limits->instances);
		for (enum type_key key = 0; key < TYPE_KEYS; key++)
			look_at_value(&type->values[key], key);
	}
}

static int size_plan(struct plan *plan, uint64_t framebuffer, const struct limits *limits)
{
	struct diagnostics diag = { 0 };
	int r;

	r = plan_size(plan, framebuffer, limits, &diag);
	if (r == 0)
		r = plan_check_fit(plan, framebuffer, &diag);
	require((r < 0) == (diag.errors > 0));
	diagnostics_done(&diag);
	return r;
}

/* From a GPU without memory to one far larger than any; values that are auto are chosen anew each time. */
static void size_and_look(struct plan *plan, const struct limits *limits)
{
	static const uint64_t framebuffers[] = { 0, 1, 511, 8192, 24576, 196608, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(framebuffers); i++)
		if (size_plan(plan, framebuffers[i], limits) == 0)
			look_at_plan(plan, limits);
}

static void make_plan(struct profile *profile, const struct device *device, const struct limits *limits, bool keep)
{
	const struct selection selection = { .profiles = &profile, .n = 1 };
	const struct plan_client client = {
		.device = device,
		.vendor = device ? vendor_for_pci(device->vendor) : NULL,
		.limits = limits,
		.keep = keep,
	};
	struct diagnostics diag = { 0 };
	struct plan plan = { 0 };
	int r;

	r = plan_build(&selection, &client, &diag, &plan);
	require(r == 0 ? !diag.errors && !profile->broken : diag.errors || profile->broken);
	if (r == 0 && device && limits->types)
		size_and_look(&plan, limits);
	counters[PLANS].n += r == 0 && plan.types.n > 0;
	diagnostics_fold(&diag);
	diagnostics_done(&diag);
	plan_done(&plan);
}

static void look_at_place(const struct diagnostics *diag)
{
	for (size_t i = 0; i < diag->n; i++) {
		const struct diagnostic *m = &diag->items[i];

		require(m->file && m->text && *m->text);
		require((m->line == 0) == (m->column == 0) && (m->used_line == 0) == (m->used_column == 0));
		require(i == 0 || diag->items[i - 1].rank <= m->rank);
	}
}

static void load_profile(const char *path, bool strict)
{
	struct diagnostics diag = { 0 };
	struct profile *profile = NULL;
	int r;

	r = profile_load(path, strict, &diag, &profile);
	require(r == 0 && profile->broken == (diag.errors > 0));
	diagnostics_fold(&diag);
	look_at_place(&diag);
	make_plan(profile, NULL, &widest, false);
	make_plan(profile, &p40, &widest, true);
	make_plan(profile, &p40, &oldest, false);
	make_plan(profile, &uhd, &none, false);
	profile_free(profile);
	diagnostics_done(&diag);
}

static void load_patterns(const char *path, bool strict)
{
	struct diagnostics diag = { 0 };
	struct device_patterns list = { 0 };
	int r;

	r = devices_load(path, strict, &diag, &list);
	require((r < 0) == (diag.errors > 0));
	for (size_t i = 0; i < list.n; i++)
		require(list.items[i].first <= list.items[i].last && list.places[i].line > 0);
	counters[LISTS].n += list.n > 0;
	diagnostics_sort(&diag);
	look_at_place(&diag);
	devices_done(&list);
	diagnostics_done(&diag);
}

static char *file;

/* What import prints is what it judged. */
static void read_again(const struct node *top, const struct profile *judged)
{
	struct diagnostics diag = { 0 };
	struct profile *profile = NULL;
	FILE *f = fopen(file, "we");

	require(f);
	tree_print(top, 0, f);
	require(fclose(f) == 0 && profile_load(file, false, &diag, &profile) == 0);
	require(!profile->broken && profile->n == judged->n);
	for (size_t i = 0; i < profile->n; i++) {
		const struct section *a = &profile->sections[i], *b = &judged->sections[i];

		require(a->n_filters == b->n_filters && a->types.n == b->types.n && a->discard == b->discard);
	}
	profile_free(profile);
	diagnostics_done(&diag);
}

/* What import makes is judged as a file would be. */
static void load_toml(const char *path)
{
	struct diagnostics diag = { 0 };
	struct profile *profile = NULL;
	struct tree tree = { 0 };
	struct node *from, *top;
	int r;

	r = toml_load(path, &tree, &diag, &from);
	require(r < 0 ? diag.errors > 0 : !diag.errors);
	if (r == 0)
		r = import_profile(from, &tree, &diag, &top);
	if (r == 0) {
		r = profile_from(top, &diag, &profile);
		require(r == 0);
		make_plan(profile, NULL, &widest, false);
		if (!profile->broken)
			read_again(top, profile);
		counters[IMPORTS].n += !profile->broken;
	}
	diagnostics_sort(&diag);
	look_at_place(&diag);
	profile_free(profile);
	diagnostics_done(&diag);
	tree_done(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool strict = size & 1 && geteuid() == 0; /* nobody else's file is trusted */

	if (!file)
		file = root_path(CONFDIR "/file.yaml");
	scratch_write(CONFDIR "/file.yaml", data, size);

	load_profile(file, strict);
	load_patterns(file, strict);
	load_toml(file);
	return 0;
}
