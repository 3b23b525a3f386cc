/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "commands/explain/checks.h"

/* Types that the driver brings are missed for a reason of the driver's; those that it was given it has. */
static void missing(const struct look *look, struct finding *ret)
{
	const struct vendor *vendor = look->job.vendor;
	const char *first = look->missing[0];

	if (mdev_is_vendor_vfio(look->gpu)) {
		finding_say(ret, FINDING_NOTE, "%s is not in creatable_vgpu_types, which only lists what has room", first);
		return;
	}
	if (look->job.plan.types.n && look_was_done(look)) {
		finding_cause(ret, CAUSE_HIDDEN, "%s was registered, but sysfs does not show it", first);
		finding_advise(ret, "reload the driver's modules: %s looks at the list once only", vendor->module);
	} else {
		finding_cause(ret, CAUSE_NOT_SHOWN, "%zu of %zu are in sysfs; %s is not", look->n_wanted - look->n_missing,
			      look->n_wanted, first);
		finding_advise(ret, "dmesg | grep %s may say more", look->gpu->driver);
	}
	for (size_t i = 0; i < look->n_missing; i++) {
		char why[256] = "";

		if (vendor->lacks)
			vendor->lacks(look->gpu, look->missing[i], why, sizeof(why));
		if (*why || look->n_missing > 1)
			finding_add(ret, "%s is missing%s%s", look->missing[i], *why ? ": " : "", why);
	}
}

void link_types(const struct look *look, struct finding *ret)
{
	if (look->n_missing)
		missing(look, ret);
	else
		finding_say(ret, FINDING_FINE, "%zu of %zu are in sysfs", look->n_wanted, look->n_wanted);
}

static void add_device(void *data, const char *id, const char *uuid)
{
	finding_add(data, "%s: %s", id, uuid);
}

/* Of the GPU's types as sysfs shows them, whoever registered them. */
void link_in_use(const struct look *look, struct finding *ret)
{
	size_t left = 0, n = look->shown.n;
	const char *some = NULL, *s = look->devices == 1 ? "" : "s";

	for (size_t i = 0; i < n; i++) {
		struct mdev_count count;

		mdev_count_type(look->gpu, look->shown.items[i].id, &count);
		if (count.available) {
			left++;
			some = look->shown.items[i].id;
		}
	}

	mdev_each_device(look->gpu, add_device, ret);
	finding_say(ret, FINDING_FINE, "%zu vGPU%s", look->devices, s);
	if (!n || !look->devices || left == n)
		return;
	if (!left) {
		finding_cause(ret, CAUSE_TAKEN, "the types are there, but no further vGPU fits beside the %zu vGPU%s", look->devices, s);
		finding_advise(ret, "mdevctl list tells whose they are; remove what nobody uses");
		return;
	}
	finding_say(ret, FINDING_NOTE, "%zu vGPU%s; beside %s only %s can be created (%zu of %zu types)", look->devices, s,
		    look->devices == 1 ? "it" : "them", some, left, n);
	finding_advise(ret, "many GPUs hold vGPUs of one size only: remove those to have others");
}
