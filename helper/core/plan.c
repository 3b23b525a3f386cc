/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_build() merges the sections that are for the client into one list, fills in the defaults of each type, and
 * checks each type and then the list. It goes on after a mistake, since all of them are reported in one run; only a lack
 * of memory ends it. What depends on the GPU's memory is left to sizes.c.
 */
#include "core/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "config/match.h"
#include "model/diagnostics.h"
#include "model/type.h"
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

/* Returns the licence of a class, NULL for another word. */
static const char *find_license(const char *class)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (strcmp(class, classes[i].name) == 0)
			return classes[i].license;
	return NULL;
}

/* Chooses a licence that is auto by the class. */
static int choose_license(struct type *type, struct diagnostics *diag)
{
	struct value *value = &type->values[TYPE_LICENSE];
	const char *class = type->values[TYPE_GPU_CLASS].text, *license;

	if (value->origin != VALUE_AUTO || !type_has(type, TYPE_GPU_CLASS))
		return 0;
	license = find_license(class);
	value->text = strdup(license ? license : "");
	if (!value->text)
		return -ENOMEM;
	return license ? 0 : type_error(diag, type, TYPE_LICENSE, "auto knows no licence for class %s", class);
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
	for (size_t key = 0; key < TYPE_KEYS; key++) {
		const struct type_key_info *info = &type_keys[key];
		struct value *value = &type->values[key];

		if (value->origin != VALUE_ABSENT || info->default_from != DEFAULT_FIXED)
			continue;
		value->origin = VALUE_DEFAULTED;
		value->number = info->number;
		value->text = info->text ? strdup(info->text) : NULL;
		if (info->text && !value->text)
			return -ENOMEM;
	}

	if (device) {
		fill_number(type, TYPE_VDEV_ID, (uint64_t)device->device << 16 | device->subdevice);
		fill_number(type, TYPE_PDEV_ID, device->device);
	}
	/* Each fits 32 bits, so the product fits 64. */
	fill_number(type, TYPE_MAX_PIXELS, type->values[TYPE_MAX_RES_X].number * type->values[TYPE_MAX_RES_Y].number);
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
	const char *class = type->values[TYPE_GPU_CLASS].text, *nearest = NULL;

	if (!type_has(type, TYPE_GPU_CLASS) || find_license(class))
		return;
	/* No word is as near to two of them. */
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (edit_distance(class, classes[i].name) <= 2)
			nearest = classes[i].name;
	type_warning(diag, type, TYPE_GPU_CLASS, "%s is none of Compute, Quadro, NVS, Geforce%s%s%s; it is sent as it is", class,
		     nearest ? " (did you mean " : "", nearest ? nearest : "", nearest ? "?)" : "");
}

static int check_type(const struct type *type, const struct limits *limits, struct diagnostics *diag)
{
	const struct value *v = type->values;
	int name = check_text(type, TYPE_NAME, limits, diag), class = check_text(type, TYPE_GPU_CLASS, limits, diag);
	int result = name < 0 ? name : class;

	if (v[TYPE_MAX_INSTANCES].origin == VALUE_AUTO && type_is_auto(type))
		result = type_error(diag, type, TYPE_MAX_INSTANCES, "auto follows from the type's size, which %s leaves open; one of the two "
				    "is a number", v[TYPE_FB_LEN].origin == VALUE_AUTO ? "fbLen" : "fbRes");
	if (v[TYPE_MAX_INSTANCES].number > limits->instances)
		result = type_error(diag, type, TYPE_MAX_INSTANCES, "%" PRIu64 " is over %" PRIu64 ", the most of %s",
				    v[TYPE_MAX_INSTANCES].number, limits->instances, limits->driver);
	if (v[TYPE_MAX_RES_X].number * v[TYPE_MAX_RES_Y].number > UINT32_MAX)
		result = type_error(diag, type, TYPE_MAX_RES_X, "%" PRIu64 " x %" PRIu64 " pixels do not fit 32 bits",
				    v[TYPE_MAX_RES_X].number, v[TYPE_MAX_RES_Y].number);
	if (v[TYPE_GSP_HEAP_SIZE].number && !limits->gsp_heap)
		result = type_error(diag, type, TYPE_GSP_HEAP_SIZE, "needs driver 525 or later, not %s", limits->driver);
	check_class(type, diag);
	return result;
}

/* The begin of a section's types in the merged list. */
struct origin {
	const struct section *section;
	size_t first;
};

