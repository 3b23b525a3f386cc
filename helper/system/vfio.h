/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vendor's own VFIO files, which take mdev's place from kernel 6.8 on: the nvidia/ folder of a virtual function
 * (vendor-vfio.md, 2 and 3). Functions are named by their paths in sysfs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

struct vfio_offer {
	uint64_t number;
	char *name;
};

/* What a function can be made at the moment. */
struct vfio_offers {
	struct vfio_offer *items;
	size_t n;
	bool cut; /* the file is a page long: there may be more types than it lists */
};

/*
 * Reads creatable_vgpu_types in either of the forms that are printed: "1147  : NVIDIA L40S-1Q" below a heading, or
 * "NVIDIA L40S-1Q   1147". Other lines are skipped, so is the last one of a page that is cut in it. 0 or a negative errno.
 */
int vfio_read_offers(const char *function, struct vfio_offers *ret) _must_check_ _nonnull_all_;

/* Returns the offer of a number, NULL where there is none. */
const struct vfio_offer *vfio_find_offer(const struct vfio_offers *offers, uint64_t number) _nonnull_all_;

void vfio_offers_done(struct vfio_offers *offers);

/* Returns whether a function has these files. */
bool vfio_is_there(const char *function) _nonnull_all_;

/* Reads the number of the type that a function is a vGPU of, 0 for none. 0 or a negative errno with *ret untouched. */
int vfio_read_type(const char *function, uint64_t *ret) _must_check_ _nonnull_all_;

/* Writes it; 0 takes the vGPU away. 0 or the driver's errno: what became of it tells vfio_read_type(). */
int vfio_write_type(const char *function, uint64_t number) _must_check_ _nonnull_all_;

/* Writes the parameters of a vGPU, which are lost with it. 0 or the driver's errno. */
int vfio_write_params(const char *function, const char *params) _must_check_ _nonnull_all_;

/* Reads them back into text of FILE_LINE_MAX bytes. 0 or a negative errno. */
int vfio_read_params(const char *function, char *text, size_t size) _must_check_ _nonnull_all_;
