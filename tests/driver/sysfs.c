// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs.c - what the testbed's /sys and /proc show
 *
 * Plain files, for umockdev to redirect to.  Only what a program can see of
 * the driver, the PCI functions and the mediated device core is written.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "world.h"

/* ----------------------------------------------------------- helpers */

__attribute__((format(printf, 3, 4)))
static char *under(char *path, const struct sim *sim, const char *format, ...)
{
	size_t n = strlen(sim->dir);
	va_list args;

	memcpy(path, sim->dir, n);
	path[n++] = '/';
	va_start(args, format);
	vsnprintf(path + n, PATH_MAX - n, format, args);
	va_end(args);
	return path;
}

static int make_folders(char *path)
{
	char *at;

	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return 0;
	at = strrchr(path, '/');
	if (errno != ENOENT || !at)
		return -errno;
	*at = 0;
	if (make_folders(path) < 0)
		return -errno;
	*at = '/';
	return mkdir(path, 0777) < 0 && errno != EEXIST ? -errno : 0;
}

__attribute__((format(printf, 3, 4)))
static int put(const char *folder, const char *name, const char *format, ...)
{
	char path[PATH_MAX + 64];
	va_list args;
	int fd, r;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = raw_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	va_start(args, format);
	r = vdprintf(fd, format, args);
	va_end(args);
	syscall(SYS_close, fd);
	return r < 0 ? -EIO : 0;
}

static void link_to(const char *target, const char *path)
{
	unlink(path);
	if (symlink(target, path) < 0)
		fprintf(stderr, "rm: cannot link %s: %s\n", path, strerror(errno));
}

static void remove_tree(const char *path)
{
	struct dirent *e;
	char sub[PATH_MAX];
	DIR *d = opendir(path);

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name) >= (int)sizeof(sub))
			continue;
		if (unlink(sub) < 0)
			remove_tree(sub);
	}
	if (d)
		closedir(d);
	if (rmdir(path) < 0)
		unlink(path);
}

static char *bdf(const struct pci_function *f, char *text)
{
	snprintf(text, 32, "%04x:%02x:%02x.%x", f->domain, f->bus, f->slot, f->function);
	return text;
}

static char *device_folder(const struct sim *sim, const struct pci_function *f, char *path)
{
	char name[32];

	return under(path, sim, "sys/devices/pci%04x:%02x/%s", f->domain, f->bus, bdf(f, name));
}

/* ------------------------------------------------------------- types */

struct view {
	struct sim *sim;
	unsigned int gpu;
	struct pci_function *pf, *f;	/* whose list, and where it is shown */
	u32 vf;				/* number of the VF, from 1; 0 on the PF */
};

/* notes 5: 0 or 1 on a VF; on a PF what maxInstance leaves. */
static u32 available(const struct view *v, const struct rm_type_view *t)
{
	u32 used = v->pf->created > v->sim->w->rm.gpu[v->gpu].active ? v->pf->created :
		v->sim->w->rm.gpu[v->gpu].active;

	if (!t->creatable)
		return 0;
	if (v->vf)
		return v->vf > used;
	return t->max_instance > used ? t->max_instance - used : 0;
}

static void write_type(const struct view *v, const struct rm_type_view *t, bool fresh)
{
	char path[PATH_MAX], text[RM_LINE_MAX], device[PATH_MAX - 64];

	device_folder(v->sim, v->f, device);
	snprintf(path, sizeof(path), "%s/mdev_supported_types/nvidia-%u", device, t->id);
	make_folders(path);
	put(path, "available_instances", "%u\n", available(v, t));
	if (!fresh)
		return;
	put(path, "name", "%s\n", t->name);
	put(path, "device_api", "vfio-pci\n");
	rm_type_description(text, sizeof(text), t);
	put(path, "description", "%s\n", text);
	put(path, "create", "%s", "");
	strcat(path, "/devices");
	mkdir(path, 0777);
}

static bool still_listed(const struct view *v, const char *name)
{
	struct rm_type_view t;
	char own[32];
	unsigned int i;

	for (i = 0; rm_visible_get(&v->sim->w->rm, v->gpu, i, &t) == 0; i++) {
		snprintf(own, sizeof(own), "nvidia-%u", t.id);
		if (!strcmp(own, name))
			return true;
	}
	return false;
}

