/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendors that the program knows: a row each. */
#pragma once

#include "vendors/vendor.h"

/* The vendor of a kernel driver, NULL where there is no backend for it. */
const struct vendor *vendor_for_driver(const char *driver);

/* The vendor that a module belongs to, by its name in either spelling (nvidia-vgpu-vfio, nvidia_vgpu_vfio), or NULL. */
const struct vendor *vendor_for_module(const char *module);

/* The vendor of a GPU, by its PCI vendor ID; NULL where there is no backend for its GPUs. */
const struct vendor *vendor_for_pci(uint16_t id);

/* The vendor of a folder of the catalog, "Nvidia"; NULL where there is no backend for its GPUs. */
const struct vendor *vendor_for_folder(const char *name);

/* The most that any driver of any vendor takes, for a profile that may be for each of them. */
void vendors_widest(struct limits *ret);

/* The vendor's lint(), or those of all vendors for a profile that may be for each of them (NULL). */
void vendors_lint(const struct vendor *vendor, const struct type_list *types, const struct device *device, struct diagnostics *diag);
