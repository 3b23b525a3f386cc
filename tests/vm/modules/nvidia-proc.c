// SPDX-License-Identifier: GPL-2.0-only
/* /proc/driver/nvidia: how nodes are to be made, and which minor is whose. */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "nvidia.h"

/* Named as in the real driver, where people set them in modprobe.d. */
static unsigned int NVreg_ModifyDeviceFiles = 1;
module_param(NVreg_ModifyDeviceFiles, uint, 0444);
static unsigned int NVreg_DeviceFileUID;
module_param(NVreg_DeviceFileUID, uint, 0444);
static unsigned int NVreg_DeviceFileGID;
module_param(NVreg_DeviceFileGID, uint, 0444);
static unsigned int NVreg_DeviceFileMode = 0666;
module_param(NVreg_DeviceFileMode, uint, 0444);

static struct proc_dir_entry *root, *gpus;

/* All in decimal, the mode too. */
static int show_params(struct seq_file *m, void *v)
{
	seq_printf(m, "ResmanDebugLevel: %u\n", UINT_MAX);
	seq_printf(m, "ModifyDeviceFiles: %u\n", NVreg_ModifyDeviceFiles);
	seq_printf(m, "DeviceFileUID: %u\n", NVreg_DeviceFileUID);
	seq_printf(m, "DeviceFileGID: %u\n", NVreg_DeviceFileGID);
	seq_printf(m, "DeviceFileMode: %u\n", NVreg_DeviceFileMode);
	seq_puts(m, "RegistryDwords: \"\"\n");
	return 0;
}

static int show_version(struct seq_file *m, void *v)
{
	seq_printf(m, "NVRM version: NVIDIA UNIX x86_64 Kernel Module  %s  simulated\n",
		   (const char *)m->private);
	return 0;
}

static int show_information(struct seq_file *m, void *v)
{
	struct pci_dev *pdev = m->private;
	int gpu = nvidia_parent_gpu(pdev);
	unsigned int minor;

	if (gpu < 0)
		return gpu;
	mutex_lock(&nvidia_rm_lock);
	minor = nvidia_rm->gpu[gpu].desc.minor;
	mutex_unlock(&nvidia_rm_lock);

	seq_printf(m, "Model: \t\t simulated %04x:%04x\n", pdev->vendor, pdev->device);
	seq_printf(m, "Bus Location: \t %s\n", pci_name(pdev));
	seq_printf(m, "Device Minor: \t %u\n", minor);
	return 0;
}

/*
 * unbindLock: a request is looked at when the file is closed, and a refusal is
 * seen only by reading it again.
 */
static u64 locked;	/* by the RM's index; under its lock */

bool nvidia_is_locked(unsigned int minor)
{
	unsigned int gpu;

	for (gpu = 0; gpu < RM_MAX_GPUS; gpu++)
		if (locked & BIT_ULL(gpu) && nvidia_rm->gpu[gpu].in_use && nvidia_rm->gpu[gpu].desc.minor == minor)
			return true;
	return false;
}

struct request {
	struct pci_dev *pdev;
	char text[16];
};

static int unbind_open(struct inode *inode, struct file *file)
{
	struct request *request = kzalloc(sizeof(*request), GFP_KERNEL);

	if (!request)
		return -ENOMEM;
	request->pdev = pde_data(inode);
	file->private_data = request;
	return 0;
}

static ssize_t unbind_read(struct file *file, char __user *user, size_t len, loff_t *pos)
{
	struct request *request = file->private_data;
	int gpu = nvidia_parent_gpu(request->pdev);
	char text[4];

	if (gpu < 0)
		return gpu;
	mutex_lock(&nvidia_rm_lock);
	snprintf(text, sizeof(text), "%d\n", !!(locked & BIT_ULL(gpu)));
	mutex_unlock(&nvidia_rm_lock);
	return simple_read_from_buffer(user, len, pos, text, strlen(text));
}

static ssize_t unbind_write(struct file *file, const char __user *user, size_t len, loff_t *pos)
{
	struct request *request = file->private_data;

	if (len >= sizeof(request->text))
		return -EINVAL;
	if (copy_from_user(request->text, user, len))
		return -EFAULT;
	request->text[len] = '\0';
	return len;
}

static void decide(struct pci_dev *pdev, int gpu, bool wanted)
{
	mutex_lock(&nvidia_rm_lock);
	if (!wanted)
		locked &= ~BIT_ULL(gpu);
	else if (!rm_has_clients(nvidia_rm, gpu))
		locked |= BIT_ULL(gpu);
	else
		pci_err(pdev, "NVRM: Could not acquire UnbindLock\n");
	mutex_unlock(&nvidia_rm_lock);
}

static int unbind_release(struct inode *inode, struct file *file)
{
	struct request *request = file->private_data;
	int gpu = nvidia_parent_gpu(request->pdev);
	unsigned int wanted;

	if (gpu >= 0 && request->text[0] && !kstrtouint(request->text, 10, &wanted) && wanted < 2)
		decide(request->pdev, gpu, wanted);
	kfree(request);
	return 0;
}

static const struct proc_ops unbind_ops = {
	.proc_open = unbind_open,
	.proc_read = unbind_read,
	.proc_write = unbind_write,
	.proc_release = unbind_release,
};

int nvidia_proc_init(const char *version)
{
	root = proc_mkdir("driver/nvidia", NULL);
	if (!root)
		return -ENOMEM;

	gpus = proc_mkdir("gpus", root);
	if (!gpus ||
	    !proc_create_single("params", 0444, root, show_params) ||
	    !proc_create_single_data("version", 0444, root, show_version,
				     (void *)version)) {
		nvidia_proc_exit();
		return -ENOMEM;
	}
	return 0;
}

void nvidia_proc_exit(void)
{
	proc_remove(root);
}

int nvidia_proc_add(struct pci_dev *pdev)
{
	struct proc_dir_entry *gpu = proc_mkdir(pci_name(pdev), gpus);

	if (!gpu)
		return -ENOMEM;
	if (!proc_create_single_data("information", 0444, gpu,
				     show_information, pdev) ||
	    !proc_create_data("unbindLock", 0644, gpu, &unbind_ops, pdev)) {
		proc_remove(gpu);
		return -ENOMEM;
	}
	return 0;
}

/* The lock ends with the unbind. */
void nvidia_proc_remove(struct pci_dev *pdev)
{
	int gpu = nvidia_parent_gpu(pdev);

	mutex_lock(&nvidia_rm_lock);
	if (gpu >= 0)
		locked &= ~BIT_ULL(gpu);
	mutex_unlock(&nvidia_rm_lock);
	remove_proc_subtree(pci_name(pdev), gpus);
}
