// SPDX-License-Identifier: GPL-2.0-only
/* rm-gpu.c - GPUs: bind, unbind, initialise, and the state as a whole */
#include "rm-core.h"

static void copy_version(struct rm_state *rm, const char *version)
{
	u32 i;

	for (i = 0; version[i] && i < RM_VERSION_LEN - 1; i++)
		rm->version[i] = version[i];
}

int rm_init(struct rm_state *rm, const char *version, const char *like, u32 world)
{
	u32 release, layout;

	if (!rm_find_release(like ? like : version, &release, &layout))
		return -EINVAL;
	/* Of the types only the known ones are ever read. */
	memset(rm, 0, offsetof(struct rm_state, type));
	rm->magic = RM_STATE_MAGIC;
	rm->size = sizeof(*rm);
	copy_version(rm, version);
	rm->release = release;
	rm->layout = layout;
	rm->world = world;
	return 0;
}

/* Types and lists live until the module is unloaded (notes 5). */
int rm_reload(struct rm_state *rm)
{
	u32 i;

	for (i = 0; i < RM_MAX_FILES; i++)
		if (rm->file[i].in_use)
			return -EBUSY;
	for (i = 0; i < RM_MAX_GPUS; i++)
		rm_vgpu_forget(&rm->gpu[i]);
	rm->types = 0;
	rm->next_handle = 0;
	return 0;
}

u32 rm_gpu_index(const struct rm_state *rm, const struct rm_gpu *gpu)
{
	return (u32)(gpu - rm->gpu);
}

struct rm_gpu *rm_gpu_by_minor(struct rm_state *rm, u32 minor)
{
	u32 i;

	for (i = 0; i < RM_MAX_GPUS; i++)
		if (rm->gpu[i].in_use && rm->gpu[i].desc.minor == minor)
			return &rm->gpu[i];
	return NULL;
}

bool rm_gpu_listed(const struct rm_gpu *gpu)
{
	return gpu->in_use && !(gpu->desc.flags & RM_GPU_EXCLUDED);
}

struct rm_gpu *rm_gpu_by_id(struct rm_state *rm, u32 id)
{
	u32 i;

	for (i = 0; i < RM_MAX_GPUS; i++)
		if (rm_gpu_listed(&rm->gpu[i]) && rm->gpu[i].id == id)
			return &rm->gpu[i];
	return NULL;
}

/* notes 4: domain, bus and slot; the function is no part of it. */
static u32 gpu_id(u32 domain, u32 bus, u32 slot)
{
	return (domain & 0xffff) << 16 | bus << 8 | slot;
}

int rm_find_gpu(const struct rm_state *rm, u32 domain, u32 bus, u32 slot)
{
	u32 i;

	for (i = 0; i < RM_MAX_GPUS; i++)
		if (rm->gpu[i].in_use && rm->gpu[i].id == gpu_id(domain, bus, slot))
			return (int)i;
	return -ENOENT;
}

static u32 free_minor(struct rm_state *rm)
{
	u32 minor;

	for (minor = 0; minor <= RM_MINOR_GPU_LAST; minor++)
		if (!rm_gpu_by_minor(rm, minor))
			break;
	return minor;
}

/* The place this address had before (its list may live on), else an unused one. */
static struct rm_gpu *gpu_place(struct rm_state *rm, u32 id)
{
	struct rm_gpu *unused = NULL;
	u32 i;

	for (i = 0; i < RM_MAX_GPUS; i++) {
		if (rm->gpu[i].in_use)
			continue;
		if (rm->gpu[i].id == id)
			return &rm->gpu[i];
		if (!unused && !rm->gpu[i].types)
			unused = &rm->gpu[i];
	}
	if (unused)
		memset(unused, 0, sizeof(*unused));
	return unused;
}

int rm_add_gpu(struct rm_state *rm, const struct rm_gpu_desc *desc)
{
	u32 minor = desc->minor == RM_MINOR_AUTO ? free_minor(rm) : desc->minor;
	struct rm_gpu *gpu;

	if (rm_find_gpu(rm, desc->domain, desc->bus, desc->slot) >= 0 || rm_gpu_by_minor(rm, minor))
		return -EEXIST;
	gpu = minor <= RM_MINOR_GPU_LAST ? gpu_place(rm, gpu_id(desc->domain, desc->bus, desc->slot)) : NULL;
	if (!gpu)
		return -ENOSPC;
	gpu->desc = *desc;
	gpu->desc.minor = minor;
	gpu->id = gpu_id(desc->domain, desc->bus, desc->slot);
	gpu->in_use = 1;
	gpu->lost = 0;
	gpu->open_count = 0;
	gpu->instance = RM_NONE;
	return (int)rm_gpu_index(rm, gpu);
}

