/* SPDX-License-Identifier: GPL-2.0-only */
/* A PCI function and what udev knows of it. The only room that knows libudev. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/pci.h"

struct device {
	char *address; /* "0000:65:00.0", as the kernel writes it */
	char *syspath; /* "/sys/devices/…/0000:65:00.0" */
	char *driver;  /* the kernel driver bound to it, NULL for none */
	char *model;   /* its name in udev's hardware database, NULL where udev has none */
	struct pci_address pci;
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class; /* class << 16 | subclass << 8 | interface */
	bool is_vf;     /* an SR-IOV virtual function */
	unsigned vfs;   /* virtual functions that this physical function has now */
	unsigned vfs_possible;
};

struct device_list {
	struct device **items;
	size_t n;
};

/*
 * Finds a PCI device by address ("0000:65:00.0", "65:00.0") or by path below /sys. Returns 0, -EINVAL (neither),
 * -ENODEV (there is no such PCI device), -ENOMEM; *ret is untouched on failure.
 */
int device_find(const char *name, struct device **ret);

/* All GPUs, see device_is_gpu(), in address order, virtual functions left out. 0 or a negative errno. */
int device_list_gpus(struct device_list *ret);

/* Has the kernel tell of the device again, as udevadm trigger does: a change event with SYNTH_UUID. 0 or a negative errno. */
int device_trigger(const struct device *device);

/*
 * VGA, 3D and other display controllers (PCI class 0300, 0302, 0380), as the rule has them: the functions that can carry vGPUs.
 * Audio, USB and switch functions of the same card cannot.
 */
bool device_is_gpu(const struct device *device);

/* Reads an attribute from sysfs, as file_read_line() does. */
int device_attribute(const struct device *device, const char *name, char *text, size_t size);

/* The last part of what a link in sysfs leads to ("virtfn0/driver"): 0 or a negative errno with *text untouched. */
int device_link(const struct device *device, const char *name, char *text, size_t size);

/* Takes NULL. */
void device_free(struct device *device);

void device_list_done(struct device_list *list);

DEFINE_CLEANUP(struct device *, device_free)

/* Tells of GPUs that come, go or change, and of mediated devices, once udev is through with an event and its programs. */
struct device_monitor;

/* From now on; nothing that happened before is told. 0 or a negative errno. */
int device_monitor_new(struct device_monitor **ret);

/* Whether anybody would tell; a monitor can be had without. */
bool device_has_udevd(void);

/* To be polled for input. */
int device_monitor_fd(const struct device_monitor *monitor);

/* Takes what has come. Whether any of it was about a GPU or a mediated device. */
bool device_monitor_take(struct device_monitor *monitor);

/* Takes NULL. */
void device_monitor_free(struct device_monitor *monitor);

DEFINE_CLEANUP(struct device_monitor *, device_monitor_free)

#define log_dev(device, level, err, ...) log_subject((device)->address, level, err, __VA_ARGS__)
