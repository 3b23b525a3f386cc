// SPDX-License-Identifier: GPL-2.0-only
/* rm-control.c - NV_ESC_RM_CONTROL: the commands, their objects, sizes and rights */
#include "rm-core.h"

static struct rm_gpu *call_gpu(struct rm_call *call)
{
	return &call->rm->gpu[call->gpu];
}

/* ------------------------------------------------------------ client */

/* notes 4: known and opened by somebody, else 0x1F. */
static struct rm_gpu *opened_gpu(struct rm_call *call, u32 id)
{
	struct rm_gpu *gpu = rm_gpu_by_id(call->rm, id);

	return gpu && gpu->open_count && !gpu->lost ? gpu : NULL;
}

static u32 id_info(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	struct rm_gpu *gpu = opened_gpu(call, (u32)rm_get(rm, rm->in, RM_F_ID_INFO_GPU_ID));

	/* The embedded name pointer: leave it NULL. */
	if (!gpu || rm_get(rm, rm->in, RM_F_ID_INFO_SZ_NAME))
		return NV_ERR_INVALID_ARGUMENT;
	rm_put(rm, rm->out, RM_F_ID_INFO_GPU_FLAGS, 0);
	rm_put(rm, rm->out, RM_F_ID_INFO_DEVICE_INSTANCE, gpu->instance);
	rm_put(rm, rm->out, RM_F_ID_INFO_SUB_DEVICE_INSTANCE, 0);
	rm_put(rm, rm->out, RM_F_ID_INFO_SLI_STATUS, 0);
	rm_put(rm, rm->out, RM_F_ID_INFO_BOARD_ID, gpu->id);
	rm_put(rm, rm->out, RM_F_ID_INFO_GPU_INSTANCE, gpu->instance);
	rm_put(rm, rm->out, RM_F_ID_INFO_NUMA_ID, RM_NONE);
	return NV_OK;
}

static u32 id_info_v2(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	struct rm_gpu *gpu = opened_gpu(call, (u32)rm_get(rm, rm->in, RM_F_ID_INFO_V2_GPU_ID));

	if (!gpu)
		return NV_ERR_INVALID_ARGUMENT;
	rm_put(rm, rm->out, RM_F_ID_INFO_V2_GPU_FLAGS, 0);
	rm_put(rm, rm->out, RM_F_ID_INFO_V2_DEVICE_INSTANCE, gpu->instance);
	rm_put(rm, rm->out, RM_F_ID_INFO_V2_SUB_DEVICE_INSTANCE, 0);
	rm_put(rm, rm->out, RM_F_ID_INFO_V2_SLI_STATUS, 0);
	rm_put(rm, rm->out, RM_F_ID_INFO_V2_BOARD_ID, gpu->id);
	rm_put(rm, rm->out, RM_F_ID_INFO_V2_GPU_INSTANCE, gpu->instance);
	rm_put(rm, rm->out, RM_F_ID_INFO_V2_NUMA_ID, RM_NONE);
	return NV_OK;
}

static void fill_ids(struct rm_call *call, u32 field, bool (*want)(const struct rm_gpu *gpu))
{
	const struct rm_field *f = rm_field(call->rm, field);
	u32 i, n = 0;

	for (i = 0; i < RM_MAX_GPUS; i++)
		if (want(&call->rm->gpu[i]))
			rm_put_element(call->rm, call->rm->out, field, n++, call->rm->gpu[i].id);
	for (; n < f->count; n++)
		rm_put_element(call->rm, call->rm->out, field, n, RM_NONE);
}

static bool is_attached(const struct rm_gpu *gpu)
{
	return rm_gpu_listed(gpu) && gpu->open_count;
}

static bool is_excluded(const struct rm_gpu *gpu)
{
	return gpu->in_use && !rm_gpu_listed(gpu);
}

static u32 attached_ids(struct rm_call *call)
{
	fill_ids(call, RM_F_ATTACHED_IDS_GPU_IDS, is_attached);
	return NV_OK;
}

static u32 probed_ids(struct rm_call *call)
{
	fill_ids(call, RM_F_PROBED_IDS_GPU_IDS, rm_gpu_listed);
	fill_ids(call, RM_F_PROBED_IDS_EXCLUDED_GPU_IDS, is_excluded);
	return NV_OK;
}

