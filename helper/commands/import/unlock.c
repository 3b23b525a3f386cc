/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile_override.toml changes NVIDIA's types: [profile.nvidia-NUMBER] for all vGPUs of one, [mdev.UUID] and
 * [vm.NUMBER] for a single vGPU, on top of the former. Each of these tables becomes a type.
 */
#include "commands/import/unlock.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"
#include "base/string-util.h"

/* NVIDIA's own numbers, and the catalog's, lie below. */
#define FIRST_NUMBER 60001

static const struct rule unlock_profile[] = {
	KEY("gpu_type", "num"),
	KEY("card_name", "name"),
	KEY("vgpu_type", "gpuClass"),
	KEY("features", "license"),
	KEY("max_instances", "maxInstances"),
	KEY("pci_id", "vDevId"),
	KEY("pci_device_id", "pDevId"),
	KEY("num_displays", "virtDisplay.numHeads"),
	KEY("display_width", "virtDisplay.maxResX"),
	KEY("display_height", "virtDisplay.maxResY"),
	KEY("frl_config", "virtDisplay.frlConfig"),
	{ .from = "frl_enabled", .to = "virtDisplay.frlEnable", .is_switch = true, .amount = "virtDisplay.frlConfig" },
	SWITCH("ecc_supported", "ecc"),
	SWITCH("multi_vgpu_supported", "multiMdev"),
	SIZE("framebuffer", "fbLen"),
	SIZE("framebuffer_reservation", "fbRes"),
	SIZE("mappable_video_size", "mapVideoSize"),
	KEY("encoder_capacity", "encCap"),
	KEY("bar1_length", "bar1Len"),
	SWITCH("cuda_enabled", "cuda"),
	KEY("max_pixels", "maxPixels"),
	DROPPED("mig_instance_size", "MIG slices have no key here"),
	DROPPED("adapter_name", "the driver does not take it with a type"),
	DROPPED("short_gpu_name", "the driver does not take it with a type"),
	DROPPED("license_type", "the driver finds the product by the licence string (features, here license)"),
	{ .from = NULL },
};

/* What NVIDIA reserves of a share whose guest gets so much: of N GiB, 64 * (N + 1) MiB, of half a GiB 96 (field.md, 4.2). */
static uint64_t usual_reservation(uint64_t framebuffer)
{
	return framebuffer <= 416 ? 96 : 64 * ((framebuffer + 64 + 959) / 960 + 1);
}

/* A file of overrides leaves to NVIDIA's type what a type of one's own has to say. */
static int fill_sizes(const struct import *import, const struct node *name, struct node *type)
{
	const struct node *length = tree_get(type, "fbLen");
	uint64_t number = 0;
	bool negative;

	if (!length || length->kind != NODE_SCALAR || parse_integer(length->text, &number, &negative) < 0)
		number = 0;
	if (!length && import_set(import, type, "fbLen", tree_scalar(import->tree, "auto", true, &name->location)) < 0)
		return -ENOMEM;
	if (!length)
		diag_warning(import->diag, &name->location, name->text, "does not say framebuffer: fbLen is auto");
	if (tree_get(type, "fbRes"))
		return 0;

	diag_warning(import->diag, &name->location, name->text, "does not say framebuffer_reservation: fbRes is %s",
		       number ? "what NVIDIA reserves of such a share" : "auto");
	if (number)
		return import_set_number(import, type, "fbRes", usual_reservation(number), &name->location);
	return import_set(import, type, "fbRes", tree_scalar(import->tree, "auto", true, &name->location));
}

static int fill_gaps(const struct import *import, const struct node *name, struct node *type)
{
	if (!tree_get(type, "maxInstances")) {
		diag_warning(import->diag, &name->location, name->text,
			       "does not say max_instances: maxInstances is 1, write how many shall share a GPU");
		if (import_set_number(import, type, "maxInstances", 1, &name->location) < 0)
			return -ENOMEM;
	}
	diag_warning(import->diag, &name->location, name->text,
		       "changes a type of NVIDIA's, which has what it does not say; mdev-gpu has its own defaults for that");
	return fill_sizes(import, name, type);
}

