// SPDX-License-Identifier: GPL-2.0-only
/*
 * rm-vgpu.c - the vGPU types: one system-wide table, one list per GPU
 *
 * Sections are those of the notes. What 510..545 do inside is closed; they are
 * taken to behave like the open code of 550, as the notes infer.
 */
#include "rm-core.h"

/* Filled in by the driver, not taken from the caller (notes 5, GET_TYPE_INFO). */
static const u32 computed[] = {
	RM_F_VGPU_SET_INFO_INFO_ADAPTER_NAME,
	RM_F_VGPU_SET_INFO_INFO_ADAPTER_NAME_UNICODE,
	RM_F_VGPU_SET_INFO_INFO_SHORT_GPU_NAME_STRING,
	RM_F_VGPU_SET_INFO_INFO_LICENSED_PRODUCT_NAME,
	RM_F_VGPU_SET_INFO_INFO_NOMINAL_FB_REGION_SIZE,
	RM_F_VGPU_SET_INFO_INFO_EXCLUSIVE_TYPE,
	RM_F_VGPU_SET_INFO_INFO_EXCLUSIVE_SIZE,
	RM_F_VGPU_SET_INFO_INFO_PLACEMENT_SIZE,
	RM_F_VGPU_SET_INFO_INFO_PLACEMENT_COUNT,
	RM_F_VGPU_SET_INFO_INFO_PLACEMENT_IDS,
	RM_F_VGPU_SET_INFO_INFO_HOMOGENEOUS_PLACEMENT_COUNT,
	RM_F_VGPU_SET_INFO_INFO_HOMOGENEOUS_PLACEMENT_IDS,
	RM_F_VGPU_SET_INFO_INFO_HETEROGENEOUS_PLACEMENT_COUNT,
	RM_F_VGPU_SET_INFO_INFO_HETEROGENEOUS_PLACEMENT_IDS,
};

/* Copied as C strings (notes 5, point 8), the extra parameters too. */
static const u32 strings[] = {
	RM_F_VGPU_SET_INFO_INFO_VGPU_NAME,
	RM_F_VGPU_SET_INFO_INFO_VGPU_CLASS,
	RM_F_VGPU_SET_INFO_INFO_LICENSE,
	RM_F_VGPU_SET_INFO_INFO_VGPU_EXTRA_PARAMS,
};

#define COUNT(a) ((u32)(sizeof(a) / sizeof((a)[0])))

static struct rm_gpu *call_gpu(struct rm_call *call)
{
	return &call->rm->gpu[call->gpu];
}

static u64 type_get(const struct rm_state *rm, const struct rm_type *type, u32 field)
{
	return rm_get(rm, type->block, field);
}

static struct rm_type *find_type(struct rm_state *rm, u32 id)
{
	u32 i;

	for (i = 0; i < rm->types; i++)
		if (rm->type[i].id == id)
			return &rm->type[i];
	return NULL;
}

static struct rm_type *slot_type(struct rm_state *rm, const struct rm_gpu *gpu, u32 slot)
{
	return &rm->type[gpu->slot[slot] - 1];
}

static void tell_sysfs(struct rm_call *call)
{
	if (call->c->ops->types_changed)
		call->c->ops->types_changed(call->c->ctx, call->gpu);
}

/* ---------------------------------------------------------- SET_INFO */

static void cut_string(struct rm_call *call, u8 *block, u32 field)
{
	const struct rm_field *f = rm_field(call->rm, field);
	u32 i;

	if (!f)
		return;
	for (i = 0; i < f->size && block[f->offset + i]; i++)
		;
	if (i == f->size) {
		rm_danger(call, RM_DANGER_STRING, 0, f->offset, false);
		block[f->offset + --i] = 0;
	}
	memset(block + f->offset + i, 0, f->size - i);
}

static void clear_field(const struct rm_state *rm, u8 *block, u32 field)
{
	const struct rm_field *f = rm_field(rm, field);

	if (f)
		memset(block + f->offset, 0, f->size);
}

