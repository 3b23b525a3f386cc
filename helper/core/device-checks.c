/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "core/checks.h"
#include "core/survey.h"
#include "model/finding.h"
#include "system/device.h"
#include "system/mdev.h"
#include "system/module.h"
#include "vendors/vendors.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

void check_device(const struct survey *s, struct finding *ret)
{
	const struct device *gpu = s->gpu;
	struct device_list gpus = { 0 };

	if (gpu) {
		finding_say(ret, FINDING_FINE, "%04x:%04x, board %04x:%04x%s%s", gpu->vendor, gpu->device, gpu->subvendor,
			    gpu->subdevice, device_model(gpu) ? ", " : "", device_model(gpu) ? device_model(gpu) : "");
		return;
	}
	finding_cause(ret, CAUSE_NO_DEVICE, "there is no such PCI device");
	finding_advise(ret, "look for it; a card that is put in or woken up later shows after a rescan");
	finding_command(ret, "lspci -D");
	finding_command(ret, "echo 1 >/sys/bus/pci/rescan");
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
		finding_advise(ret, "ask about that one");
		finding_command(ret, "mdev-gpu explain %s", pf);
	} else if (!device_is_gpu(gpu)) {
		finding_cause(ret, CAUSE_NOT_A_GPU, "%s (PCI class %04x), not a GPU (03..)", class_name(gpu), gpu->class >> 8);
		finding_advise(ret, "ask about every GPU");
		finding_command(ret, "mdev-gpu explain");
	}
}

#define NO_BACKEND "nothing: the manual's pages tell which vendors' GPUs are served"

/* Reads the driver that alone may have the GPU, whatever is asked for; false: any may. */
static bool read_override(const struct device *gpu, char *text, size_t size)
{
	return device_attribute(gpu, "driver_override", text, size) == 0 && *text && strcmp(text, "(null)") != 0;
}

static void add_binding(const struct device *gpu, const char *driver, struct finding *ret)
{
	if (module_is_live(driver))
		finding_command(ret, "echo %s >/sys/bus/pci/drivers/%s/bind", gpu->address, driver);
	else
		finding_command(ret, "modprobe %s", driver);
}

static void not_loaded(const struct vendor *vendor, struct finding *ret)
{
	const char *driver = vendor->driver;
	int r = module_find(driver);

	if (r == -ENOENT) {
		finding_cause(ret, CAUSE_NO_DRIVER, "no driver is bound: %s is not installed for this kernel", driver);
		finding_advise(ret, "install %s", vendor->host_package);
		return;
	}
	if (r < 0) {
		finding_cause(ret, CAUSE_NO_DRIVER, "no driver is bound: %s %s", driver, module_reason(r));
		finding_advise(ret, "find the line of modprobe.d, take it away, and load it");
		finding_command(ret, "modprobe --showconfig | grep %s", driver);
	} else {
		finding_cause(ret, CAUSE_NO_DRIVER, "no driver is bound: %s is not loaded", driver);
		finding_advise(ret, module_must_be_signed() ?
			       "load it; the kernel takes only modules that are signed with a key it knows (Secure Boot), which "
			       "this one must be" : "load it");
	}
	finding_command(ret, "modprobe %s", driver);
}

static void no_driver(const struct device *gpu, const struct vendor *vendor, struct finding *ret)
{
	char override[64];

	if (!vendor) {
		finding_cause(ret, CAUSE_NO_DRIVER, "no driver is bound, and mdev-gpu has no backend for this vendor's GPUs");
		finding_advise(ret, NO_BACKEND);
	} else if (read_override(gpu, override, sizeof(override)) && strcmp(override, vendor->driver) != 0) {
		finding_cause(ret, CAUSE_NO_DRIVER, "no driver is bound: its driver_override keeps it for %s", override);
		finding_advise(ret, "take the override away, if %s is to have it", vendor->driver);
		finding_command(ret, "echo >" PCI_DEVICES "/%s/driver_override", gpu->address);
		add_binding(gpu, vendor->driver, ret);
	} else if (module_is_live(vendor->driver)) {
		finding_cause(ret, CAUSE_NO_DRIVER, "no driver is bound, though %s is loaded: it refused the GPU, or somebody "
			      "unbound it", vendor->driver);
		finding_advise(ret, "the kernel's log says why it refused; bind it again where somebody unbound it");
		finding_command(ret, "dmesg | grep -i %s", vendor->driver);
		add_binding(gpu, vendor->driver, ret);
	} else {
		not_loaded(vendor, ret);
	}
}

