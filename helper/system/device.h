/* SPDX-License-Identifier: GPL-2.0-only */
/* A PCI function and what udev knows of it. Only device.c includes <libudev.h>. */
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
	struct model *model; /* see device_model() */
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
 * -ENODEV (there is no such PCI device), -ENOMEM, or why what makes it one could not be read, which has been said; *ret is
 * untouched on failure.
 */
int device_find(const char *name, struct device **ret) _must_check_ _nonnull_all_;

/* Returns the name in udev's hardware database, NULL where udev has none, and where memory is out, which text_is_lost() tells. */
const char *device_model(const struct device *device) _nonnull_all_;

/* Lists all GPUs, see device_is_gpu(), in address order, without virtual functions. 0 or a negative errno. */
int device_list_gpus(struct device_list *ret) _must_check_ _nonnull_all_;

/* Has the kernel send a change event with SYNTH_UUID, as udevadm trigger does. 0 or a negative errno. */
int device_trigger(const struct device *device) _must_check_ _nonnull_all_;

/*
 * The same with an argument, which the rule sees as SYNTH_ARG_MDEVGPU: letters and digits only, 32 at most. Kernels before 4.13
 * refuse it. A signal handler may call it.
 */
int device_trigger_with(const struct device *device, const char *argument) _must_check_ _nonnull_all_;

/*
 * True for VGA, 3D and other display controllers (PCI class 0300, 0302, 0380), as in the rule: the functions that can
 * carry vGPUs. Audio, USB and switch functions of the same card cannot.
 */
bool device_is_gpu(const struct device *device) _nonnull_all_;

/* Reads an attribute from sysfs, as file_read_line() does. */
int device_attribute(const struct device *device, const char *name, char *text, size_t size) _must_check_ _nonnull_all_;

/*
 * Returns the size in bytes of a PCI region, counted from 0, as sysfs has it; 0 where there is none. NVIDIA's BAR1 is region 1,
 * the aperture of Intel's GPUs region 2.
 */
uint64_t device_region(const struct device *device, unsigned region) _nonnull_all_;

/*
 * Reads the last part of a link's target in sysfs ("virtfn0/driver"), cut where it is longer than text. 0 or a negative
 * errno with *text untouched.
 */
int device_link(const struct device *device, const char *name, char *text, size_t size) _nonnull_all_;

/* Takes NULL. */
void device_free(struct device *device);

void device_list_done(struct device_list *list);

DEFINE_CLEANUP(struct device *, device_free)

/* Receives the events of GPUs and of mediated devices, each once udev and its programs are through with it. */
struct device_monitor;

/* Starts to receive; events before are lost. 0 or a negative errno. */
int device_monitor_new(struct device_monitor **ret) _must_check_ _nonnull_all_;

/* True if udevd runs. Without it a monitor opens, but never receives an event. */
bool device_has_udevd(void);

/* Returns the descriptor to poll for input. */
int device_monitor_fd(const struct device_monitor *monitor) _nonnull_all_;

/* Takes what has been received. True if any of it was about a GPU or a mediated device. */
bool device_monitor_take(struct device_monitor *monitor) _nonnull_all_;

/* Takes NULL. */
void device_monitor_free(struct device_monitor *monitor);

DEFINE_CLEANUP(struct device_monitor *, device_monitor_free)

#define log_dev(device, level, err, ...) log_subject((device)->address, level, err, __VA_ARGS__)
