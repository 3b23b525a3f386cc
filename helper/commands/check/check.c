/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is named is walked: an architecture folder's profiles are planned together, as on a GPU, any other file by
 * itself, and for the vendor whose folder it lies in. Patterns and type numbers of everything are gathered on the way
 * and compared at the end, which is why the profiles are kept. Only a lack of memory ends the walk.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/string-util.h"
#include "base/trust.h"
#include "commands/check/names.h"
#include "commands/check/overlaps.h"
#include "commands/command.h"
#include "config/catalog.h"
#include "config/devices.h"
#include "config/profile.h"
#include "config/settings.h"
#include "core/numbers.h"
#include "core/plan.h"
#include "model/diagnostics.h"
#include "vendors/vendors.h"

/* A check and everything that it has found so far. */
struct check {
	struct diagnostics diag;
	size_t files, types;
	char *tree;        /* the configuration folder, with a slash behind */
	const char *named; /* the file or folder of the command line that is being checked, */
	char *meant;       /* and its whole path, by which it is compared with tree */
	struct overlaps overlaps;
	struct type_numbers numbers;
	struct selection *kept; /* for numbers, which borrows them */
	size_t n_kept;
	char *untrusted;        /* the file or folder that was last reported as not to be trusted */
};

static bool is_in_tree(const struct check *check, const char *path)
{
	return strncmp(path, check->tree, strlen(check->tree)) == 0;
}

/* Maps a path below the named file or folder to its whole path. */
static char *canonical_path(const struct check *check, const char *path)
{
	return text_format("%s%s", check->meant, path + strlen(check->named));
}

/* Warns of what an automatic run would refuse to read; of a folder once, not for each file in it. */
static void check_trust(struct check *check, const char *path)
{
	_cleanup_(freep) char *meant = canonical_path(check, path);
	struct file_error error = { 0 };
	const char *where;

	if (!meant || !is_in_tree(check, meant) || trust_check(meant, &error) == 0)
		return;
	where = error.where && strcmp(error.where, meant) != 0 ? error.where : path;
	/* Another error is reported when the file is read. */
	if (error.code == -EPERM && (!check->untrusted || strcmp(check->untrusted, where) != 0)) {
		const struct location whole = { .file = where };

		diag_warning(&check->diag, &whole, NULL, "%s: automatic runs refuse it", file_error_text(&error));
		free(check->untrusted);
		check->untrusted = strdup(where);
	}
	file_error_done(&error);
}

/* Returns the vendor whose folder holds an architecture folder (its whole path); NULL for another folder. */
static const struct vendor *folder_vendor(const char *architecture)
{
	_cleanup_(freep) char *path = strdup(architecture);
	char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash)
		return NULL;
	*slash = '\0';
	slash = strrchr(path, '/');
	return slash ? vendor_for_folder(slash + 1) : NULL;
}

/*
 * Checks profiles that are taken together: one folder's, or a single file. They belong to check afterwards, also on
 * failure. vendor: whose drivers they are for, NULL for any.
 */
static int check_profiles(struct check *check, struct selection *selection, const struct vendor *vendor,
			  enum type_reach reach)
{
	struct selection *kept = reallocarray(check->kept, check->n_kept + 1, sizeof(*kept));
	struct limits limits; /* no driver is asked */
	const struct plan_client client = { .vendor = vendor, .limits = &limits };
	struct plan plan = { 0 };
	int r;

	if (!kept) {
		selection_done(selection);
		return -ENOMEM;
	}
	check->kept = kept;
	kept[check->n_kept++] = *selection;
	*selection = (struct selection){ 0 };

	if (vendor)
		vendor->limits(NULL, NULL, &limits, NULL);
	else
		vendors_widest(&limits);
	r = plan_build(&kept[check->n_kept - 1], &client, &check->diag, &plan);
	check->types += plan.types.n + plan.n_expected;
	names_report(&kept[check->n_kept - 1], &check->diag);
	plan_done(&plan);
	return r == -ENOMEM ? r : type_numbers_add(&check->numbers, &kept[check->n_kept - 1], reach);
}

