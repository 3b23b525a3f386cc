/* SPDX-License-Identifier: GPL-2.0-only */
/* The scratch folder, the cutting of inputs, and the counters' report. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

char scratch[] = "/dev/shm/mdev-gpu-fuzz.XXXXXX";

static int console;

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void finish(void)
{
	for (const struct counter *c = counters; c->name; c++)
		dprintf(console, "reached::%s: %lu\n", c->name, c->n);
	nftw(scratch, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
}

void breach(const char *claim, const char *file, int line)
{
	dprintf(console, "%s:%d: not so: %s\n", file, line, claim);
	abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	/* libFuzzer closes the program's, see -close_fd_mask in local.mk. */
	console = dup(STDERR_FILENO);
	require(console >= 0 && mkdtemp(scratch));
	atexit(finish);
	root_set(scratch);
	return 0;
}

/* Formats the path below the scratch folder. */
static void below(const char *path, char full[PATH_MAX])
{
	require(snprintf(full, PATH_MAX, "%s%s", scratch, path) < PATH_MAX);
}

static void make_folders(char *path)
{
	for (char *at = path + strlen(scratch) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		require(mkdir(path, 0755) == 0 || errno == EEXIST);
		*at = '/';
	}
}

void scratch_write(const char *path, const void *data, size_t size)
{
	char full[PATH_MAX];
	int fd;

	below(path, full);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 && errno == ENOENT) {
		make_folders(full);
		fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	}
	require(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

void scratch_link(const char *target, const char *path)
{
	char full[PATH_MAX];

	below(path, full);
	make_folders(full);
	require(symlink(target, full) == 0);
}

void scratch_remove(const char *path)
{
	char full[PATH_MAX];

	below(path, full);
	require(remove(full) == 0 || errno == ENOENT);
}

struct bytes take_file(struct bytes *input)
{
	struct bytes file = *input;
	const uint8_t *end = input->size ? memchr(input->data, 0x1c, input->size) : NULL;

	if (!end) {
		*input = (struct bytes){ 0 };
		return file;
	}
	file.size = (size_t)(end - file.data);
	input->data += file.size + 1;
	input->size -= file.size + 1;
	return file;
}

void write_files(struct bytes *input, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct bytes file = take_file(input);

		if (file.data)
			scratch_write(paths[i], file.data, file.size);
		else
			scratch_remove(paths[i]);
	}
}

uint8_t take_byte(struct bytes *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}
