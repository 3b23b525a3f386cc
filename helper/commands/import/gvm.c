/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/import/gvm.h"

#include <errno.h>

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

static int gvm_type(const struct import *import, const struct node *request, struct node *type)
{
	const struct node *display = tree_get(request, "display");
	int r, shown = 0;

	r = import_carry(import, request, gvm_request, type);
	if (display)
		shown = import_require(import, display, NODE_MAPPING, "display");
	if (display && shown == 0)
		shown = import_carry(import, display, gvm_display, type);
	/* Its default differs from ours. */
	if (r == 0 && !tree_get(type, "name"))
		r = import_set(import, type, "name", tree_scalar(import->tree, "GVM GPU", false, &request->location));

	return r < 0 ? r : shown;
}

static int gvm_gpu(const struct import *import, const struct node *gpu, struct node *filter)
{
	return import_carry(import, gpu, gvm_filter, filter);
}

/* The tables of one array, each by its function into a mapping of the list that is called to. */
static int gvm_list(const struct import *import, const struct node *config, const char *from, struct node *section,
		    const char *to, int (*each)(const struct import *, const struct node *, struct node *))
{
	const struct node *array = tree_get(config, from);
	struct node *list = tree_node(import->tree, NODE_SEQUENCE, array ? &array->location : &config->location);
	int result = array ? import_require(import, array, NODE_SEQUENCE, from) : 0;

	if (result < 0)
		return result;
	for (size_t i = 0; array && i < array->n; i++) {
		struct node *item = tree_node(import->tree, NODE_MAPPING, &array->items[i]->location);
		int r = import_require(import, array->items[i], NODE_MAPPING, from);

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
	import_tell_unknown(import, config, keys);
	filters = gvm_list(import, config, "gpu_config", section, "filteredGpus", gvm_gpu);
	types = gvm_list(import, config, "request", section, "mdevConfigs", gvm_type);
	return filters < 0 ? filters : types;
}

int import_gvm(struct import *import, const struct node *from, struct node *sections)
{
	static const struct rule keys[] = { KEY("config", NULL), { .from = NULL } };
	const struct node *configs = tree_get(from, "config");
	int result;

	import->program = "GVM";
	result = import_require(import, configs, NODE_SEQUENCE, "config");
	import_tell_unknown(import, from, keys);
	for (size_t i = 0; result != -ENOMEM && configs->kind == NODE_SEQUENCE && i < configs->n; i++) {
		struct node *section = tree_node(import->tree, NODE_MAPPING, &configs->items[i]->location);
		int r = import_require(import, configs->items[i], NODE_MAPPING, "config");

		if (r == 0)
			r = tree_add(import->tree, sections, section);
		if (r == 0)
			r = gvm_config(import, configs->items[i], section);
		if (r < 0)
			result = r;
	}
	return result;
}
