/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "commands/explain/checks.h"
#include "core/survey.h"
#include "model/finding.h"
#include "system/device.h"
#include "system/mdev.h"
#include "system/module.h"
#include "vendors/vendors.h"

void check_device(const struct survey *s, struct finding *ret)
{
	const struct device *gpu = s->gpu;
	struct device_list gpus = { 0 };

	if (gpu) {
		finding_say(ret, FINDING_FINE, "%04x:%04x, board %04x:%04x%s%s", gpu->vendor, gpu->device, gpu->subvendor,
			    gpu->subdevice, gpu->model ? ", " : "", gpu->model ? gpu->model : "");
		return;
	}
	finding_cause(ret, CAUSE_NO_DEVICE, "there is no such PCI device");
	finding_advise(ret, "look for it with lspci -D; a card that is put in or woken up later shows after "
			    "echo 1 >/sys/bus/pci/rescan");
	if (device_list_gpus(&gpus) < 0)
		return;
	for (size_t i = 0; i < gpus.n; i++)
		finding_add(ret, "there is %s %04x:%04x", gpus.items[i]->address, gpus.items[i]->vendor, gpus.items[i]->device);
	device_list_done(&gpus);
}

static const char *class_name(const struct device *device)
{
	switch (device->class >> 8) {
	case 0x0403:
		return "an audio function";
	case 0x0c03:
		return "a USB controller";
	case 0x0680:
	case 0x0604:
		return "a bridge or a switch";
	default:
		return "something else";
	}
}

void check_function(const struct survey *s, struct finding *ret)
{
	const struct device *gpu = s->gpu;
	char pf[32] = "";

	if (gpu->is_vf) {
		device_link(gpu, "physfn", pf, sizeof(pf));
		finding_cause(ret, CAUSE_VIRTUAL_FUNCTION, "a virtual function: its types come from its physical function %s", pf);
		finding_advise(ret, "mdev-gpu explain %s", pf);
	} else if (!device_is_gpu(gpu)) {
		finding_cause(ret, CAUSE_NOT_A_GPU, "%s (PCI class %04x), not a GPU (03..)", class_name(gpu), gpu->class >> 8);
		finding_advise(ret, "mdev-gpu explain, without a device, tells of every GPU");
	}
}

#define NO_BACKEND "nothing: the manual's pages tell which vendors' GPUs are served"

static void no_driver(const struct device *gpu, struct finding *ret)
{
	const struct vendor *vendor = vendor_for_pci(gpu->vendor);

	if (!vendor) {
		finding_cause(ret, CAUSE_NO_DRIVER, "no driver is bound, and mdev-gpu has no backend for this vendor's GPUs");
		finding_advise(ret, NO_BACKEND);
	} else if (module_is_live(vendor->driver)) {
		finding_cause(ret, CAUSE_NO_DRIVER, "no driver is bound, though %s is loaded: it refused the GPU, or somebody "
			      "unbound it", vendor->driver);
		finding_advise(ret, "dmesg says why it refused; after an unbinding: echo %s >/sys/bus/pci/drivers/%s/bind",
			       gpu->address, vendor->driver);
	} else {
		finding_cause(ret, CAUSE_NO_DRIVER, "no driver is bound: %s is not loaded", vendor->driver);
		finding_advise(ret, "modprobe %s; where that fails, install %s", vendor->driver, vendor->host_package);
	}
}

static void passed_through(const struct device *gpu, struct finding *ret)
{
	const struct vendor *vendor = vendor_for_pci(gpu->vendor);
	char override[64] = "";

	finding_cause(ret, CAUSE_PASSED_THROUGH, "%s has it: the whole GPU is set aside for a VM, so it has no vGPUs",
		      gpu->driver);
	finding_advise(ret, "nothing, if that is wanted; else take it from %s (driver_override, ids= in modprobe.d or on the "
		       "kernel's command line) and bind it to %s", gpu->driver, vendor ? vendor->driver : "its vendor's driver");
	if (device_attribute(gpu, "driver_override", override, sizeof(override)) == 0 && strcmp(override, gpu->driver) == 0)
		finding_add(ret, "its driver_override says %s", override);
}

void check_driver(const struct survey *s, struct finding *ret)
{
	/* Drivers that hold a device for a guest; each vendor may have one more, NAME-vfio-pci. */
	static const char *const passing[] = { "vfio-pci", "pci-stub", "pciback", "xen-pciback", "uio_pci_generic" };
	const struct device *gpu = s->gpu;
	const struct vendor *vendor = vendor_for_pci(gpu->vendor);

	if (!gpu->driver) {
		no_driver(gpu, ret);
	} else if (s->target.vendor) {
		finding_say(ret, FINDING_FINE, "%s", gpu->driver);
	} else if (string_in(gpu->driver, passing, ARRAY_SIZE(passing)) || string_ends(gpu->driver, "-vfio-pci")) {
		passed_through(gpu, ret);
	} else if (vendor) {
		finding_cause(ret, CAUSE_OTHER_DRIVER, "%s has it, which makes no vGPUs; %s does", gpu->driver, vendor->driver);
		finding_advise(ret, "install %s, and keep %s from the GPU (blacklist it in modprobe.d)", vendor->host_package,
			       gpu->driver);
	} else {
		finding_cause(ret, CAUSE_OTHER_DRIVER, "%s has it, which mdev-gpu has no backend for", gpu->driver);
		finding_advise(ret, NO_BACKEND);
	}
}

