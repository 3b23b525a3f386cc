/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A survey is built once, in the order in which one part needs another: the vendor, the driver's release, the files,
 * the record of the last run, which has the memory that sizes are chosen by, and then type by type what sysfs shows.
 */
#include "core/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/string-util.h"
#include "core/sizes.h"
#include "model/diagnostics.h"
#include "model/type.h"
#include "system/module.h"

/* Reads the last run's record. One of another boot, or of another driver, tells nothing about this one. */
static void read_record(struct survey *s)
{
	const char *driver = s->gpu->driver ? s->gpu->driver : "", *release = s->target.limits.release;
	int r = record_read(s->gpu->address, &s->last);

	s->has_record = r == 0;
	s->no_record = record_trouble(r);
	s->is_this_boot = s->has_record && record_is_current(&s->last);
	s->is_current = s->is_this_boot && strcmp(s->last.driver, driver) == 0;
	/* A run that was refused before it knew the release has none. */
	if (s->is_current && *s->last.version && s->target.vendor && !s->no_release)
		s->is_current = strcmp(s->last.version, release) == 0;
	if (s->is_this_boot)
		s->framebuffer = s->last.framebuffer;
}

static struct survey_type *add_type(struct survey *s, const char *id, const char *name, bool wanted)
{
	struct survey_type *items = reallocarray(s->types, s->n + 1, sizeof(*items)), *type;

	if (!items)
		return NULL;
	s->types = items;
	type = &items[s->n++];
	*type = (struct survey_type){
		.id = strdup(id),
		.name = name ? strdup(name) : NULL,
		.wanted = wanted,
		.shown = mdev_types_find(&s->shown, id),
	};
	s->n_wanted += wanted;
	s->n_missing += wanted && !type->shown;
	return type->id && (!name || type->name) ? type : NULL;
}

static void complete_type(const struct survey *s, struct survey_type *type)
{
	bool counts = !s->no_release && s->planned == 0;
	struct mdev_count count;

	mdev_count_type(s->gpu, type->id, &count);
	type->in_use = count.in_use;
	type->configured = type->wanted ? YES : counts ? NO : UNKNOWN;
	if (type->shown || type->in_use)
		type->registered = YES;
	else /* the vendor's VFIO shows only what has room */
		type->registered = mdev_is_vendor_vfio(s->gpu) || mdev_has_no_place(s->gpu) ? UNKNOWN : NO;
	if (type->registered == YES)
		type->available = count.available;
	/* Bound the sum: each virtual function shows what it would take by itself. */
	if (s->gpu->vfs && type->max_instances)
		type->available = MIN(type->available, type->max_instances - MIN(type->in_use, type->max_instances));
}

static int read_types(struct survey *s, const struct plan *plan)
{
	int r;

	/* A list that cannot be read counts as empty. */
	if (mdev_types_read(s->gpu, &s->shown) == -ENOMEM)
		return -ENOMEM;
	r = mdev_count_devices(s->gpu, &s->devices);
	if (r < 0)
		log_subject(s->gpu->address, LOG_WARNING, r, "cannot count the GPU's vGPUs in sysfs");
	for (size_t i = 0; i < plan->types.n; i++) {
		const struct type *type = &plan->types.items[i];
		char id[TYPE_ID_SIZE];
		struct survey_type *added = add_type(s, type_id(s->target.vendor->driver, type_num(type), id),
						     type_name(type), true);

		if (!added)
			return -ENOMEM;
		added->max_instances = type->values[TYPE_MAX_INSTANCES].number;
		added->size = plan->needs_framebuffer && type_is_auto(type) && !s->framebuffer ? 0 : type_share(type);
	}
	for (size_t i = 0; i < plan->n_expected; i++)
		if (!add_type(s, plan->expected[i], NULL, true))
			return -ENOMEM;
	for (size_t i = 0; i < s->shown.n; i++) {
		size_t listed = 0;

		while (listed < s->n && strcmp(s->types[listed].id, s->shown.items[i].id) != 0)
			listed++;
		if (listed == s->n && !add_type(s, s->shown.items[i].id, s->shown.items[i].name, false))
			return -ENOMEM;
	}
	for (size_t i = 0; i < s->n; i++)
		complete_type(s, &s->types[i]);
	return 0;
}