static void drop_old_types(const struct view *v)
{
	char path[PATH_MAX], sub[PATH_MAX];
	struct dirent *e;
	DIR *d;

	strcat(device_folder(v->sim, v->f, path), "/mdev_supported_types");
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && !still_listed(v, e->d_name) &&
		    snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name) < (int)sizeof(sub))
			remove_tree(sub);
	if (d)
		closedir(d);
}

/* The mdev core's parent: the folder of types and the entry in the class. */
static void register_parent(const struct view *v, bool any)
{
	char path[PATH_MAX], target[128], name[32];

	under(path, v->sim, "sys/class/mdev_bus/%s", bdf(v->f, name));
	snprintf(target, sizeof(target), "../../devices/pci%04x:%02x/%s", v->f->domain, v->f->bus, name);
	if (any) {
		link_to(target, path);
		return;
	}
	unlink(path);
	strcat(device_folder(v->sim, v->f, path), "/mdev_supported_types");
	rmdir(path);
}

static u32 created_here(const struct view *v)
{
	if (!v->vf)
		return v->pf->created;
	return v->vf <= v->pf->created;
}

static void link_mdev(const struct view *v, u32 type, const char *uuid, bool exists)
{
	char path[PATH_MAX], target[160], name[32];

	bdf(v->f, name);
	snprintf(target, sizeof(target), "../../../devices/pci%04x:%02x/%s/%s", v->f->domain, v->f->bus, name, uuid);
	under(path, v->sim, "sys/bus/mdev/devices/%s", uuid);
	unlink(path);
	if (exists)
		link_to(target, path);
	under(path, v->sim, "sys/devices/pci%04x:%02x/%s/mdev_supported_types/nvidia-%u/devices/%s", v->f->domain,
	      v->f->bus, name, type, uuid);
	unlink(path);
	snprintf(target, sizeof(target), "../../../%s", uuid);
	if (exists)
		link_to(target, path);
}

/* vGPUs that exist, running or not, all of the first type. */
static void show_created(const struct view *v, u32 type)
{
	char path[PATH_MAX], target[64], uuid[40];
	u32 i;

	for (i = 0; i < RM_MAX_PLACEMENTS; i++) {
		snprintf(uuid, sizeof(uuid), "%04x%02x%02x-%04x-4000-8000-%012x", v->f->domain & 0xffff, v->f->bus,
			 v->f->slot, v->f->function, i);
		strcat(strcat(device_folder(v->sim, v->f, path), "/"), uuid);
		link_mdev(v, type, uuid, i < created_here(v));
		if (i >= created_here(v)) {
			remove_tree(path);
			continue;
		}
		make_folders(path);
		snprintf(target, sizeof(target), "../mdev_supported_types/nvidia-%u", type);
		strcat(path, "/mdev_type");
		link_to(target, path);
	}
}

static void show_mdev(const struct view *v)
{
	char path[PATH_MAX], name[64];
	struct rm_type_view t;
	struct stat st;
	unsigned int i;

	drop_old_types(v);
	for (i = 0; rm_visible_get(&v->sim->w->rm, v->gpu, i, &t) == 0; i++) {
		snprintf(name, sizeof(name), "/mdev_supported_types/nvidia-%u/name", t.id);
		strcat(device_folder(v->sim, v->f, path), name);
		write_type(v, &t, stat(path, &st) < 0);
	}
	register_parent(v, i > 0);
	if (rm_visible_get(&v->sim->w->rm, v->gpu, 0, &t) == 0 && v->sim->w->tell_created)
		show_created(v, t.id);
}

/* What can be created on this function now. "id : name" under a header, or name and id as NVIDIA's guide has it. */
static void list_creatable(const struct view *v, char *table, size_t size)
{
	const struct world *w = v->sim->w;
	struct rm_type_view t;
	unsigned int i;
	size_t n = 0;

	for (i = 0; !v->f->vgpu_type && rm_visible_get(&w->rm, v->gpu, i, &t) == 0 && n + 128 < size; i++) {
		if (attribute_status(v->sim, v->f, t.id))
			continue;
		if (!n && !(w->flags & WORLD_GUIDE_LIST))
			n += (size_t)sprintf(table, "ID    : vGPU Name\n");
		n += (size_t)sprintf(table + n, w->flags & WORLD_GUIDE_LIST ? "%2$.64s   %1$u\n" : "%1$-6u: %2$.64s\n", t.id, t.name);
	}
	if (!n && !(w->flags & (WORLD_GUIDE_LIST | WORLD_EMPTY_LIST)))
		sprintf(table, "ID    : vGPU Name\n");
	/* One page of sysfs, its last byte a NUL. */
	table[w->page < size ? w->page : size - 1] = 0;
}

