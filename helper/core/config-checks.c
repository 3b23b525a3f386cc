/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "base/trust.h"
#include "core/checks.h"
#include "config/catalog.h"
#include "config/match.h"
#include "model/diagnostics.h"
#include "model/finding.h"

#define MISTAKES_TOLD 6 /* for more, the advice names mdev-gpu check */

/* Adds the mistakes, the first one as the cause, which is returned; NULL: there is none. */
static const struct diagnostic *tell_mistakes(const struct diagnostics *diag, struct finding *ret)
{
	const struct diagnostic *first = NULL;
	size_t told = 0;

	for (size_t i = 0; i < diag->n && told < MISTAKES_TOLD; i++) {
		_cleanup_(freep) char *text = NULL;

		if (diagnostic_is_warning(&diag->items[i]))
			continue;
		text = diagnostic_text(&diag->items[i]);
		if (told++) {
			finding_add(ret, "%s", text ? text : "");
			continue;
		}
		first = &diag->items[i];
		finding_cause(ret, CAUSE_REFUSED, "%s", text ? text : "");
	}
	if (diag->errors > told)
		finding_add(ret, "and %zu more", diag->errors - told);
	return first;
}

static void refused(const struct survey *s, struct finding *ret)
{
	const struct diagnostic *first = tell_mistakes(&s->diag, ret);
	struct file_error error = { 0 };
	int r = s->planned;

	/* Find out whether the file with the mistake can be read at all: -EPERM for one that is not trusted. */
	if (first && first->file) {
		r = trust_check(first->file, &error);
		file_error_done(&error);
	}
	if (!first)
		finding_cause(ret, CAUSE_REFUSED, "cannot be read: %s", strerror(-r));
	else if (r == -EPERM)
		ret->cause = CAUSE_UNTRUSTED;
	if (r == -EACCES && geteuid() != 0) {
		finding_say(ret, FINDING_UNKNOWN, "the configuration cannot be read: %s", strerror(-r));
		finding_advise(ret, "ask as root");
	} else if (r == -EPERM) {
		finding_advise(ret, "make what it names root's, and nobody else's to write: automatic runs read nothing else");
	} else {
		finding_advise(ret, "mend it, see that nothing else is wrong, and have it applied");
		finding_command(ret, "mdev-gpu check");
		finding_command(ret, "mdev-gpu apply %s", s->gpu->address);
	}
}

static void no_folder(const struct survey *s, struct finding *ret)
{
	const struct device *gpu = s->gpu;
	char *nearest = NULL;

	catalog_nearest(s->target.vendor->folder, gpu, &nearest);
	finding_cause(ret, survey_is_unknown_gpu(s) ? CAUSE_UNKNOWN_GPU : CAUSE_NO_FOLDER,
		      "no folder below " CONFDIR "/%s is for %04x:%04x%s%s", s->target.vendor->folder, gpu->vendor,
		      gpu->device, nearest ? "; the closest is " : "", nearest ? nearest : "");
	finding_advise(ret, "add - %04x:%04x to the devices.yaml of a folder that suits it", gpu->vendor, gpu->device);
	free(nearest);
}

/* Finds the section that leaves the GPU out, in a selection without one for it. */
static bool find_exclusion(const struct selection *selection, const struct device *gpu, struct exclusion *ret)
{
	for (size_t i = 0; i < selection->n; i++)
		for (size_t j = 0; j < selection->profiles[i]->n; j++)
			if (section_excludes(&selection->profiles[i]->sections[j], gpu, ret))
				return true;
	return false;
}

static char *exclusion_text(const struct exclusion *by)
{
	return text_format("%s:%u:%u: leaves the GPU out: %s is 0x%" PRIx64 ", the GPU's is 0x%" PRIx64,
			   by->location.file, by->location.line, by->location.column, filter_key_names[by->key],
			   by->wanted, by->own);
}

static void filtered_out(const struct exclusion *by, struct finding *ret)
{
	_cleanup_(freep) char *text = exclusion_text(by);

	finding_cause(ret, CAUSE_FILTERED_OUT, "%s", text ? text : "");
	finding_advise(ret, "mend the filter, or take it away: then the section is for every GPU that its file is for");
}

static void no_types(const struct survey *s, struct finding *ret)
{
	const char *file = s->target.selection.n ? s->target.selection.files[0] : "", *slash = strrchr(file, '/');
	_cleanup_(freep) char *path = slash ? text_format("%.*s/README.md", (int)(slash - file), file) : NULL;
	const char *mask = file_mask(file);
	char remark[200] = "", *heading;

	if (!*file) {
		finding_cause(ret, CAUSE_NO_TYPES, CONFDIR "/%s is for the GPU and holds no profile", s->target.selection.folder);
		finding_advise(ret, "add a profile, see mdev-gpu.yaml(5)");
		return;
	}
	/* "# Ada Lovelace: no mediated devices", where an architecture folder has something to say for itself. */
	if (path && file_read_line(path, remark, sizeof(remark)) < 0)
		*remark = '\0';
	heading = remark + strspn(remark, "# ");
	if (mask) {
		finding_cause(ret, CAUSE_NO_TYPES, "%s is masked: %s", file, mask);
		finding_advise(ret, "%sput the file back, if types are wanted", file_is_null_link(file) ? "remove the link and " : "");
	} else if (*heading) {
		finding_cause(ret, CAUSE_NO_TYPES, "%s defines no types: %s", file, heading);
		finding_advise(ret, "the README.md beside it says what is to be done instead");
	} else {
		finding_cause(ret, CAUSE_NO_TYPES, "%s defines no types", file);
		finding_advise(ret, "add types, see mdev-gpu.yaml(5)");
	}
}

/* passed_over: why the administrator's own file is not taken; NULL: it is, or there is none. */
static void judge_files(const struct survey *s, const struct exclusion *passed_over, struct finding *ret)
{
	const struct target *target = &s->target;
	struct exclusion by;

	if (s->n_wanted) {
		finding_say(ret, FINDING_FINE, "%zu type%s for it", s->n_wanted, s->n_wanted == 1 ? "" : "s");
		for (size_t i = 0; i < target->selection.n; i++)
			finding_add(ret, "%s", target->selection.files[i]);
	} else if (!target->selection.folder && passed_over) {
		filtered_out(passed_over, ret);
	} else if (!target->selection.folder && !target->selection.n) {
		no_folder(s, ret);
	} else if (!target->selection.selected && find_exclusion(&target->selection, s->gpu, &by)) {
		filtered_out(&by, ret);
	} else {
		no_types(s, ret);
	}
	if (passed_over && target->selection.folder) {
		_cleanup_(freep) char *text = exclusion_text(passed_over);

		finding_add(ret, "%s", text ? text : "");
	}
}

void check_configuration(const struct survey *s, struct finding *ret)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	_cleanup_(selection_done) struct selection own = { 0 };
	struct exclusion by;
	bool is_own = s->target.selection.n && !s->target.selection.folder;

	if (s->planned < 0)
		refused(s, ret);
	else if (!is_own && catalog_local_file(true, &diag, &own) == 0 && find_exclusion(&own, s->gpu, &by))
		judge_files(s, &by, ret);
	else
		judge_files(s, NULL, ret);
}