/* What the kernel keeps of the block, in rm->out. True if multiVgpuSupported was forced to 0. */
static bool kernel_copy(struct rm_call *call, const struct rm_gpu *gpu)
{
	struct rm_state *rm = call->rm;
	u32 i;

	for (i = 0; i < COUNT(strings); i++)
		cut_string(call, rm->out, strings[i]);
	for (i = 0; i < COUNT(computed); i++)
		clear_field(rm, rm->out, computed[i]);
	rm_put(rm, rm->out, RM_F_VGPU_SET_INFO_DISCARD_VGPU_TYPES, 0);
	rm_put(rm, rm->out, RM_F_VGPU_SET_INFO_VGPU_CONFIG_STATE, 0);
	/* Point 4. */
	if (gpu->fractional || rm_get(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE) == 1 ||
	    !rm_get(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_MULTI_VGPU_SUPPORTED))
		return false;
	rm_put(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_MULTI_VGPU_SUPPORTED, 0);
	return true;
}

static bool same_info(const struct rm_state *rm, const struct rm_type *type)
{
	return !memcmp(type->block, rm->out, rm_struct_size(rm, RM_S_VGPU_SET_INFO));
}

/* Point 5: an id that is known anywhere keeps its first definition. */
static struct rm_type *keep_type(struct rm_call *call, const struct rm_gpu *gpu, u32 id)
{
	struct rm_state *rm = call->rm;
	bool forced = kernel_copy(call, gpu);
	struct rm_type *type = find_type(rm, id);

	if (type) {
		if (!same_info(rm, type)) {
			type->ignored++;
			rm_note(call, "first definition kept for type", id);
		}
		return type;
	}
	if (rm->types == RM_MAX_TYPES)
		return NULL;
	type = &rm->type[rm->types++];
	memset(type, 0, sizeof(*type));
	type->id = id;
	type->fractional_lost = forced;
	memcpy(type->block, rm->out, rm_struct_size(rm, RM_S_VGPU_SET_INFO));
	return type;
}

/* Point 6: only the count is set to 0. */
static void discard_list(struct rm_call *call, struct rm_gpu *gpu)
{
	if (gpu->active)
		rm_danger(call, RM_DANGER_DISCARD_USED, 0, gpu->active, false);
	gpu->types = 0;
}

/* Point 8: nothing is compared. */
static void append(struct rm_call *call, struct rm_gpu *gpu, const struct rm_type *type)
{
	u16 slot = (u16)(type - call->rm->type + 1);
	u32 i;

	for (i = 0; i < gpu->types; i++)
		if (gpu->slot[i] == slot)
			rm_danger(call, RM_DANGER_DUPLICATE, type->id, i, false);
	gpu->slot[gpu->types++] = slot;
	rm_widen_region(call->rm, gpu, type);
}

static u32 add_type(struct rm_call *call, struct rm_gpu *gpu)
{
	struct rm_state *rm = call->rm;
	u32 id = (u32)rm_get(rm, rm->in, RM_F_VGPU_SET_INFO_INFO_VGPU_TYPE);
	bool discard = rm_get(rm, rm->in, RM_F_VGPU_SET_INFO_DISCARD_VGPU_TYPES) != 0;
	struct rm_type *type;

	if (!discard && gpu->types == rm_constant(rm, RM_K_MAX_VGPU_TYPES_PER_PGPU))
		return NV_ERR_NOT_SUPPORTED;	/* point 3: full */
	type = keep_type(call, gpu, id);
	if (!type)
		return NV_ERR_NO_MEMORY;
	if (discard)
		discard_list(call, gpu);
	append(call, gpu, type);
	return NV_OK;
}

u32 rm_vgpu_set_info(struct rm_call *call)
{
	struct rm_gpu *gpu = call_gpu(call);
	u32 status;

	/* Point 1: stored as given on every call, 0 after an error. */
	gpu->config_state = (u32)rm_get(call->rm, call->rm->in, RM_F_VGPU_SET_INFO_VGPU_CONFIG_STATE);
	/* What the GSP answers in a build that hosts none is not known: no program has to ask. */
	status = call->rm->world & RM_WORLD_PLAIN ? NV_ERR_NOT_SUPPORTED : add_type(call, gpu);
	/* Nothing of the kernel's copy goes back to the caller. */
	memcpy(call->rm->out, call->rm->in, sizeof(call->rm->out));
	if (status)
		gpu->config_state = 0;
	else if (rm_types_show_at_once(call->rm))
		tell_sysfs(call);
	return status;
}

