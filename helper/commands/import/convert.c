/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/import/convert.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/parse.h"

/* Where a key of the other program goes. */
struct rule {
	const char *from;
	const char *to;  /* NULL: nowhere */
	const char *why; /* said when the key is there; NULL: nothing to say */
	bool bytes;      /* a size in bytes or with a unit; ours are MiB */
	bool is_switch;  /* a whole number, of which any but 0 is on; ours is 0 or 1 */
	const char *amount; /* what the number of a switch is taken for as well, where nothing else says that */
};

struct import {
	struct tree *tree;
	struct diagnostics *diag;
	const char *program; /* for messages */
};

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

/* Sets a key of a type; "virtDisplay.numHeads" is one in a mapping of its own. */
static int set(const struct import *import, struct node *to, const char *name, struct node *value)
{
	const char *dot = strchr(name, '.');
	struct node *inner;
	char above[32];

	if (!dot)
		return tree_set(import->tree, to, name, value);

	snprintf(above, sizeof(above), "%.*s", (int)(dot - name), name);
	inner = tree_get(to, above);
	if (!inner) {
		inner = tree_node(import->tree, NODE_MAPPING, &value->location);
		if (tree_set(import->tree, to, above, inner) < 0)
			return -ENOMEM;
	}
	return tree_set(import->tree, inner, dot + 1, value);
}

static bool is_set(const struct node *to, const char *name)
{
	const char *dot = strchr(name, '.');
	char above[32];

	if (!dot)
		return tree_get(to, name);
	snprintf(above, sizeof(above), "%.*s", (int)(dot - name), name);
	to = tree_get(to, above);
	return to && tree_get(to, dot + 1);
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
	bool negative, guess = rule->amount && !is_set(to, rule->amount);
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
	if (!rule->to || is_set(to, rule->to)) {
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

static void tell_unknown(const struct import *import, const struct node *key)
{
	diag_warning(import->diag, &key->location, key->text, "left out: %s has no such key", import->program);
}

/* In the order of the rules, which is that of our manual. other: a key that the caller sees to, or NULL. */
static int carry_all(const struct import *import, const struct node *from, const struct rule *rules, const char *other,
		     struct node *to)
{
	int result = 0;

	for (const struct rule *rule = rules; rule->from; rule++) {
		struct node *value = tree_get(from, rule->from);
		int r = value ? carry(import, rule, value, to) : 0;

		if (r < 0)
			result = r;
	}
	for (size_t i = 0; i < from->n; i += 2) {
		const char *key = from->items[i]->text;

		if (!find_rule(rules, key) && !(other && strcmp(key, other) == 0))
			tell_unknown(import, from->items[i]);
	}
	return result;
}

/* GVM */

static int gvm_type(const struct import *import, const struct node *request, struct node *type)
{
	const struct node *display = tree_get(request, "display");
	int r, shown = 0;

	r = carry_all(import, request, gvm_request, "display", type);
	if (display)
		shown = require(import, display, NODE_MAPPING, "display");
	if (display && shown == 0)
		shown = carry_all(import, display, gvm_display, NULL, type);
	/* Its default differs from ours. */
	if (r == 0 && !tree_get(type, "name"))
		r = set(import, type, "name", tree_scalar(import->tree, "GVM GPU", false, &request->location));

	return r < 0 ? r : shown;
}

static int gvm_gpu(const struct import *import, const struct node *gpu, struct node *filter)
{
	return carry_all(import, gpu, gvm_filter, NULL, filter);
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
	for (size_t i = 0; i < config->n; i += 2)
		if (!find_rule(keys, config->items[i]->text))
			tell_unknown(import, config->items[i]);

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

static int unlock_type(const struct import *import, const struct node *name, const struct node *from, struct node *types)
{
	struct node *type = tree_node(import->tree, NODE_MAPPING, &name->location);
	uint64_t number;
	bool negative;
	int r;

	r = require(import, from, NODE_MAPPING, name->text);
	if (r < 0)
		return r;
	if (strncmp(name->text, "nvidia-", 7) != 0 || parse_integer(name->text + 7, &number, &negative) < 0) {
		diag_warning(import->diag, &name->location, name->text, "left out: no type of NVIDIA's (nvidia-NUMBER)");
		return 0;
	}

	if (tree_add(import->tree, types, type) < 0)
		return -ENOMEM;
	if (!tree_get(from, "gpu_type") && set_number(import, type, "num", number, &name->location) < 0)
		return -ENOMEM;
	r = carry_all(import, from, unlock_profile, NULL, type);
	return r < 0 ? r : fill_gaps(import, name, type);
}

static int unlock_types(const struct import *import, const struct node *profiles, struct node *types)
{
	int result = require(import, profiles, NODE_MAPPING, "profile");

	if (result < 0)
		return result;
	for (size_t i = 0; i < profiles->n; i += 2) {
		int r = unlock_type(import, profiles->items[i], profiles->items[i + 1], types);

		if (r < 0)
			result = r;
	}
	return result;
}

/* [mdev.UUID] and [vm.NUMBER] */
static int tell_devices(const struct import *import, const char *name, const struct node *sections)
{
	int r = require(import, sections, NODE_MAPPING, name);

	for (size_t i = 0; r == 0 && i < sections->n; i += 2)
		diag_warning(import->diag, &sections->items[i]->location, sections->items[i]->text,
			       "left out: is for one virtual GPU, and a type is for all of its kind");
	return r;
}

static int unlock(struct import *import, const struct node *from, struct node *sections)
{
	struct node *section = tree_node(import->tree, NODE_MAPPING, &from->location);
	struct node *types = tree_node(import->tree, NODE_SEQUENCE, &from->location);
	int result = 0;

	import->program = "vgpu_unlock";
	/* The types that nvidia-vgpud registered stay beside these. */
	if (set(import, section, "discardPrevious", tree_scalar(import->tree, "false", true, &from->location)) < 0 ||
	    tree_add(import->tree, sections, section) < 0)
		return -ENOMEM;

	for (size_t i = 0; i < from->n; i += 2) {
		const char *key = from->items[i]->text;
		int r = 0;

		if (strcmp(key, "profile") == 0)
			r = unlock_types(import, from->items[i + 1], types);
		else if (strcmp(key, "mdev") == 0 || strcmp(key, "vm") == 0)
			r = tell_devices(import, key, from->items[i + 1]);
		else
			tell_unknown(import, from->items[i]);
		if (r < 0)
			result = r;
	}
	return result < 0 ? result : tree_set(import->tree, section, "mdevConfigs", types);
}

static int gvm(struct import *import, const struct node *from, struct node *sections)
{
	const struct node *configs = tree_get(from, "config");
	int result;

	import->program = "GVM";
	result = require(import, configs, NODE_SEQUENCE, "config");
	for (size_t i = 0; i < from->n; i += 2)
		if (from->items[i + 1] != configs)
			tell_unknown(import, from->items[i]);

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
