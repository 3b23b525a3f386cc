/* SPDX-License-Identifier: GPL-2.0-only */
#include "apply.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "deadline.h"
#include "expect.h"
#include "lock.h"
#include "mdev.h"
#include "state.h"
#include "text.h"

/* Far below udevd's 180 s, far above what a GPU's first opening takes. */
#define RUN_SECONDS 60

/*
 * How long a run may keep the others from giving types to the driver. Less than what they have left when it began: where a
 * driver hangs over one GPU, the others still have their turn.
 */
#define DRIVER_SECONDS 15

/* sysfs follows the driver at once or not at all; this is for a slow machine. */
#define SYSFS_WAIT_MS 5000
#define SYSFS_POLL_MS 20

/* What has to be sent, and what stands against it. */
struct difference {
	struct type_list missing;
	size_t unchanged;
	size_t conflicts;
	size_t others; /* entries of the GPU's list that are not in the plan, or there twice */
	char *other_names;
	size_t registered;
	bool replaced; /* those others are gone, and what is in the plan has been sent */
	bool again; /* it has been looked at before: what is only worth a word has been said */
};

static void difference_done(struct difference *d)
{
	type_list_done(&d->missing);
	free(d->other_names);
}

static enum outcome fail(const struct job *job, int r, const char *what)
{
	log_dev(job->gpu, LOG_ERR, r, "%s", what);
	return OUTCOME_FAILED;
}

static void append(char *text, size_t size, const char *fmt, ...) _printf_(3, 4);

static void append(char *text, size_t size, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, size - n, fmt, ap);
	va_end(ap);
}

static void append_value(char **text, enum type_key key, const struct value *value)
{
	if (type_keys[key].kind == VALUE_TEXT)
		text_append(text, "\"%s\"", value->text);
	else if (key == TYPE_VDEV_ID || key == TYPE_PDEV_ID)
		text_append(text, "0x%" PRIx64, value->number);
	else
		text_append(text, "%" PRIu64, value->number);
}

/*
 * Nobody asked for an ID that comes from the GPU itself: where a type is shared by different GPUs, the first one's stays
 * (type numbers are system-wide), and that is worth a word but no refusal.
 */
static bool is_own_id(const struct type *wanted, enum type_key key)
{
	return (key == TYPE_VDEV_ID || key == TYPE_PDEV_ID) && wanted->values[key].origin == VALUE_DEFAULTED;
}

/* Lists what differs: "fbLen is 896, not 1856, …"; only GPU-given IDs if own_ids, only the rest otherwise. */
static bool describe(const struct type *wanted, const struct type *have, bool own_ids, char **text)
{
	bool differs = false;

	for (enum type_key key = 0; key < TYPE_KEYS; key++) {
		if (is_own_id(wanted, key) != own_ids || !type_differs(wanted, have, key))
			continue;
		differs = true;
		text_append_item(text, "%s is ", type_keys[key].name);
		append_value(text, key, &have->values[key]);
		text_append(text, ", not ");
		append_value(text, key, &wanted->values[key]);
	}
	return differs;
}

/* Whether the driver's definition will do for the one we want; what differs is said. */
static bool same_definition(const struct job *job, const struct type *wanted, const struct type *have, bool again)
{
	_cleanup_(freep) char *differs = NULL, *shared = NULL;
	const char *driver = job->vendor->driver;
	uint64_t num = type_num(wanted);

	if (describe(wanted, have, false, &differs)) {
		log_dev(job->gpu, LOG_ERR, 0,
			"%s-%" PRIu64 " is already defined otherwise: %s; the driver keeps the first definition until its module "
			"is reloaded: reload it, or take another num", driver, num, differs);
		return false;
	}
	if (!again && describe(wanted, have, true, &shared))
		log_dev(job->gpu, LOG_WARNING, 0,
			"%s-%" PRIu64 " was first defined for another GPU, and the driver keeps that: %s; another num would change it",
			driver, num, shared);
	return true;
}

static enum outcome compare_type(const struct job *job, struct session *session, const struct type_list *registered,
				 const struct type *wanted, struct difference *d)
{
	_cleanup_(type_list_done) struct type_list elsewhere = { 0 };
	const struct type *here = type_list_find(registered, type_num(wanted)), *have = here;
	enum outcome outcome;

	if (!here) {
		outcome = job->vendor->defined(session, type_num(wanted), &elsewhere);
		if (outcome != OUTCOME_DONE)
			return outcome;
		have = elsewhere.n ? &elsewhere.items[0] : NULL;
	}

	if (have && !same_definition(job, wanted, have, d->again))
		d->conflicts++;
	else if (here)
		d->unchanged++;
	else if (type_list_add_copy(&d->missing, wanted) < 0)
		return fail(job, -ENOMEM, "cannot compare with the driver");
	return OUTCOME_DONE;
}

/* Or one of ours a second time: from a program that knows of no lock, and of the driver, which takes a number twice. */
static bool is_other(const struct type_list *wanted, const struct type_list *registered, const struct type *type)
{
	return !type_list_find(wanted, type_num(type)) || type_list_find(registered, type_num(type)) != type;
}