/* notes-2, 3: whatever went wrong, and whoever set the state before. */
void rm_vgpu_failed(struct rm_call *call)
{
	struct rm_object *o = rm_find_object(call->rm, call->ev.client, call->ev.object);

	if (call->ev.kind == RM_EV_CONTROL && call->ev.code == RM_CMD_VGPU_SET_INFO && o && o->gpu < RM_MAX_GPUS)
		call->rm->gpu[o->gpu].config_state = 0;
}

/* --------------------------------------------------------- the lists */

/* Of every instance or of one is the same as long as nobody made any. */
static bool is_hidden(const struct rm_state *rm, u16 slot)
{
	return rm_hides_shared_instances(rm) &&
	       type_get(rm, &rm->type[slot - 1], RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE_PER_GI) > 1;
}

/*
 * notes 5, creatable: with no vGPU every non-MIG type, else the running type
 * as long as there is room. Types added meanwhile are not among them.
 */
static bool creatable(const struct rm_state *rm, const struct rm_gpu *gpu, u32 type)
{
	const struct rm_type *t = &rm->type[type - 1];

	if (type_get(rm, t, RM_F_VGPU_SET_INFO_INFO_GPU_INSTANCE_SIZE))
		return false;
	if (!gpu->active)
		return true;
	return type == gpu->active_type && gpu->active < type_get(rm, t, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE);
}

static u32 list_types(struct rm_call *call, bool only_creatable)
{
	const struct rm_gpu *gpu = call_gpu(call);
	struct rm_state *rm = call->rm;
	u32 i, n = 0;

	/* notes-2, 3: it is the build that decides, whatever 0x800289 says. */
	if (gpu->desc.flags & RM_GPU_UNLISTED || rm->world & RM_WORLD_PLAIN)
		return NV_ERR_NOT_SUPPORTED;
	clear_field(rm, rm->out, RM_F_VGPU_TYPES_VGPU_TYPES);
	for (i = 0; i < gpu->types; i++)
		if (only_creatable ? creatable(rm, gpu, gpu->slot[i]) : !is_hidden(rm, gpu->slot[i]))
			rm_put_element(rm, rm->out, RM_F_VGPU_TYPES_VGPU_TYPES, n++, slot_type(rm, gpu, i)->id);
	rm_put(rm, rm->out, RM_F_VGPU_TYPES_NUM_VGPU_TYPES, n);
	rm_put(rm, rm->out, RM_F_VGPU_TYPES_VGPU_CONFIG_STATE, gpu->config_state);
	return NV_OK;
}

u32 rm_vgpu_supported(struct rm_call *call)
{
	return list_types(call, false);
}

u32 rm_vgpu_creatable(struct rm_call *call)
{
	return list_types(call, true);
}

/* numVgpu counts the running ones; the guests themselves are left zero. */
u32 rm_vgpu_enumerate(struct rm_call *call)
{
	const struct rm_gpu *gpu = call_gpu(call);
	struct rm_state *rm = call->rm;

	clear_field(rm, rm->out, RM_F_VGPU_ENUMERATE_VGPU_GUEST);
	rm_put(rm, rm->out, RM_F_VGPU_ENUMERATE_NUM_VGPU, gpu->active);
	if (gpu->active && gpu->active_type)
		rm_put(rm, rm->out, RM_F_VGPU_ENUMERATE_GUEST0_DEV_VGPU_TYPE,
		       rm->type[gpu->active_type - 1].id);
	return NV_OK;
}

/* -------------------------------------------------------- TYPE_INFO */

static void put_text(const struct rm_state *rm, void *block, u32 field, const char *text)
{
	const struct rm_field *f = rm_field(rm, field);
	u32 step, i;

	if (!f)
		return;
	step = f->size / f->count;	/* 2 for the unicode name */
	for (i = 0; text[i] && i < f->count - 1U; i++)
		((u8 *)block)[f->offset + step * i] = (u8)text[i];
}

struct ids {
	u32 count, ids;		/* fields */
};