static int read_functions(struct survey *s)
{
	const struct device *gpu = s->gpu;

	if (!gpu->vfs_possible || !gpu->driver)
		return 0;
	if (gpu->vfs && sriov_read_functions(gpu, &s->functions) == -ENOMEM)
		return -ENOMEM;
	/* A record that cannot be read counts as none. */
	return functions_record_read(gpu->address, module_instance(gpu->driver), &s->functions_run) == -ENOMEM ? -ENOMEM : 0;
}

const char *survey_function_type(const struct survey *s, const struct function *f)
{
	const struct given_type *given = functions_record_find(&s->functions_run, f->number);
	const struct mdev_type *type;
	char id[TYPE_ID_SIZE];

	if (given && given->number == f->type && *given->name)
		return given->name;
	type = s->gpu->driver ? mdev_types_find(&s->shown, type_id(s->gpu->driver, f->type, id)) : NULL;
	for (size_t i = 0; !type && i < s->functions_run.n; i++)
		if (s->functions_run.given[i].number == f->type)
			return s->functions_run.given[i].name;
	return type && type->name ? type->name : "";
}

size_t survey_functions_given(const struct survey *s, uint64_t *wanted)
{
	const struct functions_plan *plan = &s->target.plan.functions;
	size_t given = 0;

	*wanted = 0;
	for (size_t i = 0; i < s->functions.n; i++)
		given += s->functions.items[i].type != 0;
	for (size_t i = 0; i < plan->n; i++)
		*wanted += plan->vgpus[i]->count + plan->vgpus[i]->n_functions;
	return given;
}

int survey_read(const struct device *gpu, struct survey *ret)
{
	static const struct target_options automatic = { .automatic = true };

	return survey_read_as(gpu, &automatic, ret);
}

int survey_read_as(const struct device *gpu, const struct target_options *options, struct survey *ret)
{
	_cleanup_(survey_done) struct survey s = { .gpu = gpu, .target = { .gpu = gpu, .options = options } };
	_cleanup_(diagnostics_done) struct diagnostics release = { 0 }, sizes = { 0 };
	int r = 0;

	s.service = target_service(gpu, &s.target.vendor);
	if (s.target.vendor)
		s.planned = target_read_settings(&s.target, &s.diag);
	/* Judge the configuration by what any release takes where the driver's is not known. */
	if (s.target.vendor && s.planned < 0) {
		s.target.vendor->limits(NULL, NULL, &s.target.limits, NULL);
		if (module_version(gpu->driver, s.target.limits.release, sizeof(s.target.limits.release)) < 0)
			*s.target.limits.release = '\0';
	} else if (s.target.vendor && s.target.vendor->limits(gpu, s.target.insisted.layout, &s.target.limits,
							      &release) != OUTCOME_DONE) {
		s.no_release = diagnostics_cause(&release, false);
		s.target.vendor->limits(NULL, NULL, &s.target.limits, NULL);
		r = s.no_release ? 0 : -ENOMEM;
	}
	if (r == 0 && s.target.vendor && s.planned == 0)
		s.planned = target_plan(&s.target, &s.diag);
	diagnostics_fold(&s.diag);
	read_record(&s);
	/* Choose sizes as the last run did, which has told why a type was left out. */
	if (r == 0 && s.planned == 0 && s.target.plan.needs_framebuffer && s.framebuffer &&
	    plan_size(&s.target.plan, s.framebuffer, &s.target.limits, &sizes) == -ENOMEM)
		r = -ENOMEM;
	if (r == 0 && s.target.vendor)
		r = read_types(&s, &s.target.plan);
	if (r == 0)
		r = read_functions(&s);
	if (r < 0)
		return r;

	*ret = s;
	s = (struct survey){ 0 };
	return 0;
}

int survey_target(const struct target *target, struct survey *ret)
{
	_cleanup_(survey_done) struct survey s = {
		.gpu = target->gpu,
		.target = { .gpu = target->gpu, .vendor = target->vendor, .limits = target->limits },
		.framebuffer = target->framebuffer,
	};
	int r = read_types(&s, &target->plan);

	if (r < 0)
		return r;
	*ret = s;
	s = (struct survey){ 0 };
	return 0;
}

