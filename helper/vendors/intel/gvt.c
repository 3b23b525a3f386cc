/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/intel/gvt.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "model/finding.h"
#include "system/module.h"

#define I915 "i915"
#define XE "xe" /* i915's successor, from Tiger Lake on */

/*
 * GVT-g came with generation 8 and was not carried beyond 9.5; of that, Gemini Lake was left out (field.md, 4.7). These
 * are the others that i915 binds, for words only: which GPUs have it is in the catalog, and the kernel decides.
 */
static const struct family {
	uint16_t first, last; /* device IDs, both included */
	const char *name;
	bool has_vfs; /* made to share itself through SR-IOV instead */
} families[] = {
	{ 0x0102, 0x0126, "Sandy Bridge", false },
	{ 0x0152, 0x016a, "Ivy Bridge", false },
	{ 0x0402, 0x042e, "Haswell", false },
	{ 0x0a02, 0x0a2e, "Haswell", false },
	{ 0x0c02, 0x0c2e, "Haswell", false },
	{ 0x0d02, 0x0d2e, "Haswell", false },
	{ 0x0f30, 0x0f33, "Bay Trail", false },
	{ 0x22b0, 0x22b3, "Cherry Trail", false },
	{ 0x3184, 0x3185, "Gemini Lake", false },
	{ 0x4541, 0x4571, "Elkhart Lake", false },
	{ 0x4680, 0x46d4, "Alder Lake", true },
	{ 0x4905, 0x4909, "DG1", false },
	{ 0x4c80, 0x4c9a, "Rocket Lake", false },
	{ 0x4e51, 0x4e71, "Jasper Lake", false },
	{ 0x5690, 0x56b3, "Arc Alchemist", false },
	{ 0x56c0, 0x56c2, "Data Center GPU Flex", true },
	{ 0x6420, 0x64b0, "Lunar Lake", true },
	{ 0x7d41, 0x7d41, "Arrow Lake", true },
	{ 0x7d51, 0x7d51, "Arrow Lake", true },
	{ 0x7d67, 0x7d67, "Arrow Lake", true },
	{ 0x7dd1, 0x7dd1, "Arrow Lake", true },
	{ 0x7d40, 0x7dd5, "Meteor Lake", true },
	{ 0x8a50, 0x8a71, "Ice Lake", false },
	{ 0x9a40, 0x9af8, "Tiger Lake", false },
	{ 0xa720, 0xa7ad, "Raptor Lake", true },
	{ 0xb080, 0xb0bf, "Panther Lake", true },
	{ 0xb640, 0xb640, "Arrow Lake", true },
	{ 0xe202, 0xe223, "Battlemage", true },
};

/*
 * The apertures that types need. A type's part lies behind 128 MiB that the host keeps, and firmware offers powers of
 * two (i915/gvt: HOST_LOW_GM_SIZE and the table of types).
 */
static const struct size {
	const char *ending;
	unsigned aperture; /* MiB that the GPU's must have at least */
} sizes[] = {
	{ "_8", 256 },
	{ "_4", 256 },
	{ "_2", 512 },
	{ "_1", 1024 },
};

/* What keeps a GPU from GVT-g, and what to do about it. */
struct obstacle {
	enum cause cause;
	char seen[160], advice[256];
};

static void set_obstacle(struct obstacle *o, enum cause cause, const char *seen, const char *advice)
{
	o->cause = cause;
	snprintf(o->seen, sizeof(o->seen), "%s", seen);
	snprintf(o->advice, sizeof(o->advice), "%s", advice);
}

/* Finds the parameter of the driver that keeps GVT-g off; false where none does. */
static bool parameters_against(struct obstacle *ret)
{
	char value[32];

	if (!module_is_live(I915))
		return false;
	if (module_parameter(I915, "enable_gvt", value, sizeof(value)) == -ENOENT) {
		set_obstacle(ret, CAUSE_SHARING_OFF, "this kernel's i915 is built without GVT-g", "CONFIG_DRM_I915_GVT");
		return true;
	}
	if (module_parameter(I915, "enable_gvt", value, sizeof(value)) == 0 && *value != 'Y') {
		set_obstacle(ret, CAUSE_SHARING_OFF, "GVT-g is off: i915 was not loaded with enable_gvt=1",
			     "put \"options i915 enable_gvt=1\" into modprobe.d, also in the initial RAM disk, or "
			     "i915.enable_gvt=1 on the kernel's command line");
		return true;
	}
	/* A bit mask, 1: submission, 2: HuC firmware; negative: the driver's choice, none up to generation 11. */
	if (module_parameter(I915, "enable_guc", value, sizeof(value)) == 0 && *value != '-' &&
	    strtoul(value, NULL, 10) & 1) {
		set_obstacle(ret, CAUSE_SHARING_OFF,
			     "GVT-g does not work with GuC submission: i915 was loaded with enable_guc=1 or 3",
			     "0 and 2 are without");
		return true;
	}
	return false;
}

