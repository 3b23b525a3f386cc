/* SPDX-License-Identifier: GPL-2.0-only */
/* RM status codes as words. Names and meanings: NVIDIA's open-gpu-kernel-modules, nvstatuscodes.h (MIT). */
#pragma once

#include <stdint.h>

#include "base/macro.h"

#define NV_OK 0x00u
#define NV_ERR_BUSY_RETRY 0x03u
#define NV_ERR_INSUFFICIENT_PERMISSIONS 0x1bu
#define NV_ERR_INVALID_ARGUMENT 0x1fu
#define NV_ERR_INVALID_PARAM_STRUCT 0x3au
#define NV_ERR_INVALID_STATE 0x40u
#define NV_ERR_NOT_SUPPORTED 0x56u
#define NV_ERR_OBJECT_NOT_FOUND 0x57u
#define NV_ERR_TIMEOUT_RETRY 0x66u

/* Returns the number that a status of a driver's release has in the newest one; the lookups below take that. */
uint32_t nv_status_newest(uint32_t status, const char *release) _nonnull_all_;

/* Returns a status' name, "NV_ERR_NOT_SUPPORTED"; NULL for a number no known release has. */
const char *nv_status_name(uint32_t status);

/* Returns what it means, for people; NULL where the name is not known. */
const char *nv_status_meaning(uint32_t status);
