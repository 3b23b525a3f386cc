/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that mdev-gpu reads or writes, each with its place. The texts of the catalog are those of the folders that are for a GPU
 * that is here, and every list of patterns of its vendor; of the rest it is told that it is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "base/string-util.h"
#include "commands/report/capture.h"
#include "commands/report/out.h"
#include "commands/report/sources.h"
#include "config/catalog.h"
#include "vendors/vendors.h"

/* Below that no file of ours is. */
#define DEPTH_MAX 4

/* More than anybody has, and than somebody would read. */
#define FILES_MAX 2000

struct walk {
	FILE *to;
	size_t n;              /* of files, all that were found */
	char **wanted;         /* of the catalog: folders whose files are wanted with their texts, NULL-terminated */
	size_t n_wanted;
	bool (*has_text)(const struct walk *walk, const char *path);
	bool (*is_ours)(const char *name); /* NULL: every file is */
};

/* Writes what stands under a path, without the folder of --root. */
static void put_file(const struct walk *walk, const char *path, const struct stat *st)
{
	const char *shown = path + strlen(root_dir());
	_cleanup_(freep) char *text = NULL;
	char link[4096];
	ssize_t n;

	out_text(walk->to, 0, "- path", shown);
	if (S_ISLNK(st->st_mode)) {
		n = readlink(path, link, sizeof(link) - 1);
		link[MAX(n, 0)] = '\0';
		out_text(walk->to, 2, "link", link);
		return;
	}
	fprintf(walk->to, "  mode: \"%04o\"\n", st->st_mode & 07777);
	if (st->st_uid)
		fprintf(walk->to, "  owner: %u\n", st->st_uid);
	if (st->st_size && walk->has_text(walk, path))
		text = capture_file(path);
	if (text)
		out_text(walk->to, 2, "text", text);
	else
		fprintf(walk->to, "  bytes: %lld\n", (long long)st->st_size);
}

/* Walks a folder in the order of names; a folder is told of where others than root could write it. */
static void walk_folder(struct walk *walk, const char *folder, unsigned depth)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		_cleanup_(freep) char *path = path_join(folder, names[i]->d_name);
		struct stat st;

		if (path && *names[i]->d_name != '.' && lstat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
				walk_folder(walk, path, depth + 1);
			else if (!S_ISDIR(st.st_mode) && (!walk->is_ours || walk->is_ours(names[i]->d_name)) && walk->n++ < FILES_MAX)
				put_file(walk, path, &st);
		}
		free(names[i]);
	}
	free(names);
}

static bool is_yaml(const char *path)
{
	return string_ends(path, ".yaml") || string_ends(path, ".yml") || string_ends(path, ".json");
}

static bool always(const struct walk *walk, const char *path)
{
	(void)walk;
	(void)path;
	return true;
}

static bool never(const struct walk *walk, const char *path)
{
	(void)walk;
	(void)path;
	return false;
}

/* What matters to the GPUs that are here. */
static bool is_wanted(const struct walk *walk, const char *path)
{
	const char *below = path + strlen(root_dir()) + strlen(CONFDIR "/"), *name = strrchr(path, '/') + 1;
	bool of_vendor = false;

	if (!is_yaml(path))
		return false;
	if (!strchr(below, '/'))
		return true;
	for (size_t i = 0; i < walk->n_wanted; i++) {
		size_t n = strlen(walk->wanted[i]);

		if (strncmp(below, walk->wanted[i], n) == 0 && below[n] == '/')
			return true;
		of_vendor |= strncmp(below, walk->wanted[i], strcspn(walk->wanted[i], "/") + 1) == 0;
	}
	return of_vendor && catalog_is_devices(name);
}

/* Finds the folders that are for the GPUs, "Nvidia/Pascal"; of a GPU that none is for the vendor's, "Nvidia/". */
static void find_wanted(struct walk *walk, const struct device_list *gpus)
{
	for (size_t i = 0; i < gpus->n; i++) {
		_cleanup_(diagnostics_done) struct diagnostics diag = { .no_warnings = true };
		_cleanup_(freep) char *folder = NULL, *vendors = NULL;
		const struct vendor *vendor = vendor_for_pci(gpus->items[i]->vendor);

		if (!vendor)
			continue;
		if (catalog_folder(vendor->folder, gpus->items[i], false, &diag, &folder) < 0 || !folder)
			vendors = text_format("%s/", vendor->folder);
		if ((folder || vendors) && strv_add(&walk->wanted, &walk->n_wanted, folder ? folder : vendors) < 0)
			return;
	}
}

static bool is_rule(const char *name)
{
	return strstr(name, "mdev") && string_ends(name, ".rules");
}

static bool is_unit(const char *name)
{
	return strstr(name, "mdev-") || strstr(name, "nvidia-vgpu");
}

static void walk_root(struct walk *walk, const char *folder)
{
	_cleanup_(freep) char *path = root_path(folder);

	walk->n = 0;
	if (path)
		walk_folder(walk, path, 0);
	if (walk->n > FILES_MAX)
		fprintf(walk->to, "# and %zu more\n", walk->n - FILES_MAX);
}

void source_files(FILE *to, const struct device_list *gpus)
{
	static const char *const rules[] = { "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
					     "/lib/udev/rules.d" };
	struct walk walk = { .to = to, .has_text = is_wanted };
	struct stat st;
	_cleanup_(freep) char *lib = root_path("/lib");
	bool is_merged = lib && lstat(lib, &st) == 0 && S_ISLNK(st.st_mode);

	out_section(to, "configuration", "below " CONFDIR ", with what is not root's own");
	find_wanted(&walk, gpus);
	walk_root(&walk, CONFDIR);
	strv_free(walk.wanted);

	out_section(to, "state", "what runs have written down");
	walk.has_text = always;
	walk_root(&walk, RUNDIR);

	out_section(to, "rules", "what udev reads for mediated devices, and what systemd is told of GPUs");
	walk.is_ours = is_rule;
	walk.has_text = never;
	/* /lib is /usr/lib on most systems. */
	for (size_t i = 0; i < ARRAY_SIZE(rules) - is_merged; i++)
		walk_root(&walk, rules[i]);
	walk.is_ours = is_unit;
	walk_root(&walk, "/etc/systemd/system");
}
