/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/abi.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"

static const struct info_layout info_510 = {
	.fields = {
		[INFO_TYPE] = { 8, 4 },
		[INFO_NAME] = { 12, 32 },
		[INFO_CLASS] = { 44, 32 },
		[INFO_SIGNATURE] = { 76, 128 },
		[INFO_LICENSE] = { 204, 128 },
		[INFO_MAX_INSTANCE] = { 336, 4 },
		[INFO_NUM_HEADS] = { 340, 4 },
		[INFO_MAX_RESOLUTION_X] = { 344, 4 },
		[INFO_MAX_RESOLUTION_Y] = { 348, 4 },
		[INFO_MAX_PIXELS] = { 352, 4 },
		[INFO_FRL_CONFIG] = { 356, 4 },
		[INFO_CUDA_ENABLED] = { 360, 4 },
		[INFO_ECC_SUPPORTED] = { 364, 4 },
		[INFO_MULTI_VGPU_SUPPORTED] = { 372, 4 },
		[INFO_ENCODER_CAPACITY] = { 376, 8 },
		[INFO_VDEV_ID] = { 384, 8 },
		[INFO_PDEV_ID] = { 392, 8 },
		[INFO_FB_LENGTH] = { 400, 8 },
		[INFO_MAPPABLE_VIDEO_SIZE] = { 408, 8 },
		[INFO_FB_RESERVATION] = { 416, 8 },
		[INFO_BAR1_LENGTH] = { 424, 8 },
		[INFO_FRL_ENABLE] = { 432, 4 },
		[INFO_GPU_INSTANCE_SIZE] = { 368, 4 },
		[INFO_EXTRA_PARAMS] = { 436, 4096 },
	},
};

/* What is at one place from 525 to 575. */
#define INFO_BEFORE_580 \
	[INFO_TYPE] = { 8, 4 }, \
	[INFO_NAME] = { 12, 32 }, \
	[INFO_CLASS] = { 44, 32 }, \
	[INFO_SIGNATURE] = { 76, 128 }, \
	[INFO_LICENSE] = { 204, 128 }, \
	[INFO_MAX_INSTANCE] = { 332, 4 }, \
	[INFO_NUM_HEADS] = { 336, 4 }, \
	[INFO_MAX_RESOLUTION_X] = { 340, 4 }, \
	[INFO_MAX_RESOLUTION_Y] = { 344, 4 }, \
	[INFO_MAX_PIXELS] = { 348, 4 }, \
	[INFO_FRL_CONFIG] = { 352, 4 }, \
	[INFO_CUDA_ENABLED] = { 356, 4 }, \
	[INFO_ECC_SUPPORTED] = { 360, 4 }, \
	[INFO_GPU_INSTANCE_SIZE] = { 364, 4 }, \
	[INFO_MULTI_VGPU_SUPPORTED] = { 368, 4 }, \
	[INFO_ENCODER_CAPACITY] = { 432, 4 }, \
	[INFO_VDEV_ID] = { 376, 8 }, \
	[INFO_PDEV_ID] = { 384, 8 }, \
	[INFO_PROFILE_SIZE] = { 392, 8 }, \
	[INFO_FB_LENGTH] = { 400, 8 }, \
	[INFO_GSP_HEAP_SIZE] = { 408, 8 }, \
	[INFO_MAPPABLE_VIDEO_SIZE] = { 424, 8 }, \
	[INFO_FB_RESERVATION] = { 416, 8 }, \
	[INFO_BAR1_LENGTH] = { 440, 8 }, \
	[INFO_FRL_ENABLE] = { 448, 4 }, \
	[INFO_EXTRA_PARAMS] = { 836, 4096 }, \
	[INFO_GPU_DIRECT_SUPPORTED] = { 4936, 4 }, \
	[INFO_NVLINK_P2P_SUPPORTED] = { 4940, 4 }

static const struct info_layout info_525 = {
	.fields = {
		INFO_BEFORE_580,
		[INFO_MULTI_VGPU_EXCLUSIVE] = { 4944, 4 },
	},
};

static const struct info_layout info_570 = {
	.fields = {
		INFO_BEFORE_580,
		[INFO_MULTI_VGPU_EXCLUSIVE] = { 4944, 4 },
		[INFO_PLACEMENT_SIZE] = { 4960, 4 },
		[INFO_PLACEMENT_COUNT] = { 4964, 4 },
	},
};

