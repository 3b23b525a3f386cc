/* SPDX-License-Identifier: GPL-2.0-only */
#include "nvidia.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "abi.h"
#include "mdev.h"
#include "module.h"
#include "node.h"
#include "rm.h"
#include "status.h"

#define DRIVER "nvidia"

/* vgpuConfigState: types are still coming, or that was the last one. */
#define CONFIG_IN_PROGRESS 1
#define CONFIG_READY 2

#define VIRTUALIZATION_HOST 3

struct session {
	const struct device *gpu;
	const struct abi *abi;
	char release[64];
	int ctl, node;
	uint32_t client, device, subdevice, vgpu; /* RM handles, 0 = none */
};

/* Control parameters that are the same in all releases. */
struct id_info {
	uint32_t gpu_id, flags, device_instance, subdevice_instance, sli_status, board_id, gpu_instance, numa_id;
};
_Static_assert(sizeof(struct id_info) == 32, "NV0000_CTRL_GPU_GET_ID_INFO_V2_PARAMS");

struct device_params {
	uint32_t device_id, rest[13];
};
_Static_assert(sizeof(struct device_params) == 56, "NV0080_ALLOC_PARAMETERS");

struct fb_entry {
	uint32_t index, data;
};

struct fb_info {
	uint32_t n, padding;
	uint64_t entries;
};
_Static_assert(sizeof(struct fb_info) == 16, "NV2080_CTRL_FB_GET_INFO_PARAMS");

#define FB_TOTAL_RAM_SIZE 8

static const char *status_hint(uint32_t status)
{
	switch (status) {
	case NV_ERR_INSUFFICIENT_PERMISSIONS:
		return "; CAP_SYS_ADMIN of the initial user namespace is needed";
	case NV_ERR_NOT_SUPPORTED:
		return "; the GPU's list is full, or this driver cannot host vGPUs on it";
	case NV_ERR_OBJECT_NOT_FOUND:
		return "; the driver does not know the GPU as one that can host vGPUs";
	case NV_ERR_INVALID_ARGUMENT:
	case NV_ERR_INVALID_PARAM_STRUCT:
		return "; the driver expects other parameters than its release is known for";
	default:
		return "";
	}
}

/* Says what failed at which step, in the words of whoever refused. */
static enum outcome fail(const struct session *s, struct rm_result r, const char *step)
{
	const char *name = nv_status_name(r.status), *meaning = nv_status_meaning(r.status);

	if (r.err)
		log_dev(s->gpu, LOG_ERR, r.err, "%s", step);
	else
		log_dev(s->gpu, LOG_ERR, 0, "%s: %s 0x%x%s%s%s", step, name ? name : "status", r.status,
			meaning ? ": " : "", meaning ? meaning : "", status_hint(r.status));
	return OUTCOME_FAILED;
}

/* The release, as the module says it; it decides which layout is spoken. */
static enum outcome find_abi(const struct device *gpu, char release[64], const struct abi **ret)
{
	const struct abi *below, *above;
	int r;

	r = module_version(DRIVER, release, 64);
	if (r < 0) {
		log_dev(gpu, LOG_ERR, r, "cannot read the release of the %s driver", DRIVER);
		return OUTCOME_FAILED;
	}
	*ret = abi_find(release);
	if (*ret)
		return OUTCOME_DONE;

	abi_nearest(release, &below, &above);
	log_dev(gpu, LOG_ERR, 0, "NVIDIA driver %s is not known, nothing was sent to it; the nearest known releases are %s%s%s",
		release, below ? below->last : "", below && above ? " and " : "", above ? above->first : "");
	return OUTCOME_UNSUPPORTED;
}

static struct limits limits_of(const struct abi *abi)
{
	return (struct limits){
		.types = abi->types_max,
		.instances = abi->instances_max,
		.text = abi->info->fields[INFO_NAME].size - 1u,
		.gsp_heap = abi->info->fields[INFO_GSP_HEAP_SIZE].size > 0,
	};
}

static enum outcome nvidia_limits(const struct device *gpu, struct limits *ret)
{
	char release[64];
	const struct abi *abi;
	enum outcome outcome;

	/* Every bound has only ever grown, so the newest release is the most generous one. */
	if (!gpu) {
		*ret = limits_of(abi_newest());
		strcpy(ret->driver, "any known driver");
		return OUTCOME_DONE;
	}
	outcome = find_abi(gpu, release, &abi);
	if (outcome != OUTCOME_DONE)
		return outcome;

	*ret = limits_of(abi);
	strcpy(ret->release, release);
	snprintf(ret->driver, sizeof(ret->driver), "driver %s", release);
	return OUTCOME_DONE;
}

