/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything about a device is read from sysfs once, when it is found; a later look (device_attribute, device_region,
 * device_link) goes there again. libudev lists devices, knows the hardware database, and receives events.
 */
#include "system/device.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libudev.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/path.h"
#include "base/string-util.h"

/* VGA, 3D, and other display controllers, which an Intel GPU is beside a card that has the console. */
static bool is_display(uint32_t class)
{
	return class >> 8 == 0x0300 || class >> 8 == 0x0302 || class >> 8 == 0x0380;
}

DEFINE_CLEANUP(struct udev *, udev_unref)
DEFINE_CLEANUP(struct udev_device *, udev_device_unref)
DEFINE_CLEANUP(struct udev_enumerate *, udev_enumerate_unref)

/* What sysfs says in numbers, each with the most that can be true. What is optional is 0 where it is not there. */
struct number {
	const char *name;
	int base;
	uint32_t max;
	bool optional;
};

/* Reads one of them, and says which could not be read. 0, or -ENODEV for a device that has gone meanwhile, or another error. */
static int read_number(const char *syspath, const struct number *number, uint32_t *ret)
{
	_cleanup_(freep) char *path = path_join(syspath, number->name);
	unsigned long value;
	char text[32], *end;
	int r = path ? file_read_line(path, text, sizeof(text)) : -ENOMEM;

	if (r == -ENOENT && number->optional)
		return 0;
	if (r == -ENODEV || (r == -ENOENT && access(syspath, F_OK) < 0))
		return -ENODEV;
	if (r == 0) {
		errno = 0;
		value = strtoul(text, &end, number->base);
		if (errno || end == text || *end || value > number->max)
			r = -ERANGE;
		else
			*ret = (uint32_t)value;
	}
	return r < 0 ? log_msg(LOG_ERR, r, "%s/%s cannot be read", syspath, number->name) : 0;
}

static const struct number class_number = { "class", 16, 0xffffff, false };

static int read_numbers(struct device *d)
{
	static const struct number numbers[] = {
		{ "vendor", 16, UINT16_MAX, false },
		{ "device", 16, UINT16_MAX, false },
		{ "subsystem_vendor", 16, UINT16_MAX, false },
		{ "subsystem_device", 16, UINT16_MAX, false },
		{ "sriov_numvfs", 10, UINT16_MAX, true },
		{ "sriov_totalvfs", 10, UINT16_MAX, true },
	};
	uint32_t values[ARRAY_SIZE(numbers)] = { 0 };
	int r = read_number(d->syspath, &class_number, &d->class);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(numbers); i++)
		r = read_number(d->syspath, &numbers[i], &values[i]);
	d->vendor = (uint16_t)values[0];
	d->device = (uint16_t)values[1];
	d->subvendor = (uint16_t)values[2];
	d->subdevice = (uint16_t)values[3];
	d->vfs = values[4];
	d->vfs_possible = values[5];
	return r;
}

/* Reads the name of the driver, which has the length of a module's name at most. */
static int read_driver(struct device *d)
{
	char driver[64];
	int r = device_link(d, "driver", driver, sizeof(driver));

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	make_printable(driver, '?'); /* a field of the journal's, too */
	d->driver = strdup(driver);
	return d->driver ? 0 : -ENOMEM;
}

/* What udev was asked, in a box of its own, since a device does not change. */
struct model {
	bool asked;
	char *name;
};

static int device_from_path(const char *syspath, struct device **ret)
{
	_cleanup_(device_freep) struct device *d = calloc(1, sizeof(*d));
	const char *address = strrchr(syspath, '/');
	char physfn[PATH_MAX];
	int r;

	if (!d)
		return -ENOMEM;
	if (!address || parse_pci_address(++address, &d->pci) < 0)
		return -ENODEV;
	d->address = strdup(address);
	d->syspath = strdup(syspath);
	d->model = calloc(1, sizeof(*d->model));
	if (!d->address || !d->syspath || !d->model)
		return -ENOMEM;
	r = read_driver(d);
	if (r == 0)
		r = read_numbers(d);
	if (r < 0)
		return r;
	snprintf(physfn, sizeof(physfn), "%s/physfn", d->syspath);
	d->is_vf = access(physfn, F_OK) == 0;

	*ret = TAKE_PTR(d);
	return 0;
}