/* notes 4: the list ends at the invalid id; each one before it must be probed. */
static u32 check_ids(struct rm_call *call, u32 field)
{
	const struct rm_field *f = rm_field(call->rm, field);
	u32 i, id;

	for (i = 0; i < f->count; i++) {
		id = rm_element(call->rm, call->rm->in, field, i);
		if (id == RM_NONE)
			break;
		if (!rm_gpu_by_id(call->rm, id))
			return NV_ERR_INVALID_ARGUMENT;
	}
	return NV_OK;
}

static u32 attach_ids(struct rm_call *call)
{
	return check_ids(call, RM_F_ATTACH_IDS_GPU_IDS);
}

static u32 detach_ids(struct rm_call *call)
{
	return check_ids(call, RM_F_DETACH_IDS_GPU_IDS);
}

static u32 pci_info(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	struct rm_gpu *gpu = rm_gpu_by_id(rm, (u32)rm_get(rm, rm->in, RM_F_PCI_INFO_GPU_ID));

	if (!gpu)
		return NV_ERR_INVALID_ARGUMENT;
	rm_put(rm, rm->out, RM_F_PCI_INFO_DOMAIN, gpu->desc.domain);
	rm_put(rm, rm->out, RM_F_PCI_INFO_BUS, gpu->desc.bus);
	rm_put(rm, rm->out, RM_F_PCI_INFO_SLOT, gpu->desc.slot);
	return NV_OK;
}

/* ------------------------------------------- device and subdevice */

static u32 virt_mode(struct rm_call *call)
{
	const struct rm_gpu *gpu = call_gpu(call);
	bool plain = call->rm->world & RM_WORLD_PLAIN;

	/* Only a vGPU host is one; in a VM that was given the GPU it is 1 (seen on 580.159.04). */
	rm_put(call->rm, call->rm->out, RM_F_VIRT_MODE_VIRTUALIZATION_MODE,
	       plain && gpu->desc.virt_mode == rm_constant(call->rm, RM_K_VIRT_MODE_HOST_VGPU) ? 0 : gpu->desc.virt_mode);
	rm_put(call->rm, call->rm->out, RM_F_VIRT_MODE_IS_GRID_BUILD, !plain);
	return NV_OK;
}

static u32 bus_pci_info(struct rm_call *call)
{
	const struct rm_gpu_desc *d = &call_gpu(call)->desc;
	struct rm_state *rm = call->rm;

	rm_put(rm, rm->out, RM_F_BUS_PCI_INFO_PCI_DEVICE_ID, (u32)d->device << 16 | d->vendor);
	rm_put(rm, rm->out, RM_F_BUS_PCI_INFO_PCI_SUB_SYSTEM_ID, (u32)d->subdevice << 16 | d->subvendor);
	rm_put(rm, rm->out, RM_F_BUS_PCI_INFO_PCI_REVISION_ID, d->revision);
	rm_put(rm, rm->out, RM_F_BUS_PCI_INFO_PCI_EXT_DEVICE_ID, 0);
	return NV_OK;
}

/* KiB. Only the indices that the facts name. */
static bool fb_value(struct rm_call *call, u32 index, u32 *value)
{
	const struct rm_gpu_desc *d = &call_gpu(call)->desc;

	if (index == rm_constant(call->rm, RM_K_FB_IDX_BAR1_SIZE))
		*value = d->bar1_mib << 10;
	else if (index == rm_constant(call->rm, RM_K_FB_IDX_RAM_SIZE) ||
		 index == rm_constant(call->rm, RM_K_FB_IDX_TOTAL_RAM_SIZE) ||
		 index == rm_constant(call->rm, RM_K_FB_IDX_HEAP_SIZE) ||
		 index == rm_constant(call->rm, RM_K_FB_IDX_USABLE_RAM_SIZE))
		*value = d->fb_mib << 10;
	else
		return false;
	return true;
}

static bool fb_list(struct rm_call *call, u8 *list, u32 entries)
{
	u32 i, index, value;

	for (i = 0; i < entries; i++) {
		index = (u32)rm_get(call->rm, list + 8 * i, RM_F_FB_INFO_ENTRY_INDEX);
		if (!fb_value(call, index, &value))
			return false;
		rm_put(call->rm, list + 8 * i, RM_F_FB_INFO_ENTRY_DATA, value);
	}
	return true;
}

