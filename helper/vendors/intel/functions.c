/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/intel/functions.h"

#include "base/macro.h"
#include "base/string-util.h"
#include "system/sriov.h"

/* xe takes the number itself, gives all functions equal shares, and takes everything back where that fails (sriov.md, 3). */
static enum outcome enable(const struct device *gpu, unsigned n, struct diagnostics *diag)
{
	int r = sriov_write_number(gpu, n);
	const char *reason = sriov_reason(r);
	unsigned number = 0;

	if (r < 0) {
		diag_say(diag, LOG_ERR, r, "cannot switch %u functions on%s%s", n, reason ? ": " : "", reason ? reason : "");
		return OUTCOME_FAILED;
	}
	r = sriov_read_number(gpu, &number);
	if (r == 0 && number == n)
		return OUTCOME_DONE;
	diag_say(diag, LOG_ERR, r, "the driver took the number of functions without an error, but has made %u of %u", number, n);
	return OUTCOME_FAILED;
}

static char *describe(const struct device *gpu, unsigned n)
{
	(void)gpu;
	return text_format("sriov_numvfs = %u, without a host driver for the functions (sriov_drivers_autoprobe = 0)", n);
}

const struct functions_backend xe_functions = {
	.driver = "xe",
	.folder = "Intel",
	.describe = describe,
	.enable = enable,
};

const struct functions_backend i915_functions = {
	.driver = "i915",
	.folder = "Intel",
	.instead = "the kernel's i915 switches no virtual functions on; use xe where it has this GPU (xe.force_probe, Linux 6.17 or "
		   "later), or i915-sriov-dkms with its own max_vfs and sysfs setting",
};