/* Notes a name that could not be read: libudev tells that from none by errno only. */
static char *ask_model(const char *syspath)
{
	_cleanup_(udev_unrefp) struct udev *udev = udev_new();
	_cleanup_(udev_device_unrefp) struct udev_device *u = udev ? udev_device_new_from_syspath(udev, syspath) : NULL;
	const char *name;
	char *copy;

	errno = u ? 0 : errno;
	name = u ? udev_device_get_property_value(u, "ID_MODEL_FROM_DATABASE") : NULL;
	if (!name && errno && errno != ENOENT && errno != ENODEV)
		text_lose();
	copy = name ? text_format("%s", name) : NULL;
	make_printable(copy, '?');
	return copy;
}

const char *device_model(const struct device *device)
{
	struct model *model = device->model;

	if (!model->asked)
		*model = (struct model){ true, ask_model(device->syspath) };
	return model->name;
}

/* Tells a /sys that is not mounted from one without devices: to libudev they are the same. */
static int check_sysfs(void)
{
	return access("/sys/bus", F_OK) < 0 ? -errno : 0;
}

int device_find(const char *name, struct device **ret)
{
	char path[PATH_MAX], link[PATH_MAX + 16], subsystem[PATH_MAX] = "";
	struct pci_address pci;
	int r;

	if (strncmp(name, "/sys/", 5) == 0)
		snprintf(link, sizeof(link), "%s", name);
	else if (parse_pci_address(name, &pci) == 0)
		snprintf(link, sizeof(link), "/sys/bus/pci/devices/%04x:%02x:%02x.%x", pci.domain, pci.bus, pci.slot, pci.function);
	else
		return -EINVAL;
	if (!realpath(link, path)) {
		r = errno == ENOENT ? check_sysfs() : -errno;
		return r < 0 ? r : -ENODEV;
	}
	snprintf(link, sizeof(link), "%s/subsystem", path);
	if (readlink(link, subsystem, sizeof(subsystem) - 1) < 0)
		return errno == ENOENT || errno == EINVAL || errno == ENOTDIR ? -ENODEV : -errno;
	return string_ends(subsystem, "/pci") ? device_from_path(path, ret) : -ENODEV;
}

static int add_path(const char *path, struct device_list *list)
{
	_cleanup_(device_freep) struct device *device = NULL;
	struct device **items;
	uint32_t class = 0;
	int r = read_number(path, &class_number, &class);

	if (r == 0 && is_display(class))
		r = device_from_path(path, &device);
	/* Skip what is gone since it was listed. */
	if (r < 0)
		return r == -ENODEV ? 0 : r;
	if (!device || device->is_vf)
		return 0;

	items = reallocarray(list->items, list->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->n++] = TAKE_PTR(device);
	return 0;
}

static int compare_addresses(const void *a, const void *b)
{
	const struct pci_address *x = &(*(struct device *const *)a)->pci, *y = &(*(struct device *const *)b)->pci;

	if (x->domain != y->domain)
		return x->domain < y->domain ? -1 : 1;
	if (x->bus != y->bus)
		return x->bus - y->bus;
	if (x->slot != y->slot)
		return x->slot - y->slot;
	return x->function - y->function;
}

int device_list_gpus(struct device_list *ret)
{
	_cleanup_(udev_unrefp) struct udev *udev = udev_new();
	_cleanup_(udev_enumerate_unrefp) struct udev_enumerate *all = udev ? udev_enumerate_new(udev) : NULL;
	struct device_list list = { 0 };
	struct udev_list_entry *first = NULL, *entry;
	int r;

	if (!all)
		return -ENOMEM;
	r = check_sysfs();
	if (r >= 0)
		r = udev_enumerate_add_match_subsystem(all, "pci");
	if (r >= 0)
		r = udev_enumerate_scan_devices(all);

	errno = 0;
	if (r >= 0)
		first = udev_enumerate_get_list_entry(all);
	if (r >= 0 && !first && errno && errno != ENODATA) /* which is that there is none */
		r = -errno;
	udev_list_entry_foreach(entry, first) {
		r = add_path(udev_list_entry_get_name(entry), &list);
		if (r < 0)
			break;
	}
	if (r < 0) {
		device_list_done(&list);
		return r;
	}

	if (list.n)
		qsort(list.items, list.n, sizeof(*list.items), compare_addresses);
	*ret = list;
	return 0;
}

