/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "base/file.h"
#include "base/macro.h"
#include "core/checks.h"
#include "core/record.h"
#include "core/survey.h"
#include "model/finding.h"
#include "system/lock.h"
#include "system/mdev.h"
#include "system/module.h"

void check_running(const struct survey *s, struct finding *ret)
{
	if (!s->n_missing || !lock_is_held(s->gpu->address))
		return;
	finding_cause(ret, CAUSE_RUNNING, "a run is on its way");
	finding_advise(ret, "wait a minute, and ask again");
	finding_command(ret, "mdev-gpu explain %s", s->gpu->address);
}

void check_cmdline(const struct survey *s, struct finding *ret)
{
	static const char text[] = "mdev_gpu=off on the kernel's command line: nothing runs by itself";
	char line[FILE_LINE_MAX], *rest = line, *word;

	if (file_read_line("/proc/cmdline", line, sizeof(line)) < 0)
		return;
	while ((word = strsep(&rest, " \n")) && strcmp(word, "mdev_gpu=off") != 0)
		;
	if (!word)
		return;
	if (survey_is_waiting(s))
		finding_cause(ret, CAUSE_SWITCHED_OFF, "%s", text);
	else
		finding_say(ret, FINDING_NOTE, "%s", text);
	finding_advise(ret, "boot without it; until then, by hand");
	finding_command(ret, "mdev-gpu apply %s", s->gpu->address);
}

static void say_last(const struct survey *s, struct finding *ret)
{
	finding_say(ret, survey_was_done(s) ? FINDING_FINE : FINDING_NOTE, "%s: %s", record_result(&s->last), s->last.message);
}

/* Returns whether the last run knew of all types that are missing now. */
static bool knew_all(const struct survey *s)
{
	for (size_t i = 0; i < s->n_wanted; i++) {
		const char *id = s->types[i].id, *dash = strrchr(id, '-');
		bool known = s->types[i].shown;

		for (char **num = s->last.types; num && *num; num++)
			known |= dash && strcmp(dash + 1, *num) == 0;
		for (char **name = s->last.expected; name && *name; name++)
			known |= strcmp(id, *name) == 0;
		if (!known)
			return false;
	}
	return true;
}

static void advise_run(const struct survey *s, const char *words, struct finding *ret)
{
	finding_advise(ret, "%s", words);
	finding_command(ret, "mdev-gpu apply %s", s->gpu->address);
}

static void judge_stale(const struct survey *s, struct finding *ret)
{
	finding_cause(ret, CAUSE_STALE_RUN, "the last run knew another configuration: %s", s->last.message);
	advise_run(s, "have it applied", ret);
}

/* Judges the record of the driver's last run, after which types are missing. */
static void judge_current(const struct survey *s, struct finding *ret)
{
	const char *message = s->last.message;

	say_last(s, ret);
	if (s->last.running) {
		finding_cause(ret, CAUSE_RUN_FAILED, "the last run was killed before it ended");
		advise_run(s, "run it again", ret);
		return;
	}
	switch (s->last.outcome) {
	case OUTCOME_IN_USE:
		finding_cause(ret, CAUSE_IN_USE, "the last run changed nothing: %s", message);
		advise_run(s, "shut these VMs down and remove their devices, or say discardPrevious: false; then run it again",
			   ret);
		break;
	case OUTCOME_FAILED:
		finding_cause(ret, CAUSE_RUN_FAILED, "the last run failed: %s", message);
		advise_run(s, "mend that, and run it again", ret);
		break;
	case OUTCOME_UNSUPPORTED:
		finding_cause(ret, CAUSE_STALE_RUN,
			      "the last run was by an mdev-gpu that did not know the driver's release: %s", message);
		advise_run(s, "run it again", ret);
		break;
	case OUTCOME_DONE:
		if (knew_all(s))
			break;
		judge_stale(s, ret);
		break;
	case OUTCOME_REFUSED:
	case OUTCOME_USAGE:
		judge_stale(s, ret);
		break;
	}
}

void check_last_run(const struct survey *s, struct finding *ret)
{
	if (s->is_current && s->n_missing)
		judge_current(s, ret);
	else if (s->is_current)
		say_last(s, ret);
	else if (s->no_record && survey_is_waiting(s))
		finding_cause(ret, CAUSE_NOT_RUN, "no run is known of: its record cannot be read: %s", s->no_record);
	else if (s->no_record)
		finding_say(ret, FINDING_NOTE, "its record cannot be read: %s", s->no_record);
	else if (survey_is_waiting(s) && s->has_record)
		finding_cause(ret, CAUSE_STALE_RUN, "the last run was before the system or the driver was started anew");
	else if (survey_is_waiting(s))
		finding_cause(ret, CAUSE_NOT_RUN, "no run since the driver bound to it");

	if (survey_is_waiting(s))
		advise_run(s, "run it", ret);
	if (s->has_record)
		finding_add(ret, "at %s, by %s, driver %s", s->last.time, s->last.trigger,
			    *s->last.version ? s->last.version : "not known");
}

