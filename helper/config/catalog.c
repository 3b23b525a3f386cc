/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * catalog_select() loads the administrator's file first. Where that is not for the GPU, find_folder() loads the
 * devices.yaml of every architecture folder of the vendor and keeps the folder whose pattern fits most closely; the
 * profiles in that folder are loaded in name order. A mistake in one file does not keep the next one from being read:
 * all of them are reported in one run.
 */
#include "config/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/pci.h"
#include "base/string-util.h"
#include "base/trust.h"
#include "config/devices.h"
#include "config/match.h"
#include "config/profile.h"
#include "config/yaml.h"
#include "model/diagnostics.h"

#define DEVICES_FILE "devices.yaml"
#define LOCAL_FILE "generate-vgpu-types.yaml"

/* The place of a pattern, which outlives its document. */
struct where {
	char *file;
	unsigned line, column;
};

/* The closest architecture folder so far, and a pattern of another one that fits just as closely. */
struct candidate {
	char *folder;
	unsigned width;
	struct where first, tie;
};

static void candidate_done(struct candidate *c)
{
	free(c->folder);
	free(c->first.file);
	free(c->tie.file);
	*c = (struct candidate){ 0 };
}

static int set_where(struct where *where, const struct location *location)
{
	free(where->file);
	*where = (struct where){ strdup(location->file), location->line, location->column };
	return where->file ? 0 : -ENOMEM;
}

/* Returns how far a device's ID is from those of a pattern; 0: it is one of them. */
static unsigned distance(const struct pci_pattern *p, const struct device *d)
{
	if (d->device < p->first)
		return p->first - d->device;
	return d->device > p->last ? d->device - p->last : 0;
}

/* Keeps a folder in *best where a pattern of its devices.yaml fits the GPU as closely as the best so far, or closer. */
static int consider_folder(const char *path, const char *folder, const struct device *device, bool strict,
			   struct diagnostics *diag, struct candidate *best)
{
	_cleanup_(freep) char *file = path_join(path, DEVICES_FILE);
	struct device_patterns list = { 0 };
	int r = file ? devices_load(file, strict, diag, &list) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < list.n; i++) {
		const struct pci_pattern *p = &list.items[i];
		unsigned width = pci_pattern_width(p);

		if (p->vendor != device->vendor || distance(p, device) ||
		    (p->board && (p->subvendor != device->subvendor || p->subdevice != device->subdevice)))
			continue;
		if (!best->folder || width < best->width) {
			candidate_done(best);
			best->width = width;
			best->folder = strdup(folder);
			r = best->folder ? set_where(&best->first, &list.places[i]) : -ENOMEM;
		} else if (width == best->width && strcmp(best->folder, folder) != 0) {
			r = set_where(&best->tie, &list.places[i]);
		}
	}
	devices_done(&list);
	return r;
}

static int report_folder(struct diagnostics *diag, const char *path, struct file_error *error)
{
	const struct location whole = { .file = error->where ? error->where : path };
	int r = error->code;

	diag_error(diag, &whole, NULL, "%s", file_error_text(error));
	file_error_done(error);
	return r;
}

/* Reads the devices.yaml of every architecture folder, also after a mistake. */
static int find_folder(const char *vendor_path, const struct device *device, bool strict, struct diagnostics *diag,
		       struct candidate *best)
{
	_cleanup_(strv_freep) char **folders = NULL;
	struct file_error error = { 0 };
	int r, result = 0;

	r = file_list(vendor_path, strict, true, &folders, &error);
	if (r == -ENOENT) {
		file_error_done(&error);
		return 0;
	}
	if (r < 0)
		return report_folder(diag, vendor_path, &error);

	for (size_t i = 0; folders[i]; i++) {
		_cleanup_(freep) char *path = path_join(vendor_path, folders[i]);

		if (!path)
			return -ENOMEM;
		r = consider_folder(path, folders[i], device, strict, diag, best);
		if (r < 0)
			result = r;
	}

	if (result == 0 && best->tie.file)
		result = diag_error(diag, &(struct location){ best->tie.file, best->tie.line, best->tie.column, 0, 0 },
				    NULL, "fits %s as closely as %s:%u:%u; make one of them narrower", device->address,
				    best->first.file, best->first.line, best->first.column);
	return result;
}

