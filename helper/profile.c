/* SPDX-License-Identifier: GPL-2.0-only */
#include "profile.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A word this far from a known one is a misspelling, not another word. */
#define SUGGEST_DISTANCE 3

/* Where we are in a file: the path is for messages and grows on the way down. */
struct spot {
	struct report *report;
	const struct node *node;
	char path[256];
};

static struct spot spot_at(const struct spot *above, const struct node *node, const char *fmt, ...) _printf_(3, 4);

static struct spot spot_at(const struct spot *above, const struct node *node, const char *fmt, ...)
{
	struct spot spot = { .report = above->report, .node = node };
	int n = snprintf(spot.path, sizeof(spot.path), "%s", above->path);
	va_list ap;

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < sizeof(spot.path))
		vsnprintf(spot.path + n, sizeof(spot.path) - (size_t)n, fmt, ap);
	va_end(ap);

	return spot;
}

#define spot_error(spot, ...) \
	report_error((spot)->report, &(spot)->node->place, *(spot)->path ? (spot)->path : NULL, __VA_ARGS__)

static bool is_null(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain && parse_is_null(node->text);
}

static int require_kind(const struct spot *spot, enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_SCALAR] = "a single value", [NODE_SEQUENCE] = "a list (- entry)", [NODE_MAPPING] = "a mapping (key: value)",
	};

	if (spot->node->kind == NODE_BROKEN)
		return -EINVAL;
	if (kind == NODE_MAPPING && spot->node->kind == NODE_SCALAR && strchr(spot->node->text, '='))
		return spot_error(spot, "must be %s, written with a colon", names[kind]);
	return spot->node->kind == kind ? 0 : spot_error(spot, "must be %s", names[kind]);
}

static void keep_nearer(const char *word, const char *known, const char **best, unsigned *distance)
{
	unsigned d = edit_distance(word, known);

	/* "fbLength": a long word whose beginning is right */
	if (strlen(known) >= 5 && strncasecmp(word, known, strlen(known)) == 0)
		d = MIN(d, SUGGEST_DISTANCE - 1u);
	if (d < *distance && d < strlen(known)) {
		*distance = d;
		*best = known;
	}
}

static const char *const top_names[] = { "gpus" };

enum section_key { FILTERED_GPUS, DISCARD_PREVIOUS, MDEV_CONFIGS, EXPECT_TYPES };

static const char *const section_names[] = {
	[FILTERED_GPUS] = "filteredGpus",
	[DISCARD_PREVIOUS] = "discardPrevious",
	[MDEV_CONFIGS] = "mdevConfigs",
	[EXPECT_TYPES] = "expectTypes",
};

static const char *const filter_names[FILTER_KEYS] = {
	[FILTER_DOMAIN] = "domain",
	[FILTER_BUS] = "bus",
	[FILTER_SLOT] = "slot",
	[FILTER_FUNCTION] = "function",
	[FILTER_VENDOR_ID] = "vendorId",
	[FILTER_DEVICE_ID] = "deviceId",
	[FILTER_SUBVENDOR_ID] = "subvendorId",
	[FILTER_SUBDEVICE_ID] = "subdeviceId",
	[FILTER_IDENTIFIER] = "identifier",
};

static bool is_among(const char *word, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, names[i]) == 0)
			return true;
	return false;
}

/* Where a key stands that was written in another place; NULL for a word that is no key anywhere. */
static const char *home_of(const char *word)
{
	if (is_among(word, top_names, ARRAY_SIZE(top_names)))
		return "at the top of the file";
	if (is_among(word, section_names, ARRAY_SIZE(section_names)))
		return "in an entry of gpus";
	if (is_among(word, filter_names, ARRAY_SIZE(filter_names)))
		return "in an entry of filteredGpus";
	if (strcmp(word, "virtDisplay") == 0)
		return "in an entry of mdevConfigs";
	for (enum type_key key = 0; key < TYPE_KEYS; key++) {
		const char *dot = strchr(type_keys[key].name, '.');

		if (strcmp(word, dot ? dot + 1 : type_keys[key].name) == 0)
			return dot ? "in virtDisplay" : "in an entry of mdevConfigs";
	}
	return NULL;
}

