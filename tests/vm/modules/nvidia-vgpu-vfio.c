// SPDX-License-Identifier: GPL-2.0-only
/*
 * nvidia-vgpu-vfio: shows the driver's types through the real mdev core. The
 * vGPUs made from them exist, and do nothing.
 */
#include <linux/iommu.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "nvidia-vgpu-vfio.h"

struct shown_type {
	struct mdev_type mdev;		/* first: the core hands this back */
	struct nvidia_vgpu_type type;
	char sysfs_name[16];
	atomic_t created;
};

struct nvidia_vgpu_parent {
	struct mdev_parent mdev;
	unsigned int gpu;
	struct mdev_type **list;	/* what the core wants: pointers */
	struct shown_type *types;
	unsigned int n;
};

static struct shown_type *to_shown(struct mdev_type *mdev)
{
	return container_of(mdev, struct shown_type, mdev);
}

/* As VFIO gives to devices without an IOMMU of their own; libvirt wants one. */
static int join_group(struct device *dev)
{
	struct iommu_group *group = iommu_group_alloc();
	int r;

	if (IS_ERR(group))
		return PTR_ERR(group);
	r = iommu_group_add_device(group, dev);
	iommu_group_put(group);
	return r;
}

static int vgpu_probe(struct mdev_device *mdev)
{
	struct nvidia_vgpu_parent *parent = container_of(mdev->type->parent, struct nvidia_vgpu_parent, mdev);
	struct shown_type *shown = to_shown(mdev->type);
	int r = -EUSERS;

	if (atomic_inc_return(&shown->created) <= shown->type.max_instance)
		r = nvidia_vgpu_may_start(parent->gpu, shown->type.id) ?: join_group(&mdev->dev);
	if (r < 0)
		atomic_dec(&shown->created);
	return r;
}

static void vgpu_remove(struct mdev_device *mdev)
{
	iommu_group_remove_device(&mdev->dev);
	atomic_dec(&to_shown(mdev->type)->created);
}

static unsigned int vgpu_available(struct mdev_type *mdev)
{
	struct shown_type *shown = to_shown(mdev);

	return shown->type.max_instance - atomic_read(&shown->created);
}

static ssize_t vgpu_description(struct mdev_type *mdev, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_shown(mdev)->type.description);
}

static struct mdev_driver vgpu_driver = {
	.device_api = "vfio-pci",
	.probe = vgpu_probe,
	.remove = vgpu_remove,
	.get_available = vgpu_available,
	.show_description = vgpu_description,
	.driver = {
		.name = "nvidia-vgpu-vfio",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
};

static void free_parent(struct nvidia_vgpu_parent *parent)
{
	if (!parent)
		return;

	kvfree(parent->types);
	kvfree(parent->list);
	kfree(parent);
}

static void fill_type(struct shown_type *shown,
		      const struct nvidia_vgpu_type *type)
{
	shown->type = *type;
	snprintf(shown->sysfs_name, sizeof(shown->sysfs_name), "%u", type->id);
	/* The core puts the parent's driver before it: nvidia-531. */
	shown->mdev.sysfs_name = shown->sysfs_name;
	shown->mdev.pretty_name = shown->type.name;
}

static struct nvidia_vgpu_parent *
new_parent(const struct nvidia_vgpu_type *types, unsigned int n)
{
	struct nvidia_vgpu_parent *parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	unsigned int i;

	if (!parent)
		return NULL;

	parent->list = kvcalloc(n, sizeof(*parent->list), GFP_KERNEL);
	parent->types = kvcalloc(n, sizeof(*parent->types), GFP_KERNEL);
	if (!parent->list || !parent->types) {
		free_parent(parent);
		return NULL;
	}

	parent->n = n;
	for (i = 0; i < n; i++) {
		fill_type(&parent->types[i], &types[i]);
		parent->list[i] = &parent->types[i].mdev;
	}
	return parent;
}

static struct nvidia_vgpu_parent *show(struct device *dev, unsigned int gpu,
				       const struct nvidia_vgpu_type *types,
				       unsigned int n)
{
	struct nvidia_vgpu_parent *parent = new_parent(types, n);
	int r;

	if (!parent)
		return NULL;

	parent->gpu = gpu;
	r = mdev_register_parent(&parent->mdev, dev, &vgpu_driver,
				 parent->list, n);
	if (r < 0) {
		dev_err(dev, "cannot become an mdev parent: %d\n", r);
		free_parent(parent);
		return NULL;
	}
	return parent;
}

static void hide(struct nvidia_vgpu_parent *parent)
{
	mdev_unregister_parent(&parent->mdev);
	free_parent(parent);
}

static bool same(const struct nvidia_vgpu_parent *parent,
		 const struct nvidia_vgpu_type *types, unsigned int n)
{
	unsigned int i;

	if (parent->n != n)
		return false;
	for (i = 0; i < n; i++)
		if (memcmp(&parent->types[i].type, &types[i], sizeof(types[i])))
			return false;
	return true;
}

static unsigned int created(const struct nvidia_vgpu_parent *parent)
{
	unsigned int i, sum = 0;

	for (i = 0; i < parent->n; i++)
		sum += atomic_read(&parent->types[i].created);
	return sum;
}

static const struct nvidia_vgpu_vfio_ops ops = {
	.show = show,
	.hide = hide,
	.same = same,
	.created = created,
};

static int __init nvidia_vgpu_vfio_init(void)
{
	int r = mdev_register_driver(&vgpu_driver);

	if (!r)
		nvidia_vgpu_vfio_set_ops(&ops);
	return r;
}

static void __exit nvidia_vgpu_vfio_exit(void)
{
	nvidia_vgpu_vfio_set_ops(NULL);
	mdev_unregister_driver(&vgpu_driver);
}

module_init(nvidia_vgpu_vfio_init);
module_exit(nvidia_vgpu_vfio_exit);
MODULE_DESCRIPTION("simulated vGPUs over the real mdev core");
MODULE_LICENSE("GPL");
