// SPDX-License-Identifier: GPL-2.0-only
/*
 * i915: as much of Intel's driver as GVT-g's types depend on. It decides which
 * GPU is shared (generation, enable_gvt, enable_guc, in the real one's order)
 * and hands it to kvmgt when that is there.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "i915.h"

/* Named and readable as in the real driver. */
static bool enable_gvt;
module_param(enable_gvt, bool, 0400);
static int enable_guc = -1;
module_param(enable_guc, int, 0400);

#define GUC_SUBMISSION 1
#define APERTURE_BAR 2

struct gpu {
	struct list_head list;
	struct pci_dev *pdev;
	void *shown;
};

static LIST_HEAD(gpus);
static DEFINE_MUTEX(lock);
static const struct i915_gvt_ops *ops;

/* By the upper byte: enough for the cards that suites plug in. */
static unsigned int gvt_version(const struct pci_dev *pdev)
{
	switch (pdev->device >> 8) {
	case 0x16:
		return 4;
	case 0x19: case 0x3e: case 0x59: case 0x5a: case 0x87: case 0x9b:
		return 5;
	default:
		return 0;
	}
}

static void show(struct gpu *gpu)
{
	struct i915_gvt gvt = {
		.version = gvt_version(gpu->pdev),
		.aperture_mib = pci_resource_len(gpu->pdev, APERTURE_BAR) >> 20 ?: 256,
	};

	if (!enable_gvt)
		return;
	if (!gvt.version) {
		pci_info(gpu->pdev, "Unsupported device. GVT-g is disabled\n");
		return;
	}
	if (enable_guc > 0 && enable_guc & GUC_SUBMISSION) {
		pci_err(gpu->pdev, "GVT-g is not supported with GuC submission\n");
		return;
	}
	gpu->shown = ops->show(gpu->pdev, &gvt);
}

static void hide(struct gpu *gpu)
{
	if (gpu->shown)
		ops->hide(gpu->shown);
	gpu->shown = NULL;
}

void i915_gvt_set_ops(const struct i915_gvt_ops *new)
{
	struct gpu *gpu;

	mutex_lock(&lock);
	if (!new)
		list_for_each_entry(gpu, &gpus, list)
			hide(gpu);
	ops = new;
	if (new)
		list_for_each_entry(gpu, &gpus, list)
			show(gpu);
	mutex_unlock(&lock);
}
EXPORT_SYMBOL_GPL(i915_gvt_set_ops);

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct gpu *gpu = kzalloc(sizeof(*gpu), GFP_KERNEL);

	if (!gpu)
		return -ENOMEM;
	gpu->pdev = pdev;
	pci_set_drvdata(pdev, gpu);

	mutex_lock(&lock);
	list_add_tail(&gpu->list, &gpus);
	if (ops)
		show(gpu);
	mutex_unlock(&lock);
	return 0;
}

static void remove(struct pci_dev *pdev)
{
	struct gpu *gpu = pci_get_drvdata(pdev);

	mutex_lock(&lock);
	hide(gpu);
	list_del(&gpu->list);
	mutex_unlock(&lock);
	kfree(gpu);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_VGA << 8, .class_mask = ~0 },
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_OTHER << 8, .class_mask = ~0 },
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver i915_driver = {
	.name = "i915",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};
module_pci_driver(i915_driver);

MODULE_DESCRIPTION("simulated Intel graphics driver");
MODULE_LICENSE("GPL");
