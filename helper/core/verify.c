/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/verify.h"

#include <string.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "core/compare.h"
#include "model/diagnostics.h"
#include "system/mdev.h"

/* sysfs follows the driver at once or not at all; this is for a slow machine. */
#define SYSFS_WAIT_MS 5000
#define SYSFS_POLL_MS 20

/* Returns the names of the wanted types that sysfs does not show, "nvidia-1, nvidia-2"; NULL: none. To be freed. */
static char *find_hidden(const struct target *target)
{
	_cleanup_(strv_freep) char **missing = NULL;
	char *names = NULL;

	if (target_missing(target, &missing) < 0)
		return strdup("all types");
	for (char **id = missing; *id; id++)
		text_append_item(&names, "%s", *id);
	return names;
}

/* Returns whether sysfs is not expected to show types yet, and says so. */
static bool is_shown_later(const struct target *target)
{
	const struct device *gpu = target->gpu;

	if (!mdev_has_no_place(gpu))
		return false;
	if (gpu->vfs)
		diag_say(target->diag, LOG_NOTICE, 0, "the types show once a virtual function is bound to %s (none of %u is)",
			 gpu->driver, gpu->vfs);
	else
		diag_say(target->diag, LOG_NOTICE, 0, "the types show once SR-IOV is on (sriov_numvfs is 0 of %u)",
			 gpu->vfs_possible);
	return true;
}

/* Reads the driver's list again: what it took is what counts, not what it answered. */
static enum outcome verify_driver(const struct target *target, struct session *session)
{
	_cleanup_(comparison_done) struct comparison after = { 0 };
	enum outcome outcome;

	outcome = compare_types(target, session, true, &after);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (after.conflicts)
		return OUTCOME_FAILED;
	if (after.missing.n)
		return target_fail(target, 0,
				   "the driver took %zu types without an error, but does not list them; if another program "
				   "has discarded them meanwhile, apply again", after.missing.n);
	if (target->plan.discard && after.others)
		return target_fail(target, 0, "meanwhile, another program has registered %s; apply again to discard that",
				   after.other_names);
	return OUTCOME_DONE;
}

/* Reads the driver's list again before blaming sysfs. */
static bool is_still_listed(const struct target *target, struct session *session)
{
	return !target->limits.reads_back || verify_driver(target, session) == OUTCOME_DONE;
}

static enum outcome verify_sysfs(const struct target *target, struct session *session, bool sent)
{
	_cleanup_(freep) char *hidden = find_hidden(target);
	char why[256] = "it showed its list before, reload the driver";

	/* The vendor's own VFIO files offer what can be made at the moment, which depends on the vGPUs that run. */
	if (mdev_is_vendor_vfio(target->gpu)) {
		diag_say(target->diag, LOG_NOTICE, 0,
			 "vGPUs are made through the vendor's own VFIO files here, not through mdev%s%s",
			 hidden ? "; at the moment they do not offer " : "", hidden ? hidden : "");
		return OUTCOME_DONE;
	}
	if (!hidden || is_shown_later(target))
		return OUTCOME_DONE;
	/* An earlier run may have died between registering and publishing. */
	if (!sent && target->vendor->publish(session) != OUTCOME_DONE)
		return OUTCOME_FAILED;
	if (!is_still_listed(target, session))
		return OUTCOME_FAILED;

	for (unsigned waited = 0;; waited += SYSFS_POLL_MS) {
		free(hidden);
		hidden = find_hidden(target);
		if (!hidden)
			return OUTCOME_DONE;
		if (target->module < 0 || waited >= SYSFS_WAIT_MS || !deadline_sleep(SYSFS_POLL_MS))
			break;
	}
	if (!is_still_listed(target, session))
		return OUTCOME_FAILED;
	if (target->module < 0)
		target_module_text(target, why, sizeof(why));
	return target_fail(target, 0, "the driver has %s, but sysfs does not show it: %s", hidden, why);
}

enum outcome verify_types(const struct target *target, struct session *session, bool sent)
{
	enum outcome outcome = verify_sysfs(target, session, sent);

	/* In this order, since releases whose list cannot be read are compared with sysfs. */
	if (outcome == OUTCOME_DONE && sent)
		outcome = verify_driver(target, session);
	if (outcome == OUTCOME_DONE && target->vendor->creatable)
		outcome = target->vendor->creatable(session, &target->plan.types);
	return outcome;
}