char *survey_problem(const struct survey *s)
{
	char *text = NULL;

	switch (s->service) {
	case SERVICE_OFFERED:
		break;
	case SERVICE_VIRTUAL_FUNCTION:
	case SERVICE_NOT_A_GPU:
		return strdup(target_service_text(s->service));
	case SERVICE_NO_DRIVER:
		text_append(&text, "no driver is bound: %s", strerror(ENODEV));
		return text;
	case SERVICE_NO_BACKEND:
		text_append(&text, "driver %s is bound, which mdev-gpu has no backend for", s->gpu->driver);
		return text;
	}
	if (s->no_release)
		return strdup(s->no_release);
	if (s->diag.errors)
		return diagnostics_cause(&s->diag, false);
	if (s->planned < 0)
		text_append(&text, "cannot make a plan: %s", strerror(-s->planned));
	return text;
}

bool survey_is_unknown_gpu(const struct survey *s)
{
	const struct vendor *vendor = s->target.vendor;
	const struct selection *selection = &s->target.selection;

	return vendor && vendor->new_from && s->gpu->device >= vendor->new_from && s->planned == 0 && !selection->folder &&
	       !selection->n;
}

void survey_done(struct survey *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->types[i].id);
		free(s->types[i].name);
	}
	free(s->types);
	free(s->no_release);
	mdev_types_done(&s->shown);
	record_done(&s->last);
	sriov_functions_done(&s->functions);
	functions_record_done(&s->functions_run);
	diagnostics_done(&s->diag);
	target_done(&s->target);
}

/* Returns whether sysfs lacks a type that a run wanted. */
static bool lacks_types_of(const struct device *gpu, const struct record *run)
{
	_cleanup_(strv_freep) char **ids = calloc(1, sizeof(*ids)), **missing = NULL;
	size_t n = 0;
	int r = ids ? 0 : -ENOMEM;

	for (char **num = run->types; r == 0 && num && *num; num++) {
		_cleanup_(freep) char *id = text_format("%s-%s", gpu->driver, *num);

		r = id ? strv_add(&ids, &n, id) : -ENOMEM;
	}
	for (char **id = run->expected; r == 0 && id && *id; id++)
		r = strv_add(&ids, &n, *id);
	if (r == 0)
		r = mdev_types_missing(gpu, (const char *const *)ids, n, &missing);
	return r == 0 && *missing;
}

bool survey_lacks_recorded(const struct device *gpu, uint64_t module)
{
	_cleanup_(record_done) struct record last = { 0 };

	if (record_read(gpu->address, &last) < 0 || !record_is_current(&last) || last.module == module)
		return false;
	/* Skip GPUs whose run succeeded without types in sysfs (vendor VFIO, no VFs). */
	if (record_is_done(&last) && (mdev_is_vendor_vfio(gpu) || mdev_has_no_place(gpu)))
		return false;
	return lacks_types_of(gpu, &last);
}

bool survey_may_lack_recorded(const struct device *gpu)
{
	_cleanup_(record_done) struct record last = { 0 };
	size_t devices = 0;

	if (record_read(gpu->address, &last) < 0 || !record_is_current(&last))
		return false;
	if (strv_length(last.types) && (mdev_is_vendor_vfio(gpu) || mdev_has_no_place(gpu) || mdev_count_devices(gpu, &devices) < 0 || devices))
		return true;
	return lacks_types_of(gpu, &last);
}

bool survey_is_unserved(const struct device *gpu)
{
	_cleanup_(record_done) struct record last = { 0 };

	if (record_read(gpu->address, &last) < 0 || !record_is_current(&last) || last.running || last.cut_off)
		return true;
	if (!record_is_done(&last))
		return last.outcome == OUTCOME_FAILED && !strv_length(last.files);
	return !mdev_is_vendor_vfio(gpu) && !mdev_has_no_place(gpu) && lacks_types_of(gpu, &last);
}

bool survey_has_unit(const char *address)
{
	static const char *const folders[] = { "/etc/systemd/system", "/run/systemd/system" };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(freep) char *name = text_format("%s/sys-subsystem-pci-devices-%s.device.wants/mdev-gpu@%s.service",
							  folders[i], address, address);
		_cleanup_(freep) char *path = name ? root_path(name) : NULL;

		found |= path && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	return found;
}