static enum outcome compare(const struct job *job, struct session *session, struct difference *d)
{
	_cleanup_(type_list_done) struct type_list registered = { 0 };
	const struct type_list *wanted = &job->plan.types;
	enum outcome outcome;

	outcome = job->vendor->registered(session, &registered);
	for (size_t i = 0; outcome == OUTCOME_DONE && i < wanted->n; i++)
		outcome = compare_type(job, session, &registered, &wanted->items[i], d);

	d->registered = registered.n;
	for (size_t i = 0; i < registered.n; i++) {
		if (!is_other(wanted, &registered, &registered.items[i]))
			continue;
		text_append_item(&d->other_names, "%s-%" PRIu64, job->vendor->driver, type_num(&registered.items[i]));
		d->others++;
	}
	return outcome;
}

/* Discarding empties the GPU's list, so everything has to be sent again. */
static enum outcome send_everything(const struct job *job, struct difference *d)
{
	type_list_done(&d->missing);
	for (size_t i = 0; i < job->plan.types.n; i++)
		if (type_list_add_copy(&d->missing, &job->plan.types.items[i]) < 0)
			return fail(job, -ENOMEM, "cannot send all types");
	d->unchanged = 0;
	return OUTCOME_DONE;
}

static enum outcome tell_in_use(const struct job *job, const struct usage *usage, const char *others)
{
	static const char advice[] = "nothing was sent (discardPrevious: false or -k keeps them)";

	if (usage->uncounted)
		log_dev(job->gpu, LOG_ERR, 0,
			"in use: %zu vGPUs exist, and %s does not tell which run, so types of others cannot be discarded (%s); %s",
			usage->created, job->limits.driver, others, advice);
	else
		log_dev(job->gpu, LOG_ERR, 0,
			"in use: %zu vGPUs run and %zu exist, so types of others cannot be discarded (%s); %s",
			usage->active, usage->created, others, advice);
	return OUTCOME_IN_USE;
}

/*
 * Decides about discardPrevious. It is needed where the GPU has types of others; on an empty list it changes nothing, but
 * Mdev-GPU sent it there, too. Never while somebody has a vGPU.
 */
static enum outcome decide_discard(const struct job *job, struct session *session, bool force, struct difference *d,
				   bool *discard)
{
	struct usage usage;
	enum outcome outcome;
	bool in_use;

	*discard = job->plan.discard && job->plan.types.n && (d->others || !d->registered);
	if (!*discard)
		return OUTCOME_DONE;
	outcome = job->vendor->usage(session, &usage);
	if (outcome != OUTCOME_DONE)
		return outcome;

	in_use = usage.active || (usage.created && (!force || usage.uncounted));
	if (in_use && d->others)
		return tell_in_use(job, &usage, d->other_names);
	*discard = !in_use;
	return *discard ? send_everything(job, d) : OUTCOME_DONE;
}

static enum outcome check_room(const struct job *job, const struct difference *d, bool discard)
{
	size_t before = discard ? 0 : d->registered;

	if (before + d->missing.n <= job->limits.types)
		return OUTCOME_DONE;
	log_dev(job->gpu, LOG_ERR, 0, "%zu types are registered, %zu more do not fit: %s takes %" PRIu64 "; nothing was sent",
		before, d->missing.n, job->limits.driver, job->limits.types);
	return OUTCOME_FAILED;
}

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
		if (mdev_types_find(&shown, id))
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
	if (job->gpu->vfs_possible && !job->gpu->vfs) {
		log_dev(job->gpu, LOG_NOTICE, 0, "the types show once SR-IOV is on (sriov_numvfs is 0 of %u)",
			job->gpu->vfs_possible);
		return true;
	}
	return false;
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

	outcome = compare(job, session, &after);
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

static enum outcome send(const struct job *job, struct session *session, struct difference *d, bool discard)
{
	enum outcome outcome;

	outcome = job->vendor->add(session, &d->missing, discard);
	if (outcome != OUTCOME_DONE)
		return outcome;
	d->replaced = discard && d->others;
	return job->vendor->publish(session);
}

static enum outcome verify(const struct job *job, struct session *session, bool sent)
{
	enum outcome sysfs = verify_sysfs(job, session, sent);

	/* In this order, since releases whose list cannot be read are compared with sysfs. */
	return sysfs == OUTCOME_DONE && sent ? verify_driver(job, session) : sysfs;
}

/* What is missing is sent, if the driver's state allows all of it. */
static enum outcome change(const struct job *job, struct session *session, bool force, bool dry_run, struct difference *d)
{
	enum outcome outcome;
	bool discard = false;

	outcome = compare(job, session, d);
	if (outcome == OUTCOME_DONE && d->conflicts)
		outcome = OUTCOME_FAILED;
	if (outcome == OUTCOME_DONE)
		outcome = decide_discard(job, session, force, d, &discard);
	if (outcome == OUTCOME_DONE)
		outcome = check_room(job, d, discard);
	if (outcome == OUTCOME_DONE && d->missing.n && !dry_run)
		outcome = send(job, session, d, discard);
	return outcome;
}

