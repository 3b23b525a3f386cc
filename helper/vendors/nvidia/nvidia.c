/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types are read and sent as parameter blocks (encode.c) through the vGPU object of a session. The driver has a list of
 * numbers for each GPU and one definition for each number, whichever GPU it came from; a discard empties the list and
 * leaves the definitions, so that what a failed run has taken away can be put back.
 */
#include "vendors/nvidia/nvidia.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "model/diagnostics.h"
#include "model/type.h"
#include "system/mdev.h"
#include "vendors/nvidia/checks.h"
#include "vendors/nvidia/chips.h"
#include "vendors/nvidia/encode.h"
#include "vendors/nvidia/lint.h"
#include "vendors/nvidia/list.h"
#include "vendors/nvidia/placement.h"
#include "vendors/nvidia/rm.h"
#include "vendors/nvidia/session.h"
#include "vendors/nvidia/status.h"
#include "vendors/nvidia/trial.h"

static enum outcome nvidia_framebuffer(struct session *s, uint64_t *ret)
{
	struct rm_fb_entry entry = { .index = RM_FB_TOTAL_RAM_SIZE };
	struct rm_fb_info info = { .n = 1, .entries = (uintptr_t)&entry };
	struct rm_result r;

	r = rm_control(s->ctl, s->client, s->subdevice, RM_SUBDEVICE_FB_INFO, &info, sizeof(info));
	if (!rm_ok(r))
		return session_fail(s, r, "cannot ask for the GPU's memory");
	if (entry.data < 1024) {
		diag_say(s->diag, LOG_ERR, 0, "the driver does not tell the GPU's memory");
		return OUTCOME_FAILED;
	}

	*ret = entry.data / 1024; /* KiB */
	return OUTCOME_DONE;
}

static enum outcome nvidia_usage(struct session *s, struct usage *ret)
{
	_cleanup_(freep) uint8_t *block = NULL;
	struct usage usage = { .uncounted = !s->abi->enumerate_size };
	uint32_t active = 0;
	struct rm_result r = { .err = mdev_count_devices(s->gpu, &usage.created) };

	if (!rm_ok(r))
		return session_fail(s, r, "cannot count the GPU's vGPUs in sysfs");
	if (s->abi->enumerate_size) {
		block = calloc(1, s->abi->enumerate_size);
		if (!block)
			return session_fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot count the GPU's vGPUs");
		r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_ENUMERATE, block, s->abi->enumerate_size);
		/* INVALID_STATE: a vGPU is being created or destroyed. Treat as in use. */
		if (r.err == 0 && r.status == NV_ERR_INVALID_STATE)
			active = 1;
		else if (!rm_ok(r))
			return session_fail(s, r, "cannot count the GPU's vGPUs");
		else
			memcpy(&active, block + ABI_ENUMERATE_COUNT, sizeof(active));
	}

	usage.active = active;
	*ret = usage;
	return OUTCOME_DONE;
}

/* Sends a SET_INFO block whose info is filled in. */
static struct rm_result set_info(struct session *s, uint8_t *block, bool discard, bool last)
{
	struct rm_result r;

	s->changed = true;
	block[0] = discard;
	info_put(block, s->abi->config_state, last ? CONFIG_READY : CONFIG_IN_PROGRESS);
	r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_SET_INFO, block, s->abi->set_info_size);
	if (r.err == 0)
		s->ready = rm_ok(r) && last;
	return r;
}

/* block has the size of a request: nothing has to be allocated between two types. */
static enum outcome add_type(struct session *s, const struct type *type, uint8_t *block, bool discard, bool last)
{
	struct rm_result r;
	char step[64];

	memset(block, 0, s->abi->set_info_size);
	info_encode(s->abi, type, block);
	r = set_info(s, block, discard, last);
	if (rm_ok(r))
		return OUTCOME_DONE;
	snprintf(step, sizeof(step), "cannot register " NVIDIA_DRIVER "-%" PRIu64, type_num(type));
	return session_fail(s, r, step);
}

/* Sends a definition that the driver itself gives back, whole: what is known of it is more than a type has keys for. */
static struct rm_result put_back_type(struct session *s, uint32_t num, bool discard, bool last)
{
	_cleanup_(freep) uint8_t *from = malloc(s->abi->type_info_size), *to = calloc(1, s->abi->set_info_size);
	struct rm_result r = { .err = -ENOMEM };

	if (from && to)
		r = list_definition(s, num, from);
	if (!rm_ok(r))
		return r;

	info_copy(s->abi, from, to);
	return set_info(s, to, discard, last);
}

