/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions.h"

#include "base/log.h"
#include "base/macro.h"
#include "commands/command.h"
#include "model/outcome.h"
#include "system/device.h"

static enum outcome functions(const struct arguments *arguments)
{
	bool is_unit = arguments->given & OPTION_UNIT;
	const struct functions_options options = {
		.file = arguments->config,
		.dry_run = arguments->given & OPTION_DRY_RUN,
		.force = arguments->given & OPTION_FORCE,
		.automatic = is_unit,
		.trigger = is_unit ? "unit" : "command",
	};
	_cleanup_(device_freep) struct device *gpu = NULL;
	enum outcome outcome;

	if (arguments->n_names != 1)
		return command_usage("functions takes one device");
	if (is_unit)
		log_to_unit();
	outcome = options.dry_run ? OUTCOME_DONE : command_require_root();
	if (outcome == OUTCOME_DONE)
		outcome = command_device(arguments->names[0], &gpu);
	return outcome == OUTCOME_DONE ? functions_run(gpu, &options) : outcome;
}

const struct command command_functions = {
	.name = "functions",
	.args = "DEVICE [-c FILE] [--force] [--dry-run]",
	.summary = "switch virtual functions on and give them their types, as the configuration says",
	.examples = "  mdev-gpu functions 65:00.0\n"
		    "  mdev-gpu functions --dry-run 65:00.0\n"
		    "  mdev-gpu functions --force 65:00.0\n",
	.options = OPTION_CONFIG | OPTION_FORCE | OPTION_DRY_RUN | OPTION_UNIT,
	.run = functions,
};