static enum outcome check_release(const struct session *s)
{
	char running[64] = "";
	struct rm_result r;

	r = rm_version(s->ctl, running);
	if (!rm_ok(r))
		return fail(s, r, "cannot ask the driver for its release");
	if (*running && strcmp(running, s->release) != 0) {
		log_dev(s->gpu, LOG_ERR, 0, "the driver calls itself %s, its module %s: nothing was sent", running, s->release);
		return OUTCOME_FAILED;
	}
	return OUTCOME_DONE;
}

static enum outcome open_control(struct session *s)
{
	s->ctl = node_open(NODE_MINOR_CONTROL);
	if (s->ctl < 0)
		return fail(s, (struct rm_result){ .err = s->ctl }, "cannot open /dev/nvidiactl");

	return check_release(s);
}

/* The GPU's own node must stay open while its objects live (nvidia-rm-notes, section 3). */
static enum outcome open_gpu(struct session *s, struct rm_card *card)
{
	struct rm_result r;
	char step[64];

	r = rm_find_card(s->ctl, &s->gpu->pci, card);
	if (!rm_ok(r))
		return fail(s, r, "the driver does not list the GPU");

	s->node = node_open(card->minor);
	if (s->node >= 0)
		return OUTCOME_DONE;

	snprintf(step, sizeof(step), "cannot open /dev/nvidia%u", card->minor);
	r = (struct rm_result){ .err = s->node };
	if (s->node == -EIO)
		r.status = rm_adapter_status(s->ctl, &s->gpu->pci);
	if (r.status)
		r.err = 0;
	return fail(s, r, step);
}

static enum outcome alloc_device(struct session *s, uint32_t gpu_id)
{
	struct id_info id = { .gpu_id = gpu_id };
	struct device_params device = { 0 };
	uint32_t subdevice;
	struct rm_result r;

	r = rm_alloc(s->ctl, 0, 0, RM_CLASS_ROOT, NULL, &s->client);
	if (!rm_ok(r))
		return fail(s, r, "cannot become a client of the driver");

	r = rm_control(s->ctl, s->client, s->client, RM_CLIENT_ID_INFO, &id, sizeof(id));
	if (!rm_ok(r))
		return fail(s, r, "cannot ask for the GPU's instance");

	device.device_id = id.device_instance;
	r = rm_alloc(s->ctl, s->client, s->client, RM_CLASS_DEVICE, &device, &s->device);
	if (!rm_ok(r))
		return fail(s, r, "cannot attach to the GPU");

	subdevice = id.subdevice_instance;
	r = rm_alloc(s->ctl, s->client, s->device, RM_CLASS_SUBDEVICE, &subdevice, &s->subdevice);
	if (!rm_ok(r))
		return fail(s, r, "cannot attach to the GPU's subdevice");
	return OUTCOME_DONE;
}

/* Only reported: unlocked consumer GPUs may answer otherwise and still host vGPUs (nvidia-rm-sequence, step 9). */
static void report_mode(const struct session *s)
{
	uint32_t params[2] = { 0 };
	struct rm_result r;

	r = rm_control(s->ctl, s->client, s->device, RM_DEVICE_VIRTUALIZATION_MODE, params, s->abi->virt_mode_size);
	if (rm_ok(r) && params[0] != VIRTUALIZATION_HOST)
		log_dev(s->gpu, LOG_NOTICE, 0, "the driver calls the GPU's virtualization mode %u, not %u (vGPU host)", params[0],
			VIRTUALIZATION_HOST);
}

/* A type number that cannot exist is answered with "not found" only when the layout's size is right. */
static enum outcome check_layout(const struct session *s)
{
	_cleanup_(freep) uint8_t *block = NULL;
	struct rm_result r;

	if (!s->abi->type_info_size)
		return OUTCOME_DONE;
	block = calloc(1, s->abi->type_info_size);
	if (!block)
		return fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot check the driver's layout");

	r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_TYPE_INFO, block, s->abi->type_info_size);
	if (r.err || r.status != NV_ERR_OBJECT_NOT_FOUND)
		return fail(s, r, "the driver does not speak the layout of its release, nothing was sent");
	return OUTCOME_DONE;
}

static enum outcome open_vgpu(struct session *s)
{
	struct rm_result r;

	r = rm_alloc(s->ctl, s->client, s->subdevice, RM_CLASS_VGPU_CONFIG, NULL, &s->vgpu);
	if (!rm_ok(r))
		return fail(s, r, "cannot configure vGPUs on the GPU");

	return check_layout(s);
}

