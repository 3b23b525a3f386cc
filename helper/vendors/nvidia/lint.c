/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/lint.h"

#include <inttypes.h>
#include <string.h>

#include "base/macro.h"
#include "vendors/nvidia/chips.h"
#include "vendors/nvidia/guest-ids.h"

#define GIB UINT64_C(1024) /* in MiB */

/* NVIDIA's own type numbers end below this (11 to 1262 in its lists, 1561 seen). */
#define OWN_NUMBERS_FIRST 11
#define OWN_NUMBERS_LAST 1600

#define FRAMES_MOST 240

/* Twice what the largest GPU has, in MiB; and what no guest can do with less of. */
#define MEMORY_MOST (512 * GIB)
#define MEMORY_LEAST 64

struct advice {
	const struct type *type;
	struct diagnostics *diag;
};

#define warn(a, key, ...) type_warning((a)->diag, (a)->type, key, __VA_ARGS__)

static uint64_t number(const struct advice *a, enum type_key key)
{
	return a->type->values[key].number;
}

static uint64_t share(const struct advice *a)
{
	return number(a, TYPE_FB_LEN) + number(a, TYPE_FB_RES) + number(a, TYPE_GSP_HEAP_SIZE);
}

static bool is_sized(const struct advice *a)
{
	return number(a, TYPE_FB_LEN) > 0 && type_has(a->type, TYPE_FB_RES) && type_has(a->type, TYPE_GSP_HEAP_SIZE);
}

/* 412 of 442 types of GPUs without GSP reserve exactly this much, the others a little more. */
static uint64_t usual_reservation(uint64_t size)
{
	return size < GIB ? 96 : 64 * (size / GIB + 1);
}

/* Without a GPU, the heap says which kind is meant. */
static bool is_for_gsp(const struct advice *a, const struct device *device)
{
	if (!device)
		return number(a, TYPE_GSP_HEAP_SIZE) > 0;
	return device->device >= ADA_FIRST || (device->device >= HOPPER_FIRST && device->device <= HOPPER_LAST);
}

/* People who write bytes, KiB or GiB. */
static void lint_unit(const struct advice *a, enum type_key key)
{
	uint64_t size = number(a, key), bytes = size >> 20, least = key == TYPE_FB_LEN ? MEMORY_LEAST : 1;

	if (size >= MEMORY_MOST)
		warn(a, key, "%" PRIu64 " MiB are more than any GPU has; as %s it would be %" PRIu64 " MiB", size,
		     bytes < least ? "KiB" : "bytes", bytes < least ? size >> 10 : bytes);
	else if (key == TYPE_FB_LEN && size < MEMORY_LEAST && a->type->values[key].origin == VALUE_GIVEN)
		warn(a, key, "%" PRIu64 " MiB are too few for any guest; %" PRIu64 " GiB are %" PRIu64 " MiB", size, size,
		     size * GIB);
}

static bool is_given(const struct advice *a, enum type_key key)
{
	return a->type->values[key].origin == VALUE_GIVEN;
}

/* All shares of NVIDIA's types are, and add up to the GPU's memory; but for some with a heap (field.md, 4.1). */
static void lint_share(const struct advice *a)
{
	uint64_t size = share(a), rest = size % 256;

	if (!rest || size < GIB / 2 || size >= MEMORY_MOST || number(a, TYPE_GSP_HEAP_SIZE))
		return;
	if (!is_given(a, TYPE_FB_LEN) || !is_given(a, TYPE_FB_RES))
		return;
	warn(a, TYPE_FB_LEN, "%" PRIu64 " MiB with what is reserved are no multiple of 256, as NVIDIA's own shares are: %" PRIu64 " or %"
	     PRIu64, size, size - rest, size - rest + 256);
}

static void lint_reservation(const struct advice *a, bool gsp)
{
	uint64_t size = share(a), usual = usual_reservation(size), reserved = number(a, TYPE_FB_RES);

	/* Below half a GiB NVIDIA has no types, and where there is GSP no formula holds. */
	if (gsp || size < GIB / 2 || size >= MEMORY_MOST || !is_sized(a) || a->type->values[TYPE_FB_RES].origin == VALUE_AUTO)
		return;
	if (reserved < usual)
		warn(a, TYPE_FB_RES, "%" PRIu64 " MiB are less than the %" PRIu64 " that NVIDIA reserves of %" PRIu64
		     ": the guest may not start", reserved, usual, size);
	else if (reserved > 2 * usual)
		warn(a, TYPE_FB_RES, "%" PRIu64 " MiB are more than twice the %" PRIu64 " that NVIDIA reserves of %" PRIu64,
		     reserved, usual, size);
}