static int unknown_key(const struct spot *spot, const char *suggestion)
{
	const char *home = home_of(spot->node->text);

	if (home)
		return spot_error(spot, "does not stand here but %s", home);
	if (suggestion)
		return spot_error(spot, "unknown key (did you mean %s?)", suggestion);
	return spot_error(spot, "unknown key");
}

static bool has_key(const struct node *mapping, const char *name)
{
	for (size_t i = 0; i < mapping->n; i += 2)
		if (strcmp(mapping->items[i]->text, name) == 0)
			return true;
	return false;
}

/*
 * Finds a mapping's key in a short list of names; tells about the ones that are not in it. Returns -EINVAL for those; meant
 * (-1: nothing) also has the key that is only misspelt, and so does seen, as a bit for each.
 */
static int find_name(const struct spot *spot, const struct node *mapping, const char *const *names, size_t n,
		     unsigned *seen, int *meant)
{
	unsigned distance = SUGGEST_DISTANCE;
	const char *best = NULL;

	*meant = -1;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(spot->node->text, names[i]) == 0) {
			*seen |= 1u << i;
			*meant = (int)i;
			return 0;
		}
		keep_nearer(spot->node->text, names[i], &best, &distance);
		if (best == names[i])
			*meant = (int)i;
	}

	/* What stands here properly is read, and not this. */
	if (*meant >= 0 && (*seen & 1u << *meant || has_key(mapping, names[*meant])))
		*meant = -1;
	if (*meant >= 0)
		*seen |= 1u << *meant;
	return unknown_key(spot, best);
}

/* The part of a key's name behind the prefix of its mapping, NULL where it is not in that mapping. */
static const char *name_within(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(name, prefix, n) == 0 && !strchr(name + n, '.') ? name + n : NULL;
}

/* A key that is only misspelt is not missing. */
static void note_misspelt(const struct spot *spot, enum type_key key, struct type *type)
{
	struct value *value = &type->values[key];

	if (value->origin == VALUE_ABSENT)
		*value = (struct value){ .origin = VALUE_BROKEN, .place = spot->node->place };
}

static int find_type_key(const struct spot *spot, const char *prefix, struct type *type)
{
	unsigned distance = SUGGEST_DISTANCE;
	enum type_key meant = TYPE_KEYS;
	const char *best = NULL;

	for (enum type_key key = 0; key < TYPE_KEYS; key++) {
		const char *name = name_within(type_keys[key].name, prefix), *dot = strchr(type_keys[key].name, '.');

		if (!name && strcmp(spot->node->text, dot ? dot + 1 : type_keys[key].name) == 0)
			note_misspelt(spot, key, type);
		if (!name)
			continue;
		if (strcmp(spot->node->text, name) == 0)
			return (int)key;
		keep_nearer(spot->node->text, name, &best, &distance);
		if (type_keys[key].other && strcmp(spot->node->text, type_keys[key].other) == 0) {
			best = name;
			distance = 0;
		}
		if (best == name)
			meant = key;
	}
	if (!*prefix)
		keep_nearer(spot->node->text, "virtDisplay", &best, &distance);
	if (meant < TYPE_KEYS && best == name_within(type_keys[meant].name, prefix))
		note_misspelt(spot, meant, type);

	return unknown_key(spot, best);
}

/* Small bounds are clearer in decimal, IDs and masks in hexadecimal. */
static int outside(const struct spot *spot, const char *text, const char *relation, uint64_t bound)
{
	if (bound < 0x10000)
		return spot_error(spot, "%s is %s %" PRIu64, text, relation, bound);
	return spot_error(spot, "%s is %s 0x%" PRIx64, text, relation, bound);
}

static int leading_zeros(const struct spot *spot, const char *text)
{
	const char *digits = text + strspn(text, "+-0");

	if (!*digits) /* nothing but zeros: one of them is the number */
		digits--;
	if (*digits == '0' || digits[strspn(digits, "01234567_")])
		return spot_error(spot, "%s is octal to some readers, because of the zero in front; write %s", text, digits);
	return spot_error(spot, "%s is octal to some readers and decimal to others; write 0o%s or %s", text, digits, digits);
}