/* Returns how many folders of the configuration tree a file or folder lies in; -1 for one that is not in the tree. */
static int depth_in_tree(const struct check *check, const char *path)
{
	_cleanup_(freep) char *meant = canonical_path(check, path);
	const char *at;
	int depth = 0;

	if (!meant || !is_in_tree(check, meant))
		return -1;
	at = meant + strlen(check->tree);
	for (at += strspn(at, "/"); (at = strchr(at, '/')); at += strspn(at, "/"))
		depth++;
	return depth;
}

static int check_file(struct check *check, const char *path, enum type_reach reach)
{
	_cleanup_(selection_done) struct selection selection = { .profiles = calloc(1, sizeof(*selection.profiles)) };
	_cleanup_(freep) char *folder = canonical_path(check, path), *devices = NULL;
	char *slash = folder ? strrchr(folder, '/') : NULL;
	const struct vendor *vendor = NULL;
	int r;

	check->files++;
	check_trust(check, path);
	r = selection.profiles ? profile_load(path, false, &check->diag, &selection.profiles[0]) : -ENOMEM;
	if (r < 0)
		return r;
	selection.n = 1;
	/* A file outside of an architecture folder may be for any vendor. */
	if (slash) {
		*slash = '\0';
		devices = path_join(folder, "devices.yaml");
		if (devices && (access(devices, F_OK) == 0 || depth_in_tree(check, path) == 2))
			vendor = folder_vendor(folder);
	}
	return check_profiles(check, &selection, vendor, reach);
}

/* Checks a devices.yaml; unless it is named alone, also for overlaps with those of other folders. */
static int check_devices(struct check *check, const char *path, bool alone)
{
	struct device_patterns list = { 0 };
	int r;

	check->files++;
	check_trust(check, path);
	r = devices_load(path, false, &check->diag, &list);
	if (r == 0 && !alone)
		r = overlaps_add(&check->overlaps, path, &list);
	devices_done(&list);
	return r == -ENOMEM ? r : 0;
}

/* Checks the settings: each line of them, also those that are not for the driver that runs here. */
static int check_settings(struct check *check, const char *path)
{
	_cleanup_(settings_done) struct settings settings = { 0 };
	int r;

	check->files++;
	check_trust(check, path);
	r = settings_load(path, false, &check->diag, &settings);
	for (size_t i = 0; r == 0 && i < settings.n; i++) {
		const struct driver_abi *line = &settings.driver_abi[i];

		vendors_insist(line->release, &(struct insisted){ line->layout, &line->location, line->path }, &check->diag);
	}
	return r == -ENOMEM ? r : 0;
}

static int check_path(struct check *check, const char *path);

static int check_each(struct check *check, const char *folder, char *const *names)
{
	int r = 0;

	for (; r == 0 && *names; names++) {
		_cleanup_(freep) char *path = path_join(folder, *names);

		r = path ? check_path(check, path) : -ENOMEM;
	}
	return r;
}

/* Checks the profiles of an architecture folder together: they meet on one GPU. */
static int check_architecture(struct check *check, const char *folder, char *const *names)
{
	_cleanup_(selection_done) struct selection selection = { 0 };
	_cleanup_(freep) char *devices = path_join(folder, "devices.yaml"), *whole = canonical_path(check, folder);
	int r;

	selection.profiles = calloc(strv_length(names) + 1, sizeof(*selection.profiles));
	if (!selection.profiles || !devices)
		return -ENOMEM;

	r = check_devices(check, devices, false);
	for (; r == 0 && *names; names++) {
		_cleanup_(freep) char *path = NULL;

		if (!catalog_is_profile(*names))
			continue;
		path = path_join(folder, *names);
		if (!path)
			return -ENOMEM;
		check->files++;
		check_trust(check, path);
		r = profile_load(path, false, &check->diag, &selection.profiles[selection.n]);
		if (r == 0)
			selection.n++;
	}
	return r < 0 ? r : check_profiles(check, &selection, whole ? folder_vendor(whole) : NULL, REACH_FOLDER);
}

