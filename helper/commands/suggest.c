/* SPDX-License-Identifier: GPL-2.0-only */
/* suggest is a program of its own: no run on a driver's event shall hold what it knows of cards. */
#include "commands/command.h"

static enum outcome suggest(const struct arguments *arguments)
{
	return command_become("mdev-gpu-suggest", arguments);
}

const struct command command_suggest = {
	.name = "suggest",
	.args = SUGGEST_ARGS,
	.summary = "print a profile that suits a card",
	.examples = "  mdev-gpu suggest --size 4G 65:00.0\n",
	.is_program = true,
	.run = suggest,
};
