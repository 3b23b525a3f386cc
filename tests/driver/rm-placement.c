// SPDX-License-Identifier: GPL-2.0-only
/*
 * rm-placement.c - what UPDATE_PGPU_INFO computes, and how it can kill a kernel
 *
 * notes 5, dangers. The ids themselves are an approximation: whole GiB of
 * profileSize, in a region as large as the type with maxInstance 1.
 */
#include "rm-core.h"

static u64 info(const struct rm_state *rm, const struct rm_gpu *gpu, u32 n, u32 field)
{
	return rm_get(rm, rm->type[gpu->slot[n] - 1].block, field);
}

static u32 gib(const struct rm_state *rm, const struct rm_gpu *gpu, u32 n)
{
	return (u32)(info(rm, gpu, n, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE) >> RM_GIB_SHIFT);
}

static u32 instances(const struct rm_state *rm, const struct rm_gpu *gpu, u32 n)
{
	return (u32)info(rm, gpu, n, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE);
}

/*
 * The loop divides by maxInstance and writes that many ids. Where the code is
 * known to run this ends the kernel; elsewhere it is only written down, since
 * closed releases are not known to be any better.
 */
static void look_for_danger(struct rm_call *call, struct rm_gpu *gpu, bool runs)
{
	u32 most = rm_constant(call->rm, RM_K_MAX_VGPU_PER_PGPU);
	u32 i;

	for (i = 0; i < gpu->types; i++) {
		u32 id = call->rm->type[gpu->slot[i] - 1].id;
		u32 max = instances(call->rm, gpu, i);

		if (!max)
			rm_danger(call, RM_DANGER_DIVIDE, id, max, runs);
		else if (max > most)
			rm_danger(call, RM_DANGER_OVERFLOW, id, max, runs);
	}
}

static u32 region(const struct rm_state *rm, const struct rm_gpu *gpu)
{
	u32 i, size = 0;

	for (i = 0; i < gpu->types; i++)
		if (instances(rm, gpu, i) == 1 && gib(rm, gpu, i) > size)
			size = gib(rm, gpu, i);
	return size;
}

static void place_slot(const struct rm_state *rm, struct rm_gpu *gpu, u32 n, u32 space)
{
	u32 size = gib(rm, gpu, n);
	u32 most = instances(rm, gpu, n);

	gpu->placement_size[n] = size;
	gpu->placements[n] = size ? space / size : 0;
	if (gpu->placements[n] > most)
		gpu->placements[n] = most;
}

void rm_place(struct rm_call *call, struct rm_gpu *gpu)
{
	bool known = rm_update_places(call->rm) && rm_gpu_places(call->rm, gpu);
	bool runs = known && !(rm_places_once(call->rm) && gpu->placed);
	u32 space = region(call->rm, gpu);
	u32 i;

	look_for_danger(call, gpu, runs);
	if (!runs || call->rm->fatal)
		return;
	for (i = 0; i < gpu->types; i++)
		place_slot(call->rm, gpu, i, space);
	gpu->placed = 1;
}
