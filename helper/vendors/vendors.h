/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendors that the program knows: a row each. */
#pragma once

#include "vendors/vendor.h"

/* Returns the vendor of a kernel driver, NULL where there is no backend for it. */
const struct vendor *vendor_for_driver(const char *driver) _nonnull_all_;

/* Returns how a kernel driver's virtual functions are switched on, NULL for a driver that nothing is known of. */
const struct functions_backend *functions_backend(const char *driver) _nonnull_all_;

/* Returns the vendor of a module, by its name in either spelling (nvidia-vgpu-vfio, nvidia_vgpu_vfio), or NULL. */
const struct vendor *vendor_for_module(const char *module) _nonnull_all_;

/* Returns the vendor of a daemon, see vendor.daemon; NULL: it is nobody's. */
const struct vendor *vendor_for_daemon(const char *name) _nonnull_all_;

/* Returns the vendor of a GPU, by its PCI vendor ID; NULL where there is no backend for its GPUs. */
const struct vendor *vendor_for_pci(uint16_t id);

/* Returns the vendor of a folder of the catalog, "Nvidia"; NULL where there is no backend for its GPUs. */
const struct vendor *vendor_for_folder(const char *name) _nonnull_all_;

/* Finds the most that any driver of any vendor takes, for a profile that may be for each of them. */
void vendors_widest(struct limits *ret) _nonnull_all_;

/* Calls insist() of every vendor that has it, for a line of the settings. */
void vendors_insist(const char *release, const struct insisted *by, struct diagnostics *diag) _nonnull_all_;

/* Calls the vendor's lint(), or that of every vendor for a profile that may be for each of them (NULL). */
void vendors_lint(const struct vendor *vendor, const struct type_list *types, const struct device *device,
		  struct diagnostics *diag) _nonnull_(2, 4);
