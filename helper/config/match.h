/* SPDX-License-Identifier: GPL-2.0-only */
/* Which GPUs a section of a profile is for. */
#pragma once

#include "config/profile.h"
#include "system/device.h"

/*
 * Marks the sections that are for this GPU; returns whether any is. A section is where one of its filters matches with
 * all its keys. Without filters it is for every GPU that something in it can be for: types for drivers that take types,
 * expected types for the driver whose name they begin with. (Mdev-GPU's files have no filters and are about NVIDIA's
 * GPUs, whatever else is in the machine.)
 */
bool profile_mark(struct profile *profile, const struct device *device, bool takes_types) _nonnull_all_;

/* Returns the PCI vendor ID that every filter of a section demands; 0: they do not agree, or there is none. */
uint16_t section_vendor_id(const struct section *section) _nonnull_all_;

/* Returns whether an expected type is one of this driver's (NULL: of none). */
bool expected_is_of(const struct expected_type *expected, const char *driver) _nonnull_(1);

/* The key by which a filter leaves a GPU out; the location is in the profile's document. */
struct exclusion {
	enum filter_key key;
	uint64_t wanted, own;
	struct location location;
};

/* Returns whether a section's filters leave the GPU out, and by which key of the filter that comes closest. */
bool section_excludes(const struct section *section, const struct device *device, struct exclusion *ret) _nonnull_all_;
