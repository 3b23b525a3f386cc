/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/vendors.h"

#include <string.h>

#include "base/macro.h"
#include "vendors/intel/functions.h"
#include "vendors/intel/gvt.h"
#include "vendors/nvidia/functions.h"
#include "vendors/nvidia/nvidia.h"

static const struct vendor *const vendors[] = {
	&vendor_nvidia,
	&vendor_gvt,
};

/* On AMD's side of the host a driver of its own makes them when it is loaded (sriov.md, 3). */
static const struct functions_backend amdgpu_functions = {
	.driver = "amdgpu",
	.folder = "AMD",
	.instead = "amdgpu switches no virtual functions on; use AMD's gim, which makes them itself when it is loaded (vf_num=)",
};
static const struct functions_backend gim_functions = {
	.driver = "gim",
	.folder = "AMD",
	.instead = "gim makes virtual functions itself when it is loaded; use its parameter vf_num",
};

static const struct functions_backend *const functions_backends[] = {
	&nvidia_functions,
	&xe_functions,
	&i915_functions,
	&amdgpu_functions,
	&gim_functions,
};

const struct functions_backend *functions_backend(const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions_backends); i++)
		if (strcmp(functions_backends[i]->driver, driver) == 0)
			return functions_backends[i];
	return NULL;
}

const struct vendor *vendor_for_driver(const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (strcmp(vendors[i]->driver, driver) == 0)
			return vendors[i];
	return NULL;
}

const struct vendor *vendor_for_module(const char *module)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++) {
		const char *a = vendors[i]->module, *b = module;

		while (*a && (*a == *b || (*a == '-' && *b == '_')))
			a++, b++;
		if (*a == *b)
			return vendors[i];
	}
	return NULL;
}

const struct vendor *vendor_for_daemon(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (vendors[i]->daemon && strcmp(vendors[i]->daemon, name) == 0)
			return vendors[i];
	return NULL;
}

const struct vendor *vendor_for_pci(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (vendors[i]->pci == id)
			return vendors[i];
	return NULL;
}

const struct vendor *vendor_for_folder(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (strcmp(vendors[i]->folder, name) == 0)
			return vendors[i];
	return NULL;
}

void vendors_widest(struct limits *ret)
{
	*ret = (struct limits){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++) {
		struct limits limits;

		if (vendors[i]->limits(NULL, NULL, &limits, NULL) == OUTCOME_DONE && limits.types >= ret->types)
			*ret = limits;
	}
}

void vendors_insist(const char *release, const struct insisted *by, struct diagnostics *diag)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (vendors[i]->insist && vendors[i]->insist(release, by, diag) != OUTCOME_DONE)
			return;
}

void vendors_lint(const struct vendor *vendor, const struct type_list *types, const struct device *device,
		  struct diagnostics *diag)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (vendors[i]->lint && (!vendor || vendor == vendors[i]))
			vendors[i]->lint(types, device, diag);
}
