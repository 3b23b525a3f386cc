/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/nvidiactl and /dev/nvidiaN. The driver has no device class, so user space has to make its nodes
 * (nvidia-rm-notes, section 1).
 */
#pragma once

#include "base/macro.h"
#include "system/device.h"

#define NODE_MAJOR 195 /* NVIDIA's in the kernel's list of devices */
#define NODE_MINOR_CONTROL 255
#define NODE_PATH_SIZE 32

/* Reads a GPU's minor, which the driver tells everybody in /proc. 0 or a negative errno. */
int node_minor(const struct device *gpu, unsigned *ret) _must_check_ _nonnull_all_;

/*
 * Opens the node of a minor, /dev/nvidiactl for NODE_MINOR_CONTROL, and makes it before where it is missing, with the
 * owner and mode that the driver's own params file asks for. Returns a descriptor (O_RDWR, O_CLOEXEC, blocking) or a
 * negative errno: -ENXIO when the driver has no character device, -ENOENT when the node is missing and
 * ModifyDeviceFiles forbids to make it, -EMEDIUMTYPE when something else stands in its place, -ETIMEDOUT at the
 * deadline.
 */
int node_open(unsigned minor) _must_check_;

/*
 * Checks what node_open() would find, without opening or making it, and always tells its path. Returns 0, it is there;
 * 1, it is missing, or not finished, and would be made; or the negative errno as above.
 */
int node_check(unsigned minor, char path[NODE_PATH_SIZE]) _must_check_ _nonnull_all_;
