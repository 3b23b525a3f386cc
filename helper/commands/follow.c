/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two things matter to GPUs that have no event then: a module that shows their types comes after the driver (vm-notes,
 * section 4), and a daemon that registers types of its own, and empties each GPU's list before, has done its work
 * (nvidia-rm-notes-2, section 4). follow sends the GPUs that lack types an event of their own; whether a rule's run or a
 * unit serves them is the rule's to decide. With --all, at the end of boot, that is each GPU whose event was lost or came to
 * nothing: no helper was there yet, or udevd was killed with it.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/deadline.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/string-util.h"
#include "commands/command.h"
#include "core/survey.h"
#include "core/target.h"
#include "model/outcome.h"
#include "system/daemon.h"
#include "system/device.h"
#include "system/lock.h"
#include "system/module.h"
#include "vendors/vendors.h"

/* The time of a run on a GPU, since the run that loaded the module is waited for. */
#define FOLLOW_SECONDS 60
#define POLL_MS 50

/* Of these, for a daemon's process: systemd has 90 for a unit's start, and the rule's wait ends after 50. */
#define DAEMON_SECONDS 40

/* What is followed. */
struct lead {
	const struct vendor *vendor;
	const char *name; /* of the module or the daemon */
	bool is_daemon;
	uint64_t module;  /* the load of the module that is live */
	bool all;         /* whatever has kept GPUs from having a run, at the end of boot; vendor and name are NULL */
};

/* Returns whether to wait for a run on the GPU; not after the deadline: udev queues the event behind the run. */
static bool is_at_work(const struct device *gpu)
{
	return lock_is_held(gpu->address) && !deadline_passed();
}

/*
 * Returns whether a unit has the GPU: its own, or the one that waits for the vendor's daemon, and has the GPU's event sent then. That one
 * may have ended, and systemd have left its group of processes for a while: a group without any is no unit's.
 */
static bool has_unit(const struct device *gpu)
{
	_cleanup_(freep) char *group = text_format("/sys/fs/cgroup/system.slice/system-mdev\\x2dgpu\\x2dwait.slice/mdev-gpu-wait@%s.service/"
						   "cgroup.procs", gpu->address);
	char process[16] = "";

	return survey_has_unit(gpu->address) ||
	       (group && file_read_line(group, process, sizeof(process)) == 0 && *process);
}

static bool is_followed(const struct device *gpu, const struct lead *lead)
{
	const struct vendor *vendor = NULL;

	if (!lead->all)
		return gpu->driver && strcmp(gpu->driver, lead->vendor->driver) == 0;
	return target_service(gpu, &vendor) == SERVICE_OFFERED && !(vendor->is_off && vendor->is_off(gpu)) &&
	       !(vendor->daemon && daemon_is_pending(vendor->daemon)) && !has_unit(gpu);
}

static bool lacks_types(const struct device *gpu, const struct lead *lead)
{
	if (lead->all)
		return survey_is_unserved(gpu);
	return lead->is_daemon ? survey_may_lack_recorded(gpu) : survey_lacks_recorded(gpu, lead->module);
}

/*
 * Sends a GPU's event where its types are missing. False where a run is at work that may have loaded the module itself,
 * and then registers the types: the GPU has to be asked for again.
 */
static bool look(const struct device *gpu, const struct lead *lead, enum outcome *outcome)
{
	int r;

	if (!is_followed(gpu, lead))
		return true;
	if (is_at_work(gpu))
		return false;
	if (!lacks_types(gpu, lead))
		return true;
	/* A run may have begun since; the record that it begins with is not how it ends. */
	if (is_at_work(gpu))
		return false;
	if (lead->all)
		log_dev(gpu, LOG_NOTICE, 0, "no run has served the GPU since its driver bound: its event is sent again");
	r = device_trigger(gpu);
	if (r < 0) {
		log_dev(gpu, LOG_ERR, r, "cannot have the kernel send its event again");
		*outcome = outcome_first(*outcome, OUTCOME_FAILED);
	}
	return true;
}