/* "896M", "1 GiB": how much it is in MiB; 0 where it is no size. */
static uint64_t size_in_mib(const char *text)
{
	static const struct {
		const char *letter;
		unsigned shift;
	} units[] = { { "mM", 0 }, { "gG", 10 }, { "tT", 20 } };
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits + strspn(text + digits, " ");
	bool has_ending = *unit && (!unit[1] || is_among(unit + 1, (const char *const[]){ "B", "b", "iB", "ib" }, 4));

	for (size_t i = 0; digits && digits < 10 && has_ending && i < ARRAY_SIZE(units); i++)
		if (strchr(units[i].letter, *unit))
			return strtoull(text, NULL, 10) << units[i].shift;
	return 0;
}

/* A text between the quotes that word processors and web pages make of "". */
static bool has_typographic_quotes(const struct node *node)
{
	static const char *const quotes[] = { "\u201c", "\u201d", "\u201e", "\u2018", "\u2019", "\u201a" };
	size_t n = strlen(node->text);

	return node->plain && n >= 6 && is_among((const char[]){ node->text[0], node->text[1], node->text[2], 0 }, quotes,
						 ARRAY_SIZE(quotes)) &&
	       is_among(node->text + n - 3, quotes, ARRAY_SIZE(quotes));
}

/* PCI IDs as lspci prints them: four digits, or two times four for what has both halves. */
static bool is_bare_id(const char *text, bool both)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	return (n == 4 && !text[4]) || (both && n == 8 && !text[8]) ||
	       (both && n == 4 && text[4] == ':' && strlen(text) == 9 && is_bare_id(text + 5, false));
}

/* The half before a colon says no more than whose the other half is. */
static bool is_vendor(const char *text)
{
	return strncasecmp(text, "10de:", 5) == 0 || strncmp(text, "8086:", 5) == 0;
}

/* What people write for a number, and how it is written here. */
static int no_number(const struct spot *spot, const char *unit, uint64_t max)
{
	const char *text = spot->node->text;
	bool both = max > UINT32_MAX;

	if (!unit && is_bare_id(text, true) && is_vendor(text))
		return spot_error(spot, "'%s' is not a whole number; without the vendor, in hexadecimal, it is 0x%s", text, text + 5);
	if (has_typographic_quotes(spot->node))
		return spot_error(spot, "%s has typographic quotes; a number stands without quotes", text);
	if (unit && strcmp(unit, "MiB") == 0 && size_in_mib(text))
		return spot_error(spot, "'%s' is not a whole number; sizes are in MiB: %" PRIu64, text, size_in_mib(text));
	if (unit && strcmp(unit, "MiB") == 0 && isdigit((unsigned char)*text))
		return spot_error(spot, "'%s' is not a whole number; sizes are in MiB", text);
	if (strncmp(text, "0X", 2) == 0)
		return spot_error(spot, "'%s' is not a whole number; write 0x%s", text, text + 2);
	if (!unit && is_bare_id(text, both))
		return spot_error(spot, "'%s' is not a whole number; in hexadecimal it is 0x%.4s%s", text, text,
				  text + 4 + (text[4] == ':'));
	return spot_error(spot, "'%s' is not a whole number", text);
}

static int read_integer(const struct spot *spot, const char *unit, uint64_t min, uint64_t max, uint64_t *ret)
{
	const char *text = spot->node->text;
	uint64_t value = 0;
	bool negative;
	int r;

	r = require_kind(spot, NODE_SCALAR);
	if (r < 0)
		return r;
	if (!spot->node->plain)
		return spot_error(spot, "\"%s\" is a text; a number stands without quotes", text);

	r = parse_integer(text, &value, &negative);
	if (r == -ENOTUNIQ)
		return leading_zeros(spot, text);
	if (r == -EINVAL)
		return no_number(spot, unit, max);
	if (negative || (r == 0 && value < min))
		return outside(spot, text, "under", min);
	if (r == -ERANGE || value > max)
		return outside(spot, text, "over", max);

	*ret = value;
	return 0;
}

