// SPDX-License-Identifier: GPL-2.0-only
/* stock.c - the types that nvidia-vgpud gives a GPU: one name, its sizes and series */
#include <errno.h>
#include <stdio.h>

#include "rm-core.h"
#include "world.h"

static const u32 sizes[] = { 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 80 };	/* GiB */

static void put_text(const struct rm_state *rm, u8 *block, u32 field, const char *text)
{
	const struct rm_field *f = rm_field(rm, field);

	if (f)
		snprintf((char *)block + f->offset, f->size, "%s", text);
}

static int add_type(struct sim *sim, struct rm_gpu *gpu, u32 id, const char *name, u32 gib)
{
	struct rm_state *rm = &sim->w->rm;
	struct rm_type *type;

	if (rm->types == RM_MAX_TYPES || gpu->types == rm_constant(rm, RM_K_MAX_VGPU_TYPES_PER_PGPU))
		return -ENOSPC;
	type = &rm->type[rm->types++];
	memset(type, 0, sizeof(*type));
	type->id = id;
	put_text(rm, type->block, RM_F_VGPU_SET_INFO_INFO_VGPU_NAME, name);
	put_text(rm, type->block, RM_F_VGPU_SET_INFO_INFO_VGPU_CLASS, "Quadro");
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_VGPU_TYPE, id);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE, gpu->desc.fb_mib / 1024 / gib);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_NUM_HEADS, 4);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_MAX_RESOLUTION_X, 7680);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_MAX_RESOLUTION_Y, 4320);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_FRL_CONFIG, 60);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE, (u64)gib << RM_GIB_SHIFT);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_FB_LENGTH, ((u64)gib * 960 - 64) << RM_MIB_SHIFT);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_FB_RESERVATION, ((u64)gib * 64 + 64) << RM_MIB_SHIFT);
	gpu->slot[gpu->types++] = (u16)rm->types;
	return 0;
}

/* Ids count on from `first`: 1147 is the L40S's -1Q (facts about vendor VFIO, 2). */
int stock_types(struct sim *sim, unsigned int index, const char *card, u32 first)
{
	static const char series[] = "QAC";
	struct rm_gpu *gpu = &sim->w->rm.gpu[index];
	const char *s;
	char name[64];
	size_t i;
	int r = 0;

	for (s = series; *s; s++)
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && r == 0; i++) {
			if (gpu->desc.fb_mib % (sizes[i] * 1024) || (*s == 'C' && sizes[i] < 4))
				continue;
			snprintf(name, sizeof(name), "%.50s-%u%c", card, sizes[i], *s);
			r = add_type(sim, gpu, first++, name, sizes[i]);
		}
	if (r < 0)
		return r;
	memcpy(gpu->visible, gpu->slot, sizeof(gpu->visible));
	gpu->visibles = gpu->types;
	sysfs_types(sim, index);
	return 0;
}
