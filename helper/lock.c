/* SPDX-License-Identifier: GPL-2.0-only */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "deadline.h"
#include "macro.h"
#include "root.h"
#include "state.h"

int lock_take(void)
{
	_cleanup_(freep) char *path = root_path(RUNDIR "/lock");
	_cleanup_(closep) int fd = -1;
	int r;

	if (!path)
		return -ENOMEM;
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
