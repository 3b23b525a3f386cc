// SPDX-License-Identifier: GPL-2.0-only
/*
 * pci.c - the PCI functions of the world, and which driver has them
 *
 * Virtual functions stand in the same table as physical ones. They outlive
 * the driver of their physical function, and show something only while it
 * and their own are nvidia (facts about SR-IOV, 2.3 and 2.7).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "world.h"

/* Milliseconds: everybody's clock, and what went by in waits that were none (RM_CLOCK=virtual). */
u64 world_now(const struct sim *sim)
{
	struct timespec t;

	/* Not the clock of clock.c: what it has gone ahead by is the world's already. */
	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000 + sim->w->ahead;
}

bool pci_parse(const char *text, struct pci_function *f)
{
	int used = 0;

	if (sscanf(text, "%x:%x:%x.%x%n", &f->domain, &f->bus, &f->slot, &f->function, &used) != 4)
		return false;
	return !text[used] && f->bus < 256 && f->slot < 32 && f->function < 8;
}

int pci_find(const struct sim *sim, const char *text)
{
	struct pci_function want;
	int i;

	if (!pci_parse(text, &want))
		return -EINVAL;
	for (i = 0; i < MAX_FUNCTIONS; i++) {
		const struct pci_function *f = &sim->w->function[i];

		if (f->in_use && f->domain == want.domain && f->bus == want.bus && f->slot == want.slot &&
		    f->function == want.function)
			return i;
	}
	return -ENOENT;
}

struct pci_function *pci_new(struct sim *sim, u32 *index)
{
	for (*index = 0; *index < MAX_FUNCTIONS; (*index)++) {
		struct pci_function *f = &sim->w->function[*index];

		if (f->in_use)
			continue;
		memset(f, 0, sizeof(*f));
		f->in_use = 1;
		return f;
	}
	return NULL;
}

u32 pci_index(const struct sim *sim, const struct pci_function *f)
{
	return (u32)(f - sim->w->function);
}

struct pci_function *pci_physical(struct sim *sim, struct pci_function *f)
{
	return f->vf_of ? &sim->w->function[f->vf_of - 1] : f;
}

int pci_gpu(const struct sim *sim, const struct pci_function *f)
{
	return f->vf_of ? -ENOENT : rm_find_gpu(&sim->w->rm, f->domain, f->bus, f->slot);
}

bool pci_is_gpu(const struct pci_function *f)
{
	return f->vendor == 0x10de && f->class_code >> 16 == 0x03 && !f->vf_of;
}

static bool is_on(const struct pci_function *f, const char *driver)
{
	return !strcmp(f->driver, driver);
}

/* A GPU that the RM has. */
static bool is_drivers(const struct sim *sim, const struct pci_function *f)
{
	return pci_is_gpu(f) && is_on(f, "nvidia") && sim->w->flags & WORLD_LOADED;
}

u32 pci_numvfs(const struct sim *sim, u32 pf)
{
	u32 i, n = 0;

	for (i = 0; i < MAX_FUNCTIONS; i++)
		n += sim->w->function[i].in_use && sim->w->function[i].vf_of == pf + 1;
	return n;
}

/* ------------------------------------------------- what vgpu-vfio knows */

/* Later than the bind where the driver registers from outside of its probe (2.3). */
static void register_vf(struct sim *sim, struct pci_function *vf)
{
	u32 ms = rm_types_show_at_once(&sim->w->rm) ? sim->w->register_ms : 0;

	if (vf->registered || sim->w->rm.world & RM_WORLD_NO_VFIO)
		return;
	vf->registered = 1;
	vf->ready_at = world_now(sim) + ms;
	if (ms && (!sim->w->due || sim->w->due > vf->ready_at))
		sim->w->due = vf->ready_at;
}

/* The type goes with it, and what was set for it. */
static void unregister_vf(struct pci_function *vf)
{
	vf->registered = 0;
	vf->ready_at = 0;
	vf->vgpu_type = 0;
	vf->params[0] = 0;
}

bool pci_is_ready(const struct sim *sim, const struct pci_function *vf)
{
	return vf->registered && world_now(sim) >= vf->ready_at;
}

