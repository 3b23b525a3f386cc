// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vendor's VFIO: files by which a virtual function gets a type, and the
 * device that a VM opens then, which here does nothing. Which type a function
 * can have is the simulated resource manager's to say (rm-function.c).
 *
 * The files come and go under the lock of nvidia-parents.c, and their contents
 * have a lock of their own: removing a file waits for whoever reads it.
 */
#include <linux/cdev.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/version.h>

#include "nvidia.h"

#define PARAMS_LEN 1024	/* the real bound is not known */
#define MAX_VFS 256

struct nvidia_vf {
	struct list_head list;
	struct pci_dev *pdev;
	unsigned int gpu;
	int number;			/* N of vfioN */
	u32 type;
	unsigned int opens;		/* of its vfio device */
	char params[PARAMS_LEN];
};

static DEFINE_MUTEX(lock);
static LIST_HEAD(vfs);
static DEFINE_IDA(numbers);
static dev_t first;
static struct cdev cdev;

static struct nvidia_vf *find(struct device *dev)
{
	struct nvidia_vf *vf;

	list_for_each_entry(vf, &vfs, list)
		if (&vf->pdev->dev == dev)
			return vf;
	return NULL;
}

/* Why a type cannot be had by another function of this GPU now. Under both locks. */
static u32 status_of(const struct nvidia_vf *vf, u32 id)
{
	static u32 types[MAX_VFS];
	struct rm_assigned assigned = { .gpu = vf->gpu, .type = types };
	struct nvidia_vf *sibling;

	list_for_each_entry(sibling, &vfs, list)
		if (sibling->gpu == vf->gpu && assigned.count < MAX_VFS)
			types[assigned.count++] = sibling->type;
	return rm_assign_status(nvidia_rm, &assigned, id);
}

/* "ID : name" under a header, and only what can be created on this function now. */
static int list_creatable(const struct nvidia_vf *vf, char *buf)
{
	int n = sysfs_emit(buf, "ID    : vGPU Name\n");
	struct rm_type_view view;
	unsigned int i;

	mutex_lock(&nvidia_rm_lock);
	for (i = 0; !vf->type && !rm_visible_get(nvidia_rm, vf->gpu, i, &view); i++)
		if (!status_of(vf, view.id))
			n += sysfs_emit_at(buf, n, "%-6u: %s\n", view.id, view.name);
	mutex_unlock(&nvidia_rm_lock);
	return n;
}

static ssize_t creatable_vgpu_types_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct nvidia_vf *vf;
	ssize_t n;

	mutex_lock(&lock);
	vf = find(dev);
	n = vf ? list_creatable(vf, buf) : -ENODEV;
	mutex_unlock(&lock);
	return n;
}
static DEVICE_ATTR_RO(creatable_vgpu_types);

static ssize_t current_vgpu_type_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct nvidia_vf *vf;
	ssize_t n;

	mutex_lock(&lock);
	vf = find(dev);
	n = vf ? sysfs_emit(buf, "%u\n", vf->type) : -ENODEV;
	mutex_unlock(&lock);
	return n;
}

static int clear_type(struct nvidia_vf *vf)
{
	if (!vf->type || vf->opens)
		return -EPERM;
	vf->type = 0;
	vf->params[0] = '\0';
	return 0;
}

/* Whatever the resource manager says is EIO, and the status is only in the kernel's log. */
static int set_type(struct nvidia_vf *vf, u32 id)
{
	u32 status;

	if (!id)
		return clear_type(vf);
	if (vf->type)
		return -EPERM;
	mutex_lock(&nvidia_rm_lock);
	status = status_of(vf, id);
	mutex_unlock(&nvidia_rm_lock);
	if (status) {
		pr_err("NVRM: Failed to add vgpu create request: 0x%x\n", status);
		return -EIO;
	}
	vf->type = id;
	return 0;
}

static ssize_t current_vgpu_type_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t len)
{
	struct nvidia_vf *vf;
	u32 id;
	int r = kstrtou32(buf, 10, &id);

	if (r < 0)
		return r;
	mutex_lock(&lock);
	vf = find(dev);
	r = vf ? set_type(vf, id) : -ENODEV;
	mutex_unlock(&lock);
	return r < 0 ? r : len;
}
static DEVICE_ATTR_RW(current_vgpu_type);

