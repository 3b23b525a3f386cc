/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module may come after the GPUs that it shows types for (vm-notes, section 4), and the kernel then sends an event of
 * the module only. follow sends the GPUs an event of their own; whether a rule's run or a unit serves them is the
 * rule's to decide.
 */
#include <errno.h>
#include <string.h>

#include "base/deadline.h"
#include "base/log.h"
#include "commands/command.h"
#include "core/survey.h"
#include "model/outcome.h"
#include "system/device.h"
#include "system/lock.h"
#include "system/module.h"
#include "vendors/vendors.h"

/* The time of a run on a GPU, since the run that loaded the module is waited for. */
#define FOLLOW_SECONDS 60
#define POLL_MS 50

/* Returns whether to wait for a run on the GPU; not after the deadline: udev queues the event behind the run. */
static bool is_at_work(const struct device *gpu)
{
	return lock_is_held(gpu->address) && !deadline_passed();
}

/*
 * Sends a GPU's event where its types are missing. False where a run is at work that may have loaded the module itself,
 * and then registers the types: the GPU has to be asked for again.
 */
static bool look(const struct device *gpu, const struct vendor *vendor, uint64_t module, enum outcome *outcome)
{
	int r;

	if (!gpu->driver || strcmp(gpu->driver, vendor->driver) != 0)
		return true;
	if (is_at_work(gpu))
		return false;
	if (!survey_lacks_recorded(gpu, module))
		return true;
	/* A run may have begun since; the record that it begins with is not how it ends. */
	if (is_at_work(gpu))
		return false;
	r = device_trigger(gpu);
	if (r < 0) {
		log_dev(gpu, LOG_ERR, r, "cannot have the kernel send its event again");
		*outcome = outcome_first(*outcome, OUTCOME_FAILED);
	}
	return true;
}

static enum outcome follow_module(const struct vendor *vendor)
{
	struct device_list gpus = { 0 };
	enum outcome outcome = OUTCOME_DONE;
	uint64_t module;
	int r;

	r = deadline_start(FOLLOW_SECONDS, vendor->module);
	if (r == 0)
		r = module_wait_live(vendor->module);
	if (r == -ENOENT) {
		log_subject(vendor->module, LOG_INFO, 0, "nothing to do: it is not loaded");
		return OUTCOME_DONE;
	}
	if (r == 0)
		r = device_list_gpus(&gpus);
	if (r < 0) {
		log_subject(vendor->module, LOG_ERR, r, "cannot look after its GPUs");
		return OUTCOME_FAILED;
	}
	module = module_instance(vendor->module);
	while (gpus.n) {
		size_t kept = 0;

		for (size_t i = 0; i < gpus.n; i++) {
			if (look(gpus.items[i], vendor, module, &outcome))
				device_free(gpus.items[i]);
			else
				gpus.items[kept++] = gpus.items[i];
		}
		gpus.n = kept;
		if (kept)
			deadline_sleep(POLL_MS);
	}
	device_list_done(&gpus);
	return outcome;
}

static enum outcome follow(const struct arguments *arguments)
{
	const struct vendor *vendor;
	enum outcome outcome;

	if (arguments->n_names != 1)
		return command_usage("follow takes the name of one module");
	vendor = vendor_for_module(arguments->names[0]);
	if (!vendor)
		return command_usage("'%s' is no module that mdev-gpu knows", arguments->names[0]);
	if (arguments->given & OPTION_UDEV)
		log_to_syslog();
	outcome = command_require_root();
	return outcome == OUTCOME_DONE ? follow_module(vendor) : outcome;
}

const struct command command_follow = {
	.name = "follow",
	.args = "MODULE",
	.summary = "have udev look again at GPUs whose types this module should show, and does not",
	.options = OPTION_UDEV,
	.run = follow,
};
