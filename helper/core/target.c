/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/target.h"

#include <errno.h>

#include "config/match.h"
#include "core/sizes.h"
#include "system/module.h"
#include "vendors/vendors.h"

static enum outcome nothing_to_do(const struct device *gpu, const char *why)
{
	log_dev(gpu, LOG_INFO, 0, "nothing to do: %s", why);
	return OUTCOME_DONE;
}

/* Finds the backend, or says why there is none; *ret stays NULL where that is as it should be. */
static enum outcome find_vendor(const struct device *gpu, const struct vendor **ret)
{
	const struct vendor *vendor;

	if (gpu->is_vf)
		return nothing_to_do(gpu, "a virtual function; its types come from its physical function");
	if (!device_is_gpu(gpu))
		return nothing_to_do(gpu, "not a GPU (PCI class 03)");
	if (!gpu->driver) {
		log_dev(gpu, LOG_ERR, -ENODEV, "no driver is bound");
		return OUTCOME_FAILED;
	}

	vendor = vendor_for_driver(gpu->driver);
	if (!vendor) {
		log_dev(gpu, LOG_ERR, 0, "driver %s is bound, which mdev-gpu has no backend for", gpu->driver);
		return OUTCOME_UNSUPPORTED;
	}
	*ret = vendor;
	return OUTCOME_DONE;
}

static int find_files(struct job *job, const struct job_options *options, struct report *report)
{
	if (options->file)
		return catalog_select_file(options->file, options->automatic, report, &job->selection);
	return catalog_select(job->vendor->folder, job->gpu, job->limits.types, options->automatic, report, &job->selection);
}

static bool is_selected(const struct selection *selection, const struct device *gpu, bool takes_types)
{
	for (size_t i = 0; i < selection->n; i++)
		for (size_t j = 0; j < selection->profiles[i]->n; j++)
			if (section_selects(&selection->profiles[i]->sections[j], gpu, takes_types))
				return true;
	return false;
}

/* Nobody who could mend it reads a warning in the journal at every boot. */
static void drop_warnings(struct report *report)
{
	size_t kept = 0;

	for (size_t i = 0; i < report->n; i++) {
		if (report->items[i].warning)
			mistake_done(&report->items[i]);
		else
			report->items[kept++] = report->items[i];
	}
	report->n = kept;
}

/* Tells everything that was found, warnings too, and whether it stops the run. */
static enum outcome conclude(const struct device *gpu, const struct job_options *options, int r, struct report *report)
{
	size_t warnings = report->n - MIN(report->errors, report->n), mistakes;

	if (options->automatic)
		drop_warnings(report);
	mistakes = report_flush(report);
	if (r == 0 && mistakes == 0 && !(options->strict && warnings))
		return OUTCOME_DONE;

	if (r == -ENOMEM)
		log_dev(gpu, LOG_ERR, r, "cannot make a plan");
	log_dev(gpu, LOG_ERR, 0, "configuration refused, nothing was sent to the driver");
	return OUTCOME_REFUSED;
}

int job_plan(struct job *job, const struct job_options *options, struct report *report)
{
	const struct plan_client client = {
		.device = job->gpu,
		.vendor = job->vendor,
		.limits = &job->limits,
		.keep = options->keep,
	};
	int r;

	r = find_files(job, options, report);
	if (r < 0)
		return r;
	job->selected = is_selected(&job->selection, job->gpu, job->limits.types);
	return plan_build(&job->selection, &client, report, &job->plan);
}

enum outcome job_prepare(const struct device *gpu, const struct job_options *options, struct job *ret)
{
	_cleanup_(job_done) struct job job = { .gpu = gpu };
	_cleanup_(report_done) struct report report = { 0 };
	enum outcome outcome;

	outcome = find_vendor(gpu, &job.vendor);
	if (outcome == OUTCOME_DONE && job.vendor)
		outcome = job.vendor->limits(gpu, options->layout, &job.limits);
	if (outcome == OUTCOME_DONE && job.vendor)
		outcome = conclude(gpu, options, job_plan(&job, options, &report), &report);

	*ret = job;
	job = (struct job){ 0 };
	return outcome;
}

/* Without sizes that are auto, an automatic run asks only to write it down: without an answer it goes on, and nobody hears. */
static enum outcome ask_framebuffer(struct job *job, const struct job_options *options, struct session *session)
{
	enum outcome outcome = job->vendor->framebuffer(session, &job->framebuffer);

	if (outcome == OUTCOME_DONE || job->plan.needs_framebuffer || !options->automatic)
		return outcome;
	log_forget();
	job->framebuffer = 0;
	return OUTCOME_DONE;
}

enum outcome job_fit(struct job *job, const struct job_options *options)
{
	_cleanup_(report_done) struct report report = { 0 };
	int r;

	if (!job->framebuffer)
		return OUTCOME_DONE;
	r = plan_size(&job->plan, job->framebuffer, &report);
	if (r == 0)
		r = plan_check_fit(&job->plan, job->framebuffer, &report);
	return conclude(job->gpu, options, r, &report);
}

enum outcome job_fail(const struct job *job, int r, const char *what)
{
	log_dev(job->gpu, LOG_ERR, r, "%s", what);
	return OUTCOME_FAILED;
}

enum outcome job_size(struct job *job, const struct job_options *options, struct session *session)
{
	enum outcome outcome = ask_framebuffer(job, options, session);

	return outcome == OUTCOME_DONE ? job_fit(job, options) : outcome;
}

int job_load_module(struct job *job)
{
	job->module = module_load(job->vendor->module);
	job->module_instance = job->module == 0 ? module_instance(job->vendor->module) : 0;
	return job->module;
}

void job_module_text(const struct job *job, char *text, size_t size)
{
	const char *meaning = job->module == -ENOENT ? job->vendor->without_module : NULL;

	snprintf(text, size, "module %s %s%s%s", job->vendor->module, module_reason(job->module), meaning ? ": " : "",
		 meaning ? meaning : "");
}

void job_done(struct job *job)
{
	plan_done(&job->plan);
	selection_done(&job->selection);
	*job = (struct job){ 0 };
}
