/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/import/convert.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"
#include "base/string-util.h"

/* Where a key of the other program goes. */
struct rule {
	const char *from;
	const char *to;  /* NULL: nowhere */
	const char *why; /* said when the key is there; NULL: nothing to say */
	bool bytes;      /* a size in bytes or with a unit; ours are MiB */
	bool is_switch;  /* a whole number, of which any but 0 is on; ours is 0 or 1 */
	bool elsewhere;     /* the caller sees to it */
	const char *amount; /* what the number of a switch is taken for as well, where nothing else says that */
};

struct import {
	struct tree *tree;
	struct diagnostics *diag;
	const char *program; /* for messages */
	/* of vgpu_unlock */
	const struct node *profiles; /* [profile.nvidia-NUMBER], by name; NULL: has none */
	struct node *types;          /* what becomes of everything, a list */
	uint64_t number;             /* from which on numbers for new types are looked for */
};

/* NVIDIA's own numbers, and the catalog's, lie below. */
#define FIRST_NUMBER 60001

#define KEY(key, ours) { .from = (key), .to = (ours) }
#define SIZE(key, ours) { .from = (key), .to = (ours), .bytes = true }
#define SWITCH(key, ours) { .from = (key), .to = (ours), .is_switch = true }
#define MEANT(key, ours, reason) { .from = (key), .to = (ours), .why = (reason) }
#define DROPPED(key, reason) { .from = (key), .why = (reason) }

static const struct rule gvm_filter[] = {
	KEY("domain", "domain"),
	KEY("bus", "bus"),
	KEY("slot", "slot"),
	KEY("function", "function"),
	KEY("vendor_id", "vendorId"),
	KEY("device_id", "deviceId"),
	KEY("sub_vendor_id", "subvendorId"),
	KEY("sub_device_id", "subdeviceId"),
	KEY("identifier", "identifier"),
	{ .from = NULL },
};

/* Two keys that people write are not the ones that GVM reads (field.md, 2.1): what the file says is what they meant. */
static const struct rule gvm_request[] = {
	KEY("num", "num"),
	KEY("name", "name"),
	KEY("class", "gpuClass"),
	KEY("max_instances", "maxInstances"),
	KEY("v_dev_id", "vDevId"),
	KEY("p_dev_id", "pDevId"),
	KEY("ecc_support", "ecc"),
	MEANT("ecc", "ecc", "GVM reads ecc_support instead and passed over this"),
	KEY("multi_mdev", "multiMdev"),
	KEY("fb_len", "fbLen"),
	KEY("fb_res", "fbRes"),
	KEY("map_vid_size", "mapVideoSize"),
	MEANT("map_video_size", "mapVideoSize", "GVM reads map_vid_size instead and passed over this"),
	KEY("enc_cap", "encCap"),
	KEY("bar1_len", "bar1Len"),
	DROPPED("partition", "MIG slices have no key here"),
	{ .from = "display", .elsewhere = true },
	{ .from = NULL },
};

static const struct rule gvm_display[] = {
	KEY("num_heads", "virtDisplay.numHeads"),
	KEY("max_res_x", "virtDisplay.maxResX"),
	KEY("max_res_y", "virtDisplay.maxResY"),
	KEY("frl_config", "virtDisplay.frlConfig"),
	{ .from = "frl_enable", .to = "virtDisplay.frlEnable", .is_switch = true, .amount = "virtDisplay.frlConfig" },
	{ .from = NULL },
};

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

static int require(const struct import *import, const struct node *node, enum node_kind kind, const char *name)
{
	if (node->kind == kind)
		return 0;
	return diag_error(import->diag, &node->location, name, "must be %s",
			    kind == NODE_MAPPING ? "a table" : "an array of tables");
}

static const struct rule *find_rule(const struct rule *rules, const char *from)
{
	for (; rules->from; rules++)
		if (strcmp(rules->from, from) == 0)
			return rules;
	return NULL;
}

static bool is_zero(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain && strcmp(node->text, "0") == 0;
}

/* Returns the value of a type's key, NULL without; one with a dot, as "virtDisplay.numHeads", is in a mapping of its own. */
static const struct node *find(const struct node *type, const char *name)
{
	const char *dot = strchr(name, '.');
	const struct node *in = dot ? tree_get(type, "virtDisplay") : type;

	return in ? tree_get(in, dot ? dot + 1 : name) : NULL;
}

static int set(const struct import *import, struct node *to, const char *name, struct node *value)
{
	const char *dot = strchr(name, '.');
	struct node *display = tree_get(to, "virtDisplay");

	if (!dot)
		return tree_set(import->tree, to, name, value);
	if (!display) {
		display = tree_node(import->tree, NODE_MAPPING, &value->location);
		if (tree_set(import->tree, to, "virtDisplay", display) < 0)
			return -ENOMEM;
	}
	return tree_set(import->tree, display, dot + 1, value);
}

