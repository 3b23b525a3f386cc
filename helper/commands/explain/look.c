/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/explain/look.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/sizes.h"
#include "vendors/vendors.h"

/* Whether the driver's release is known. It says by itself why not; here that is no log line. */
static int look_at_release(struct look *look)
{
	struct job *job = &look->job;
	enum outcome outcome;

	log_forget();
	log_mute(true);
	outcome = job->vendor->limits(look->gpu, NULL, &job->limits);
	log_mute(false);
	if (outcome == OUTCOME_DONE)
		return 0;

	look->no_release = strdup(log_cause_of(look->gpu->address));
	/* The configuration can be judged all the same, by what any release takes. */
	job->vendor->limits(NULL, NULL, &job->limits);
	return look->no_release ? 0 : -ENOMEM;
}

static void look_at_configuration(struct look *look)
{
	const struct job_options options = { .automatic = true };

	look->planned = job_plan(&look->job, &options, &look->report);
	if (look->planned == 0 && look->report.errors)
		look->planned = -EINVAL;
	report_fold(&look->report);
}

static int add_missing(struct look *look, const char *id)
{
	look->n_wanted++;
	if (mdev_types_find(&look->shown, id))
		return 0;
	look->missing[look->n_missing] = strdup(id);
	return look->missing[look->n_missing++] ? 0 : -ENOMEM;
}

/* What is auto was chosen by the memory that the last run asked for, and what had no room was left out. */
static void size_as_before(struct look *look)
{
	_cleanup_(report_done) struct report report = { 0 };

	if (look->planned == 0 && look->job.plan.needs_framebuffer && look->current && look->last.framebuffer)
		plan_size(&look->job.plan, look->last.framebuffer, &report);
}

static int look_at_types(struct look *look)
{
	const struct plan *plan = &look->job.plan;
	int r = 0;

	mdev_types_read(look->gpu, &look->shown);
	look->devices = mdev_count_devices(look->gpu);
	look->missing = calloc(plan->types.n + plan->n_expected + 1, sizeof(*look->missing));
	if (!look->missing)
		return -ENOMEM;

	for (size_t i = 0; r == 0 && i < plan->types.n; i++) {
		char id[64];

		snprintf(id, sizeof(id), "%s-%" PRIu64, look->job.vendor->driver, type_num(&plan->types.items[i]));
		r = add_missing(look, id);
	}
	for (size_t i = 0; r == 0 && i < plan->n_expected; i++)
		r = add_missing(look, plan->expected[i]);
	return r;
}

static bool is_same(const char *recorded, const char *now)
{
	return recorded && strcmp(recorded, now) == 0;
}

/* A record of another boot, or of a driver that is no longer bound, tells nothing about this one. */
static void look_at_record(struct look *look)
{
	int r = state_read(look->gpu->address, &look->last);

	look->recorded = r == 0;
	look->no_record = state_trouble(r);
	look->current = look->recorded && state_is_current(&look->last) &&
			is_same(look->last.driver, look->gpu->driver ? look->gpu->driver : "");
	/* A run that was refused before it knew the release has none. */
	if (look->current && look->last.version && *look->last.version && look->job.vendor && !look->no_release)
		look->current = is_same(look->last.version, look->job.limits.release);
}

int look_at(const char *name, const struct device *gpu, struct look *ret)
{
	int r = 0;

	*ret = (struct look){ .name = name, .gpu = gpu, .job.gpu = gpu };
	if (!gpu)
		return 0;

	if (device_is_gpu(gpu) && !gpu->is_vf && gpu->driver)
		ret->job.vendor = vendor_for_driver(gpu->driver);
	if (ret->job.vendor) {
		r = look_at_release(ret);
		if (r == 0)
			look_at_configuration(ret);
	}
	look_at_record(ret);
	if (r == 0 && ret->job.vendor) {
		size_as_before(ret);
		r = look_at_types(ret);
	}
	return r;
}

void look_done(struct look *look)
{
	for (size_t i = 0; i < look->n_missing; i++)
		free(look->missing[i]);
	free(look->missing);
	free(look->no_release);
	mdev_types_done(&look->shown);
	state_record_done(&look->last);
	report_done(&look->report);
	job_done(&look->job);
}