static int check_folder(struct check *check, const char *path)
{
	_cleanup_(strv_freep) char **names = NULL, **folders = NULL;
	struct file_error error = { 0 };
	bool is_architecture = depth_in_tree(check, path) == 1;
	int r;

	if (file_list(path, false, false, &names, &error) < 0 || file_list(path, false, true, &folders, &error) < 0) {
		const struct location whole = { .file = error.where ? error.where : path };

		diag_error(&check->diag, &whole, NULL, "%s", file_error_text(&error));
		file_error_done(&error);
		return 0;
	}

	for (char **name = names; *name; name++)
		is_architecture |= catalog_is_devices(*name);
	r = is_architecture ? check_architecture(check, path, names) : check_each(check, path, names);
	return r < 0 ? r : check_each(check, path, folders);
}

/* Checks what lies in a folder, without files of other kinds (a README); check_named() checks what is named. */
static int check_path(struct check *check, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const struct location whole = { .file = path };
	bool is_local = catalog_is_local(name);
	int depth, r = file_is_folder(path);

	if (r == 1)
		return check_folder(check, path);
	if (r < 0) {
		diag_error(&check->diag, &whole, NULL, "%s", strerror(-r));
		return 0;
	}
	if (!catalog_is_devices(name) && !catalog_is_profile(name))
		return 0;
	depth = depth_in_tree(check, path);
	if (settings_is_file(name) && depth <= 0)
		return check_settings(check, path);
	/* A file that no run reads is a mistake that would go unnoticed. */
	if (depth >= 0 && depth != 2 && !(depth == 0 && is_local))
		diag_warning(&check->diag, &whole, NULL,
			     "is read by no run: files lie in an architecture folder, as Nvidia/Pascal");
	if (catalog_is_devices(name))
		return check_devices(check, path, false);
	return check_file(check, path, depth == 0 && is_local ? REACH_LOCAL : REACH_ALONE);
}

static int check_named(struct check *check, const char *path)
{
	const struct location whole = { .file = path };
	const char *slash = strrchr(path, '/');
	int r;

	free(check->meant);
	check->named = path;
	check->meant = is_in_tree(check, path) ? NULL : file_whole_path(path);
	if (!check->meant)
		check->meant = strdup(path);
	if (!check->meant)
		return -ENOMEM;

	r = file_is_folder(path);
	if (r == 1)
		return check_folder(check, path);
	if (r < 0 && r != -ENOENT) {
		diag_error(&check->diag, &whole, NULL, "%s", strerror(-r));
		return 0;
	}
	/* As apply warns of the file of -c. */
	if (!is_in_tree(check, check->meant) && file_is_public(path))
		diag_warning(&check->diag, &whole, NULL, "can be written by anybody");
	if (settings_is_file(slash ? slash + 1 : path) && depth_in_tree(check, path) <= 0)
		return check_settings(check, path);
	if (catalog_is_devices(slash ? slash + 1 : path))
		return check_devices(check, path, true);
	return check_file(check, path, REACH_ALONE);
}

static void print_json(struct diagnostics *diag)
{
	struct json json = { .file = stdout };

	diagnostics_sort(diag);
	json_open(&json, '[');
	for (size_t i = 0; i < diag->n; i++) {
		const struct diagnostic *m = &diag->items[i];

		json_open_item(&json);
		json_put_string(&json, "file", m->file ? m->file : "");
		json_put_number(&json, "line", m->line);
		json_put_number(&json, "column", m->column);
		json_put_string(&json, "path", m->path ? m->path : "");
		if (m->used_line) {
			json_put_number(&json, "usedLine", m->used_line);
			json_put_number(&json, "usedColumn", m->used_column);
		}
		json_put_string(&json, "severity", diagnostic_severity(m));
		json_put_string(&json, "message", m->text ? m->text : "");
		json_close(&json, '}');
	}
	json_end(&json, ']');
}