/* The driver places vGPUs of Ada and later in whole GiB of their shares. */
static void lint_place(const struct advice *a, const struct device *device)
{
	if (device && device->device >= ADA_FIRST && is_sized(a) && share(a) < GIB)
		warn(a, TYPE_FB_LEN, "%" PRIu64 " MiB in all are less than the GiB that this GPU's vGPUs are placed in: none can start",
		     share(a));
}

static void lint_heap(const struct advice *a, bool gsp)
{
	if (gsp && type_has(a->type, TYPE_GSP_HEAP_SIZE) && !number(a, TYPE_GSP_HEAP_SIZE))
		warn(a, TYPE_FB_LEN, "gspHeapSize is 0, but this GPU's firmware needs memory of its own in each share");
}

/* The size is MiB, by NVIDIA's own types (field.md, 4.1). */
static void lint_bar1(const struct advice *a, const struct device *device)
{
	uint64_t size = number(a, TYPE_BAR1_LEN), has;

	if (!device || !is_given(a, TYPE_BAR1_LEN) || size >= MEMORY_MOST)
		return;
	has = device_region(device, 1) >> 20;
	if (has && size > has)
		warn(a, TYPE_BAR1_LEN, "%" PRIu64 " MiB are more than the GPU's BAR1 has, %" PRIu64, size, has);
}

/* Whether a subsystem is that of a board with this chip: one that hosts vGPUs, and so no vGPU. */
static bool is_board(const struct device *device, uint16_t chip, uint16_t subsystem)
{
	/* The boards that g_vgpu_chip_flags.h tells from others with the same chip. */
	static const struct {
		uint16_t chip, subsystem;
	} boards[] = {
		{ 0x13bd, 0x1160 }, { 0x1df6, 0x13d6 }, { 0x1e30, 0x129e }, { 0x1e30, 0x12ba }, { 0x1e78, 0x13d8 },
		{ 0x1e78, 0x13d9 }, { 0x20b8, 0x1581 }, { 0x20b9, 0x157f }, { 0x2233, 0x165a }, { 0x25b6, 0x14a9 },
		{ 0x25b6, 0x157e },
	};

	for (size_t i = 0; i < ARRAY_SIZE(boards); i++)
		if (boards[i].chip == chip && boards[i].subsystem == subsystem)
			return true;
	/* A subsystem that repeats the device is nobody's vGPU; people write it when they have only one of the two. */
	return chip == subsystem || (device && chip == device->device && subsystem == device->subdevice);
}

/* The vendor has no place in the ID; tells a vGPU with the other half, which is what is meant. */
static void lint_vendor(const struct advice *a, bool as_device, const char *vgpu)
{
	char meant[96] = "device << 16 | subsystem";

	if (vgpu)
		snprintf(meant, sizeof(meant), "0x%.4s%.4s is %.*s", vgpu, vgpu + 5, (int)strcspn(vgpu + 10, "\n"), vgpu + 10);
	warn(a, TYPE_VDEV_ID, "0x%" PRIx64 " has NVIDIA's vendor ID in the place of the %s; %s", number(a, TYPE_VDEV_ID),
	     as_device ? "device" : "subsystem", meant);
}

static void lint_guest_id(const struct advice *a, const struct device *device)
{
	uint64_t id = number(a, TYPE_VDEV_ID);
	uint16_t chip = (uint16_t)(id >> 16), subsystem = (uint16_t)id;
	const struct guest_ids *ids;

	if (!is_given(a, TYPE_VDEV_ID))
		return;
	ids = guest_ids_read(device ? NULL : a->diag);
	if (guest_ids_have(ids, chip, subsystem))
		return;
	if (id <= UINT32_MAX && guest_ids_have(ids, subsystem, chip)) {
		warn(a, TYPE_VDEV_ID, "0x%" PRIx64 " has device and subsystem the wrong way round: 0x%04x%04x", id, subsystem, chip);
		return;
	}
	if (id > UINT32_MAX || !chip || !subsystem)
		warn(a, TYPE_VDEV_ID, "0x%" PRIx64 " is no device and subsystem (device << 16 | subsystem)", id);
	else if (chip == NVIDIA_ID || subsystem == NVIDIA_ID)
		lint_vendor(a, chip == NVIDIA_ID, chip == NVIDIA_ID ? guest_ids_of_subsystem(ids, subsystem) : guest_ids_of_chip(ids, chip));
	else if (is_board(device, chip, subsystem))
		warn(a, TYPE_VDEV_ID, "0x%" PRIx64 " is a board, not a vGPU: guest drivers may refuse it", id);
	else if (guest_ids_of_chip(ids, chip))
		warn(a, TYPE_VDEV_ID, "no vGPU of device 0x%04x is known to have subsystem 0x%04x", chip, subsystem);
	else if (ids->text && !guest_ids_are_of_older(chip))
		warn(a, TYPE_VDEV_ID, "no vGPU is known to have device 0x%04x: guest drivers may refuse it", chip);
}