static int read_boolean(const struct spot *spot, uint64_t *ret)
{
	const char *text = spot->node->text;
	bool value;
	int r;

	r = require_kind(spot, NODE_SCALAR);
	if (r < 0)
		return r;
	if (!spot->node->plain)
		return spot_error(spot, "\"%s\" is a text; true and false stand without quotes", text);

	/* Mdev-GPU's frlEnable was a number. */
	if (strcmp(text, "0") == 0 || strcmp(text, "1") == 0)
		value = *text == '1';
	else if (parse_boolean(text, &value) < 0)
		return spot_error(spot, "'%s' is neither true nor false", text);

	*ret = value;
	return 0;
}

static bool has_control_character(const char *s)
{
	for (; *s; s++)
		if (iscntrl((unsigned char)*s))
			return true;
	return false;
}

static bool is_hexadecimal(const char *s)
{
	return strspn(s, "0123456789abcdefABCDEF") == strlen(s);
}

static int read_text(const struct spot *spot, enum type_key key, char **ret)
{
	const struct type_key_info *info = &type_keys[key];
	const char *text = spot->node->text;
	bool negative, truth;
	uint64_t number;
	char *copy;
	int r;

	r = require_kind(spot, NODE_SCALAR);
	if (r < 0)
		return r;
	if (spot->node->plain && (parse_integer(text, &number, &negative) != -EINVAL || parse_boolean(text, &truth) == 0))
		return spot_error(spot, "%s is not a text; put it in quotes", text);
	if (has_typographic_quotes(spot->node))
		return spot_error(spot, "%s has typographic quotes, which would be part of the text; write \" or '", text);
	if (strlen(text) < info->min)
		return spot_error(spot, "is %zu bytes long, under %" PRIu64, strlen(text), info->min);
	if (strlen(text) > info->max)
		return spot_error(spot, "is %zu bytes long, over %" PRIu64, strlen(text), info->max);
	if (has_control_character(text))
		return spot_error(spot, "holds a control character");
	if (key == TYPE_SIGNATURE && !is_hexadecimal(text))
		return spot_error(spot, "holds something else than hexadecimal digits");

	copy = strdup(text);
	if (!copy)
		return spot_error(spot, "out of memory");
	free(*ret);
	*ret = copy;
	return 0;
}

static bool is_auto(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain && strcmp(node->text, "auto") == 0;
}

static int read_word(const struct spot *spot, enum type_key key, struct value *value)
{
	const struct type_key_info *info = &type_keys[key];

	switch (info->kind) {
	case VALUE_INTEGER:
		return read_integer(spot, info->unit, info->min, info->max, &value->number);
	case VALUE_BOOLEAN:
		return read_boolean(spot, &value->number);
	case VALUE_TEXT:
		return read_text(spot, key, &value->text);
	}
	return -EINVAL;
}

static int read_value(const struct spot *spot, enum type_key key, struct type *type)
{
	struct value *value = &type->values[key];
	int r = 0;

	if (is_null(spot->node))
		return 0;

	value->place = spot->node->place;
	value->origin = VALUE_AUTO;
	if (!type_keys[key].automatic || !is_auto(spot->node)) {
		r = read_word(spot, key, value);
		value->origin = r < 0 ? VALUE_BROKEN : VALUE_GIVEN;
	}
	return r;
}

static int read_type_keys(const struct spot *mapping, const char *prefix, struct type *type)
{
	const struct node *node = mapping->node;
	int result = 0;

	for (size_t i = 0; i < node->n; i += 2) {
		const struct node *key_node = node->items[i], *value_node = node->items[i + 1];
		struct spot key_spot = spot_at(mapping, key_node, ".%s", key_node->text);
		struct spot value_spot = spot_at(mapping, value_node, ".%s", key_node->text);
		int r, key;

		if (!*prefix && strcmp(key_node->text, "virtDisplay") == 0) {
			if (is_null(value_node))
				continue;
			r = require_kind(&value_spot, NODE_MAPPING);
			if (r == 0)
				r = read_type_keys(&value_spot, "virtDisplay.", type);
		} else {
			r = key = find_type_key(&key_spot, prefix, type);
			if (key >= 0)
				r = read_value(&value_spot, (enum type_key)key, type);
		}
		if (r < 0)
			result = r;
	}
	return result;
}

