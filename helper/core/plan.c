/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/string-util.h"
#include "config/match.h"
#include "vendors/vendors.h"

/* The classes that NVIDIA's own types have, and the licence that the guests of each ask for (field.md, 4.3). */
static const struct {
	const char *name, *license;
} classes[] = {
	{ "Compute", "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0" },
	{ "Quadro", "Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0" },
	{ "NVS", "GRID-Virtual-PC,2.0;Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0" },
	{ "Geforce", "GRID-vGaming,8.0" },
};

/* The licence of a class; NULL for another word. */
static const char *find_license(const char *class)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (strcmp(class, classes[i].name) == 0)
			return classes[i].license;
	return NULL;
}

/* The class that was perhaps meant, or NULL. */
static const char *nearest_class(const char *word)
{
	unsigned distance = 3;
	const char *nearest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		unsigned d = edit_distance(word, classes[i].name);

		if (d < distance) {
			distance = d;
			nearest = classes[i].name;
		}
	}
	return nearest;
}

static int choose_license(struct type *type, struct diagnostics *diag)
{
	struct value *value = &type->values[TYPE_LICENSE];
	const char *license;

	if (value->origin != VALUE_AUTO)
		return 0;
	if (!type_has(type, TYPE_GPU_CLASS))
		return 0;
	license = find_license(type->values[TYPE_GPU_CLASS].text);
	value->text = strdup(license ? license : "");
	if (!value->text)
		return -ENOMEM;
	return license ? 0 : type_error(diag, type, TYPE_LICENSE, "auto knows no licence for class %s",
					type->values[TYPE_GPU_CLASS].text);
}

static int fill_fixed(struct type *type)
{
	for (size_t key = 0; key < TYPE_KEYS; key++) {
		const struct type_key_info *info = &type_keys[key];
		struct value *value = &type->values[key];

		if (value->origin != VALUE_ABSENT || info->default_from != DEFAULT_FIXED)
			continue;
		value->origin = VALUE_DEFAULTED;
		value->number = info->number;
		if (info->text) {
			value->text = strdup(info->text);
			if (!value->text)
				return -ENOMEM;
		}
	}
	return 0;
}

static void fill_number(struct type *type, enum type_key key, uint64_t number)
{
	struct value *value = &type->values[key];

	if (value->origin != VALUE_ABSENT)
		return;
	value->origin = VALUE_DEFAULTED;
	value->number = number;
}

static int fill_defaults(struct type *type, const struct device *device)
{
	int r = fill_fixed(type);

	if (r < 0)
		return r;
	if (device) {
		fill_number(type, TYPE_VDEV_ID, (uint64_t)device->device << 16 | device->subdevice);
		fill_number(type, TYPE_PDEV_ID, device->device);
	}
	/* Each fits 32 bits, so the product fits 64. */
	fill_number(type, TYPE_MAX_PIXELS,
		    type->values[TYPE_MAX_RES_X].number * type->values[TYPE_MAX_RES_Y].number);
	return 0;
}

static int check_text(const struct type *type, enum type_key key, const struct limits *limits, struct diagnostics *diag)
{
	size_t n = type_has(type, key) ? strlen(type->values[key].text) : 0;

	if (n <= limits->text)
		return 0;
	return type_error(diag, type, key, "is %zu bytes long, over %" PRIu64 ", the most of %s", n, limits->text,
			  limits->driver);
}

static void check_class(const struct type *type, struct diagnostics *diag)
{
	const char *class = type->values[TYPE_GPU_CLASS].text, *nearest;

	if (!type_has(type, TYPE_GPU_CLASS) || find_license(class))
		return;
	nearest = nearest_class(class);
	type_warning(diag, type, TYPE_GPU_CLASS, "%s is none of Compute, Quadro, NVS, Geforce%s%s%s; it is sent as it is", class,
		     nearest ? " (did you mean " : "", nearest ? nearest : "", nearest ? "?)" : "");
}

static int check_numbers(const struct type *type, const struct limits *limits, struct diagnostics *diag)
{
	const struct value *v = type->values;
	int result = 0;

	if (v[TYPE_MAX_INSTANCES].number > limits->instances)
		result = type_error(diag, type, TYPE_MAX_INSTANCES, "%" PRIu64 " is over %" PRIu64 ", the most of %s",
				    v[TYPE_MAX_INSTANCES].number, limits->instances, limits->driver);
	if (v[TYPE_MAX_RES_X].number * v[TYPE_MAX_RES_Y].number > UINT32_MAX)
		result = type_error(diag, type, TYPE_MAX_RES_X, "%" PRIu64 " x %" PRIu64 " pixels do not fit 32 bits",
				    v[TYPE_MAX_RES_X].number, v[TYPE_MAX_RES_Y].number);
	if (v[TYPE_GSP_HEAP_SIZE].number && !limits->gsp_heap)
		result = type_error(diag, type, TYPE_GSP_HEAP_SIZE, "needs driver 525 or later, not %s", limits->driver);
	return result;
}