/* The function's vfio device, which a VM opens. */
static void show_vfio_device(const struct view *v, const char *device)
{
	char path[PATH_MAX];
	u32 index = pci_index(v->sim, v->f);

	snprintf(path, sizeof(path), "%.*s/vfio-dev/vfio%u", PATH_MAX - 64, device, index);
	make_folders(path);
	make_folders(under(path, v->sim, ".rm/vfio/devices"));
	snprintf(strchr(path, 0), 32, "/vfio%u", index);
	syscall(SYS_close, raw_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666));
}

static void show_vendor(const struct view *v)
{
	char path[PATH_MAX], table[16384] = "";

	if (!v->vf)
		return;
	list_creatable(v, table, sizeof(table));
	show_vfio_device(v, device_folder(v->sim, v->f, path));
	strcat(path, "/nvidia");
	make_folders(path);
	put(path, "creatable_vgpu_types", "%s", table);
	put(path, "current_vgpu_type", "%u\n", v->f->vgpu_type);
	/* 17 and later. */
	if (v->sim->w->rm.release >= rm_release_number("550.40.07"))
		put(path, "vgpu_params", "%s%s", v->f->params, v->f->vgpu_type ? "\n" : "");
}

static void show(const struct view *v)
{
	if (v->sim->w->flags & WORLD_VENDOR_VFIO)
		show_vendor(v);
	else
		show_mdev(v);
}

static struct pci_function *function_of_gpu(struct sim *sim, unsigned int gpu)
{
	const struct rm_gpu_desc *d = &sim->w->rm.gpu[gpu].desc;
	u32 i;

	for (i = 0; i < MAX_FUNCTIONS; i++) {
		struct pci_function *f = &sim->w->function[i];

		if (f->in_use && !f->vf_of && f->domain == d->domain && f->bus == d->bus &&
		    f->slot == d->slot && f->function == d->function)
			return f;
	}
	return NULL;
}

/* notes 5: in SR-IOV mode the PF lists no types, only its VFs do. */
void sysfs_types(struct sim *sim, unsigned int gpu)
{
	struct pci_function *pf = function_of_gpu(sim, gpu);
	struct view v = { sim, gpu, pf, pf, 0 };
	u32 i, owner;

	if (!pf || sim->w->rm.world & RM_WORLD_NO_VFIO)
		return;
	if (!rm_in_sriov_mode(&sim->w->rm, gpu)) {
		show(&v);
		return;
	}
	owner = (u32)(pf - sim->w->function) + 1;
	for (i = 0; i < MAX_FUNCTIONS; i++) {
		v.f = &sim->w->function[i];
		if (!v.f->in_use || v.f->vf_of != owner)
			continue;
		v.vf = v.f->vf_index + 1;
		if (!strcmp(v.f->driver, "nvidia") && pci_is_ready(sim, v.f))
			show(&v);
	}
}

/* ----------------------------------------------------- PCI functions */

static void modalias(const struct pci_function *f, char *text)
{
	snprintf(text, 96, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", f->vendor, f->device, f->subvendor,
		 f->subdevice, f->class_code >> 16 & 0xff, f->class_code >> 8 & 0xff, f->class_code & 0xff);
}

static void write_uevent(const struct pci_function *f, char *folder)
{
	char name[32], alias[96], driver[40] = "";

	modalias(f, alias);
	if (f->driver[0])
		snprintf(driver, sizeof(driver), "DRIVER=%s\n", f->driver);
	put(folder, "uevent", "%sPCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\nPCI_SLOT_NAME=%s\n"
	    "MODALIAS=%s\n", driver, f->class_code, f->vendor, f->device, f->subvendor, f->subdevice,
	    bdf(f, name), alias);
}