static int require_keys(const struct spot *mapping, const struct type *type)
{
	int result = 0;

	if (mapping->node->partial)
		return 0;
	for (size_t key = 0; key < TYPE_KEYS; key++)
		if (type_keys[key].default_from == DEFAULT_NONE && type->values[key].origin == VALUE_ABSENT)
			result = spot_error(mapping, "%s is missing", type_keys[key].name);

	return result;
}

static int read_type(const struct spot *spot, struct type_list *types)
{
	struct type *type;
	int r, missing;

	r = require_kind(spot, NODE_MAPPING);
	if (r < 0)
		return r;
	type = type_list_add(types);
	if (!type)
		return spot_error(spot, "out of memory");
	type->place = spot->node->place;
	type->path = strdup(spot->path);
	if (!type->path)
		return spot_error(spot, "out of memory");

	r = read_type_keys(spot, "", type);
	missing = require_keys(spot, type);
	return r < 0 ? r : missing;
}

static int read_types(const struct spot *list, struct type_list *types)
{
	int result = require_kind(list, NODE_SEQUENCE);

	if (result < 0)
		return result;
	for (size_t i = 0; i < list->node->n; i++) {
		struct spot spot = spot_at(list, list->node->items[i], "[%zu]", i);
		int r = read_type(&spot, types);

		if (r < 0)
			result = r;
	}
	return result;
}

