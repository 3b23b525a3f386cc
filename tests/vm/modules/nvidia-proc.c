// SPDX-License-Identifier: GPL-2.0-only
/* /proc/driver/nvidia: how nodes are to be made, and which minor is whose. */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

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
				     show_information, pdev)) {
		proc_remove(gpu);
		return -ENOMEM;
	}
	return 0;
}

void nvidia_proc_remove(struct pci_dev *pdev)
{
	remove_proc_subtree(pci_name(pdev), gpus);
}
