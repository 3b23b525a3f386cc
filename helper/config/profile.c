/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A reader for each level of the file, from the top down: read_profile(), read_section(), read_filter() and
 * read_type(). Each reads its mapping key by key and goes on after a mistake; what is in a section with mistakes can be
 * judged, but is never used.
 */
#include "config/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/pci.h"
#include "base/string-util.h"
#include "config/cursor.h"
#include "config/value.h"
#include "model/diagnostics.h"

static int read_text(const struct cursor *cursor, enum type_key key, char **ret)
{
	_cleanup_(freep) char *text = NULL;
	int r;

	r = value_text(cursor, type_keys[key].min, type_keys[key].max, &text);
	if (r == 0 && key == TYPE_SIGNATURE && text[strspn(text, "0123456789abcdefABCDEF")])
		r = cursor_error(cursor, "holds something else than hexadecimal digits");
	if (r < 0)
		return r;

	free(*ret);
	*ret = TAKE_PTR(text);
	return 0;
}

static int read_value(const struct cursor *cursor, enum type_key key, struct type *type)
{
	const struct type_key_info *info = &type_keys[key];
	const struct node *node = cursor->node;
	struct value *value = &type->values[key];
	int r = -EINVAL;

	if (cursor_is_null(cursor) && info->default_from != DEFAULT_NONE)
		return 0;

	value->location = node->location;
	/* In quotes or not: JSON has no words without. */
	if (info->automatic && node->kind == NODE_SCALAR && strcmp(node->text, "auto") == 0) {
		value->origin = VALUE_AUTO;
		return 0;
	}
	if (cursor_is_null(cursor))
		cursor_error(cursor, "has no value");
	else if (info->automatic && info->kind == VALUE_INTEGER && node->kind == NODE_SCALAR && strcasecmp(node->text, "auto") == 0)
		cursor_error(cursor, "'%s' is written auto", node->text);
	else if (info->kind == VALUE_INTEGER)
		r = value_integer(cursor, info->unit, info->min, info->max, &value->number);
	else if (info->kind == VALUE_BOOLEAN)
		r = value_boolean(cursor, &value->number);
	else if (info->kind == VALUE_TEXT)
		r = read_text(cursor, key, &value->text);
	value->origin = r < 0 ? VALUE_BROKEN : VALUE_GIVEN;
	return r;
}

static int read_type_keys(const struct cursor *mapping, const char *prefix, struct type *type)
{
	int result = 0;

	for (size_t i = 0; i < mapping->node->n; i += 2) {
		struct cursor cursor = cursor_key(mapping, i); /* whose path is the value's, too */
		const struct node *word = cursor.node, *value = mapping->node->items[i + 1];
		int r, key;

		if (!*prefix && strcmp(word->text, "virtDisplay") == 0) {
			cursor.node = value;
			if (cursor_is_null(&cursor))
				continue;
			r = cursor_require(&cursor, NODE_MAPPING);
			if (r == 0)
				r = read_type_keys(&cursor, "virtDisplay.", type);
		} else {
			r = key = key_find_type(&cursor, prefix, type);
			cursor.node = value;
			if (key >= 0)
				r = read_value(&cursor, (enum type_key)key, type);
			else if (!*prefix && key_means_display(word->text) && value->kind == NODE_MAPPING)
				read_type_keys(&cursor, "virtDisplay.", type);
		}
		if (r < 0)
			result = r;
	}
	return result;
}

static int read_type(const struct cursor *cursor, void *into)
{
	struct type_list *types = into;
	struct type *type;
	int r, missing = 0;

	r = cursor_require(cursor, NODE_MAPPING);
	if (r < 0)
		return r;
	type = type_list_add(types);
	if (!type)
		return cursor_error(cursor, "out of memory");
	type->location = cursor->node->location;
	type->path = strdup(cursor->path);
	if (!type->path)
		return cursor_error(cursor, "out of memory");

	r = read_type_keys(cursor, "", type);
	if (cursor->node->partial)
		return r;
	for (size_t key = 0; key < TYPE_KEYS; key++)
		if (type_keys[key].default_from == DEFAULT_NONE && type->values[key].origin == VALUE_ABSENT)
			missing = cursor_error(cursor, "%s is missing%s", type_keys[key].name,
					       cursor->node->n == 2 ? "; a dash begins a type of its own" : "");
	return r < 0 ? r : missing;
}

static const uint64_t filter_max[FILTER_KEYS] = {
	[FILTER_DOMAIN] = UINT32_MAX,	   [FILTER_BUS] = UINT8_MAX,	     [FILTER_SLOT] = 0x1f,
	[FILTER_FUNCTION] = 7,		   [FILTER_VENDOR_ID] = UINT16_MAX,  [FILTER_DEVICE_ID] = UINT16_MAX,
	[FILTER_SUBVENDOR_ID] = UINT16_MAX, [FILTER_SUBDEVICE_ID] = UINT16_MAX, [FILTER_IDENTIFIER] = UINT32_MAX,
};