static int check_type(const struct type *type, const struct limits *limits, struct diagnostics *diag)
{
	int name = check_text(type, TYPE_NAME, limits, diag);
	int class = check_text(type, TYPE_GPU_CLASS, limits, diag);
	int rest = check_numbers(type, limits, diag);

	check_class(type, diag);
	return name < 0 ? name : class < 0 ? class : rest;
}

static int duplicate(const struct type *type, const struct type *first, struct diagnostics *diag)
{
	const struct location *location = &first->values[TYPE_NUM].location;

	return type_error(diag, type, TYPE_NUM, "%" PRIu64 " is taken, first at %s:%u:%u", type_num(type), location->file,
			  location->line, location->column);
}

/* Where a section's types begin in the merged list. */
struct origin {
	const struct section *section;
	size_t first;
};

/* Without a GPU at hand, two sections with filters may be for different ones. */
static bool may_meet(const struct origin *a, const struct origin *b, const struct device *device)
{
	if (a != b && (a->section->unclear || b->section->unclear))
		return false;
	return device || a == b || !a->section->n_filters || !b->section->n_filters;
}

static bool same_number(const struct type *a, const struct type *b)
{
	return type_num(a) == type_num(b) && type_has(a, TYPE_NUM) && type_has(b, TYPE_NUM);
}

static int check_duplicates(const struct type_list *types, const struct origin *origins, size_t n_origins,
			    const struct device *device, struct diagnostics *diag)
{
	const struct origin *own = origins;
	int result = 0;

	for (size_t i = 0; i < types->n; i++) {
		const struct origin *other = origins;

		while (own + 1 < origins + n_origins && own[1].first <= i)
			own++;
		for (size_t j = 0; j < i; j++) {
			while (other + 1 < origins + n_origins && other[1].first <= j)
				other++;
			if (!same_number(&types->items[i], &types->items[j]) || !may_meet(own, other, device))
				continue;
			result = duplicate(&types->items[i], &types->items[j], diag);
			break;
		}
	}
	return result;
}

/* The vendor whose GPUs a section is for: without a GPU at hand, the one that its filters name. */
static const struct vendor *section_vendor(const struct section *section, const struct plan_client *client)
{
	const struct vendor *named = client->device ? NULL : vendor_for_pci(section_vendor_id(section));

	return named ? named : client->vendor;
}

/* Returns 0 for types of a section without filters: they are for others, where with filters somebody means these GPUs. */
static int refuse_types(const struct section *section, const struct limits *limits, struct diagnostics *diag)
{
	if (!section->n_filters)
		return 0;
	return type_error(diag, &section->types.items[0], TYPE_NUM,
			  "cannot be: %s takes no types, it brings its own; expectTypes names those that must be there",
			  limits->driver);
}

static int add_types(const struct section *section, const struct vendor *vendor, const struct plan_client *client,
		     struct diagnostics *diag, struct plan *plan)
{
	struct limits limits = *client->limits;

	if (section->types.n && vendor != client->vendor)
		vendor->limits(NULL, NULL, &limits, NULL);
	if (section->types.n && !limits.types)
		return refuse_types(section, &limits, diag);
	for (size_t i = 0; i < section->types.n; i++)
		if (type_list_add_copy(&plan->types, &section->types.items[i]) < 0)
			return -ENOMEM;
	if (section->types.n && section->discard && !plan->discard_place.line) {
		plan->discard = true;
		plan->discard_place = section->discard_place;
	}
	return 0;
}

static bool is_expected(const struct plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->n_expected; i++)
		if (strcmp(plan->expected[i], id) == 0)
			return true;
	return false;
}