/* BAR0 16 MiB, BAR1 as large as the GPU's, the rest empty. */
static void write_resource(const struct pci_function *f, char *folder)
{
	unsigned long long base = 0x3800000000ULL + ((unsigned long long)f->bus << 32);
	char rest[700] = "";
	int i;

	for (i = 2; i < 13; i++)
		strcat(rest, "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
	put(folder, "resource", "0x%016llx 0x%016llx 0x0000000000040200\n0x%016llx 0x%016llx 0x000000000014220c\n%s",
	    0xf0000000ULL, 0xf0ffffffULL, base, base + ((unsigned long long)f->bar1_mib << 20) - 1, rest);
}

static void write_attributes(const struct pci_function *f, char *folder)
{
	char alias[96];

	modalias(f, alias);
	put(folder, "vendor", "0x%04x\n", f->vendor);
	put(folder, "device", "0x%04x\n", f->device);
	put(folder, "subsystem_vendor", "0x%04x\n", f->subvendor);
	put(folder, "subsystem_device", "0x%04x\n", f->subdevice);
	put(folder, "class", "0x%06x\n", f->class_code);
	put(folder, "revision", "0x%02x\n", f->revision);
	put(folder, "modalias", "%s\n", alias);
	put(folder, "enable", "%d\n", f->driver[0] != 0);
	put(folder, "numa_node", "-1\n");
	put(folder, "driver_override", "(null)\n");
	write_resource(f, folder);
	write_uevent(f, folder);
}

static void write_links(struct sim *sim, const struct pci_function *f, const char *folder)
{
	char path[PATH_MAX], target[128], name[32];

	snprintf(path, sizeof(path), "%.*s/subsystem", PATH_MAX - 64, folder);
	link_to("../../../bus/pci", path);
	snprintf(target, sizeof(target), "../../../devices/pci%04x:%02x/%s", f->domain, f->bus, bdf(f, name));
	make_folders(under(path, sim, "sys/bus/pci/devices"));
	link_to(target, under(path, sim, "sys/bus/pci/devices/%s", name));
}

/* What nvidia-vgpu-vfio showed of a function goes when its driver does. */
static void forget_types(struct sim *sim, const struct pci_function *f, const char *folder)
{
	char path[PATH_MAX], name[32];

	snprintf(path, sizeof(path), "%.*s/mdev_supported_types", PATH_MAX - 64, folder);
	remove_tree(path);
	snprintf(path, sizeof(path), "%.*s/nvidia", PATH_MAX - 64, folder);
	remove_tree(path);
	snprintf(path, sizeof(path), "%.*s/vfio-dev", PATH_MAX - 64, folder);
	remove_tree(path);
	unlink(under(path, sim, ".rm/vfio/devices/vfio%u", pci_index(sim, f)));
	unlink(under(path, sim, "sys/class/mdev_bus/%s", bdf(f, name)));
}

static void make_driver(struct sim *sim, const char *name)
{
	static const char *const files[] = { "bind", "unbind", "new_id", "remove_id" };
	char path[PATH_MAX];
	size_t i;

	make_folders(under(path, sim, "sys/bus/pci/drivers/%s", name));
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put(path, files[i], "%s", "");
}

static void write_driver(struct sim *sim, const struct pci_function *f, const char *folder)
{
	char path[PATH_MAX], target[128], name[32];

	snprintf(path, sizeof(path), "%.*s/driver", PATH_MAX - 64, folder);
	unlink(path);
	if (!f->driver[0] || (f->vf_of && !pci_is_ready(sim, f)))
		forget_types(sim, f, folder);
	if (!f->driver[0])
		return;
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", f->driver);
	link_to(target, path);
	snprintf(target, sizeof(target), "../../../../devices/pci%04x:%02x/%s", f->domain, f->bus, bdf(f, name));
	make_driver(sim, f->driver);
	link_to(target, under(path, sim, "sys/bus/pci/drivers/%s/%s", f->driver, name));
}

/* Links between a PF and its VFs, which may be gone. */
static void write_virtfns(struct sim *sim, u32 index, const char *folder)
{
	char path[PATH_MAX], target[64], name[32];
	u32 i;

	for (i = 0; i < sim->w->function[index].total_vfs; i++) {
		snprintf(path, sizeof(path), "%.*s/virtfn%u", PATH_MAX - 64, folder, i);
		unlink(path);
	}
	for (i = 0; i < MAX_FUNCTIONS; i++) {
		const struct pci_function *vf = &sim->w->function[i];

		if (!vf->in_use || vf->vf_of != index + 1)
			continue;
		snprintf(path, sizeof(path), "%.*s/virtfn%u", PATH_MAX - 64, folder, vf->vf_index);
		snprintf(target, sizeof(target), "../%s", bdf(vf, name));
		link_to(target, path);
	}
}

static void write_iommu_group(struct sim *sim, u32 index, const char *folder)
{
	char path[PATH_MAX], target[64];

	if (sim->w->flags & WORLD_NO_IOMMU)
		return;
	make_folders(under(path, sim, "sys/class/iommu/dmar0"));
	make_folders(under(path, sim, "sys/kernel/iommu_groups/%u", index));
	snprintf(path, sizeof(path), "%.*s/iommu_group", PATH_MAX - 64, folder);
	snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%u", index);
	link_to(target, path);
}

static void write_sriov(struct sim *sim, u32 index, const char *folder)
{
	struct pci_function *f = &sim->w->function[index];
	char path[PATH_MAX], target[64], name[32];

	if (f->vf_of) {
		snprintf(path, sizeof(path), "%.*s/physfn", PATH_MAX - 64, folder);
		snprintf(target, sizeof(target), "../%s", bdf(&sim->w->function[f->vf_of - 1], name));
		link_to(target, path);
		write_iommu_group(sim, index, folder);
	}
	if (!f->total_vfs)
		return;
	write_virtfns(sim, index, folder);
	write_iommu_group(sim, index, folder);
	put(folder, "sriov_totalvfs", "%u\n", f->total_vfs);
	put(folder, "sriov_numvfs", "%u\n", pci_numvfs(sim, index));
	put(folder, "sriov_drivers_autoprobe", "%u\n", !f->autoprobe_off);
	put(folder, "sriov_offset", "%u\n", VF_OFFSET);
	put(folder, "sriov_stride", "1\n");
	put(folder, "sriov_vf_device", "%x\n", f->device);
	if (!(sim->w->flags & WORLD_NO_STUB))
		make_driver(sim, "pci-pf-stub");
}

/* notes 1: every release has the two lines that matter; the rest looks like it. */
static void write_information(struct sim *sim, const struct pci_function *f)
{
	char path[PATH_MAX], name[32];
	int gpu = rm_find_gpu(&sim->w->rm, f->domain, f->bus, f->slot);

	under(path, sim, "proc/driver/nvidia/gpus/%s", bdf(f, name));
	if (gpu < 0 || strcmp(f->driver, "nvidia") || f->vf_of || !(sim->w->flags & WORLD_LOADED)) {
		remove_tree(path);
		return;
	}
	make_folders(path);
	put(path, "information", "Model: \t\t NVIDIA Simulated %04x\nIRQ:   \t\t 0\nGPU UUID: \t GPU-\?\?\?\?\?\?\?\?\n"
	    "Video BIOS: \t \?\?.\?\?.\?\?.\?\?.\?\?\nBus Type: \t PCIe\nDMA Size: \t 47 bits\nDMA Mask: \t 0x7fffffffffff\n"
	    "Bus Location: \t %s\nDevice Minor: \t %u\nGPU Excluded:\t %s\n", f->device, name,
	    sim->w->rm.gpu[gpu].desc.minor, f->gpu_flags & RM_GPU_EXCLUDED ? "Yes" : "No");
	if (!(sim->w->rm.world & RM_WORLD_PLAIN))
		put(path, "unbindLock", "%u\n", f->locked);
}

static void forget_driver_links(struct sim *sim, const struct pci_function *f)
{
	char path[PATH_MAX], name[32];
	struct dirent *e;
	DIR *d = opendir(under(path, sim, "sys/bus/pci/drivers"));

	bdf(f, name);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlink(under(path, sim, "sys/bus/pci/drivers/%s/%s", e->d_name, name));
	if (d)
		closedir(d);
}

int sysfs_function(struct sim *sim, u32 index)
{
	struct pci_function *f = &sim->w->function[index];
	char folder[PATH_MAX];
	int r;

	device_folder(sim, f, folder);
	r = make_folders(folder);
	if (r < 0)
		return r;
	write_attributes(f, folder);
	write_links(sim, f, folder);
	forget_driver_links(sim, f);
	write_driver(sim, f, folder);
	write_sriov(sim, index, folder);
	write_information(sim, f);
	return 0;
}

void sysfs_remove(struct sim *sim, u32 index)
{
	struct pci_function *f = &sim->w->function[index];
	char path[PATH_MAX], name[32];

	forget_driver_links(sim, f);
	unlink(under(path, sim, "sys/bus/pci/devices/%s", bdf(f, name)));
	unlink(under(path, sim, "sys/class/mdev_bus/%s", name));
	remove_tree(under(path, sim, "proc/driver/nvidia/gpus/%s", name));
	remove_tree(device_folder(sim, f, path));
}

/* ------------------------------------------------------------ modules */

static bool is_loaded(const struct sim *sim)
{
	return sim->w->flags & WORLD_LOADED;
}

static bool has_vfio(const struct sim *sim)
{
	return is_loaded(sim) && !(sim->w->rm.world & RM_WORLD_NO_VFIO);
}

/* notes 1: one name up to 535, two from 545.23.06; nvidia-modeset has the same major. */
static void write_devices(struct sim *sim)
{
	bool one = sim->w->rm.release < rm_release_number("545.23.06");
	char path[PATH_MAX];

	make_folders(under(path, sim, "proc"));
	put(path, "devices", "Character devices:\n  1 mem\n  5 /dev/tty\n 10 misc\n%s%s\nBlock devices:\n  7 loop\n",
	    is_loaded(sim) ? "195 nvidia-modeset\n" : "",
	    !is_loaded(sim) ? "" : one ? "195 nvidia-frontend\n" : "195 nvidia\n195 nvidiactl\n");
}

static void write_driver_proc(struct sim *sim)
{
	struct world *w = sim->w;
	char path[PATH_MAX];

	if (!is_loaded(sim)) {
		remove_tree(under(path, sim, "proc/driver/nvidia"));
		return;
	}
	make_folders(under(path, sim, "proc/driver/nvidia/gpus"));
	under(path, sim, "proc/driver/nvidia");
	put(path, "version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  %s  Thu Jan  1 00:00:00 UTC 1970\n"
	    "GCC version:  gcc version 12.2.0\n", w->rm.version);
	/* Integers are printed with %u: the mode is decimal. */
	put(path, "params", "ResmanDebugLevel: 4294967295\nRmLogonRC: 1\nModifyDeviceFiles: %u\nDeviceFileUID: %u\n"
	    "DeviceFileGID: %u\nDeviceFileMode: %u\nInitializeSystemMemoryAllocations: 1\n", w->params_modify,
	    w->params_uid, w->params_gid, w->params_mode);
}

static void write_module(struct sim *sim, const char *name, bool live, const char *version)
{
	char path[PATH_MAX];

	under(path, sim, "sys/module/%s", name);
	if (!live) {
		remove_tree(path);
		return;
	}
	make_folders(path);
	put(path, "initstate", "live\n");
	put(path, "refcnt", "0\n");
	put(path, "version", "%s\n", version);
}

static void write_mdev_core(struct sim *sim)
{
	char path[PATH_MAX];

	if (!has_vfio(sim) || sim->w->flags & WORLD_VENDOR_VFIO) {
		remove_tree(under(path, sim, "sys/class/mdev_bus"));
		remove_tree(under(path, sim, "sys/bus/mdev"));
		return;
	}
	make_folders(under(path, sim, "sys/class/mdev_bus"));
	make_folders(under(path, sim, "sys/bus/mdev/devices"));
	make_folders(under(path, sim, "sys/bus/mdev/drivers/nvidia-vgpu-vfio"));
}

int sysfs_module(struct sim *sim)
{
	char path[PATH_MAX];
	const char *version = sim->w->rm.version;

	write_devices(sim);
	write_driver_proc(sim);
	write_module(sim, "nvidia", is_loaded(sim), version);
	write_module(sim, "nvidia_vgpu_vfio", has_vfio(sim), version);
	write_module(sim, "mdev", has_vfio(sim) && !(sim->w->flags & WORLD_VENDOR_VFIO), "0.1");
	write_mdev_core(sim);
	make_folders(under(path, sim, "sys/bus/pci/drivers"));
	if (is_loaded(sim))
		make_driver(sim, "nvidia");
	put(under(path, sim, "sys/bus/pci"), "rescan", "%s", "");
	under(path, sim, "proc");
	return put(path, "modules", "%s%svfio 45056 0 - Live 0x0000000000000000\n",
		   has_vfio(sim) ? "nvidia_vgpu_vfio 65536 0 - Live 0x0000000000000000 (OE)\n" : "",
		   is_loaded(sim) ? "nvidia 56000000 1 nvidia_vgpu_vfio, Live 0x0000000000000000 (POE)\n" : "");
}
