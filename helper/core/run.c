/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run_device() is the way of one GPU and reads as its steps. What goes wrong on the way is collected, and printed at
 * once in a manual run; the record and the one line of an automatic run are made of it at the end.
 */
#include "core/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/confine.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "config/catalog.h"
#include "core/expected.h"
#include "core/functions-record.h"
#include "core/locks.h"
#include "core/record.h"
#include "core/register.h"
#include "core/verify.h"
#include "model/diagnostics.h"
#include "model/outcome.h"
#include "system/lock.h"
#include "system/mdev.h"

/* So long a lock is waited for that only the record takes. */
#define MOMENT_MS 200

struct run {
	const struct run_options *options;
	struct target target;
	struct diagnostics diag;
	struct registration types;
	size_t awaited; /* of the expected types, not there before */
	unsigned answers; /* see struct record_entry */
	bool shown;
	int lock;       /* held until the record is written: "running" without the lock is a run that was killed */
	bool unrecorded; /* which has been said */
	long start; /* by monotonic_ms() */
};

static void record(struct run *run, bool running, enum outcome outcome, const char *message)
{
	const struct target *target = &run->target;
	const struct record_entry entry = {
		.address = target->gpu->address,
		.driver = target->gpu->driver ? target->gpu->driver : "",
		.version = target->limits.release,
		.architecture = target->selection.folder,
		.files = target->selection.files,
		.types = &target->plan.types,
		.expected = target->plan.expected,
		.n_expected = target->plan.n_expected,
		.framebuffer = target->framebuffer,
		.module = target->module_instance,
		.shown = run->shown,
		.answers = run->answers,
		.running = running,
		.outcome = outcome,
		.message = message,
		.trigger = run->options->trigger,
	};
	int r;

	r = record_write(&entry);
	if (r < 0 && !run->unrecorded)
		diag_say(&run->diag, LOG_WARNING, r, "cannot write down the result");
	run->unrecorded |= r < 0;
}

/*
 * Takes over from the last run what holds until the driver binds anew. Types that it saw count as long as they are wanted;
 * the first one stands for all of them.
 */
static void take_over(struct run *run)
{
	const struct type_list *types = &run->target.plan.types;
	_cleanup_(record_done) struct record last = { 0 };

	if (record_read(run->target.gpu->address, &last) == 0 && !record_is_current(&last))
		record_done(&last);
	run->answers = (unsigned)MIN(last.answers + run->options->answer, (uint64_t)RECORD_ANSWERS);
	run->shown = last.shown && last.types && *last.types && type_list_find(types, strtoull(*last.types, NULL, 10));
}

/* Describes what was done, in one line; NULL where the GPU is not served, which has been said. */
static char *describe(const struct run *run)
{
	const struct target *target = &run->target;
	const struct registration *types = &run->types;
	size_t n = target->plan.n_expected, left_out = target->plan.left_out.n;
	char *text = NULL;

	if (!target->vendor)
		return NULL;
	if (!target_is_wanted(target))
		return text_format("nothing to do: %s", target->selection.selected ?
				   "the configuration defines no types for this GPU" : "no configuration is for this GPU");

	if (target->plan.types.n && !types->added)
		text_append(&text, "nothing to do: %zu type%s registered", types->unchanged, types->unchanged == 1 ?
			    " is" : "s are");
	else if (target->plan.types.n)
		text_append(&text, "%zu type%s %sregistered, %zu unchanged", types->added, types->added == 1 ? "" : "s",
			    run->options->dry_run ? "would be " : "", types->unchanged);
	if (target->plan.types.n && left_out)
		text_append(&text, "; %zu left out, the GPU has no room for %s", left_out, left_out == 1 ? "it" : "them");
	if (target->plan.types.n && !target->limits.reads_back)
		text_append(&text, "; sysfs shows them, %s gives nothing else back", target->limits.driver);

	if (target->plan.types.n && n)
		text_append(&text, "; ");
	if (n && !run->awaited)
		text_append(&text, "nothing to do: %zu expected type%s there", n, n == 1 ? " is" : "s are");
	else if (n && run->options->dry_run)
		text_append(&text, "%zu of %zu expected types would be waited for", run->awaited, n);
	else if (n)
		text_append(&text, "%zu expected type%s there, %zu of them now", n, n == 1 ? " is" : "s are", run->awaited);
	return text;
}

/*
 * Judges a GPU that no configuration is for: where the vendor knows that it can have no types, that is the answer. Where there is
 * no configuration at all, a run that nobody watches came too early perhaps, and has not done what it was to do.
 */
static enum outcome judge_unwanted(const struct target *target)
{
	char why[256];

	if (target->selection.selected || target->options->file)
		return OUTCOME_DONE;
	if (target->vendor->possible && target->vendor->possible(target->gpu, why, sizeof(why)) == OUTCOME_UNSUPPORTED) {
		target_fail(target, 0, "%s", why);
		return OUTCOME_UNSUPPORTED;
	}
	if (target->options->automatic && !catalog_is_there())
		return target_fail(target, 0, "there is no " CONFDIR "; where it is mounted later, have the GPU's event sent again then: "
				   "udevadm trigger /sys/bus/pci/devices/%s", target->gpu->address);
	return OUTCOME_DONE;
}