/* 550 to 565 had one list for both. */
static const struct ids homogeneous[] = {
	{ RM_F_VGPU_SET_INFO_INFO_PLACEMENT_COUNT, RM_F_VGPU_SET_INFO_INFO_PLACEMENT_IDS },
	{ RM_F_VGPU_SET_INFO_INFO_HOMOGENEOUS_PLACEMENT_COUNT, RM_F_VGPU_SET_INFO_INFO_HOMOGENEOUS_PLACEMENT_IDS },
};

static const struct ids heterogeneous[] = {
	{ RM_F_VGPU_SET_INFO_INFO_PLACEMENT_COUNT, RM_F_VGPU_SET_INFO_INFO_PLACEMENT_IDS },
	{ RM_F_VGPU_SET_INFO_INFO_HETEROGENEOUS_PLACEMENT_COUNT, RM_F_VGPU_SET_INFO_INFO_HETEROGENEOUS_PLACEMENT_IDS },
};

static void put_ids(struct rm_call *call, const struct ids fields[2], const struct rm_type *type, u32 count)
{
	struct rm_state *rm = call->rm;
	u32 i, n;

	rm_put(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_PLACEMENT_SIZE, type->placement_size);
	for (i = 0; i < 2; i++) {
		rm_put(rm, rm->out, fields[i].count, count);
		for (n = 0; n < count; n++)
			rm_put_element(rm, rm->out, fields[i].ids, n, rm_placement_id(rm, call_gpu(call), type, n));
	}
}

static void put_computed(struct rm_call *call, const struct rm_type *type)
{
	const struct rm_gpu *gpu = call_gpu(call);
	struct rm_state *rm = call->rm;

	put_text(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_ADAPTER_NAME, "simulated adapter");
	put_text(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_ADAPTER_NAME_UNICODE, "simulated adapter");
	put_text(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_SHORT_GPU_NAME_STRING, "SIM");
	rm_put(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_NOMINAL_FB_REGION_SIZE, gpu->region);
	if (rm_places_homogeneous(rm, gpu))
		put_ids(call, homogeneous, type, type->homogeneous);
	if (rm_places_heterogeneous(rm, gpu))
		put_ids(call, heterogeneous, type, type->heterogeneous);
}

/* The signature is not returned, frlEnable is 0 when FRL is off (notes 5); all else is as it was given (notes-2, 3). */
u32 rm_vgpu_type_info(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	u32 id = (u32)rm_get(rm, rm->in, RM_F_VGPU_GET_TYPE_INFO_VGPU_TYPE);
	struct rm_type *type = find_type(rm, id);

	if (!type)
		return NV_ERR_OBJECT_NOT_FOUND;
	/* The info block stands at the same place in both structs. */
	memcpy(rm->out, type->block, rm_struct_size(rm, RM_S_VGPU_GET_TYPE_INFO));
	rm_put(rm, rm->out, RM_F_VGPU_GET_TYPE_INFO_VGPU_TYPE, id);
	clear_field(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_VGPU_SIGNATURE);
	if (rm->world & RM_WORLD_FRL_OFF)
		rm_put(rm, rm->out, RM_F_VGPU_SET_INFO_INFO_FRL_ENABLE, 0);
	put_computed(call, type);
	return NV_OK;
}

/* ------------------------------------------------------------- others */

/* Before 535.216 / 550.40.65 / 550.90 this is the moment at which ids and names are copied to sysfs. */
u32 rm_vgpu_update(struct rm_call *call)
{
	struct rm_gpu *gpu = call_gpu(call);

	rm_place(call, gpu);
	if (call->rm->fatal || rm_types_show_at_once(call->rm))
		return NV_OK;
	memcpy(gpu->visible, gpu->slot, sizeof(gpu->visible));
	gpu->visibles = gpu->types;
	tell_sysfs(call);
	return NV_OK;
}

u32 rm_vgpu_set_pgpu(struct rm_call *call)
{
	call_gpu(call)->fractional =
		(u32)rm_get(call->rm, call->rm->in, RM_F_VGPU_SET_PGPU_INFO_FRACTIONAL_MULTI_VGPU);
	return NV_OK;
}

void rm_vgpu_forget(struct rm_gpu *gpu)
{
	gpu->types = 0;
	gpu->visibles = 0;
	gpu->placed = 0;
	gpu->region = 0;
	gpu->config_state = 0;
	gpu->fractional = 0;
	gpu->active = 0;
	gpu->active_type = 0;
}