const char *filter_key_name(enum filter_key key)
{
	return filter_names[key];
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
static void warn_of_decimal(const struct spot *spot, enum filter_key key, uint64_t value)
{
	const char *text = spot->node->text;
	bool is_id = key >= FILTER_VENDOR_ID && key <= FILTER_SUBDEVICE_ID;

	if (key == FILTER_VENDOR_ID && (value == 0x10de || value == 0x8086))
		return;
	if (key == FILTER_IDENTIFIER || value < 10 || strspn(text, "0123456789") != strlen(text) || (is_id && strlen(text) != 4))
		return;
	report_warning(spot->report, &spot->node->place, spot->path,
		       "%s is decimal, 0x%" PRIx64 "; what lspci calls %s is 0x%s here", text, value, text, text);
}

static int read_filter(const struct spot *spot, struct filter *filter)
{
	const struct node *node = spot->node;
	int result = require_kind(spot, NODE_MAPPING);
	unsigned seen = 0;

	if (result < 0)
		return result;
	for (size_t i = 0; i < node->n; i += 2) {
		struct spot key_spot = spot_at(spot, node->items[i], ".%s", node->items[i]->text);
		struct spot value_spot = spot_at(spot, node->items[i + 1], ".%s", node->items[i]->text);
		int key, r = find_name(&key_spot, node, filter_names, FILTER_KEYS, &seen, &key);

		if (r == 0 && !is_null(node->items[i + 1])) {
			filter->given[key] = true;
			filter->places[key] = node->items[i + 1]->place;
			r = read_integer(&value_spot, NULL, 0, filter_max[key], &filter->values[key]);
			if (r == 0)
				warn_of_decimal(&value_spot, (enum filter_key)key, filter->values[key]);
		}
		if (r < 0)
			result = r;
	}
	return result;
}

static int read_filters(const struct spot *list, struct section *section)
{
	int result;

	if (is_null(list->node))
		return 0;
	result = require_kind(list, NODE_SEQUENCE);
	if (result < 0 || list->node->n == 0)
		return result;

	section->filters = calloc(list->node->n, sizeof(*section->filters));
	if (!section->filters)
		return spot_error(list, "out of memory");
	section->n_filters = list->node->n;

	for (size_t i = 0; i < list->node->n; i++) {
		struct spot spot = spot_at(list, list->node->items[i], "[%zu]", i);
		int r = read_filter(&spot, &section->filters[i]);

		if (r < 0)
			result = r;
	}
	return result;
}

static int read_discard(const struct spot *spot, struct section *section)
{
	uint64_t value = section->discard;
	int r = is_null(spot->node) ? 0 : read_boolean(spot, &value);

	section->discard = value;
	return r;
}

/* "DRIVER-NAME", as the folders in mdev_supported_types are called. */
static bool is_type_id(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+";
	const char *dash = strchr(s, '-');

	return dash && dash > s && dash[1] && *s != '.' && strspn(s, letters) == strlen(s) && strlen(s) <= TYPE_ID_MAX;
}

static int read_expected(const struct spot *spot, struct expected_type *expected)
{
	int r;

	r = require_kind(spot, NODE_SCALAR);
	if (r < 0)
		return r;
	if (!is_type_id(spot->node->text))
		return spot_error(spot, "'%s' is no type's name in sysfs (DRIVER-NAME, as i915-GVTg_V5_4)", spot->node->text);

	expected->id = spot->node->text;
	expected->place = spot->node->place;
	expected->path = strdup(spot->path);
	return expected->path ? 0 : spot_error(spot, "out of memory");
}

static int read_expected_types(const struct spot *list, struct section *section)
{
	int result;

	if (is_null(list->node))
		return 0;
	result = require_kind(list, NODE_SEQUENCE);
	if (result < 0 || list->node->n == 0)
		return result;

	section->expected = calloc(list->node->n, sizeof(*section->expected));
	if (!section->expected)
		return spot_error(list, "out of memory");

	for (size_t i = 0; i < list->node->n; i++) {
		struct spot spot = spot_at(list, list->node->items[i], "[%zu]", i);
		int r = read_expected(&spot, &section->expected[section->n_expected]);

		if (r < 0)
			result = r;
		else
			section->n_expected++;
	}
	return result;
}

static int read_section_value(const struct spot *spot, enum section_key key, struct section *section)
{
	switch (key) {
	case FILTERED_GPUS:
		return read_filters(spot, section);
	case DISCARD_PREVIOUS:
		return read_discard(spot, section);
	case MDEV_CONFIGS:
		return read_types(spot, &section->types);
	case EXPECT_TYPES:
		return read_expected_types(spot, section);
	}
	return -EINVAL;
}

static int read_section(const struct spot *spot, struct section *section)
{
	const unsigned types = 1u << MDEV_CONFIGS | 1u << EXPECT_TYPES;
	const struct node *node = spot->node;
	int result = require_kind(spot, NODE_MAPPING);
	unsigned seen = 0;

	if (result < 0)
		return result;
	for (size_t i = 0; i < node->n; i += 2) {
		struct spot key_spot = spot_at(spot, node->items[i], ".%s", node->items[i]->text);
		struct spot value_spot = spot_at(spot, node->items[i + 1], ".%s", node->items[i]->text);
		int key, r = find_name(&key_spot, node, section_names, ARRAY_SIZE(section_names), &seen, &key);
		int value = key < 0 ? 0 : read_section_value(&value_spot, (enum section_key)key, section);

		if (r < 0 || value < 0)
			result = -EINVAL;
		section->unclear |= key == FILTERED_GPUS && (r < 0 || value < 0);
	}

	return seen & types || node->partial ? result : spot_error(spot, "mdevConfigs is missing");
}

static int read_sections(const struct spot *list, struct profile *profile)
{
	int result = require_kind(list, NODE_SEQUENCE);

	if (result < 0 || list->node->n == 0)
		return result;
	profile->sections = calloc(list->node->n, sizeof(*profile->sections));
	if (!profile->sections)
		return spot_error(list, "out of memory");
	profile->n = list->node->n;

	for (size_t i = 0; i < profile->n; i++) {
		struct spot spot = spot_at(list, list->node->items[i], "[%zu]", i);
		int r;

		profile->sections[i].discard = true;
		r = read_section(&spot, &profile->sections[i]);
		if (r < 0)
			result = r;
	}
	return result;
}

static int read_profile(const struct spot *top, struct profile *profile)
{
	const struct node *node = top->node;
	int result = require_kind(top, NODE_MAPPING);
	unsigned seen = 0;

	if (result < 0)
		return result;
	for (size_t i = 0; i < node->n; i += 2) {
		struct spot key_spot = spot_at(top, node->items[i], "%s", node->items[i]->text);
		struct spot value_spot = spot_at(top, node->items[i + 1], "%s", node->items[i]->text);
		int key, r = find_name(&key_spot, node, top_names, ARRAY_SIZE(top_names), &seen, &key);
		int value = key < 0 ? 0 : read_sections(&value_spot, profile);

		if (r < 0 || value < 0)
			result = -EINVAL;
	}

	return seen || result < 0 || node->partial ? result : spot_error(top, "gpus is missing");
}

int profile_load(const char *path, bool strict, struct report *report, struct profile **ret)
{
	_cleanup_(profile_freep) struct profile *profile = calloc(1, sizeof(*profile));
	struct spot top = { .report = report };
	int r;

	if (!profile)
		return -ENOMEM;
	r = config_load(path, strict, report, &profile->document);
	if (r == -ENOMEM)
		return r;
	profile->broken = r < 0 || document_is_broken(profile->document);

	top.node = r < 0 ? NULL : document_root(profile->document);
	if (top.node)
		profile->broken |= read_profile(&top, profile) < 0;

	*ret = TAKE_PTR(profile);
	return 0;
}

int profile_from(const struct node *top, struct report *report, struct profile **ret)
{
	_cleanup_(profile_freep) struct profile *profile = calloc(1, sizeof(*profile));
	const struct spot spot = { .report = report, .node = top };

	if (!profile)
		return -ENOMEM;
	profile->broken = read_profile(&spot, profile) < 0;

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
	}
	free(profile->sections);
	document_free(profile->document);
	free(profile);
}

