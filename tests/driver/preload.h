/* SPDX-License-Identifier: GPL-2.0-only */
/* preload.h - what the wrappers of libc's functions share */
#ifndef PRELOAD_H
#define PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "world.h"

#define NEXT(name) ({							\
	static __typeof__(&name) next_##name;				\
									\
	if (!next_##name)						\
		next_##name = (__typeof__(&name))next_symbol(#name);	\
	next_##name;							\
})
#define EXPORT __attribute__((visibility("default")))

extern struct sim sim;

void *next_symbol(const char *name);
/* Locks the world; false where there is none, or where we are called by ourselves. */
bool enter(void);
/* Unlocks it and turns a kernel result into libc's. */
int leave(int r);

/* preload-sysfs.c */
/*
 * Where a path leads in this world: sriov-manage and its folder lie below DIR, and what is looked at in /sys and /proc
 * is made right first. The answer is good until the next call of the same thread.
 */
const char *seen(int dirfd, const char *path);
/* Opens a file of /sys or /proc that does something when written. False: it is none, or only read. */
bool open_attribute(int dirfd, const char *path, int flags, int *fd);

#endif
