/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/string-util.h"
#include "commands/check/numbers.h"
#include "commands/check/overlaps.h"
#include "commands/command.h"
#include "core/plan.h"
#include "vendors/vendors.h"

/* What has been looked at so far. */
struct check {
	struct diagnostics diag;
	size_t files, types;
	char *tree;       /* what the automatic runs read, with a slash behind */
	const char *named; /* the file or folder of the command line that is looked at, */
	char *meant;      /* and its whole path: the tree is known by its own, whatever people call it */
	struct overlaps overlaps;
	struct type_numbers numbers;
	struct selection *kept; /* the numbers are compared at the end */
	size_t n_kept;
	char *untrusted;  /* the file or folder last complained about */
};

static void complain(struct check *check, const char *path, struct file_error *error)
{
	const struct location whole = { .file = error->where ? error->where : path };

	diag_error(&check->diag, &whole, NULL, "%s", file_error_text(error));
	file_error_done(error);
}

static bool is_in_tree(const struct check *check, const char *path)
{
	return strncmp(path, check->tree, strlen(check->tree)) == 0;
}

/* What begins as it was named, by its whole path. */
static char *canonical_path(const struct check *check, const char *path)
{
	return text_format("%s%s", check->meant, path + strlen(check->named));
}

/* What an automatic run would refuse to read; of a folder that is told once, not for each file in it. */
static void check_trust(struct check *check, const char *path)
{
	_cleanup_(freep) char *meant = canonical_path(check, path);
	struct file_error error = { 0 };
	const char *where;

	if (!meant || !is_in_tree(check, meant) || trust_check(meant, &error) == 0)
		return;
	where = error.where && strcmp(error.where, meant) != 0 ? error.where : path;
	/* What cannot be read at all is told by whoever wants to read it. */
	if (error.code == -EPERM && (!check->untrusted || strcmp(check->untrusted, where) != 0)) {
		const struct location whole = { .file = where };

		diag_warning(&check->diag, &whole, NULL, "%s: automatic runs refuse it", file_error_text(&error));
		free(check->untrusted);
		check->untrusted = strdup(where);
	}
	file_error_done(&error);
}

/* The vendor whose folder holds an architecture folder (its whole path); NULL where it is called otherwise. */
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
 * Profiles that are taken together: one folder's, or a single file. They belong to check afterwards, also on failure. vendor:
 * whose drivers they are for, NULL for any.
 */
static int check_profiles(struct check *check, struct selection *selection, const struct vendor *vendor, enum type_reach reach)
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
	plan_done(&plan);
	return r == -ENOMEM ? r : type_numbers_add(&check->numbers, &kept[check->n_kept - 1], reach);
}

/* How many folders of the configuration tree a file or folder lies in; -1 for what is not in the tree. */
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

/* The vendor of a file in an architecture folder; one that lies elsewhere may be for any. */
static const struct vendor *file_vendor(const struct check *check, const char *path)
{
	_cleanup_(freep) char *folder = canonical_path(check, path), *devices = NULL;
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!slash)
		return NULL;
	*slash = '\0';
	devices = path_join(folder, "devices.yaml");
	return devices && (access(devices, F_OK) == 0 || depth_in_tree(check, path) == 2) ? folder_vendor(folder) : NULL;
}

static int check_file(struct check *check, const char *path, enum type_reach reach)
{
	_cleanup_(selection_done) struct selection selection = { .profiles = calloc(1, sizeof(*selection.profiles)) };
	int r;

	check->files++;
	check_trust(check, path);
	r = selection.profiles ? profile_load(path, false, &check->diag, &selection.profiles[0]) : -ENOMEM;
	if (r < 0)
		return r;
	selection.n = 1;
	return check_profiles(check, &selection, file_vendor(check, path), reach);
}

/* Folders tie where somebody looks at them together; a file that is named by itself is judged by itself. */
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