/* Shows what has become due meanwhile. */
void world_catch_up(struct sim *sim)
{
	u64 now = world_now(sim), next = 0;
	u32 i;

	if (!sim->w->due || now < sim->w->due)
		return;
	for (i = 0; i < MAX_FUNCTIONS; i++) {
		const struct pci_function *f = &sim->w->function[i];

		if (f->in_use && f->registered && f->ready_at > now && (!next || f->ready_at < next))
			next = f->ready_at;
	}
	sim->w->due = next;
	for (i = 0; i < RM_MAX_GPUS; i++)
		if (sim->w->rm.gpu[i].in_use)
			sysfs_types(sim, i);
}

static void for_vfs(struct sim *sim, u32 pf, bool registered)
{
	u32 i;

	for (i = 0; i < MAX_FUNCTIONS; i++) {
		struct pci_function *vf = &sim->w->function[i];

		if (!vf->in_use || vf->vf_of != pf + 1)
			continue;
		if (!registered)
			unregister_vf(vf);
		else if (is_on(vf, "nvidia"))
			register_vf(sim, vf);
		sysfs_function(sim, i);
	}
}

/* A VF by itself gets mdev's types from a driver that is asked, and none from one that has copied its list. */
int pci_show(struct sim *sim, u32 index)
{
	struct pci_function *f = &sim->w->function[index], *pf = pci_physical(sim, f);
	bool asked = sim->w->flags & WORLD_VENDOR_VFIO || rm_types_show_at_once(&sim->w->rm);
	int gpu = pci_gpu(sim, pf), r = sysfs_function(sim, index);

	if (r == 0 && is_drivers(sim, pf) && gpu >= 0 && (pf == f || asked))
		sysfs_types(sim, (unsigned int)gpu);
	return r;
}

/* ------------------------------------------------------- bind and unbind */

static int bind_gpu(struct sim *sim, struct pci_function *f)
{
	struct rm_gpu_desc d = {
		.domain = f->domain, .bus = (u8)f->bus, .slot = (u8)f->slot, .function = (u8)f->function,
		.revision = (u8)f->revision, .vendor = (u16)f->vendor, .device = (u16)f->device,
		.subvendor = (u16)f->subvendor, .subdevice = (u16)f->subdevice, .minor = f->minor,
		.fb_mib = f->fb_mib, .bar1_mib = f->bar1_mib, .virt_mode = f->virt_mode,
		.init_status = f->init_status, .flags = f->gpu_flags | (f->total_vfs ? RM_GPU_SRIOV : 0),
	};

	return rm_add_gpu(&sim->w->rm, &d);
}

/* 2.3: the probe of a VF, which is nvidia's only in a build that hosts vGPUs. */
static int probe_nvidia_vf(struct sim *sim, struct pci_function *vf)
{
	struct pci_function *pf = pci_physical(sim, vf);

	if (sim->w->rm.world & RM_WORLD_PLAIN || sim->w->flags & WORLD_NO_IOMMU) {
		world_kmsg(sim, "NVRM: %s probe for VF", sim->w->rm.world & RM_WORLD_PLAIN ? "Ignoring" : "Aborting");
		return -EPERM;
	}
	if (!is_on(pf, "nvidia") && !rm_types_show_at_once(&sim->w->rm)) {
		world_kmsg(sim, "NVRM: PF is not bound to nvidia driver");
		return -EPERM;
	}
	if (is_on(pf, "nvidia"))
		register_vf(sim, vf);
	return 0;
}

static int probe(struct sim *sim, struct pci_function *f, const char *driver)
{
	u32 index = pci_index(sim, f);
	int r;

	if (!strcmp(driver, "vfio-pci") && pci_numvfs(sim, index))
		return -EBUSY;
	if (strcmp(driver, "nvidia") || !(sim->w->flags & WORLD_LOADED))
		return 0;
	if (f->vf_of)
		return probe_nvidia_vf(sim, f);
	snprintf(f->driver, sizeof(f->driver), "nvidia");
	r = pci_is_gpu(f) ? bind_gpu(sim, f) : 0;
	if (r < 0) {
		f->driver[0] = 0;
		return r;
	}
	for_vfs(sim, index, true);
	return 0;
}

