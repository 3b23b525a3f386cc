/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the nvidia module and nvidia-vgpu-vfio know of each other: the former
 * owns the types, the latter shows them through the kernel's mdev core.
 */
#ifndef NVIDIA_VGPU_VFIO_H
#define NVIDIA_VGPU_VFIO_H

#include <linux/device.h>

struct nvidia_vgpu_type {
	u32 id;
	u32 max_instance;
	char name[64];
	char description[192];
};

struct nvidia_vgpu_parent;

struct nvidia_vgpu_vfio_ops {
	/* Makes dev a parent with these types of a GPU; they are copied. */
	struct nvidia_vgpu_parent *(*show)(struct device *dev, unsigned int gpu,
					   const struct nvidia_vgpu_type *types,
					   unsigned int n);
	void (*hide)(struct nvidia_vgpu_parent *parent);
	bool (*same)(const struct nvidia_vgpu_parent *parent,
		     const struct nvidia_vgpu_type *types, unsigned int n);
	/* vGPUs that were created from the parent's types. */
	unsigned int (*created)(const struct nvidia_vgpu_parent *parent);
};

/* NULL: nvidia-vgpu-vfio is leaving. */
void nvidia_vgpu_vfio_set_ops(const struct nvidia_vgpu_vfio_ops *ops);

/* 0, or -EIO: the resource manager takes no more vGPUs of this type. */
int nvidia_vgpu_may_start(unsigned int gpu, u32 type);

#endif