static ssize_t vgpu_params_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct nvidia_vf *vf;
	ssize_t n;

	mutex_lock(&lock);
	vf = find(dev);
	n = vf && vf->type ? sysfs_emit(buf, "%s\n", vf->params) : -ENXIO;
	mutex_unlock(&lock);
	return n;
}

static int set_params(struct nvidia_vf *vf, const char *text, size_t len)
{
	if (!vf->type)
		return -ENXIO;
	if (vf->opens)
		return -EPERM;
	if (len >= sizeof(vf->params))
		return -E2BIG;
	memcpy(vf->params, text, len + 1);
	strim(vf->params);
	return 0;
}

static ssize_t vgpu_params_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t len)
{
	struct nvidia_vf *vf;
	int r;

	mutex_lock(&lock);
	vf = find(dev);
	r = vf ? set_params(vf, buf, len) : -ENODEV;
	mutex_unlock(&lock);
	return r < 0 ? r : len;
}
static DEVICE_ATTR_RW(vgpu_params);

static struct attribute *attributes[] = {
	&dev_attr_creatable_vgpu_types.attr,
	&dev_attr_current_vgpu_type.attr,
	&dev_attr_vgpu_params.attr,
	NULL
};

static const struct attribute_group group = {
	.name = "nvidia",
	.attrs = attributes,
};

/* ------------------------------------------------- what a VM opens */

static int vfio_open(struct inode *inode, struct file *file)
{
	struct nvidia_vf *vf;
	int r = -ENODEV;

	mutex_lock(&lock);
	list_for_each_entry(vf, &vfs, list)
		if (vf->number == iminor(inode) && vf->type) {
			vf->opens++;
			r = 0;
		}
	mutex_unlock(&lock);
	return r;
}

static int vfio_release(struct inode *inode, struct file *file)
{
	struct nvidia_vf *vf;

	mutex_lock(&lock);
	list_for_each_entry(vf, &vfs, list)
		if (vf->number == iminor(inode) && vf->opens)
			vf->opens--;
	mutex_unlock(&lock);
	return 0;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = vfio_open,
	.release = vfio_release,
};

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
static char *devnode(struct device *dev, umode_t *mode)
#else
static char *devnode(const struct device *dev, umode_t *mode)
#endif
{
	return kasprintf(GFP_KERNEL, "vfio/devices/%s", dev_name(dev));
}

/* The name that VFIO's own class has: so it lies in the function's folder as vfio-dev/vfioN. */
static struct class class = {
	.name = "vfio-dev",
	.devnode = devnode,
};

struct nvidia_vf *nvidia_vf_show(struct pci_dev *pdev, unsigned int gpu)
{
	struct nvidia_vf *vf = kzalloc(sizeof(*vf), GFP_KERNEL);

	if (!vf)
		return NULL;
	vf->pdev = pdev;
	vf->gpu = gpu;
	vf->number = ida_alloc_max(&numbers, MAX_VFS - 1, GFP_KERNEL);
	if (vf->number < 0) {
		kfree(vf);
		return NULL;
	}
	mutex_lock(&lock);
	list_add_tail(&vf->list, &vfs);
	mutex_unlock(&lock);
	device_create(&class, &pdev->dev, first + vf->number, NULL, "vfio%d", vf->number);
	if (sysfs_create_group(&pdev->dev.kobj, &group) == 0)
		return vf;
	pci_err(pdev, "no files for its type\n");
	nvidia_vf_hide(vf);
	return NULL;
}

void nvidia_vf_hide(struct nvidia_vf *vf)
{
	sysfs_remove_group(&vf->pdev->dev.kobj, &group);
	device_destroy(&class, first + vf->number);
	mutex_lock(&lock);
	list_del(&vf->list);
	mutex_unlock(&lock);
	ida_free(&numbers, vf->number);
	kfree(vf);
}

int nvidia_vfio_init(void)
{
	int r;

	if (!nvidia_vendor_vfio)
		return 0;
	r = alloc_chrdev_region(&first, 0, MAX_VFS, "vfio");
	if (r < 0)
		return r;
	cdev_init(&cdev, &fops);
	r = cdev_add(&cdev, first, MAX_VFS);
	if (!r)
		r = class_register(&class);
	if (r < 0) {
		cdev_del(&cdev);
		unregister_chrdev_region(first, MAX_VFS);
	}
	return r;
}

void nvidia_vfio_exit(void)
{
	if (!nvidia_vendor_vfio)
		return;
	class_unregister(&class);
	cdev_del(&cdev);
	unregister_chrdev_region(first, MAX_VFS);
}
