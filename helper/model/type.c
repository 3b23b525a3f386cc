/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/type.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"

/*
 * What Mdev-GPU sent with every type, recorded from the real program (golden blocks, offset 76); the driver stores it
 * and never gives it back (nvidia-rm-notes, section 5).
 */
#define DEFAULT_SIGNATURE \
	"47ab8d39b3afd02c796fd0c77a788468f09b69e8b6c2c5055997f20f773a9491" \
	"92562df04faea64dcc513217e5daf0944293510549e961fd22246c8f88e31663" \
	"9104206aea27c4e711fc8824b9aa1b85c51a487f99f48eda552b4afe48797578" \
	"4816020f22c29d20fabb21395678d880965c5ce47cad87242070ad638496923f"

/* Also Mdev-GPU's, offset 204: the licence string of the compute edition. */
#define DEFAULT_LICENSE "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0"

#define REQUIRED .default_from = DEFAULT_NONE
#define COMPUTED .default_from = DEFAULT_GPU
#define DEFAULT(value) .default_from = DEFAULT_FIXED, .number = (value)
#define DEFAULT_WORD(value) .default_from = DEFAULT_FIXED, .text = (value)
#define RANGE(low, high) .kind = VALUE_INTEGER, .min = (low), .max = (high)
#define LENGTH(low, high) .kind = VALUE_TEXT, .min = (low), .max = (high)
#define BOOLEAN .kind = VALUE_BOOLEAN, .max = 1
#define MIB .unit = "MiB"

const struct type_key_info type_keys[TYPE_KEYS] = {
	[TYPE_NUM] = { "num", RANGE(1, UINT32_MAX), REQUIRED, .automatic = true },
	/* The strictest bound of name and class depends on the driver release: plan.c. */
	[TYPE_NAME] = { "name", LENGTH(1, 63), DEFAULT_WORD("Arc GPU"), .other = "card_name" },
	[TYPE_GPU_CLASS] = { "gpuClass", LENGTH(1, 63), DEFAULT_WORD("Compute"), .other = "vgpu_type" },
	/* 0 would divide by zero in the kernel (nvidia-rm-notes, section 5); the driver's most: plan.c. */
	[TYPE_MAX_INSTANCES] = { "maxInstances", RANGE(1, UINT32_MAX), REQUIRED, .automatic = true },
	[TYPE_VDEV_ID] = { "vDevId", RANGE(0, UINT64_MAX), COMPUTED, .other = "pci_id" },
	[TYPE_PDEV_ID] = { "pDevId", RANGE(0, UINT64_MAX), COMPUTED, .other = "pci_device_id" },
	[TYPE_NUM_HEADS] = { "virtDisplay.numHeads", RANGE(1, 32), DEFAULT(1), .other = "num_displays" },
	[TYPE_MAX_RES_X] = { "virtDisplay.maxResX", RANGE(1, UINT32_MAX), DEFAULT(1024), .other = "display_width" },
	[TYPE_MAX_RES_Y] = { "virtDisplay.maxResY", RANGE(1, UINT32_MAX), DEFAULT(1024), .other = "display_height" },
	[TYPE_FRL_CONFIG] = { "virtDisplay.frlConfig", RANGE(0, UINT32_MAX), DEFAULT(120) },
	[TYPE_FRL_ENABLE] = { "virtDisplay.frlEnable", BOOLEAN, DEFAULT(0) },
	[TYPE_ECC] = { "ecc", BOOLEAN, DEFAULT(0), .other = "ecc_supported" },
	[TYPE_MULTI_MDEV] = { "multiMdev", BOOLEAN, DEFAULT(0), .other = "multi_vgpu_supported" },
	[TYPE_FB_LEN] = { "fbLen", RANGE(1, UINT32_MAX), REQUIRED, MIB, .automatic = true, .other = "framebuffer" },
	[TYPE_FB_RES] = { "fbRes", RANGE(0, UINT32_MAX), REQUIRED, MIB, .automatic = true, .other = "framebuffer_reservation" },
	[TYPE_MAP_VIDEO_SIZE] = { "mapVideoSize", RANGE(0, UINT32_MAX), DEFAULT(24), MIB, .other = "mappable_video_size" },
	[TYPE_ENC_CAP] = { "encCap", RANGE(0, 100), DEFAULT(100), .unit = "percent", .other = "encoder_capacity" },
	[TYPE_BAR1_LEN] = { "bar1Len", RANGE(0, UINT32_MAX), DEFAULT(0x100), .other = "bar1_length" },
	[TYPE_LICENSE] = { "license", LENGTH(0, 127), DEFAULT_WORD(DEFAULT_LICENSE), .automatic = true },
	[TYPE_SIGNATURE] = { "signature", LENGTH(2 * TYPE_SIGNATURE_SIZE, 2 * TYPE_SIGNATURE_SIZE),
			     DEFAULT_WORD(DEFAULT_SIGNATURE) },
	[TYPE_CUDA] = { "cuda", BOOLEAN, DEFAULT(1) },
	[TYPE_MAX_PIXELS] = { "maxPixels", RANGE(1, UINT32_MAX), COMPUTED },
	[TYPE_GSP_HEAP_SIZE] = { "gspHeapSize", RANGE(0, UINT32_MAX), DEFAULT(0), MIB },
};