/*
 * lspci prints addresses and IDs in hexadecimal and without 0x. Taken from there, they are other numbers here, and the
 * filter fits no GPU.
 */
static void warn_of_decimal(const struct cursor *cursor, enum filter_key key, uint64_t value)
{
	const char *text = cursor->node->text;
	bool is_id = key >= FILTER_VENDOR_ID && key <= FILTER_SUBDEVICE_ID;

	if (key == FILTER_VENDOR_ID && (value == 0x10de || value == 0x8086))
		return;
	if (key == FILTER_IDENTIFIER || value < 10 || strspn(text, "0123456789") != strlen(text) || (is_id && strlen(text) != 4))
		return;
	diag_warning(cursor->diag, &cursor->node->location, cursor->path,
		     "%s is decimal, 0x%" PRIx64 "; what lspci calls %s is 0x%s here", text, value, text, text);
}

/* Reports a GPU that is named as people name it elsewhere. */
static int no_filter(const struct cursor *cursor)
{
	const char *text = cursor->node->text;
	struct pci_pattern device;
	char address[80];

	if (value_address(text, address, sizeof(address)))
		return cursor_error(cursor, "must be a mapping; %s", address);
	if (parse_pci_pattern(text, &device) == 0 && device.first == device.last && !device.board)
		return cursor_error(cursor, "must be a mapping; the device %s is {vendorId: 0x%04x, deviceId: 0x%04x}",
				    text, device.vendor, device.first);
	return cursor_require(cursor, NODE_MAPPING);
}

static int read_filter(const struct cursor *cursor, void *into)
{
	struct section *section = into;
	struct filter *filter = &section->filters[section->n_filters++];
	int result = cursor->node->kind == NODE_SCALAR ? no_filter(cursor) : cursor_require(cursor, NODE_MAPPING);
	unsigned seen = 0;

	if (result < 0)
		return result;
	for (size_t i = 0; i < cursor->node->n; i += 2) {
		struct cursor key_cursor = cursor_key(cursor, i), value_cursor = cursor_value(cursor, i);
		int key, r = key_find(&key_cursor, cursor->node, filter_key_names, FILTER_KEYS, &seen, &key);

		if (r == 0 && !cursor_is_null(&value_cursor)) {
			filter->given[key] = true;
			filter->places[key] = value_cursor.node->location;
			r = value_integer(&value_cursor, NULL, 0, filter_max[key], &filter->values[key]);
			if (r == 0)
				warn_of_decimal(&value_cursor, (enum filter_key)key, filter->values[key]);
		}
		if (r < 0)
			result = r;
	}
	return result;
}

static int read_expected(const struct cursor *cursor, void *into)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+";
	struct section *section = into;
	struct expected_type *expected;
	const char *id = cursor->node->text, *dash;
	int r;

	r = cursor_require(cursor, NODE_SCALAR);
	if (r < 0)
		return r;
	dash = strchr(id, '-');
	if (!dash || dash == id || !dash[1] || *id == '.' || strspn(id, letters) != strlen(id) ||
	    strlen(id) > TYPE_ID_MAX)
		return cursor_error(cursor, "'%s' is no type's name in sysfs (DRIVER-NAME, as i915-GVTg_V5_4)", id);

	expected = &section->expected[section->n_expected];
	expected->id = id;
	expected->location = cursor->node->location;
	expected->path = strdup(cursor->path);
	if (!expected->path)
		return cursor_error(cursor, "out of memory");
	section->n_expected++;
	return 0;
}

static int read_section_value(const struct cursor *cursor, enum section_key key, struct section *section)
{
	uint64_t discard = section->discard;
	int r;

	if (cursor_is_null(cursor) && key != MDEV_CONFIGS)
		return 0;
	switch (key) {
	case FILTERED_GPUS:
		return cursor_list(cursor, sizeof(*section->filters), &section->filters, read_filter, section);
	case DISCARD_PREVIOUS:
		r = value_boolean(cursor, &discard);
		section->discard = discard;
		section->discard_place = cursor->node->location;
		return r;
	case MDEV_CONFIGS:
		r = cursor_require(cursor, NODE_SEQUENCE);
		return r < 0 ? r : cursor_each(cursor, read_type, &section->types);
	case VIRTUAL_FUNCTIONS:
		section->functions_location = cursor->node->location;
		return vgpus_read_number(cursor, &section->functions);
	case VGPUS:
		section->vgpus_location = cursor->node->location;
		return vgpus_read(cursor, &section->vgpus);
	case EXPECT_TYPES:
		return cursor_list(cursor, sizeof(*section->expected), &section->expected, read_expected, section);
	case SECTION_KEYS:
		break;
	}
	return -EINVAL;
}

