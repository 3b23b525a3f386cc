/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * There are three layouts. A GPU without SR-IOV has mdev_supported_types itself; with SR-IOV each virtual function has
 * it, and the physical function none. From kernel 6.8 on a vendor's VFIO driver may take mdev's place
 * (mdev_is_vendor_vfio): then a virtual function has nvidia/creatable_vgpu_types, which lists what has room, and
 * nvidia/current_vgpu_type, which makes it a vGPU.
 */
#include "system/mdev.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/string-util.h"
#include "system/vfio.h"

/* Opens a folder; one that is not there is empty, with *ret untouched. 0 or a negative errno. */
static int open_folder(const char *path, DIR **ret)
{
	DIR *dir = opendir(path);

	if (!dir)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	*ret = dir;
	return 0;
}

/* Tells the next entry that is not a dot file. 1, 0 at the end and for no folder, or a negative errno. */
static int next_name(DIR *dir, const char **ret)
{
	const struct dirent *entry;

	if (!dir)
		return 0;
	while ((errno = 0, entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			*ret = entry->d_name;
			return 1;
		}
	return -errno;
}

static char *read_attribute(const char *folder, const char *id, const char *attribute)
{
	_cleanup_(freep) char *path = text_format("%s/%s/%s", folder, id, attribute);
	char text[256];

	return path && file_read_line(path, text, sizeof(text)) == 0 ? strdup(text) : NULL;
}

/* Takes over id and name. 0 or -ENOMEM. */
static int add_type(struct mdev_types *types, char *id, char *name)
{
	struct mdev_type *items = id ? reallocarray(types->items, types->n + 1, sizeof(*items)) : NULL;

	if (!items) {
		free(id);
		free(name);
		return -ENOMEM;
	}
	types->items = items;
	items[types->n++] = (struct mdev_type){ id, name };
	return 0;
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

/* Formats the path of the types of one virtual function, or of the GPU itself where it has none. */
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

/* Formats the path of a function: 0 is the GPU itself, then its virtual functions. */
static void function_path(const struct device *device, unsigned number, char path[PATH_MAX])
{
	if (number)
		snprintf(path, PATH_MAX, "%s/virtfn%u", device->syspath, number - 1);
	else
		snprintf(path, PATH_MAX, "%s", device->syspath);
}

/* Reads the number of the type that a virtual function is a vGPU of, 0 for none, also where it has no such file. */
static int read_current_type(const struct device *device, unsigned vf, uint64_t *ret)
{
	char path[PATH_MAX];
	int r;

	function_path(device, vf + 1, path);
	r = vfio_read_type(path, ret);
	if (r == -ENOENT || r == -ENODEV) {
		*ret = 0;
		return 0;
	}
	return r;
}

static uint64_t current_type(const struct device *device, unsigned vf)
{
	uint64_t id;

	return read_current_type(device, vf, &id) == 0 ? id : 0;
}

/* Reads what a virtual function offers through the vendor's own VFIO. */
static int read_offers(const struct device *device, unsigned vf, struct mdev_types *types)
{
	struct vfio_offers offers = { 0 };
	char path[PATH_MAX];
	int r;

	function_path(device, vf + 1, path);
	r = vfio_read_offers(path, &offers);
	for (size_t i = 0; r == 0 && i < offers.n; i++)
		r = add_type(types, text_format("%s-%" PRIu64, device->driver, offers.items[i].number),
			     strdup(offers.items[i].name));
	vfio_offers_done(&offers);
	return r;
}

/* Reads the types of the first function. Names are a file each, which only named asks for where there is a choice. */
static int read_types(const struct device *device, bool named, struct mdev_types *ret)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	unsigned vf = mdev_next_vf(device, 0);
	struct mdev_types types = { 0 };
	char folder[PATH_MAX];
	const char *id = NULL;
	int r = 0;

	if (mdev_is_vendor_vfio(device)) {
		/* Skip functions that are vGPUs already: they offer nothing. */
		while (current_type(device, vf) && mdev_next_vf(device, vf + 1) < device->vfs)
			vf = mdev_next_vf(device, vf + 1);
		r = read_offers(device, vf, &types);
	} else {
		types_folder(device, vf, folder);
		r = open_folder(folder, &dir);
		while (r == 0 && (r = next_name(dir, &id)) == 1)
			r = add_type(&types, strdup(id), named ? read_attribute(folder, id, "name") : NULL);
	}
	if (r < 0) {
		mdev_types_done(&types);
		return r;
	}

	if (types.n)
		qsort(types.items, types.n, sizeof(*types.items), compare_types);
	*ret = types;
	return 0;
}

int mdev_types_read(const struct device *device, struct mdev_types *ret)
{
	return read_types(device, true, ret);
}

char *mdev_type_attribute(const struct device *device, const char *id, const char *attribute)
{
	char folder[PATH_MAX];

	types_folder(device, mdev_next_vf(device, 0), folder);
	return read_attribute(folder, id, attribute);
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

/* Returns whether all virtual functions that the GPU's driver has show a type, of those that were listed. */
static bool is_everywhere(const struct device *device, const char *id)
{
	unsigned vf = mdev_next_vf(device, 0);
	bool shown = true;

	for (; shown && vf < device->vfs; vf = mdev_next_vf(device, vf + 1)) {
		char folder[PATH_MAX], path[PATH_MAX + 256];

		types_folder(device, vf, folder);
		snprintf(path, sizeof(path), "%s/%s", folder, id);
		shown = access(path, F_OK) == 0;
	}
	return shown;
}

static void count_device(void *n, const char *id, const char *uuid)
{
	(void)id, (void)uuid;
	++*(size_t *)n;
}

int mdev_count_devices(const struct device *device, size_t *ret)
{
	size_t n = 0;
	int r = mdev_each_device(device, count_device, &n);

	for (unsigned vf = 0; r == 0 && vf < device->vfs; vf++) {
		uint64_t id;

		r = read_current_type(device, vf, &id);
		n += r == 0 && id;
	}
	if (r == 0)
		*ret = n;
	return r;
}

/* Tells of the mediated devices of one type on one function, whose folder path is. 0 or a negative errno. */
static int each_device_of(const char *path, const char *id, void (*tell)(void *data, const char *id, const char *uuid), void *data)
{
	_cleanup_(closedirp) DIR *devices = NULL;
	const char *uuid = NULL;
	int r = open_folder(path, &devices);

	while (r == 0 && (r = next_name(devices, &uuid)) == 1) {
		tell(data, id, uuid);
		r = 0;
	}
	return r;
}

int mdev_each_device(const struct device *device, void (*tell)(void *data, const char *id, const char *uuid), void *data)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i <= device->vfs; i++) {
		_cleanup_(closedirp) DIR *types = NULL;
		char function[PATH_MAX], path[PATH_MAX + 320];
		const char *id = NULL;

		function_path(device, i, function);
		snprintf(path, sizeof(path), "%s/mdev_supported_types", function);
		r = open_folder(path, &types);
		while (r == 0 && (r = next_name(types, &id)) == 1) {
			snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/devices", function, id);
			r = each_device_of(path, id, tell, data);
		}
	}
	return r;
}

