/* SPDX-License-Identifier: GPL-2.0-only */
#include "system/mdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/string-util.h"

/* The next entry that is not a dot file. */
static const char *next_name(DIR *dir)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			return entry->d_name;
	return NULL;
}

static char *read_attribute(const char *folder, const char *id, const char *attribute)
{
	_cleanup_(freep) char *path = text_format("%s/%s/%s", folder, id, attribute);
	char text[256];

	return path && file_read_line(path, text, sizeof(text)) == 0 ? strdup(text) : NULL;
}

static int add_type(const char *folder, const char *id, struct mdev_types *types)
{
	struct mdev_type *items = reallocarray(types->items, types->n + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	types->items = items;
	items[types->n] = (struct mdev_type){ .id = strdup(id), .name = read_attribute(folder, id, "name") };
	return items[types->n++].id ? 0 : -ENOMEM;
}

unsigned mdev_next_vf(const struct device *device, unsigned vf)
{
	for (; vf < device->vfs; vf++) {
		char link[64], driver[64];

		snprintf(link, sizeof(link), "virtfn%u/driver", vf);
		if (device->driver && device_link(device, link, driver, sizeof(driver)) == 0 &&
		    strcmp(driver, device->driver) == 0)
			return vf;
	}
	return device->vfs;
}

bool mdev_has_no_place(const struct device *device)
{
	return device->vfs_possible && mdev_next_vf(device, 0) == device->vfs;
}

/* Where a function shows its types: the GPU, or where it has VFs, one of those. */
static void types_folder(const struct device *device, unsigned vf, char path[PATH_MAX])
{
	if (device->vfs)
		snprintf(path, PATH_MAX, "%s/virtfn%u/mdev_supported_types", device->syspath, vf);
	else
		snprintf(path, PATH_MAX, "%s/mdev_supported_types", device->syspath);
}

static int compare_types(const void *a, const void *b)
{
	const struct mdev_type *x = a, *y = b;

	return strverscmp(x->id, y->id);
}

static int read_folder(const struct device *device, struct mdev_types *types)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	char folder[PATH_MAX];
	const char *id;
	int r = 0;

	types_folder(device, mdev_next_vf(device, 0), folder);
	dir = opendir(folder);
	if (!dir && errno != ENOENT)
		return -errno;

	while (dir && r == 0 && (id = next_name(dir)))
		r = add_type(folder, id, types);
	return r;
}

static void vendor_file(const struct device *device, unsigned vf, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/virtfn%u/nvidia/%s", device->syspath, vf, name);
}

/* The number of the type that a virtual function is made to, 0: none. */
static unsigned current_type(const struct device *device, unsigned vf)
{
	_cleanup_(fclosep) FILE *f = NULL;
	char path[PATH_MAX];
	unsigned id = 0;

	vendor_file(device, vf, "current_vgpu_type", path);
	f = fopen(path, "re");
	return f && fscanf(f, "%u", &id) == 1 ? id : 0;
}

/* "531   : GRID P40-1Q" */
static int add_offered(const struct device *device, const char *line, struct mdev_types *types)
{
	struct mdev_type *items;
	unsigned number;
	int name = 0;

	if (sscanf(line, "%u : %n", &number, &name) < 1 || !name)
		return 0; /* the heading */
	items = reallocarray(types->items, types->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	types->items = items;
	items += types->n++;
	items->name = strndup(line + name, strcspn(line + name, "\n"));
	items->id = text_format("%s-%u", device->driver, number);
	return items->id ? 0 : -ENOMEM;
}

static int read_offers(const struct device *device, unsigned vf, struct mdev_types *types)
{
	_cleanup_(fclosep) FILE *f = NULL;
	char path[PATH_MAX], line[256];
	int r = 0;

	vendor_file(device, vf, "creatable_vgpu_types", path);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (r == 0 && fgets(line, sizeof(line), f))
		r = add_offered(device, line, types);
	return r;
}

/* A function that is a vGPU offers nothing. */
static int read_offered(const struct device *device, struct mdev_types *types)
{
	unsigned vf = mdev_next_vf(device, 0);

	while (current_type(device, vf) && mdev_next_vf(device, vf + 1) < device->vfs)
		vf = mdev_next_vf(device, vf + 1);
	return read_offers(device, vf, types);
}

int mdev_types_read(const struct device *device, struct mdev_types *ret)
{
	struct mdev_types types = { 0 };
	int r = mdev_is_vendor_vfio(device) ? read_offered(device, &types) : read_folder(device, &types);

	if (r < 0) {
		mdev_types_done(&types);
		return r;
	}

	if (types.n)
		qsort(types.items, types.n, sizeof(*types.items), compare_types);
	*ret = types;
	return 0;
}

void mdev_types_done(struct mdev_types *types)
{
	for (size_t i = 0; i < types->n; i++) {
		free(types->items[i].id);
		free(types->items[i].name);
	}
	free(types->items);
	*types = (struct mdev_types){ 0 };
}

const struct mdev_type *mdev_types_find(const struct mdev_types *types, const char *id)
{
	for (size_t i = 0; i < types->n; i++)
		if (strcmp(types->items[i].id, id) == 0)
			return &types->items[i];
	return NULL;
}

bool mdev_is_everywhere(const struct device *device, const char *id)
{
	unsigned vf = mdev_next_vf(device, 0);
	bool there = true;

	if (mdev_is_vendor_vfio(device))
		return true;
	for (; there && vf < device->vfs; vf = mdev_next_vf(device, vf + 1)) {
		char folder[PATH_MAX], path[PATH_MAX + 256];

		types_folder(device, vf, folder);
		snprintf(path, sizeof(path), "%s/%s", folder, id);
		there = access(path, F_OK) == 0;
	}
	return there;
}

static size_t count_entries(const char *path)
{
	_cleanup_(closedirp) DIR *dir = opendir(path);
	size_t n = 0;

	while (dir && next_name(dir))
		n++;
	return n;
}

static size_t count_on_function(const char *function)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	char path[PATH_MAX + 32];
	const char *id;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/mdev_supported_types", function);
	dir = opendir(path);
	while (dir && (id = next_name(dir))) {
		char devices[PATH_MAX + 320];

		snprintf(devices, sizeof(devices), "%s/%s/devices", path, id);
		n += count_entries(devices);
	}
	return n;
}