static int set_number(const struct import *import, struct node *to, const char *name, uint64_t number,
		      const struct location *location)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%" PRIu64, number);
	return set(import, to, name, tree_scalar(import->tree, digits, true, location));
}

/* "2 GiB", "1.5GB" or a number of bytes. 0 or -EINVAL. */
static int parse_size(const char *text, uint64_t *ret)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" }, *const small[] = { "kB", "MB", "GB", "TB" };
	double bytes, factor = 1, power = 1;
	char *unit;

	if (!strchr("0123456789", text[strspn(text, " ")]))
		return -EINVAL;
	bytes = strtod(text, &unit);
	unit += strspn(unit, " ");
	for (int i = 0; i < 4; i++) {
		power *= 1000;
		if (strcmp(unit, small[i]) == 0 || (i == 0 && strcmp(unit, "KB") == 0))
			factor = power;
		else if (strcmp(unit, units[i]) == 0)
			factor = (double)(UINT64_C(1) << 10 * (i + 1));
	}
	if ((factor <= 1 && *unit) || !isfinite(bytes) || bytes * factor >= 0x1p63)
		return -EINVAL;

	*ret = (uint64_t)(bytes * factor + 0.5);
	return 0;
}

static int set_size(const struct import *import, struct node *to, const struct rule *rule, const struct node *value)
{
	uint64_t bytes;
	bool negative;
	int r = -EINVAL;

	if (value->kind == NODE_SCALAR)
		r = value->plain ? parse_integer(value->text, &bytes, &negative) : parse_size(value->text, &bytes);
	if (r < 0)
		return diag_error(import->diag, &value->location, rule->from,
				    "is no size: a number of bytes, or \"2 GiB\" with a unit from kB to TiB");

	if (bytes & 0xfffff)
		diag_warning(import->diag, &value->location, rule->from,
			       "%" PRIu64 " bytes are not a whole number of MiB; rounded down", bytes);
	return set_number(import, to, rule->to, bytes >> 20, &value->location);
}

/* vgpu_unlock makes 1 of every number but 0, and hands the driver no limit; who writes 60 means one, though. */
static int set_switch(const struct import *import, struct node *to, const struct rule *rule, struct node *value)
{
	bool negative, guess = rule->amount && !find(to, rule->amount);
	uint64_t number;

	if (value->kind != NODE_SCALAR || !value->plain || parse_integer(value->text, &number, &negative) < 0)
		return set(import, to, rule->to, value);
	if (number > 1)
		diag_warning(import->diag, &value->location, rule->from, "%s is on, as any number but 0%s%s%s", value->text,
			     guess ? ", and taken for " : "", guess ? rule->amount : "", guess ? ", too" : "");
	if (number > 1 && guess && set(import, to, rule->amount, value) < 0)
		return -ENOMEM;
	return set_number(import, to, rule->to, number != 0, &value->location);
}

static int carry(const struct import *import, const struct rule *rule, struct node *value, struct node *to)
{
	if (!rule->to && is_zero(value))
		return 0;
	if (!rule->to || find(to, rule->to)) {
		diag_warning(import->diag, &value->location, rule->from, "left out: %s",
			       rule->why ? rule->why : "said twice");
		return 0;
	}
	if (rule->why)
		diag_warning(import->diag, &value->location, rule->from, "%s", rule->why);
	if (rule->bytes)
		return set_size(import, to, rule, value);
	if (rule->is_switch)
		return set_switch(import, to, rule, value);
	return set(import, to, rule->to, value);
}

static void tell_unknown_keys(const struct import *import, const struct node *from, const struct rule *rules)
{
	for (size_t i = 0; i < from->n; i += 2) {
		const struct node *key = from->items[i];

		if (!find_rule(rules, key->text))
			diag_warning(import->diag, &key->location, key->text, "left out: %s has no such key", import->program);
	}
}

/* In the order of the rules, which is that of our manual. */
static int carry_all(const struct import *import, const struct node *from, const struct rule *rules, struct node *to)
{
	int result = 0;

	for (const struct rule *rule = rules; rule->from; rule++) {
		struct node *value = tree_get(from, rule->from);
		int r = value && !rule->elsewhere ? carry(import, rule, value, to) : 0;

		if (r < 0)
			result = r;
	}
	tell_unknown_keys(import, from, rules);
	return result;
}

/* GVM */

