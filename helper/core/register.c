/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/register.h"

#include <errno.h>
#include <inttypes.h>

#include "base/deadline.h"
#include "core/compare.h"
#include "core/verify.h"
#include "system/lock.h"

/*
 * How long a run may keep the others from giving types to the driver. Less than what they have left when it began: where a
 * driver hangs over one GPU, the others still have their turn.
 */
#define DRIVER_SECONDS 15

/* Discarding empties the GPU's list, so everything has to be sent again. */
static enum outcome send_everything(const struct job *job, struct difference *d)
{
	type_list_done(&d->missing);
	for (size_t i = 0; i < job->plan.types.n; i++)
		if (type_list_add_copy(&d->missing, &job->plan.types.items[i]) < 0)
			return job_fail(job, -ENOMEM, "cannot send all types");
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

static enum outcome send(const struct job *job, struct session *session, struct difference *d, bool discard)
{
	enum outcome outcome;

	outcome = job->vendor->add(session, &d->missing, discard);
	if (outcome != OUTCOME_DONE)
		return outcome;
	d->replaced = discard && d->others;
	return job->vendor->publish(session);
}

/* What is missing is sent, if the driver's state allows all of it. */
static enum outcome change(const struct job *job, struct session *session, bool force, bool dry_run, struct difference *d)
{
	enum outcome outcome;
	bool discard = false;

	outcome = difference_read(job, session, d);
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
		return job_fail(job, lock, "cannot get the lock on the driver");
	taken = deadline_shorten(DRIVER_SECONDS);
	outcome = change(job, session, force, dry_run, d);
	deadline_extend(taken);
	return outcome;
}

static enum outcome register_plan(const struct job *job, struct session *session, bool force, bool dry_run,
				  struct registration *ret)
{
	_cleanup_(difference_done) struct difference d = { 0 };
	enum outcome outcome;

	outcome = change_alone(job, session, force, dry_run, &d);
	if (outcome == OUTCOME_DONE && !dry_run)
		outcome = verify_types(job, session, d.missing.n > 0);
	if (outcome == OUTCOME_DONE)
		ret->added = d.missing.n, ret->unchanged = d.unchanged;
	else if (d.replaced)
		log_dev(job->gpu, LOG_CRIT, 0, "the types of others that were there are discarded (%s), those of the configuration "
			"were sent in their place", d.other_names);
	return outcome;
}

enum outcome register_types(struct job *job, const struct job_options *options, bool dry_run, struct registration *ret)
{
	struct session *session = NULL;
	enum outcome outcome;

	if (!dry_run)
		job_load_module(job);

	outcome = job->vendor->open(job->gpu, &job->limits, &session);
	if (outcome == OUTCOME_DONE)
		outcome = job_size(job, options, session);
	if (outcome == OUTCOME_DONE)
		outcome = register_plan(job, session, options->force, dry_run, ret);
	job->vendor->close(session);
	return outcome;
}