static int write_event(const struct device *device, const char *event)
{
	_cleanup_(closep) int fd = -1;
	char path[PATH_MAX];

	if (strlen(device->syspath) + sizeof("/uevent") > sizeof(path))
		return -ENAMETOOLONG;
	stpcpy(stpcpy(path, device->syspath), "/uevent");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, event, strlen(event)) < 0 ? -errno : 0;
}

int device_trigger(const struct device *device)
{
	return write_event(device, "change");
}

int device_trigger_with(const struct device *device, const char *argument)
{
	/* Arguments come behind a UUID, any. */
	static const char start[] = "change 6d646576-2d67-4075-8076-697274666e00 MDEVGPU=";
	char event[sizeof(start) + 32];

	if (strlen(argument) > 32)
		return -EINVAL;
	stpcpy(stpcpy(event, start), argument);
	return write_event(device, event);
}

bool device_is_gpu(const struct device *device)
{
	return is_display(device->class);
}

int device_attribute(const struct device *device, const char *name, char *text, size_t size)
{
	_cleanup_(freep) char *path = path_join(device->syspath, name);

	return path ? file_read_line(path, text, size) : -ENOMEM;
}

uint64_t device_region(const struct device *device, unsigned region)
{
	_cleanup_(freep) char *path = path_join(device->syspath, "resource");
	_cleanup_(fclosep) FILE *f = path ? fopen(path, "re") : NULL;
	uint64_t first, last;
	const char *at;
	char line[128];

	for (unsigned i = 0; f && i <= region; i++)
		if (!fgets(line, sizeof(line), f))
			return 0;
	at = line;
	if (!f || !parse_number(&at, 16, UINT64_MAX, &first) || *at++ != ' ' || !parse_number(&at, 16, UINT64_MAX, &last) ||
	    last <= first)
		return 0;
	return last - first + 1;
}

int device_link(const struct device *device, const char *name, char *text, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX], *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", device->syspath, name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	snprintf(text, size, "%s", slash ? slash + 1 : target);
	return 0;
}

void device_free(struct device *device)
{
	if (!device)
		return;
	free(device->address);
	free(device->syspath);
	free(device->driver);
	if (device->model)
		free(device->model->name);
	free(device->model);
	free(device);
}

void device_list_done(struct device_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		device_free(list->items[i]);
	free(list->items);
	*list = (struct device_list){ 0 };
}

/* Hides libudev's monitor from callers. */
struct device_monitor {
	struct udev_monitor *monitor;
};

int device_monitor_new(struct device_monitor **ret)
{
	_cleanup_(udev_unrefp) struct udev *udev = udev_new();
	_cleanup_(device_monitor_freep) struct device_monitor *m = calloc(1, sizeof(*m));
	int r;

	if (!udev || !m)
		return -ENOMEM;
	m->monitor = udev_monitor_new_from_netlink(udev, "udev");
	if (!m->monitor)
		return -errno;
	r = udev_monitor_filter_add_match_subsystem_devtype(m->monitor, "pci", NULL);
	if (r >= 0)
		r = udev_monitor_filter_add_match_subsystem_devtype(m->monitor, "mdev", NULL);
	if (r >= 0)
		r = udev_monitor_enable_receiving(m->monitor);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(m);
	return 0;
}

bool device_has_udevd(void)
{
	/* Its socket, which stays while udevd is restarted. */
	return access("/run/udev/control", F_OK) == 0;
}

int device_monitor_fd(const struct device_monitor *monitor)
{
	return udev_monitor_get_fd(monitor->monitor);
}

bool device_monitor_take(struct device_monitor *monitor)
{
	struct udev_device *u;
	bool any = false;

	while ((u = udev_monitor_receive_device(monitor->monitor))) {
		/* Judge by the event's properties: a removed device has no files in sysfs any more. */
		const char *subsystem = udev_device_get_subsystem(u), *class = udev_device_get_property_value(u, "PCI_CLASS");

		any |= (subsystem && strcmp(subsystem, "mdev") == 0) || (class && is_display((uint32_t)strtoul(class, NULL, 16)));
		udev_device_unref(u);
	}
	return any;
}

void device_monitor_free(struct device_monitor *monitor)
{
	if (!monitor)
		return;
	udev_monitor_unref(monitor->monitor);
	free(monitor);
}
