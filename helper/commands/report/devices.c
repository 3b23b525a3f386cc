/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "base/path.h"
#include "base/string-util.h"
#include "commands/report/capture.h"
#include "commands/report/out.h"
#include "commands/report/sources.h"
#include "system/mdev.h"

#define PCI "/sys/bus/pci/devices"

/* More functions than that, and the rest is like the last. */
#define DEVICES_MAX 160

static const char *const attributes[] = {
	"class", "vendor", "device", "subsystem_vendor", "subsystem_device", "revision", "enable", "boot_vga", "driver_override", "numa_node",
	"power_state", "resource", "sriov_totalvfs", "sriov_numvfs", "sriov_offset", "sriov_stride", "sriov_drivers_autoprobe",
	"nvidia/creatable_vgpu_types", "nvidia/current_vgpu_type", "nvidia/vgpu_params",
};

static const char *const type_attributes[] = { "name", "description", "available_instances", "device_api" };

static void put_attribute(FILE *to, const char *folder, const char *name)
{
	_cleanup_(freep) char *path = path_join(folder, name), *text = path ? capture_file(path) : NULL;
	size_t n = text ? strlen(text) : 0;

	if (!text)
		return;
	/* Nearly all of them are a line. */
	if (n && strchr(text, '\n') == text + n - 1)
		text[n - 1] = '\0';
	out_text(to, 4, name, text);
}

/* Writes where a link of a device leads, by its last part: "nvidia". */
static void put_link(FILE *to, const char *folder, const char *name)
{
	_cleanup_(freep) char *path = path_join(folder, name);
	char target[4096];
	ssize_t n = path ? readlink(path, target, sizeof(target) - 1) : -1;

	if (n < 0)
		return;
	target[n] = '\0';
	out_text(to, 2, name, strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
}

/* Names what is in a folder, "a b", in its order; NULL: nothing. */
static char *names_in(const char *folder)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort);
	char *text = NULL;

	for (int i = 0; i < n; i++) {
		if (*names[i]->d_name != '.')
			text_append(&text, "%s%s", text ? " " : "", names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return text;
}

static void put_types(FILE *to, const char *folder)
{
	_cleanup_(freep) char *path = path_join(folder, "mdev_supported_types"), *names = path ? names_in(path) : NULL;

	for (char *rest = names, *id; (id = strsep(&rest, " ")); ) {
		_cleanup_(freep) char *devices_path = text_format("%s/%s/devices", path, id);
		_cleanup_(freep) char *devices = devices_path ? names_in(devices_path) : NULL;

		for (size_t i = 0; i < ARRAY_SIZE(type_attributes); i++) {
			_cleanup_(freep) char *name = text_format("mdev_supported_types/%s/%s", id, type_attributes[i]);

			if (name)
				put_attribute(to, folder, name);
		}
		if (devices)
			fprintf(to, "    mdev_supported_types/%s/devices: \"%s\"\n", id, devices);
	}
}

static void put_device(FILE *to, const char *address)
{
	_cleanup_(freep) char *folder = path_join(PCI, address);

	if (!folder)
		return;
	out_text(to, 0, "- address", address);
	put_link(to, folder, "driver");
	put_link(to, folder, "iommu_group");
	put_link(to, folder, "physfn");
	fprintf(to, "  attributes:\n");
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		put_attribute(to, folder, attributes[i]);
	put_types(to, folder);
}

/* Reads whether a PCI function is a display controller, or a virtual function of one; both have the class. */
static bool is_display(const char *address)
{
	_cleanup_(freep) char *path = text_format(PCI "/%s/class", address), *text = path ? capture_file(path) : NULL;

	return text && strncmp(text, "0x03", 4) == 0;
}

/* Returns whether an address is a function of a card that is one. */
static bool is_of_card(const char *address, char *const *displays)
{
	size_t slot = (size_t)(strrchr(address, '.') ? strrchr(address, '.') - address : 0);

	for (; *displays; displays++)
		if (slot && strncmp(*displays, address, slot) == 0 && (*displays)[slot] == '.')
			return true;
	return false;
}

void source_devices(FILE *to)
{
	_cleanup_(strv_freep) char **displays = calloc(1, sizeof(*displays)), **all = calloc(1, sizeof(*all));
	_cleanup_(freep) char *names = names_in(PCI);
	size_t n = 0, n_displays = 0, shown = 0;

	out_section(to, "devices", "display controllers, their virtual functions, and what else is on the same card");
	for (char *rest = names, *name; displays && all && (name = strsep(&rest, " ")); )
		if (strv_add(&all, &n, name) < 0 || (is_display(name) && strv_add(&displays, &n_displays, name) < 0))
			return;
	for (size_t i = 0; i < n && shown < DEVICES_MAX; i++)
		if (is_of_card(all[i], displays)) {
			put_device(to, all[i]);
			shown++;
		}
}
