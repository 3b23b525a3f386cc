/* SPDX-License-Identifier: GPL-2.0-only */
/* The types and vGPUs that sysfs shows for a GPU, whatever its vendor. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "system/device.h"

struct mdev_type {
	char *id;   /* the folder, "nvidia-531" */
	char *name; /* its name attribute, NULL where the vendor has none (Intel) */
};

struct mdev_types {
	struct mdev_type *items;
	size_t n;
};

/*
 * Returns the first virtual function from this number on that is bound to the GPU's driver, device->vfs where there is
 * none. One of another driver, passed through for instance, shows no types.
 */
unsigned mdev_next_vf(const struct device *device, unsigned vf) _nonnull_all_;

/* True if no function can have mdev_supported_types yet: on an SR-IOV GPU only VFs bound to its driver have it. */
bool mdev_has_no_place(const struct device *device) _nonnull_all_;

/*
 * Lists <device>/mdev_supported_types; for an SR-IOV GPU, whose physical function shows none, those of the first
 * virtual function that its driver has (nvidia-rm-notes, section 5). No such folder is an empty list. Where the
 * vendor's own VFIO files took mdev's place: what they offer at the moment. In the order of their numbers. Returns 0 or
 * a negative errno.
 */
int mdev_types_read(const struct device *device, struct mdev_types *ret) _must_check_ _nonnull_all_;

void mdev_types_done(struct mdev_types *types);

/* Returns the type with this folder name, NULL where there is none. */
const struct mdev_type *mdev_types_find(const struct mdev_types *types, const char *id) _nonnull_all_;

/*
 * Reads an attribute of a type that mdev_types_read() lists, "description"; its first line, to be freed. NULL where it
 * has none, or cannot be read.
 */
char *mdev_type_attribute(const struct device *device, const char *id, const char *attribute)
	_must_check_ _nonnull_all_;

/*
 * Lists, of some types, those that sysfs does not show, or not on all virtual functions that the GPU's driver has;
 * NULL-terminated, in their order, to be freed with strv_free(). 0 or a negative errno.
 */
int mdev_types_missing(const struct device *device, const char *const *ids, size_t n, char ***ret)
	_must_check_ _nonnull_(1, 4);

/* Counts the vGPUs on the GPU and its virtual functions, started or not. 0 or a negative errno: half a count is none. */
int mdev_count_devices(const struct device *device, size_t *ret) _must_check_ _nonnull_all_;

/* Calls tell for each mediated device with its type and its UUID, in no order. 0, or a negative errno where that are not all. */
int mdev_each_device(const struct device *device, void (*tell)(void *data, const char *id, const char *uuid),
		     void *data)
	_must_check_ _nonnull_(1, 2);

/* One type's vGPUs on the GPU and its virtual functions together. */
struct mdev_count {
	uint64_t in_use;    /* vGPUs that exist, started or not */
	uint64_t available; /* how many more each function would take by itself, in all; VFIO: one a function */
};

void mdev_count_type(const struct device *device, const char *id, struct mdev_count *ret) _nonnull_all_;

/* True if an SR-IOV GPU shows vGPUs through the vendor's own VFIO files instead of mdev (kernel 6.8 and later). */
bool mdev_is_vendor_vfio(const struct device *device) _nonnull_all_;