bool catalog_is_devices(const char *name)
{
	return strcmp(name, DEVICES_FILE) == 0;
}

bool catalog_is_local(const char *name)
{
	return strcmp(name, LOCAL_FILE) == 0;
}

bool catalog_is_profile(const char *name)
{
	return !catalog_is_devices(name) &&
	       (string_ends(name, ".yaml") || string_ends(name, ".yml") || string_ends(name, ".json"));
}

/* Loads a profile and adds it. */
static int select_path(const char *path, bool strict, struct diagnostics *diag, struct selection *s)
{
	_cleanup_(profile_freep) struct profile *profile = NULL;
	struct profile **profiles;
	int r;

	r = profile_load(path, strict, diag, &profile);
	if (r < 0)
		return r;
	profiles = reallocarray(s->profiles, s->n + 1, sizeof(*profiles));
	if (!profiles)
		return -ENOMEM;
	s->profiles = profiles;
	r = strv_add(&s->files, &s->n, path);
	if (r == 0)
		profiles[s->n - 1] = TAKE_PTR(profile);
	return r;
}

bool catalog_is_there(void)
{
	_cleanup_(freep) char *tree = root_path(CONFDIR);

	return tree && (access(tree, F_OK) == 0 || errno != ENOENT);
}

int catalog_folder(const char *vendor_folder, const struct device *device, bool strict, struct diagnostics *diag,
		   char **ret)
{
	_cleanup_(candidate_done) struct candidate best = { 0 };
	_cleanup_(freep) char *base = root_path(CONFDIR), *path = path_join(base, vendor_folder);
	char *folder = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = find_folder(path, device, strict, diag, &best);
	if (r < 0)
		return r;

	if (best.folder)
		folder = path_join(vendor_folder, best.folder);
	if (best.folder && !folder)
		return -ENOMEM;
	*ret = folder;
	return 0;
}

/* Adds the profiles of the architecture folder that is for the GPU; none where no folder is. */
static int select_architecture(const char *vendor_folder, const struct device *device, bool strict,
			       struct diagnostics *diag, struct selection *s)
{
	_cleanup_(freep) char *path = NULL, *base = root_path(CONFDIR);
	_cleanup_(strv_freep) char **names = NULL;
	struct file_error error = { 0 };
	int r, result = 0;

	r = catalog_folder(vendor_folder, device, strict, diag, &s->folder);
	if (r < 0 || !s->folder)
		return r;
	path = path_join(base, s->folder);
	if (!path)
		return -ENOMEM;
	r = file_list(path, strict, false, &names, &error);
	if (r < 0)
		return report_folder(diag, path, &error);

	for (size_t i = 0; names[i]; i++) {
		_cleanup_(freep) char *file = NULL;

		if (!catalog_is_profile(names[i]))
			continue;
		file = path_join(path, names[i]);
		if (!file)
			return -ENOMEM;
		r = select_path(file, strict, diag, s);
		if (r < 0)
			result = r;
	}
	return result;
}

static void mark_selected(struct selection *s, const struct device *device, bool takes_types)
{
	for (size_t i = 0; i < s->n; i++)
		s->selected |= profile_mark(s->profiles[i], device, takes_types);
}

/* Loads the administrator's file into *s, which stays empty where there is no such file. */
static int read_local_file(bool strict, struct diagnostics *diag, struct selection *s)
{
	_cleanup_(freep) char *path = root_path(CONFDIR "/" LOCAL_FILE);

	if (!path)
		return -ENOMEM;
	/* AT_SYMLINK_NOFOLLOW: a link that leads nowhere is a mistake, not the absence of a file. */
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	return select_path(path, strict, diag, s);
}

int catalog_local_file(bool strict, struct diagnostics *diag, struct selection *ret)
{
	struct selection s = { 0 };
	int r = read_local_file(strict, diag, &s);

	if (r < 0)
		selection_done(&s);
	else
		*ret = s;
	return r;
}

/*
 * Returns whether the administrator's file stands in the folders' place for the GPU: where an entry that may have types is
 * for it. One that only tells of functions leaves the types where they are. A broken file replaces the folders, too:
 * which GPUs it is for may be the mistake.
 */
