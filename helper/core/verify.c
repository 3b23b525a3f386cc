/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/verify.h"

#include <inttypes.h>

#include "base/deadline.h"
#include "base/string-util.h"
#include "core/compare.h"
#include "system/mdev.h"

/* sysfs follows the driver at once or not at all; this is for a slow machine. */
#define SYSFS_WAIT_MS 5000
#define SYSFS_POLL_MS 20

/* How many of the wanted types sysfs does not show, and their names. */
static size_t find_hidden(const struct job *job, char **names)
{
	struct mdev_types shown = { 0 };
	size_t hidden = 0;

	free(*names);
	*names = NULL;
	if (mdev_types_read(job->gpu, &shown) < 0) {
		text_append(names, "all types");
		return job->plan.types.n;
	}
	for (size_t i = 0; i < job->plan.types.n; i++) {
		char id[64];

		snprintf(id, sizeof(id), "%s-%" PRIu64, job->vendor->driver, type_num(&job->plan.types.items[i]));
		if (mdev_types_find(&shown, id) && mdev_is_everywhere(job->gpu, id))
			continue;
		text_append_item(names, "%s", id);
		hidden++;
	}
	mdev_types_done(&shown);
	return hidden;
}

/*
 * The vendor's own VFIO files offer what can be made at the moment, which depends on the vGPUs that run: a type may be registered
 * and not be among them.
 */
static enum outcome verify_vendor_vfio(const struct job *job, const char *names)
{
	log_dev(job->gpu, LOG_NOTICE, 0, "vGPUs are made through the vendor's own VFIO files here, not through mdev%s%s",
		names ? "; at the moment they do not offer " : "", names ? names : "");
	return OUTCOME_DONE;
}

/* Where sysfs is not expected to show types, says so. */
static bool is_shown_later(const struct job *job)
{
	const struct device *gpu = job->gpu;

	if (!mdev_has_no_place(gpu))
		return false;
	if (gpu->vfs)
		log_dev(gpu, LOG_NOTICE, 0, "the types show once a virtual function is bound to %s (none of %u is)",
			gpu->driver, gpu->vfs);
	else
		log_dev(gpu, LOG_NOTICE, 0, "the types show once SR-IOV is on (sriov_numvfs is 0 of %u)", gpu->vfs_possible);
	return true;
}

static enum outcome tell_hidden(const struct job *job, const char *names)
{
	char why[256] = "it showed its list before, reload the driver";

	if (job->module < 0)
		job_module_text(job, why, sizeof(why));
	log_dev(job->gpu, LOG_ERR, 0, "the driver has %s, but sysfs does not show it: %s", names, why);
	return OUTCOME_FAILED;
}

/* Reads the driver's list again: what it took is what counts, not what it answered. */
static enum outcome verify_driver(const struct job *job, struct session *session)
{
	_cleanup_(difference_done) struct difference after = { .again = true };
	enum outcome outcome;

	outcome = difference_read(job, session, &after);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (after.conflicts)
		return OUTCOME_FAILED;
	if (after.missing.n) {
		log_dev(job->gpu, LOG_ERR, 0,
			"the driver took %zu types without an error, but does not list them; if another program has discarded "
			"them meanwhile, apply again", after.missing.n);
		return OUTCOME_FAILED;
	}
	if (job->plan.discard && after.others) {
		log_dev(job->gpu, LOG_ERR, 0, "meanwhile, another program has registered %s; apply again to discard that",
			after.other_names);
		return OUTCOME_FAILED;
	}
	return OUTCOME_DONE;
}

/* What the driver has lost meanwhile is not sysfs's fault. */
static bool is_still_listed(const struct job *job, struct session *session)
{
	return !job->limits.reads_back || verify_driver(job, session) == OUTCOME_DONE;
}

static enum outcome verify_sysfs(const struct job *job, struct session *session, bool told)
{
	_cleanup_(freep) char *names = NULL;
	size_t hidden = find_hidden(job, &names);

	if (mdev_is_vendor_vfio(job->gpu))
		return verify_vendor_vfio(job, names);
	if (!hidden || is_shown_later(job))
		return OUTCOME_DONE;
	/* An earlier run may have died between registering and telling. */
	if (!told && job->vendor->publish(session) != OUTCOME_DONE)
		return OUTCOME_FAILED;
	if (!is_still_listed(job, session))
		return OUTCOME_FAILED;

	for (unsigned waited = 0; find_hidden(job, &names); waited += SYSFS_POLL_MS)
		if (job->module < 0 || waited >= SYSFS_WAIT_MS || !deadline_sleep(SYSFS_POLL_MS))
			return is_still_listed(job, session) ? tell_hidden(job, names) : OUTCOME_FAILED;
	return OUTCOME_DONE;
}

enum outcome verify_types(const struct job *job, struct session *session, bool sent)
{
	enum outcome sysfs = verify_sysfs(job, session, sent);

	/* In this order, since releases whose list cannot be read are compared with sysfs. */
	return sysfs == OUTCOME_DONE && sent ? verify_driver(job, session) : sysfs;
}
