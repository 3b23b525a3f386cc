/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration tree: which files are for a GPU. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "config/profile.h"
#include "model/diagnostics.h"
#include "system/device.h"

/* The files that were found for a GPU. */
struct selection {
	char *folder;              /* the architecture folder, "Nvidia/Pascal"; NULL: a local file, or nothing fits */
	char **files;              /* NULL-terminated, the files that define its types */
	struct profile **profiles; /* one for each file */
	size_t n;
	bool selected;             /* a section is for the GPU, though it may define no types; each that is is marked */
};

/*
 * Finds a GPU's profiles below the configuration folder: generate-vgpu-types.yaml where one of its entries selects the
 * GPU; without it, or where these entries only tell of virtual functions, all profiles of the architecture folder of
 * vendor_folder ("Nvidia") that fits most closely. Reads nothing of another vendor. Adds mistakes to diag. Returns 0, or the
 * negative errno of a mistake with *ret untouched.
 * takes_types: the GPU's driver can be given types. strict: see file.h.
 */
int catalog_select(const char *vendor_folder, const struct device *device, bool takes_types, bool strict,
		   struct diagnostics *diag, struct selection *ret) _must_check_ _nonnull_all_;

/* Loads the administrator's file, whichever GPUs it is for; an empty selection where there is none. Same returns. */
int catalog_local_file(bool strict, struct diagnostics *diag, struct selection *ret) _must_check_ _nonnull_all_;

/* Returns whether there is a configuration tree, whatever is in it. */
bool catalog_is_there(void) _must_check_;

/*
 * Finds the architecture folder of vendor_folder that is for a GPU, "Nvidia/Pascal", whatever its profiles say; NULL
 * where none is. To be freed. Same returns.
 */
int catalog_folder(const char *vendor_folder, const struct device *device, bool strict, struct diagnostics *diag,
		   char **ret)
	_must_check_ _nonnull_all_;

/* Loads one file that was named instead. Same returns. */
int catalog_select_file(const char *path, const struct device *device, bool takes_types, bool strict,
			struct diagnostics *diag, struct selection *ret) _must_check_ _nonnull_all_;

void selection_done(struct selection *selection);

/*
 * Finds the pattern that comes closest to a GPU which no folder of its vendor is for: "10de:1b38 (FILE:LINE:COLUMN)",
 * to be freed; *ret is untouched where there is none.
 */
void catalog_nearest(const char *vendor_folder, const struct device *device, char **ret) _nonnull_all_;

/* Returns whether a file name in an architecture folder is a profile's: .yaml, .yml, .json, and not devices.yaml. */
bool catalog_is_profile(const char *name) _nonnull_all_;

/* Returns whether a file name is that of the administrator's own file. */
bool catalog_is_local(const char *name) _nonnull_all_;

/* Returns whether a file name is that of a list of patterns. */
bool catalog_is_devices(const char *name) _nonnull_all_;