static int add_expected_type(const struct expected_type *expected, struct diagnostics *diag, struct plan *plan)
{
	const char **ids;

	if (is_expected(plan, expected->id))
		return 0;
	if (plan->n_expected == PLAN_EXPECTED_MAX)
		return diag_error(diag, &expected->location, expected->path, "is one type more than the %d that can be expected",
				    PLAN_EXPECTED_MAX);
	ids = reallocarray(plan->expected, plan->n_expected + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	plan->expected = ids;
	ids[plan->n_expected++] = expected->id;
	return 0;
}

/* As with types: what is another driver's is a mistake only in a section that means this GPU. */
static int add_expected(const struct section *section, const struct vendor *vendor, struct diagnostics *diag, struct plan *plan)
{
	int result = 0;

	for (size_t i = 0; i < section->n_expected; i++) {
		const struct expected_type *expected = &section->expected[i];

		if (!expected->id)
			continue; /* a mistake, and told as one */
		if (!vendor || expected_is_of(expected, vendor->driver)) {
			int r = add_expected_type(expected, diag, plan);

			if (r < 0)
				return r;
		} else if (section->n_filters) {
			result = diag_error(diag, &expected->location, expected->path, "%s is none of driver %s", expected->id,
					      vendor->driver);
		}
	}
	return result;
}

static int add_section(const struct section *section, const struct plan_client *client, struct diagnostics *diag, struct plan *plan)
{
	const struct vendor *vendor = section_vendor(section, client);
	int types = add_types(section, vendor, client, diag, plan), expected;

	if (types == -ENOMEM)
		return types;
	expected = add_expected(section, vendor, diag, plan);
	return expected < 0 ? expected : types;
}

static size_t count_sections(const struct selection *selection)
{
	size_t n = 0;

	for (size_t i = 0; i < selection->n; i++)
		n += selection->profiles[i]->n;
	return n;
}

static int merge(const struct selection *selection, const struct plan_client *client, struct diagnostics *diag, struct plan *plan,
		 struct origin *origins, size_t *n_origins)
{
	int result = 0;

	for (size_t i = 0; i < selection->n; i++) {
		const struct profile *profile = selection->profiles[i];

		for (size_t j = 0; j < profile->n; j++) {
			const struct section *section = &profile->sections[j];
			int r;

			if (client->device && !section->selected)
				continue;
			origins[(*n_origins)++] = (struct origin){ section, plan->types.n };
			r = add_section(section, client, diag, plan);
			if (r == -ENOMEM)
				return r;
			if (r < 0)
				result = r;
		}
	}
	return result;
}

static int check_count(const struct plan *plan, const struct limits *limits, struct diagnostics *diag)
{
	const struct type *beyond;

	if (plan->types.n <= limits->types)
		return 0;
	beyond = &plan->types.items[limits->types];
	return type_error(diag, beyond, TYPE_NUM, "is one type more than the %" PRIu64 " that %s takes on a GPU",
			  limits->types, limits->driver);
}

static int complete(struct plan *plan, const struct device *device, const struct limits *limits, struct diagnostics *diag)
{
	int result = 0;

	for (size_t i = 0; i < plan->types.n; i++) {
		struct type *type = &plan->types.items[i];
		int r;

		if (fill_defaults(type, device) < 0)
			return -ENOMEM;
		r = choose_license(type, diag);
		if (r == -ENOMEM)
			return r;
		if (check_type(type, limits, diag) < 0 || r < 0)
			result = -EINVAL;
		plan->needs_framebuffer |= type_is_auto(type);
	}
	return result;
}

static bool is_broken(const struct selection *selection)
{
	for (size_t i = 0; i < selection->n; i++)
		if (selection->profiles[i]->broken)
			return true;
	return false;
}

int plan_build(const struct selection *selection, const struct plan_client *client, struct diagnostics *diag, struct plan *ret)
{
	const struct device *device = client->device;
	const struct limits *limits = client->limits;
	_cleanup_(freep) struct origin *origins = calloc(count_sections(selection) + 1, sizeof(*origins));
	_cleanup_(plan_done) struct plan plan = { 0 };
	size_t n_origins = 0;
	int r, result;

	if (!origins)
		return -ENOMEM;
	result = merge(selection, client, diag, &plan, origins, &n_origins);
	if (result == -ENOMEM)
		return result;

	/* The count of types per GPU says nothing about a file that is for several GPUs. */
	r = device ? check_count(&plan, limits, diag) : 0;
	if (r < 0)
		result = r;
	r = complete(&plan, device, limits, diag);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		result = r;
	r = check_duplicates(&plan.types, origins, n_origins, device, diag);
	if (r < 0)
		result = r;
	if (!diag->no_warnings)
		vendors_lint(client->vendor, &plan.types, device, diag);
	if (result < 0 || is_broken(selection))
		return -EINVAL;

	plan.discard = plan.discard && !client->keep;
	*ret = plan;
	plan = (struct plan){ 0 };
	return 0;
}

void plan_done(struct plan *plan)
{
	type_list_done(&plan->types);
	free(plan->expected);
	*plan = (struct plan){ 0 };
}