/* Returns whether sysfs shows none of the types that the last run saw there, with the driver's module as it is loaded now. */
static bool are_discarded(const struct survey *s)
{
	return survey_was_done(s) && s->last.shown && s->n_missing == s->n_wanted && !mdev_has_no_place(s->gpu) &&
	       s->last.module == module_instance(s->target.vendor->module);
}

/* Types that the driver brings are missing for a reason of the driver's; those that it was given it has. */
void check_types(const struct survey *s, struct finding *ret)
{
	const struct vendor *vendor = s->target.vendor;
	const char *first = NULL;

	for (size_t i = 0; i < s->n_wanted && !first; i++)
		first = s->types[i].shown ? NULL : s->types[i].id;
	if (!first) {
		finding_say(ret, FINDING_FINE, "%zu of %zu are in sysfs", s->n_wanted, s->n_wanted);
		return;
	}
	if (mdev_is_vendor_vfio(s->gpu)) {
		finding_say(ret, FINDING_NOTE, "%s is not in creatable_vgpu_types, which only lists what has room", first);
		return;
	}
	if (are_discarded(s)) {
		finding_cause(ret, CAUSE_DISCARDED, "the last run saw %s, another program has discarded it since", first);
		advise_run(s, "have them registered again", ret);
	} else if (s->target.plan.types.n && survey_was_done(s)) {
		finding_cause(ret, CAUSE_HIDDEN, "%s was registered, but sysfs does not show it", first);
		finding_advise(ret, "reload the driver's modules: %s looks at the list once only", vendor->module);
	} else {
		finding_cause(ret, CAUSE_NOT_SHOWN, "%zu of %zu are in sysfs; %s is not", s->n_wanted - s->n_missing, s->n_wanted,
			      first);
		finding_advise(ret, "the kernel's log may say more");
		finding_command(ret, "dmesg | grep %s", s->gpu->driver);
	}
	for (size_t i = 0; i < s->n_wanted; i++) {
		char why[256] = "";

		if (s->types[i].shown)
			continue;
		if (vendor->missing_reason)
			vendor->missing_reason(s->gpu, s->types[i].id, why, sizeof(why));
		if (*why || s->types[i].id != first)
			finding_add(ret, "%s is missing%s%s", s->types[i].id, *why ? ": " : "", why);
	}
}

static void add_device(void *data, const char *id, const char *uuid)
{
	finding_add(data, "%s: %s", id, uuid);
}

/* Counts the types that have room, as sysfs shows them, whoever registered them. */
void check_in_use(const struct survey *s, struct finding *ret)
{
	size_t left = 0, n = s->shown.n;
	const char *some = NULL, *plural = s->devices == 1 ? "" : "s";

	for (size_t i = 0; i < n; i++) {
		struct mdev_count count;

		mdev_count_type(s->gpu, s->shown.items[i].id, &count);
		if (count.available) {
			left++;
			some = s->shown.items[i].id;
		}
	}

	if (mdev_each_device(s->gpu, add_device, ret) < 0)
		finding_add(ret, "sysfs cannot be read to its end");
	finding_say(ret, FINDING_FINE, "%zu vGPU%s", s->devices, plural);
	if (!n || left == n)
		return;
	if (!left && !s->devices) {
		finding_cause(ret, CAUSE_TAKEN, "the types are there, but none has room, although there is no vGPU");
		finding_advise(ret, "something else holds the GPU's memory: the host's own desktop does, on a GPU with a small "
			       "aperture; end it, or give the aperture more in the firmware's setup");
		return;
	}
	if (!left) {
		finding_cause(ret, CAUSE_TAKEN, "the types are there, but no further vGPU fits beside the %zu vGPU%s",
			      s->devices, plural);
		finding_advise(ret, "see whose they are, and remove what nobody uses");
		finding_command(ret, "mdevctl list");
		return;
	}
	finding_say(ret, FINDING_NOTE, "%zu vGPU%s; %sonly %s can be created (%zu of %zu types)", s->devices, plural,
		    s->devices == 0 ? "" : s->devices == 1 ? "beside it " : "beside them ", some, left, n);
	if (s->devices)
		finding_advise(ret, "many GPUs hold vGPUs of one size only: remove those to have others");
}