/* Undoes a discard that was not followed by all it made room for, and says how far that went. */
static void put_back(struct session *s, const struct numbers *before)
{
	_cleanup_(freep) char *names = NULL, *step = NULL;
	struct rm_result first = { 0 };
	bool discard = true;
	size_t lost = 0;

	for (size_t i = 0; i < before->n; i++) {
		struct rm_result r = { .err = -EOPNOTSUPP };

		if (s->abi->type_info_size)
			r = put_back_type(s, before->items[i], discard, i + 1 == before->n);
		if (rm_ok(r)) {
			discard = false; /* the list holds what was put back */
			continue;
		}
		if (!lost++)
			first = r;
		text_append_item(&names, NVIDIA_DRIVER "-%u", before->items[i]);
	}
	if (!lost) {
		diag_say(s->diag, LOG_NOTICE, 0, "the %zu type%s there before %s back", before->n,
			 before->n == 1 ? " that was" : "s that were", before->n == 1 ? "is" : "are");
		return;
	}
	text_append(&step, "%zu of the %zu types that were there %s lost (%s)", lost, before->n, lost == 1 ? "is" : "are",
		    names ? names : "");
	if (s->abi->type_info_size)
		session_tell(s, LOG_CRIT, first, step ? step : "types are lost");
	else
		diag_say(s->diag, LOG_CRIT, 0, "%s: driver %s does not give definitions back", step ? step : "types are lost",
			 s->limits->release);
}

/*
 * Sends one type of a layout that no call confirms, the first that sysfs does not show yet, and compares. Others' types
 * stay, also where a discard will follow. *ret becomes its place; types->n where all of them are shown.
 */
static enum outcome try_layout(struct session *s, const struct type_list *types, uint8_t *block, size_t *ret)
{
	struct mdev_types shown = { 0 };
	enum outcome outcome = OUTCOME_DONE;
	char id[TYPE_ID_SIZE];
	int r = mdev_types_read(s->gpu, &shown);
	size_t i = 0;

	if (r < 0)
		return session_fail(s, (struct rm_result){ .err = r }, "cannot read the types in sysfs");
	while (i < types->n && mdev_types_find(&shown, type_id(NVIDIA_DRIVER, type_num(&types->items[i]), id)))
		i++;
	mdev_types_done(&shown);
	if (i < types->n)
		outcome = add_type(s, &types->items[i], block, false, true);
	if (i < types->n && outcome == OUTCOME_DONE)
		outcome = placement_publish(s);
	if (outcome == OUTCOME_DONE)
		outcome = trial_compare(s, &types->items[i < types->n ? i : 0]);
	*ret = i;
	return outcome;
}

static enum outcome nvidia_add(struct session *s, const struct type_list *types, bool discard)
{
	_cleanup_(freep) uint8_t *block = malloc(s->abi->set_info_size); /* add_type() clears it */
	struct numbers before = { 0 };
	enum outcome outcome = OUTCOME_DONE;
	size_t tried = types->n;
	bool was_ready = s->ready;
	uint32_t fractional = 1;
	bool several = false;
	struct rm_result r;

	if (!block)
		return session_fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot register types");
	/* Read before anything is sent: that its size is refused then says that nothing was. */
	if (discard)
		outcome = list_numbers(s, &before);
	if (outcome != OUTCOME_DONE)
		return outcome;

	/* Before the types: else the driver clears multiMdev of every type that is not alone on its GPU. */
	for (size_t i = 0; i < types->n; i++)
		several |= types->items[i].values[TYPE_MULTI_MDEV].number != 0;
	if (several && s->abi->has_pgpu_info) {
		s->changed = true;
		r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_SET_PGPU_INFO, &fractional, sizeof(fractional));
		if (!rm_ok(r))
			outcome = session_fail(s, r, "cannot allow several vGPUs in one VM (multiMdev)");
	}
	if (outcome == OUTCOME_DONE && trial_is_needed(s))
		outcome = try_layout(s, types, block, &tried);
	if (outcome != OUTCOME_DONE) {
		free(before.items);
		return outcome;
	}
	for (size_t i = 0; outcome == OUTCOME_DONE && i < types->n; i++)
		if (discard || i != tried)
			outcome = add_type(s, &types->items[i], block, discard && i == 0, i + 1 == types->n);
	if (outcome != OUTCOME_DONE && before.n)
		put_back(s, &before);
	else if (outcome != OUTCOME_DONE && was_ready && !s->ready)
		/* Sending one of them again would change that, and list it twice. */
		diag_say(s->diag, LOG_NOTICE, 0,
			 "the driver calls the GPU's list incomplete until the next type is registered");
	free(before.items);
	return outcome;
}

const struct vendor vendor_nvidia = {
	.driver = NVIDIA_DRIVER,
	.pci = NVIDIA_ID,
	.folder = "Nvidia",
	.new_from = NEW_FIRST,
	.module = NVIDIA_VFIO_MODULE,
	.daemon = NVIDIA_DAEMON,
	.without_module = "this driver package cannot host vGPUs",
	.host_package = "NVIDIA's vGPU host driver (vgpu-kvm)",
	.checks = nvidia_checks,
	.limits = session_limits,
	.insist = session_insist,
	.needs_functions = nvidia_needs_functions,
	.lint = nvidia_lint,
	.lint_memory = nvidia_lint_memory,
	.open = session_open,
	.close = session_close,
	.framebuffer = nvidia_framebuffer,
	.registered = list_registered,
	.defined = list_defined,
	.usage = nvidia_usage,
	.add = nvidia_add,
	.publish = placement_publish,
	.creatable = placement_verify,
};
