/* SPDX-License-Identifier: GPL-2.0-only */
/* What sysfs shows of types, functions and modules: of a GPU by itself, and of one with two functions. */
#include "fuzz.h"

#include <string.h>

#include "base/file.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "system/mdev.h"
#include "system/module.h"
#include "system/sriov.h"
#include "system/vfio.h"
#include "vendors/intel/gvt.h"
#include "vendors/nvidia/nvidia.h"
#include "vendors/nvidia/session.h"
#include "vendors/nvidia/trial.h"

#define PLAIN "/sys/devices/plain"
#define SHARED "/sys/devices/shared"
#define TYPE PLAIN "/mdev_supported_types/nvidia-1/"
#define FUNCTION "/sys/devices/function"

static const char *const paths[] = {
	TYPE "name",
	TYPE "description",
	TYPE "available_instances",
	FUNCTION "/nvidia/creatable_vgpu_types",
	FUNCTION "/nvidia/current_vgpu_type",
	FUNCTION "/nvidia/vgpu_params",
	SHARED "/sriov_numvfs",
	PLAIN "/resource",
	"/sys/module/nvidia/version",
	"/sys/module/nvidia/initstate",
	"/sys/module/i915/parameters/enable_gvt",
	"/sys/module/i915/parameters/enable_guc",
};

enum { NAMES, OFFERS, TYPES, RELEASES, REGIONS, TRIALS };

struct counter counters[] = {
	{ "names", 0 }, { "offers", 0 }, { "current_types", 0 }, { "releases", 0 }, { "regions", 0 }, { "trials", 0 }, { 0 },
};

static char nvidia[] = "nvidia", i915[] = "i915", address[] = "0000:65:00.0", plain_path[] = PLAIN, shared_path[] = SHARED;

static const struct device plain = {
	.address = address, .syspath = plain_path, .driver = nvidia, .vendor = 0x10de, .device = 0x1b38,
};
static const struct device shared = {
	.address = address, .syspath = shared_path, .driver = nvidia, .vendor = 0x10de, .device = 0x20f1, .vfs = 2,
	.vfs_possible = 16,
};
static const struct device uhd = {
	.address = address, .syspath = plain_path, .driver = i915, .vendor = 0x8086, .device = 0x3e92,
};

static void make_folders(void)
{
	scratch_link("../function", SHARED "/virtfn0");
	scratch_link("../function", SHARED "/virtfn1");
	scratch_link("../../drivers/nvidia", FUNCTION "/driver");
	scratch_write(PLAIN "/mdev_supported_types/nvidia-1/devices/00000000-0000-0000-0000-000000000000", "", 0);
}

/* A name goes to people as it is here, but for what each printer cleans. */
static void look_at_types(const struct device *gpu)
{
	static const char *const wanted[] = { "nvidia-1", "nvidia-2" };
	_cleanup_(strv_freep) char **missing = NULL;
	struct mdev_types types = { 0 };
	struct mdev_count count;
	size_t devices = 0;

	if (mdev_types_read(gpu, &types) == 0)
		for (size_t i = 0; i < types.n; i++) {
			require(types.items[i].id && mdev_types_find(&types, types.items[i].id));
			counters[NAMES].n += types.items[i].name && *types.items[i].name;
			mdev_count_type(gpu, types.items[i].id, &count);
			require(count.in_use <= 2);
		}
	mdev_types_done(&types);
	require(mdev_types_missing(gpu, wanted, ARRAY_SIZE(wanted), &missing) < 0 || missing);
	require(mdev_count_devices(gpu, &devices) < 0 || devices <= 2);
}

static void look_at_function(void)
{
	struct vfio_offers offers = { 0 };
	char params[FILE_LINE_MAX];
	uint64_t type;

	if (vfio_read_offers(FUNCTION, &offers) == 0)
		for (size_t i = 0; i < offers.n; i++) {
			require(offers.items[i].number && offers.items[i].number <= UINT32_MAX && *offers.items[i].name);
			require(vfio_find_offer(&offers, offers.items[i].number));
			counters[OFFERS].n++;
		}
	vfio_offers_done(&offers);
	if (vfio_read_type(FUNCTION, &type) == 0) {
		require(type <= UINT32_MAX);
		counters[TYPES].n += type > 0;
	}
	require(vfio_read_params(FUNCTION, params, sizeof(params)) < 0 || !strchr(params, '\n'));
}

static void look_at_numbers(void)
{
	struct function_list list = { 0 };
	unsigned n;

	for (unsigned region = 0; region < 6; region++)
		counters[REGIONS].n += device_region(&plain, region) > 0;
	/* Thousands of functions are looked at, too, but take long. */
	if (sriov_read_number(&shared, &n) == 0 && n < 8)
		require(sriov_read_functions(&shared, &list) == 0 && list.n == n);
	sriov_functions_done(&list);
}

static void look_at_modules(void)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	struct finding finding = { 0 };
	struct limits limits;
	char why[160] = "";

	if (vendor_nvidia.limits(&plain, NULL, &limits, &diag) == OUTCOME_DONE) {
		require(limits.types && limits.instances && limits.text && limits.layout);
		counters[RELEASES].n++;
	} else {
		require(diag.n > 0);
	}
	require((vendor_gvt.possible(&uhd, why, sizeof(why)) == OUTCOME_DONE) == !*why);
	vendor_gvt.missing_reason(&uhd, "i915-GVTg_V5_1", why, sizeof(why));
	vendor_gvt.is_off(&uhd);
	vendor_gvt.checks[0].judge(&uhd, &finding);
	finding_done(&finding);
	module_is_live(NVIDIA_DRIVER);
}

/* The six numbers of a description, compared with a type whose values are all 0. */
static void try_description(void)
{
	static const struct limits limits = { .release = "510.85.03", .insisted = "510.47.03" };
	_cleanup_(freep) char *name = mdev_type_attribute(&plain, "nvidia-1", "name");
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	struct session session = { .gpu = &plain, .diag = &diag, .limits = &limits };
	struct type type = { 0 };
	enum outcome outcome;

	if (!name) /* would be waited for */
		return;
	type.values[TYPE_NUM].number = 1;
	type.values[TYPE_NAME].text = name;
	outcome = trial_compare(&session, &type);
	require(diag.n == 1);
	counters[TRIALS].n += outcome == OUTCOME_DONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = { data, size };
	static bool made;

	if (!made)
		make_folders();
	made = true;
	write_files(&input, paths, ARRAY_SIZE(paths));
	look_at_types(&plain);
	look_at_types(&shared);
	look_at_function();
	look_at_numbers();
	look_at_modules();
	try_description();
	return 0;
}