/* Returns whether every filter of a section names a GPU, or GPUs of one kind: by device ID, or by address. */
static bool names_gpus(const struct section *section)
{
	for (size_t i = 0; i < section->n_filters; i++) {
		const bool *given = section->filters[i].given;

		if (!given[FILTER_DEVICE_ID] && !(given[FILTER_BUS] && given[FILTER_SLOT]) && !given[FILTER_IDENTIFIER])
			return false;
	}
	return section->n_filters;
}

/* To switch functions on takes a GPU from whoever uses it: only those that somebody named. */
static int check_named(const struct cursor *cursor, const struct section *section)
{
	bool by_functions = section->functions_location.line;
	const struct location *location = by_functions ? &section->functions_location : &section->vgpus_location;
	_cleanup_(freep) char *path = text_format("%s.%s", cursor->path,
						  section_key_names[by_functions ? VIRTUAL_FUNCTIONS : VGPUS]);

	if (!location->line || section->unclear || names_gpus(section))
		return 0;
	return diag_error(cursor->diag, location, path, "needs filteredGpus, and in each of them a deviceId, or bus and slot: "
			  "functions are a matter of GPUs that are named, never of all");
}

static int read_section(const struct cursor *cursor, void *into)
{
	const unsigned types = 1u << MDEV_CONFIGS | 1u << EXPECT_TYPES, functions = 1u << VIRTUAL_FUNCTIONS | 1u << VGPUS;
	struct profile *profile = into;
	struct section *section = &profile->sections[profile->n++];
	const struct node *node = cursor->node;
	int result = cursor_require(cursor, NODE_MAPPING);
	unsigned seen = 0;

	section->discard = true;
	if (result < 0)
		return result;
	section->unclear = node->partial;
	for (size_t i = 0; i < node->n; i += 2) {
		struct cursor key_cursor = cursor_key(cursor, i), value_cursor = cursor_value(cursor, i);
		int key, r = key_find(&key_cursor, node, section_key_names, SECTION_KEYS, &seen, &key);
		int value = key < 0 ? 0 : read_section_value(&value_cursor, (enum section_key)key, section);

		if (r < 0 || value < 0)
			result = -EINVAL;
		section->unclear |= key == FILTERED_GPUS && (r < 0 || value < 0);
	}

	section->has_types = seen & types;
	if (check_named(cursor, section) < 0)
		result = -EINVAL;
	return seen & (types | functions) || node->partial ? result : cursor_error(cursor, "mdevConfigs is missing");
}

static int read_profile(const struct cursor *top, struct profile *profile)
{
	const struct node *node = top->node;
	unsigned seen = 0;
	int result;

	if (node->kind == NODE_SEQUENCE)
		return cursor_error(top, "must be a mapping (key: value); gpus: comes first, and the list stands below it");
	result = cursor_require(top, NODE_MAPPING);
	if (result < 0)
		return result;
	for (size_t i = 0; i < node->n; i += 2) {
		struct cursor key_cursor = cursor_key(top, i), value_cursor = cursor_value(top, i);
		int key, r = key_find(&key_cursor, node, top_key_names, TOP_KEYS, &seen, &key);

		if (key == TOP_GPUS && cursor_list(&value_cursor, sizeof(*profile->sections), &profile->sections,
						 read_section, profile) < 0)
			result = -EINVAL;
		if (r < 0)
			result = r;
	}

	return seen || result < 0 || node->partial ? result : cursor_error(top, "gpus is missing");
}

int profile_load(const char *path, bool strict, struct diagnostics *diag, struct profile **ret)
{
	_cleanup_(profile_freep) struct profile *profile = calloc(1, sizeof(*profile));
	struct cursor top = { .diag = diag };
	int r;

	if (!profile)
		return -ENOMEM;
	r = yaml_load(path, strict, diag, &profile->document);
	if (r == -ENOMEM)
		return r;
	profile->broken = r < 0 || document_is_broken(profile->document);

	top.node = r < 0 ? NULL : document_root(profile->document);
	if (top.node)
		profile->broken |= read_profile(&top, profile) < 0;

	*ret = TAKE_PTR(profile);
	return 0;
}

int profile_from(const struct node *top, struct diagnostics *diag, struct profile **ret)
{
	_cleanup_(profile_freep) struct profile *profile = calloc(1, sizeof(*profile));
	const struct cursor cursor = { .diag = diag, .node = top };

	if (!profile)
		return -ENOMEM;
	profile->broken = read_profile(&cursor, profile) < 0;

	*ret = TAKE_PTR(profile);
	return 0;
}

void profile_free(struct profile *profile)
{
	if (!profile)
		return;
	for (size_t i = 0; i < profile->n; i++) {
		free(profile->sections[i].filters);
		for (size_t j = 0; j < profile->sections[i].n_expected; j++)
			free(profile->sections[i].expected[j].path);
		free(profile->sections[i].expected);
		type_list_done(&profile->sections[i].types);
		vgpu_list_done(&profile->sections[i].vgpus);
	}
	free(profile->sections);
	document_free(profile->document);
	free(profile);
}
