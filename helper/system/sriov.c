/* SPDX-License-Identifier: GPL-2.0-only */
#include "system/sriov.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/string-util.h"
#include "system/process.h"
#include "system/vfio.h"

#define DRIVERS "/sys/bus/pci/drivers"
#define AUTOPROBE "sriov_drivers_autoprobe"

int sriov_read_number(const struct device *gpu, unsigned *ret)
{
	char text[16], *end;
	int r = device_attribute(gpu, "sriov_numvfs", text, sizeof(text));
	unsigned long number;

	if (r < 0)
		return r;
	number = strtoul(text, &end, 10);
	if (end == text || *end || number > UINT16_MAX)
		return -EINVAL;
	*ret = (unsigned)number;
	return 0;
}

static void read_function(const struct device *gpu, struct function *f)
{
	char link[64], path[PATH_MAX];

	snprintf(link, sizeof(link), "virtfn%u", f->number);
	if (device_link(gpu, link, f->address, sizeof(f->address)) < 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", gpu->syspath, link);
	if (strlen(path) >= sizeof(f->path))
		return;
	memcpy(f->path, path, strlen(path) + 1);
	snprintf(link, sizeof(link), "virtfn%u/driver", f->number);
	device_link(gpu, link, f->driver, sizeof(f->driver));
	if (vfio_is_there(f->path)) {
		f->world = WORLD_VENDOR;
		if (vfio_read_type(f->path, &f->type) < 0)
			f->world = WORLD_NONE;
		return;
	}
	strcat(path, "/mdev_supported_types");
	if (access(path, F_OK) == 0)
		f->world = WORLD_MDEV;
}

int sriov_read_functions(const struct device *gpu, struct function_list *ret)
{
	struct function_list list = { 0 };
	unsigned n = 0;
	int r = sriov_read_number(gpu, &n);

	if (r < 0)
		return r;
	list.items = n ? calloc(n, sizeof(*list.items)) : NULL;
	if (n && !list.items)
		return -ENOMEM;
	for (; list.n < n; list.n++) {
		list.items[list.n].number = (unsigned)list.n;
		read_function(gpu, &list.items[list.n]);
	}
	*ret = list;
	return 0;
}

void sriov_functions_done(struct function_list *list)
{
	free(list->items);
	*list = (struct function_list){ 0 };
}

static int write_text(const char *folder, const char *name, const char *text)
{
	_cleanup_(freep) char *path = text_format("%s/%s", folder, name);
	_cleanup_(closep) int fd = path ? open(path, O_WRONLY | O_TRUNC | O_CLOEXEC) : -1;

	if (!path)
		return -ENOMEM;
	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int sriov_write_number(const struct device *gpu, unsigned n)
{
	char text[16], before[16] = "0";
	int r;

	/* Before the number: it is read when functions are added. Kernels before 4.12 lack it. */
	r = device_attribute(gpu, AUTOPROBE, before, sizeof(before));
	if (r == 0)
		r = write_text(gpu->syspath, AUTOPROBE, "0\n");
	if (r < 0 && r != -ENOENT)
		return r;
	snprintf(text, sizeof(text), "%u\n", n);
	r = write_text(gpu->syspath, "sriov_numvfs", text);
	/* Whoever switches functions on otherwise finds it as it was. */
	if (r < 0 && strcmp(before, "0") != 0)
		write_text(gpu->syspath, AUTOPROBE, before);
	return r;
}

const char *sriov_reason(int r)
{
	switch (-r) {
	case ERANGE:
		return "the driver takes fewer (sriov_totalvfs says how many the card has)";
	case ENOENT:
		return "no driver is bound, or this one cannot switch functions on through sysfs";
	case EBUSY:
		return "there are functions already: their number changes only after a 0";
	case ENOMEM:
		return "the firmware or the bridge above has no room for them: memory (above 4G decoding) or bus numbers (ARI)";
	case EIO:
		return "the card's SR-IOV numbers contradict each other (InitialVFs)";
	case ENODEV:
		return "its driver does not let it be a physical function: its parameters (max_vfs), or the firmware";
	}
	return NULL;
}

int sriov_take_from(const struct device *gpu, const char *driver)
{
	_cleanup_(freep) char *folder = text_format(DRIVERS "/%s", driver);
	char id[16];

	if (!folder)
		return -ENOMEM;
	/* The ID is the kind's, not the card's, and there is none where the driver was chosen otherwise. */
	snprintf(id, sizeof(id), "%04x %04x\n", gpu->vendor, gpu->device);
	write_text(folder, "remove_id", id);
	return write_text(folder, "unbind", gpu->address);
}

int sriov_bind(const struct device *gpu, const char *driver)
{
	_cleanup_(freep) char *folder = text_format(DRIVERS "/%s", driver);

	return folder ? write_text(folder, "bind", gpu->address) : -ENOMEM;
}

/* Finds the nodes by which a VM can have a function open; "" where there is none. */
static void find_nodes(const struct function *f, char device[64], char group[64])
{
	_cleanup_(freep) char *folder = text_format("%s/vfio-dev", f->path), *link = text_format("%s/iommu_group", f->path);
	_cleanup_(closedirp) DIR *devices = folder ? opendir(folder) : NULL;
	const struct dirent *entry;
	char target[PATH_MAX];
	ssize_t n = link ? readlink(link, target, sizeof(target) - 1) : -1;

	while (devices && (entry = readdir(devices)))
		if (strncmp(entry->d_name, "vfio", 4) == 0)
			snprintf(device, 64, "/dev/vfio/devices/%.40s", entry->d_name);
	target[MAX(n, 0)] = '\0';
	if (strrchr(target, '/'))
		snprintf(group, 64, "/dev/vfio/%.40s", strrchr(target, '/') + 1);
}

void sriov_find_holders(const struct function_list *functions, char **ret)
{
	size_t n = functions->n;
	_cleanup_(freep) char (*nodes)[64] = calloc(2 * n + 1, sizeof(*nodes));
	_cleanup_(freep) const char **paths = calloc(2 * n + 1, sizeof(*paths));
	_cleanup_(freep) char **holders = calloc(2 * n + 1, sizeof(*holders));

	if (!nodes || !paths || !holders)
		return;
	for (size_t i = 0; i < n; i++)
		find_nodes(&functions->items[i], nodes[2 * i], nodes[2 * i + 1]);
	for (size_t i = 0; i < 2 * n; i++)
		paths[i] = nodes[i];
	process_find_holders(paths, 2 * n, holders);
	for (size_t i = 0; i < 2 * n; i++) {
		if (holders[i])
			text_append_item(&ret[i / 2], "%s", holders[i]);
		free(holders[i]);
	}
}
