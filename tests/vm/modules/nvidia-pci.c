// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding: a GPU becomes one of the resource manager's and gets a minor; its
 * virtual functions only show the GPU's types.
 */
#include <linux/delay.h>
#include <linux/module.h>

#include "nvidia.h"

static struct rm_gpu_desc describe(struct pci_dev *pdev)
{
	return (struct rm_gpu_desc) {
		.domain = pci_domain_nr(pdev->bus),
		.bus = pdev->bus->number,
		.slot = PCI_SLOT(pdev->devfn),
		.function = PCI_FUNC(pdev->devfn),
		.revision = pdev->revision,
		.vendor = pdev->vendor,
		.device = pdev->device,
		.subvendor = pdev->subsystem_vendor,
		.subdevice = pdev->subsystem_device,
		.minor = RM_MINOR_AUTO,
		.fb_mib = nvidia_fb_mib,
		.bar1_mib = 256,
		.virt_mode = 3,		/* HOST_VGPU */
		.flags = pci_sriov_get_totalvfs(pdev) ? RM_GPU_SRIOV : 0,
	};
}

static int add_gpu(struct pci_dev *pdev)
{
	struct rm_gpu_desc desc = describe(pdev);
	int gpu;

	mutex_lock(&nvidia_rm_lock);
	gpu = rm_add_gpu(nvidia_rm, &desc);
	mutex_unlock(&nvidia_rm_lock);
	return gpu;
}

/* Whoever still has it open keeps a lost GPU. */
static void remove_gpu(int gpu)
{
	mutex_lock(&nvidia_rm_lock);
	rm_remove_gpu(nvidia_rm, gpu, true);
	mutex_unlock(&nvidia_rm_lock);
}

static int probe_pf(struct pci_dev *pdev)
{
	int gpu = add_gpu(pdev);
	int r;

	if (gpu < 0)
		return gpu;

	r = nvidia_proc_add(pdev);
	if (r < 0)
		goto remove;
	/* Of a GPU in SR-IOV mode only virtual functions show types. */
	r = nvidia_parent_add(pdev, gpu, !rm_in_sriov_mode(nvidia_rm, gpu));
	if (r < 0)
		goto remove_proc;
	return 0;

remove_proc:
	nvidia_proc_remove(pdev);
remove:
	remove_gpu(gpu);
	return r;
}

static bool waits_for_pf(void)
{
	bool waits;

	mutex_lock(&nvidia_rm_lock);
	waits = !rm_types_show_at_once(nvidia_rm);
	mutex_unlock(&nvidia_rm_lock);
	return waits;
}

/* While sriov-manage works, the physical function is another driver's: some releases mind, others register it later. */
static int probe_vf(struct pci_dev *pdev)
{
	int gpu = nvidia_parent_gpu(pci_physfn(pdev));

	if (!device_iommu_mapped(&pdev->dev)) {
		pci_err(pdev, "NVRM: Aborting probe for VF: no IOMMU\n");
		return -1;
	}
	if (gpu < 0 && waits_for_pf()) {
		pci_err(pdev, "NVRM: PF is not bound to nvidia driver\n");
		return -1;
	}
	return nvidia_parent_add(pdev, gpu, true);
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	if (nvidia_probe_ms)
		msleep(nvidia_probe_ms);
	return pdev->is_virtfn ? probe_vf(pdev) : probe_pf(pdev);
}

static void remove(struct pci_dev *pdev)
{
	int gpu = nvidia_parent_gpu(pdev);

	if (pdev->is_virtfn) {
		nvidia_parent_remove(pdev);
		return;
	}
	/* Virtual functions outlive an unbind, and not the module. */
	if (nvidia_unloading)
		pci_disable_sriov(pdev);
	nvidia_proc_remove(pdev);
	nvidia_parent_remove(pdev);
	remove_gpu(gpu);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_VGA << 8, .class_mask = ~0 },
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_3D << 8, .class_mask = ~0 },
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);

/* No sriov_configure, in no release looked at: a write to sriov_numvfs is ENOENT, and people need sriov-manage. */
struct pci_driver nvidia_pci_driver = {
	.name = "nvidia",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};