/* Prints as compilers do. Editors and pipelines want a line number, also for what is wrong with a whole file. */
static void print_gcc(struct diagnostics *diag)
{
	diagnostics_fold(diag);
	for (size_t i = 0; i < diag->n; i++) {
		const struct diagnostic *m = &diag->items[i];

		print_text("%s:%u:%u: %s: %s%s%s\n", m->file, m->line ? m->line : 1, m->column ? m->column : 1,
		       diagnostic_severity(m), m->path ? m->path : "", m->path ? ": " : "",
		       m->text ? m->text : "out of memory");
		if (m->used_line)
			print_text("%s:%u:%u: note: used here\n", m->file, m->used_line, m->used_column);
	}
}

enum form { FORM_TEXT, FORM_JSON, FORM_GCC };

static const char *const forms[] = { [FORM_TEXT] = "text", [FORM_JSON] = "json", [FORM_GCC] = "gcc" };

static enum outcome conclude(struct check *check, enum form form, bool strict)
{
	size_t errors = check->diag.errors, warnings = 0;

	for (size_t i = 0; i < check->diag.n; i++)
		warnings += check->diag.items[i].level == LOG_WARNING;
	switch (form) {
	case FORM_TEXT:
		diagnostics_print(&check->diag);
		break;
	case FORM_JSON:
		print_json(&check->diag);
		diagnostics_tell_rest(&check->diag);
		break;
	case FORM_GCC:
		print_gcc(&check->diag);
		diagnostics_tell_rest(&check->diag);
		break;
	}
	if (errors || (strict && warnings))
		return OUTCOME_REFUSED;
	if (form == FORM_TEXT)
		log_msg(LOG_INFO, 0, "%zu file%s, %zu type%s: no mistakes", check->files, check->files == 1 ? "" : "s",
			check->types, check->types == 1 ? "" : "s");
	return OUTCOME_DONE;
}

static void check_done(struct check *check)
{
	diagnostics_done(&check->diag);
	overlaps_done(&check->overlaps);
	type_numbers_done(&check->numbers);
	for (size_t i = 0; i < check->n_kept; i++)
		selection_done(&check->kept[i]);
	free(check->kept);
	free(check->tree);
	free(check->meant);
	free(check->untrusted);
}

static enum outcome check(const struct arguments *arguments)
{
	_cleanup_(freep) char *tree = root_path(CONFDIR);
	_cleanup_(check_done) struct check check = { .tree = root_path(CONFDIR "/") };
	unsigned form = FORM_TEXT;
	enum outcome outcome;
	int r;

	outcome = command_form(arguments, forms, ARRAY_SIZE(forms), &form);
	if (outcome != OUTCOME_DONE)
		return outcome;

	r = tree && check.tree ? 0 : -ENOMEM;
	if (r == 0 && !arguments->n_names)
		r = check_named(&check, tree);
	for (size_t i = 0; r == 0 && i < arguments->n_names; i++)
		r = check_named(&check, arguments->names[i]);
	if (r < 0) {
		log_msg(LOG_ERR, r, "cannot check everything");
		return OUTCOME_FAILED;
	}
	overlaps_report(&check.overlaps, &check.diag);
	type_numbers_report(&check.numbers, &check.diag);
	return conclude(&check, (enum form)form, arguments->given & OPTION_STRICT);
}

const struct command command_check = {
	.name = "check",
	.args = "[FILE | FOLDER...] [--strict] [--format text | json | gcc] [--json]",
	.summary = "report every mistake in the configuration",
	.examples = "  mdev-gpu check\n"
		    "  mdev-gpu check --strict my.yaml\n"
		    "  mdev-gpu check --format gcc ~/profiles\n",
	.options = OPTION_FORMAT | OPTION_JSON | OPTION_STRICT,
	.run = check,
};
