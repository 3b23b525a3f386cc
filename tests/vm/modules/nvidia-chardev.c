// SPDX-License-Identifier: GPL-2.0-only
/*
 * Major 195, without a class: the kernel announces no device, so udev makes no
 * node. As with the real driver, whoever wants to talk makes it.
 */
#include <linux/fs.h>
#include <linux/module.h>

#include "nvidia.h"

static int chardev_open(struct inode *inode, struct file *file)
{
	struct rm_caller caller = nvidia_caller();
	int r;

	mutex_lock(&nvidia_rm_lock);
	r = nvidia_is_locked(iminor(inode)) ? -ENODEV : rm_open(nvidia_rm, &caller, iminor(inode));
	mutex_unlock(&nvidia_rm_lock);
	if (r < 0)
		return r;
	file->private_data = (void *)(unsigned long)r;
	return 0;
}

static unsigned int number(struct file *file)
{
	return (unsigned long)file->private_data;
}

static long chardev_ioctl(struct file *file, unsigned int request,
			  unsigned long arg)
{
	struct rm_caller caller = nvidia_caller();
	int r;

	mutex_lock(&nvidia_rm_lock);
	r = rm_ioctl(nvidia_rm, &caller, number(file), request, arg);
	mutex_unlock(&nvidia_rm_lock);
	nvidia_parents_sync(false);
	return r;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	struct rm_caller caller = nvidia_caller();

	mutex_lock(&nvidia_rm_lock);
	rm_close(nvidia_rm, &caller, number(file), current->flags & PF_EXITING);
	mutex_unlock(&nvidia_rm_lock);
	nvidia_parents_sync(true);
	return 0;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.unlocked_ioctl = chardev_ioctl,
	.release = chardev_release,
};

/* Somebody else's minor under the same major, as nvidia-modeset's is. */
static const struct file_operations nobody = {
	.owner = THIS_MODULE,
};

struct region {
	unsigned int first, count;
	const char *name;
	const struct file_operations *fops;
};

/* What /proc/devices says, by release. */
static const struct region until_535[] = {
	{ 0, 256, "nvidia-frontend", &fops },
	{ }
};

static const struct region since_545[] = {
	{ 254, 1, "nvidia-modeset", &nobody },
	{ 0, RM_MINOR_GPU_LAST + 1, "nvidia", &fops },
	{ RM_MINOR_CTL, 1, "nvidiactl", &fops },
	{ }
};

static const struct region *regions;

static void unregister_until(const struct region *end)
{
	const struct region *region;

	for (region = regions; region != end; region++)
		__unregister_chrdev(RM_MAJOR, region->first, region->count,
				    region->name);
}

int nvidia_chardev_init(const char *version)
{
	bool old = rm_release_number(version) < rm_release_number("545.0.0");
	const struct region *region;
	int r;

	regions = old ? until_535 : since_545;
	for (region = regions; region->count; region++) {
		r = __register_chrdev(RM_MAJOR, region->first, region->count,
				      region->name, region->fops);
		if (r < 0) {
			unregister_until(region);
			return r;
		}
	}
	return 0;
}

void nvidia_chardev_exit(void)
{
	const struct region *end = regions;

	while (end->count)
		end++;
	unregister_until(end);
}