static bool fb_entries_fit(struct rm_call *call, u32 entries)
{
	return entries && entries <= rm_constant(call->rm, RM_K_FB_INFO_MAX_LIST);
}

static u32 fb_info(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	const struct rm_ops *ops = call->c->ops;
	u32 entries = (u32)rm_get(rm, rm->in, RM_F_FB_INFO_FB_INFO_LIST_SIZE);
	u64 list = rm_get(rm, rm->in, RM_F_FB_INFO_FB_INFO_LIST);

	if (!fb_entries_fit(call, entries) || !list)
		return NV_ERR_INVALID_ARGUMENT;
	if (ops->copy_in(call->c->ctx, rm->spare, list, 8 * entries) < 0)
		return NV_ERR_INVALID_ADDRESS;
	if (!fb_list(call, rm->spare, entries))
		return NV_ERR_INVALID_ARGUMENT;
	if (call->no_params_back)
		return NV_OK;
	rm_spoil(call, rm->spare, 8 * entries);
	return ops->copy_out(call->c->ctx, list, rm->spare, 8 * entries) < 0 ? NV_ERR_INVALID_ADDRESS : NV_OK;
}

static u32 fb_info_v2(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	const struct rm_field *f = rm_field(rm, RM_F_FB_INFO_V2_FB_INFO_LIST);
	u32 entries = (u32)rm_get(rm, rm->in, RM_F_FB_INFO_V2_FB_INFO_LIST_SIZE);

	if (!fb_entries_fit(call, entries) || !fb_list(call, rm->out + f->offset, entries))
		return NV_ERR_INVALID_ARGUMENT;
	return NV_OK;
}

/* ------------------------------------------------------ the table */

struct command {
	u32 cmd, class_id, struct_id;
	u32 (*run)(struct rm_call *call);
	bool always_privileged;
};

/* Class ROOT stands for all three root classes; struct RM_STRUCTS for "no parameters". */
static const struct command commands[] = {
	{ RM_CMD_ATTACHED_IDS, RM_CLASS_ROOT, RM_S_ATTACHED_IDS, attached_ids, false },
	{ RM_CMD_ID_INFO, RM_CLASS_ROOT, RM_S_ID_INFO, id_info, false },
	{ RM_CMD_ID_INFO_V2, RM_CLASS_ROOT, RM_S_ID_INFO_V2, id_info_v2, false },
	{ RM_CMD_PROBED_IDS, RM_CLASS_ROOT, RM_S_PROBED_IDS, probed_ids, false },
	{ RM_CMD_ATTACH_IDS, RM_CLASS_ROOT, RM_S_ATTACH_IDS, attach_ids, false },
	{ RM_CMD_DETACH_IDS, RM_CLASS_ROOT, RM_S_DETACH_IDS, detach_ids, false },
	{ RM_CMD_PCI_INFO, RM_CLASS_ROOT, RM_S_PCI_INFO, pci_info, false },
	{ RM_CMD_VIRT_MODE, RM_CLASS_DEVICE, RM_S_VIRT_MODE, virt_mode, false },
	{ RM_CMD_BUS_PCI_INFO, RM_CLASS_SUBDEVICE, RM_S_BUS_PCI_INFO, bus_pci_info, false },
	{ RM_CMD_FB_INFO, RM_CLASS_SUBDEVICE, RM_S_FB_INFO, fb_info, false },
	{ RM_CMD_FB_INFO_V2, RM_CLASS_SUBDEVICE, RM_S_FB_INFO_V2, fb_info_v2, false },
	{ RM_CMD_VGPU_SET_INFO, RM_CLASS_VGPU_CONFIG, RM_S_VGPU_SET_INFO, rm_vgpu_set_info, false },
	{ RM_CMD_VGPU_ENUMERATE, RM_CLASS_VGPU_CONFIG, RM_S_VGPU_ENUMERATE, rm_vgpu_enumerate, false },
	{ RM_CMD_VGPU_GET_TYPE_INFO, RM_CLASS_VGPU_CONFIG, RM_S_VGPU_GET_TYPE_INFO, rm_vgpu_type_info, false },
	{ RM_CMD_VGPU_SUPPORTED_TYPES, RM_CLASS_VGPU_CONFIG, RM_S_VGPU_TYPES, rm_vgpu_supported, false },
	{ RM_CMD_VGPU_CREATABLE_TYPES, RM_CLASS_VGPU_CONFIG, RM_S_VGPU_TYPES, rm_vgpu_creatable, false },
	{ RM_CMD_VGPU_UPDATE_PGPU_INFO, RM_CLASS_VGPU_CONFIG, RM_STRUCTS, rm_vgpu_update, false },
	{ RM_CMD_VGPU_SET_PGPU_INFO, RM_CLASS_VGPU_CONFIG, RM_S_VGPU_SET_PGPU_INFO, rm_vgpu_set_pgpu, true },
};