/* Children go with their client; the GPU's node is closed after its objects, the control node last. */
static void nvidia_close(struct session *s)
{
	if (!s)
		return;
	if (s->client)
		rm_free_client(s->ctl, s->client);
	closep(&s->node);
	closep(&s->ctl);
	free(s);
}
DEFINE_CLEANUP(struct session *, nvidia_close)

static enum outcome nvidia_open(const struct device *gpu, struct session **ret)
{
	_cleanup_(nvidia_closep) struct session *s = calloc(1, sizeof(*s));
	struct rm_card card = { 0 };
	enum outcome outcome;

	if (!s) {
		log_dev(gpu, LOG_ERR, -ENOMEM, "cannot talk to the driver");
		return OUTCOME_FAILED;
	}
	s->gpu = gpu;
	s->ctl = s->node = -1;

	outcome = find_abi(gpu, s->release, &s->abi);
	if (outcome == OUTCOME_DONE)
		outcome = open_control(s);
	if (outcome == OUTCOME_DONE)
		outcome = open_gpu(s, &card);
	if (outcome == OUTCOME_DONE)
		outcome = alloc_device(s, card.gpu_id);
	if (outcome == OUTCOME_DONE) {
		report_mode(s);
		outcome = open_vgpu(s);
	}
	if (outcome == OUTCOME_DONE)
		*ret = TAKE_PTR(s);
	return outcome;
}

static enum outcome nvidia_framebuffer(struct session *s, uint64_t *ret)
{
	struct fb_entry entry = { .index = FB_TOTAL_RAM_SIZE };
	struct fb_info info = { .n = 1, .entries = (uintptr_t)&entry };
	struct rm_result r;

	r = rm_control(s->ctl, s->client, s->subdevice, RM_SUBDEVICE_FB_INFO, &info, sizeof(info));
	if (!rm_ok(r))
		return fail(s, r, "cannot ask for the GPU's memory");

	*ret = entry.data / 1024; /* KiB */
	return OUTCOME_DONE;
}

#define MIB (UINT64_C(1) << 20)

/* Where the keys' numbers go; sizes are MiB in a file and bytes in the driver. */
static const struct {
	enum info_field field;
	enum type_key key;
	uint64_t unit;
} numbers[] = {
	{ INFO_TYPE, TYPE_NUM, 1 },
	{ INFO_MAX_INSTANCE, TYPE_MAX_INSTANCES, 1 },
	{ INFO_NUM_HEADS, TYPE_NUM_HEADS, 1 },
	{ INFO_MAX_RESOLUTION_X, TYPE_MAX_RES_X, 1 },
	{ INFO_MAX_RESOLUTION_Y, TYPE_MAX_RES_Y, 1 },
	{ INFO_MAX_PIXELS, TYPE_MAX_PIXELS, 1 },
	{ INFO_FRL_CONFIG, TYPE_FRL_CONFIG, 1 },
	{ INFO_FRL_ENABLE, TYPE_FRL_ENABLE, 1 },
	{ INFO_CUDA_ENABLED, TYPE_CUDA, 1 },
	{ INFO_ECC_SUPPORTED, TYPE_ECC, 1 },
	{ INFO_MULTI_VGPU_SUPPORTED, TYPE_MULTI_MDEV, 1 },
	{ INFO_ENCODER_CAPACITY, TYPE_ENC_CAP, 1 },
	{ INFO_VDEV_ID, TYPE_VDEV_ID, 1 },
	{ INFO_PDEV_ID, TYPE_PDEV_ID, 1 },
	{ INFO_FB_LENGTH, TYPE_FB_LEN, MIB },
	{ INFO_FB_RESERVATION, TYPE_FB_RES, MIB },
	{ INFO_GSP_HEAP_SIZE, TYPE_GSP_HEAP_SIZE, MIB },
	{ INFO_MAPPABLE_VIDEO_SIZE, TYPE_MAP_VIDEO_SIZE, MIB },
	{ INFO_BAR1_LENGTH, TYPE_BAR1_LEN, 1 },
};

static const struct {
	enum info_field field;
	enum type_key key;
} texts[] = {
	{ INFO_NAME, TYPE_NAME },
	{ INFO_CLASS, TYPE_GPU_CLASS },
	{ INFO_LICENSE, TYPE_LICENSE },
};

/* Little endian, as every machine that has such a GPU. */
static void put_number(uint8_t *block, struct field field, uint64_t value)
{
	memcpy(block + field.offset, &value, field.size);
}

static uint64_t get_number(const uint8_t *block, struct field field)
{
	uint64_t value = 0;

	memcpy(&value, block + field.offset, field.size);
	return value;
}

