/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys that a profile and the settings may have, and which one was meant by a word that is none. */
#pragma once

#include "config/cursor.h"
#include "model/type.h"

enum top_key {
	TOP_GPUS,
	TOP_KEYS,
};

/* The keys of settings.yaml. */
enum settings_key {
	SETTINGS_DRIVER_ABI,
	SETTINGS_KEYS,
};

enum section_key {
	FILTERED_GPUS,
	DISCARD_PREVIOUS,
	MDEV_CONFIGS,
	EXPECT_TYPES,
	VIRTUAL_FUNCTIONS,
	VGPUS,
	SECTION_KEYS,
};

/* The keys of an entry of vgpus. */
enum vgpu_key {
	VGPU_TYPE,
	VGPU_COUNT,
	VGPU_FUNCTIONS,
	VGPU_PARAMS,
	VGPU_KEYS,
};

/* The nine keys of filteredGpus; every one that is given must match. */
enum filter_key {
	FILTER_DOMAIN,
	FILTER_BUS,
	FILTER_SLOT,
	FILTER_FUNCTION,
	FILTER_VENDOR_ID,
	FILTER_DEVICE_ID,
	FILTER_SUBVENDOR_ID,
	FILTER_SUBDEVICE_ID,
	FILTER_IDENTIFIER, /* the driver's GPU id: domain << 16 | bus << 8 | slot (nvidia-rm-notes, section 4) */
	FILTER_KEYS,
};

/* The keys as the file has them. Those of a type are in type_keys. */
extern const char *const top_key_names[TOP_KEYS];
extern const char *const settings_key_names[SETTINGS_KEYS];
extern const char *const section_key_names[SECTION_KEYS];
extern const char *const vgpu_key_names[VGPU_KEYS];
extern const char *const filter_key_names[FILTER_KEYS];

/*
 * Finds a mapping's key in a short list of names. Returns -EINVAL for one that is not in it, with a mistake in the
 * report; meant (-1: nothing) also has the key that is only misspelt, and so does seen, as a bit for each.
 */
int key_find(const struct cursor *cursor, const struct node *mapping, const char *const *names, size_t n,
	     unsigned *seen, int *meant) _must_check_ _nonnull_all_;

/*
 * Finds a key of a type (an enum type_key) in the mapping whose keys have this prefix in type_keys ("" or
 * "virtDisplay."). Returns -EINVAL for one that is not in it, with a mistake in the report; the key that was meant is
 * not missing then.
 */
int key_find_type(const struct cursor *cursor, const char *prefix, struct type *type) _must_check_ _nonnull_all_;

/* Returns whether an unknown key was to be virtDisplay, so that what is in it can be judged. */
bool key_means_display(const char *word) _nonnull_all_;
