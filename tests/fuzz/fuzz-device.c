/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sysfs and udev say of a device: files and links of the input's, and a libudev that lists the device twice and has its name. Any
 * address leads to the one folder.
 */
#include "fuzz.h"

#include <errno.h>
#include <libudev.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "system/device.h"

enum answer { NAME, DRIVER, MODEL, SUBSYSTEM, CLASS, VENDOR, DEVICE, SUBVENDOR, SUBDEVICE, VFS, VFS_POSSIBLE, ANSWERS };

enum { DEVICES, GPUS };

#define GPU "/sys/devices/0000:65:00.0"

static const char *const files[ANSWERS] = {
	[CLASS] = GPU "/class", [VENDOR] = GPU "/vendor", [DEVICE] = GPU "/device", [SUBVENDOR] = GPU "/subsystem_vendor",
	[SUBDEVICE] = GPU "/subsystem_device", [VFS] = GPU "/sriov_numvfs", [VFS_POSSIBLE] = GPU "/sriov_totalvfs",
};
static const char *const links[ANSWERS] = { [DRIVER] = GPU "/driver", [SUBSYSTEM] = GPU "/subsystem" };

struct counter counters[] = { { "devices", 0 }, { "gpus", 0 }, { 0 } };

static char *answers[ANSWERS];

/* One object stands for each of libudev's: none is looked into. */
static char object;

static const char *answer(enum answer which)
{
	if (!answers[which])
		errno = ENOENT;
	return answers[which];
}

struct udev *udev_new(void)
{
	return (struct udev *)&object;
}

struct udev *udev_unref(struct udev *udev)
{
	(void)udev;
	return NULL;
}

struct udev_device *udev_device_new_from_syspath(struct udev *udev, const char *path)
{
	(void)udev, (void)path;
	return (struct udev_device *)&object;
}

struct udev_device *udev_device_unref(struct udev_device *device)
{
	(void)device;
	return NULL;
}

const char *udev_device_get_property_value(struct udev_device *device, const char *key)
{
	(void)device, (void)key;
	return answer(MODEL);
}

struct udev_enumerate *udev_enumerate_new(struct udev *udev)
{
	(void)udev;
	return (struct udev_enumerate *)&object;
}

struct udev_enumerate *udev_enumerate_unref(struct udev_enumerate *all)
{
	(void)all;
	return NULL;
}

int udev_enumerate_add_match_subsystem(struct udev_enumerate *all, const char *subsystem)
{
	(void)all, (void)subsystem;
	return 0;
}

int udev_enumerate_scan_devices(struct udev_enumerate *all)
{
	(void)all;
	return 0;
}

/* Two entries: the object, and the one behind it. */
struct udev_list_entry *udev_enumerate_get_list_entry(struct udev_enumerate *all)
{
	(void)all;
	return (struct udev_list_entry *)&object;
}

struct udev_list_entry *udev_list_entry_get_next(struct udev_list_entry *entry)
{
	return (char *)entry == &object ? (struct udev_list_entry *)(&object + 1) : NULL;
}

const char *udev_list_entry_get_name(struct udev_list_entry *entry)
{
	(void)entry;
	return GPU;
}

char *__wrap_realpath(const char *path, char *full);

char *__wrap_realpath(const char *path, char *full)
{
	(void)path;
	return strcpy(full, GPU);
}

/* Puts the input's answers into the folder, which lacks what it has no answer to. */
static void lay_folder(void)
{
	char target[PATH_MAX];

	for (enum answer i = 0; i < ANSWERS; i++) {
		if (links[i])
			scratch_remove(links[i]);
		if (links[i] && answers[i]) {
			snprintf(target, sizeof(target), "../%.200s", answers[i]);
			scratch_link(target, links[i]);
		}
		if (files[i] && answers[i])
			scratch_write(files[i], answers[i], strlen(answers[i]));
		else if (files[i])
			scratch_remove(files[i]);
	}
}

static void look_at_device(const struct device *d)
{
	const char *model = device_model(d);

	require(d->address && d->syspath && d->vfs <= UINT16_MAX && d->vfs_possible <= UINT16_MAX && d->class <= 0xffffff);
	for (const char *c = d->driver ? d->driver : ""; *c; c++)
		require((unsigned char)*c >= ' ');
	for (const char *c = model ? model : ""; *c; c++)
		require((unsigned char)*c >= ' ');
	counters[DEVICES].n++;
	counters[GPUS].n += device_is_gpu(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = { data, size };
	_cleanup_(device_freep) struct device *device = NULL;
	struct device_list list = { 0 };

	for (enum answer i = 0; i < ANSWERS; i++) {
		struct bytes file = take_file(&input);

		answers[i] = file.data ? strndup((const char *)file.data, file.size) : NULL;
	}
	lay_folder();
	if (device_find(answers[NAME] ? answers[NAME] : "", &device) == 0)
		look_at_device(device);
	if (device_list_gpus(&list) == 0)
		for (size_t i = 0; i < list.n; i++)
			look_at_device(list.items[i]);
	device_list_done(&list);
	for (enum answer i = 0; i < ANSWERS; i++)
		free(answers[i]);
	return 0;
}