/*
 * Nobody else defines a type between our looking and our sending: of two definitions of a number the driver keeps the first,
 * but has told the second one to the GPU's own processor (nvidia-rm-notes, section 5).
 */
static enum outcome change_alone(const struct job *job, struct session *session, bool force, bool dry_run,
				 struct difference *d)
{
	_cleanup_(closep) int lock = lock_take(LOCK_DRIVER);
	enum outcome outcome;
	unsigned taken;

	if (lock < 0)
		return fail(job, lock, "cannot get the lock on the driver");
	taken = deadline_shorten(DRIVER_SECONDS);
	outcome = change(job, session, force, dry_run, d);
	deadline_extend(taken);
	return outcome;
}

enum outcome apply_plan(const struct job *job, struct session *session, bool force, bool dry_run,
			struct apply_result *ret)
{
	_cleanup_(difference_done) struct difference d = { 0 };
	enum outcome outcome;

	outcome = change_alone(job, session, force, dry_run, &d);
	if (outcome == OUTCOME_DONE && !dry_run)
		outcome = verify(job, session, d.missing.n > 0);
	if (outcome == OUTCOME_DONE)
		ret->added = d.missing.n, ret->unchanged = d.unchanged;
	else if (d.replaced)
		log_dev(job->gpu, LOG_CRIT, 0, "the types of others that were there are discarded (%s), those of the configuration "
			"were sent in their place", d.other_names);
	return outcome;
}

static enum outcome register_types(struct job *job, const struct job_options *options, bool dry_run,
				   struct apply_result *result)
{
	struct session *session = NULL;
	enum outcome outcome;

	if (!dry_run)
		job_load_module(job);

	outcome = job->vendor->open(job->gpu, options->layout, &session);
	if (outcome == OUTCOME_DONE)
		outcome = job_size(job, options, session);
	if (outcome == OUTCOME_DONE)
		outcome = apply_plan(job, session, options->force, dry_run, result);
	job->vendor->close(session);
	return outcome;
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
			      struct apply_result *result)
{
	_cleanup_(closep) int lock = lock_take(job->gpu->address);
	enum outcome outcome = OUTCOME_DONE;

	if (lock < 0)
		return fail(job, lock, "cannot get the lock on the GPU");
	if (!dry_run)
		record(job, options, &(struct state){ .running = true, .message = "a run has begun and has not ended" });
	if (job->plan.types.n)
		outcome = register_types(job, options, dry_run, result);
	if (outcome == OUTCOME_DONE && job->plan.n_expected)
		outcome = expect_types(job, dry_run, &result->missing);
	return outcome;
}

static void expected_text(const struct job *job, const struct apply_result *result, bool dry_run, char *text, size_t size)
{
	size_t n = job->plan.n_expected;

	if (!result->missing)
		append(text, size, "nothing to do: %zu expected type%s there", n, n == 1 ? " is" : "s are");
	else if (dry_run)
		append(text, size, "%zu of %zu expected types would be waited for", result->missing, n);
	else
		append(text, size, "%zu expected type%s there, %zu of them now", n, n == 1 ? " is" : "s are", result->missing);
}

static void registered_text(const struct job *job, const struct apply_result *result, bool dry_run, char *text, size_t size)
{
	if (!result->added)
		snprintf(text, size, "nothing to do: %zu type%s registered", result->unchanged,
			 result->unchanged == 1 ? " is" : "s are");
	else
		snprintf(text, size, "%zu type%s %sregistered, %zu unchanged", result->added, result->added == 1 ? "" : "s",
			 dry_run ? "would be " : "", result->unchanged);
	if (job->plan.left_out)
		append(text, size, "; %zu left out, the GPU has no room for %s", job->plan.left_out,
		       job->plan.left_out == 1 ? "it" : "them");
	if (!job->limits.reads_back)
		append(text, size, "; sysfs shows them, %s gives nothing else back", job->limits.driver);
}

static void result_text(const struct job *job, const struct apply_result *result, bool dry_run, char *text, size_t size)
{
	if (job->plan.types.n)
		registered_text(job, result, dry_run, text, size);
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

static enum outcome run_job(struct job *job, const struct job_options *options, bool dry_run, struct apply_result *result,
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

static enum event event_of(enum outcome outcome, const struct apply_result *result)
{
	switch (outcome) {
	case OUTCOME_DONE:
		return result->added || result->missing ? EVENT_REGISTERED : EVENT_UNCHANGED;
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
static void tell_journal(const struct job *job, enum outcome outcome, const struct apply_result *result, const char *text,
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
		    job->plan.types.n + job->plan.n_expected, result->added, ms);
	log_event(job->gpu->address, level, event_of(outcome, result), fields, line ? line : text);
}

static unsigned ms_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)((now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000);
}

/* Everything but the line that is left of an automatic run. */
static enum outcome run_device(struct job *job, const struct job_options *options, bool dry_run, struct apply_result *result,
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
	struct apply_result result = { 0 };
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
	log_mute(false);
	return outcome;
}
