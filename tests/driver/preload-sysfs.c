// SPDX-License-Identifier: GPL-2.0-only
/*
 * preload-sysfs.c - files of /sys and /proc that do something, sriov-manage, and what others have open
 *
 * A file that acts is opened for writing as a stand-in, DIR/.rm/store/NAME:
 * each write(2) to it is the attribute's store, and whatever goes round
 * write(2) changes nothing. Reading is umockdev's, of plain files.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload.h"

#define MANAGE_FOLDER "/usr/lib/nvidia"

/* ------------------------------------------------------------- paths */

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Follows all links, without asking umockdev. */
static bool canonical(const char *path, char *ret)
{
	int fd = raw_open(path, O_PATH | O_CLOEXEC, 0);
	char link[64];
	ssize_t n;

	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlink, link, ret, PATH_MAX - 1);
	syscall(SYS_close, fd);
	if (n < 0)
		return false;
	ret[n] = 0;
	return true;
}

/* DIR without links; "" where there is no world. */
static const char *world_dir(void)
{
	static char dir[PATH_MAX];
	const char *name = getenv("RM_DIR");

	if (!*dir && (!name || !canonical(name, dir)))
		dir[0] = 0;
	return dir;
}

/* "sys/…" of a path that lies below DIR. */
static const char *below(const char *path)
{
	const char *dir = world_dir();
	size_t n = strlen(dir);

	return n && begins(path, dir) && path[n] == '/' ? path + n + 1 : NULL;
}

static bool path_of_fd(int fd, char *path)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlink, link, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = 0;
	return n > 0;
}

/* What a path means to the kernel, as far as a world may have it. */
static bool whole_path(int dirfd, const char *path, char *ret)
{
	char folder[PATH_MAX];

	if (path[0] == '/') {
		const char *dir = begins(path, "/sys/") || begins(path, "/proc/") ? world_dir() : "";

		return snprintf(ret, PATH_MAX, "%s%s", dir, path) < PATH_MAX;
	}
	if (dirfd == AT_FDCWD ? syscall(SYS_getcwd, folder, sizeof(folder)) < 0 : !path_of_fd(dirfd, folder))
		return false;
	return snprintf(ret, PATH_MAX, "%s/%s", folder, path) < PATH_MAX;
}

/* What lies elsewhere in a world; folders, so that one may go there step by step. */
static const struct {
	const char *path, *at;
} moved_paths[] = {
	{ MANAGE_FOLDER, MANAGE_FOLDER }, { "/dev/vfio", "/.rm/vfio" }, { "/dev/kmsg", "/kmsg" },
	{ "/lib/modules", "/lib/modules" },
};

static bool is_moved(const char *path, char *ret)
{
	size_t i, n;

	for (i = 0; i < sizeof(moved_paths) / sizeof(moved_paths[0]); i++) {
		n = strlen(moved_paths[i].path);
		if (!begins(path, moved_paths[i].path) || (path[n] && path[n] != '/'))
			continue;
		return snprintf(ret, PATH_MAX, "%s%s%s", world_dir(), moved_paths[i].at, path + n) < PATH_MAX;
	}
	return false;
}

static void catch_up(void)
{
	if (sim.w && !sim.w->due && !sim.w->asked)
		return;
	if (!enter())
		return;
	world_catch_up(&sim);
	attribute_settle(&sim);
	leave(0);
}

const char *seen(int dirfd, const char *path)
{
	static __thread char moved[PATH_MAX];
	char whole[PATH_MAX];

	if (!path || !getenv("RM_DIR"))
		return path;
	if (begins(path, "/sys/") || begins(path, "/proc/driver/"))
		catch_up();
	/* Step by step from an open folder, too. */
	if (path[0] != '/' && (strcmp(path, "nvidia") || dirfd == AT_FDCWD))
		return path;
	return whole_path(dirfd, path, whole) && is_moved(whole, moved) ? moved : path;
}

