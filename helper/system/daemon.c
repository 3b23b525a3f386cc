/* SPDX-License-Identifier: GPL-2.0-only */
#include "system/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/deadline.h"
#include "base/file.h"
#include "base/path.h"
#include "base/string-util.h"
#include "base/trust.h"
#include "system/lock.h"

#define POLL_MS 50

/* By its number, not by a pidfd, which kernels before 5.3 lack: that a number is given out anew meanwhile ends with the bound. */
int daemon_wait(pid_t pid, unsigned ms)
{
	for (unsigned waited = 0; kill(pid, 0) == 0 || errno != ESRCH; waited += POLL_MS)
		if (waited >= ms || !deadline_sleep(POLL_MS))
			return -ETIMEDOUT;
	return 0;
}

static char *note_path(const char *name)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR);

	return folder ? text_format("%s/%s.done", folder, name) : NULL;
}

int daemon_set_done(const char *name)
{
	_cleanup_(freep) char *path = note_path(name);
	_cleanup_(closep) int fd = -1;
	char boot[64];
	int r = path ? lock_make_folder() : -ENOMEM;

	if (r < 0)
		return r;
	file_read_boot(boot, sizeof(boot));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	/* The umask of a unit's is its own. */
	return fd < 0 || fchmod(fd, 0644) < 0 || dprintf(fd, "%s\n", boot) < 0 ? -errno : 0;
}

static bool is_done(const char *name)
{
	_cleanup_(freep) char *path = note_path(name);
	char noted[64], boot[64];

	file_read_boot(boot, sizeof(boot));
	return path && *boot && file_read_line(path, noted, sizeof(noted)) == 0 && strcmp(noted, boot) == 0;
}

/* A mask has the unit's own name in /etc; enabled is one that has such a link in what some target wants. */
static bool is_enabled(const char *name)
{
	_cleanup_(freep) char *units = root_path("/etc/systemd/system");
	_cleanup_(freep) char *mask = units ? text_format("%s/%s.service", units, name) : NULL;
	_cleanup_(freep) char *links = units ? text_format("%s/*.wants/%s.service", units, name) : NULL;
	glob_t found;

	if (!mask || !links || file_mask(mask) || glob(links, GLOB_NOSORT, NULL, &found) != 0)
		return false;
	globfree(&found);
	return true;
}

bool daemon_is_pending(const char *name)
{
	return is_enabled(name) && !is_done(name);
}
