/* SPDX-License-Identifier: GPL-2.0-only */
/* report is a program of its own, as import is: no run on a driver's event shall load any of it. */
#include "commands/command.h"

static enum outcome report(const struct arguments *arguments)
{
	return command_become("mdev-gpu-report", arguments);
}

const struct command command_report = {
	.name = "report",
	.args = "[-o FILE] [--probe]",
	.summary = "put together what somebody who helps would ask for",
	.examples = "  mdev-gpu report -o report.yaml\n",
	.is_program = true,
	.run = report,
};