/* A file that no run reads is a mistake that nobody would see. */
static void check_use(struct check *check, const char *path, const char *name)
{
	const struct location whole = { .file = path };
	int depth = depth_in_tree(check, path);

	if (depth < 0 || depth == 2 || (depth == 0 && catalog_is_local(name)))
		return;
	diag_warning(&check->diag, &whole, NULL, "is read by no run: files lie in an architecture folder, as Nvidia/Pascal");
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

static int load_each(struct check *check, const char *folder, char *const *names, struct selection *selection)
{
	for (; *names; names++) {
		_cleanup_(freep) char *path = NULL;
		int r;

		if (!catalog_is_profile(*names))
			continue;
		path = path_join(folder, *names);
		if (!path)
			return -ENOMEM;
		check->files++;
		check_trust(check, path);
		r = profile_load(path, false, &check->diag, &selection->profiles[selection->n]);
		if (r < 0)
			return r;
		selection->n++;
	}
	return 0;
}

/* The profiles of an architecture folder meet on one GPU, so their numbers must not. */
static int check_architecture(struct check *check, const char *folder, char *const *names)
{
	_cleanup_(selection_done) struct selection selection = { 0 };
	_cleanup_(freep) char *devices = path_join(folder, "devices.yaml"), *whole = canonical_path(check, folder);
	size_t n = 0;
	int r;

	while (names[n])
		n++;
	selection.profiles = calloc(n + 1, sizeof(*selection.profiles));
	if (!selection.profiles || !devices)
		return -ENOMEM;

	r = check_devices(check, devices, false);
	if (r == 0)
		r = load_each(check, folder, names, &selection);
	return r < 0 ? r : check_profiles(check, &selection, whole ? folder_vendor(whole) : NULL, REACH_FOLDER);
}

static bool has_devices(char *const *names)
{
	for (; *names; names++)
		if (catalog_is_devices(*names))
			return true;
	return false;
}

static int check_folder(struct check *check, const char *path)
{
	_cleanup_(strv_freep) char **names = NULL, **folders = NULL;
	struct file_error error = { 0 };
	int r;

	if (file_list(path, false, false, &names, &error) < 0 || file_list(path, false, true, &folders, &error) < 0) {
		complain(check, path, &error);
		return 0;
	}

	r = has_devices(names) || depth_in_tree(check, path) == 1 ? check_architecture(check, path, names) :
								     check_each(check, path, names);
	return r < 0 ? r : check_each(check, path, folders);
}

/* Inside a folder other files (a README) are none of our business; check_named() takes what is named by itself. */
static int check_path(struct check *check, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return check_folder(check, path);
	if (!catalog_is_devices(name) && !catalog_is_profile(name))
		return 0;
	check_use(check, path, name);
	if (catalog_is_devices(name))
		return check_devices(check, path, false);
	return check_file(check, path, depth_in_tree(check, path) == 0 && catalog_is_local(name) ? REACH_LOCAL : REACH_ALONE);
}

static int check_alone(struct check *check, const char *path)
{
	const char *slash = strrchr(path, '/');
	const struct location whole = { .file = path };

	/* As apply says of what is named with -c. */
	if (!is_in_tree(check, check->meant) && file_is_public(path))
		diag_warning(&check->diag, &whole, NULL, "can be written by anybody");
	if (catalog_is_devices(slash ? slash + 1 : path))
		return check_devices(check, path, true);
	return check_file(check, path, REACH_ALONE);
}

static int check_named(struct check *check, const char *path)
{
	struct stat st;

	free(check->meant);
	check->named = path;
	check->meant = is_in_tree(check, path) ? NULL : file_whole_path(path);
	if (!check->meant)
		check->meant = strdup(path);
	if (!check->meant)
		return -ENOMEM;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? check_folder(check, path) : check_alone(check, path);
}

static int check_all(struct check *check, const struct arguments *arguments)
{
	_cleanup_(freep) char *tree = root_path(CONFDIR);
	int r = 0;

	check->tree = root_path(CONFDIR "/");
	if (!tree || !check->tree)
		return -ENOMEM;
	if (!arguments->n_names)
		r = check_named(check, tree);
	for (size_t i = 0; r == 0 && i < arguments->n_names; i++)
		r = check_named(check, arguments->names[i]);
	overlaps_report(&check->overlaps, &check->diag);
	type_numbers_report(&check->numbers, &check->diag);
	return r;
}

static void print_json(struct diagnostics *diag)
{
	struct json json = { .file = stdout };

	diagnostics_sort(diag);
	json_open(&json, '[');
	for (size_t i = 0; i < diag->n; i++) {
		const struct diagnostic *m = &diag->items[i];

		json_open(&json, '{');
		json_put_string(&json, "file", m->file ? m->file : "");
		json_put_number(&json, "line", m->line);
		json_put_number(&json, "column", m->column);
		json_put_string(&json, "path", m->path ? m->path : "");
		if (m->used_line) {
			json_put_number(&json, "usedLine", m->used_line);
			json_put_number(&json, "usedColumn", m->used_column);
		}
		json_put_string(&json, "severity", diagnostic_is_warning(m) ? "warning" : "error");
		json_put_string(&json, "message", m->text ? m->text : "");
		json_close(&json, '}');
	}
	json_end(&json, ']');
}

/* As compilers print them. Editors and pipelines want a line, also for what is wrong with a whole file. */
static void print_gcc(struct diagnostics *diag)
{
	diagnostics_fold(diag);
	for (size_t i = 0; i < diag->n; i++) {
		const struct diagnostic *m = &diag->items[i];

		printf("%s:%u:%u: %s: %s%s%s\n", m->file, m->line ? m->line : 1, m->column ? m->column : 1,
		       diagnostic_is_warning(m) ? "warning" : "error", m->path ? m->path : "", m->path ? ": " : "",
		       m->text ? m->text : "out of memory");
		if (m->used_line)
			printf("%s:%u:%u: note: used here\n", m->file, m->used_line, m->used_column);
	}
}

enum form { FORM_TEXT, FORM_JSON, FORM_GCC };

static enum outcome read_form(const struct arguments *arguments, enum form *ret)
{
	static const char *const names[] = { [FORM_TEXT] = "text", [FORM_JSON] = "json", [FORM_GCC] = "gcc" };

	if (!arguments->format) {
		*ret = arguments->given & OPTION_JSON ? FORM_JSON : FORM_TEXT;
		return OUTCOME_DONE;
	}
	if (arguments->given & OPTION_JSON)
		return command_usage("--json is a format, and --format names another one");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(arguments->format, names[i]) == 0) {
			*ret = (enum form)i;
			return OUTCOME_DONE;
		}
	return command_usage("'%s' is no format (text, json, gcc)", arguments->format);
}

