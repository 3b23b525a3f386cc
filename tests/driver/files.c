// SPDX-License-Identifier: GPL-2.0-only
/*
 * files.c - real descriptors that stand for the driver's open files
 *
 * Each open file of the driver is a file of our own, DIR/.rm/open/N, opened for
 * the program and flock()ed.  The lock belongs to the open file description,
 * so it goes away exactly when the kernel would call release(): after the last
 * close of every duplicate, in every child, however the process ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "world.h"

static void slot_path(const struct sim *sim, u32 file, char *path)
{
	snprintf(path, PATH_MAX, "%.*s/.rm/open/%u", PATH_MAX - 24, sim->dir, file);
}

static bool identify(int fd, u64 *dev, u64 *ino)
{
	struct stat st;

	if (syscall(SYS_fstat, fd, &st) < 0)
		return false;
	*dev = st.st_dev;
	*ino = st.st_ino;
	return true;
}

static int make_descriptor(struct sim *sim, u32 file, u32 node, int flags)
{
	struct slot *slot = &sim->w->slot[file];
	char path[PATH_MAX];
	int fd;

	slot_path(sim, file, path);
	unlink(path);
	fd = raw_open(path, O_RDWR | O_CREAT | O_EXCL | (flags & (O_CLOEXEC | O_NONBLOCK)), 0666);
	if (fd < 0)
		return -errno;
	syscall(SYS_fchmod, fd, 0666);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || !identify(fd, &slot->dev, &slot->ino)) {
		int r = -errno;

		syscall(SYS_close, fd);
		return r;
	}
	slot->node = node;
	return fd;
}

/* sequence: O_RDWR | O_CLOEXEC and blocking. Anything else is written down. */
static void remark(struct sim *sim, int flags)
{
	if (!(flags & O_CLOEXEC))
		world_line(sim, "- note open without O_CLOEXEC pid=%d", getpid());
	if (flags & O_NONBLOCK)
		world_line(sim, "- note open with O_NONBLOCK pid=%d", getpid());
	if ((flags & O_ACCMODE) != O_RDWR)
		world_line(sim, "- note open without O_RDWR pid=%d", getpid());
}

int file_open(struct sim *sim, const struct rm_caller *c, u32 node, int flags)
{
	int file, fd;

	world_reap(sim);
	file = rm_open(&sim->w->rm, c, sim->w->node[node].minor);
	if (file < 0)
		return file;
	remark(sim, flags);
	fd = make_descriptor(sim, (u32)file, node, flags);
	if (fd < 0)
		rm_close(&sim->w->rm, c, (u32)file, false);
	return fd;
}

int file_find(struct sim *sim, int fd)
{
	u64 dev, ino;
	int i;

	if (!identify(fd, &dev, &ino))
		return -1;
	for (i = 0; i < RM_MAX_FILES; i++)
		if (sim->w->rm.file[i].in_use && sim->w->slot[i].ino == ino && sim->w->slot[i].dev == dev)
			return i;
	return -1;
}

/* True if no descriptor is left anywhere. A file that is gone counts as released. */
static bool released(const struct sim *sim, u32 file)
{
	char path[PATH_MAX];
	bool free;
	int fd;

	slot_path(sim, file, path);
	fd = raw_open(path, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		return true;
	free = flock(fd, LOCK_EX | LOCK_NB) == 0;
	syscall(SYS_close, fd);
	return free;
}

/* After close(2) of one descriptor. */
void file_closed(struct sim *sim, const struct rm_caller *c, u32 file)
{
	if (sim->w->rm.file[file].in_use && released(sim, file))
		rm_close(&sim->w->rm, c, file, false);
}

static bool is_dead(u32 pid)
{
	return kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

void world_reap(struct sim *sim)
{
	struct rm_caller c;
	u32 i;

	world_caller(sim, &c);
	for (i = 0; i < RM_MAX_FILES; i++)
		if (sim->w->rm.file[i].in_use && released(sim, i))
			rm_close(&sim->w->rm, &c, i, is_dead(sim->w->rm.file[i].owner));
}

void file_leak_all(struct sim *sim)
{
	struct rm_caller c;
	u32 i;

	world_caller(sim, &c);
	for (i = 0; i < RM_MAX_FILES; i++)
		if (sim->w->rm.file[i].in_use && sim->w->rm.file[i].owner == c.owner)
			rm_close(&sim->w->rm, &c, i, !released(sim, i));
}
