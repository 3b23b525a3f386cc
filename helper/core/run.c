/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/deadline.h"
#include "base/string-util.h"
#include "core/expected.h"
#include "core/record.h"
#include "core/register.h"
#include "system/lock.h"

/* Far below udevd's 180 s, far above what a GPU's first opening takes. */
#define RUN_SECONDS 60

struct result {
	struct registration types;
	size_t missing; /* of the expected types, before */
	int lock;       /* held until the record is written: who sees "running" and no lock knows that the run was killed */
};

static void append(char *text, size_t size, const char *fmt, ...) _printf_(3, 4);

static void append(char *text, size_t size, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, size - n, fmt, ap);
	va_end(ap);
}

static void record(const struct job *job, const struct job_options *options, struct state *state)
{
	int r;

	state->address = job->gpu->address;
	state->driver = job->gpu->driver ? job->gpu->driver : "";
	state->version = job->limits.release;
	state->architecture = job->selection.folder;
	state->files = job->selection.files;
	state->types = &job->plan.types;
	state->expected = job->plan.expected;
	state->n_expected = job->plan.n_expected;
	state->framebuffer = job->framebuffer;
	state->by = options->by;
	state->module = job->module_instance;

	r = state_write(state);
	if (r < 0)
		log_dev(job->gpu, LOG_WARNING, r, "cannot write down the result");
}

static enum outcome apply_job(struct job *job, const struct job_options *options, bool dry_run,
			      struct result *result)
{
	enum outcome outcome = OUTCOME_DONE;

	result->lock = lock_take(job->gpu->address);
	if (result->lock < 0)
		return job_fail(job, result->lock, "cannot get the lock on the GPU");
	if (!dry_run)
		record(job, options, &(struct state){ .running = true, .message = "a run has begun and has not ended" });
	if (job->plan.types.n)
		outcome = register_types(job, options, dry_run, &result->types);
	if (outcome == OUTCOME_DONE && job->plan.n_expected)
		outcome = expect_types(job, dry_run, &result->missing);
	return outcome;
}

static void expected_text(const struct job *job, const struct result *result, bool dry_run, char *text, size_t size)
{
	size_t n = job->plan.n_expected;

	if (!result->missing)
		append(text, size, "nothing to do: %zu expected type%s there", n, n == 1 ? " is" : "s are");
	else if (dry_run)
		append(text, size, "%zu of %zu expected types would be waited for", result->missing, n);
	else
		append(text, size, "%zu expected type%s there, %zu of them now", n, n == 1 ? " is" : "s are", result->missing);
}

static void registered_text(const struct job *job, const struct registration *types, bool dry_run, char *text, size_t size)
{
	if (!types->added)
		snprintf(text, size, "nothing to do: %zu type%s registered", types->unchanged,
			 types->unchanged == 1 ? " is" : "s are");
	else
		snprintf(text, size, "%zu type%s %sregistered, %zu unchanged", types->added, types->added == 1 ? "" : "s",
			 dry_run ? "would be " : "", types->unchanged);
	if (job->plan.left_out)
		append(text, size, "; %zu left out, the GPU has no room for %s", job->plan.left_out,
		       job->plan.left_out == 1 ? "it" : "them");
	if (!job->limits.reads_back)
		append(text, size, "; sysfs shows them, %s gives nothing else back", job->limits.driver);
}

static void result_text(const struct job *job, const struct result *result, bool dry_run, char *text, size_t size)
{
	if (job->plan.types.n)
		registered_text(job, &result->types, dry_run, text, size);
	if (job->plan.types.n && job->plan.n_expected)
		append(text, size, "; ");
	if (job->plan.n_expected)
		expected_text(job, result, dry_run, text, size);
}

/* Where the vendor knows that no configuration could help, that is the answer. */
static enum outcome no_types(const struct job *job, const struct job_options *options, char *text, size_t size)
{
	char why[256];

	if (!job->selected && !options->file && job->vendor->possible &&
	    job->vendor->possible(job->gpu, why, sizeof(why)) == OUTCOME_UNSUPPORTED) {
		log_dev(job->gpu, LOG_ERR, 0, "%s", why);
		return OUTCOME_UNSUPPORTED;
	}
	snprintf(text, size, "nothing to do: %s", job->selected ? "the configuration defines no types for this GPU" :
		 "no configuration is for this GPU");
	return OUTCOME_DONE;
}

