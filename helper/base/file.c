/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/root.h"

/* O_NONBLOCK: a FIFO must be refused, not waited for. */
#define READ_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY)

/* As the kernel's. */
#define LINKS_MAX 40

/* Instead of a descriptor: the file is switched off, and nothing was opened. */
#define MASKED 1

#define MASK "/dev/null"

static int fail(struct file_error *error, int code, const char *where, const char *text)
{
	*error = (struct file_error){ .code = code, .where = where ? strdup(where) : NULL, .text = text };
	return code;
}

static bool is_link(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static int check_trust(int fd, const char *path, struct file_error *error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(error, -errno, path, NULL);
	if (st.st_uid != 0)
		return fail(error, -EPERM, path, "does not belong to root");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(error, -EPERM, path, "can be written by others than root");

	return 0;
}

static bool is_below_root(const char *path)
{
	size_t n = strlen(root_dir());

	return strncmp(path, root_dir(), n) == 0 && path[n] == '/';
}

/* What a link in the folder above stands for, with the rest of the path behind it. NULL: nothing below root_dir(). */
static char *follow(const char *target, const char *above, const char *rest)
{
	bool absolute = *target == '/';
	char *path;

	if (absolute && !is_below_root(target))
		return NULL;
	if (asprintf(&path, "%s%s%s/%s", absolute ? "" : above, absolute ? "" : "/", target, rest) < 0)
		return NULL;
	return path;
}

/* A link ends the walk: MASKED, or -ELOOP with what the path becomes in *ret. */
static int stop_at_link(int folder, const char *name, const char *above, const char *rest, char **ret,
			struct file_error *error)
{
	_cleanup_(freep) char *link = NULL;
	char target[PATH_MAX] = "";

	if (readlinkat(folder, name, target, sizeof(target) - 1) < 0)
		return fail(error, -errno, above, NULL);
	if (!*rest && strcmp(target, MASK) == 0)
		return MASKED;

	if (asprintf(&link, "%s/%s", above, name) < 0)
		link = NULL;
	*ret = follow(target, above, rest);
	return fail(error, -ELOOP, link, "is a symbolic link out of the configuration tree");
}

/*
 * Opens path component by component from root_dir() on, so that nothing can be swapped between check and use. A link is
 * not followed, see stop_at_link().
 */
static int open_components(const char *path, int flags, int *ret, char **ret_link, struct file_error *error)
{
	_cleanup_(freep) char *walked = strdup(root_dir());
	_cleanup_(freep) char *copy = strdup(path + strlen(root_dir()));
	_cleanup_(closep) int fd = -1;
	char *name, *rest;
	int r;

	fd = open(*root_dir() ? root_dir() : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!walked || !copy || fd < 0)
		return fail(error, fd < 0 ? -errno : -ENOMEM, root_dir(), NULL);
	r = check_trust(fd, *walked ? walked : "/", error);

	for (name = strtok_r(copy, "/", &rest); r == 0 && name; ) {
		char *next = strtok_r(NULL, "/", &rest), *longer;
		int below = openat(fd, name, O_NOFOLLOW | O_CLOEXEC | (next ? O_PATH | O_DIRECTORY : flags)), code = errno;

		/* With O_DIRECTORY a link is "no directory" before it is a link too many. */
		if (below < 0 && is_link(fd, name))
			return stop_at_link(fd, name, walked, next ? path + strlen(root_dir()) + (next - copy) : "", ret_link,
					    error);
		if (asprintf(&longer, "%s/%s", walked, name) < 0)
			longer = NULL;
		free(walked);
		walked = longer;
		if (below < 0)
			return fail(error, -code, walked, NULL);
		closep(&fd);
		fd = below;
		r = check_trust(fd, walked, error);
		name = next;
	}
	if (r < 0)
		return r;

	*ret = TAKE_FD(fd);
	return 0;
}

/* Where a link leads in the end: 0, -EPERM out of the tree, or why it leads nowhere. */
static int check_target(const char *path)
{
	_cleanup_(freep) char *tree = root_path(CONFDIR "/");
	_cleanup_(freep) char *target = realpath(path, NULL);

	if (!target)
		return -errno;
	return tree && strncmp(target, tree, strlen(tree)) == 0 ? 0 : -EPERM;
}

/*
 * A link inside the tree stands for what it leads to. Each link on the way there lies where only root can change it, as a
 * file does: who can turn a link chooses what is read.
 */
static int open_trusted(const char *path, int flags, int *ret, struct file_error *error)
{
	_cleanup_(freep) char *next = strdup(path);
	int r = next ? -ELOOP : fail(error, -ENOMEM, path, NULL);

	if (next && !is_below_root(path))
		return fail(error, -EPERM, path, "is not in the configuration tree");
	for (int links = 0; r == -ELOOP && next && links <= LINKS_MAX; links++) {
		int inside = links ? check_target(path) : 0;
		char *link = NULL;

		if (inside < 0 && inside != -EPERM) {
			error->text = NULL;
			return error->code = inside;
		}
		if (inside < 0)
			break;
		file_error_done(error);
		r = open_components(next, flags, ret, &link, error);
		free(next);
		next = link;
	}
	if (r == -ELOOP)
		r = error->code = -EPERM;
	return r;
}

static int open_any(const char *path, bool strict, int flags, int *ret, struct file_error *error)
{
	int fd;

	if (strict)
		return open_trusted(path, flags, ret, error);
	if (file_is_masked(path))
		return MASKED;

	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return fail(error, -errno, NULL, NULL);

	*ret = fd;
	return 0;
}

/* The administrator's way of switching a file off (design, "masks a profile"). */
bool file_is_masked(const char *path)
{
	char target[sizeof(MASK)];
	ssize_t n = readlink(path, target, sizeof(target));

	return n == (ssize_t)strlen(MASK) && memcmp(target, MASK, (size_t)n) == 0;
}

static int read_all(int fd, char **ret, size_t *ret_size, struct file_error *error)
{
	_cleanup_(freep) char *buffer = NULL;
	size_t size = 0, room = 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(error, -errno, NULL, NULL);
	if (!S_ISREG(st.st_mode))
		return fail(error, -EINVAL, NULL, "is not a regular file");

	/* The file may grow while we read: the bound is what was read, not st_size. */
	do {
		ssize_t n;

		if (size + 1 >= room) {
			char *larger;

			room = room ? room * 2 : 4096;
			larger = realloc(buffer, room);
			if (!larger)
				return fail(error, -ENOMEM, NULL, NULL);
			buffer = larger;
		}
		n = read(fd, buffer + size, room - size - 1);
		if (n < 0)
			return fail(error, -errno, NULL, NULL);
		if (n == 0)
			break;
		size += (size_t)n;
	} while (size <= FILE_SIZE_MAX);
	if (size > FILE_SIZE_MAX)
		return fail(error, -EFBIG, NULL, "is larger than 1 MiB");
	buffer[size] = '\0';

	*ret = TAKE_PTR(buffer);
	*ret_size = size;
	return 0;
}

static int read_nothing(char **ret, size_t *ret_size, struct file_error *error)
{
	char *empty = strdup("");

	if (!empty)
		return fail(error, -ENOMEM, NULL, NULL);
	*ret = empty;
	*ret_size = 0;
	return 0;
}

int file_read(const char *path, bool strict, char **ret, size_t *ret_size, struct file_error *error)
{
	_cleanup_(closep) int fd = -1;
	int r;

	r = open_any(path, strict, READ_FLAGS, &fd, error);
	if (r == MASKED)
		return read_nothing(ret, ret_size, error);

	return r < 0 ? r : read_all(fd, ret, ret_size, error);
}

int file_check_trust(const char *path, struct file_error *error)
{
	_cleanup_(closep) int fd = -1;
	int r = open_trusted(path, READ_FLAGS, &fd, error);

	return r < 0 ? r : 0;
}

/* Whether anybody can write a file, or a folder above it. In a sticky folder (/tmp) a file belongs to whoever made it. */
static bool is_open(char *path)
{
	for (;; path = dirname(path)) {
		struct stat st;

		if (stat(path, &st) == 0 && st.st_mode & S_IWOTH && !(S_ISDIR(st.st_mode) && st.st_mode & S_ISVTX))
			return true;
		if (strcmp(path, "/") == 0)
			return false;
	}
}

bool file_is_public(const char *path)
{
	_cleanup_(freep) char *copy = strdup(path), *file = realpath(path, NULL), *folder = NULL;
	struct stat st;

	/* Where path is a link, the folder is the link's. */
	if (copy)
		folder = realpath(dirname(copy), NULL);
	/* Nobody minds who can write to a device: /dev/null masks. */
	return (file && stat(file, &st) == 0 && S_ISREG(st.st_mode) && is_open(file)) || (folder && is_open(folder));
}

char *file_whole_path(const char *path)
{
	_cleanup_(freep) char *copy = strdup(path), *other = strdup(path), *above = NULL;
	const char *last = other ? basename(other) : NULL;
	char *whole;

	if (!copy || !last)
		return NULL;
	if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return realpath(path, NULL);
	above = realpath(dirname(copy), NULL);
	if (!above || asprintf(&whole, "%s/%s", strcmp(above, "/") == 0 ? "" : above, last) < 0)
		return NULL;
	return whole;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_folder(DIR *dir, const struct dirent *entry)
{
	struct stat st;

	return fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static int append(char ***list, size_t *n, const char *name)
{
	char **longer = reallocarray(*list, *n + 2, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	*list = longer;
	longer[*n + 1] = NULL;
	longer[*n] = strdup(name);
	if (!longer[*n])
		return -ENOMEM;
	(*n)++;
	return 0;
}

static void closedir_any(DIR *dir)
{
	closedir(dir);
}
DEFINE_CLEANUP(DIR *, closedir_any)

int file_list(const char *path, bool strict, bool folders, char ***ret, struct file_error *error)
{
	_cleanup_(strv_freep) char **list = calloc(1, sizeof(*list));
	_cleanup_(closedir_anyp) DIR *dir = NULL;
	_cleanup_(closep) int fd = -1;
	const struct dirent *entry;
	size_t n = 0;
	int r;

	if (!list)
		return fail(error, -ENOMEM, NULL, NULL);
	r = open_any(path, strict, O_RDONLY | O_DIRECTORY, &fd, error);
	if (r == MASKED)
		return fail(error, -ENOTDIR, NULL, NULL);
	if (r < 0)
		return r;
	dir = fdopendir(fd);
	if (!dir)
		return fail(error, -errno, NULL, NULL);
	fd = -1;

	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || is_folder(dir, entry) != folders)
			continue;
		if (append(&list, &n, entry->d_name) < 0)
			return fail(error, -ENOMEM, NULL, NULL);
	}
	if (n)
		qsort(list, n, sizeof(*list), compare_names);

	*ret = TAKE_PTR(list);
	return 0;
}

const char *file_error_text(const struct file_error *error)
{
	return error->text ? error->text : strerror(-error->code);
}

void file_error_done(struct file_error *error)
{
	free(error->where);
	*error = (struct file_error){ 0 };
}

void strv_free(char **list)
{
	if (!list)
		return;
	for (size_t i = 0; list[i]; i++)
		free(list[i]);
	free(list);
}
