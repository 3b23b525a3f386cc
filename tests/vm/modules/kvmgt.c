// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmgt: GVT-g's types through the real mdev core. Which of the four there are
 * follows from the aperture, as in the real module: the host keeps 128 MiB of
 * it. The vGPUs made from them exist, and do nothing.
 */
#include <linux/delay.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "i915.h"

#define HOST_MIB 128

static unsigned int start_ms;
module_param(start_ms, uint, 0444);
MODULE_PARM_DESC(start_ms, "how long the module takes to start");

static const struct size {
	unsigned int share, low_mib;
} sizes[] = {
	{ 8, 64 },
	{ 4, 128 },
	{ 2, 256 },
	{ 1, 512 },
};

struct type {
	struct mdev_type mdev;	/* first: the core hands this back */
	const struct size *size;
	char name[16];
};

struct parent {
	struct mdev_parent mdev;
	struct mdev_type *list[ARRAY_SIZE(sizes)];
	struct type types[ARRAY_SIZE(sizes)];
	unsigned int free_mib;
};

static struct type *to_type(struct mdev_type *mdev)
{
	return container_of(mdev, struct type, mdev);
}

static struct parent *to_parent(struct mdev_type *mdev)
{
	return container_of(mdev->parent, struct parent, mdev);
}

static int vgpu_probe(struct mdev_device *mdev)
{
	struct parent *parent = to_parent(mdev->type);
	unsigned int low_mib = to_type(mdev->type)->size->low_mib;

	if (parent->free_mib < low_mib)
		return -ENOSPC;
	parent->free_mib -= low_mib;
	return 0;
}

static void vgpu_remove(struct mdev_device *mdev)
{
	to_parent(mdev->type)->free_mib += to_type(mdev->type)->size->low_mib;
}

static unsigned int vgpu_available(struct mdev_type *mdev)
{
	return to_parent(mdev)->free_mib / to_type(mdev)->size->low_mib;
}

static struct mdev_driver vgpu_driver = {
	.device_api = "vfio-pci",
	.probe = vgpu_probe,
	.remove = vgpu_remove,
	.get_available = vgpu_available,
	.driver = {
		.name = "intel_vgpu_mdev",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
};

static unsigned int fill_types(struct parent *parent, unsigned int version)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes) && sizes[i].low_mib <= parent->free_mib; i++) {
		struct type *type = &parent->types[i];

		type->size = &sizes[i];
		snprintf(type->name, sizeof(type->name), "GVTg_V%u_%u", version, sizes[i].share);
		/* The core puts the parent's driver before it: i915-GVTg_V5_8. */
		type->mdev.sysfs_name = type->name;
		parent->list[i] = &type->mdev;
	}
	return i;
}

static void *show(struct pci_dev *pdev, const struct i915_gvt *gvt)
{
	struct parent *parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	unsigned int n;
	int r;

	if (!parent)
		return NULL;
	parent->free_mib = gvt->aperture_mib - min(gvt->aperture_mib, HOST_MIB + 0U);
	n = fill_types(parent, gvt->version);
	r = mdev_register_parent(&parent->mdev, &pdev->dev, &vgpu_driver,
				 parent->list, n);
	if (r < 0) {
		pci_err(pdev, "cannot become an mdev parent: %d\n", r);
		kfree(parent);
		return NULL;
	}
	return parent;
}

static void hide(void *shown)
{
	struct parent *parent = shown;

	mdev_unregister_parent(&parent->mdev);
	kfree(parent);
}

static const struct i915_gvt_ops ops = {
	.show = show,
	.hide = hide,
};

static int __init kvmgt_init(void)
{
	int r;

	if (start_ms)
		msleep(start_ms);
	r = mdev_register_driver(&vgpu_driver);
	if (!r)
		i915_gvt_set_ops(&ops);
	return r;
}

static void __exit kvmgt_exit(void)
{
	i915_gvt_set_ops(NULL);
	mdev_unregister_driver(&vgpu_driver);
}

module_init(kvmgt_init);
module_exit(kvmgt_exit);
MODULE_DESCRIPTION("simulated GVT-g over the real mdev core");
MODULE_LICENSE("GPL");
