/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/checks.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "model/finding.h"
#include "vendors/nvidia/node.h"

static void say_missing(const char *path, unsigned minor, int r, struct finding *ret)
{
	if (r == -ENOENT) {
		finding_cause(ret, CAUSE_NODE, "%s is missing, and the driver's parameters forbid to make it "
			      "(ModifyDeviceFiles: 0)", path);
		finding_advise(ret, "make it, or load nvidia with NVreg_ModifyDeviceFiles=1");
		finding_command(ret, "mknod %s c %u %u", path, NODE_MAJOR, minor);
	} else if (r == -EMEDIUMTYPE) {
		finding_cause(ret, CAUSE_NODE, "%s is something else than the driver's node", path);
		finding_advise(ret, "remove it, the next run makes it anew");
		finding_command(ret, "rm %s", path);
	} else if (r == -ENXIO) {
		finding_cause(ret, CAUSE_NODE, "the driver has no character device in /proc/devices");
		finding_advise(ret, "reload nvidia; the kernel's log says what it ran into");
		finding_command(ret, "dmesg | grep -i nvrm");
	} else {
		finding_say(ret, FINDING_UNKNOWN, "%s cannot be looked at: %s", path, strerror(-r));
	}
}

static void judge_node(const struct device *gpu, struct finding *ret)
{
	unsigned minors[2] = { NODE_MINOR_CONTROL }, n = 1;
	char path[NODE_PATH_SIZE];

	if (node_minor(gpu, &minors[1]) == 0)
		n++;
	for (unsigned i = 0; i < n; i++) {
		int r = node_check(minors[i], path);

		if (r < 0) {
			say_missing(path, minors[i], r, ret);
			return;
		}
		if (r > 0) {
			finding_say(ret, FINDING_FINE, "%s is not there, the next run makes it", path);
			return;
		}
	}
	finding_say(ret, FINDING_FINE, "/dev/nvidiactl%s%s", n > 1 ? " and " : "", n > 1 ? path : "");
}

/* Ampere's device IDs begin behind Turing's, in which those of its last chips (TU116, TU117) lie. */
#define AMPERE_FIRST 0x2080
#define TURING_LAST_CHIPS 0x2180
#define TURING_LAST 0x21ff

bool nvidia_needs_functions(const struct device *device)
{
	return device->device >= AMPERE_FIRST && !(device->device >= TURING_LAST_CHIPS && device->device <= TURING_LAST);
}

const struct vendor_check nvidia_checks[] = {
	{ "node", judge_node },
	{ 0 },
};
