/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/locks.h"

#include <errno.h>

#include "base/deadline.h"
#include "base/path.h"
#include "system/lock.h"

/* So long nothing is said of the wait: most runs take less. */
#define PATIENCE_MS 2000

void locks_fail(int r, const char *name, const char *what, struct diagnostics *diag)
{
	_cleanup_(freep) char *holder = r == -ETIMEDOUT ? lock_holder(name) : NULL;

	diag_say(diag, LOG_ERR, r, "cannot get %s%s%s", what, holder ? ": " : "", holder ? holder : "");
}

int locks_take(const char *name, const char *what, struct diagnostics *diag)
{
	_cleanup_(freep) char *holder = NULL;
	int fd = lock_take_within(name, PATIENCE_MS);

	if (fd == -EWOULDBLOCK) {
		holder = lock_holder(name);
		diag_say(diag, LOG_INFO, 0, "waiting for %s: %s", what, holder ? holder : "out of memory");
		fd = lock_take(name);
	}
	if (fd < 0)
		locks_fail(fd, name, what, diag);
	return fd;
}

int locks_take_gpu(const char *address, unsigned most, struct diagnostics *diag)
{
	static char *file;

	/* Where there is no such folder nobody can be told, and each run has its own time. */
	if (!file && lock_make_folder() == 0)
		file = root_path(RUNDIR "/progress");
	if (file)
		deadline_share(file, most);
	return locks_take(address, "the lock on the GPU", diag);
}
