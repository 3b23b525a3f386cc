/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/sizes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/macro.h"
#include "model/type.h"

#define GIB UINT64_C(1024) /* in MiB */

/* Returns what each instance of a type gets of the GPU's memory, in MiB. */
static uint64_t share_of(const struct type *type, uint64_t framebuffer)
{
	uint64_t share = framebuffer / type->values[TYPE_MAX_INSTANCES].number;

	return share - share % (share < GIB ? GIB / 2 : GIB);
}

/* Returns whether the type's number of instances follows from its size. */
static bool is_counted(const struct type *type)
{
	return type->values[TYPE_MAX_INSTANCES].origin == VALUE_AUTO;
}

/* Chooses the values that are auto; false where there is no room, and then they mean nothing. */
static bool size_type(struct type *type, uint64_t framebuffer, const struct limits *limits)
{
	struct value *len = &type->values[TYPE_FB_LEN], *res = &type->values[TYPE_FB_RES],
		*instances = &type->values[TYPE_MAX_INSTANCES];
	uint64_t share;

	if (is_counted(type)) {
		instances->number = MIN(framebuffer / type_share(type), limits->instances);
		return instances->number;
	}
	if (!type_is_auto(type))
		return true;

	share = share_of(type, framebuffer);
	if (res->origin == VALUE_AUTO && len->origin == VALUE_AUTO)
		res->number = type_reservation(share);
	if (len->origin == VALUE_AUTO) {
		len->number = share - MIN(share, res->number);
		return len->number;
	}
	res->number = share - MIN(share, len->number);
	return share >= len->number;
}

static int report_no_room(const struct type *type, uint64_t framebuffer, bool left_out, struct diagnostics *diag)
{
	enum type_key key = type->values[TYPE_FB_LEN].origin == VALUE_AUTO ? TYPE_FB_LEN : TYPE_FB_RES;
	uint64_t share, instances = type->values[TYPE_MAX_INSTANCES].number;
	char text[192];

	if (is_counted(type) && left_out)
		return 0;
	if (is_counted(type))
		return type_error(diag, type, TYPE_MAX_INSTANCES, "auto finds no room: %" PRIu64 " MiB in all do not fit the GPU's %"
				  PRIu64 " MiB, nor does any other type", type_share(type), framebuffer);
	share = share_of(type, framebuffer);
	snprintf(text, sizeof(text), "auto finds no room: of %" PRIu64 " MiB each of %" PRIu64 " instances has %" PRIu64 "%s",
		 framebuffer, instances, share ? share : framebuffer / instances,
		 share ? key == TYPE_FB_LEN ? ", and fbRes takes it all" : ", and fbLen takes more" : ", and 512 is the least");
	if (!left_out)
		return type_error(diag, type, key, "%s", text);
	type_warning(diag, type, key, "%s; the type is left out", text);
	return 0;
}

int plan_size(struct plan *plan, uint64_t framebuffer, const struct limits *limits, struct diagnostics *diag)
{
	_cleanup_(freep) bool *fits = calloc(plan->types.n + 1, sizeof(*fits));
	int result = 0;
	bool any = false;

	if (!fits)
		return -ENOMEM;
	for (size_t i = 0; i < plan->types.n; i++)
		any |= fits[i] = size_type(&plan->types.items[i], framebuffer, limits);

	for (size_t i = 0, at = 0, n = plan->types.n; i < n; i++) {
		const struct type *type = &plan->types.items[at];
		/* Drop a type without room whose sizes, or whose instances, are all auto: one profile serves small and large cards. */
		bool left_out = any && (is_counted(type) || (type->values[TYPE_FB_LEN].origin == VALUE_AUTO &&
							     type->values[TYPE_FB_RES].origin == VALUE_AUTO));

		if (!fits[i] && report_no_room(type, framebuffer, left_out, diag) < 0)
			result = -EINVAL;
		if (fits[i] || !left_out) {
			at++;
			continue;
		}
		if (type_list_add_copy(&plan->left_out, type) < 0)
			return -ENOMEM;
		type_list_remove(&plan->types, at);
	}
	return result;
}

int plan_check_fit(const struct plan *plan, uint64_t framebuffer, struct diagnostics *diag)
{
	bool any = false;
	int result = 0;

	for (size_t i = 0; i < plan->types.n; i++)
		any |= type_share(&plan->types.items[i]) <= framebuffer;

	for (size_t i = 0; i < plan->types.n; i++) {
		const struct type *type = &plan->types.items[i];
		uint64_t share = type_share(type), instances = type->values[TYPE_MAX_INSTANCES].number,
			fitting = framebuffer / share;

		/* A list of which nothing can ever start is for another GPU, or in another unit. */
		if (!any)
			result = type_error(diag, type, TYPE_FB_LEN, "%" PRIu64 " MiB in all do not fit the GPU's %" PRIu64
					    " MiB, nor does any other type", share, framebuffer);
		else if (fitting == 0)
			type_warning(diag, type, TYPE_FB_LEN, "%" PRIu64 " MiB in all do not fit the GPU's %" PRIu64
				     " MiB: none can start", share, framebuffer);
		else if (instances > fitting)
			type_warning(diag, type, TYPE_MAX_INSTANCES, "%" PRIu64 " x %" PRIu64 " MiB do not fit the GPU's %" PRIu64
				     " MiB: %" PRIu64 " can start", instances, share, framebuffer, fitting);
	}
	return result;
}