static enum outcome run_job(struct job *job, const struct job_options *options, bool dry_run, struct result *result,
			    char *text, size_t size)
{
	enum outcome outcome;

	if (!job->plan.types.n && !job->plan.n_expected)
		return no_types(job, options, text, size);
	outcome = apply_job(job, options, dry_run, result);
	if (outcome == OUTCOME_DONE)
		result_text(job, result, dry_run, text, size);
	return outcome;
}

/* A file that somebody named is not about the GPUs it does not select. */
static bool is_about(const struct job *job, const struct job_options *options, enum outcome outcome)
{
	return outcome != OUTCOME_DONE || job->selected || (job->vendor && !options->file);
}

static enum event event_of(enum outcome outcome, const struct result *result)
{
	switch (outcome) {
	case OUTCOME_DONE:
		return result->types.added || result->missing ? EVENT_REGISTERED : EVENT_UNCHANGED;
	case OUTCOME_REFUSED:
		return EVENT_REFUSED;
	case OUTCOME_IN_USE:
		return EVENT_IN_USE;
	case OUTCOME_UNSUPPORTED:
		return EVENT_UNSUPPORTED;
	case OUTCOME_FAILED:
	case OUTCOME_USAGE:
		break;
	}
	return EVENT_FAILED;
}

/* One line for a run that nobody sits at: how many types and how long, or the first cause; and the first remark. */
static void tell_journal(const struct job *job, enum outcome outcome, const struct result *result, const char *text,
			 unsigned ms)
{
	_cleanup_(freep) char *line = NULL, *fields = NULL;
	int level = LOG_ERR;

	if (outcome == OUTCOME_DONE) {
		const char *remark = log_remark(&level);

		level = *remark ? level : LOG_INFO;
		text_append(&line, "%s, %u ms%s%s", text, ms, *remark ? "; " : "", remark);
	} else {
		text_append(&line, "%s: %s", outcome_name(outcome), log_cause_of(job->gpu->address));
	}
	text_append(&fields, "MDEV_GPU_DEVICE=%s\nMDEV_GPU_RESULT=%s\n", job->gpu->address, outcome_name(outcome));
	if (job->gpu->driver)
		text_append(&fields, "MDEV_GPU_DRIVER=%s\n", job->gpu->driver);
	if (*job->limits.release)
		text_append(&fields, "MDEV_GPU_RELEASE=%s\n", job->limits.release);
	text_append(&fields, "MDEV_GPU_TYPES=%zu\nMDEV_GPU_REGISTERED=%zu\nMDEV_GPU_MILLISECONDS=%u\n",
		    job->plan.types.n + job->plan.n_expected, result->types.added, ms);
	log_event(job->gpu->address, level, event_of(outcome, result), fields, line ? line : text);
}

static unsigned ms_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)((now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000);
}

/* Everything but the line that is left of an automatic run. */
static enum outcome run_device(struct job *job, const struct job_options *options, bool dry_run, struct result *result,
			       char *text, size_t size)
{
	const struct device *gpu = job->gpu;
	enum outcome outcome;
	int r;

	r = deadline_start(RUN_SECONDS, gpu->address);
	if (r < 0) {
		log_dev(gpu, LOG_ERR, r, "cannot bound the time");
		return OUTCOME_FAILED;
	}
	outcome = job_prepare(gpu, options, job);
	job->gpu = gpu;
	if (outcome == OUTCOME_DONE && job->vendor)
		outcome = run_job(job, options, dry_run, result, text, size);
	return outcome;
}

enum outcome apply_device(const struct device *gpu, const struct job_options *options, bool dry_run, bool *selected)
{
	_cleanup_(job_done) struct job job = { .gpu = gpu };
	struct result result = { .lock = -1 };
	struct timespec start;
	enum outcome outcome;
	char text[192] = "";

	log_forget();
	log_mute(options->automatic);
	clock_gettime(CLOCK_MONOTONIC, &start);
	outcome = run_device(&job, options, dry_run, &result, text, sizeof(text));
	if (is_about(&job, options, outcome)) {
		*selected = true;
		if (!dry_run)
			record(&job, options, &(struct state){ .outcome = outcome, .message = *text ? text : log_cause() });
		if (options->automatic)
			tell_journal(&job, outcome, &result, text, ms_since(&start));
		else if (*text)
			log_dev(gpu, LOG_INFO, 0, "%s", text);
	}
	closep(&result.lock);
	log_mute(false);
	return outcome;
}
