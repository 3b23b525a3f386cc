/* SPDX-License-Identifier: GPL-2.0-only */
/* The choice of a GPU's files by the patterns of two folders and the administrator's file; and the host's settings. */
#include "fuzz.h"

#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "config/catalog.h"
#include "config/settings.h"
#include "vendors/vendors.h"

static const char *const paths[] = {
	CONFDIR "/Nvidia/Pascal/devices.yaml",
	CONFDIR "/Nvidia/Generic/devices.yaml",
	CONFDIR "/Nvidia/Pascal/types.yaml",
	CONFDIR "/generate-vgpu-types.yaml",
	CONFDIR "/settings.yaml",
};

enum { FOLDERS, LOCAL, LAYOUTS };

struct counter counters[] = { { "folders", 0 }, { "local_files", 0 }, { "layouts", 0 }, { 0 } };

static char nvidia[] = "nvidia", address[] = "0000:65:00.0";

static const struct device gpus[] = {
	{ .address = address, .driver = nvidia, .pci = { .bus = 0x65 }, .vendor = 0x10de, .device = 0x1b38, .subvendor = 0x10de,
	  .subdevice = 0x11d9, .class = 0x030200 },
	{ .address = address, .driver = nvidia, .pci = { .bus = 0x65 }, .vendor = 0x10de, .device = 0x2330, .subvendor = 0x10de,
	  .subdevice = 0x16c1, .class = 0x030200 },
};

static void select_files(const struct device *gpu, bool strict)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	struct selection selection;
	char *nearest = NULL;
	bool errors = false;
	int r = catalog_select("Nvidia", gpu, true, strict, &diag, &selection);

	require(r == 0 || diag.errors > 0);
	catalog_nearest("Nvidia", gpu, &nearest);
	free(nearest);
	if (r < 0)
		return;
	for (size_t i = 0; i < selection.n; i++) {
		require(selection.files[i] && selection.profiles[i]);
		errors |= selection.profiles[i]->broken;
	}
	require(errors == (diag.errors > 0));
	require(!selection.n || !selection.files[selection.n]);
	counters[FOLDERS].n += selection.folder != NULL;
	counters[LOCAL].n += !selection.folder && selection.n;
	selection_done(&selection);
}

/* Has each line judged for the release that it names, and as if that ran. */
static void look_at_settings(bool strict)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	struct settings settings;

	require(settings_find(strict, &diag, &settings) == 0 && settings.broken == (diag.errors > 0));
	for (size_t i = 0; i < settings.n; i++) {
		const struct driver_abi *line = &settings.driver_abi[i];
		size_t errors = diag.errors;
		_cleanup_(freep) char *ignored = settings_ignored(line, "615.71.09");

		require(line->release && line->layout && line->path && line->location.line && ignored);
		vendors_insist(line->release, &(struct insisted){ line->layout, &line->location, line->path }, &diag);
		counters[LAYOUTS].n += diag.errors == errors;
	}
	settings_done(&settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = { data, size };
	bool strict = size & 1 && geteuid() == 0; /* nobody else's file is trusted */

	write_files(&input, paths, ARRAY_SIZE(paths));
	for (size_t i = 0; i < ARRAY_SIZE(gpus); i++)
		select_files(&gpus[i], strict);
	look_at_settings(strict);
	return 0;
}
