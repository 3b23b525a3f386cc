// SPDX-License-Identifier: GPL-2.0-only
/* rm-escape.c - what an ioctl number means; its struct stands in rm->arg, in and out */
#include "rm-core.h"

/* ------------------------------------------------- CHECK_VERSION_STR */

static bool same_until(const char *a, const char *b, u32 len, char stop)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (a[i] != b[i])
			return false;
		if (a[i] == stop || !a[i])
			return true;
	}
	return false;
}

/* Three commands (notes 2). Anything else is strict (seen on 580.159.04). */
static bool version_accepted(const struct rm_state *rm, const char *string, u32 len)
{
	switch (rm_get(rm, rm->arg, RM_F_VERSION_CHECK_CMD)) {
	case RM_VERSION_CMD_RELAXED:
		return same_until(string, rm->version, len, '.');
	case RM_VERSION_CMD_QUERY:
		return true;
	case RM_VERSION_CMD_STRICT:
	default:
		return same_until(string, rm->version, len, 0);
	}
}

static int check_version(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	const struct rm_field *f = rm_field(rm, RM_F_VERSION_CHECK_VERSION_STRING);
	char *string = (char *)rm->arg + f->offset;
	bool query = rm_get(rm, rm->arg, RM_F_VERSION_CHECK_CMD) == RM_VERSION_CMD_QUERY;
	bool ok = version_accepted(rm, string, f->size);

	/* Set before the compare, also on mismatch. */
	rm_put(rm, rm->arg, RM_F_VERSION_CHECK_REPLY, RM_VERSION_REPLY_RECOGNIZED);
	if (!ok || (query && rm_version_query(rm))) {
		memset(string, 0, f->size);
		memcpy(string, rm->version, RM_VERSION_LEN);
	}
	return ok ? 0 : -EINVAL;
}

/* --------------------------------------------------------- CARD_INFO */

/* The function is not filled in, and fb_size is BAR1, not memory (notes 1). */
static void put_card(const struct rm_state *rm, u8 *card, const struct rm_gpu *gpu)
{
	const struct rm_gpu_desc *d = &gpu->desc;

	rm_put(rm, card, RM_F_CARD_INFO_VALID, 1);
	rm_put(rm, card, RM_F_CARD_INFO_PCI_INFO_DOMAIN, d->domain);
	rm_put(rm, card, RM_F_CARD_INFO_PCI_INFO_BUS, d->bus);
	rm_put(rm, card, RM_F_CARD_INFO_PCI_INFO_SLOT, d->slot);
	rm_put(rm, card, RM_F_CARD_INFO_PCI_INFO_VENDOR_ID, d->vendor);
	rm_put(rm, card, RM_F_CARD_INFO_PCI_INFO_DEVICE_ID, d->device);
	rm_put(rm, card, RM_F_CARD_INFO_GPU_ID, gpu->id);
	rm_put(rm, card, RM_F_CARD_INFO_FB_SIZE, (u64)d->bar1_mib << RM_MIB_SHIFT);
	rm_put(rm, card, RM_F_CARD_INFO_MINOR_NUMBER, d->minor);
}

static u32 count_gpus(const struct rm_state *rm)
{
	u32 i, n = 0;

	for (i = 0; i < RM_MAX_GPUS; i++)
		n += !!rm->gpu[i].in_use;
	return n;
}

static int card_info(struct rm_call *call, u32 size)
{
	struct rm_state *rm = call->rm;
	u32 card = rm_struct_size(rm, RM_S_CARD_INFO);
	u32 i, n = 0;

	if (size < count_gpus(rm) * card)
		return -EINVAL;
	memset(rm->arg, 0, size);
	for (i = 0; i < RM_MAX_GPUS; i++)
		if (rm_gpu_listed(&rm->gpu[i]))
			put_card(rm, rm->arg + card * n++, &rm->gpu[i]);
	return 0;
}

/* ------------------------------------------- STATUS_CODE, ATTACH_GPUS */

