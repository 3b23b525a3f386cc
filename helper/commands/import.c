/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * import is a program of its own: the libraries that read TOML are C++, and no run on a driver's event shall load or hold
 * any of that.
 */
#include <errno.h>

#include "base/path.h"
#include "commands/command.h"

static enum outcome import(const struct arguments *arguments)
{
	char name[] = "mdev-gpu-import";
	char *const argv[] = { name, arguments->n_names ? arguments->names[0] : NULL, NULL };
	_cleanup_(freep) char *path = own_path(PKGLIBEXECDIR, name);

	if (!arguments->n_names)
		return command_usage("FILE is missing");
	if (arguments->n_names > 1)
		return command_usage("'%s' is one word too many", arguments->names[1]);

	errno = ENOMEM;
	if (path)
		execv(path, argv);
	if (errno == ENOENT)
		log_msg(LOG_ERR, 0, "%s is not installed; import needs it, and a build --without-toml lacks it", path);
	else
		log_msg(LOG_ERR, -errno, "cannot start %s", name);
	return OUTCOME_FAILED;
}

const struct command command_import = {
	.name = "import",
	.args = "FILE",
	.summary = "print a profile made from a TOML file of GVM or vgpu_unlock",
	.examples = "  mdev-gpu import /etc/vgpu_unlock/profile_override.toml >mine.yaml\n",
	.run = import,
};