/* The path of a function: 0 is the GPU itself, then its virtual functions. */
static void function_path(const struct device *device, unsigned number, char path[PATH_MAX])
{
	if (number)
		snprintf(path, PATH_MAX, "%s/virtfn%u", device->syspath, number - 1);
	else
		snprintf(path, PATH_MAX, "%s", device->syspath);
}

size_t mdev_count_devices(const struct device *device)
{
	size_t n = 0;

	for (unsigned i = 0; i <= device->vfs; i++) {
		char function[PATH_MAX];

		function_path(device, i, function);
		n += count_on_function(function) + (i && current_type(device, i - 1));
	}
	return n;
}

static void tell_of_type(const char *function, const char *id, void (*tell)(void *, const char *, const char *), void *data)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	char path[PATH_MAX + 320];
	const char *uuid;

	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/devices", function, id);
	dir = opendir(path);
	while (dir && (uuid = next_name(dir)))
		tell(data, id, uuid);
}

void mdev_each_device(const struct device *device, void (*tell)(void *data, const char *id, const char *uuid), void *data)
{
	for (unsigned i = 0; i <= device->vfs; i++) {
		_cleanup_(closedirp) DIR *dir = NULL;
		char function[PATH_MAX], path[PATH_MAX + 32];
		const char *id;

		function_path(device, i, function);
		snprintf(path, sizeof(path), "%s/mdev_supported_types", function);
		dir = opendir(path);
		while (dir && (id = next_name(dir)))
			tell_of_type(function, id, tell, data);
	}
}

static void count_on_parent(const struct device *device, unsigned number, const char *id, struct mdev_count *count)
{
	_cleanup_(freep) char *available = NULL;
	char folder[PATH_MAX + 32], devices[PATH_MAX + 320], function[PATH_MAX];

	function_path(device, number, function);
	snprintf(folder, sizeof(folder), "%s/mdev_supported_types", function);
	snprintf(devices, sizeof(devices), "%s/%s/devices", folder, id);
	count->in_use += count_entries(devices);
	available = read_attribute(folder, id, "available_instances");
	count->available += available ? strtoull(available, NULL, 10) : 0;
}

static void count_on_vf(const struct device *device, unsigned vf, const char *id, struct mdev_count *count)
{
	struct mdev_types offered = { 0 };
	unsigned current = current_type(device, vf);
	char own[64];

	snprintf(own, sizeof(own), "%s-%u", device->driver, current);
	if (current)
		count->in_use += strcmp(own, id) == 0;
	else if (read_offers(device, vf, &offered) == 0)
		count->available += mdev_types_find(&offered, id) != NULL;
	mdev_types_done(&offered);
}

void mdev_count_type(const struct device *device, const char *id, struct mdev_count *ret)
{
	bool is_vfio = mdev_is_vendor_vfio(device);

	*ret = (struct mdev_count){ 0 };
	for (unsigned i = 0; i <= device->vfs; i++)
		if (!is_vfio)
			count_on_parent(device, i, id, ret);
		else if (i)
			count_on_vf(device, i - 1, id, ret);
}

bool mdev_is_vendor_vfio(const struct device *device)
{
	char path[PATH_MAX];

	vendor_file(device, mdev_next_vf(device, 0), "creatable_vgpu_types", path);
	return access(path, F_OK) == 0;
}

int mdev_types_missing(const struct device *device, const char *const *ids, size_t n, char ***ret)
{
	_cleanup_(strv_freep) char **missing = calloc(1, sizeof(*missing));
	struct mdev_types shown = { 0 };
	size_t n_missing = 0;
	int r;

	if (!missing)
		return -ENOMEM;
	r = mdev_types_read(device, &shown);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!mdev_types_find(&shown, ids[i]) || !mdev_is_everywhere(device, ids[i]))
			r = strv_add(&missing, &n_missing, ids[i]);
	mdev_types_done(&shown);
	if (r == 0)
		*ret = TAKE_PTR(missing);
	return r;
}
