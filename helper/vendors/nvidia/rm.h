/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RM's system calls. Numbers and structures are the same in all releases from 510 to 595 (nvidia-rm-abi.json);
 * abi.c has what differs.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/pci.h"

/* Classes. */
#define RM_CLASS_ROOT 0x41u
#define RM_CLASS_DEVICE 0x80u
#define RM_CLASS_SUBDEVICE 0x2080u
#define RM_CLASS_VGPU_CONFIG 0xa081u

/* Control commands, on the object they are sent to. */
#define RM_CLIENT_ID_INFO 0x205u
#define RM_DEVICE_VIRTUALIZATION_MODE 0x800289u
#define RM_SUBDEVICE_FB_INFO 0x20801301u
#define RM_VGPU_SET_INFO 0xa0810101u
#define RM_VGPU_ENUMERATE 0xa0810102u
#define RM_VGPU_TYPE_INFO 0xa0810103u
#define RM_VGPU_SUPPORTED_TYPES 0xa0810104u
#define RM_VGPU_PUBLISH 0xa0810109u /* MDEV_REGISTER up to 545, UPDATE_PGPU_INFO since */
#define RM_VGPU_SET_PGPU_INFO 0xa0810119u

/* Parameters that are the same in all releases: of RM_CLIENT_ID_INFO, of a device, and of RM_SUBDEVICE_FB_INFO with its list. */
struct rm_id_info {
	uint32_t gpu_id, flags, device_instance, subdevice_instance, sli_status, board_id, gpu_instance, numa_id;
};
_Static_assert(sizeof(struct rm_id_info) == 32, "NV0000_CTRL_GPU_GET_ID_INFO_V2_PARAMS");

struct rm_device_params {
	uint32_t device_id, rest[13];
};
_Static_assert(sizeof(struct rm_device_params) == 56, "NV0080_ALLOC_PARAMETERS");

struct rm_fb_entry {
	uint32_t index, data;
};

struct rm_fb_info {
	uint32_t n, padding;
	uint64_t entries;
};
_Static_assert(sizeof(struct rm_fb_info) == 16, "NV2080_CTRL_FB_GET_INFO_PARAMS");

#define RM_FB_TOTAL_RAM_SIZE 8

/* The system's refusal and the RM's are different failures. Both 0: done. */
struct rm_result {
	int err;         /* negative errno: the call did not reach the RM */
	uint32_t status; /* nvidia/status.h */
};

static inline bool rm_ok(struct rm_result r)
{
	return r.err == 0 && r.status == 0;
}

/* The driver's numbers for a GPU. */
struct rm_card {
	uint32_t gpu_id, minor;
};

/* Reads the kernel driver's release; version[0] = 0 where it does not tell (up to 525). */
struct rm_result rm_version(int ctl, char version[64]) _must_check_ _nonnull_all_;

/* Finds a GPU by PCI address. err is -ENODEV when the driver has none there. */
struct rm_result rm_find_card(int ctl, const struct pci_address *address, struct rm_card *ret)
	_must_check_ _nonnull_all_;

/* Returns why the driver could not initialise a GPU whose node open() answered EIO; NV_OK where it does not tell. */
uint32_t rm_adapter_status(int ctl, const struct pci_address *address) _must_check_ _nonnull_all_;

/*
 * Makes an object below parent (both 0 for a root) and lets the kernel choose its handle. params may be NULL. Transient
 * statuses are tried again, bounded; so in rm_control().
 */
struct rm_result rm_alloc(int ctl, uint32_t client, uint32_t parent, uint32_t class, void *params, uint32_t *handle)
	_must_check_ _nonnull_(6);

/* Sends a command to an object; NULL and 0 where it has no parameters. */
struct rm_result rm_control(int ctl, uint32_t client, uint32_t object, uint32_t command, void *params, size_t size)
	_must_check_;

/* Frees a client and everything below it. */
struct rm_result rm_free_client(int ctl, uint32_t client);
