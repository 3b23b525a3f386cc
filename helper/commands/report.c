/* SPDX-License-Identifier: GPL-2.0-only */
/* report is a program of its own, as import is: no run on a driver's event shall load any of it. */
#include <errno.h>

#include "base/path.h"
#include "commands/command.h"

static enum outcome report(const struct arguments *arguments)
{
	static char name[] = "mdev-gpu-report", root_option[] = "--root";
	_cleanup_(freep) char *path = own_path(PKGLIBEXECDIR, name), *root = root_path("");
	char **argv = calloc(arguments->n_names + 4, sizeof(*argv));
	size_t n = 0;

	errno = ENOMEM;
	if (path && root && argv) {
		argv[n++] = name;
		if (*root) {
			argv[n++] = root_option;
			argv[n++] = root;
		}
		for (size_t i = 0; i < arguments->n_names; i++)
			argv[n++] = arguments->names[i];
		execv(path, argv);
	}
	log_msg(LOG_ERR, -errno, "cannot start %s", name);
	free(argv);
	return OUTCOME_FAILED;
}

const struct command command_report = {
	.name = "report",
	.args = "[-o FILE] [--probe]",
	.summary = "put together what somebody who helps would ask for",
	.examples = "  mdev-gpu report -o report.yaml\n",
	.is_program = true,
	.run = report,
};
