/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/string-util.h"

/* The kernel's own bound. */
#define LINKS_MAX 40

#define MASK "/dev/null"

int file_fail(struct file_error *error, int code, const char *where, const char *text)
{
	*error = (struct file_error){ .code = code, .where = where ? strdup(where) : NULL, .text = text };
	return code;
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

bool file_is_null_link(const char *path)
{
	char target[sizeof(MASK)];
	ssize_t n = readlink(path, target, sizeof(target));

	return n == (ssize_t)strlen(MASK) && memcmp(target, MASK, (size_t)n) == 0;
}

const char *file_mask(const char *path)
{
	struct stat st;

	if (file_is_null_link(path))
		return "a link to " MASK;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0 ? "an empty file" : NULL;
}

static int check_trust(int fd, const char *path, struct file_error *error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return file_fail(error, -errno, path, NULL);
	if (st.st_uid != 0)
		return file_fail(error, -EPERM, path, "does not belong to root");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return file_fail(error, -EPERM, path, "can be written by others than root");

	return 0;
}

static bool is_below_root(const char *path)
{
	size_t n = strlen(root_dir());

	return strncmp(path, root_dir(), n) == 0 && path[n] == '/';
}

/* Ends the walk at a link: TRUST_MASKED, or -ELOOP with what the path becomes (NULL: nothing below root_dir()). */
static int stop_at_link(int folder, const char *name, const char *above, const char *rest, char **ret,
			struct file_error *error)
{
	_cleanup_(freep) char *link = NULL;
	char target[PATH_MAX] = "";
	bool absolute;

	if (readlinkat(folder, name, target, sizeof(target) - 1) < 0)
		return file_fail(error, -errno, above, NULL);
	if (!*rest && strcmp(target, MASK) == 0)
		return TRUST_MASKED;

	absolute = *target == '/';
	if (!absolute || is_below_root(target))
		*ret = text_format("%s%s%s/%s", absolute ? "" : above, absolute ? "" : "/", target, rest);
	link = path_join(above, name);
	return file_fail(error, -ELOOP, link, "is a symbolic link out of the configuration tree");
}

/*
 * The folder that was listed last. The files that are read next lie in it, or in a folder of it: they need not be walked to from
 * root_dir() once more. A listing always is, so that a folder that takes another one's place is seen.
 */
static struct {
	char *path;
	int fd;
} listed = { .fd = -1 };

/* Keeps a folder for the next walk, which is as good without. */
static void keep_listed(const char *path, int fd)
{
	free(listed.path);
	closep(&listed.fd);
	listed.path = strdup(path);
	listed.fd = listed.path ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
}

/* Opens the folder that a walk begins at: root_dir(), or a nearer one. Returns its path, with -1 and errno where it fails. */
static const char *begin_walk(const char *path, int flags, int *fd)
{
	const size_t n = listed.fd >= 0 ? strlen(listed.path) : 0;

	if (n && !(flags & O_DIRECTORY) && strncmp(path, listed.path, n) == 0 && path[n] == '/') {
		*fd = fcntl(listed.fd, F_DUPFD_CLOEXEC, 3);
		return listed.path;
	}
	*fd = open(*root_dir() ? root_dir() : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_dir();
}

/*
 * Opens path component by component, so that nothing can be swapped between check and use. Follows no link, see
 * stop_at_link().
 */
static int open_components(const char *path, int flags, int *ret, char **ret_link, struct file_error *error)
{
	_cleanup_(closep) int fd = -1;
	const char *begin = begin_walk(path, flags, &fd), *whole = path + strlen(begin);
	_cleanup_(freep) char *walked = strdup(begin), *copy = strdup(whole);
	char *name, *rest;
	struct stat st;
	int r;

	if (!walked || !copy || fd < 0)
		return file_fail(error, fd < 0 ? -errno : -ENOMEM, begin, NULL);
	r = check_trust(fd, *walked ? walked : "/", error);

	for (name = strtok_r(copy, "/", &rest); r == 0 && name; ) {
		char *next = strtok_r(NULL, "/", &rest), *longer;
		int below = openat(fd, name, O_NOFOLLOW | O_CLOEXEC | (next ? O_PATH | O_DIRECTORY : flags));
		int code = errno;

		/* Not by errno: with O_DIRECTORY a link is "no directory" before it is a link too many. */
		if (below < 0 && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			return stop_at_link(fd, name, walked, next ? whole + (next - copy) : "", ret_link, error);
		longer = path_join(walked, name);
		free(walked);
		walked = longer;
		if (below < 0)
			return file_fail(error, -code, walked, NULL);
		closep(&fd);
		fd = below;
		r = check_trust(fd, walked, error);
		name = next;
	}
	if (r < 0)
		return r;

	if (flags & O_DIRECTORY && walked)
		keep_listed(walked, fd);
	*ret = TAKE_FD(fd);
	return 0;
}

/* Follows a link to its end: 0, -EPERM out of the tree, or the errno that says why it leads nowhere. */
static int check_target(const char *path)
{
	_cleanup_(freep) char *tree = root_path(CONFDIR "/");
	_cleanup_(freep) char *target = realpath(path, NULL);

	if (!target)
		return -errno;
	return tree && strncmp(target, tree, strlen(tree)) == 0 ? 0 : -EPERM;
}

/*
 * Follows links inside the tree. Each link on the way has to lie where only root can change it, as a file has: who can
 * turn a link chooses what is read.
 */
int trust_open(const char *path, int flags, int *ret, struct file_error *error)
{
	_cleanup_(freep) char *next = strdup(path);
	int r = next ? -ELOOP : file_fail(error, -ENOMEM, path, NULL);

	if (next && !is_below_root(path))
		return file_fail(error, -EPERM, path, "is not in the configuration tree");
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

int trust_check(const char *path, struct file_error *error)
{
	_cleanup_(closep) int fd = -1;
	int r = trust_open(path, FILE_READ_FLAGS, &fd, error);

	return r < 0 ? r : 0;
}

/* Returns whether anybody can write a file, or replace it through a folder above it that is not sticky. */
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

	/* The folder of path itself, which may be a link into another one. */
	if (copy)
		folder = realpath(dirname(copy), NULL);
	/* Only regular files count: /dev/null, which masks, is writable. */
	return (file && stat(file, &st) == 0 && S_ISREG(st.st_mode) && is_open(file)) || (folder && is_open(folder));
}

bool file_is_for_all(const char *path)
{
	_cleanup_(freep) char *file = realpath(path, NULL);
	struct stat st;

	if (!file || stat(file, &st) < 0 || !(st.st_mode & S_IROTH))
		return false;
	/* What lies above root_dir() is nobody's to judge, as with trust. */
	for (char *folder = dirname(file); is_below_root(folder) && folder[1]; folder = dirname(folder))
		if (stat(folder, &st) < 0 || !(st.st_mode & S_IXOTH))
			return false;
	return true;
}
