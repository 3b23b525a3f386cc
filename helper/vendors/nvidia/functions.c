/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nvidia has no sriov_configure in any release that was looked at: a number written to sriov_numvfs is ENOENT, and NVIDIA's
 * guide knows sriov-manage only, which unbinds the GPU, has pci-pf-stub switch all functions on, and binds it again
 * (sriov.md, 2). What the script does inside is NVIDIA's, and its exit code tells nothing: sysfs does. Whether the script of
 * 570 and later still goes by way of pci-pf-stub is not known, so nothing here depends on it.
 */
#include "vendors/nvidia/functions.h"

#include <errno.h>
#include <string.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "base/parse.h"
#include "base/string-util.h"
#include "system/module.h"
#include "system/process.h"
#include "system/sriov.h"
#include "vendors/nvidia/node.h"
#include "vendors/nvidia/nvidia.h"
#include "vendors/nvidia/session.h"
#include "vendors/nvidia/status.h"

#define STUB "pci-pf-stub"

/* For all tries together. One takes seconds, and a minute where there are eight cards. */
#define SCRIPT_MS 120000

/*
 * Who only polls the GPU lets go within seconds; NVIDIA's container tools try as often (sriov.md, 2.2). In 17.2 the script
 * ends well and has done nothing when nvidia-vgpu-mgr is not up yet: NVIDIA's container waits 15 s then, and tries again.
 */
#define TRIES 5
#define PAUSE_MS 1000
#define LATE_MS 5000

/* What a second owner's run may take from the GPU's driver. */
#define OTHERS_MS 10000
#define POLL_MS 100

/* Describes who has the GPU's node open. To be freed. */
static char *holders(const struct device *gpu)
{
	char path[NODE_PATH_SIZE];
	const char *const paths[] = { path };
	char *who = NULL;
	unsigned minor;

	if (node_minor(gpu, &minor) < 0)
		return NULL;
	snprintf(path, sizeof(path), "/dev/nvidia%u", minor);
	process_find_holders(paths, 1, &who);
	return who;
}

static bool has_driver(const struct device *gpu)
{
	char driver[64];

	return device_link(gpu, "driver", driver, sizeof(driver)) == 0 && strcmp(driver, gpu->driver) == 0;
}

/*
 * Waits for the driver to come back by itself: a second owner's run of the script may be at work on the GPU, whose way nothing
 * may cross. Returns whether it did.
 */
static bool has_driver_again(const struct device *gpu)
{
	for (unsigned waited = 0; !has_driver(gpu); waited += POLL_MS)
		if (waited >= OTHERS_MS || !deadline_sleep(POLL_MS))
			return false;
	return true;
}

/* Binds a GPU again that the script has left with its stub, or without a driver; then says so. */
static bool give_back(const struct device *gpu, struct diagnostics *diag)
{
	char driver[64] = "";
	int r = 0;

	device_link(gpu, "driver", driver, sizeof(driver));
	if (*driver && strcmp(driver, STUB) != 0) {
		diag_say(diag, LOG_ERR, 0, "%s has left the GPU to driver %s, which is not touched", SRIOV_MANAGE, driver);
		return false;
	}
	if (*driver)
		r = sriov_take_from(gpu, driver);
	if (r == 0)
		r = sriov_bind(gpu, gpu->driver);
	if (has_driver(gpu)) {
		diag_say(diag, LOG_WARNING, 0, "%s has left the GPU %s%s; it is bound to %s again", SRIOV_MANAGE,
			 *driver ? "to " : "without a driver", driver, gpu->driver);
		return true;
	}
	diag_say(diag, LOG_ERR, r, "%s has left the GPU %s%s, and it cannot be bound to %s again", SRIOV_MANAGE,
		 *driver ? "to " : "without a driver", driver, gpu->driver);
	return false;
}

/* Says why there are no functions, after the last try. */
static void tell_failure(const struct device *gpu, const struct process_end *end, bool held, struct diagnostics *diag)
{
	const char *parted = *end->output ? ": " : "";
	_cleanup_(freep) char *who = held ? holders(gpu) : NULL;

	if (held)
		diag_say(diag, LOG_ERR, 0, "in use: the GPU is held, %d tries in a row, by %s, who has to let go before functions can be "
			 "switched on", TRIES, who ? who : "somebody whom /proc does not show");
	else if (end->timed_out)
		diag_say(diag, LOG_ERR, 0, "%s was ended after %d s%s%s", SRIOV_MANAGE, SCRIPT_MS / 1000, parted, end->output);
	else if (end->status == 0)
		diag_say(diag, LOG_ERR, 0, "%s has ended without an error, but sriov_numvfs is 0: the driver makes no functions for "
			 "this GPU, SR-IOV is off in the firmware's setup, or nvidia-vgpu-mgr is not up%s%s", SRIOV_MANAGE, parted, end->output);
	else if (end->status < 128 && access("/sys/bus/pci/drivers/" STUB, F_OK) < 0 && module_find(STUB) == -ENOENT)
		diag_say(diag, LOG_ERR, 0, "%s has failed (%d), and module " STUB ", which it needs, is not installed for this kernel: "
			 "it comes with the package of the kernel's other modules%s%s", SRIOV_MANAGE, end->status, parted, end->output);
	else
		diag_say(diag, LOG_ERR, 0, "%s has failed (%d)%s%s", SRIOV_MANAGE, end->status, parted, end->output);
}

