/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/string-util.h"
#include "config/match.h"

#define DEVICES_FILE "devices.yaml"
#define LOCAL_FILE "generate-vgpu-types.yaml"

static bool pattern_matches(const struct pci_pattern *p, const struct device *d)
{
	if (p->vendor != d->vendor || d->device < p->first || d->device > p->last)
		return false;
	return !p->board || (p->subvendor == d->subvendor && p->subdevice == d->subdevice);
}

/* A pattern's place, outliving its document. */
struct where {
	char *file;
	unsigned line, column;
};

/* The closest architecture folder so far, and another one that fits just as closely. */
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

static int replace_candidate(struct candidate *best, const char *folder, const struct location *location, unsigned width)
{
	candidate_done(best);
	best->width = width;
	best->folder = strdup(folder);
	return best->folder ? set_where(&best->first, location) : -ENOMEM;
}

static int report_overlap(struct diagnostics *diag, const struct device *device, const struct candidate *best)
{
	const struct location location = { .file = best->tie.file, .line = best->tie.line, .column = best->tie.column };

	return diag_error(diag, &location, NULL, "fits %s as closely as %s:%u:%u; make one of them narrower",
			    device->address, best->first.file, best->first.line, best->first.column);
}

static int consider_patterns(const struct device_patterns *list, const struct device *device, const char *folder,
			     struct candidate *best)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->n; i++) {
		unsigned width = pci_pattern_width(&list->items[i]);

		if (!pattern_matches(&list->items[i], device))
			continue;
		if (!best->folder || width < best->width)
			r = replace_candidate(best, folder, &list->places[i], width);
		else if (width == best->width && strcmp(best->folder, folder) != 0)
			r = set_where(&best->tie, &list->places[i]);
	}
	return r;
}

static int consider_folder(const char *path, const char *folder, const struct device *device, bool strict,
			   struct diagnostics *diag, struct candidate *best)
{
	_cleanup_(freep) char *file = path_join(path, DEVICES_FILE);
	struct device_patterns list;
	int r;

	if (!file)
		return -ENOMEM;
	r = devices_load(file, strict, diag, &list);
	if (r < 0)
		return r;
	r = consider_patterns(&list, device, folder, best);
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

/* Looks at every architecture folder even after a mistake: all of them are reported in one run. */
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

	return result == 0 && best->tie.file ? report_overlap(diag, device, best) : result;
}

static bool has_ending(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && strcmp(name + n - m, ending) == 0;
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
	       (has_ending(name, ".yaml") || has_ending(name, ".yml") || has_ending(name, ".json"));
}

/* Adds a loaded profile; both belong to the selection afterwards, also on failure of memory. */
static int selection_add(struct selection *s, const char *path, struct profile *profile)
{
	char **files = reallocarray(s->files, s->n + 2, sizeof(*files));
	struct profile **profiles;

	if (files)
		s->files = files;
	profiles = files ? reallocarray(s->profiles, s->n + 1, sizeof(*profiles)) : NULL;
	if (!profiles) {
		profile_free(profile);
		return -ENOMEM;
	}
	s->profiles = profiles;
	s->profiles[s->n] = profile;
	s->files[s->n] = strdup(path);
	s->files[s->n + 1] = NULL;
	s->n++;

	return s->files[s->n - 1] ? 0 : -ENOMEM;
}

static int select_path(const char *path, bool strict, struct diagnostics *diag, struct selection *s)
{
	struct profile *profile;
	int r;

	r = profile_load(path, strict, diag, &profile);
	return r < 0 ? r : selection_add(s, path, profile);
}

static int select_folder(const char *path, bool strict, struct diagnostics *diag, struct selection *s)
{
	_cleanup_(strv_freep) char **names = NULL;
	struct file_error error = { 0 };
	int r, result = 0;

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

int catalog_folder(const char *vendor_folder, const struct device *device, bool strict, struct diagnostics *diag, char **ret)
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

static int select_architecture(const char *vendor_folder, const struct device *device, bool strict,
			       struct diagnostics *diag, struct selection *s)
{
	_cleanup_(freep) char *path = NULL, *base = root_path(CONFDIR);
	int r;

	r = base ? catalog_folder(vendor_folder, device, strict, diag, &s->folder) : -ENOMEM;
	if (r < 0 || !s->folder)
		return r;

	path = path_join(base, s->folder);
	if (!path)
		return -ENOMEM;
	return select_folder(path, strict, diag, s);
}

static void mark_selected(struct selection *s, const struct device *device, bool takes_types)
{
	for (size_t i = 0; i < s->n; i++)
		s->selected |= profile_mark(s->profiles[i], device, takes_types);
}

/* Into *s, which is empty and stays so where there is no such file. */
static int read_local_file(bool strict, struct diagnostics *diag, struct selection *s)
{
	_cleanup_(freep) char *path = root_path(CONFDIR "/" LOCAL_FILE);

	if (!path)
		return -ENOMEM;
	/* A link that leads nowhere is a mistake of somebody's, not the absence of a file. */
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

/* Reads the administrator's own file. 1: it is for this GPU, or broken; 0: it is not, or there is none. */
static int select_local_file(const struct device *device, bool takes_types, bool strict, struct diagnostics *diag,
			   struct selection *s)
{
	int r = read_local_file(strict, diag, s);

	if (r < 0)
		return r;
	mark_selected(s, device, takes_types);
	if (s->selected || (s->n && s->profiles[0]->broken))
		return 1;

	selection_done(s);
	return 0;
}

int catalog_select(const char *vendor_folder, const struct device *device, bool takes_types, bool strict,
		   struct diagnostics *diag, struct selection *ret)
{
	struct selection s = { 0 };
	int r;

	r = select_local_file(device, takes_types, strict, diag, &s);
	if (r == 0) {
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

int catalog_select_file(const char *path, const struct device *device, bool takes_types, bool strict, struct diagnostics *diag,
			struct selection *ret)
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

/* How far a pattern is from a device; a board whose ID is right is nearer than any other device. */
static unsigned distance(const struct pci_pattern *p, const struct device *d)
{
	if (d->device < p->first)
		return p->first - d->device;
	return d->device > p->last ? d->device - p->last : 0;
}

/* The nearest pattern of the folders so far. */
struct neighbour {
	char *text;
	unsigned distance;
};

static void consider_neighbour(const struct pci_pattern *p, const struct location *location, const struct device *device,
			       struct neighbour *best)
{
	char pattern[32], *text;

	if (p->vendor != device->vendor || (best->text && distance(p, device) >= best->distance))
		return;
	if (p->board)
		snprintf(pattern, sizeof(pattern), "%04x:%04x:%04x:%04x", p->vendor, p->first, p->subvendor, p->subdevice);
	else if (p->first != p->last)
		snprintf(pattern, sizeof(pattern), "%04x:%04x-%04x", p->vendor, p->first, p->last);
	else
		snprintf(pattern, sizeof(pattern), "%04x:%04x", p->vendor, p->first);
	text = text_format("%s (%s:%u:%u)", pattern, location->file, location->line, location->column);
	if (!text)
		return;
	free(best->text);
	*best = (struct neighbour){ text, distance(p, device) };
}

static void consider_neighbours(const char *folder, const struct device *device, struct neighbour *best)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	_cleanup_(freep) char *file = path_join(folder, DEVICES_FILE);
	struct device_patterns list;

	if (!file || devices_load(file, false, &diag, &list) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		consider_neighbour(&list.items[i], &list.places[i], device, best);
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
