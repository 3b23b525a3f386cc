/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/keys.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "config/node.h"

/* From this edit distance on, a word is another word and not a misspelling. */
#define SUGGEST_DISTANCE 3

const char *const top_key_names[TOP_KEYS] = { [TOP_GPUS] = "gpus" };

const char *const settings_key_names[SETTINGS_KEYS] = { [SETTINGS_DRIVER_ABI] = "driverAbi" };

const char *const section_key_names[SECTION_KEYS] = {
	[FILTERED_GPUS] = "filteredGpus",
	[DISCARD_PREVIOUS] = "discardPrevious",
	[MDEV_CONFIGS] = "mdevConfigs",
	[EXPECT_TYPES] = "expectTypes",
	[VIRTUAL_FUNCTIONS] = "virtualFunctions",
	[VGPUS] = "vgpus",
};

const char *const vgpu_key_names[VGPU_KEYS] = {
	[VGPU_TYPE] = "type",
	[VGPU_COUNT] = "count",
	[VGPU_FUNCTIONS] = "functions",
	[VGPU_PARAMS] = "params",
};

const char *const filter_key_names[FILTER_KEYS] = {
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

static void keep_nearer(const char *word, const char *known, const char **best, unsigned *distance)
{
	unsigned d = edit_distance(word, known);

	/* "num:1" is a word to YAML */
	if (strncasecmp(word, known, strlen(known)) == 0 && word[strlen(known)] == ':')
		d = 0;
	/* "fbLength": a long word whose beginning is right */
	if (strlen(known) >= 5 && strncasecmp(word, known, strlen(known)) == 0)
		d = MIN(d, SUGGEST_DISTANCE - 1u);
	if (d < *distance && d < strlen(known)) {
		*distance = d;
		*best = known;
	}
}

/* Returns where a key stands that was written in another place; NULL for a word that is no key anywhere. */
static const char *key_location(const char *word, bool in_settings)
{
	if (string_in(word, settings_key_names, ARRAY_SIZE(settings_key_names)))
		return in_settings ? "at the top of the file" : "in settings.yaml";
	if (string_in(word, top_key_names, ARRAY_SIZE(top_key_names)))
		return in_settings ? "in a profile" : "at the top of the file";
	if (string_in(word, section_key_names, ARRAY_SIZE(section_key_names)))
		return "in an entry of gpus";
	if (string_in(word, filter_key_names, ARRAY_SIZE(filter_key_names)))
		return "in an entry of filteredGpus";
	if (string_in(word, vgpu_key_names, ARRAY_SIZE(vgpu_key_names)))
		return "in an entry of vgpus";
	if (strcmp(word, "virtDisplay") == 0)
		return "in an entry of mdevConfigs";
	for (enum type_key key = 0; key < TYPE_KEYS; key++) {
		const char *dot = strchr(type_keys[key].name, '.');

		if (strcmp(word, dot ? dot + 1 : type_keys[key].name) == 0)
			return dot ? "in virtDisplay" : "in an entry of mdevConfigs";
	}
	return NULL;
}

static int unknown_key(const struct cursor *cursor, const char *suggestion, bool in_settings)
{
	/* Word processors and web pages make other characters of the dash of a list. */
	static const char *const dashes[] = { "-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2022", "\u2212" };
	const char *word = cursor->node->text, *home = key_location(word, in_settings), *c = word;

	if (home)
		return cursor_error(cursor, "does not stand here but %s", home);
	for (size_t i = 0; i < ARRAY_SIZE(dashes); i++)
		if (strncmp(word, dashes[i], strlen(dashes[i])) == 0)
			return cursor_error(cursor, "unknown key (an entry of a list is a dash and a blank, and then the key)");
	if (suggestion && strchr(word, ':'))
		return cursor_error(cursor, "unknown key (a blank belongs behind the colon of %s)", suggestion);
	/* A letter of another alphabet that looks the same, or a blank that is none. */
	while (*c && isascii((unsigned char)*c))
		c++;
	if (*c)
		return cursor_error(cursor, "unknown key (%s%s%sit has a character beyond ASCII)",
				    suggestion ? "did you mean " : "", suggestion ? suggestion : "", suggestion ? "?; " : "");
	return suggestion ? cursor_error(cursor, "unknown key (did you mean %s?)", suggestion) :
		cursor_error(cursor, "unknown key");
}

int key_find(const struct cursor *cursor, const struct node *mapping, const char *const *names, size_t n,
	     unsigned *seen, int *meant)
{
	unsigned distance = SUGGEST_DISTANCE;
	const char *best = NULL;

	*meant = -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(cursor->node->text, names[i]) == 0) {
			*seen |= 1u << i;
			*meant = (int)i;
			return 0;
		}
	for (size_t i = 0; i < n; i++) {
		keep_nearer(cursor->node->text, names[i], &best, &distance);
		if (best == names[i])
			*meant = (int)i;
	}

	/* Ignore a misspelt key beside the right one. */
	if (*meant >= 0 && (*seen & 1u << *meant || tree_get(mapping, names[*meant])))
		*meant = -1;
	if (*meant >= 0)
		*seen |= 1u << *meant;
	return unknown_key(cursor, best, names == settings_key_names);
}

/* Returns the part of a key's name behind the prefix of its mapping, NULL where it is not in that mapping. */
static const char *name_within(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(name, prefix, n) == 0 && !strchr(name + n, '.') ? name + n : NULL;
}

/* Marks a key that is only misspelt as not missing. */
static void note_misspelt(const struct cursor *cursor, enum type_key key, struct type *type)
{
	struct value *value = &type->values[key];

	if (value->origin == VALUE_ABSENT)
		*value = (struct value){ .origin = VALUE_BROKEN, .location = cursor->node->location };
}

bool key_means_display(const char *word)
{
	unsigned distance = SUGGEST_DISTANCE;
	const char *best = NULL;

	keep_nearer(word, "virtDisplay", &best, &distance);
	return best;
}

int key_find_type(const struct cursor *cursor, const char *prefix, struct type *type)
{
	unsigned distance = SUGGEST_DISTANCE;
	enum type_key meant = TYPE_KEYS;
	const char *best = NULL, *word = cursor->node->text;
	const size_t n = strlen(prefix);

	for (enum type_key key = 0; key < TYPE_KEYS; key++)
		if (strncmp(type_keys[key].name, prefix, n) == 0 && strcmp(word, type_keys[key].name + n) == 0 && !strchr(word, '.'))
			return (int)key;

	/* Only an unknown word is worth the edit distances. */
	for (enum type_key key = 0; key < TYPE_KEYS; key++) {
		const char *name = name_within(type_keys[key].name, prefix), *dot = strchr(type_keys[key].name, '.');

		if (!name && strcmp(word, dot ? dot + 1 : type_keys[key].name) == 0)
			note_misspelt(cursor, key, type);
		if (!name)
			continue;
		keep_nearer(word, name, &best, &distance);
		if (type_keys[key].other && strcmp(word, type_keys[key].other) == 0) {
			best = name;
			distance = 0;
		}
		if (best == name)
			meant = key;
	}
	if (!*prefix)
		keep_nearer(word, "virtDisplay", &best, &distance);
	if (meant < TYPE_KEYS && best == name_within(type_keys[meant].name, prefix))
		note_misspelt(cursor, meant, type);

	return unknown_key(cursor, best, false);
}
