/* SPDX-License-Identifier: GPL-2.0-only */
/* Has the program find /sys, /proc and the driver's nodes in the scratch folder: the linker sends it here (--wrap). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

int __real_open(const char *path, int flags, ...);
FILE *__real_fopen(const char *path, const char *mode);
DIR *__real_opendir(const char *path);
int __real_access(const char *path, int mode);
int __real_stat(const char *path, struct stat *st);
int __real_lstat(const char *path, struct stat *st);
ssize_t __real_readlink(const char *path, char *text, size_t size);

int __wrap_open(const char *path, int flags, ...);
FILE *__wrap_fopen(const char *path, const char *mode);
DIR *__wrap_opendir(const char *path);
int __wrap_access(const char *path, int mode);
int __wrap_stat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
ssize_t __wrap_readlink(const char *path, char *text, size_t size);
int __wrap_mknod(const char *path, mode_t mode, dev_t device);

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/');
}

/* Returns where a path leads, in full where that is the scratch folder. */
static const char *lead(const char *path, char full[PATH_MAX])
{
	static const char node[] = "/dev/nvidia";

	if (!is_below(path, "/sys") && !is_below(path, "/proc") && strncmp(path, node, strlen(node)) != 0)
		return path;
	require(snprintf(full, PATH_MAX, "%s%s", scratch, path) < PATH_MAX);
	return full;
}

int __wrap_open(const char *path, int flags, ...)
{
	char full[PATH_MAX];
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return __real_open(lead(path, full), flags, mode);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	char full[PATH_MAX];

	return __real_fopen(lead(path, full), mode);
}

DIR *__wrap_opendir(const char *path)
{
	char full[PATH_MAX];

	return __real_opendir(lead(path, full));
}

int __wrap_access(const char *path, int mode)
{
	char full[PATH_MAX];

	return __real_access(lead(path, full), mode);
}

int __wrap_stat(const char *path, struct stat *st)
{
	char full[PATH_MAX];

	return __real_stat(lead(path, full), st);
}

int __wrap_lstat(const char *path, struct stat *st)
{
	char full[PATH_MAX];

	return __real_lstat(lead(path, full), st);
}

ssize_t __wrap_readlink(const char *path, char *text, size_t size)
{
	char full[PATH_MAX];

	return __real_readlink(lead(path, full), text, size);
}

/* The numbers are the input's: a node of theirs could be any device of the host. */
int __wrap_mknod(const char *path, mode_t mode, dev_t device)
{
	(void)path, (void)mode, (void)device;
	errno = EPERM;
	return -1;
}
