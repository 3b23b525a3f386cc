// SPDX-License-Identifier: GPL-2.0-only
/* rm-object.c - handles: clients, devices, subdevices, vGPU configurations */
#include "rm-core.h"

#define CLIENT_BASE	0xc1d00000U
#define OBJECT_BASE	0xcaf00000U

static bool is_root(u32 class_id)
{
	return class_id == RM_CLASS_ROOT || class_id == RM_CLASS_ROOT_NONPRIV ||
	       class_id == RM_CLASS_ROOT_CLIENT;
}

struct rm_object *rm_find_object(struct rm_state *rm, u32 client, u32 handle)
{
	u32 i;

	for (i = 0; handle && i < RM_MAX_OBJECTS; i++)
		if (rm->object[i].handle == handle && rm->object[i].client == client)
			return &rm->object[i];
	return NULL;
}

/* A client belongs to the control file it was made on. */
u32 rm_find_client(struct rm_call *call, u32 client, struct rm_object **ret)
{
	struct rm_object *o = rm_find_object(call->rm, client, client);

	if (!o || o->file != call->file)
		return NV_ERR_INVALID_CLIENT;
	*ret = o;
	return NV_OK;
}

static u32 pick_handle(struct rm_state *rm, u32 base)
{
	return base + (++rm->next_handle & 0xfffff);
}

static struct rm_object *new_object(struct rm_state *rm, u32 client, u32 handle, u32 class_id)
{
	u32 i;

	for (i = 0; i < RM_MAX_OBJECTS; i++) {
		struct rm_object *o = &rm->object[i];

		if (o->handle)
			continue;
		memset(o, 0, sizeof(*o));
		o->handle = handle;
		o->client = client;
		o->class_id = class_id;
		o->gpu = RM_NONE;
		return o;
	}
	return NULL;
}

/* Root: parent and root are 0 or the handle asked for; the parameters are NULL or one handle. */
static u32 alloc_root(struct rm_call *call, u32 root, u32 parent, u32 *handle, u32 class_id, u64 params)
{
	struct rm_state *rm = call->rm;
	u32 h = *handle ? *handle : pick_handle(rm, CLIENT_BASE);
	struct rm_object *o;

	if ((root && root != *handle) || (parent && parent != *handle))
		return NV_ERR_INVALID_ARGUMENT;
	if (rm_find_object(rm, h, h))
		return NV_ERR_INSERT_DUPLICATE_NAME;
	o = new_object(rm, h, h, class_id);
	if (!o)
		return NV_ERR_INSUFFICIENT_RESOURCES;
	o->file = call->file;
	if (params && call->c->ops->copy_out(call->c->ctx, params, &h, sizeof(h)) < 0) {
		o->handle = 0;
		return NV_ERR_INVALID_ADDRESS;
	}
	*handle = h;
	return NV_OK;
}

/* The class, not the caller, says how long the parameters are (notes 2). */
static u32 read_params(struct rm_call *call, u32 struct_id, u64 params)
{
	u32 size = rm_struct_size(call->rm, struct_id);

	if (!params)
		return NV_ERR_INVALID_ARGUMENT;
	if (call->c->ops->copy_in(call->c->ctx, call->rm->in, params, size) < 0)
		return NV_ERR_INVALID_ADDRESS;
	call->ev.in = call->rm->in;
	call->ev.in_len = size;
	if (rm_stray_byte(call->rm, call->rm->in, struct_id) != RM_NONE)
		rm_note(call, "nonzero-padding at", rm_stray_byte(call->rm, call->rm->in, struct_id));
	return NV_OK;
}

static struct rm_gpu *gpu_by_instance(struct rm_state *rm, u32 instance)
{
	u32 i;

	for (i = 0; i < RM_MAX_GPUS; i++)
		if (rm_gpu_listed(&rm->gpu[i]) && rm->gpu[i].open_count && rm->gpu[i].instance == instance)
			return &rm->gpu[i];
	return NULL;
}

/* notes 3: needs an open node of that GPU in the calling process. */
static u32 prepare_device(struct rm_call *call, u64 params, u32 *gpu)
{
	u32 status = read_params(call, RM_S_DEVICE_ALLOC, params);
	struct rm_gpu *g;

	if (status)
		return status;
	g = gpu_by_instance(call->rm, (u32)rm_get(call->rm, call->rm->in, RM_F_DEVICE_ALLOC_DEVICE_ID));
	if (!g)
		return NV_ERR_INVALID_CLASS;	/* sequence 7: bad instance */
	*gpu = rm_gpu_index(call->rm, g);
	if (!rm_holds_gpu(call->rm, *gpu, call->c->owner))
		return NV_ERR_INSUFFICIENT_PERMISSIONS;
	return g->lost ? NV_ERR_GPU_IS_LOST : NV_OK;
}

/* One Subdevice of one instance under one Device (notes 4); the only instance is 0. */
static u32 prepare_subdevice(struct rm_call *call, const struct rm_object *parent, u64 params)
{
	u32 status = read_params(call, RM_S_SUBDEVICE_ALLOC, params);
	u32 i;

	if (status)
		return status;
	if (rm_get(call->rm, call->rm->in, RM_F_SUBDEVICE_ALLOC_SUB_DEVICE_ID))
		return NV_ERR_INVALID_CLASS;
	for (i = 0; i < RM_MAX_OBJECTS; i++) {
		const struct rm_object *o = &call->rm->object[i];

		if (o->handle && o->class_id == RM_CLASS_SUBDEVICE && o->client == parent->client &&
		    o->parent == parent->handle)
			return NV_ERR_INSUFFICIENT_RESOURCES;
	}
	return NV_OK;
}

