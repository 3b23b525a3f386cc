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

/* Of locks, where /run takes none: a file system of its own, that is there as early, and that root alone writes. */
#define SECOND_PLACE "/dev/mdev-gpu"

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

/* Makes a folder of ours, and the one above it, which may be missing below --root. */
static int make_folder(const char *place)
{
	_cleanup_(freep) char *path = root_path(place), *parent = path ? strndup(path, (size_t)(strrchr(path, '/') - path)) : NULL;

	if (!parent)
		return -ENOMEM;
	if (mkdir(parent, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	return check_folder(path);
}

int lock_make_folder(void)
{
	static bool is_made; /* and checked, which is enough: it is root's alone */
	int r = is_made ? 0 : make_folder(RUNDIR);

	is_made = r == 0;
	return r;
}

/*
 * Opens a lock in the second place if somebody had to make it there, which counts for everybody; else in the first one; and where
 * that takes none it makes it in the second. Fails as the first place does.
 */
static int open_lock(const char *name, bool make, char **ret_path)
{
	int flags[] = { 0, make ? O_CREAT : 0, O_CREAT }, error = 0;

	for (size_t i = 0; i < (make ? ARRAY_SIZE(flags) : ARRAY_SIZE(flags) - 1); i++) {
		bool is_first = i == 1;
		_cleanup_(freep) char *folder = root_path(is_first ? RUNDIR : SECOND_PLACE), *path = NULL;
		int r = 0, fd;

		if (flags[i])
			r = is_first ? lock_make_folder() : make_folder(SECOND_PLACE);
		path = folder ? text_format("%s/%s.lock", folder, name) : NULL;
		if (!path)
			return -ENOMEM;
		fd = r < 0 ? r : open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags[i], 0600);
		if (fd >= 0) {
			*ret_path = TAKE_PTR(path);
			return fd;
		}
		if (is_first)
			error = r < 0 ? r : -errno;
	}
	return error;
}

/* The deadline's timer interrupts the wait once a second after it has passed. */
static int wait_for(int fd, bool at_once)
{
	long begun = monotonic_ms();

	while (flock(fd, LOCK_EX | (at_once ? LOCK_NB : 0)) < 0) {
		if (errno != EINTR)
			return -errno;
		if (deadline_passed())
			return -ETIMEDOUT;
	}
	deadline_waited(begun);
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
	int r = 0;

	while (r == 0) {
		_cleanup_(freep) char *path = NULL;
		_cleanup_(closep) int fd = open_lock(name, true, &path);

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
	_cleanup_(freep) char *path = NULL;
	_cleanup_(closep) int fd = open_lock(name, false, &path);
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
	_cleanup_(freep) char *path = NULL;
	_cleanup_(closep) int fd = open_lock(name, false, &path);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}