static void put_signature(uint8_t *block, struct field field, const char *hex)
{
	for (size_t i = 0; i < field.size; i++) {
		unsigned byte = 0;

		sscanf(hex + 2 * i, "%2x", &byte);
		block[field.offset + i] = (uint8_t)byte;
	}
}

static uint64_t profile_size(const struct type *type)
{
	return (type->values[TYPE_FB_LEN].number + type->values[TYPE_FB_RES].number +
		type->values[TYPE_GSP_HEAP_SIZE].number) * MIB;
}

/* plan.c has checked every length and bound against this release's limits. */
static void encode(const struct abi *abi, const struct type *type, uint8_t *block)
{
	const struct field *fields = abi->info->fields;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		put_number(block, fields[numbers[i].field], type->values[numbers[i].key].number * numbers[i].unit);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = type->values[texts[i].key].text;
		struct field field = fields[texts[i].field];

		memcpy(block + field.offset, text, strnlen(text, field.size - 1u));
	}

	put_signature(block, fields[INFO_SIGNATURE], type->values[TYPE_SIGNATURE].text);
	put_number(block, fields[INFO_PROFILE_SIZE], profile_size(type));
}

/* The driver clears these two by rules of its own (nvidia-rm-sequence, step 18): a 0 read back says nothing. */
static bool reads_back(enum type_key key, uint64_t value)
{
	return value || (key != TYPE_MULTI_MDEV && key != TYPE_FRL_ENABLE);
}

/* The signature stays absent: it is never given back. */
static int decode(const struct abi *abi, const uint8_t *block, struct type *type)
{
	const struct field *fields = abi->info->fields;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct field field = fields[numbers[i].field];
		uint64_t number = get_number(block, field);

		if (!field.size || !reads_back(numbers[i].key, number))
			continue;
		/* Half a MiB is not the MiB below it. */
		number = number / numbers[i].unit + (number % numbers[i].unit != 0);
		type->values[numbers[i].key] = (struct value){ .origin = VALUE_READ, .number = number };
	}

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct field field = fields[texts[i].field];
		char *text = strndup((const char *)block + field.offset, field.size);

		if (!text)
			return -ENOMEM;
		type->values[texts[i].key] = (struct value){ .origin = VALUE_READ, .text = text };
	}
	return 0;
}

/* Before 525 the driver's own list cannot be read; sysfs tells numbers and names. */
static int registered_in_sysfs(const struct device *gpu, struct type_list *list)
{
	struct mdev_types shown;
	int r;

	r = mdev_types_read(gpu, &shown);
	for (size_t i = 0; r == 0 && i < shown.n; i++) {
		const char *number = shown.items[i].id + strlen(DRIVER "-");
		struct type *type;

		if (strncmp(shown.items[i].id, DRIVER "-", strlen(DRIVER "-")) != 0)
			continue;
		type = type_list_add(list);
		if (!type) {
			r = -ENOMEM;
			break;
		}
		type->values[TYPE_NUM] = (struct value){ .origin = VALUE_READ, .number = strtoul(number, NULL, 10) };
		if (shown.items[i].name)
			type->values[TYPE_NAME] = (struct value){ .origin = VALUE_READ, .text = TAKE_PTR(shown.items[i].name) };
	}
	if (r == 0)
		mdev_types_done(&shown);
	return r;
}

static enum outcome nvidia_defined(struct session *s, uint64_t num, struct type_list *ret)
{
	_cleanup_(freep) uint8_t *block = NULL;
	struct rm_result r = { 0 };
	struct type *type;
	uint32_t wanted = (uint32_t)num;

	if (!s->abi->type_info_size)
		return OUTCOME_DONE;
	block = calloc(1, s->abi->type_info_size);
	if (!block)
		return fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot ask for a type");

	memcpy(block, &wanted, sizeof(wanted));
	r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_TYPE_INFO, block, s->abi->type_info_size);
	if (r.err == 0 && r.status == NV_ERR_OBJECT_NOT_FOUND)
		return OUTCOME_DONE;
	if (!rm_ok(r))
		return fail(s, r, "cannot ask for a type");

	type = type_list_add(ret);
	if (!type || decode(s->abi, block, type) < 0)
		return fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot read a type");
	return OUTCOME_DONE;
}

static enum outcome read_types(struct session *s, const uint8_t *block, struct type_list *ret)
{
	const struct types_layout *layout = s->abi->types;
	enum outcome outcome = OUTCOME_DONE;
	uint64_t n = get_number(block, layout->count);