static int read_pattern(const struct spot *spot, struct pci_pattern *ret)
{
	int r;

	r = require_kind(spot, NODE_SCALAR);
	if (r < 0)
		return r;
	r = parse_pci_pattern(spot->node->text, ret);
	if (r == -ERANGE)
		return spot_error(spot, "'%s' ends before it begins", spot->node->text);
	if (r < 0)
		return spot_error(spot, "'%s' is no PCI ID pattern (10de:1b38, 10de:1b00-1b7f, 10de:1b38:10de:11d9, 10de:*)",
				  spot->node->text);
	return 0;
}

static int read_patterns(const struct spot *top, struct pattern_list *list)
{
	int result = require_kind(top, NODE_SEQUENCE);

	if (result < 0 || top->node->n == 0)
		return result;
	list->items = calloc(top->node->n, sizeof(*list->items));
	list->places = calloc(top->node->n, sizeof(*list->places));
	if (!list->items || !list->places)
		return spot_error(top, "out of memory");
	list->n = top->node->n;

	for (size_t i = 0; i < list->n; i++) {
		struct spot spot = spot_at(top, top->node->items[i], "[%zu]", i);
		int r = read_pattern(&spot, &list->items[i]);

		list->places[i] = spot.node->place;
		if (r < 0)
			result = r;
	}
	return result;
}

int patterns_load(const char *path, bool strict, struct report *report, struct pattern_list *ret)
{
	struct pattern_list list = { 0 };
	struct spot top = { .report = report };
	int r;

	r = config_load(path, strict, report, &list.document);
	if (r == 0) {
		top.node = document_root(list.document);
		r = top.node ? read_patterns(&top, &list) : 0;
		if (r == 0 && document_is_broken(list.document))
			r = -EINVAL;
	}
	if (r < 0) {
		patterns_done(&list);
		return r;
	}

	*ret = list;
	return 0;
}

void patterns_done(struct pattern_list *list)
{
	free(list->items);
	free(list->places);
	document_free(list->document);
	*list = (struct pattern_list){ 0 };
}