static int gvm_type(const struct import *import, const struct node *request, struct node *type)
{
	const struct node *display = tree_get(request, "display");
	int r, shown = 0;

	r = carry_all(import, request, gvm_request, type);
	if (display)
		shown = require(import, display, NODE_MAPPING, "display");
	if (display && shown == 0)
		shown = carry_all(import, display, gvm_display, type);
	/* Its default differs from ours. */
	if (r == 0 && !tree_get(type, "name"))
		r = set(import, type, "name", tree_scalar(import->tree, "GVM GPU", false, &request->location));

	return r < 0 ? r : shown;
}

static int gvm_gpu(const struct import *import, const struct node *gpu, struct node *filter)
{
	return carry_all(import, gpu, gvm_filter, filter);
}

/* The tables of one array, each by its function into a mapping of the list that is called to. */
static int gvm_list(const struct import *import, const struct node *config, const char *from, struct node *section,
		    const char *to, int (*each)(const struct import *, const struct node *, struct node *))
{
	const struct node *array = tree_get(config, from);
	struct node *list = tree_node(import->tree, NODE_SEQUENCE, array ? &array->location : &config->location);
	int result = array ? require(import, array, NODE_SEQUENCE, from) : 0;

	if (result < 0)
		return result;
	for (size_t i = 0; array && i < array->n; i++) {
		struct node *item = tree_node(import->tree, NODE_MAPPING, &array->items[i]->location);
		int r = require(import, array->items[i], NODE_MAPPING, from);

		if (r == 0)
			r = tree_add(import->tree, list, item);
		if (r == 0)
			r = each(import, array->items[i], item);
		if (r < 0)
			result = r;
	}
	return result < 0 ? result : tree_set(import->tree, section, to, list);
}

static int gvm_config(const struct import *import, const struct node *config, struct node *section)
{
	static const struct rule keys[] = { KEY("gpu_config", NULL), KEY("request", NULL), { .from = NULL } };
	int filters, types;

	if (!tree_get(config, "gpu_config"))
		diag_warning(import->diag, &config->location, "config", "has no gpu_config: the types are for every GPU");
	tell_unknown_keys(import, config, keys);
	filters = gvm_list(import, config, "gpu_config", section, "filteredGpus", gvm_gpu);
	types = gvm_list(import, config, "request", section, "mdevConfigs", gvm_type);
	return filters < 0 ? filters : types;
}

/* vgpu_unlock */

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
	if (!length && set(import, type, "fbLen", tree_scalar(import->tree, "auto", true, &name->location)) < 0)
		return -ENOMEM;
	if (!length)
		diag_warning(import->diag, &name->location, name->text, "does not say framebuffer: fbLen is auto");
	if (tree_get(type, "fbRes"))
		return 0;

	diag_warning(import->diag, &name->location, name->text, "does not say framebuffer_reservation: fbRes is %s",
		       number ? "what NVIDIA reserves of such a share" : "auto");
	if (number)
		return set_number(import, type, "fbRes", usual_reservation(number), &name->location);
	return set(import, type, "fbRes", tree_scalar(import->tree, "auto", true, &name->location));
}