/*
 * Runs the script once, for at most *left milliseconds, and takes what it took away. Returns after how many milliseconds to
 * try again, because it has changed nothing: the GPU was held, or it says that all is well; 0: not again.
 */
static unsigned try_once(const struct device *gpu, unsigned *left, bool last, struct diagnostics *diag, enum outcome *outcome)
{
	_cleanup_(process_end_done) struct process_end end = { 0 };
	char *const argv[] = { (char[]){ SRIOV_MANAGE }, (char[]){ "-e" }, gpu->address, NULL };
	unsigned number = 0;
	bool held, stayed, intact;
	int r = process_run(argv, *left, &end);

	if (r < 0) {
		diag_say(diag, LOG_ERR, r, "cannot run %s", SRIOV_MANAGE);
		return 0;
	}
	*left -= MIN(end.ms, *left);
	stayed = has_driver_again(gpu);
	intact = stayed || give_back(gpu, diag);
	r = sriov_read_number(gpu, &number);
	if (r < 0)
		diag_say(diag, LOG_ERR, r, "cannot read sriov_numvfs");
	if (r == 0 && number && intact) {
		*outcome = OUTCOME_DONE;
		return 0;
	}
	/* One that was bound again is no longer as it was: its new bind would try again for ever. */
	held = !number && stayed && !end.timed_out && strcasestr(end.output, "unbindLock");
	if ((held || (r == 0 && intact && !end.timed_out && end.status == 0)) && !last && *left && !deadline_passed())
		return held ? PAUSE_MS : LATE_MS;
	if (r == 0)
		tell_failure(gpu, &end, held, diag);
	if (held)
		*outcome = OUTCOME_IN_USE;
	return 0;
}

static enum outcome prepared(struct diagnostics *diag)
{
	const char *distrust = process_distrust(SRIOV_MANAGE);

	if (!distrust)
		return OUTCOME_DONE;
	diag_say(diag, LOG_ERR, 0, "%s %s; it comes with %s", SRIOV_MANAGE, distrust, vendor_nvidia.host_package);
	return OUTCOME_FAILED;
}

static enum outcome enable(const struct device *gpu, unsigned n, struct diagnostics *diag)
{
	enum outcome outcome = OUTCOME_FAILED;
	unsigned left = SCRIPT_MS, tries = TRIES, pause;

	(void)n;
	while ((pause = try_once(gpu, &left, --tries == 0, diag, &outcome)))
		deadline_sleep(pause);
	return outcome;
}

static char *describe(const struct device *gpu, unsigned n)
{
	(void)n;
	return text_format("%s -e %s", SRIOV_MANAGE, gpu->address);
}

/* Reads the status of "NVRM: Failed to add vgpu create request: 0x56" (vendor-vfio.md, 3). */
static char *refusal(const char *log)
{
	static const char mark[] = "vgpu create request: 0x";
	static const struct {
		uint32_t status;
		const char *meaning;
	} meanings[] = {
		{ 0x38, "the function is taken, or MIG mode and the type do not fit: on without an instance for it, or off for a MIG type" },
		{ NV_ERR_NOT_SUPPORTED, "its frame buffer size does not fit the vGPUs that there are (equal-size mode)" },
		{ NV_ERR_INVALID_STATE, "no placement is free for it" },
		{ NV_ERR_TIMEOUT_RETRY, "the GPU is not initialized yet (NVLink): try again later" },
	};
	const char *at = NULL, *name, *meaning;
	uint32_t status;

	/* The last one is the one that was waited for. */
	for (const char *next = strstr(log, mark); next; next = strstr(at, mark))
		at = next + strlen(mark);
	if (!at)
		return NULL;
	status = (uint32_t)strtoul(at, NULL, 16);
	name = nv_status_name(status);
	meaning = nv_status_meaning(status);
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].status == status)
			meaning = meanings[i].meaning;
	return text_format("status 0x%x%s%s%s%s", status, name ? " " : "", name ? name : "", meaning ? ": " : "",
			   meaning ? meaning : "");
}

/* Reads the GiB of "NVIDIA A40-12Q", "GRID P40-2B4" and "NVIDIA A100-1-5C"; a 0 is half of one. */
static uint64_t type_size(const char *name)
{
	const char *at = strrchr(name, '-');
	uint64_t gib;

	if (!at)
		return 0;
	at++;
	if (!parse_number(&at, 10, 9999, &gib) || *at < 'A' || *at > 'Z')
		return 0;
	return gib ? gib << 10 : 512;
}

const struct functions_backend nvidia_functions = {
	.driver = NVIDIA_DRIVER,
	.folder = "Nvidia",
	.all_or_none = true,
	.on_driver = true,
	.describe = describe,
	.prepared = prepared,
	.enable = enable,
	.refusal = refusal,
	.type_size = type_size,
};