static void passed_through(const struct device *gpu, const struct vendor *vendor, struct finding *ret)
{
	char override[64];

	finding_cause(ret, CAUSE_PASSED_THROUGH, "%s has it: the whole GPU is set aside for a VM, so it has no vGPUs",
		      gpu->driver);
	finding_advise(ret, "nothing, if that is wanted; else take it from %s (driver_override, ids= in modprobe.d or on the "
		       "kernel's command line) and bind it to %s", gpu->driver, vendor ? vendor->driver : "its vendor's driver");
	if (read_override(gpu, override, sizeof(override)) && strcmp(override, gpu->driver) == 0)
		finding_add(ret, "its driver_override says %s", override);
}

static void other_driver(const struct device *gpu, const struct vendor *vendor, struct finding *ret)
{
	char display[4];

	if (!vendor) {
		finding_cause(ret, CAUSE_OTHER_DRIVER, "%s has it, which mdev-gpu has no backend for", gpu->driver);
		finding_advise(ret, NO_BACKEND);
		return;
	}
	finding_cause(ret, CAUSE_OTHER_DRIVER, "%s has it, which makes no vGPUs; %s does", gpu->driver, vendor->driver);
	if (device_attribute(gpu, "boot_vga", display, sizeof(display)) == 0 && *display == '1')
		finding_advise(ret, "nothing, while it is this host's display, which would go: %s needs another GPU for its vGPUs",
			       vendor->host_package);
	else
		finding_advise(ret, "install %s, and have it take this GPU from %s (driver_override)", vendor->host_package,
			       gpu->driver);
}

/* Asks the vendor's own checks whether the GPU can be shared at all, whatever driver it has. */
static bool cannot_share(const struct device *gpu, const struct vendor *vendor, struct finding *ret)
{
	for (const struct vendor_check *own = vendor ? vendor->checks : NULL; own && own->name; own++) {
		own->judge(gpu, ret);
		if (ret->seen && ret->state == FINDING_CAUSE && ret->cause == CAUSE_CANNOT_SHARE)
			return true;
		finding_done(ret);
	}
	return false;
}

void check_driver(const struct survey *s, struct finding *ret)
{
	/* Drivers that hold a device for a guest; each vendor may have one more, NAME-vfio-pci. */
	static const char *const passing[] = { "vfio-pci", "pci-stub", "pciback", "xen-pciback", "uio_pci_generic" };
	const struct device *gpu = s->gpu;
	const struct vendor *vendor = vendor_for_pci(gpu->vendor);

	if (s->target.vendor)
		finding_say(ret, FINDING_FINE, "%s", gpu->driver);
	else if (gpu->driver && (string_in(gpu->driver, passing, ARRAY_SIZE(passing)) || string_ends(gpu->driver, "-vfio-pci")))
		passed_through(gpu, vendor, ret);
	else if (cannot_share(gpu, vendor, ret))
		return;
	else if (gpu->driver)
		other_driver(gpu, vendor, ret);
	else
		no_driver(gpu, vendor, ret);
}

void check_release(const struct survey *s, struct finding *ret)
{
	const struct insisted *by = &s->target.insisted;
	const char *release = s->target.limits.release;
	char running[64];

	if (s->no_release) {
		finding_cause(ret, CAUSE_RELEASE_UNKNOWN, "%s", s->no_release);
		finding_advise(ret, "take a release that is listed, or an mdev-gpu that knows this one, or insist on a layout "
			       "(driverAbi in settings.yaml)");
		finding_command(ret, "mdev-gpu abi");
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
		finding_advise(ret, "load it, and have the GPU's event sent again");
		finding_command(ret, "modprobe %s", module);
		finding_command(ret, "udevadm trigger %s", s->gpu->syspath);
	} else if (r == -ENOENT) {
		finding_cause(ret, CAUSE_NOT_A_HOST, "module %s is not installed for this kernel: %s", module,
			      vendor->without_module);
		finding_advise(ret, "install %s", vendor->host_package);
	} else if (r == -ECANCELED) {
		finding_say(ret, FINDING_NOTE, "%s: an install line of modprobe.d stands in its place", module);
	} else if (r == -EACCES) {
		finding_cause(ret, CAUSE_MODULE_BLOCKED, "module %s %s", module, module_reason(r));
		finding_advise(ret, "find out where, and take that line away");
		finding_command(ret, "modprobe --showconfig | grep %s", module);
	} else {
		finding_say(ret, FINDING_UNKNOWN, "module %s %s", module, module_reason(r));
	}
}