static int fill_gaps(const struct import *import, const struct node *name, struct node *type)
{
	if (!tree_get(type, "maxInstances")) {
		diag_warning(import->diag, &name->location, name->text,
			       "does not say max_instances: maxInstances is 1, write how many shall share a GPU");
		if (set_number(import, type, "maxInstances", 1, &name->location) < 0)
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

	if (tree_add(import->tree, import->types, type) < 0 || (num && set(import, type, "num", num) < 0))
		return -ENOMEM;
	r = carry_all(import, from, unlock_profile, type);
	return r < 0 ? r : fill_gaps(import, name, type);
}

static int unlock_type(struct import *import, const struct node *name, const struct node *from)
{
	struct node *num = tree_get(from, "gpu_type") ? NULL :
			   tree_scalar(import->tree, name->text + strlen("nvidia-"), true, &name->location);

	if (!num && !tree_get(from, "gpu_type"))
		return -ENOMEM;
	return add_type(import, name, from, num);
}

static bool is_taken(const struct node *types, uint64_t number)
{
	for (size_t i = 0; i < types->n; i++) {
		const struct node *num = tree_get(types->items[i], "num");
		uint64_t taken;
		bool negative;

		if (num && num->kind == NODE_SCALAR && parse_integer(num->text, &taken, &negative) == 0 && taken == number)
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

/* Finds the [profile.nvidia-NUMBER] that an override changes: gpu_type names it, or there is no other one. NULL: not known. */
static const struct node *find_base(const struct import *import, const struct node *name, const struct node *from)
{
	const struct node *type = tree_get(from, "gpu_type"), *base = NULL;
	uint64_t number;
	bool negative;
	char key[32];

	if (type && type->kind == NODE_SCALAR && parse_integer(type->text, &number, &negative) == 0 && import->profiles) {
		snprintf(key, sizeof(key), "nvidia-%" PRIu64, number);
		base = tree_get(import->profiles, key);
	} else if (!type && import->profiles && import->profiles->n == 2) {
		base = import->profiles->items[1];
		diag_warning(import->diag, &name->location, name->text, "is taken for a change of %s, the only profile here",
			     import->profiles->items[0]->text);
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

static int unlock_table(struct import *import, const struct tables *tables, const struct node *key, const struct node *from)
{
	_cleanup_(freep) char *text = text_format("%s%s%s", tables->before, key->text, tables->behind);
	const struct node *name = text ? tree_scalar(import->tree, text, true, &key->location) : NULL;
	int r;

	if (!name)
		return -ENOMEM;
	r = require(import, from, NODE_MAPPING, name->text);
	if (r < 0)
		return r;
	if (tables->is_one(key->text))
		return tables->convert(import, name, from);

	diag_warning(import->diag, &key->location, name->text, "left out: %s", tables->otherwise);
	return 0;
}

static int unlock_all(struct import *import, const struct tables *tables, const struct node *from)
{
	int result = require(import, from, NODE_MAPPING, tables->key);

	for (size_t i = 0; result != -ENOMEM && from->kind == NODE_MAPPING && i < from->n; i += 2) {
		int r = unlock_table(import, tables, from->items[i], from->items[i + 1]);

		if (r < 0)
			result = r;
	}
	return result;
}

static int unlock(struct import *import, const struct node *from, struct node *sections)
{
	static const struct rule keys[] = { KEY("profile", NULL), KEY("mdev", NULL), KEY("vm", NULL), { .from = NULL } };
	struct node *section = tree_node(import->tree, NODE_MAPPING, &from->location);
	const struct node *profiles = tree_get(from, "profile");
	int result = 0;

	import->program = "vgpu_unlock";
	import->profiles = profiles && profiles->kind == NODE_MAPPING ? profiles : NULL;
	import->types = tree_node(import->tree, NODE_SEQUENCE, &from->location);
	import->number = FIRST_NUMBER;
	/* The types that nvidia-vgpud registered stay beside these. */
	if (set(import, section, "discardPrevious", tree_scalar(import->tree, "false", true, &from->location)) < 0 ||
	    tree_set(import->tree, section, "mdevConfigs", import->types) < 0 ||
	    tree_add(import->tree, sections, section) < 0)
		return -ENOMEM;

	tell_unknown_keys(import, from, keys);
	for (size_t i = 0; i < ARRAY_SIZE(unlock_tables); i++) {
		const struct node *tables = tree_get(from, unlock_tables[i].key);
		int r = tables ? unlock_all(import, &unlock_tables[i], tables) : 0;

		if (r < 0)
			result = r;
	}
	return result;
}

static int gvm(struct import *import, const struct node *from, struct node *sections)
{
	static const struct rule keys[] = { KEY("config", NULL), { .from = NULL } };
	const struct node *configs = tree_get(from, "config");
	int result;

	import->program = "GVM";
	result = require(import, configs, NODE_SEQUENCE, "config");
	tell_unknown_keys(import, from, keys);
	for (size_t i = 0; result != -ENOMEM && configs->kind == NODE_SEQUENCE && i < configs->n; i++) {
		struct node *section = tree_node(import->tree, NODE_MAPPING, &configs->items[i]->location);
		int r = require(import, configs->items[i], NODE_MAPPING, "config");

		if (r == 0)
			r = tree_add(import->tree, sections, section);
		if (r == 0)
			r = gvm_config(import, configs->items[i], section);
		if (r < 0)
			result = r;
	}
	return result;
}

int import_profile(const struct node *from, struct tree *tree, struct diagnostics *diag, struct node **ret)
{
	struct import import = { .tree = tree, .diag = diag };
	struct node *top = tree_node(tree, NODE_MAPPING, &from->location);
	struct node *sections = tree_node(tree, NODE_SEQUENCE, &from->location);
	int r;

	if (tree_get(from, "config"))
		r = gvm(&import, from, sections);
	else if (tree_get(from, "profile") || tree_get(from, "mdev") || tree_get(from, "vm"))
		r = unlock(&import, from, sections);
	else
		return diag_error(diag, &from->location, NULL,
				    "has neither config (GVM) nor profile, mdev or vm (vgpu_unlock)");
	if (r < 0)
		return r;
	if (tree_set(tree, top, "gpus", sections) < 0)
		return -ENOMEM;

	*ret = top;
	return 0;
}
