/* SPDX-License-Identifier: GPL-2.0-only */
/* What a section says of virtual functions: how many are switched on, and which types they get. */
#pragma once

#include <stdint.h>

#include "config/cursor.h"

/* virtualFunctions: all. The bound is far above the 64 that any GPU's driver has; of a list of them as well. */
#define VIRTUAL_FUNCTIONS_ALL UINT32_MAX
#define VIRTUAL_FUNCTIONS_MAX 256

/* Bounds of a type's name and of params, in bytes; sysfs takes a page, the driver tells where its own bound is. */
#define VGPU_TYPE_MAX 127
#define VGPU_PARAMS_MAX 1023

/* A type for some functions, where the vendor's own VFIO makes the vGPUs: an entry of vgpus. */
struct vgpu {
	struct location location, type_location;
	char *path;          /* gpus[0].vgpus[1], for messages */
	char *type;          /* its name; NULL: number is it */
	uint64_t number;
	uint64_t count;      /* how many functions get it; 0: those in functions do */
	uint64_t *functions; /* each the N of virtfnN */
	size_t n_functions;
	char *params;        /* NULL: none */
};

struct vgpu_list {
	struct vgpu *items;
	size_t n;
};

/* Reads virtualFunctions: VIRTUAL_FUNCTIONS_ALL or a number. 0 or -EINVAL with a mistake in the report. */
int vgpus_read_number(const struct cursor *cursor, uint64_t *ret) _must_check_ _nonnull_all_;

/* Reads vgpus, also after a mistake: what is well-formed is in *ret. 0 or -EINVAL with mistakes in the report. */
int vgpus_read(const struct cursor *list, struct vgpu_list *ret) _must_check_ _nonnull_all_;

/* Returns whether two entries name one function, and which. */
bool vgpu_shares_function(const struct vgpu *a, const struct vgpu *b, uint64_t *ret) _must_check_ _nonnull_all_;

/* Formats the type as the file has it: its name in quotes, or its number. Returns text. */
const char *vgpu_type_text(const struct vgpu *vgpu, char *text, size_t size) _nonnull_all_;

void vgpu_list_done(struct vgpu_list *list);
