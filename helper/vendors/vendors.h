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

/* Walks the table: NULL gives the first one, the last one gives NULL. */
const struct vendor *vendor_next(const struct vendor *vendor);
