/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/string-util.h"

/* How often a file that changes meanwhile is read, and the pause before each further time. */
#define READS_MAX 3
#define READ_AGAIN_MS 100

static int open_any(const char *path, bool strict, int flags, int *ret, struct file_error *error)
{
	int fd;

	if (strict)
		return trust_open(path, flags, ret, error);
	if (file_is_null_link(path))
		return TRUST_MASKED;

	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return file_fail(error, -errno, NULL, NULL);

	*ret = fd;
	return 0;
}

/* Reads to the end; whole: so much there is, 0: unknown. */
static int read_all(int fd, size_t whole, char **ret, size_t *ret_size, struct file_error *error)
{
	_cleanup_(freep) char *buffer = NULL;
	size_t size = 0, room = 0;

	/* Bound what is read, not st_size: the file may grow meanwhile. */
	do {
		ssize_t n;

		if (size + 1 >= room) {
			char *larger;

			room = room ? room * 2 : 4096;
			larger = realloc(buffer, room);
			if (!larger)
				return file_fail(error, -ENOMEM, NULL, NULL);
			buffer = larger;
		}
		n = read(fd, buffer + size, room - size - 1);
		if (n < 0)
			return file_fail(error, errno == EINTR && deadline_passed() ? -ETIMEDOUT : -errno, NULL, NULL);
		if (n == 0)
			break;
		size += (size_t)n;
	} while (size <= FILE_SIZE_MAX && size != whole);
	if (size > FILE_SIZE_MAX)
		return file_fail(error, -EFBIG, NULL, "is larger than 1 MiB");
	buffer[size] = '\0';

	*ret = TAKE_PTR(buffer);
	*ret_size = size;
	return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads a file that somebody saves in its place again, so that no half of it is taken for the whole. */
static int read_regular(int fd, char **ret, size_t *ret_size, struct file_error *error)
{
	for (int tries = 0; tries < READS_MAX; tries++) {
		_cleanup_(freep) char *text = NULL;
		struct stat before, after;
		size_t size;
		int r;

		if (tries) {
			deadline_sleep(READ_AGAIN_MS);
			lseek(fd, 0, SEEK_SET);
		}
		if (fstat(fd, &before) < 0)
			return file_fail(error, -errno, NULL, NULL);
		if (!S_ISREG(before.st_mode))
			return file_fail(error, -EINVAL, NULL, "is not a regular file");
		r = read_all(fd, (size_t)before.st_size, &text, &size, error);
		if (r < 0)
			return r;
		if (fstat(fd, &after) < 0)
			return file_fail(error, -errno, NULL, NULL);
		if (is_same(&before, &after)) {
			*ret = TAKE_PTR(text);
			*ret_size = size;
			return 0;
		}
	}
	return file_fail(error, -EBUSY, NULL, "is being written all the time");
}

/* Reads standard input, once: what a run for several GPUs reads again is the same. */
static int read_input(char **ret, size_t *ret_size, struct file_error *error)
{
	static char *input;
	static size_t size;
	int r = input ? 0 : read_all(STDIN_FILENO, 0, &input, &size, error);

	if (r < 0)
		return r;
	*ret = malloc(size + 1);
	if (!*ret)
		return file_fail(error, -ENOMEM, NULL, NULL);
	memcpy(*ret, input, size + 1);
	*ret_size = size;
	return 0;
}

int file_read(const char *path, bool strict, char **ret, size_t *ret_size, struct file_error *error)
{
	_cleanup_(closep) int fd = -1;
	char *empty;
	int r;

	if (!strict && strcmp(path, FILE_INPUT) == 0)
		return read_input(ret, ret_size, error);
	r = open_any(path, strict, FILE_READ_FLAGS, &fd, error);
	if (r != TRUST_MASKED)
		return r < 0 ? r : read_regular(fd, ret, ret_size, error);

	empty = strdup("");
	if (!empty)
		return file_fail(error, -ENOMEM, NULL, NULL);
	*ret = empty;
	*ret_size = 0;
	return 0;
}

char *file_whole_path(const char *path)
{
	_cleanup_(freep) char *copy = strdup(path), *other = strdup(path), *above = NULL;
	const char *last = other ? basename(other) : NULL;

	if (!copy || !last)
		return NULL;
	if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return realpath(path, NULL);
	above = realpath(dirname(copy), NULL);
	return above ? path_join(strcmp(above, "/") == 0 ? "" : above, last) : NULL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether a name is a folder's. 1, 0 (also for a link to nothing, or in a circle), -ENOENT for a name that has gone meanwhile, or another error. */
static int is_folder(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, 0) == 0)
		return S_ISDIR(st.st_mode) ? 1 : 0;
	if ((errno == ENOENT || errno == ELOOP) && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return -errno;
}

int file_is_folder(const char *path)
{
	return is_folder(AT_FDCWD, path);
}

/* Whether an entry of a folder is one, which most file systems tell with its name. As is_folder(). */
static int is_folder_entry(DIR *dir, const struct dirent *entry)
{
	if (entry->d_type == DT_DIR || entry->d_type == DT_REG)
		return entry->d_type == DT_DIR;
	return is_folder(dirfd(dir), entry->d_name);
}

int file_list(const char *path, bool strict, bool folders, char ***ret, struct file_error *error)
{
	_cleanup_(strv_freep) char **list = calloc(1, sizeof(*list));
	_cleanup_(closedirp) DIR *dir = NULL;
	_cleanup_(closep) int fd = -1;
	const struct dirent *entry;
	size_t n = 0;
	int r;

	if (!list)
		return file_fail(error, -ENOMEM, NULL, NULL);
	r = open_any(path, strict, O_RDONLY | O_DIRECTORY, &fd, error);
	if (r == TRUST_MASKED)
		return file_fail(error, -ENOTDIR, NULL, NULL);
	if (r < 0)
		return r;
	dir = fdopendir(fd);
	if (!dir)
		return file_fail(error, -errno, NULL, NULL);
	fd = -1;

	while ((errno = 0, entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		r = is_folder_entry(dir, entry);
		if (r == -ENOENT)
			continue;
		if (r < 0) {
			_cleanup_(freep) char *where = path_join(path, entry->d_name);

			return file_fail(error, r, where, NULL);
		}
		if (r == folders && strv_add(&list, &n, entry->d_name) < 0)
			return file_fail(error, -ENOMEM, NULL, NULL);
	}
	if (errno)
		return file_fail(error, -errno, NULL, NULL);
	if (n)
		qsort(list, n, sizeof(*list), compare_names);

	*ret = TAKE_PTR(list);
	return 0;
}

int file_read_line(const char *path, char *text, size_t size)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char line[FILE_LINE_MAX + 1];
	ssize_t n;
	size_t length;

	if (fd < 0)
		return -errno;
	n = read(fd, line, sizeof(line) - 1);
	if (n < 0)
		return -errno;
	line[n] = '\0';
	length = strcspn(line, "\n");
	if (length >= size || length == sizeof(line) - 1)
		return -EOVERFLOW;
	memcpy(text, line, length);
	text[length] = '\0';
	return 0;
}

void file_read_boot(char *text, size_t size)
{
	static char boot[64]; /* the same for the whole run */

	if (!*boot && file_read_line("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)) < 0)
		*boot = '\0';
	snprintf(text, size, "%s", boot);
}