static void count_devices_of_type(void *count, const char *id, const char *uuid)
{
	(void)id, (void)uuid;
	((struct mdev_count *)count)->in_use++;
}

static void count_on_parent(const struct device *device, unsigned number, const char *id, struct mdev_count *count)
{
	_cleanup_(freep) char *available = NULL;
	char folder[PATH_MAX + 32], path[PATH_MAX + 320], function[PATH_MAX];

	function_path(device, number, function);
	snprintf(folder, sizeof(folder), "%s/mdev_supported_types", function);
	snprintf(path, sizeof(path), "%s/%s/devices", folder, id);
	if (each_device_of(path, id, count_devices_of_type, count) < 0)
		return;
	available = read_attribute(folder, id, "available_instances");
	count->available += available ? strtoull(available, NULL, 10) : 0;
}

static void count_on_vf(const struct device *device, unsigned vf, const char *id, struct mdev_count *count)
{
	struct mdev_types offered = { 0 };
	uint64_t current = current_type(device, vf);
	char own[64];

	snprintf(own, sizeof(own), "%s-%" PRIu64, device->driver, current);
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

	function_path(device, mdev_next_vf(device, 0) + 1, path);
	return vfio_is_there(path);
}

int mdev_types_missing(const struct device *device, const char *const *ids, size_t n, char ***ret)
{
	_cleanup_(strv_freep) char **missing = calloc(1, sizeof(*missing));
	/* Through the vendor's own VFIO a function that is a vGPU offers nothing. */
	bool is_mdev = !mdev_is_vendor_vfio(device);
	struct mdev_types shown = { 0 };
	size_t n_missing = 0;
	int r;

	if (!missing)
		return -ENOMEM;
	r = read_types(device, false, &shown);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!mdev_types_find(&shown, ids[i]) || (is_mdev && !is_everywhere(device, ids[i])))
			r = strv_add(&missing, &n_missing, ids[i]);
	mdev_types_done(&shown);
	if (r == 0)
		*ret = TAKE_PTR(missing);
	return r;
}