/* Functions come up by themselves only where the world was made with vfs=N: as if something in it made them. */
int pci_bind(struct sim *sim, u32 index, const char *driver)
{
	struct pci_function *f = &sim->w->function[index];
	int r;

	if (f->driver[0])
		return -EBUSY;
	if (strlen(driver) >= sizeof(f->driver))
		return -EINVAL;
	r = probe(sim, f, driver);
	if (r < 0)
		return r;
	snprintf(f->driver, sizeof(f->driver), "%s", driver);
	if (f->vfs && !f->vf_of && !pci_numvfs(sim, index))
		r = pci_add_vfs(sim, index, f->vfs);
	return r < 0 ? r : pci_show(sim, index);
}

/* The RM lets go of the GPU: its types leave sysfs. */
static int release_gpu(struct sim *sim, struct pci_function *f, bool force)
{
	int gpu = pci_gpu(sim, f), r;

	if (gpu < 0)
		return 0;
	r = rm_remove_gpu(&sim->w->rm, (unsigned int)gpu, force);
	if (r < 0)
		return r;
	f->created = 0;
	f->locked = 0;
	sysfs_types(sim, (unsigned int)gpu);
	return 0;
}

/* 2.3, 2.7: a PF takes its VFs out of vgpu-vfio; a VF by itself is not known there again. */
int pci_unbind(struct sim *sim, u32 index, bool force)
{
	struct pci_function *f = &sim->w->function[index];
	int r = release_gpu(sim, f, force);

	if (r < 0)
		return r;
	if (f->vf_of && f->registered && sim->w->flags & WORLD_VENDOR_VFIO)
		f->dead = 1;
	unregister_vf(f);
	f->driver[0] = 0;
	if (!f->vf_of)
		for_vfs(sim, index, false);
	return sysfs_function(sim, index);
}

/* --------------------------------------------------------- VFs themselves */

/* The driver that takes a new VF, as its PF's driver and the release have it. */
static void choose_vf_driver(struct sim *sim, struct pci_function *vf)
{
	const struct pci_function *pf = pci_physical(sim, vf);
	const char *driver = pf->vendor == 0x10de ? "nvidia" : pf->driver;

	vf->driver[0] = 0;
	if (pf->autoprobe_off || (!strcmp(driver, "nvidia") && !(sim->w->flags & WORLD_LOADED)))
		return;
	if (strcmp(driver, "nvidia") || probe_nvidia_vf(sim, vf) == 0)
		snprintf(vf->driver, sizeof(vf->driver), "%s", driver);
}

/* VFs count on from function 4 of the PF, as on the virtual bus of the VM. */
int pci_add_vfs(struct sim *sim, u32 pf, u32 count)
{
	struct pci_function *f = &sim->w->function[pf], *vf;
	u32 i, index, devfn;

	for (i = 0; i < count; i++) {
		vf = pci_new(sim, &index);
		if (!vf)
			return -ENOSPC;
		*vf = (struct pci_function){
			.in_use = 1, .domain = f->domain, .vendor = f->vendor, .device = f->device, .subvendor = f->subvendor,
			.subdevice = f->subdevice, .class_code = f->class_code, .revision = f->revision, .bar1_mib = f->bar1_mib,
			.vf_of = pf + 1, .vf_index = i,
		};
		memcpy(vf->home, f->home, sizeof(vf->home));
		devfn = f->slot * 8 + f->function + VF_OFFSET + i;
		vf->slot = devfn >> 3 & 31;
		vf->function = devfn & 7;
		vf->bus = f->bus + (devfn >> 8);
		choose_vf_driver(sim, vf);
		if (sysfs_function(sim, index) < 0)
			return -EIO;
	}
	return 0;
}

void pci_remove(struct sim *sim, u32 index)
{
	release_gpu(sim, &sim->w->function[index], true);
	sysfs_remove(sim, index);
	sim->w->function[index].in_use = 0;
}

void pci_remove_vfs(struct sim *sim, u32 pf)
{
	u32 i;

	for (i = 0; i < MAX_FUNCTIONS; i++)
		if (sim->w->function[i].in_use && sim->w->function[i].vf_of == pf + 1)
			pci_remove(sim, i);
}