static void lint_host_id(const struct advice *a)
{
	uint64_t id = number(a, TYPE_PDEV_ID);

	if (id > UINT16_MAX)
		warn(a, TYPE_PDEV_ID, "0x%" PRIx64 " is no device ID, which has four hexadecimal digits", id);
}

static void lint_ecc(const struct advice *a, const struct device *device)
{
	if (!number(a, TYPE_ECC) || !device)
		return;
	if (device->device == TESLA_M10)
		warn(a, TYPE_ECC, "a Tesla M10 has no ECC memory");
	else if (device_model(device) && strstr(device_model(device), "GeForce"))
		warn(a, TYPE_ECC, "%s has no ECC memory", device_model(device));
}

/* NVIDIA says so (field.md, 4.1); the driver keeps the flag. */
static void lint_several(const struct advice *a, const struct device *device)
{
	if (number(a, TYPE_MULTI_MDEV) && device && device->device < VOLTA_FIRST && number(a, TYPE_MAX_INSTANCES) > 1)
		warn(a, TYPE_MULTI_MDEV, "before Volta, one guest has several only of a type with one instance");
}

static void lint_frames(const struct advice *a)
{
	uint64_t rate = number(a, TYPE_FRL_CONFIG);

	if (number(a, TYPE_FRL_ENABLE) && (rate == 0 || rate > FRAMES_MOST))
		warn(a, TYPE_FRL_CONFIG, "%" PRIu64 " frames a second; NVIDIA's own types have 45 or 60", rate);
}

/* Of auto, no more than the place in its file is known without a GPU. */
static void lint_number(const struct advice *a, const struct device *device)
{
	uint64_t num = number(a, TYPE_NUM);

	if ((device || is_given(a, TYPE_NUM)) && num >= OWN_NUMBERS_FIRST && num <= OWN_NUMBERS_LAST)
		warn(a, TYPE_NUM, "%" PRIu64 " may be one of NVIDIA's own numbers (%d to %d): whoever registers it first defines it",
		     num, OWN_NUMBERS_FIRST, OWN_NUMBERS_LAST);
}

/* The driver places all vGPUs of Ada and later in what a type with one instance has (nvidia-rm-notes-2, section 2). */
void nvidia_lint_memory(const struct type_list *types, const struct device *device, uint64_t framebuffer,
			struct diagnostics *diag)
{
	for (size_t i = 0; device->device >= ADA_FIRST && i < types->n; i++) {
		const struct advice a = { &types->items[i], diag };

		if (number(&a, TYPE_MAX_INSTANCES) == 1 && share(&a) / GIB < framebuffer / GIB)
			warn(&a, TYPE_MAX_INSTANCES, "the one instance has %" PRIu64 " of the GPU's %" PRIu64 " MiB, and the driver places "
			     "the vGPUs of all types in what such a type has", share(&a), framebuffer);
	}
}

void nvidia_lint(const struct type_list *types, const struct device *device, struct diagnostics *diag)
{
	for (size_t i = 0; i < types->n; i++) {
		const struct advice a = { &types->items[i], diag };
		bool gsp = is_for_gsp(&a, device);

		lint_number(&a, device);
		lint_guest_id(&a, device);
		lint_host_id(&a);
		lint_frames(&a);
		lint_ecc(&a, device);
		lint_several(&a, device);
		lint_unit(&a, TYPE_FB_LEN);
		lint_unit(&a, TYPE_FB_RES);
		lint_unit(&a, TYPE_MAP_VIDEO_SIZE);
		lint_unit(&a, TYPE_GSP_HEAP_SIZE);
		lint_unit(&a, TYPE_BAR1_LEN);
		lint_bar1(&a, device);
		lint_share(&a);
		lint_reservation(&a, gsp);
		lint_heap(&a, gsp);
		lint_place(&a, device);
	}
}