/* Who still holds it keeps a dead thing, also when the same address comes back. */
static void lose_users(struct rm_state *rm, u32 index)
{
	u32 i;

	for (i = 0; i < RM_MAX_FILES; i++) {
		if (rm->file[i].in_use && rm->file[i].gpu == index)
			rm->file[i].gpu = RM_GONE;
		rm->file[i].attached &= ~((u64)1 << index);
	}
	for (i = 0; i < RM_MAX_OBJECTS; i++)
		if (rm->object[i].handle && rm->object[i].gpu == index)
			rm->object[i].gpu = RM_GONE;
}

bool rm_gpu_lost(const struct rm_state *rm, u32 index)
{
	return index == RM_GONE || (index != RM_NONE && rm->gpu[index].lost);
}

bool rm_holds_gpu(const struct rm_state *rm, u32 index, u32 owner)
{
	u32 i;

	for (i = 0; i < RM_MAX_FILES; i++)
		if (rm->file[i].in_use && rm->file[i].gpu == index && rm->file[i].owner == owner)
			return true;
	return false;
}

int rm_remove_gpu(struct rm_state *rm, unsigned int index, bool force)
{
	struct rm_gpu *gpu;

	if (index >= RM_MAX_GPUS || !rm->gpu[index].in_use)
		return -ENOENT;
	gpu = &rm->gpu[index];
	if (gpu->open_count && !force)
		return -EBUSY;
	lose_users(rm, index);
	gpu->open_count = 0;
	gpu->in_use = 0;
	gpu->visibles = 0;
	gpu->active = 0;
	/* notes-2, 3: detach does not touch the list, attach finds the address again. */
	if (rm->world & RM_WORLD_FORGET_LISTS)
		rm_vgpu_forget(gpu);
	return 0;
}

static u32 free_instance(const struct rm_state *rm)
{
	u32 instance, i;

	for (instance = 0;; instance++) {
		for (i = 0; i < RM_MAX_GPUS; i++)
			if (rm->gpu[i].in_use && rm->gpu[i].open_count && rm->gpu[i].instance == instance)
				break;
		if (i == RM_MAX_GPUS)
			return instance;
	}
}

/*
 * notes 4: the first open initialises. Device instances are given out then, so
 * they follow the order of opening and not the minors.
 */
int rm_gpu_get(struct rm_state *rm, struct rm_gpu *gpu)
{
	if (gpu->desc.flags & RM_GPU_EXCLUDED)
		return -EPERM;
	if (gpu->lost)
		return -ENODEV;
	if (gpu->desc.flags & RM_GPU_BROKEN)
		return -EIO;
	if (!gpu->open_count)
		gpu->instance = free_instance(rm);
	gpu->open_count++;
	return 0;
}

void rm_gpu_release(struct rm_gpu *gpu)
{
	if (gpu->open_count && !--gpu->open_count)
		gpu->instance = RM_NONE;
}

/* Architectures by device id: nvidia-architectures.tsv. */
static bool is_turing(const struct rm_gpu *gpu)
{
	return (gpu->desc.device >= 0x1e02 && gpu->desc.device <= 0x1ff9) ||
	       (gpu->desc.device >= 0x2182 && gpu->desc.device <= 0x21d1);
}

/* Hopper's ids lie inside Ampere's span. */
bool rm_is_ada_or_later(const struct rm_gpu *gpu)
{
	return (gpu->desc.device >= 0x2302 && gpu->desc.device <= 0x2348) || gpu->desc.device >= 0x2681;
}

bool rm_is_gb100_or_later(const struct rm_gpu *gpu)
{
	return gpu->desc.device >= 0x2901;
}

/* notes-2, 3: set when the RM makes the GPU object, on a vGPU host build, for all that have SR-IOV but Turing. */
bool rm_in_sriov_mode(const struct rm_state *rm, unsigned int index)
{
	const struct rm_gpu *gpu = &rm->gpu[index];

	return gpu->desc.flags & RM_GPU_SRIOV && !(rm->world & RM_WORLD_PLAIN) && !is_turing(gpu);
}

/* notes 5, dangers: SR-IOV or Ada and later, and only with nvidia-vgpu-vfio. */
bool rm_gpu_places(const struct rm_state *rm, const struct rm_gpu *gpu)
{
	if (rm->world & RM_WORLD_NO_VFIO)
		return false;
	return rm_in_sriov_mode(rm, rm_gpu_index(rm, gpu)) || rm_is_ada_or_later(gpu);
}

/* The type is the first of the list: what runs keeps others of another type from being created. */
int rm_set_vgpus(struct rm_state *rm, unsigned int index, u32 active)
{
	struct rm_gpu *gpu;

	if (index >= RM_MAX_GPUS || !rm->gpu[index].in_use)
		return -ENOENT;
	gpu = &rm->gpu[index];
	if (active > gpu->active && gpu->types && !rm_has_place(rm, gpu, gpu->slot[0]))
		return -EIO;
	gpu->active = active;
	gpu->active_type = active && gpu->types ? gpu->slot[0] : 0;
	return 0;
}