/* -------------------------------------------------------------- vGPUs */

/* notes-2, 2: once ids were computed a vGPU needs one, on Ada and later. */
bool rm_has_place(const struct rm_state *rm, const struct rm_gpu *gpu, u32 slot)
{
	return !rm_places_homogeneous(rm, gpu) || rm->type[slot - 1].homogeneous;
}

static u16 find_slot(const struct rm_state *rm, const struct rm_gpu *gpu, u32 id)
{
	u32 i;

	for (i = 0; i < gpu->types; i++)
		if (rm->type[gpu->slot[i] - 1].id == id)
			return gpu->slot[i];
	return 0;
}

u32 rm_create_status(const struct rm_state *rm, unsigned int index, u32 id)
{
	const struct rm_gpu *gpu = &rm->gpu[index];
	u16 slot = find_slot(rm, gpu, id);

	if (!slot)
		return NV_ERR_OBJECT_NOT_FOUND;
	if (!creatable(rm, gpu, slot))
		return NV_ERR_NOT_SUPPORTED;
	return rm_has_place(rm, gpu, slot) ? NV_OK : NV_ERR_INVALID_STATE;
}

/* --------------------------------------------------- for front ends */

static void view_text(const struct rm_state *rm, const struct rm_type *type, u32 field, char *text)
{
	const struct rm_field *f = rm_field(rm, field);

	memset(text, 0, 64);
	memcpy(text, type->block + f->offset, f->size < 64 ? f->size : 63);
}

static u32 view_mib(const struct rm_state *rm, const struct rm_type *type, u32 field)
{
	return (u32)(type_get(rm, type, field) >> RM_MIB_SHIFT);
}

static void fill_view(const struct rm_state *rm, const struct rm_gpu *gpu, u16 slot, struct rm_type_view *v)
{
	const struct rm_type *t = &rm->type[slot - 1];

	v->id = t->id;
	view_text(rm, t, RM_F_VGPU_SET_INFO_INFO_VGPU_NAME, v->name);
	view_text(rm, t, RM_F_VGPU_SET_INFO_INFO_VGPU_CLASS, v->class_name);
	v->max_instance = (u32)type_get(rm, t, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE);
	v->num_heads = (u32)type_get(rm, t, RM_F_VGPU_SET_INFO_INFO_NUM_HEADS);
	v->max_x = (u32)type_get(rm, t, RM_F_VGPU_SET_INFO_INFO_MAX_RESOLUTION_X);
	v->max_y = (u32)type_get(rm, t, RM_F_VGPU_SET_INFO_INFO_MAX_RESOLUTION_Y);
	v->frl_config = (u32)type_get(rm, t, RM_F_VGPU_SET_INFO_INFO_FRL_CONFIG);
	v->fb_mib = view_mib(rm, t, RM_F_VGPU_SET_INFO_INFO_FB_LENGTH);
	v->reserved_mib = view_mib(rm, t, RM_F_VGPU_SET_INFO_INFO_FB_RESERVATION);
	/* 510 has no profile size: what the guest sees stands in. */
	v->profile_mib = rm_field(rm, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE) ?
		view_mib(rm, t, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE) : v->fb_mib;
	v->ignored = t->ignored;
	v->creatable = creatable(rm, gpu, slot);
}

int rm_type_get(const struct rm_state *rm, unsigned int gpu, unsigned int n, struct rm_type_view *v)
{
	if (gpu >= RM_MAX_GPUS || n >= rm->gpu[gpu].types)
		return -ENOENT;
	fill_view(rm, &rm->gpu[gpu], rm->gpu[gpu].slot[n], v);
	return 0;
}

int rm_visible_get(const struct rm_state *rm, unsigned int gpu, unsigned int n, struct rm_type_view *v)
{
	if (gpu >= RM_MAX_GPUS || !rm->gpu[gpu].in_use || (rm->world & RM_WORLD_NO_VFIO))
		return -ENOENT;
	if (rm_types_show_at_once(rm))
		return rm_type_get(rm, gpu, n, v);
	if (n >= rm->gpu[gpu].visibles)
		return -ENOENT;
	fill_view(rm, &rm->gpu[gpu], rm->gpu[gpu].visible[n], v);
	return 0;
}
