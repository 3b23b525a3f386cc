/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/planned.h"

#include <errno.h>

#include "base/macro.h"
#include "core/compare.h"

static enum outcome compare_type(const struct planned *planned, const struct target *target, const struct type *type)
{
	const struct type *first = type_list_find(&planned->types, type_num(type));
	_cleanup_(freep) char *differs = NULL;
	char id[TYPE_ID_SIZE];

	if (!first || !compare_definitions(type, first, false, &differs))
		return OUTCOME_DONE;
	return target_fail(target, 0, "%s would be defined for %s before, and the driver keeps that: %s; take another num",
			   type_id(target->vendor->driver, type_num(type), id), planned->gpus[first - planned->types.items],
			   differs);
}

static int add_type(struct planned *planned, const struct target *target, const struct type *type)
{
	const char **gpus = reallocarray(planned->gpus, planned->types.n + 1, sizeof(*gpus));

	if (!gpus)
		return -ENOMEM;
	planned->gpus = gpus;
	gpus[planned->types.n] = target->gpu->address;
	return type_list_add_copy(&planned->types, type);
}

enum outcome planned_add(struct planned *planned, const struct target *target)
{
	const struct type_list *types = &target->plan.types;
	enum outcome outcome = OUTCOME_DONE;

	for (size_t i = 0; i < types->n; i++)
		outcome = outcome_first(outcome, compare_type(planned, target, &types->items[i]));
	for (size_t i = 0; outcome == OUTCOME_DONE && i < types->n; i++)
		if (!type_list_find(&planned->types, type_num(&types->items[i])) &&
		    add_type(planned, target, &types->items[i]) < 0)
			outcome = target_fail(target, -ENOMEM, "cannot make a plan");
	return outcome;
}

void planned_done(struct planned *planned)
{
	type_list_done(&planned->types);
	free(planned->gpus);
}
