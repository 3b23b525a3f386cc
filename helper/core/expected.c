/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/expected.h"

#include <errno.h>

#include "base/deadline.h"
#include "system/mdev.h"

/* A driver makes all its types when its module starts; this is for a slow machine. */
#define WAIT_MS 5000
#define POLL_MS 20

/* Every function here that returns a number returns that of the types that are missing, or a negative errno. */

/* Calls each (may be NULL) for every expected type that sysfs does not show. */
static int for_missing(const struct job *job, void (*each)(const struct job *job, const char *id))
{
	struct mdev_types shown = { 0 };
	int r, n = 0;

	r = mdev_types_read(job->gpu, &shown);
	if (r < 0)
		return r;
	for (size_t i = 0; i < job->plan.n_expected; i++) {
		if (mdev_types_find(&shown, job->plan.expected[i]))
			continue;
		n++;
		if (each)
			each(job, job->plan.expected[i]);
	}
	mdev_types_done(&shown);
	return n;
}

static int wait_shown(const struct job *job)
{
	for (unsigned waited = 0;; waited += POLL_MS) {
		int n = for_missing(job, NULL);

		if (n <= 0 || waited >= WAIT_MS || !deadline_sleep(POLL_MS))
			return n;
	}
}

static void tell_missing(const struct job *job, const char *id)
{
	char why[256] = "the kernel's log may say why";

	if (job->vendor->lacks)
		job->vendor->lacks(job->gpu, id, why, sizeof(why));
	log_dev(job->gpu, LOG_ERR, 0, "%s is expected, but the driver does not show it: %s", id, why);
}

static enum outcome cannot_show(const struct job *job, enum outcome outcome, const char *why)
{
	log_dev(job->gpu, LOG_ERR, 0, "%s%s expected, but cannot be there: %s", job->plan.expected[0],
		job->plan.n_expected > 1 ? " and others are" : " is", why);
	return outcome;
}

static enum outcome cannot_read(const struct job *job, int r)
{
	log_dev(job->gpu, LOG_ERR, r, "cannot read the types in sysfs");
	return OUTCOME_FAILED;
}

/* Loads the vendor's module, unless it is known that it would not help. */
static enum outcome make_possible(struct job *job, bool dry_run)
{
	enum outcome outcome = OUTCOME_DONE;
	char why[384];

	if (job->vendor->possible)
		outcome = job->vendor->possible(job->gpu, why, sizeof(why));
	if (outcome == OUTCOME_DONE && !dry_run && job_load_module(job) < 0) {
		job_module_text(job, why, sizeof(why));
		outcome = OUTCOME_FAILED;
	}
	return outcome == OUTCOME_DONE ? outcome : cannot_show(job, outcome, why);
}

enum outcome expect_types(struct job *job, bool dry_run, size_t *missing)
{
	enum outcome outcome;
	int n;

	n = for_missing(job, NULL);
	if (n < 0)
		return cannot_read(job, n);
	*missing = (size_t)n;
	if (!n)
		return OUTCOME_DONE;

	outcome = make_possible(job, dry_run);
	if (outcome != OUTCOME_DONE || dry_run)
		return outcome;
	n = wait_shown(job);
	if (n < 0)
		return cannot_read(job, n);
	if (n)
		for_missing(job, tell_missing);
	return n ? OUTCOME_FAILED : OUTCOME_DONE;
}
