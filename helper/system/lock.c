/* SPDX-License-Identifier: GPL-2.0-only */
#include "system/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/string-util.h"

int lock_make_folder(void)
{
	_cleanup_(freep) char *path = root_path(RUNDIR), *parent = root_path("/run");

	if (!path || !parent)
		return -ENOMEM;
	/* /run itself may be missing below --root. */
	if (mkdir(parent, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

static int open_lock(const char *name, int flags)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR), *path = folder ? text_format("%s/%s.lock", folder, name) : NULL;
	int fd;

	if (!path)
		return -ENOMEM;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	return fd < 0 ? -errno : fd;
}

int lock_take(const char *name)
{
	_cleanup_(closep) int fd = -1;
	int r;

	r = lock_make_folder();
	if (r < 0)
		return r;
	fd = open_lock(name, O_CREAT);
	if (fd < 0)
		return fd;

	/* The deadline's timer interrupts the wait once a second after it has passed. */
	while (flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return -errno;
		if (deadline_passed())
			return -ETIMEDOUT;
	}

	return TAKE_FD(fd);
}

bool lock_is_held(const char *name)
{
	_cleanup_(closep) int fd = open_lock(name, 0);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}