/* Makes a type of a table; name is for messages, num NULL where the table itself has the number. */
static int add_type(const struct import *import, const struct node *name, const struct node *from, struct node *num)
{
	struct node *type = tree_node(import->tree, NODE_MAPPING, &name->location);
	int r;

	if (tree_add(import->tree, import->types, type) < 0 || (num && import_set(import, type, "num", num) < 0))
		return -ENOMEM;
	r = import_carry(import, from, unlock_profile, type);
	return r < 0 ? r : fill_gaps(import, name, type);
}

static int unlock_type(struct import *import, const struct node *name, const struct node *from)
{
	struct node *num = NULL;

	if (!tree_get(from, "gpu_type")) {
		num = tree_scalar(import->tree, name->text + strlen("nvidia-"), true, &name->location);
		if (!num)
			return -ENOMEM;
	}
	return add_type(import, name, from, num);
}

static bool is_taken(const struct node *types, uint64_t number)
{
	for (size_t i = 0; i < types->n; i++) {
		const struct node *num = tree_get(types->items[i], "num");
		uint64_t taken;
		bool negative;

		if (num && num->kind == NODE_SCALAR && parse_integer(num->text, &taken, &negative) == 0 &&
		    taken == number)
			return true;
	}
	return false;
}

/* Makes the number of a new type; the comment behind says whose it is. */
static struct node *new_number(struct import *import, const struct node *name)
{
	_cleanup_(freep) char *text = NULL, *comment = NULL;
	struct node *num;

	while (is_taken(import->types, import->number))
		import->number++;
	text = text_format("%" PRIu64, import->number);
	comment = text_format("nvidia-%" PRIu64 " for %s", import->number, name->text);
	num = text && comment ? tree_scalar(import->tree, text, true, &name->location) : NULL;
	if (num)
		num->comment = tree_strdup(import->tree, comment);
	return num && num->comment ? num : NULL;
}

static int add_copy(const struct import *import, const struct node *from, const struct location *use, struct node *to)
{
	struct node *copy = tree_node(import->tree, from->kind, &from->location);

	if (tree_add(import->tree, to, copy) < 0)
		return -ENOMEM;
	*copy = *from;
	copy->location.used_line = use->line;
	copy->location.used_column = use->column;
	return 0;
}

/*
 * Adds what a table says and another one does not yet, as if a merge key had brought it to where it is used (line 0:
 * that is where it was written). gpu_type, which names the table below an override, is for neither.
 */