static enum event event_of(enum outcome outcome, bool changed)
{
	switch (outcome) {
	case OUTCOME_DONE:
		return changed ? EVENT_REGISTERED : EVENT_UNCHANGED;
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

/* Sends the one line of an automatic run: how many types and how long, or the first cause; and the first remark. */
static void tell_journal(const struct run *run, enum outcome outcome, const char *message)
{
	const struct target *target = &run->target;
	const struct diagnostic *remark = outcome == OUTCOME_DONE ? diagnostics_remark(&run->diag) : NULL;
	_cleanup_(freep) char *line = NULL, *fields = NULL;
	size_t added = outcome == OUTCOME_DONE ? run->types.added : 0;
	int level = remark ? remark->level : outcome == OUTCOME_DONE ? LOG_INFO : LOG_ERR;
	unsigned ms = (unsigned)(monotonic_ms() - run->start);

	if (outcome == OUTCOME_DONE)
		text_append(&line, "%s, %u ms%s%s", message, ms, remark ? "; " : "", remark && remark->text ? remark->text : "");
	else
		text_append(&line, "%s: %s", outcome_name(outcome), message);
	if (run->options->answer && run->answers == RECORD_ANSWERS) {
		text_append(&line, "; another program keeps discarding types here: that is answered no more until the driver binds anew");
		level = MIN(level, LOG_WARNING);
	}
	text_append(&fields, "MDEV_GPU_DEVICE=%s\nMDEV_GPU_RESULT=%s\n", target->gpu->address, outcome_name(outcome));
	if (target->gpu->driver)
		text_append(&fields, "MDEV_GPU_DRIVER=%s\n", target->gpu->driver);
	if (*target->limits.release)
		text_append(&fields, "MDEV_GPU_RELEASE=%s\n", target->limits.release);
	text_append(&fields, "MDEV_GPU_TYPES=%zu\nMDEV_GPU_REGISTERED=%zu\nMDEV_GPU_MILLISECONDS=%u\n",
		    target->plan.types.n + target->plan.n_expected, added, ms);
	log_event(target->gpu->address, level, event_of(outcome, added || run->awaited), fields, line ? line : message);
}

/*
 * Has the unit for the GPU's functions started where the configuration has a word on them: by an event of its own, which
 * the rule knows by its argument. A run on the functions that holds its lock has brought this one about, and starts none.
 */
static void ask_for_functions(struct run *run)
{
	const struct device *gpu = run->target.gpu;
	char lock[FUNCTIONS_LOCK_SIZE];
	int r;

	if (!plan_has_functions(&run->target.plan) || !run->options->target.automatic || run->options->dry_run)
		return;
	r = functions_note_wanted(gpu->address, true);
	if (r == 0 && strcmp(run->options->trigger, "udev") == 0 && !lock_is_held(functions_lock_name(gpu->address, lock)))
		r = device_trigger_with(gpu, "functions");
	if (r < 0)
		diag_say(&run->diag, LOG_WARNING, r, "cannot have the GPU's virtual functions looked after");
}

/*
 * Records how the run ended. Only who has the GPU's lock writes: the record of who has it stays. A run without the lock
 * takes it for that, if it is free; follow and explain have it for a moment when they look. A mistake on the command line
 * tells nothing of the GPU.
 */
static void record_end(struct run *run, enum outcome outcome, const char *message)
{
	if (outcome == OUTCOME_USAGE || run->options->dry_run)
		return;
	if (run->lock < 0)
		run->lock = lock_take_within(run->target.gpu->address, MOMENT_MS);
	if (run->lock != -EWOULDBLOCK)
		record(run, false, outcome, message);
}

/*
 * Tells of a run that others have kept from its turn until its time was over. Under udevd, which lets it wait no longer, the GPU's
 * unit goes on: by an event of its own, as functions have.
 */
static void conclude_starved(struct run *run, char **message)
{
	static const char text[] = "the driver has been at work on other GPUs";
	int r = 0;

	diag_say(&run->diag, LOG_NOTICE, 0, "%s", text);
	text_append(message, "; %s", text);
	if (strcmp(run->options->trigger, "udev") == 0 && !run->options->dry_run)
		r = device_trigger_with(run->target.gpu, "retry");
	if (r < 0)
		diag_say(&run->diag, LOG_WARNING, r, "cannot have the GPU's unit go on");
}

/* The run that is at work, for leave_word(). */
static const struct run *at_work;

/* Leaves word of a run whose process is ended, on a thread or in a signal handler. */
static void leave_word(const char *text, bool starved)
{
	const struct device *gpu = at_work->target.gpu;
	int r = record_cut_off(gpu->address, text);

	if (starved && strcmp(at_work->options->trigger, "udev") == 0)
		r = device_trigger_with(gpu, "retry");
	(void)r; /* nobody is left to be told */
}

/* Records that the run is at work, for those who look meanwhile, and in case that it is killed. */
static void record_begin(struct run *run, enum outcome outcome)
{
	record(run, true, outcome, "a run has begun and has not ended");
	at_work = run;
	deadline_at_end(leave_word);
}

/* Records and tells how the run ended, but for a GPU that is not served, or not meant by the file of -c. */
static void conclude(struct run *run, enum outcome outcome, bool *selected)
{
	const struct target_options *options = &run->options->target;
	_cleanup_(freep) char *message = outcome == OUTCOME_DONE ? describe(run) : diagnostics_cause(&run->diag, true);

	if (outcome == OUTCOME_DONE && !run->target.selection.selected && (!run->target.vendor || options->file))
		return;
	*selected = true;
	if (outcome == OUTCOME_FAILED && deadline_starved())
		conclude_starved(run, &message);
	ask_for_functions(run);
	record_end(run, outcome, message ? message : "out of memory");
	closep(&run->lock);
	run->lock = -1;
	if (options->automatic)
		tell_journal(run, outcome, message ? message : "out of memory");
	else if (outcome == OUTCOME_DONE)
		diag_say(&run->diag, LOG_INFO, 0, "%s", message ? message : "out of memory");
}

/* Returns whether a unit's GPU has lost its driver, and with it what was to be done: the driver that comes has a run of its own. */
static bool has_left(const struct run *run)
{
	const struct device *gpu = run->target.gpu;
	char driver[64];

	return strcmp(run->options->trigger, "unit") == 0 &&
	       (device_link(gpu, "driver", driver, sizeof(driver)) < 0 || !gpu->driver || strcmp(driver, gpu->driver) != 0);
}

/* Ends a run whose driver has left. The rule has forgotten its record, perhaps before it was written. */
static enum outcome leave(struct run *run)
{
	record_forget(run->target.gpu->address);
	tell_journal(run, OUTCOME_DONE, "nothing to do: the driver has left");
	return OUTCOME_DONE;
}

static void run_done(struct run *run)
{
	closep(&run->lock);
	registration_done(&run->types);
	target_done(&run->target);
	diagnostics_done(&run->diag);
}

enum outcome run_device(const struct device *gpu, const struct run_options *options, bool *selected)
{
	_cleanup_(run_done) struct run run = { .options = options, .lock = -1 };
	struct target *target = &run.target;
	struct session *session = NULL;
	enum outcome outcome;
	bool dry_run = options->dry_run, is_udev = strcmp(options->trigger, "udev") == 0;
	int r;

	*target = (struct target){ .gpu = gpu, .options = &options->target, .diag = &run.diag };
	run.diag.echo = options->target.automatic ? NULL : gpu->address;
	run.start = monotonic_ms();
	r = deadline_start(RUN_SECONDS, gpu->address);
	outcome = r < 0 ? target_fail(target, r, "cannot bound the time") : target_find(target);

	if (outcome == OUTCOME_DONE && target->vendor && !target_is_wanted(target))
		outcome = judge_unwanted(target);

	if (outcome == OUTCOME_DONE && target_is_wanted(target)) {
		run.lock = locks_take_gpu(gpu->address, is_udev ? UDEV_SECONDS : SHARED_SECONDS, &run.diag);
		if (run.lock < 0)
			outcome = OUTCOME_FAILED;
	}
	take_over(&run);
	if (run.lock >= 0 && !dry_run)
		record_begin(&run, outcome);

	if (outcome == OUTCOME_DONE && target->plan.types.n) {
		if (!dry_run)
			target_load_module(target);
		r = is_udev ? confine_capabilities(false) : 0;
		if (r < 0)
			diag_say(&run.diag, LOG_WARNING, r, "cannot give up the right to load modules");
		outcome = target->vendor->open(gpu, &target->limits, &run.diag, &session);
		if (outcome == OUTCOME_DONE)
			outcome = target_size(target, session);
		if (outcome == OUTCOME_DONE)
			outcome = register_types(target, session, options->force, dry_run, &run.types);
		if (outcome == OUTCOME_DONE && options->planned)
			outcome = planned_add(options->planned, target);
		if (outcome == OUTCOME_DONE && !dry_run)
			outcome = verify_types(target, session, run.types.added > 0);
		if (outcome == OUTCOME_DONE && !dry_run)
			run.shown = !mdev_is_vendor_vfio(gpu) && !mdev_has_no_place(gpu);
		if (outcome != OUTCOME_DONE && run.types.discarded)
			diag_say(&run.diag, LOG_CRIT, 0, "the types of others that were there are discarded (%s), those of the "
				 "configuration were sent in their place", run.types.discarded);
		target->vendor->close(session);
	}
	if (outcome == OUTCOME_DONE && target->plan.n_expected)
		outcome = expect_types(target, dry_run, &run.awaited);

	deadline_at_end(NULL);
	if (outcome != OUTCOME_DONE && has_left(&run))
		return leave(&run);
	conclude(&run, outcome, selected);
	return outcome;
}
