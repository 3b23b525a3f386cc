/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel modules. The only room that knows libkmod. Floor 1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether a module is loaded and its init has ended, or it is built into the kernel. '-' and '_' are the same. */
bool module_is_live(const char *name);

/*
 * Reads /sys/module/<name>/version without the newline. Returns 0, -ENOENT (not loaded, or it has no version) or another
 * negative errno; version is untouched on failure.
 */
int module_version(const char *name, char *version, size_t size);

/*
 * Loads a module and what it needs, as modprobe does: options, softdeps and blacklists of /etc/modprobe.d count.
 * Returns 0 (also when it was loaded already), -ENOENT (not installed for this kernel), -EPERM (blacklisted), or
 * what the kernel or the loader answered.
 */
int module_load(const char *name);
