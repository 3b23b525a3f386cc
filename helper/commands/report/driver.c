/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "base/string-util.h"
#include "commands/report/capture.h"
#include "commands/report/out.h"
#include "commands/report/sources.h"
#include "system/module.h"

/* More GPUs than that no host has. */
#define NODES_MAX 32

/* Calls tell for each name in a folder, in their order. */
static void each_name(const char *folder, void (*tell)(FILE *to, const char *folder, const char *name), FILE *to)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (*names[i]->d_name != '.')
			tell(to, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

/* Writes a file's text without the newline of its only line. */
static void put_text(FILE *to, unsigned indent, const char *key, const char *path)
{
	_cleanup_(freep) char *text = capture_file(path);
	size_t n = text ? strlen(text) : 0;

	if (!text)
		return;
	if (n && strchr(text, '\n') == text + n - 1)
		text[n - 1] = '\0';
	out_text(to, indent, key, text);
}

static void put_parameter(FILE *to, const char *folder, const char *name)
{
	_cleanup_(freep) char *path = path_join(folder, name);

	if (path)
		put_text(to, 4, name, path);
}

static void put_module(FILE *to, const char *name)
{
	static const char *const words[] = { "version", "srcversion", "initstate", "refcnt", "taint" };
	_cleanup_(freep) char *folder = path_join("/sys/module", name), *parameters = path_join(folder, "parameters");

	if (!folder || !parameters || access(folder, F_OK) < 0)
		return;
	/* Records of runs have this number of the load that they had. */
	fprintf(to, "- module: \"%s\"\n  load: %" PRIu64 "\n", name, module_instance(name));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_(freep) char *path = path_join(folder, words[i]);

		if (path)
			put_text(to, 2, words[i], path);
	}
	if (access(parameters, F_OK) < 0)
		return;
	fprintf(to, "  parameters:\n");
	each_name(parameters, put_parameter, to);
}

/* Writes a file below /proc/driver/nvidia, if it is there. */
static void put_proc(FILE *to, const char *name)
{
	_cleanup_(freep) char *path = path_join("/proc/driver/nvidia", name);

	if (!path || access(path, R_OK) < 0)
		return;
	out_text(to, 0, "- path", path);
	put_text(to, 2, "text", path);
}

static void put_node(FILE *to, const char *name)
{
	_cleanup_(freep) char *path = path_join("/dev", name);
	struct stat st;

	if (!path || lstat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return;
	fprintf(to, "- path: \"%s\"\n  mode: \"%04o\"\n  owner: \"%u:%u\"\n  number: \"%u:%u\"\n", path, st.st_mode & 07777, st.st_uid,
		st.st_gid, major(st.st_rdev), minor(st.st_rdev));
}

void source_driver(FILE *to, const struct device_list *gpus)
{
	static const char *const modules[] = { "nvidia", "nvidia_vgpu_vfio", "nvidia_modeset", "nvidia_drm", "nvidia_uvm", "nouveau", "i915",
					       "kvmgt", "xe", "amdgpu", "mdev", "vfio", "vfio_pci", "vfio_pci_core", "vfio_mdev",
					       "vfio_iommu_type1", "pci_pf_stub", "kvm", "kvm_intel", "kvm_amd" };
	static const char *const files[] = { "version", "params", "registry", "capabilities/mig/config" };
	static const char numbers[] = "nvidia|mdev|vfio";
	_cleanup_(freep) char *all = capture_file("/proc/devices"), *devices = all ? lines_like(all, numbers, 100) : NULL;

	out_section(to, "modules", "drivers that are loaded, with their parameters");
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		put_module(to, modules[i]);
	out_section(to, "proc", "what the driver says of itself");
	fprintf(to, "- path: \"/proc/devices\"\n");
	out_text(to, 2, "text", devices ? devices : "");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		put_proc(to, files[i]);
	for (size_t i = 0; i < gpus->n; i++) {
		_cleanup_(freep) char *name = text_format("gpus/%s/information", gpus->items[i]->address);

		if (name)
			put_proc(to, name);
	}
	out_section(to, "nodes", "the driver's device nodes");
	put_node(to, "nvidiactl");
	for (unsigned minor = 0; minor < NODES_MAX; minor++) {
		char name[16];

		snprintf(name, sizeof(name), "nvidia%u", minor);
		put_node(to, name);
	}
}