static const struct info_layout info_575 = {
	.fields = {
		INFO_BEFORE_580,
		[INFO_MAX_INSTANCE_PER_GI] = { 4944, 4 },
		[INFO_MULTI_VGPU_EXCLUSIVE] = { 4948, 4 },
		[INFO_PLACEMENT_SIZE] = { 4964, 4 },
		[INFO_PLACEMENT_COUNT] = { 4968, 4 },
	},
};

static const struct types_layout types_525 = {
	.size = 264,
	.state = { 0, 4 },
	.count = { 4, 4 },
	.first = { 8, 4 },
};

static const struct types_layout types_575 = {
	.size = 412,
	.gpu_instance = { 0, 4 },
	.state = { 4, 4 },
	.count = { 8, 4 },
	.first = { 12, 4 },
};

/* What is at one place since 580. */
#define INFO_SINCE_580 \
	[INFO_TYPE] = { 8, 4 }, \
	[INFO_NAME] = { 12, 64 }, \
	[INFO_CLASS] = { 76, 64 }, \
	[INFO_SIGNATURE] = { 140, 128 }, \
	[INFO_LICENSE] = { 268, 128 }, \
	[INFO_MAX_INSTANCE] = { 396, 4 }, \
	[INFO_NUM_HEADS] = { 400, 4 }, \
	[INFO_MAX_RESOLUTION_X] = { 404, 4 }, \
	[INFO_MAX_RESOLUTION_Y] = { 408, 4 }, \
	[INFO_MAX_PIXELS] = { 412, 4 }, \
	[INFO_FRL_CONFIG] = { 416, 4 }, \
	[INFO_CUDA_ENABLED] = { 420, 4 }, \
	[INFO_ECC_SUPPORTED] = { 424, 4 }, \
	[INFO_GPU_INSTANCE_SIZE] = { 428, 4 }, \
	[INFO_ENCODER_CAPACITY] = { 496, 4 }, \
	[INFO_VDEV_ID] = { 440, 8 }, \
	[INFO_PDEV_ID] = { 448, 8 }, \
	[INFO_PROFILE_SIZE] = { 456, 8 }, \
	[INFO_FB_LENGTH] = { 464, 8 }, \
	[INFO_GSP_HEAP_SIZE] = { 472, 8 }, \
	[INFO_MAPPABLE_VIDEO_SIZE] = { 488, 8 }, \
	[INFO_FB_RESERVATION] = { 480, 8 }, \
	[INFO_BAR1_LENGTH] = { 504, 8 }, \
	[INFO_FRL_ENABLE] = { 512, 4 }

/* What is behind that since 580.94. */
#define INFO_SINCE_580_94 \
	INFO_SINCE_580, \
	[INFO_EXTRA_PARAMS] = { 904, 4096 }, \
	[INFO_GPU_DIRECT_SUPPORTED] = { 5004, 4 }, \
	[INFO_NVLINK_P2P_SUPPORTED] = { 5008, 4 }, \
	[INFO_MAX_INSTANCE_PER_GI] = { 5012, 4 }, \
	[INFO_MULTI_VGPU_EXCLUSIVE] = { 5016, 4 }, \
	[INFO_PLACEMENT_SIZE] = { 5032, 4 }, \
	[INFO_PLACEMENT_COUNT] = { 5036, 4 }

static const struct info_layout info_580_65 = {
	.fields = {
		INFO_SINCE_580,
		[INFO_MULTI_VGPU_SUPPORTED] = { 432, 4 },
		[INFO_EXTRA_PARAMS] = { 900, 4096 },
		[INFO_GPU_DIRECT_SUPPORTED] = { 5000, 4 },
		[INFO_NVLINK_P2P_SUPPORTED] = { 5004, 4 },
		[INFO_MAX_INSTANCE_PER_GI] = { 5008, 4 },
		[INFO_MULTI_VGPU_EXCLUSIVE] = { 5012, 4 },
		[INFO_PLACEMENT_SIZE] = { 5028, 4 },
		[INFO_PLACEMENT_COUNT] = { 5032, 4 },
	},
};

static const struct info_layout info_580_94 = {
	.fields = {
		INFO_SINCE_580_94,
		[INFO_MULTI_VGPU_SUPPORTED] = { 432, 4 },
	},
};

static const struct info_layout info_595 = {
	.fields = {
		INFO_SINCE_580_94,
		[INFO_MULTI_VGPU_SUPPORTED] = { 436, 4 },
	},
};

