/* SPDX-License-Identifier: GPL-2.0-only */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "deadline.h"
#include "macro.h"
#include "root.h"
#include "state.h"

int lock_take(const char *name)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR), *path = NULL;
	_cleanup_(closep) int fd = -1;
	int r;

	if (!folder || asprintf(&path, "%s/%s.lock", folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = state_make_folder();
	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;

	/* The deadline's timer interrupts the wait once a second after it has passed. */
	while (flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return -errno;
		if (deadline_passed())
			return -ETIMEDOUT;
	}

	return TAKE_FD(fd);
}