static int lay_under(const struct import *import, const struct node *from, const struct location *use, struct node *to)
{
	for (size_t i = 0; i < from->n; i += 2) {
		const char *key = from->items[i]->text;

		if (tree_get(to, key) || strcmp(key, "gpu_type") == 0)
			continue;
		if (add_copy(import, from->items[i], use, to) < 0 || add_copy(import, from->items[i + 1], use, to) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Finds the [profile.nvidia-NUMBER] that an override changes: gpu_type names it, or it is the only one. NULL without. */
static const struct node *find_base(const struct import *import, const struct node *name, const struct node *from)
{
	const struct node *type = tree_get(from, "gpu_type"), *base = NULL;
	uint64_t number;
	bool negative;
	char key[32];

	if (import->profiles && type && type->kind == NODE_SCALAR &&
	    parse_integer(type->text, &number, &negative) == 0) {
		snprintf(key, sizeof(key), "nvidia-%" PRIu64, number);
		base = tree_get(import->profiles, key);
	} else if (!type && import->profiles && import->profiles->n == 2) {
		base = import->profiles->items[1];
		diag_warning(import->diag, &name->location, name->text,
			     "is taken for a change of %s, the only profile here", import->profiles->items[0]->text);
	}
	if (type && !base)
		diag_warning(import->diag, &type->location, "gpu_type", "names no profile of this file");
	return base && base->kind == NODE_MAPPING ? base : NULL;
}

static bool says_something(const struct node *from)
{
	for (const struct rule *rule = unlock_profile; rule->from; rule++)
		if (rule->to && strcmp(rule->from, "gpu_type") != 0 && tree_get(from, rule->from))
			return true;
	return false;
}

/* A type is for all vGPUs of its kind: one that is to be different becomes a kind of its own. */
static int unlock_override(struct import *import, const struct node *name, const struct node *from)
{
	static const struct location here = { 0 };
	struct node *whole = tree_node(import->tree, NODE_MAPPING, &name->location), *num;
	const struct node *base;

	if (!says_something(from)) {
		diag_warning(import->diag, &name->location, name->text, "left out: says nothing that a type has");
		return 0;
	}

	base = find_base(import, name, from);
	num = new_number(import, name);
	if (!whole || !num || lay_under(import, from, &here, whole) < 0 ||
	    (base && lay_under(import, base, &name->location, whole) < 0))
		return -ENOMEM;
	diag_warning(import->diag, &name->location, name->text, "becomes a type of its own, nvidia-%s", num->text);
	return add_type(import, name, whole, num);
}

static bool is_type(const char *text)
{
	uint64_t number;
	bool negative;

	return strncmp(text, "nvidia-", 7) == 0 && parse_integer(text + 7, &number, &negative) == 0;
}

static bool is_uuid(const char *text)
{
	size_t n = 0;

	for (; text[n]; n++)
		if (n == 8 || n == 13 || n == 18 || n == 23 ? text[n] != '-' : !isxdigit((unsigned char)text[n]))
			return false;
	return n == 36;
}

static bool is_vm(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* The tables of a file, in this order: the numbers of profiles are known before new ones are given. */
static const struct tables {
	const char *key;
	const char *before, *behind; /* of the name of one, for messages */
	bool (*is_one)(const char *text);
	const char *otherwise; /* said of a name that is none */
	int (*convert)(struct import *import, const struct node *name, const struct node *from);
} unlock_tables[] = {
	{ "profile", "", "", is_type, "no type of NVIDIA's (nvidia-NUMBER)", unlock_type },
	{ "mdev", "[mdev.", "]", is_uuid, "no UUID", unlock_override },
	{ "vm", "[vm.", "]", is_vm, "no number of a virtual machine", unlock_override },
};

static int unlock_table(struct import *import, const struct tables *tables, const struct node *key,
			const struct node *from)
{
	_cleanup_(freep) char *text = text_format("%s%s%s", tables->before, key->text, tables->behind);
	const struct node *name = text ? tree_scalar(import->tree, text, true, &key->location) : NULL;
	int r;

	if (!name)
		return -ENOMEM;
	r = import_require(import, from, NODE_MAPPING, name->text);
	if (r < 0)
		return r;
	if (tables->is_one(key->text))
		return tables->convert(import, name, from);

	diag_warning(import->diag, &key->location, name->text, "left out: %s", tables->otherwise);
	return 0;
}

static int unlock_all(struct import *import, const struct tables *tables, const struct node *from)
{
	int result = import_require(import, from, NODE_MAPPING, tables->key);

	for (size_t i = 0; result != -ENOMEM && from->kind == NODE_MAPPING && i < from->n; i += 2) {
		int r = unlock_table(import, tables, from->items[i], from->items[i + 1]);

		if (r < 0)
			result = r;
	}
	return result;
}

int import_unlock(struct import *import, const struct node *from, struct node *sections)
{
	static const struct rule keys[] = {
		KEY("profile", NULL), KEY("mdev", NULL), KEY("vm", NULL), { .from = NULL },
	};
	struct node *section = tree_node(import->tree, NODE_MAPPING, &from->location);
	const struct node *profiles = tree_get(from, "profile");
	int result = 0;

	import->program = "vgpu_unlock";
	import->profiles = profiles && profiles->kind == NODE_MAPPING ? profiles : NULL;
	import->types = tree_node(import->tree, NODE_SEQUENCE, &from->location);
	import->number = FIRST_NUMBER;
	/* The types that nvidia-vgpud registered stay beside these. */
	if (tree_add(import->tree, sections, section) < 0 ||
	    import_set(import, section, "discardPrevious",
		       tree_scalar(import->tree, "false", true, &from->location)) < 0 ||
	    tree_set(import->tree, section, "mdevConfigs", import->types) < 0)
		return -ENOMEM;

	import_tell_unknown(import, from, keys);
	for (size_t i = 0; i < ARRAY_SIZE(unlock_tables); i++) {
		const struct node *tables = tree_get(from, unlock_tables[i].key);
		int r = tables ? unlock_all(import, &unlock_tables[i], tables) : 0;

		if (r < 0)
			result = r;
	}
	return result;
}
