/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "commands/explain/checks.h"
#include "system/module.h"

void link_release(const struct look *look, struct finding *ret)
{
	if (!look->no_release) {
		finding_say(ret, FINDING_FINE, "%s", look->job.limits.release);
		return;
	}
	finding_cause(ret, CAUSE_RELEASE_UNKNOWN, "%s", look->no_release);
	finding_advise(ret, "take a release that mdev-gpu abi lists, or an mdev-gpu that knows this one");
}

/* The next run loads it; so it is missed only where a run has been. Why that could not load it, its message says. */
static void not_loaded(const struct look *look, struct finding *ret)
{
	const char *module = look->job.vendor->module;

	if (look->current && !look_was_done(look)) {
		finding_say(ret, FINDING_NOTE, "%s is installed, but the last run did not load it", module);
		return;
	}
	if (!look->current) {
		finding_say(ret, FINDING_NOTE, "%s is installed, and the next run loads it", module);
		return;
	}
	finding_cause(ret, CAUSE_MODULE_NOT_LOADED, "module %s, which shows the types, is no longer loaded", module);
	finding_advise(ret, "modprobe %s, then udevadm trigger %s", module, look->gpu->syspath);
}

void link_module(const struct look *look, struct finding *ret)
{
	const struct vendor *vendor = look->job.vendor;
	int r;

	if (module_is_live(vendor->module)) {
		finding_say(ret, FINDING_FINE, "%s is loaded", vendor->module);
		return;
	}
	r = module_find(vendor->module);
	if (r == 0) {
		not_loaded(look, ret);
	} else if (r == -ENOENT) {
		finding_cause(ret, CAUSE_NOT_A_HOST, "module %s is not installed for this kernel: %s", vendor->module,
			      vendor->without_module);
		finding_advise(ret, "install %s", vendor->host_package);
	} else if (r == -ECANCELED) {
		finding_say(ret, FINDING_NOTE, "%s: an install line of modprobe.d stands in its place", vendor->module);
	} else if (r == -EACCES) {
		finding_cause(ret, CAUSE_MODULE_BLOCKED, "module %s %s", vendor->module, module_reason(r));
		finding_advise(ret, "modprobe --showconfig | grep %s tells where", vendor->module);
	} else {
		finding_say(ret, FINDING_UNKNOWN, "module %s %s", vendor->module, module_reason(r));
	}
}

void link_world(const struct look *look, struct finding *ret)
{
	if (!mdev_is_vendor_vfio(look->gpu))
		return;
	finding_cause(ret, CAUSE_VENDOR_VFIO, "vGPUs are made through the vendor's own VFIO files here, not through mdev");
	finding_advise(ret, "echo NUMBER >/sys/bus/pci/devices/%s/virtfn%u/nvidia/current_vgpu_type; creatable_vgpu_types beside it "
			    "has the numbers, and each virtfn takes one", look->gpu->address, mdev_next_vf(look->gpu, 0));
}

static unsigned count_served(const struct device *gpu)
{
	unsigned n = 0;

	for (unsigned vf = mdev_next_vf(gpu, 0); vf < gpu->vfs; vf = mdev_next_vf(gpu, vf + 1))
		n++;
	return n;
}

/* Of a driver that is given types; one with types of its own says in its own links what it thinks of SR-IOV. */
void link_sriov(const struct look *look, struct finding *ret)
{
	const struct device *gpu = look->gpu;
	unsigned served = count_served(gpu);
	char driver[64] = "";

	if (!gpu->vfs_possible || !look->job.plan.types.n)
		return;
	if (!gpu->vfs) {
		finding_cause(ret, CAUSE_SRIOV_OFF, "types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of "
			      "%u)", gpu->vfs_possible);
		finding_advise(ret, "sriov-manage -e %s, or write sriov_numvfs; at every boot anew", gpu->address);
		return;
	}
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
