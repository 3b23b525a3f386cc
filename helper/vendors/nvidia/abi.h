/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The differences between driver releases, as data: one row for each run of releases with one layout. Measured from
 * NVIDIA's open-gpu-kernel-modules (MIT), releases 525.47.04 to 610.57.04; 510.47.03 as Mdev-GPU and GVM-user spoke it.
 * The only place where an offset stands.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"

/* The members of NVA081_CTRL_VGPU_INFO that are sent, compared or read. */
enum info_field {
	INFO_TYPE,
	INFO_NAME,
	INFO_CLASS,
	INFO_SIGNATURE,
	INFO_LICENSE,
	INFO_MAX_INSTANCE,
	INFO_NUM_HEADS,
	INFO_MAX_RESOLUTION_X,
	INFO_MAX_RESOLUTION_Y,
	INFO_MAX_PIXELS,
	INFO_FRL_CONFIG,
	INFO_CUDA_ENABLED,
	INFO_ECC_SUPPORTED,
	INFO_MULTI_VGPU_SUPPORTED,
	INFO_ENCODER_CAPACITY,
	INFO_VDEV_ID,
	INFO_PDEV_ID,
	INFO_PROFILE_SIZE,
	INFO_FB_LENGTH,
	INFO_GSP_HEAP_SIZE,
	INFO_MAPPABLE_VIDEO_SIZE,
	INFO_FB_RESERVATION,
	INFO_BAR1_LENGTH,
	INFO_FRL_ENABLE,
	/* No key is for these, but what is put back has them. */
	INFO_GPU_INSTANCE_SIZE, /* of MIG; 0: of the whole GPU */
	INFO_EXTRA_PARAMS,
	INFO_GPU_DIRECT_SUPPORTED,
	INFO_NVLINK_P2P_SUPPORTED,
	INFO_MULTI_VGPU_EXCLUSIVE,
	INFO_MAX_INSTANCE_PER_GI,
	/* These the driver computes. */
	INFO_PLACEMENT_SIZE, /* GiB */
	INFO_SENT_FIELDS = INFO_PLACEMENT_SIZE,
	INFO_PLACEMENT_COUNT, /* homogeneous: vGPUs of one type only */
	INFO_FIELDS,
};

/* Bytes in a parameter block; size 0: this layout has no such member. */
struct field {
	uint16_t offset, size;
};

/*
 * The info block stands at the same offsets in the parameters of SET_INFO (behind the discard byte at 0) and of
 * GET_TYPE_INFO (behind the type number at 0).
 */
struct info_layout {
	struct field fields[INFO_FIELDS];
};

/* GET_SUPPORTED_VGPU_TYPES. */
struct types_layout {
	uint16_t size;
	struct field gpu_instance; /* input from 575 on */
	struct field state;        /* vgpuConfigState of the last SET_INFO, 0 after one that failed */
	struct field count;
	struct field first; /* of count type numbers */
};

/* Releases with the same first number, and these second ones, both included. */
struct branch {
	uint16_t number, from, to;
};

struct abi {
	const char *first, *last; /* the oldest and the newest release that was measured */
	/*
	 * The releases that it holds for; none: for .first alone. Hosts run vGPU host releases, whose last number is not
	 * the public driver's but a little up or down (nvidia-rm-notes-2, section 1): no branch begins or ends at one.
	 */
	struct branch branches[2];
	const struct info_layout *info;
	struct field config_state;       /* in SET_INFO */
	uint16_t set_info_size;
	uint16_t type_info_size;         /* GET_TYPE_INFO; 0: this release's read calls are not known */
	const struct types_layout *types; /* NULL where not known */
	uint16_t enumerate_size;         /* ENUMERATE, count at 4; 0: not known */
	uint16_t virt_mode_size;
	bool has_pgpu_info;              /* SET_PGPU_INFO, fractional multi-vGPU */
	bool divides_by_places;          /* UPDATE_PGPU_INFO does, unchecked, on GB100 and later (notes-2, 2) */
	unsigned types_max;              /* types per GPU */
	unsigned instances_max;          /* vGPUs per GPU */
};

/* The offset of the number of active vGPUs, in both ENUMERATE layouts. */
#define ABI_ENUMERATE_COUNT 4

/*
 * Returns the row for a driver release, by its branch; NULL for one that was not measured: a guess would be silent
 * damage. Whether a driver really speaks it, the sizes of its read calls confirm.
 */
const struct abi *abi_find(const char *release) _nonnull_all_;

/*
 * Returns whether the layout of a row may be insisted on for a release. A known one speaks its own, and one of a known
 * branch that of its branch: sizes do not tell all layouts apart. A row without read calls, which cannot be tried
 * without changing anything, is for its own branch alone.
 */
bool abi_may_insist(const char *release, const struct abi *row) _nonnull_all_;

/* Finds the measured releases just below and above one that has no row, to insist on; either may become NULL. */
void abi_nearest(const char *release, const char **below, const char **above) _nonnull_all_;

/*
 * Returns another row that no size of its read calls tells from this one though its members lie elsewhere; NULL where
 * there is none.
 */
const struct abi *abi_ambiguous(const struct abi *row) _nonnull_all_;

/* Returns whether placement is computed once per load of the module: types that come later have none. */
bool abi_places_once(const char *release) _nonnull_all_;

/* Returns whether a driver of this release answers the question for its own release: since 530.30.02. */
bool abi_tells_release(const char *release) _nonnull_all_;

/* Walks all rows from the oldest on: NULL gives the first one, the last one gives NULL. */
const struct abi *abi_next(const struct abi *row);

/* Returns the newest row. */
const struct abi *abi_newest(void);