/* -------------------------------------------------- files that do something */

static int open_store(const char *name, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%.*s/.rm/store/%s", PATH_MAX - 300, sim.dir, name);
	fd = raw_open(path, O_WRONLY | O_CREAT | (flags & O_CLOEXEC), 0666);
	if (fd < 0)
		return -errno;
	syscall(SYS_fchmod, fd, 0666);
	flock(fd, LOCK_SH);
	return fd;
}

bool open_attribute(int dirfd, const char *path, int flags, int *fd)
{
	char whole[PATH_MAX], name[256];
	const char *attribute;
	bool ours;
	int r;

	if ((flags & O_ACCMODE) == O_RDONLY || flags & O_PATH || !whole_path(dirfd, path, whole) ||
	    !below(whole) || !enter())
		return false;
	world_catch_up(&sim);
	attribute = canonical(whole, whole) ? below(whole) : NULL;
	r = attribute ? attribute_name(&sim, attribute, name, sizeof(name)) : 0;
	ours = r != 0;
	/* Nobody makes a file in sysfs. */
	if (!attribute && flags & O_CREAT && begins(path, "/sys/")) {
		ours = true;
		r = -EACCES;
	}
	r = leave(r > 0 ? open_store(name, flags) : r);
	if (ours)
		*fd = r;
	return ours;
}

/* NAME of a stand-in. */
static const char *store_name(int fd, char *path)
{
	const char *name = getenv("RM_DIR") && path_of_fd(fd, path) ? below(path) : NULL;

	return name && begins(name, ".rm/store/") ? name + strlen(".rm/store/") : NULL;
}

static bool store(int fd, const void *text, size_t n, ssize_t *ret)
{
	char path[PATH_MAX];
	const char *name;

	name = store_name(fd, path);
	if (!name || !enter())
		return false;
	world_catch_up(&sim);
	attribute_settle(&sim);
	*ret = leave(attribute_store(&sim, name, text, n)) < 0 ? -1 : (ssize_t)n;
	return true;
}

EXPORT ssize_t write(int fd, const void *text, size_t n)
{
	ssize_t r;

	return store(fd, text, n, &r) ? r : NEXT(write)(fd, text, n);
}

EXPORT ssize_t pwrite(int fd, const void *text, size_t n, off_t at)
{
	ssize_t r;

	return store(fd, text, n, &r) ? r : NEXT(pwrite)(fd, text, n, at);
}

EXPORT ssize_t pwrite64(int fd, const void *text, size_t n, off64_t at)
{
	ssize_t r;

	return store(fd, text, n, &r) ? r : NEXT(pwrite64)(fd, text, n, at);
}

EXPORT ssize_t writev(int fd, const struct iovec *part, int parts)
{
	char text[4096];
	size_t n = 0;
	ssize_t r;
	int i;

	for (i = 0; i < parts && n + part[i].iov_len <= sizeof(text); i++) {
		memcpy(text + n, part[i].iov_base, part[i].iov_len);
		n += part[i].iov_len;
	}
	return i == parts && store(fd, text, n, &r) ? r : NEXT(writev)(fd, part, parts);
}

/* One record of /dev/kmsg a call, as the kernel gives them; a blocking reader does not wait for the next. */
static ssize_t read_record(int fd, char *text, size_t n)
{
	ssize_t got = syscall(SYS_read, fd, text, n), used;
	char *end;

	if (got <= 0) {
		errno = EAGAIN;
		return -1;
	}
	end = memchr(text, '\n', (size_t)got);
	used = end ? end + 1 - text : got;
	syscall(SYS_lseek, fd, (end ? used : 0) - got, SEEK_CUR);
	if (end)
		return used;
	errno = EINVAL;
	return -1;
}

