/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual functions in sysfs, whatever the vendor (sriov.md, 1). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "system/device.h"

/* How a virtual function shows vGPUs. That is each function's own, and known only once its driver has registered it. */
enum function_world {
	WORLD_NONE,   /* not at all, or not yet */
	WORLD_MDEV,   /* mdev_supported_types */
	WORLD_VENDOR, /* the vendor's own VFIO: vfio.h */
};

struct function {
	unsigned number;  /* N of virtfnN */
	char path[300];   /* in sysfs, through its link on the physical function; "" where that is missing */
	char address[32]; /* "" likewise */
	char driver[64];  /* "" where it has none */
	enum function_world world;
	uint64_t type;    /* of WORLD_VENDOR: the number of the type that it has, 0 for none */
};

struct function_list {
	struct function *items; /* by their numbers: the Nth is virtfnN */
	size_t n;
};

/* Reads the functions that a GPU has now, also one without a link. 0 or a negative errno. */
int sriov_read_functions(const struct device *gpu, struct function_list *ret) _must_check_ _nonnull_all_;

void sriov_functions_done(struct function_list *list);

/* Reads how many functions a GPU has now. 0 or a negative errno. */
int sriov_read_number(const struct device *gpu, unsigned *ret) _must_check_ _nonnull_all_;

/*
 * Has the driver of a GPU switch n functions on, without a host driver for them where that can be chosen. 0 or the
 * kernel's errno, see sriov_reason(). How many there are then is to be read: a driver may make fewer.
 */
int sriov_write_number(const struct device *gpu, unsigned n) _must_check_ _nonnull_all_;

/* Returns what an errno of sriov_write_number() means, a static text; NULL where strerror() says it. */
const char *sriov_reason(int r);

/* Unbinds a GPU from a driver, and takes the driver's word for its device ID back (remove_id), if there is one. */
int sriov_take_from(const struct device *gpu, const char *driver) _must_check_ _nonnull_all_;

/* Binds a GPU that has no driver. 0 or the kernel's errno. */
int sriov_bind(const struct device *gpu, const char *driver) _must_check_ _nonnull_all_;

/*
 * Lists for each function who holds it for a VM: an open /dev/vfio/devices/vfioN, or /dev/vfio/GROUP. ret has a place for
 * each, see process_find_holders().
 */
void sriov_find_holders(const struct function_list *functions, char **ret) _nonnull_all_;