/* RS_NONE: this class takes no parameters (notes 3). */
static u32 prepare_config(struct rm_call *call, u64 params)
{
	if (rm_config_is_stub(call->rm))
		return NV_ERR_NOT_SUPPORTED;
	return params ? NV_ERR_INVALID_ARGUMENT : NV_OK;
}

static u32 parent_class(const struct rm_state *rm, u32 class_id)
{
	switch (class_id) {
	case RM_CLASS_DEVICE:
		return RM_CLASS_ROOT;
	case RM_CLASS_SUBDEVICE:
		return RM_CLASS_DEVICE;
	case RM_CLASS_VGPU_CONFIG:
		return rm_has_vgpu_class(rm) ? RM_CLASS_SUBDEVICE : RM_NONE;
	default:
		return RM_NONE;
	}
}

static u32 prepare(struct rm_call *call, const struct rm_object *parent, u32 class_id, u64 params, u32 *gpu)
{
	*gpu = parent->gpu;
	switch (class_id) {
	case RM_CLASS_DEVICE:
		return prepare_device(call, params, gpu);
	case RM_CLASS_SUBDEVICE:
		return prepare_subdevice(call, parent, params);
	default:
		return prepare_config(call, params);
	}
}

/* notes 4: 0 lets the kernel choose; else it must be free and not the client's own. */
static u32 choose_handle(struct rm_state *rm, u32 client, u32 *handle)
{
	if (!*handle)
		do
			*handle = pick_handle(rm, OBJECT_BASE);
		while (rm_find_object(rm, client, *handle));
	else if (*handle == client)
		return NV_ERR_INVALID_OBJECT_HANDLE;
	else if (rm_find_object(rm, client, *handle))
		return NV_ERR_INSERT_DUPLICATE_NAME;
	return NV_OK;
}

static u32 check_parent(struct rm_call *call, u32 root, u32 parent, u32 class_id, struct rm_object **ret)
{
	u32 wanted = parent_class(call->rm, class_id);
	struct rm_object *o;

	if (wanted == RM_NONE)
		return NV_ERR_INVALID_CLASS;
	o = rm_find_object(call->rm, root, parent);
	if (!o || (is_root(wanted) ? !is_root(o->class_id) : o->class_id != wanted))
		return NV_ERR_INVALID_OBJECT_PARENT;
	if (rm_gpu_lost(call->rm, o->gpu))
		return NV_ERR_GPU_IS_LOST;
	*ret = o;
	return NV_OK;
}

static u32 alloc_child(struct rm_call *call, u32 root, u32 parent, u32 *handle, u32 class_id, u64 params)
{
	struct rm_object *client, *p = NULL, *o;
	u32 status, gpu = RM_NONE, h = *handle;

	status = rm_find_client(call, root, &client);
	if (!status)
		status = check_parent(call, root, parent, class_id, &p);
	if (!status)
		status = choose_handle(call->rm, root, &h);
	if (status)
		return status;
	*handle = h;	/* from here on it is told in vain, too (seen on 580.159.04) */
	status = prepare(call, p, class_id, params, &gpu);
	if (status)
		return status;
	o = new_object(call->rm, root, h, class_id);
	if (!o)
		return NV_ERR_INSUFFICIENT_RESOURCES;
	o->parent = parent;
	o->gpu = gpu;
	return NV_OK;
}

u32 rm_alloc(struct rm_call *call, u32 root, u32 parent, u32 *handle, u32 class_id, u64 params)
{
	if (is_root(class_id))
		return alloc_root(call, root, parent, handle, class_id, params);
	return alloc_child(call, root, parent, handle, class_id, params);
}

/* An object and all below it. The tree is four levels deep at most. */
static void free_tree(struct rm_state *rm, u32 client, u32 handle)
{
	struct rm_object *o = rm_find_object(rm, client, handle);
	u32 i;

	for (i = 0; i < RM_MAX_OBJECTS; i++)
		if (rm->object[i].handle && rm->object[i].client == client && rm->object[i].parent == handle)
			free_tree(rm, client, rm->object[i].handle);
	if (o)
		o->handle = 0;
}

u32 rm_free(struct rm_call *call, u32 root, u32 parent, u32 object)
{
	struct rm_object *client, *o;
	u32 status = rm_find_client(call, root, &client);

	if (status)
		return status;
	o = rm_find_object(call->rm, root, object);
	if (!o)
		return NV_ERR_INVALID_OBJECT_HANDLE;
	if (parent != (o == client ? root : o->parent))
		return NV_ERR_INVALID_OBJECT_PARENT;
	free_tree(call->rm, root, object);
	return NV_OK;
}

void rm_free_file(struct rm_state *rm, u32 file)
{
	u32 i;

	for (i = 0; i < RM_MAX_OBJECTS; i++) {
		struct rm_object *o = &rm->object[i];

		if (o->handle && o->handle == o->client && o->file == file)
			free_tree(rm, o->handle, o->handle);
	}
}
