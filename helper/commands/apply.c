/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "base/confine.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/path.h"
#include "commands/command.h"
#include "core/planned.h"
#include "core/run.h"
#include "core/target.h"
#include "model/outcome.h"
#include "system/device.h"
#include "system/lock.h"

static enum outcome apply_all(const struct arguments *arguments, const struct device_list *gpus)
{
	_cleanup_(planned_done) struct planned planned = { 0 };
	bool is_unit = arguments->given & OPTION_UNIT;
	const struct run_options options = {
		.target = {
			.file = arguments->config,
			.layout = arguments->layout,
			.keep = arguments->given & OPTION_KEEP,
			.strict = arguments->given & OPTION_STRICT,
			.automatic = arguments->given & (OPTION_UDEV | OPTION_UNIT),
		},
		.force = arguments->given & OPTION_FORCE,
		.dry_run = arguments->given & OPTION_DRY_RUN,
		.planned = arguments->given & OPTION_DRY_RUN ? &planned : NULL,
		.answer = arguments->given & OPTION_ANSWER,
		.trigger = arguments->given & OPTION_UDEV ? "udev" : is_unit ? "unit" : "command",
	};
	enum outcome outcome = OUTCOME_DONE;
	bool selected = false, tried = false;

	for (size_t i = 0; i < gpus->n; i++) {
		if ((arguments->given & OPTION_ALL) && target_passes_over(gpus->items[i], arguments->config))
			continue;
		tried = true;
		outcome = outcome_first(outcome, run_device(gpus->items[i], &options, &selected));
	}

	if (arguments->config && !selected && outcome == OUTCOME_DONE) {
		log_subject(arguments->config, LOG_ERR, 0, "no GPU matches; nothing was registered");
		return OUTCOME_FAILED;
	}
	if (!tried)
		log_msg(LOG_INFO, 0, COMMAND_NO_GPU);
	return outcome;
}

/* A run of the rule is about the device that udev saw: sysfs must say the same of it. */
static enum outcome compare_with_event(const struct device *gpu)
{
	const char *id = getenv("PCI_ID"), *class = getenv("PCI_CLASS");
	char own[32], event[32];

	snprintf(own, sizeof(own), "%04X:%04X %X", gpu->vendor, gpu->device, gpu->class);
	snprintf(event, sizeof(event), "%.9s %.8s", id ? id : own, class ? class : strchr(own, ' ') + 1);
	if (strcasecmp(own, event) == 0)
		return OUTCOME_DONE;
	log_subject(gpu->address, LOG_ERR, 0, "sysfs says that the GPU is %s, and the event says %s; nothing was done", own, event);
	return OUTCOME_FAILED;
}

/*
 * udevd gives what it starts all rights of root's; a unit has its own ways to give fewer. Leaves the run those that it needs, and to
 * write the folder of its record, what locks need, the driver's nodes, and the GPU's events.
 */
static void confine_to(const struct device *gpu)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR), *event = path_join(gpu->syspath, "uevent");
	const char *const paths[] = { "/dev", folder, event, *root_dir() ? root_dir() : NULL, NULL };
	int r = confine_capabilities(true);

	if (r < 0)
		log_dev(gpu, LOG_WARNING, r, "cannot give up rights that are not needed");
	r = folder && event ? lock_make_folder() : -ENOMEM;
	/* Whoever needs the folder says why there is none; the second one of locks is in /dev. */
	if (r != -ENOMEM)
		r = confine_writes(paths);
	if (r < 0)
		log_dev(gpu, LOG_WARNING, r, "cannot give up writing where nothing is to be written");
}

static enum outcome apply(const struct arguments *arguments)
{
	struct device_list gpus = { 0 };
	enum outcome outcome;

	if (arguments->given & OPTION_UDEV)
		log_to_syslog();
	else if (arguments->given & OPTION_UNIT)
		log_to_unit();

	outcome = command_require_root();
	if (outcome == OUTCOME_DONE)
		outcome = command_devices(arguments, &gpus);
	for (size_t i = 0; outcome == OUTCOME_DONE && (arguments->given & OPTION_UDEV) && i < gpus.n; i++)
		outcome = compare_with_event(gpus.items[i]);
	if (outcome == OUTCOME_DONE && (arguments->given & OPTION_UDEV) && gpus.n == 1)
		confine_to(gpus.items[0]);
	if (outcome == OUTCOME_DONE)
		outcome = apply_all(arguments, &gpus);
	device_list_done(&gpus);
	return outcome;
}

const struct command command_apply = {
	.name = "apply",
	.args = "--all | DEVICE... [-c FILE] [-k] [--force] [--dry-run] [--strict]\n	       [--driver-abi VERSION]",
	.summary = "register the types that the configuration defines",
	.examples = "  mdev-gpu apply --all\n"
		    "  mdev-gpu apply 65:00.0\n"
		    "  mdev-gpu apply --dry-run 65:00.0\n"
		    "  mdev-gpu apply --all -c generate-vgpu-types.yaml -k\n",
	.options = OPTION_ALL | OPTION_CONFIG | OPTION_KEEP | OPTION_FORCE | OPTION_DRY_RUN | OPTION_DRIVER_ABI |
		   OPTION_STRICT | OPTION_UDEV | OPTION_UNIT | OPTION_ANSWER,
	.run = apply,
};
