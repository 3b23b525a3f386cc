// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - preloaded: one allocation of the program's fails
 *
 * FAIL_AT: which one, from 1 on; 0: none. FAIL_COUNT: a file for how many there were. An allocation is the program's where the
 * function that asked for it, libc's own left out, is neither the simulated driver's nor umockdev's: also a library's that the
 * program called.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static _Thread_local bool inside;
static bool armed;
static unsigned long count, fail_at;

/* Returns whether a module only passes on what somebody else asked for. */
static bool passes_on(const char *module)
{
	static const char *const names[] = { "/libc.so", "/ld-linux", "memory.so", "/libpthread", "/libdl" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strstr(module, names[i]))
			return true;
	return false;
}

static bool is_ours(void)
{
	void *frames[32];
	int n = backtrace(frames, 32);
	Dl_info info;

	for (int i = 0; i < n; i++)
		if (dladdr(frames[i], &info) && !passes_on(info.dli_fname))
			return !strstr(info.dli_fname, "librm-preload") && !strstr(info.dli_fname, "libumockdev");
	return false;
}

static bool fails(void)
{
	bool fail = false;

	if (!armed || inside)
		return false;
	inside = true;
	if (is_ours())
		fail = ++count == fail_at;
	inside = false;
	if (fail)
		errno = ENOMEM;
	return fail;
}

EXPORT void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

EXPORT void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

EXPORT void *reallocarray(void *old, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("FAIL_AT");
	void *frame;

	backtrace(&frame, 1); /* loads what it needs */
	fail_at = at ? strtoul(at, NULL, 10) : 0;
	armed = true;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAIL_COUNT");
	char text[32];
	int fd, n;

	armed = false;
	if (!path)
		return;
	n = snprintf(text, sizeof(text), "%lu\n", count);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || syscall(SYS_write, fd, text, n) != n)
		abort();
}
