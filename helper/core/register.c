/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/register.h"

#include <inttypes.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "base/signals.h"
#include "core/compare.h"
#include "core/locks.h"
#include "system/lock.h"

/*
 * How long a run may hold the driver's lock. Less than the other runs have left when it takes it: where a driver hangs
 * over one GPU, the others still have their turn.
 */
#define DRIVER_SECONDS 15

/*
 * Decides about discardPrevious. It is needed where the GPU has types of others; on an empty list it changes nothing,
 * but Mdev-GPU sent it there, too. Refuses it while there are vGPUs that it could disturb.
 */
static enum outcome decide_discard(const struct target *target, struct session *session, bool force,
				   const struct comparison *found, bool *discard)
{
	static const char advice[] = "nothing was sent (discardPrevious: false or -k keeps them)";
	struct usage usage;
	enum outcome outcome;
	bool in_use;

	*discard = target->plan.discard && target->plan.types.n && (found->others || !found->registered);
	if (!*discard)
		return OUTCOME_DONE;
	outcome = target->vendor->usage(session, &usage);
	if (outcome != OUTCOME_DONE)
		return outcome;

	in_use = usage.active || (usage.created && (!force || usage.uncounted));
	*discard = !in_use;
	if (!in_use || !found->others)
		return OUTCOME_DONE;
	if (usage.uncounted)
		target_fail(target, 0, "in use: %zu vGPU%s, and %s does not tell which run, so types of others cannot be "
			    "discarded (%s); %s", usage.created, usage.created == 1 ? " exists" : "s exist", target->limits.driver, found->other_names, advice);
	else
		target_fail(target, 0, "in use: %zu vGPU%s and %zu exist%s, so types of others cannot be discarded (%s); %s",
			    usage.active, usage.active == 1 ? " runs" : "s run", usage.created, usage.created == 1 ? "s" : "",
			    found->other_names, advice);
	return OUTCOME_IN_USE;
}

/*
 * Sends and publishes; *sent tells how far it came. From a discard to the last type the GPU's list is neither the old one nor the
 * new one: signals wait.
 */
static enum outcome send_types(const struct target *target, struct session *session, const struct type_list *types, bool discard,
			       bool *sent)
{
	enum outcome outcome;
	sigset_t before;

	signals_hold(&before);
	outcome = target->vendor->add(session, types, discard);
	*sent = outcome == OUTCOME_DONE;
	if (*sent)
		outcome = target->vendor->publish(session);
	signals_release(&before);
	return outcome;
}

enum outcome register_types(const struct target *target, struct session *session, bool force, bool dry_run,
			    struct registration *ret)
{
	/*
	 * Hold the driver's lock from comparing to sending: of two definitions of a number the driver keeps the first,
	 * but hands the second to the GPU's firmware (nvidia-rm-notes, section 5).
	 */
	_cleanup_(closep) int lock = lock_take(LOCK_DRIVER);
	_cleanup_(comparison_done) struct comparison found = { 0 };
	const struct type_list *types = &found.missing;
	enum outcome outcome;
	bool discard = false, sent = false;
	unsigned taken;
	size_t before;

	if (lock < 0) {
		locks_fail(lock, LOCK_DRIVER, "the lock on the driver", target->diag);
		return OUTCOME_FAILED;
	}
	taken = deadline_shorten(DRIVER_SECONDS);

	outcome = compare_types(target, session, false, &found);
	if (outcome == OUTCOME_DONE && found.conflicts)
		outcome = OUTCOME_FAILED;
	if (outcome == OUTCOME_DONE)
		outcome = decide_discard(target, session, force, &found, &discard);
	if (discard) /* empties the GPU's list, so that everything has to be sent again */
		types = &target->plan.types;
	before = discard ? 0 : found.registered;
	if (outcome == OUTCOME_DONE && before + types->n > target->limits.types)
		outcome = target_fail(target, 0,
				      "%zu types are registered, %zu more do not fit: %s takes %" PRIu64 "; nothing was sent",
				      before, types->n, target->limits.driver, target->limits.types);
	if (outcome == OUTCOME_DONE) {
		ret->added = types->n;
		ret->unchanged = discard ? 0 : found.unchanged;
	}
	if (outcome == OUTCOME_DONE && types->n && !dry_run) {
		outcome = send_types(target, session, types, discard, &sent);
		if (sent && discard && found.others)
			ret->discarded = TAKE_PTR(found.other_names);
	}

	deadline_extend(taken);
	return outcome;
}

void registration_done(struct registration *registration)
{
	free(registration->discarded);
}
