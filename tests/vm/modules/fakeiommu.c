// SPDX-License-Identifier: GPL-2.0-only
/*
 * fakeiommu: an IOMMU for cards that do no DMA, because vfio-pci takes only a
 * device that has one. Every card is a group of its own.
 *
 * The kernel has no way to forget an IOMMU driver, so this module stays.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

static struct iommu_device fakeiommu;

static bool is_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

static struct iommu_domain *domain_alloc(unsigned int type)
{
	if (type == IOMMU_DOMAIN_DMA || type == IOMMU_DOMAIN_DMA_FQ)
		return NULL;
	return kzalloc(sizeof(struct iommu_domain), GFP_KERNEL);
}

static void domain_free(struct iommu_domain *domain)
{
	kfree(domain);
}

static int attach_dev(struct iommu_domain *domain, struct device *dev)
{
	return 0;
}

static struct iommu_device *probe_device(struct device *dev)
{
	if (!dev_is_pci(dev) || to_pci_dev(dev)->vendor != PCI_VENDOR_ID_NVIDIA)
		return ERR_PTR(-ENODEV);
	return &fakeiommu;
}

static void release_device(struct device *dev)
{
}

static int def_domain_type(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static const struct iommu_domain_ops domain_ops = {
	.attach_dev = attach_dev,
	.free = domain_free,
};

static const struct iommu_ops ops = {
	.capable = is_capable,
	.domain_alloc = domain_alloc,
	.probe_device = probe_device,
	.release_device = release_device,
	.device_group = generic_device_group,
	.def_domain_type = def_domain_type,
	.default_domain_ops = &domain_ops,
	.pgsize_bitmap = PAGE_SIZE,
	.owner = THIS_MODULE,
};

static int __init fakeiommu_init(void)
{
	int r = iommu_device_sysfs_add(&fakeiommu, NULL, NULL, "fakeiommu");

	return r < 0 ? r : iommu_device_register(&fakeiommu, &ops, NULL);
}

module_init(fakeiommu_init);
MODULE_DESCRIPTION("an IOMMU for cards that do no DMA");
MODULE_LICENSE("GPL");