	if (n > s->abi->types_max) {
		log_dev(s->gpu, LOG_ERR, 0, "the driver says that %" PRIu64 " types are registered, more than it can hold", n);
		return OUTCOME_FAILED;
	}
	for (size_t i = 0; outcome == OUTCOME_DONE && i < n; i++) {
		struct field field = layout->first;

		field.offset = (uint16_t)(field.offset + i * field.size);
		outcome = nvidia_defined(s, get_number(block, field), ret);
	}
	return outcome;
}

static enum outcome nvidia_registered(struct session *s, struct type_list *ret)
{
	const struct types_layout *layout = s->abi->types;
	_cleanup_(freep) uint8_t *block = NULL;
	struct rm_result r = { 0 };

	if (!layout) {
		r.err = registered_in_sysfs(s->gpu, ret);
		return r.err ? fail(s, r, "cannot read the types in sysfs") : OUTCOME_DONE;
	}

	block = calloc(1, layout->size);
	if (!block)
		return fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot ask for the types");
	put_number(block, layout->gpu_instance, UINT32_MAX); /* no MIG instance */
	r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_SUPPORTED_TYPES, block, layout->size);
	if (!rm_ok(r))
		return fail(s, r, "cannot ask for the types");

	return read_types(s, block, ret);
}

static enum outcome nvidia_usage(struct session *s, struct usage *ret)
{
	_cleanup_(freep) uint8_t *block = NULL;
	struct usage usage = { .created = mdev_count_devices(s->gpu) };
	uint32_t active = 0;
	struct rm_result r;

	if (s->abi->enumerate_size) {
		block = calloc(1, s->abi->enumerate_size);
		if (!block)
			return fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot count the GPU's vGPUs");
		r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_ENUMERATE, block, s->abi->enumerate_size);
		/* Its two counts differ while a vGPU comes or goes: that is in use. */
		if (r.err == 0 && r.status == NV_ERR_INVALID_STATE)
			active = 1;
		else if (!rm_ok(r))
			return fail(s, r, "cannot count the GPU's vGPUs");
		else
			memcpy(&active, block + ABI_ENUMERATE_COUNT, sizeof(active));
	}

	usage.active = active;
	*ret = usage;
	return OUTCOME_DONE;
}

/* Must come before the types: without it the driver clears multiMdev of every type that is not alone on its GPU. */
static enum outcome allow_fractions(const struct session *s, const struct type_list *types)
{
	uint32_t fractional = 1;
	bool wanted = false;
	struct rm_result r;

	for (size_t i = 0; i < types->n; i++)
		wanted |= types->items[i].values[TYPE_MULTI_MDEV].number != 0;
	if (!wanted || !s->abi->has_pgpu_info)
		return OUTCOME_DONE;

	r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_SET_PGPU_INFO, &fractional, sizeof(fractional));
	return rm_ok(r) ? OUTCOME_DONE : fail(s, r, "cannot allow several vGPUs in one VM (multiMdev)");
}

static enum outcome add_type(const struct session *s, const struct type *type, bool discard, bool last)
{
	_cleanup_(freep) uint8_t *block = calloc(1, s->abi->set_info_size);
	struct rm_result r = { .err = -ENOMEM };
	char step[64];

	if (block) {
		block[0] = discard;
		encode(s->abi, type, block);
		put_number(block, s->abi->config_state, last ? CONFIG_READY : CONFIG_IN_PROGRESS);
		r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_SET_INFO, block, s->abi->set_info_size);
	}
	if (rm_ok(r))
		return OUTCOME_DONE;

	snprintf(step, sizeof(step), "cannot register " DRIVER "-%" PRIu64, type_num(type));
	return fail(s, r, step);
}

static enum outcome nvidia_add(struct session *s, const struct type_list *types, bool discard)
{
	enum outcome outcome = allow_fractions(s, types);

	for (size_t i = 0; outcome == OUTCOME_DONE && i < types->n; i++)
		outcome = add_type(s, &types->items[i], discard && i == 0, i + 1 == types->n);
	return outcome;
}

static enum outcome nvidia_publish(struct session *s)
{
	struct rm_result r;

	r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_PUBLISH, NULL, 0);
	return rm_ok(r) ? OUTCOME_DONE : fail(s, r, "cannot show the types to the Mediated Core");
}

const struct vendor vendor_nvidia = {
	.driver = DRIVER,
	.folder = "Nvidia",
	.module = "nvidia-vgpu-vfio",
	.limits = nvidia_limits,
	.open = nvidia_open,
	.close = nvidia_close,
	.framebuffer = nvidia_framebuffer,
	.registered = nvidia_registered,
	.defined = nvidia_defined,
	.usage = nvidia_usage,
	.add = nvidia_add,
	.publish = nvidia_publish,
};
