/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PCI IDs under which guests know a vGPU (vDevId), as NVIDIA's open-gpu-kernel-modules 595 lists them
 * (g_vgpu_chip_flags.h and the names of released devices, MIT). Pure data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct guest_id {
	uint16_t device, subsystem;
	char name[39];
};

/* "GRID P40-1Q"; NULL where no vGPU has this ID. */
const char *guest_id_name(uint16_t device, uint16_t subsystem);

/* Whether a subsystem is that of a board with this chip: one that hosts vGPUs, and so no vGPU. */
bool guest_id_is_board(uint16_t device, uint16_t subsystem);

/* Whether any vGPU of this device is listed; of older ones none is. */
bool guest_id_device_known(uint16_t device);