void check_release(const struct survey *s, struct finding *ret)
{
	const struct insisted *by = &s->target.insisted;
	const char *release = s->target.limits.release;
	char running[64];

	if (s->no_release) {
		finding_cause(ret, CAUSE_RELEASE_UNKNOWN, "%s", s->no_release);
		finding_advise(ret, "take a release that mdev-gpu abi lists, or an mdev-gpu that knows this one, or insist on a "
			       "layout (driverAbi in settings.yaml)");
	} else if (*release) {
		finding_say(ret, FINDING_FINE, "%s", release);
	}
	if (by->location)
		finding_add(ret, "%s:%u:%u: insists on the layout of %s", by->location->file, by->location->line,
			    by->location->column, by->layout);
	for (size_t i = 0; !s->target.settings.broken && i < s->target.settings.n; i++) {
		const struct driver_abi *line = &s->target.settings.driver_abi[i];
		_cleanup_(freep) char *text = NULL;

		if (&line->location == by->location || module_version(s->gpu->driver, running, sizeof(running)) < 0)
			continue;
		text = settings_ignored(line, running);
		finding_add(ret, "%s", text ? text : "");
	}
}

/* A module that is installed and not loaded is a cause only after a run that succeeded: else the next run loads it. */
void check_module(const struct survey *s, struct finding *ret)
{
	const struct vendor *vendor = s->target.vendor;
	const char *module = vendor->module;
	int r;

	if (module_is_live(module)) {
		finding_say(ret, FINDING_FINE, "%s is loaded", module);
		return;
	}
	r = module_find(module);
	if (r == 0 && !s->is_current) {
		finding_say(ret, FINDING_NOTE, "%s is installed, and the next run loads it", module);
	} else if (r == 0 && !survey_was_done(s)) {
		finding_say(ret, FINDING_NOTE, "%s is installed, but the last run did not load it", module);
	} else if (r == 0) {
		finding_cause(ret, CAUSE_MODULE_NOT_LOADED, "module %s, which shows the types, is no longer loaded", module);
		finding_advise(ret, "modprobe %s, then udevadm trigger %s", module, s->gpu->syspath);
	} else if (r == -ENOENT) {
		finding_cause(ret, CAUSE_NOT_A_HOST, "module %s is not installed for this kernel: %s", module,
			      vendor->without_module);
		finding_advise(ret, "install %s", vendor->host_package);
	} else if (r == -ECANCELED) {
		finding_say(ret, FINDING_NOTE, "%s: an install line of modprobe.d stands in its place", module);
	} else if (r == -EACCES) {
		finding_cause(ret, CAUSE_MODULE_BLOCKED, "module %s %s", module, module_reason(r));
		finding_advise(ret, "modprobe --showconfig | grep %s tells where", module);
	} else {
		finding_say(ret, FINDING_UNKNOWN, "module %s %s", module, module_reason(r));
	}
}

void check_vfio(const struct survey *s, struct finding *ret)
{
	if (!mdev_is_vendor_vfio(s->gpu))
		return;
	finding_cause(ret, CAUSE_VENDOR_VFIO, "vGPUs are made through the vendor's own VFIO files here, not through mdev");
	finding_advise(ret,
		       "echo NUMBER >/sys/bus/pci/devices/%s/virtfn%u/nvidia/current_vgpu_type; creatable_vgpu_types beside it "
			    "has the numbers, and each virtfn takes one", s->gpu->address, mdev_next_vf(s->gpu, 0));
}

/* Only for drivers that are given types; GVT-g judges SR-IOV itself. */
void check_sriov(const struct survey *s, struct finding *ret)
{
	const struct device *gpu = s->gpu;
	unsigned served = 0;
	char driver[64] = "";

	if (!gpu->vfs_possible || !s->target.plan.types.n)
		return;
	if (!gpu->vfs) {
		finding_cause(ret, CAUSE_SRIOV_OFF, "types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of "
			      "%u)", gpu->vfs_possible);
		finding_advise(ret, "sriov-manage -e %s, or write sriov_numvfs; at every boot anew", gpu->address);
		return;
	}
	for (unsigned vf = mdev_next_vf(gpu, 0); vf < gpu->vfs; vf = mdev_next_vf(gpu, vf + 1))
		served++;
	if (served) {
		finding_say(ret, served == gpu->vfs ? FINDING_FINE : FINDING_NOTE, "%u virtual functions of %u", gpu->vfs,
			    gpu->vfs_possible);
		if (served < gpu->vfs)
			finding_add(ret, "%s has %u of them: the others show no types", gpu->driver, served);
		return;
	}
	device_link(gpu, "virtfn0/driver", driver, sizeof(driver));
	finding_cause(ret, CAUSE_VFS_UNBOUND, "%u virtual functions are there, but %s has the first one, not %s", gpu->vfs,
		      *driver ? driver : "no driver", gpu->driver);
	finding_advise(ret, "wait, if they have just come; else see their driver_override, and sriov_drivers_autoprobe of %s",
		       gpu->address);
}