static int check_duplicates(const struct type_list *types, const struct origin *origins, size_t n_origins,
			    const struct device *device, struct diagnostics *diag)
{
	const struct origin *own = origins;
	int result = 0;

	for (size_t i = 0; i < types->n; i++) {
		const struct type *type = &types->items[i];
		const struct origin *other = origins;

		while (own + 1 < origins + n_origins && own[1].first <= i)
			own++;
		for (size_t j = 0; j < i; j++) {
			const struct type *first = &types->items[j];
			const struct location *location;

			while (other + 1 < origins + n_origins && other[1].first <= j)
				other++;
			if (type_num(type) != type_num(first) || !type_has(type, TYPE_NUM) ||
			    !type_has(first, TYPE_NUM))
				continue;
			/* Without a GPU, auto is known as a place only: numbers.c compares it with numbers. */
			if (!device && type->values[TYPE_NUM].origin != first->values[TYPE_NUM].origin)
				continue;
			/* With unclear filters, or any without a GPU at hand, sections may be for different GPUs. */
			if (own != other && (own->section->unclear || other->section->unclear ||
					     (!device && own->section->n_filters && other->section->n_filters)))
				continue;
			location = &first->values[TYPE_NUM].location;
			result = type_error(diag, type, TYPE_NUM, "%s%" PRIu64 " is taken, first at %s:%u:%u",
					    !device && type->values[TYPE_NUM].origin == VALUE_AUTO ? "auto for type " : "",
					    type_num(type), location->file, location->line, location->column);
			break;
		}
	}
	return result;
}

/* Adds a section's types; place is that of the first one in its file. */
static int add_types(const struct section *section, size_t place, const struct vendor *vendor,
		     const struct plan_client *client, struct diagnostics *diag, struct plan *plan)
{
	struct limits limits = *client->limits;
	int result = 0;

	if (!section->types.n)
		return 0;
	if (vendor != client->vendor)
		vendor->limits(NULL, NULL, &limits, NULL);
	/* Skip types without filters, which are for other GPUs; with filters, these GPUs are meant. */
	if (!limits.types && !section->n_filters)
		return 0;
	if (!limits.types)
		return type_error(diag, &section->types.items[0], TYPE_NUM, "cannot be: %s takes no types, it brings its own; "
				  "expectTypes names those that must be there", limits.driver);
	for (size_t i = 0; i < section->types.n; i++, place++) {
		struct value *num;

		if (type_list_add_copy(&plan->types, &section->types.items[i]) < 0)
			return -ENOMEM;
		num = &plan->types.items[plan->types.n - 1].values[TYPE_NUM];
		if (num->origin != VALUE_AUTO)
			continue;
		/* No other model's types have it, and it is the same at every boot. */
		num->number = place + (client->device ? client->device->device * TYPE_PLACES : 0u);
		if (place >= TYPE_PLACES)
			result = type_error(diag, &section->types.items[i], TYPE_NUM, "auto has numbers for the first %d types of a file, and "
					    "this is its type %zu", TYPE_PLACES - 1, place);
	}
	if (section->discard && !plan->discard_place.line) {
		plan->discard = true;
		plan->discard_place = section->discard_place;
	}
	return result;
}

/* Adds expected types. As above, another driver's is a mistake only in a section whose filters mean this GPU. */
static int add_expected(const struct section *section, const struct vendor *vendor, struct diagnostics *diag,
			struct plan *plan)
{
	int result = 0;

	for (size_t i = 0; i < section->n_expected; i++) {
		const struct expected_type *expected = &section->expected[i];
		bool is_ours = !vendor || expected_is_of(expected, vendor->driver);
		const char **ids;

		if (is_ours && string_in(expected->id, plan->expected, plan->n_expected))
			continue;
		if (is_ours && plan->n_expected == PLAN_EXPECTED_MAX)
			return diag_error(diag, &expected->location, expected->path,
					  "is one type more than the %d that can be expected", PLAN_EXPECTED_MAX);
		if (!is_ours) {
			if (section->n_filters)
				result = diag_error(diag, &expected->location, expected->path,
						    "%s is none of driver %s", expected->id, vendor->driver);
			continue;
		}
		ids = reallocarray(plan->expected, plan->n_expected + 1, sizeof(*ids));
		if (!ids)
			return -ENOMEM;
		plan->expected = ids;
		ids[plan->n_expected++] = expected->id;
	}
	return result;
}

/* Judges how many functions a section wants, and keeps that; two sections must agree. */
static int add_number(const struct section *section, const struct vendor *vendor, struct diagnostics *diag,
		      struct functions_plan *functions)
{
	const struct location *location = &section->functions_location, *first = functions->location;
	const struct functions_backend *backend = vendor ? functions_backend(vendor->driver) : NULL;

	if (!section->functions)
		return 0;
	if (backend && backend->all_or_none && section->functions != VIRTUAL_FUNCTIONS_ALL)
		return diag_error(diag, location, NULL, "virtualFunctions: driver %s has all of a GPU's functions or none; write all",
				  vendor->driver);
	if (functions->number && functions->number != section->functions)
		return diag_error(diag, location, NULL, "virtualFunctions: is another number than at %s:%u:%u", first->file,
				  first->line, first->column);
	functions->number = section->functions;
	functions->location = location;
	return 0;
}

