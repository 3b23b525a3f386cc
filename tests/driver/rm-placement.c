// SPDX-License-Identifier: GPL-2.0-only
/*
 * rm-placement.c - what UPDATE_PGPU_INFO computes, and how it can kill a kernel
 *
 * notes 5, dangers; notes-2, 2. The ids themselves are an approximation: whole
 * GiB of profileSize, in a region as large as a type with one instance.  They
 * stand in the type, which all GPUs share; whether a GPU has any is its own.
 */
#include "rm-core.h"

static u64 info(const struct rm_state *rm, const struct rm_type *type, u32 field)
{
	return rm_get(rm, type->block, field);
}

static u32 gib(const struct rm_state *rm, const struct rm_type *type)
{
	return (u32)(info(rm, type, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE) >> RM_GIB_SHIFT);
}

static u32 instances(const struct rm_state *rm, const struct rm_type *type)
{
	return (u32)info(rm, type, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE);
}

/* Types of MIG have no place. */
static bool has_place(const struct rm_state *rm, const struct rm_type *type)
{
	return !info(rm, type, RM_F_VGPU_SET_INFO_INFO_GPU_INSTANCE_SIZE);
}

static bool is_one(const struct rm_state *rm, const struct rm_type *type)
{
	return has_place(rm, type) && instances(rm, type) == 1;
}

static struct rm_type *type_at(struct rm_state *rm, const struct rm_gpu *gpu, u32 n)
{
	return &rm->type[gpu->slot[n] - 1];
}

bool rm_places_homogeneous(const struct rm_state *rm, const struct rm_gpu *gpu)
{
	return gpu->placed && rm_gpu_places(rm, gpu) && rm_is_ada_or_later(gpu);
}

bool rm_places_heterogeneous(const struct rm_state *rm, const struct rm_gpu *gpu)
{
	return gpu->placed && rm_gpu_places(rm, gpu) && rm_in_sriov_mode(rm, rm_gpu_index(rm, gpu));
}

/* Where instances, and not sizes, divide the region. */
static bool is_divided(const struct rm_state *rm, const struct rm_gpu *gpu)
{
	return rm_divides_by_region(rm) && rm_is_gb100_or_later(gpu);
}

u32 rm_placement_id(const struct rm_state *rm, const struct rm_gpu *gpu, const struct rm_type *type, u32 n)
{
	return is_divided(rm, gpu) ? gpu->region * n / instances(rm, type) : n * type->placement_size;
}

/* notes-2: 595 knows the region from the first type with one instance on. */
void rm_widen_region(const struct rm_state *rm, struct rm_gpu *gpu, const struct rm_type *type)
{
	if (rm_region_is_largest(rm) && is_one(rm, type) && gib(rm, type) > gpu->region)
		gpu->region = gib(rm, type);
}

/* notes-2: releases before it take the last one of the list. */
static void take_region(struct rm_state *rm, struct rm_gpu *gpu)
{
	u32 i;

	if (rm_region_is_largest(rm))
		return;
	for (i = 0; i < gpu->types; i++)
		if (is_one(rm, type_at(rm, gpu, i)))
			gpu->region = gib(rm, type_at(rm, gpu, i));
}

/*
 * The loop divides by maxInstance and writes that many ids. Where the code is
 * known to run this ends the kernel; elsewhere it is only written down, since
 * closed releases are not known to be any better.
 */
static void look_for_instances(struct rm_call *call, struct rm_gpu *gpu, bool runs)
{
	u32 most = rm_constant(call->rm, RM_K_MAX_VGPU_PER_PGPU);
	u32 i;

	for (i = 0; i < gpu->types; i++) {
		const struct rm_type *type = type_at(call->rm, gpu, i);
		u32 max = instances(call->rm, type);

		if (!max)
			rm_danger(call, RM_DANGER_DIVIDE, type->id, max, runs);
		else if (max > most)
			rm_danger(call, RM_DANGER_OVERFLOW, type->id, max, runs);
	}
}

/* notes-2, 2: 595 and 610, GB100 and later, SR-IOV mode. */
static void look_for_sizes(struct rm_call *call, struct rm_gpu *gpu)
{
	struct rm_state *rm = call->rm;
	u32 i;

	if (!is_divided(rm, gpu) || !rm_in_sriov_mode(rm, call->gpu))
		return;
	for (i = 0; i < gpu->types; i++) {
		const struct rm_type *type = type_at(rm, gpu, i);

		if (!has_place(rm, type))
			continue;
		if (!gpu->region)
			rm_danger(call, RM_DANGER_REGION, type->id, 0, true);
		if (!gib(rm, type))
			rm_danger(call, RM_DANGER_SHARE, type->id,
				  (u32)(info(rm, type, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE) >> RM_MIB_SHIFT), true);
	}
}

/* notes-2: a type that is larger than the region gets no ids. */
static u32 count(const struct rm_state *rm, const struct rm_gpu *gpu, const struct rm_type *type)
{
	u32 most = instances(rm, type), fit = gib(rm, type) ? gpu->region / gib(rm, type) : 0;

	return fit && is_divided(rm, gpu) ? most : fit < most ? fit : most;
}

static void place(const struct rm_state *rm, const struct rm_gpu *gpu, struct rm_type *type)
{
	type->placement_size = has_place(rm, type) ? gib(rm, type) : 0;
	type->homogeneous = type->heterogeneous = type->placement_size ? count(rm, gpu, type) : 0;
}

void rm_place(struct rm_call *call, struct rm_gpu *gpu)
{
	struct rm_state *rm = call->rm;
	bool known = rm_update_places(rm) && rm_gpu_places(rm, gpu);
	bool runs = known && !(rm_places_once(rm) && gpu->placed);
	u32 i;

	look_for_instances(call, gpu, runs);
	if (!runs)
		return;
	take_region(rm, gpu);
	look_for_sizes(call, gpu);
	if (rm->fatal)
		return;
	for (i = 0; i < gpu->types; i++)
		place(rm, gpu, type_at(rm, gpu, i));
	gpu->placed = 1;
}