void check_vfio(const struct survey *s, struct finding *ret)
{
	uint64_t wanted;
	size_t given = survey_functions_given(s, &wanted);
	const char *message = s->functions_run.message;

	if (!mdev_is_vendor_vfio(s->gpu))
		return;
	if (wanted && given >= wanted && s->functions_run.outcome == OUTCOME_DONE && message) {
		finding_say(ret, FINDING_FINE, "the vendor's own VFIO, and %" PRIu64 " of %zu virtual functions have the types that vgpus "
			    "gives them", wanted, s->functions.n);
		return;
	}
	if (wanted) {
		finding_cause(ret, CAUSE_VENDOR_VFIO, "vGPUs are made through the vendor's own VFIO files here, and %zu of the %" PRIu64
			      " functions that vgpus has types for have one (%s)", given, wanted, message ? message : "no run has given any");
		finding_advise(ret, "have them given");
		finding_command(ret, "mdev-gpu functions %s", s->gpu->address);
		return;
	}
	finding_cause(ret, CAUSE_VENDOR_VFIO, "vGPUs are made through the vendor's own VFIO files here, not through mdev");
	finding_advise(ret, "write a number of this list to current_vgpu_type beside it; each virtfn takes one");
	finding_command(ret, "cat " PCI_DEVICES "/%s/virtfn%u/nvidia/creatable_vgpu_types", s->gpu->address,
			mdev_next_vf(s->gpu, 0));
}

/* Only for drivers that are given types; GVT-g judges SR-IOV itself. */
void check_sriov(const struct survey *s, struct finding *ret)
{
	const struct device *gpu = s->gpu;
	const struct vendor *vendor = s->target.vendor;
	unsigned served = 0;
	char driver[64] = "";

	if (!vendor->add)
		return;
	if (!gpu->vfs_possible) {
		if (survey_is_unknown_gpu(s) || !vendor->needs_functions || !vendor->needs_functions(gpu))
			return;
		finding_cause(ret, CAUSE_NO_FUNCTIONS, "types of this generation show on virtual functions only, and it has none to "
			      "switch on (no sriov_totalvfs)");
		finding_advise(ret, "switch SR-IOV on in the firmware's setup, and a board with a display mode to its other mode "
			       "(NVIDIA's displaymodeselector); a GeForce has none");
		return;
	}
	if (!gpu->vfs) {
		finding_cause(ret, CAUSE_SRIOV_OFF, "types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of "
			      "%u)", gpu->vfs_possible);
		if (s->target.plan.functions.number) {
			if (s->functions_run.message)
				finding_add(ret, "the last run on them: %s", s->functions_run.message);
			finding_advise(ret, "the configuration has them switched on: do that by hand");
			finding_command(ret, "mdev-gpu functions %s", gpu->address);
			return;
		}
		finding_advise(ret, "switch them on, at every boot anew; virtualFunctions: all in the configuration has that done");
		finding_command(ret, SRIOV_MANAGE " -e %s", gpu->address);
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
	finding_cause(ret, CAUSE_VFS_ELSEWHERE, "%u virtual functions are there, but %s has the first one, not %s", gpu->vfs,
		      *driver ? driver : "no driver", gpu->driver);
	finding_advise(ret, "wait, if they have just come; else see whether a driver_override, or that the GPU's functions are "
		       "not probed, keeps them");
	finding_command(ret, "cat " PCI_DEVICES "/%s/virtfn0/driver_override", gpu->address);
	finding_command(ret, "cat " PCI_DEVICES "/%s/sriov_drivers_autoprobe", gpu->address);
}