static bool replaces_folders(const struct selection *s)
{
	for (size_t i = 0; s->n && i < s->profiles[0]->n; i++)
		if (s->profiles[0]->sections[i].selected && s->profiles[0]->sections[i].has_types)
			return true;
	return s->n && s->profiles[0]->broken;
}

int catalog_select(const char *vendor_folder, const struct device *device, bool takes_types, bool strict,
		   struct diagnostics *diag, struct selection *ret)
{
	struct selection s = { 0 };
	int r;

	r = read_local_file(strict, diag, &s);
	mark_selected(&s, device, takes_types);
	if (r == 0 && !replaces_folders(&s)) {
		if (!s.selected)
			selection_done(&s);
		r = select_architecture(vendor_folder, device, strict, diag, &s);
		mark_selected(&s, device, takes_types);
	}
	if (r < 0) {
		selection_done(&s);
		return r;
	}

	*ret = s;
	return 0;
}

int catalog_select_file(const char *path, const struct device *device, bool takes_types, bool strict,
			struct diagnostics *diag, struct selection *ret)
{
	const struct location whole = { .file = path };
	struct selection s = { 0 };
	int r;

	r = select_path(path, strict, diag, &s);
	if (r == 0 && file_is_public(path))
		diag_warning(diag, &whole, NULL, "can be written by anybody");
	if (r == 0 && !s.profiles[0]->broken && !document_root(s.profiles[0]->document))
		r = diag_error(diag, &whole, NULL, "is empty: it defines no types");
	if (r < 0) {
		selection_done(&s);
		return r;
	}

	mark_selected(&s, device, takes_types);
	*ret = s;
	return 0;
}

void selection_done(struct selection *s)
{
	for (size_t i = 0; i < s->n; i++)
		profile_free(s->profiles[i]);
	free(s->profiles);
	strv_free(s->files);
	free(s->folder);
	*s = (struct selection){ 0 };
}

/* The nearest pattern of the folders so far. */
struct neighbour {
	char *text;
	unsigned distance;
};

/* Keeps the pattern of a folder in *best that is nearer to the GPU than the best one so far. */
static void consider_neighbours(const char *folder, const struct device *device, struct neighbour *best)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	_cleanup_(freep) char *file = path_join(folder, DEVICES_FILE);
	struct device_patterns list = { 0 };

	if (!file || devices_load(file, false, &diag, &list) < 0)
		return;
	for (size_t i = 0; i < list.n; i++) {
		const struct pci_pattern *p = &list.items[i];
		const struct location *location = &list.places[i];
		char pattern[32], *text;

		if (p->vendor != device->vendor || (best->text && distance(p, device) >= best->distance))
			continue;
		if (p->board)
			snprintf(pattern, sizeof(pattern), "%04x:%04x:%04x:%04x", p->vendor, p->first, p->subvendor, p->subdevice);
		else if (p->first != p->last)
			snprintf(pattern, sizeof(pattern), "%04x:%04x-%04x", p->vendor, p->first, p->last);
		else
			snprintf(pattern, sizeof(pattern), "%04x:%04x", p->vendor, p->first);
		text = text_format("%s (%s:%u:%u)", pattern, location->file, location->line, location->column);
		if (!text)
			continue;
		free(best->text);
		*best = (struct neighbour){ text, distance(p, device) };
	}
	devices_done(&list);
}

void catalog_nearest(const char *vendor_folder, const struct device *device, char **ret)
{
	_cleanup_(freep) char *tree = root_path(CONFDIR), *path = path_join(tree, vendor_folder);
	_cleanup_(strv_freep) char **folders = NULL;
	struct file_error error = { 0 };
	struct neighbour best = { 0 };

	if (!path)
		return;
	if (file_list(path, false, true, &folders, &error) < 0) {
		file_error_done(&error);
		return;
	}
	for (size_t i = 0; folders[i]; i++) {
		_cleanup_(freep) char *folder = path_join(path, folders[i]);

		if (folder)
			consider_neighbours(folder, device, &best);
	}
	if (best.text)
		*ret = best.text;
}
