/* SPDX-License-Identifier: GPL-2.0-only */
/* Ownership in the language: what a scope declares with _cleanup_, it frees. Contracts that the compiler checks. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define _cleanup_(fn) __attribute__((cleanup(fn)))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _must_check_ __attribute__((warn_unused_result))
#define _nonnull_(...) __attribute__((nonnull(__VA_ARGS__)))
#define _nonnull_all_ __attribute__((nonnull))

/* Makes fnp() for _cleanup_ from fn(); every fn takes NULL. */
#define DEFINE_CLEANUP(type, fn) \
	static inline void fn##p(type *p) \
	{ \
		if (*p) \
			fn(*p); \
	}

/* Hands a pointer over: the scope it leaves no longer owns it. */
#define TAKE_PTR(p) \
	({ \
		typeof(p) _taken = (p); \
		(p) = NULL; \
		_taken; \
	})

#define TAKE_FD(fd) \
	({ \
		int _taken = (fd); \
		(fd) = -1; \
		_taken; \
	})

static inline void freep(void *p)
{
	free(*(void **)p);
}

/* close() is never retried: on Linux the descriptor is gone even after EINTR. */
static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

DEFINE_CLEANUP(FILE *, fclose)
DEFINE_CLEANUP(DIR *, closedir)
