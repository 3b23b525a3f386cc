/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/expected.h"

#include "base/deadline.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "system/mdev.h"

/* A driver makes all its types when its module starts; this is for a slow machine. */
#define WAIT_MS 5000
#define POLL_MS 20

/* Lists the expected types that sysfs does not show. */
static int find_missing(const struct target *target, char ***ret)
{
	return mdev_types_missing(target->gpu, target->plan.expected, target->plan.n_expected, ret);
}

/* Loads the vendor's module, unless the vendor knows that it would not help. */
static enum outcome make_possible(struct target *target, bool dry_run)
{
	enum outcome outcome = OUTCOME_DONE;
	const struct plan *plan = &target->plan;
	char why[384];

	if (target->vendor->possible)
		outcome = target->vendor->possible(target->gpu, why, sizeof(why));
	if (outcome == OUTCOME_DONE && !dry_run && target_load_module(target) < 0) {
		target_module_text(target, why, sizeof(why));
		outcome = OUTCOME_FAILED;
	}
	if (outcome != OUTCOME_DONE)
		target_fail(target, 0, "%s%s expected, but cannot be there: %s", plan->expected[0],
			    plan->n_expected > 1 ? " and others are" : " is", why);
	return outcome;
}

enum outcome expect_types(struct target *target, bool dry_run, size_t *ret)
{
	_cleanup_(strv_freep) char **missing = NULL;
	enum outcome outcome;
	int r;

	r = find_missing(target, &missing);
	if (r == 0 && !*missing)
		return OUTCOME_DONE;
	if (r == 0) {
		*ret = strv_length(missing);
		outcome = make_possible(target, dry_run);
		if (outcome != OUTCOME_DONE || dry_run)
			return outcome;
	}

	for (unsigned waited = 0; r == 0; waited += POLL_MS) {
		strv_free(TAKE_PTR(missing));
		r = find_missing(target, &missing);
		if (r < 0 || !*missing || waited >= WAIT_MS || !deadline_sleep(POLL_MS))
			break;
	}
	if (r < 0)
		return target_fail(target, r, "cannot read the types in sysfs");
	for (char **id = missing; *id; id++) {
		char why[256] = "the kernel's log may say why";

		if (target->vendor->missing_reason)
			target->vendor->missing_reason(target->gpu, *id, why, sizeof(why));
		target_fail(target, 0, "%s is expected, but the driver does not show it: %s", *id, why);
	}
	return *missing ? OUTCOME_FAILED : OUTCOME_DONE;
}
