// SPDX-License-Identifier: GPL-2.0-only
/*
 * fakepci: PCI host bridges without hardware, one card on each.
 *
 *	modprobe fakepci gpus=10de:1b38:10de:11d9,10de:1e30:10de:12ba
 *
 * puts a Tesla P40 at 0001:41:00.0 and a Quadro RTX 6000 at 0001:42:00.0. One
 * root bus for each card, because then cards come and go without each other.
 * What sysfs does with them (remove, rescan, bind, sriov_numvfs) is the real
 * kernel's work. Clearing a card's bit in "absent" and rescanning plugs it in.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "fakepci.h"

static char *gpus = "";
module_param(gpus, charp, 0444);
MODULE_PARM_DESC(gpus, "VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE][/OPTION]...[*COUNT],...");

static unsigned int domain = 1;
module_param(domain, uint, 0444);
MODULE_PARM_DESC(domain, "PCI domain of the cards (one that the machine lacks)");

static unsigned int bus = 0x41;
module_param(bus, uint, 0444);
MODULE_PARM_DESC(bus, "bus number of the first card");

static unsigned long long absent;
module_param(absent, ullong, 0644);
MODULE_PARM_DESC(absent, "bit mask: cards that do not answer");

static struct fakepci_card *cards[FAKEPCI_MAX_CARDS];
static unsigned int n_cards;

static struct fakepci_fn *function_at(struct pci_bus *b, unsigned int devfn)
{
	struct fakepci_card *card = container_of(to_pci_sysdata(b),
						 struct fakepci_card, sysdata);

	if (absent & BIT_ULL(card->index))
		return NULL;
	return fakepci_card_function(card, devfn);
}

static int read_config(struct pci_bus *b, unsigned int devfn, int where,
		       int size, u32 *value)
{
	struct fakepci_fn *fn = function_at(b, devfn);

	if (!fn || where + size > FAKEPCI_SPACE) {
		PCI_SET_ERROR_RESPONSE(value);
		return PCIBIOS_DEVICE_NOT_FOUND;
	}
	*value = fakepci_fn_read(fn, where, size);
	return PCIBIOS_SUCCESSFUL;
}

static int write_config(struct pci_bus *b, unsigned int devfn, int where,
			int size, u32 value)
{
	struct fakepci_fn *fn = function_at(b, devfn);

	if (!fn || where + size > FAKEPCI_SPACE)
		return PCIBIOS_DEVICE_NOT_FOUND;
	fakepci_fn_write(fn, where, size, value);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops config_ops = {
	.read = read_config,
	.write = write_config,
};

static int scan(struct fakepci_card *card)
{
	struct pci_host_bridge *bridge = pci_alloc_host_bridge(0);
	int r;

	if (!bridge)
		return -ENOMEM;

	card->sysdata.domain = domain;
	card->sysdata.node = NUMA_NO_NODE;
	card->busn.name = "fakepci";
	card->busn.start = card->busn.end = bus + card->index;
	card->busn.flags = IORESOURCE_BUS;
	pci_add_resource(&bridge->windows, &card->busn);
	bridge->sysdata = &card->sysdata;
	bridge->ops = &config_ops;
	bridge->busnr = card->busn.start;

	pci_lock_rescan_remove();
	r = pci_scan_root_bus_bridge(bridge);
	if (r < 0) {
		pci_free_host_bridge(bridge);
	} else {
		card->bus = bridge->bus;
		pci_bus_add_devices(card->bus);
	}
	pci_unlock_rescan_remove();
	return r;
}

/* A physical function whose driver has left them enabled must not go before its virtual ones. */
static void disable_vfs(struct fakepci_card *card)
{
	struct pci_dev *pdev = pci_get_slot(card->bus, 0);

	if (pdev && pdev->is_physfn)
		pci_disable_sriov(pdev);
	pci_dev_put(pdev);
}

static void unscan(struct fakepci_card *card)
{
	if (!card->bus)
		return;

	disable_vfs(card);

	pci_lock_rescan_remove();
	pci_stop_root_bus(card->bus);
	pci_remove_root_bus(card->bus);
	pci_unlock_rescan_remove();
	card->bus = NULL;
}

static int add_card(const struct fakepci_spec *spec)
{
	struct fakepci_card *card;
	int r;

	if (n_cards == FAKEPCI_MAX_CARDS || bus + n_cards > 0xff)
		return -ENOSPC;

	card = fakepci_card_new(spec, n_cards);
	if (!card)
		return -ENOMEM;

	r = scan(card);
	if (r < 0) {
		fakepci_card_free(card);
		return r;
	}
	cards[n_cards++] = card;
	return 0;
}

static int add_cards(const char *text)
{
	struct fakepci_spec spec;
	int r = fakepci_spec_parse(text, &spec);

	if (r < 0)
		pr_err("fakepci: gpus: cannot read '%s'\n", text);
	while (!r && spec.repeat--)
		r = add_card(&spec);
	return r;
}

static void remove_cards(void)
{
	while (n_cards) {
		struct fakepci_card *card = cards[--n_cards];

		unscan(card);
		fakepci_card_free(card);
	}
}

static int __init fakepci_init(void)
{
	char *list = kstrdup(gpus, GFP_KERNEL);
	char *rest = list;
	char *text;
	int r = 0;

	if (!list)
		return -ENOMEM;

	while (!r && (text = strsep(&rest, ",")))
		if (*text)
			r = add_cards(text);
	if (r < 0)
		remove_cards();
	kfree(list);
	return r;
}

static void __exit fakepci_exit(void)
{
	remove_cards();
}

module_init(fakepci_init);
module_exit(fakepci_exit);
MODULE_DESCRIPTION("PCI host bridges without hardware");
MODULE_LICENSE("GPL");