static enum outcome fail(const struct lead *lead, int r)
{
	log_subject(lead->name, LOG_ERR, r, "cannot look after its GPUs");
	return OUTCOME_FAILED;
}

static enum outcome look_at_all(const struct lead *lead)
{
	struct device_list gpus = { 0 };
	enum outcome outcome = OUTCOME_DONE;
	int r = device_list_gpus(&gpus);

	if (r < 0)
		return fail(lead, r);
	while (gpus.n) {
		size_t kept = 0;

		for (size_t i = 0; i < gpus.n; i++) {
			if (look(gpus.items[i], lead, &outcome))
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

static enum outcome follow_module(struct lead *lead)
{
	int r = module_wait_live(lead->name);

	if (r == -ENOENT) {
		log_subject(lead->name, LOG_INFO, 0, "nothing to do: it is not loaded");
		return OUTCOME_DONE;
	}
	if (r < 0)
		return fail(lead, r);
	lead->module = module_instance(lead->name);
	return look_at_all(lead);
}

/* process: of the daemon that still works; 0: it has none any more. */
static enum outcome follow_daemon(const struct lead *lead, pid_t process)
{
	int r = 0;

	if (process && daemon_wait(process, DAEMON_SECONDS * 1000) < 0)
		log_subject(lead->name, LOG_WARNING, 0, "its process %d has not ended in %d s, and is waited for no longer",
			    (int)process, DAEMON_SECONDS);
	else
		r = daemon_set_done(lead->name);
	if (r < 0)
		log_subject(lead->name, LOG_WARNING, r, "cannot note that its work is done");
	return look_at_all(lead);
}

/* Reads the process of a unit; "" is none. Returns -1 for what is no process. */
static pid_t read_process(const char *text)
{
	uint64_t number;
	bool negative;

	if (!text || !*text)
		return 0;
	return parse_integer(text, &number, &negative) == 0 && number > 0 && number <= INT_MAX ? (pid_t)number : -1;
}

static enum outcome read_lead(const struct arguments *arguments, struct lead *lead)
{
	const char *name = arguments->n_names == 1 ? arguments->names[0] : NULL;

	lead->all = arguments->given & OPTION_ALL;
	if (lead->all ? arguments->n_names : arguments->n_names != 1)
		return command_usage("follow takes the name of one module or daemon");
	if (lead->all) {
		lead->name = "all GPUs";
		return OUTCOME_DONE;
	}
	lead->vendor = vendor_for_module(name);
	lead->is_daemon = !lead->vendor;
	if (lead->is_daemon)
		lead->vendor = vendor_for_daemon(name);
	if (!lead->vendor)
		return command_usage("'%s' is no module or daemon that mdev-gpu knows", name);
	lead->name = lead->is_daemon ? lead->vendor->daemon : lead->vendor->module;
	return OUTCOME_DONE;
}

static enum outcome follow(const struct arguments *arguments)
{
	struct lead lead = { 0 };
	pid_t process = read_process(arguments->process);
	enum outcome outcome = read_lead(arguments, &lead);
	int r;

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (process < 0 || (arguments->process && !lead.is_daemon))
		return command_usage("--process takes the number of a daemon's process");

	if (arguments->given & OPTION_UDEV)
		log_to_syslog();
	else if (arguments->given & OPTION_UNIT)
		log_to_unit();
	outcome = command_require_root();
	if (outcome != OUTCOME_DONE)
		return outcome;
	r = deadline_start(FOLLOW_SECONDS, lead.name);
	if (r < 0)
		return fail(&lead, r);
	if (lead.all)
		return look_at_all(&lead);
	return lead.is_daemon ? follow_daemon(&lead, process) : follow_module(&lead);
}

const struct command command_follow = {
	.name = "follow",
	.args = "MODULE | DAEMON | --all",
	.summary = "have udev look again at GPUs whose types this module should show, or this daemon discards",
	.options = OPTION_ALL | OPTION_UDEV | OPTION_UNIT | OPTION_PROCESS,
	.examples = "  mdev-gpu follow nvidia-vgpu-vfio\n"
		    "  mdev-gpu follow --all\n",
	.run = follow,
};