static const struct types_layout types_580_65 = {
	.size = 524,
	.gpu_instance = { 0, 4 },
	.state = { 4, 4 },
	.count = { 8, 4 },
	.first = { 12, 4 },
};

/* All releases of a branch. */
#define WHOLE(number) { number, 0, UINT16_MAX }

static const struct abi rows[] = {
	{
		/* Only this release is known, and only its SET_INFO. */
		.first = "510.47.03", .last = "510.47.03",
		.info = &info_510,
		.set_info_size = 4544,
		.virt_mode_size = 4,
		.types_max = 64, .instances_max = 32, /* as in 525; not measured for 510 */
	},
	{
		.first = "525.47.04", .last = "530.41.03",
		.branches = { WHOLE(525), WHOLE(530) },
		.info = &info_525, .config_state = { 4960, 4 },
		.set_info_size = 4968, .type_info_size = 4960,
		.types = &types_525, .enumerate_size = 10760, .virt_mode_size = 4,
		.has_pgpu_info = true,
		.types_max = 64, .instances_max = 32,
	},
	{
		.first = "535.43.02", .last = "535.288.01",
		.branches = { WHOLE(535) },
		.info = &info_525, .config_state = { 4960, 4 },
		.set_info_size = 4968, .type_info_size = 4960,
		.types = &types_525, .enumerate_size = 10760, .virt_mode_size = 4,
		.has_pgpu_info = true,
		.types_max = 64, .instances_max = 32,
	},
	{
		.first = "545.23.06", .last = "545.29.06",
		.branches = { WHOLE(545) },
		.info = &info_525, .config_state = { 4960, 4 },
		.set_info_size = 4968, .type_info_size = 4960,
		.types = &types_525, .enumerate_size = 10760, .virt_mode_size = 4,
		.has_pgpu_info = true,
		.types_max = 64, .instances_max = 32,
	},
	{
		.first = "550.40.07", .last = "550.163.01",
		.branches = { WHOLE(550) },
		.info = &info_525, .config_state = { 5096, 4 },
		.set_info_size = 5104, .type_info_size = 5096,
		.types = &types_525, .enumerate_size = 10760, .virt_mode_size = 4,
		.has_pgpu_info = true,
		.types_max = 64, .instances_max = 32,
	},
	{
		.first = "555.42.02", .last = "555.58.02",
		.branches = { WHOLE(555) },
		.info = &info_525, .config_state = { 5096, 4 },
		.set_info_size = 5104, .type_info_size = 5096,
		.types = &types_525, .enumerate_size = 10760, .virt_mode_size = 8,
		.has_pgpu_info = true,
		.types_max = 64, .instances_max = 32,
	},
	{
		.first = "560.28.03", .last = "560.35.03",
		.branches = { WHOLE(560) },
		.info = &info_525, .config_state = { 5096, 4 },
		.set_info_size = 5104, .type_info_size = 5096,
		.types = &types_525, .enumerate_size = 10760, .virt_mode_size = 8,
		.has_pgpu_info = true,
		.types_max = 64, .instances_max = 32,
	},
	{
		.first = "565.57.01", .last = "565.77",
		.branches = { WHOLE(565) },
		.info = &info_525, .config_state = { 5096, 4 },
		.set_info_size = 5104, .type_info_size = 5096,
		.types = &types_525, .enumerate_size = 10760, .virt_mode_size = 8,
		.has_pgpu_info = true,
		.types_max = 64, .instances_max = 32,
	},
	{
		.first = "570.86.15", .last = "570.211.01",
		.branches = { WHOLE(570) },
		.info = &info_570, .config_state = { 5232, 4 },
		.set_info_size = 5240, .type_info_size = 5232,
		.types = &types_525, .enumerate_size = 10760, .virt_mode_size = 8,
		.has_pgpu_info = true,
		.types_max = 64, .instances_max = 32,
	},
	{
		.first = "575.51.02", .last = "575.64.05",
		.branches = { WHOLE(575) },
		.info = &info_575, .config_state = { 5232, 4 },
		.set_info_size = 5240, .type_info_size = 5232,
		.types = &types_575, .enumerate_size = 10760, .virt_mode_size = 8,
		.has_pgpu_info = true,
		.types_max = 100, .instances_max = 32,
	},
	{
		.first = "580.65.06", .last = "580.82.09",
		.branches = { { 580, 0, 82 } },
		.info = &info_580_65, .config_state = { 5424, 4 },
		.set_info_size = 5432, .type_info_size = 5424,
		.types = &types_580_65, .enumerate_size = 19592, .virt_mode_size = 8,
		.has_pgpu_info = true,
		.types_max = 128, .instances_max = 48,
	},
	{
		.first = "580.94.02", .last = "590.48.01",
		.branches = { { 580, 94, UINT16_MAX }, WHOLE(590) },
		.info = &info_580_94, .config_state = { 5432, 4 },
		.set_info_size = 5440, .type_info_size = 5432,
		.types = &types_580_65, .enumerate_size = 19592, .virt_mode_size = 8,
		.has_pgpu_info = true,
		.types_max = 128, .instances_max = 48,
	},
	{
		.first = "595.44.02", .last = "610.57.04",
		.branches = { { 595, 44, UINT16_MAX }, { 610, 43, UINT16_MAX } },
		.info = &info_595, .config_state = { 5432, 4 },
		.set_info_size = 5440, .type_info_size = 5432,
		.types = &types_580_65, .enumerate_size = 19592, .virt_mode_size = 8,
		.has_pgpu_info = true, .divides_by_places = true,
		.types_max = 128, .instances_max = 48,
	},
};

