/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "model/diagnostics.h"
#include "model/type.h"
#include "system/mdev.h"
#include "system/module.h"
#include "vendors/nvidia/encode.h"
#include "vendors/nvidia/status.h"

/* Reads numbers and names from sysfs. */
static int registered_in_sysfs(const struct device *gpu, struct type_list *list)
{
	struct mdev_types shown = { 0 };
	int r = mdev_types_read(gpu, &shown);

	for (size_t i = 0; r == 0 && i < shown.n; i++) {
		const char *number = shown.items[i].id + strlen(NVIDIA_DRIVER "-");
		struct type *type;

		if (strncmp(shown.items[i].id, NVIDIA_DRIVER "-", strlen(NVIDIA_DRIVER "-")) != 0)
			continue;
		type = type_list_add(list);
		if (!type) {
			r = -ENOMEM;
			break;
		}
		type->values[TYPE_NUM] = (struct value){ .origin = VALUE_READ, .number = strtoul(number, NULL, 10) };
		if (shown.items[i].name)
			type->values[TYPE_NAME] = (struct value){ .origin = VALUE_READ,
								  .text = TAKE_PTR(shown.items[i].name) };
	}
	mdev_types_done(&shown);
	return r;
}

static enum outcome numbers_in_sysfs(const struct session *s, struct numbers *ret)
{
	_cleanup_(type_list_done) struct type_list list = { 0 };
	struct rm_result r = { .err = registered_in_sysfs(s->gpu, &list) };
	uint32_t *items = calloc(list.n + 1, sizeof(*items));

	if (r.err == 0 && !items)
		r.err = -ENOMEM;
	if (!rm_ok(r)) {
		free(items);
		return session_fail(s, r, "cannot read the types in sysfs");
	}
	for (size_t i = 0; i < list.n; i++)
		items[i] = (uint32_t)type_num(&list.items[i]);
	*ret = (struct numbers){ items, list.n };
	return OUTCOME_DONE;
}

enum outcome list_numbers(struct session *s, struct numbers *ret)
{
	const struct types_layout *layout = s->abi->types;
	_cleanup_(freep) uint8_t *block = NULL;
	struct rm_result r = { .err = -ENOMEM };
	uint32_t *items;
	uint64_t n = 0;

	if (!layout)
		return numbers_in_sysfs(s, ret);
	block = calloc(1, layout->size);
	items = calloc(s->abi->types_max, sizeof(*items));
	if (block && items) {
		info_put(block, layout->gpu_instance, UINT32_MAX); /* no MIG instance */
		r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_SUPPORTED_TYPES, block, layout->size);
		n = info_get(block, layout->count);
	}
	if (!rm_ok(r) || n > s->abi->types_max) {
		free(items);
		/*
		 * An unlocked consumer GPU may host vGPUs and be refused its list (nvidia-rm-notes, section 5). So is each
		 * GPU of a driver that hosts none, which since 550.40.07 refuses nothing before (seen on 580.159.04).
		 */
		s->unlisted = r.err == 0 && r.status == NV_ERR_NOT_SUPPORTED && module_is_live(NVIDIA_VFIO_MODULE);
		if (s->unlisted)
			return numbers_in_sysfs(s, ret);
		if (!rm_ok(r))
			return session_fail_read(s, r, "cannot ask for the types");
		diag_say(s->diag, LOG_ERR, 0, "the driver says that %" PRIu64 " types are registered, more than it can hold",
			 n);
		return OUTCOME_FAILED;
	}

	s->ready = info_get(block, layout->state) == CONFIG_READY;
	memcpy(items, block + layout->first.offset, n * sizeof(*items));
	*ret = (struct numbers){ items, n };
	return OUTCOME_DONE;
}

struct rm_result list_definition(const struct session *s, uint32_t num, uint8_t *block)
{
	struct rm_result r;

	memset(block, 0, s->abi->type_info_size);
	memcpy(block, &num, sizeof(num));
	r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_TYPE_INFO, block, s->abi->type_info_size);
	if (rm_ok(r) && info_get(block, s->abi->info->fields[INFO_TYPE]) != num)
		r.err = -EPROTO;
	return r;
}

enum outcome list_defined(struct session *s, uint64_t num, struct type_list *ret)
{
	_cleanup_(freep) uint8_t *block = NULL;
	struct rm_result r;
	struct type *type;

	if (!s->abi->type_info_size)
		return OUTCOME_DONE;
	block = malloc(s->abi->type_info_size);
	if (!block)
		return session_fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot ask for a type");

	r = list_definition(s, (uint32_t)num, block);
	if (r.err == 0 && r.status == NV_ERR_OBJECT_NOT_FOUND)
		return OUTCOME_DONE;
	if (!rm_ok(r))
		return session_fail(s, r, "cannot ask for a type");

	type = type_list_add(ret);
	if (!type || info_decode(s->abi, block, type) < 0)
		return session_fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot read a type");
	return OUTCOME_DONE;
}

enum outcome list_registered(struct session *s, struct type_list *ret)
{
	struct numbers numbers = { 0 };
	struct rm_result r = { 0 };
	enum outcome outcome;

	/* Before 525 sysfs has the names alone. */
	if (!s->abi->types) {
		r.err = registered_in_sysfs(s->gpu, ret);
		return r.err ? session_fail(s, r, "cannot read the types in sysfs") : OUTCOME_DONE;
	}

	outcome = list_numbers(s, &numbers);
	for (size_t i = 0; outcome == OUTCOME_DONE && i < numbers.n; i++) {
		outcome = list_defined(s, numbers.items[i], ret);
		if (outcome == OUTCOME_DONE && ret->n == i) {
			diag_say(s->diag, LOG_ERR, 0, "the driver lists " NVIDIA_DRIVER "-%u, but does not know it",
				 numbers.items[i]);
			outcome = OUTCOME_FAILED;
		}
	}
	free(numbers.items);
	return outcome;
}