static int status_code(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	int gpu = rm_find_gpu(rm, (u32)rm_get(rm, rm->arg, RM_F_ADAPTER_STATUS_DOMAIN),
			      (u32)rm_get(rm, rm->arg, RM_F_ADAPTER_STATUS_BUS),
			      (u32)rm_get(rm, rm->arg, RM_F_ADAPTER_STATUS_SLOT));
	const struct rm_gpu_desc *d;

	if (gpu < 0)
		return -EINVAL;
	d = &rm->gpu[gpu].desc;
	rm_put(rm, rm->arg, RM_F_ADAPTER_STATUS_STATUS, d->flags & RM_GPU_BROKEN ? d->init_status : NV_OK);
	return 0;
}

static u32 arg_word(const struct rm_state *rm, u32 n)
{
	const u8 *at = rm->arg + 4 * n;

	return at[0] | (u32)at[1] << 8 | (u32)at[2] << 16 | (u32)at[3] << 24;
}

/* Initialises like an open (notes 4), until the file is closed. All or nothing. */
static int attach_gpus(struct rm_call *call, u32 size)
{
	struct rm_file *file = &call->rm->file[call->file];
	u32 i;

	if (file->attached)
		return -EINVAL;
	for (i = 0; i < size / 4; i++)
		if (arg_word(call->rm, i) && !rm_gpu_by_id(call->rm, arg_word(call->rm, i)))
			return -EINVAL;
	for (i = 0; i < size / 4; i++) {
		struct rm_gpu *gpu = rm_gpu_by_id(call->rm, arg_word(call->rm, i));
		u64 bit = gpu ? (u64)1 << rm_gpu_index(call->rm, gpu) : 0;

		if (!gpu || file->attached & bit || rm_gpu_get(call->rm, gpu) < 0)
			continue;
		file->attached |= bit;
	}
	return 0;
}

/* --------------------------------------------- ALLOC, FREE, CONTROL */

static int alloc(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	u32 handle = (u32)rm_get(rm, rm->arg, RM_F_RM_ALLOC_H_OBJECT_NEW);

	call->ev.status = rm_alloc(call, call->ev.client, call->ev.parent, &handle, call->ev.code,
				   rm_get(rm, rm->arg, RM_F_RM_ALLOC_P_ALLOC_PARMS));
	rm_put(rm, rm->arg, RM_F_RM_ALLOC_H_OBJECT_NEW, handle);
	call->ev.object = handle;
	return 0;
}

static int free_object(struct rm_call *call)
{
	call->ev.status = rm_free(call, call->ev.client, call->ev.parent, call->ev.object);
	return 0;
}

static int control(struct rm_call *call)
{
	const struct rm_state *rm = call->rm;

	call->ev.status = rm_control(call, call->ev.client, call->ev.object, call->ev.code,
				     (u32)rm_get(rm, rm->arg, RM_F_RM_CONTROL_FLAGS),
				     rm_get(rm, rm->arg, RM_F_RM_CONTROL_PARAMS),
				     (u32)rm_get(rm, rm->arg, RM_F_RM_CONTROL_PARAMS_SIZE));
	return 0;
}

/* The first 24 bytes are the same in both forms of ALLOC. */
static u32 alloc_status_field(const struct rm_state *rm, u32 size)
{
	return size == rm_struct_size(rm, RM_S_RM_ALLOC) ? RM_F_RM_ALLOC_STATUS : RM_F_RM_ALLOC_ACCESS_STATUS;
}

void rm_escape_put_status(struct rm_call *call, u32 size)
{
	struct rm_state *rm = call->rm;

	if (call->ev.kind == RM_EV_ALLOC)
		rm_put(rm, rm->arg, alloc_status_field(rm, size), call->ev.status);
	else if (call->ev.kind == RM_EV_FREE)
		rm_put(rm, rm->arg, RM_F_RM_FREE_STATUS, call->ev.status);
	else if (call->ev.kind == RM_EV_CONTROL)
		rm_put(rm, rm->arg, RM_F_RM_CONTROL_STATUS, call->ev.status);
}