/* Drivers before this one would refuse the layout of any row that can be tried (nvidia-rm-notes, section 6). */
#define FIRST_READ_CALLS "525"

/* Compares "550.90.07" and "550.100" number by number. */
static int compare_releases(const char *a, const char *b)
{
	while (*a || *b) {
		char *end_a, *end_b;
		unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);

		if (x != y)
			return x < y ? -1 : 1;
		/* Text that is no number would keep the loop here for ever. */
		if (end_a == a && end_b == b)
			return strcmp(a, b);
		a = end_a + (*end_a == '.');
		b = end_b + (*end_b == '.');
	}
	return 0;
}

/* Returns whether a release lies in a branch, as far as its second number. */
static bool is_in_branch(const char *release, const struct branch *branch)
{
	char *end;
	unsigned long number = strtoul(release, &end, 10), second = strtoul(end + (*end == '.'), NULL, 10);

	return number == branch->number && second >= branch->from && second <= branch->to;
}

const struct abi *abi_find(const char *release)
{
	if (!parse_is_release(release))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].branches[0].number && strcmp(release, rows[i].first) == 0)
			return &rows[i];
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].branches); j++)
			if (is_in_branch(release, &rows[i].branches[j]))
				return &rows[i];
	}
	return NULL;
}

bool abi_may_insist(const char *release, const struct abi *row)
{
	const struct abi *own = abi_find(release);
	unsigned long number = strtoul(release, NULL, 10);
	bool is_known = false;

	if (own)
		return own == row;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].branches); j++) {
			if (!number || rows[i].branches[j].number != number)
				continue;
			if (&rows[i] == row)
				return true;
			is_known = true;
		}
	return !is_known && (row->type_info_size || strtoul(row->first, NULL, 10) == number);
}

void abi_nearest(const char *release, const char **below, const char **above)
{
	bool is_old = compare_releases(release, FIRST_READ_CALLS) < 0;

	*below = *above = NULL;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const struct abi *row = &rows[i / 2];
		const char *end = i % 2 ? row->last : row->first;
		int order = compare_releases(end, release);

		if (!abi_may_insist(release, row) || (is_old && row->type_info_size))
			continue;
		if (order < 0)
			*below = end;
		else if (!*above && order > 0)
			*above = end;
	}
}

const struct abi *abi_ambiguous(const struct abi *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].info != row->info && rows[i].types && row->types &&
		    rows[i].types->size == row->types->size &&
		    rows[i].type_info_size == row->type_info_size && rows[i].enumerate_size == row->enumerate_size)
			return &rows[i];
	return NULL;
}

bool abi_places_once(const char *release)
{
	/* From one release on and before another. */
	static const struct {
		const char *from, *before;
	} spans[] = { { "570.207", "575" }, { "580.94.06", "580.94.19" }, { "580.105", "9999" } };

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		if (compare_releases(release, spans[i].from) >= 0 && compare_releases(release, spans[i].before) < 0)
			return true;
	return false;
}

bool abi_tells_release(const char *release)
{
	return compare_releases(release, "530.30.02") >= 0;
}

const struct abi *abi_newest(void)
{
	return &rows[ARRAY_SIZE(rows) - 1];
}

const struct abi *abi_next(const struct abi *row)
{
	if (!row)
		return &rows[0];
	return row < abi_newest() ? row + 1 : NULL;
}