static bool read_special(int fd, void *text, size_t n, ssize_t *ret)
{
	const char *name = NULL;
	char path[PATH_MAX];
	int r;

	if (getenv("RM_DIR") && path_of_fd(fd, path))
		name = below(path);
	if (name && !strcmp(name, "kmsg")) {
		*ret = read_record(fd, text, n);
		return true;
	}
	if (!name || !begins(name, "sys/devices/") || !enter())
		return false;
	r = attribute_read_error(&sim, name);
	*ret = leave(r);
	return r < 0;
}

EXPORT ssize_t read(int fd, void *text, size_t n)
{
	ssize_t r;

	return read_special(fd, text, n, &r) ? r : NEXT(read)(fd, text, n);
}

/* ------------------------------------------------- what others have open */

static bool node_of_file(const char *number, char *node, size_t size)
{
	unsigned long file = strtoul(number, NULL, 10);
	bool found;

	if (!enter())
		return false;
	found = file < RM_MAX_FILES && sim.w->rm.file[file].in_use;
	if (found)
		snprintf(node, size, "/dev/%s", sim.w->node[sim.w->slot[file].node].name);
	leave(0);
	return found;
}

/* "/dev/nvidia0" for the file that stands for it, "/dev/vfio/devices/vfio4" for one of the world; as much as there is room for. */
static ssize_t as_node(int dirfd, const char *path, char *text, size_t size, ssize_t n)
{
	char link[PATH_MAX], node[PATH_MAX] = "";
	const char *at;

	if (n <= 0 || !getenv("RM_DIR"))
		return n;
	/* What stands for a node is longer than its name, and may not have had the room. */
	n = NEXT(readlinkat)(dirfd, path, link, sizeof(link) - 1);
	if (n <= 0)
		return n;
	link[n] = 0;
	n = (size_t)n > size ? (ssize_t)size : n;
	at = below(link);
	if (at && begins(at, ".rm/vfio/"))
		snprintf(node, sizeof(node), "/dev/vfio/%s", at + strlen(".rm/vfio/"));
	else if (!at || !begins(at, ".rm/open/") || !node_of_file(at + strlen(".rm/open/"), node, sizeof(node)))
		return n;
	n = (ssize_t)strlen(node);
	n = (size_t)n > size ? (ssize_t)size : n;
	memcpy(text, node, (size_t)n);
	return n;
}

EXPORT ssize_t readlink(const char *path, char *text, size_t size)
{
	const char *there = seen(AT_FDCWD, path);

	return as_node(AT_FDCWD, there, text, size, NEXT(readlink)(there, text, size));
}

EXPORT ssize_t readlinkat(int dirfd, const char *path, char *text, size_t size)
{
	const char *there = seen(dirfd, path);

	return as_node(dirfd, there, text, size, NEXT(readlinkat)(dirfd, there, text, size));
}

EXPORT DIR *opendir(const char *path)
{
	return NEXT(opendir)(seen(AT_FDCWD, path));
}

/* --------------------------------------------------- running sriov-manage */

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	return NEXT(execve)(seen(AT_FDCWD, path), argv, envp);
}

EXPORT int execv(const char *path, char *const argv[])
{
	return NEXT(execv)(seen(AT_FDCWD, path), argv);
}

EXPORT int execvp(const char *path, char *const argv[])
{
	return NEXT(execvp)(seen(AT_FDCWD, path), argv);
}

EXPORT int execvpe(const char *path, char *const argv[], char *const envp[])
{
	return NEXT(execvpe)(seen(AT_FDCWD, path), argv, envp);
}

EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *restrict attributes, char *const argv[restrict], char *const envp[restrict])
{
	return NEXT(posix_spawn)(pid, seen(AT_FDCWD, path), actions, attributes, argv, envp);
}

EXPORT int posix_spawnp(pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *restrict attributes, char *const argv[restrict], char *const envp[restrict])
{
	return NEXT(posix_spawnp)(pid, seen(AT_FDCWD, path), actions, attributes, argv, envp);
}