/* What the transcript and the rules see of a call, before it runs. */
void rm_escape_describe(struct rm_call *call, u32 nr, u32 size)
{
	const struct rm_state *rm = call->rm;
	struct rm_event *ev = &call->ev;

	ev->kind = RM_EV_IOCTL;
	ev->nr = nr;
	ev->size = size;
	if (call->rm->file[call->file].minor != RM_MINOR_CTL || !rm_escape_known(rm, nr, size))
		return;
	if (nr == RM_ESC_ALLOC) {
		ev->kind = RM_EV_ALLOC;
		ev->client = (u32)rm_get(rm, rm->arg, RM_F_RM_ALLOC_H_ROOT);
		ev->parent = (u32)rm_get(rm, rm->arg, RM_F_RM_ALLOC_H_OBJECT_PARENT);
		ev->object = (u32)rm_get(rm, rm->arg, RM_F_RM_ALLOC_H_OBJECT_NEW);
		ev->code = (u32)rm_get(rm, rm->arg, RM_F_RM_ALLOC_H_CLASS);
	} else if (nr == RM_ESC_FREE) {
		ev->kind = RM_EV_FREE;
		ev->client = (u32)rm_get(rm, rm->arg, RM_F_RM_FREE_H_ROOT);
		ev->parent = (u32)rm_get(rm, rm->arg, RM_F_RM_FREE_H_OBJECT_PARENT);
		ev->object = (u32)rm_get(rm, rm->arg, RM_F_RM_FREE_H_OBJECT_OLD);
	} else if (nr == RM_ESC_CONTROL) {
		ev->kind = RM_EV_CONTROL;
		ev->client = (u32)rm_get(rm, rm->arg, RM_F_RM_CONTROL_H_CLIENT);
		ev->object = (u32)rm_get(rm, rm->arg, RM_F_RM_CONTROL_H_OBJECT);
		ev->code = (u32)rm_get(rm, rm->arg, RM_F_RM_CONTROL_CMD);
		ev->size = (u32)rm_get(rm, rm->arg, RM_F_RM_CONTROL_PARAMS_SIZE);
	}
	ev->has_status = ev->kind != RM_EV_IOCTL;
	ev->has_object = ev->has_status;
}

/* --------------------------------------------------- the dispatcher */

/* Number and size. REGISTER_FD and WAIT_OPEN_COMPLETE exist but are not simulated. */
bool rm_escape_known(const struct rm_state *rm, u32 nr, u32 size)
{
	switch (nr) {
	case RM_ESC_CARD_INFO:
		return size >= rm_struct_size(rm, RM_S_CARD_INFO);	/* whole cards or not (seen on 580.159.04) */
	case RM_ESC_STATUS_CODE:
		return size == rm_struct_size(rm, RM_S_ADAPTER_STATUS);
	case RM_ESC_CHECK_VERSION:
		return size == rm_struct_size(rm, RM_S_VERSION_CHECK);
	case RM_ESC_ATTACH_GPUS_TO_FD:
		return size && size % 4 == 0;
	case RM_ESC_FREE:
		return size == rm_struct_size(rm, RM_S_RM_FREE);
	case RM_ESC_CONTROL:
		return size == rm_struct_size(rm, RM_S_RM_CONTROL);
	case RM_ESC_ALLOC:
		return size == rm_struct_size(rm, RM_S_RM_ALLOC) ||
		       size == rm_struct_size(rm, RM_S_RM_ALLOC_ACCESS);
	default:
		return false;
	}
}

/*
 * All of them are for the control node only (notes 2); none exists for a GPU's
 * own, so a lost GPU's EINVAL (notes 4) is the same as a healthy one's.
 */
int rm_escape(struct rm_call *call, u32 nr, u32 size)
{
	if (call->rm->file[call->file].minor != RM_MINOR_CTL || !rm_escape_known(call->rm, nr, size))
		return -EINVAL;
	switch (nr) {
	case RM_ESC_CARD_INFO:
		return card_info(call, size);
	case RM_ESC_STATUS_CODE:
		return status_code(call);
	case RM_ESC_CHECK_VERSION:
		return check_version(call);
	case RM_ESC_ATTACH_GPUS_TO_FD:
		return attach_gpus(call, size);
	case RM_ESC_FREE:
		return free_object(call);
	case RM_ESC_CONTROL:
		return control(call);
	default:
		return alloc(call);
	}
}
