/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel, the driver and other processes say in /proc, and in the kernel's log. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "system/daemon.h"
#include "system/device.h"
#include "system/module.h"
#include "system/process.h"
#include "vendors/nvidia/checks.h"
#include "vendors/nvidia/node.h"
#include "vendors/vendors.h"

#define NODE "/dev/nvidia0"
#define LOG "/log"

static const char *const paths[] = {
	"/proc/devices",
	"/proc/driver/nvidia/params",
	"/proc/driver/nvidia/gpus/0000:65:00.0/information",
	"/proc/77/comm",
	"/proc/sys/kernel/modules_disabled",
	"/sys/kernel/security/lockdown",
};

enum { NODES, MINORS, REFUSALS, SIZES };

struct counter counters[] = { { "nodes", 0 }, { "minors", 0 }, { "refusals", 0 }, { "sizes", 0 }, { 0 } };

static char nvidia[] = "nvidia", address[] = "0000:65:00.0";
static const struct device gpu = { .address = address, .driver = nvidia, .vendor = 0x10de, .device = 0x1b38 };

static void look_at_nodes(void)
{
	static const unsigned minors[] = { NODE_MINOR_CONTROL, 0 };
	char path[NODE_PATH_SIZE];
	struct finding finding = { 0 };
	unsigned minor;

	for (size_t i = 0; i < ARRAY_SIZE(minors); i++) {
		int r = node_check(minors[i], path);

		require(r == 1 || r == -ENOENT || r == -ENXIO);
		counters[NODES].n += r == 1;
		/* None is there, and none can be made, see kernel.c. */
		require(node_open(minors[i]) == (r == 1 ? -EPERM : r));
	}
	counters[MINORS].n += node_minor(&gpu, &minor) == 0;
	nvidia_checks[0].judge(&gpu, &finding);
	finding_done(&finding);
}

static void look_at_holders(void)
{
	const char *const holders[] = { NODE, "/dev/vfio/1" };
	char *who[ARRAY_SIZE(holders)] = { NULL };

	process_find_holders(holders, ARRAY_SIZE(holders), who);
	require(who[0] && strstr(who[0], "(77)") && !who[1]);
	for (const char *c = who[0]; *c; c++)
		require((unsigned char)*c >= ' ');
	free(who[0]);
}

/* The rest of the input: a line of the kernel's log, which ends in a type's name as well as any. */
static void look_at_log(const struct bytes *rest)
{
	const struct functions_backend *backend = functions_backend(nvidia);
	_cleanup_(freep) char *log = strndup(rest->data ? (const char *)rest->data : "", rest->size), *why = backend->refusal(log);

	counters[REFUSALS].n += why != NULL;
	counters[SIZES].n += backend->type_size(log) > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = { data, size };
	static bool linked;

	if (!linked)
		scratch_link(NODE, "/proc/77/fd/3");
	linked = true;
	write_files(&input, paths, ARRAY_SIZE(paths));
	look_at_nodes();
	look_at_holders();
	require(*module_reason(-EPERM));
	look_at_log(&input);
	return 0;
}