struct type *type_list_add(struct type_list *list)
{
	struct type *items = reallocarray(list->items, list->n + 1, sizeof(*items));

	if (!items)
		return NULL;
	list->items = items;
	items[list->n] = (struct type){ 0 };
	return &items[list->n++];
}

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

int type_list_add_copy(struct type_list *list, const struct type *type)
{
	struct type *copy = type_list_add(list);
	int r;

	if (!copy)
		return -ENOMEM;
	copy->location = type->location;
	r = copy_text(&copy->path, type->path);

	for (size_t i = 0; i < TYPE_KEYS; i++) {
		copy->values[i] = type->values[i];
		r |= copy_text(&copy->values[i].text, type->values[i].text);
	}
	return r ? -ENOMEM : 0;
}

const struct type *type_list_find(const struct type_list *list, uint64_t num)
{
	for (size_t i = 0; i < list->n; i++)
		if (type_num(&list->items[i]) == num)
			return &list->items[i];
	return NULL;
}

static void type_done(struct type *type)
{
	free(type->path);
	for (size_t key = 0; key < TYPE_KEYS; key++)
		free(type->values[key].text);
}

void type_list_remove(struct type_list *list, size_t i)
{
	type_done(&list->items[i]);
	list->n--;
	memmove(&list->items[i], &list->items[i + 1], (list->n - i) * sizeof(*list->items));
}

void type_list_done(struct type_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		type_done(&list->items[i]);
	free(list->items);
	*list = (struct type_list){ 0 };
}

bool type_differs(const struct type *a, const struct type *b, enum type_key key)
{
	const struct value *x = &a->values[key], *y = &b->values[key];

	if (x->origin == VALUE_ABSENT || y->origin == VALUE_ABSENT)
		return false;
	if (type_keys[key].kind == VALUE_TEXT)
		return strcmp(x->text, y->text) != 0;
	return x->number != y->number;
}

const char *type_id(const char *driver, uint64_t num, char id[TYPE_ID_SIZE])
{
	snprintf(id, TYPE_ID_SIZE, "%.64s-%" PRIu64, driver, num);
	return id;
}

uint64_t type_share(const struct type *type)
{
	const struct value *v = type->values;

	return v[TYPE_FB_LEN].number + v[TYPE_FB_RES].number + v[TYPE_GSP_HEAP_SIZE].number;
}

uint64_t type_reservation(uint64_t share)
{
	return share < 1024 ? 96 : 64 * (share / 1024 + 1);
}

bool type_is_auto(const struct type *type)
{
	return type->values[TYPE_FB_LEN].origin == VALUE_AUTO || type->values[TYPE_FB_RES].origin == VALUE_AUTO;
}

static char *value_path(const struct type *type, enum type_key key)
{
	return text_format("%s.%s", type->path, type_keys[key].name);
}

int type_error(struct diagnostics *diag, const struct type *type, enum type_key key, const char *fmt, ...)
{
	const struct value *value = &type->values[key];
	_cleanup_(freep) char *path = value_path(type, key);
	va_list ap;

	va_start(ap, fmt);
	diag_error_va(diag, value->location.line ? &value->location : &type->location, path, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void type_warning(struct diagnostics *diag, const struct type *type, enum type_key key, const char *fmt, ...)
{
	const struct value *value = &type->values[key];
	_cleanup_(freep) char *path = value_path(type, key);
	va_list ap;

	if (!value->location.line || !type_has(type, key))
		return;
	va_start(ap, fmt);
	diag_warning_va(diag, &value->location, path, fmt, ap);
	va_end(ap);
}
