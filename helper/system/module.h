/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel modules. Only module.c includes <libkmod.h>. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

/*
 * True if a module is loaded and its init has ended, or if it is built into the kernel and shows there. '-' and '_' are
 * the same. A built-in module without parameters is nowhere in /sys: module_load() finds it.
 */
bool module_is_live(const char *name) _nonnull_all_;

/*
 * Waits until a module's init has ended, or until the deadline: the kernel sends a module's event before that. Returns
 * 0, -ENOENT (it is not loaded, or gone again) or -ETIMEDOUT.
 */
int module_wait_live(const char *name) _must_check_ _nonnull_all_;

/* Returns a number that tells one load of a module from the next one; 0 where the module is not loaded. */
uint64_t module_instance(const char *name) _nonnull_all_;

/*
 * Reads /sys/module/<name>/version without the newline. Returns 0, -ENOENT (not loaded, or it has no version) or
 * another negative errno; version is untouched on failure.
 */
int module_version(const char *name, char *version, size_t size) _must_check_ _nonnull_all_;

/* The same for a parameter, as the kernel prints it: "Y", "-1". */
int module_parameter(const char *name, const char *parameter, char *value, size_t size) _must_check_ _nonnull_all_;

/*
 * Loads a module and what it needs, by name or alias, as udev does: options, softdeps, install lines and blacklists of
 * modprobe.d count, and a module that is only needed by another one is not held back by its blacklist. Waits, bounded,
 * until it is live. Returns 0 (also when it is loaded already, or built in), or what module_reason() has words for:
 *
 *	-ENOENT       not installed for this kernel
 *	-EACCES       blacklisted
 *	-ECANCELED    an install line of modprobe.d failed, or left the module out
 *	-ENOLINK      a symbol that it needs is unknown (the kernel says -ENOENT)
 *	-EPERM        the kernel takes no modules any more, or not this one
 *	-EKEYREJECTED, -ENOKEY   the kernel takes only modules signed with keys that it knows
 *	-ENOEXEC      made for another kernel
 *	-ETIMEDOUT    its init has not ended
 *
 * or another negative errno of the loader or of the module's own init.
 */
int module_load(const char *name) _must_check_ _nonnull_all_;

/*
 * Finds what module_load() would load, without loading it: 0, -ENOENT, -EACCES, -ECANCELED (an install line stands in
 * its place), or another negative errno of the library.
 */
int module_find(const char *name) _must_check_ _nonnull_all_;

/* Returns whether the kernel takes only modules signed with keys that it knows: Secure Boot's lockdown, or a parameter. */
bool module_must_be_signed(void);

/* Returns why module_load() failed, to be put behind "module NAME ". Reads how the kernel is locked; a static text. */
const char *module_reason(int r);
