/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual PCI bus: what the parameter asks for (spec), what one card answers
 * to configuration cycles (card), and the host bridges that carry them (bus).
 */
#ifndef FAKEPCI_H
#define FAKEPCI_H

#include <linux/pci.h>

#define FAKEPCI_SPACE 4096		/* PCI Express configuration space */
#define FAKEPCI_MAX_CARDS 64		/* one bit each in the parameter "absent" */
#define FAKEPCI_MAX_VFS 64
#define FAKEPCI_VF_OFFSET 4		/* leaves functions 1-3 to companions */

/* One entry of the parameter gpus=. */
struct fakepci_spec {
	u16 vendor, device;
	u16 subvendor, subdevice;
	u32 class;
	unsigned int vfs;
	bool audio;
	unsigned int aperture_mib;	/* a power of two, or 0 */
	unsigned int repeat;
};

int fakepci_spec_parse(const char *text, struct fakepci_spec *spec);

/* One function's registers, and which of their bits software can write. */
struct fakepci_fn {
	u8 space[FAKEPCI_SPACE];
	u8 writable[FAKEPCI_SPACE];
};

/* One card: the only device of its own root bus. */
struct fakepci_card {
	struct pci_sysdata sysdata;	/* what a bus carries; says the domain */
	struct resource busn;
	struct pci_bus *bus;
	unsigned int index;
	struct fakepci_fn *gpu;
	struct fakepci_fn *audio;	/* or NULL */
	struct fakepci_fn *vf;		/* shared: virtual functions look alike */
	unsigned int vfs;
};

struct fakepci_card *fakepci_card_new(const struct fakepci_spec *spec,
				      unsigned int index);
void fakepci_card_free(struct fakepci_card *card);
struct fakepci_fn *fakepci_card_function(struct fakepci_card *card,
					 unsigned int devfn);
u32 fakepci_fn_read(const struct fakepci_fn *fn, int where, int size);
void fakepci_fn_write(struct fakepci_fn *fn, int where, int size, u32 value);

#endif