/* Adds what a section says of functions. With a GPU at hand sections meet there, and must not name the same function. */
static int add_functions(const struct section *section, const struct vendor *vendor, const struct plan_client *client,
			 struct diagnostics *diag, struct functions_plan *functions)
{
	size_t before = client->device ? functions->n : 0;
	const struct vgpu **vgpus;
	int result;

	if (!client->device)
		*functions = (struct functions_plan){ .vgpus = functions->vgpus };
	result = add_number(section, vendor, diag, functions);
	if (!section->vgpus.n)
		return result;
	vgpus = reallocarray(functions->vgpus, functions->n + section->vgpus.n, sizeof(*vgpus));
	if (!vgpus)
		return -ENOMEM;
	functions->vgpus = vgpus;
	for (size_t i = 0; i < section->vgpus.n; i++) {
		const struct vgpu *vgpu = vgpus[functions->n++] = &section->vgpus.items[i];
		uint64_t both;

		for (size_t j = 0; j < before; j++)
			if (vgpu_shares_function(vgpu, vgpus[j], &both))
				result = diag_error(diag, &vgpu->location, vgpu->path,
						    "function %" PRIu64 " has a type already, at %s:%u:%u", both,
						    vgpus[j]->location.file, vgpus[j]->location.line, vgpus[j]->location.column);
	}
	return result;
}

/* Adds the sections that are for the client. *ret, to be freed, becomes where the types of each begin. */
static int merge(const struct selection *selection, const struct plan_client *client, struct diagnostics *diag,
		 struct plan *plan, struct origin **ret, size_t *n_origins)
{
	struct origin *origins;
	size_t n = 1;
	int result = 0;

	for (size_t i = 0; i < selection->n; i++)
		n += selection->profiles[i]->n;
	origins = *ret = calloc(n, sizeof(*origins));
	if (!origins)
		return -ENOMEM;

	for (size_t i = 0; i < selection->n; i++) {
		const struct profile *profile = selection->profiles[i];
		size_t place = 1;

		if (profile->broken)
			result = -EINVAL;
		for (size_t j = 0; j < profile->n; place += profile->sections[j++].types.n) {
			const struct section *section = &profile->sections[j];
			/* Judge by the vendor that the filters name where no GPU is at hand. */
			const struct vendor *named = client->device ? NULL : vendor_for_pci(section_vendor_id(section));
			const struct vendor *vendor = named ? named : client->vendor;
			int types, expected, functions;

			if (client->device && !section->selected)
				continue;
			origins[(*n_origins)++] = (struct origin){ section, plan->types.n };
			types = add_types(section, place, vendor, client, diag, plan);
			expected = types == -ENOMEM ? types : add_expected(section, vendor, diag, plan);
			if (expected == -ENOMEM)
				return expected;
			functions = add_functions(section, vendor, client, diag, &plan->functions);
			if (functions == -ENOMEM)
				return functions;
			if (types < 0 || expected < 0 || functions < 0)
				result = -EINVAL;
		}
	}
	return result;
}

/* Fills in and checks each type. */
static int complete(struct plan *plan, const struct device *device, const struct limits *limits,
		    struct diagnostics *diag)
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
		plan->needs_framebuffer |= type_is_auto(type) || type->values[TYPE_MAX_INSTANCES].origin == VALUE_AUTO;
	}
	return result;
}

int plan_build(const struct selection *selection, const struct plan_client *client, struct diagnostics *diag,
	       struct plan *ret)
{
	const struct device *device = client->device;
	const struct limits *limits = client->limits;
	_cleanup_(freep) struct origin *origins = NULL;
	_cleanup_(plan_done) struct plan plan = { 0 };
	size_t n_origins = 0;
	int r, result;

	result = merge(selection, client, diag, &plan, &origins, &n_origins);
	if (result == -ENOMEM)
		return result;
	/* The count of types per GPU says nothing about a file that is for several GPUs. */
	if (device && plan.types.n > limits->types)
		result = type_error(diag, &plan.types.items[limits->types], TYPE_NUM,
				    "is one type more than the %" PRIu64 " that %s takes on a GPU", limits->types, limits->driver);
	r = complete(&plan, device, limits, diag);
	if (r == -ENOMEM)
		return r;
	if (check_duplicates(&plan.types, origins, n_origins, device, diag) < 0 || r < 0)
		result = -EINVAL;
	if (!diag->no_warnings)
		vendors_lint(client->vendor, &plan.types, device, diag);
	if (result < 0)
		return -EINVAL;

	plan.discard = plan.discard && !client->keep;
	*ret = plan;
	plan = (struct plan){ 0 };
	return 0;
}

void plan_done(struct plan *plan)
{
	type_list_done(&plan->types);
	type_list_done(&plan->left_out);
	free(plan->expected);
	free(plan->functions.vgpus);
	*plan = (struct plan){ 0 };
}