/* Says how else a GPU without GVT-g can be shared: what sysfs has of SR-IOV counts before what its generation should have. */
static void set_instead(struct obstacle *o, const struct device *gpu, bool has_vfs)
{
	if (gpu->vfs_possible)
		snprintf(o->advice, sizeof(o->advice), "it shares itself through SR-IOV instead: up to %u virtual functions, under "
			 "an i915 or xe driver that has it (sriov_numvfs)", gpu->vfs_possible);
	else if (has_vfs)
		snprintf(o->advice, sizeof(o->advice), "its generation shares itself through SR-IOV, but this GPU offers no virtual "
			 "functions (no sriov_totalvfs)");
	else
		snprintf(o->advice, sizeof(o->advice), "it can only be given away whole (vfio-pci); SR-IOV takes over from Alder Lake "
			 "on");
}

static bool find_obstacle(const struct device *gpu, struct obstacle *ret)
{
	const struct family *family = families, *end = families + ARRAY_SIZE(families);

	/* First, since on a GPU without GVT-g some kernels set enable_gvt back to 0 by themselves. */
	while (family < end && (gpu->device < family->first || gpu->device > family->last))
		family++;
	if (family < end)
		snprintf(ret->seen, sizeof(ret->seen), "%s (8086:%04x) has no GVT-g, only Broadwell to Comet Lake have, without "
			 "Gemini Lake", family->name, gpu->device);
	else if (gpu->driver && strcmp(gpu->driver, XE) == 0)
		snprintf(ret->seen, sizeof(ret->seen), "8086:%04x has no GVT-g: none of the GPUs that " XE " drives has", gpu->device);
	else
		return parameters_against(ret);
	ret->cause = CAUSE_CANNOT_SHARE;
	set_instead(ret, gpu, family == end || family->has_vfs);
	return true;
}

static enum outcome gvt_possible(const struct device *gpu, char *why, size_t size)
{
	struct obstacle o;

	if (!find_obstacle(gpu, &o))
		return OUTCOME_DONE;
	if (o.cause == CAUSE_CANNOT_SHARE) {
		snprintf(why, size, "%s; %s", o.seen, o.advice);
		return OUTCOME_UNSUPPORTED;
	}
	snprintf(why, size, "%s (%s)", o.seen, o.advice);
	return OUTCOME_FAILED;
}

static void judge_gvt(const struct device *gpu, struct finding *ret)
{
	struct obstacle o;

	if (!find_obstacle(gpu, &o)) {
		finding_say(ret, FINDING_FINE, "enable_gvt is on");
		return;
	}
	finding_cause(ret, o.cause, "%s", o.seen);
	finding_advise(ret, "%s", o.advice);
}

static const struct vendor_check checks[] = {
	{ "GVT-g", judge_gvt },
	{ 0 },
};

static bool gvt_is_off(const struct device *gpu)
{
	char value[8] = "";

	(void)gpu;
	return module_parameter(I915, "enable_gvt", value, sizeof(value)) != 0 || *value != 'Y';
}

static void gvt_missing_reason(const struct device *gpu, const char *id, char *why, size_t size)
{
	/* Through the aperture, the third region, the processor sees graphics memory. */
	uint64_t aperture = device_region(gpu, 2) >> 20;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (string_ends(id, sizes[i].ending) && aperture && aperture < sizes[i].aperture)
			snprintf(why, size, "it needs an aperture of %u MiB, the GPU's is %" PRIu64
				 " MiB; the firmware's setup may offer more", sizes[i].aperture, aperture);
}

/* Takes the kernel's release: the driver comes with the kernel. */
static enum outcome gvt_limits(const struct device *gpu, const char *layout, struct limits *ret,
			       struct diagnostics *diag)
{
	struct limits limits = { .driver = "driver " I915 };
	struct utsname kernel;

	(void)gpu, (void)layout, (void)diag;
	if (uname(&kernel) == 0)
		snprintf(limits.release, sizeof(limits.release), "%.63s", kernel.release);

	*ret = limits;
	return OUTCOME_DONE;
}

const struct vendor vendor_gvt = {
	.driver = I915,
	.pci = 0x8086,
	.folder = "Intel",
	.module = "kvmgt",
	.without_module = "this kernel is built without GVT-g (CONFIG_DRM_I915_GVT_KVMGT), or the package with it is missing",
	.host_package = "a kernel with CONFIG_DRM_I915_GVT_KVMGT",
	.checks = checks,
	.limits = gvt_limits,
	.is_off = gvt_is_off,
	.possible = gvt_possible,
	.missing_reason = gvt_missing_reason,
};