static void print(struct check *check, enum form form)
{
	switch (form) {
	case FORM_TEXT:
		diagnostics_print(&check->diag);
		break;
	case FORM_JSON:
		print_json(&check->diag);
		break;
	case FORM_GCC:
		print_gcc(&check->diag);
		break;
	}
}

static enum outcome conclude(struct check *check, enum form form, bool strict)
{
	size_t errors = check->diag.errors, warnings = check->diag.n - MIN(check->diag.n, errors);

	print(check, form);
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
	struct check check = { 0 };
	enum outcome outcome;
	enum form form = FORM_TEXT;
	int r;

	outcome = read_form(arguments, &form);
	if (outcome != OUTCOME_DONE)
		return outcome;

	r = check_all(&check, arguments);
	if (r < 0) {
		log_msg(LOG_ERR, r, "cannot check everything");
		outcome = OUTCOME_FAILED;
	} else {
		outcome = conclude(&check, form, arguments->given & OPTION_STRICT);
	}
	check_done(&check);
	return outcome;
}

const struct command command_check = {
	.name = "check",
	.args = "[FILE | FOLDER...] [--strict] [--format text | json | gcc]",
	.summary = "report every mistake in the configuration",
	.options = OPTION_FORMAT | OPTION_JSON | OPTION_STRICT,
	.run = check,
};