static const struct command *find_command(const struct rm_state *rm, u32 cmd, u32 class_id)
{
	u32 i;

	if (class_id == RM_CLASS_ROOT_NONPRIV || class_id == RM_CLASS_ROOT_CLIENT)
		class_id = RM_CLASS_ROOT;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].cmd == cmd && commands[i].class_id == class_id &&
		    (commands[i].struct_id == RM_STRUCTS || rm_struct(rm, commands[i].struct_id)))
			return &commands[i];
	return NULL;
}

static bool allowed(struct rm_call *call, const struct command *command)
{
	bool needed = command->always_privileged ||
		(command->cmd == RM_CMD_VGPU_SET_INFO && rm_set_info_privileged(call->rm));

	return call->c->privileged || !needed;
}

/* notes 4: either pointer or size alone is 0x1F everywhere; a wrong size depends on the release. */
static u32 check_size(struct rm_call *call, const struct command *command, u64 params, u32 size)
{
	u32 want = command->struct_id == RM_STRUCTS ? 0 : rm_struct_size(call->rm, command->struct_id);

	if (!params != !size)
		return NV_ERR_INVALID_ARGUMENT;
	return size == want ? NV_OK : rm_wrong_size_status(call->rm);
}

static u32 take_params(struct rm_call *call, const struct command *command, u64 params, u32 size)
{
	struct rm_state *rm = call->rm;
	u32 stray;

	if (!size)
		return NV_OK;
	if (call->c->ops->copy_in(call->c->ctx, rm->in, params, size) < 0)
		return NV_ERR_INVALID_ADDRESS;
	memcpy(rm->out, rm->in, size);
	call->ev.in = rm->in;
	call->ev.in_len = size;
	/* The driver does not look at padding; who sends rubbish there shall be seen. */
	stray = rm_stray_byte(rm, rm->in, command->struct_id);
	if (stray != RM_NONE)
		rm_note(call, "nonzero-padding at", stray);
	return NV_OK;
}

static u32 give_params(struct rm_call *call, u64 params, u32 size)
{
	if (!size || call->no_params_back)
		return NV_OK;
	rm_spoil(call, call->rm->out, size);
	call->ev.out = call->rm->out;
	call->ev.out_len = size;
	return call->c->ops->copy_out(call->c->ctx, params, call->rm->out, size) < 0 ?
		NV_ERR_INVALID_ADDRESS : NV_OK;
}

static u32 find_target(struct rm_call *call, u32 client, u32 object, u32 cmd, const struct command **command)
{
	struct rm_object *c, *o;
	u32 status = rm_find_client(call, client, &c);

	if (status)
		return status;
	o = rm_find_object(call->rm, client, object);
	if (!o)
		return NV_ERR_INVALID_OBJECT_HANDLE;
	if (rm_gpu_lost(call->rm, o->gpu))
		return NV_ERR_GPU_IS_LOST;
	*command = find_command(call->rm, cmd, o->class_id);
	call->gpu = o->gpu;
	return *command ? NV_OK : NV_ERR_NOT_SUPPORTED;
}

u32 rm_control(struct rm_call *call, u32 client, u32 object, u32 cmd, u32 flags, u64 params, u32 size)
{
	const struct command *command = NULL;
	u32 status = find_target(call, client, object, cmd, &command);

	if (status)
		return status;
	if (flags)
		return NV_ERR_INVALID_FLAGS;
	status = check_size(call, command, params, size);
	if (!status && !allowed(call, command))
		status = NV_ERR_INSUFFICIENT_PERMISSIONS;
	if (!status)
		status = take_params(call, command, params, size);
	if (!status)
		status = command->run(call);
	return status ? status : give_params(call, params, size);
}
