// SPDX-License-Identifier: GPL-2.0-only
/*
 * One card's configuration space: enough of PCI Express for the kernel to size,
 * bind and remove it, and SR-IOV where asked for. There are no interrupts, and
 * no BARs but one that is only sized: nothing that runs here does any work.
 */
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fakepci.h"

#define CAP_EXPRESS 0x60
#define CAP_SRIOV PCI_CFG_SPACE_SIZE	/* the first extended capability */

static void put16(struct fakepci_fn *fn, int where, u16 value)
{
	fn->space[where] = value;
	fn->space[where + 1] = value >> 8;
}

static void put32(struct fakepci_fn *fn, int where, u32 value)
{
	put16(fn, where, value);
	put16(fn, where + 2, value >> 16);
}

static void allow(struct fakepci_fn *fn, int where, int size)
{
	memset(&fn->writable[where], 0xff, size);
}

u32 fakepci_fn_read(const struct fakepci_fn *fn, int where, int size)
{
	u32 value = 0;
	int i;

	for (i = 0; i < size; i++)
		value |= (u32)fn->space[where + i] << (8 * i);
	return value;
}

void fakepci_fn_write(struct fakepci_fn *fn, int where, int size, u32 value)
{
	int i;

	for (i = 0; i < size; i++) {
		u8 bits = fn->writable[where + i];
		u8 new = value >> (8 * i);

		fn->space[where + i] = (fn->space[where + i] & ~bits) | (new & bits);
	}
}

static void add_express(struct fakepci_fn *fn)
{
	/* An integrated end point: there is no root port above it. */
	u16 flags = 2 | PCI_EXP_TYPE_RC_END << 4;

	put16(fn, PCI_STATUS, PCI_STATUS_CAP_LIST);
	fn->space[PCI_CAPABILITY_LIST] = CAP_EXPRESS;
	fn->space[CAP_EXPRESS] = PCI_CAP_ID_EXP;
	put16(fn, CAP_EXPRESS + PCI_EXP_FLAGS, flags);
	allow(fn, CAP_EXPRESS + PCI_EXP_DEVCTL, 2);
	allow(fn, CAP_EXPRESS + PCI_EXP_DEVCTL2, 2);
}

/* Its size is all that is ever asked of it: no driver maps anything. */
static void add_aperture(struct fakepci_fn *fn, unsigned int mib)
{
	u32 mask = ~(mib * SZ_1M - 1);
	int i;

	put32(fn, PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_MEM_PREFETCH);
	for (i = 0; i < 4; i++)
		fn->writable[PCI_BASE_ADDRESS_2 + i] = mask >> (8 * i);
}

static void add_sriov(struct fakepci_fn *fn, u16 device, unsigned int vfs)
{
	put32(fn, CAP_SRIOV, PCI_EXT_CAP_ID_SRIOV | 1 << 16);
	put16(fn, CAP_SRIOV + PCI_SRIOV_INITIAL_VF, vfs);
	put16(fn, CAP_SRIOV + PCI_SRIOV_TOTAL_VF, vfs);
	put16(fn, CAP_SRIOV + PCI_SRIOV_VF_OFFSET, FAKEPCI_VF_OFFSET);
	put16(fn, CAP_SRIOV + PCI_SRIOV_VF_STRIDE, 1);
	put16(fn, CAP_SRIOV + PCI_SRIOV_VF_DID, device);
	put32(fn, CAP_SRIOV + PCI_SRIOV_SUP_PGSIZE, 1);
	put32(fn, CAP_SRIOV + PCI_SRIOV_SYS_PGSIZE, 1);
	allow(fn, CAP_SRIOV + PCI_SRIOV_CTRL, 2);
	allow(fn, CAP_SRIOV + PCI_SRIOV_NUM_VF, 2);
	allow(fn, CAP_SRIOV + PCI_SRIOV_SYS_PGSIZE, 4);
}

static struct fakepci_fn *new_function(const struct fakepci_spec *spec,
				       u16 device, u32 class)
{
	struct fakepci_fn *fn = vzalloc(sizeof(*fn));

	if (!fn)
		return NULL;

	put16(fn, PCI_VENDOR_ID, spec->vendor);
	put16(fn, PCI_DEVICE_ID, device);
	put32(fn, PCI_CLASS_REVISION, class << 8 | 0xa1);
	put16(fn, PCI_SUBSYSTEM_VENDOR_ID, spec->subvendor);
	put16(fn, PCI_SUBSYSTEM_ID, spec->subdevice);
	allow(fn, PCI_COMMAND, 2);
	allow(fn, PCI_INTERRUPT_LINE, 1);
	add_express(fn);
	return fn;
}

static int add_functions(struct fakepci_card *card,
			 const struct fakepci_spec *spec)
{
	card->gpu = new_function(spec, spec->device, spec->class);
	if (!card->gpu)
		return -ENOMEM;

	if (spec->aperture_mib)
		add_aperture(card->gpu, spec->aperture_mib);

	if (spec->audio) {
		card->audio = new_function(spec, 0x10f0, 0x040300);
		if (!card->audio)
			return -ENOMEM;
		/* Only of a multi-function device are functions 1-7 looked at. */
		card->gpu->space[PCI_HEADER_TYPE] = 0x80;
		card->audio->space[PCI_HEADER_TYPE] = 0x80;
	}

	if (spec->vfs) {
		card->vf = new_function(spec, 0xffff, spec->class);
		if (!card->vf)
			return -ENOMEM;
		/* A virtual function has no identity of its own. */
		put16(card->vf, PCI_VENDOR_ID, 0xffff);
		add_sriov(card->gpu, spec->device, spec->vfs);
	}
	return 0;
}

struct fakepci_card *fakepci_card_new(const struct fakepci_spec *spec,
				      unsigned int index)
{
	struct fakepci_card *card = kzalloc(sizeof(*card), GFP_KERNEL);

	if (!card)
		return NULL;

	card->index = index;
	card->vfs = spec->vfs;
	if (add_functions(card, spec) < 0) {
		fakepci_card_free(card);
		return NULL;
	}
	return card;
}

void fakepci_card_free(struct fakepci_card *card)
{
	if (!card)
		return;

	vfree(card->vf);
	vfree(card->audio);
	vfree(card->gpu);
	kfree(card);
}

static unsigned int enabled_vfs(const struct fakepci_card *card)
{
	u32 control = fakepci_fn_read(card->gpu, CAP_SRIOV + PCI_SRIOV_CTRL, 2);

	if (!card->vfs || !(control & PCI_SRIOV_CTRL_VFE))
		return 0;
	return fakepci_fn_read(card->gpu, CAP_SRIOV + PCI_SRIOV_NUM_VF, 2);
}

struct fakepci_fn *fakepci_card_function(struct fakepci_card *card,
					 unsigned int devfn)
{
	if (devfn == 0)
		return card->gpu;
	if (devfn == 1)
		return card->audio;
	if (devfn >= FAKEPCI_VF_OFFSET &&
	    devfn - FAKEPCI_VF_OFFSET < enabled_vfs(card))
		return card->vf;
	return NULL;
}
