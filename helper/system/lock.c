/* SPDX-License-Identifier: GPL-2.0-only */
#include "system/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/string-util.h"

#define POLL_MS 20

/* What others can write holds links and locks of theirs, and is not taken; what not everybody may read is set right. */
static int check_folder(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
		return -EPERM;
	return (st.st_mode & 0755) == 0755 || fchmod(fd, 0755) == 0 ? 0 : -errno;
}

int lock_make_folder(void)
{
	static bool is_made; /* and checked, which is enough: it is root's alone */
	_cleanup_(freep) char *path = root_path(RUNDIR), *parent = root_path("/run");
	int r;

	if (is_made)
		return 0;
	if (!path || !parent)
		return -ENOMEM;
	/* /run itself may be missing below --root. */
	if (mkdir(parent, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	r = check_folder(path);
	is_made = r == 0;
	return r;
}

static char *lock_path(const char *name)
{
	_cleanup_(freep) char *folder = root_path(RUNDIR);

	return folder ? text_format("%s/%s.lock", folder, name) : NULL;
}

static int open_lock(const char *path, int flags)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	return fd < 0 ? -errno : fd;
}

/* The deadline's timer interrupts the wait once a second after it has passed. */
static int wait_for(int fd, bool at_once)
{
	while (flock(fd, LOCK_EX | (at_once ? LOCK_NB : 0)) < 0) {
		if (errno != EINTR)
			return -errno;
		if (deadline_passed())
			return -ETIMEDOUT;
	}
	return 0;
}

/* A file that was removed locks nothing: the next run makes one of its own. */
static bool is_named(int fd, const char *path)
{
	struct stat file, named;

	return fstat(fd, &file) == 0 && lstat(path, &named) == 0 && file.st_dev == named.st_dev && file.st_ino == named.st_ino;
}

static int take(const char *name, bool at_once)
{
	_cleanup_(freep) char *path = lock_path(name);
	int r = path ? lock_make_folder() : -ENOMEM;

	while (r == 0) {
		_cleanup_(closep) int fd = open_lock(path, O_CREAT);

		r = fd < 0 ? fd : wait_for(fd, at_once);
		if (r < 0 || !is_named(fd, path))
			continue;
		/* For lock_holder(): the time is the file's. Where there is no room, nobody is named. */
		if (ftruncate(fd, 0) == 0)
			dprintf(fd, "%d\n", (int)getpid());
		return TAKE_FD(fd);
	}
	return r;
}

int lock_take(const char *name)
{
	return take(name, false);
}

int lock_take_within(const char *name, unsigned ms)
{
	int r;

	for (unsigned waited = 0; (r = take(name, true)) == -EWOULDBLOCK; waited += POLL_MS)
		if (waited >= ms || !deadline_sleep(POLL_MS))
			break;
	return r;
}

char *lock_holder(const char *name)
{
	_cleanup_(freep) char *path = lock_path(name);
	_cleanup_(closep) int fd = path ? open_lock(path, 0) : -ENOMEM;
	char pid[16] = "", since[32];
	struct stat st;
	struct tm tm;

	if (fd < 0 || fstat(fd, &st) < 0 || read(fd, pid, sizeof(pid) - 1) <= 0 || !strchr(pid, '\n'))
		return strdup("another process has it");
	strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&st.st_mtime, &tm));
	return text_format("process %.*s has had it since %s", (int)strcspn(pid, "\n"), pid, since);
}

bool lock_is_held(const char *name)
{
	_cleanup_(freep) char *path = lock_path(name);
	_cleanup_(closep) int fd = path ? open_lock(path, 0) : -ENOMEM;

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}
