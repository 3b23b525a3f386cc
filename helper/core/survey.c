/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/survey.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/sizes.h"
#include "system/mdev.h"
#include "vendors/vendors.h"

static int set_problem(struct overview *o, const char *text)
{
	o->problem = strdup(text);
	return o->problem ? 0 : -ENOMEM;
}

static int refuse_function(struct overview *o)
{
	if (o->gpu->is_vf)
		return set_problem(o, "a virtual function; its types come from its physical function");
	if (!device_is_gpu(o->gpu))
		return set_problem(o, "not a GPU (PCI class 03)");
	return 0;
}

static void read_architecture(struct overview *o, const struct vendor *vendor)
{
	_cleanup_(report_done) struct report report = { 0 };
	int r = catalog_folder(vendor->folder, o->gpu, true, &report, &o->architecture);

	/* Its mistakes are the job's, too. */
	o->no_catalog = r < 0 || report.errors;
}

/* The configuration as an automatic run reads it. */
static int read_job(struct overview *o)
{
	const struct vendor *vendor = o->gpu->driver ? vendor_for_driver(o->gpu->driver) : NULL;
	const struct job_options options = { .automatic = true };
	struct limits limits = { 0 };
	enum outcome outcome;

	log_forget();
	log_mute(true);
	if (vendor) {
		o->backend = vendor->driver;
		if (vendor->limits(o->gpu, NULL, &limits) == OUTCOME_DONE)
			snprintf(o->release, sizeof(o->release), "%s", limits.release);
		read_architecture(o, vendor);
		log_forget();
	}
	outcome = job_prepare(o->gpu, &options, &o->job);
	log_mute(false);
	return outcome == OUTCOME_DONE ? 0 : set_problem(o, log_cause_of(o->gpu->address));
}

static void read_last_run(struct overview *o)
{
	int r = state_read(o->gpu->address, &o->last);

	o->has_run = r == 0;
	o->no_record = state_trouble(r);
	o->is_current = o->has_run && state_is_current(&o->last);
	if (o->is_current)
		o->framebuffer = o->last.framebuffer;
}

static struct overview_type *add_type(struct overview *o, const char *id, const char *name, enum truth configured)
{
	struct overview_type *items = reallocarray(o->types, o->n + 1, sizeof(*items)), *type;

	if (!items)
		return NULL;
	o->types = items;
	type = &items[o->n];
	*type = (struct overview_type){ .id = strdup(id), .name = name ? strdup(name) : NULL, .configured = configured };
	if (type->id)
		o->n++;
	return type->id && (!name || type->name) ? type : NULL;
}

static bool is_sized(const struct type *type)
{
	return type->values[TYPE_FB_LEN].origin != VALUE_AUTO && type->values[TYPE_FB_RES].origin != VALUE_AUTO;
}

static int add_configured(struct overview *o)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct plan *plan = &o->job.plan;
	bool sized = plan->needs_framebuffer && o->framebuffer && plan_size(plan, o->framebuffer, &report) == 0;

	for (size_t i = 0; i < plan->types.n; i++) {
		const struct type *type = &plan->types.items[i];
		const struct value *v = type->values;
		struct overview_type *added;
		char id[64];

		snprintf(id, sizeof(id), "%s-%" PRIu64, o->backend, type_num(type));
		added = add_type(o, id, type_name(type), TRUTH_YES);
		if (!added)
			return -ENOMEM;
		added->most = v[TYPE_MAX_INSTANCES].number;
		if (sized || is_sized(type))
			added->size = v[TYPE_FB_LEN].number + v[TYPE_FB_RES].number + v[TYPE_GSP_HEAP_SIZE].number;
	}
	for (size_t i = 0; i < plan->n_expected; i++)
		if (!add_type(o, plan->expected[i], NULL, TRUTH_YES))
			return -ENOMEM;
	return 0;
}

static bool is_listed(const struct overview *o, const char *id)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->types[i].id, id) == 0)
			return true;
	return false;
}

static int add_others(struct overview *o, const struct mdev_types *shown)
{
	for (size_t i = 0; i < shown->n; i++)
		if (!is_listed(o, shown->items[i].id) &&
		    !add_type(o, shown->items[i].id, shown->items[i].name, o->problem ? TRUTH_UNKNOWN : TRUTH_NO))
			return -ENOMEM;
	return 0;
}

/* Each virtual function says what it would take by itself; together they have what is left of the GPU. */
static uint64_t available_on_gpu(const struct overview *o, const struct overview_type *type, uint64_t sum)
{
	if (!o->gpu->vfs || !type->most)
		return sum;
	return MIN(sum, type->most - MIN(type->in_use, type->most));
}

/* Where there is no place to show a type; the vendor's VFIO shows only what has room. */
static bool may_be_hidden(const struct device *gpu)
{
	return mdev_is_vendor_vfio(gpu) || mdev_has_no_place(gpu);
}

static void look_up(struct overview *o, struct overview_type *type, const struct mdev_types *shown)
{
	struct mdev_count count;

	mdev_count_type(o->gpu, type->id, &count);
	type->in_use = count.in_use;
	if (!mdev_types_find(shown, type->id) && !count.in_use) {
		type->registered = may_be_hidden(o->gpu) ? TRUTH_UNKNOWN : TRUTH_NO;
		return;
	}
	type->registered = TRUTH_YES;
	type->available = available_on_gpu(o, type, count.available);
}

static int read_types(struct overview *o)
{
	struct mdev_types shown = { 0 };
	int r;

	r = add_configured(o);
	/* What cannot be read is not shown. */
	if (r == 0 && mdev_types_read(o->gpu, &shown) == -ENOMEM)
		r = -ENOMEM;
	if (r == 0)
		r = add_others(o, &shown);
	for (size_t i = 0; r == 0 && i < o->n; i++)
		look_up(o, &o->types[i], &shown);
	mdev_types_done(&shown);
	return r;
}

int overview_read(const struct device *gpu, struct overview *ret)
{
	_cleanup_(overview_done) struct overview o = { .gpu = gpu };
	int r;

	r = refuse_function(&o);
	if (r == 0 && !o.problem)
		r = read_job(&o);
	if (r == 0)
		read_last_run(&o);
	if (r == 0 && o.backend)
		r = read_types(&o);
	if (r < 0)
		return r;

	*ret = o;
	o = (struct overview){ 0 };
	return 0;
}

uint64_t overview_in_use(const struct overview *overview)
{
	uint64_t n = 0;

	for (size_t i = 0; i < overview->n; i++)
		n += overview->types[i].in_use;
	return n;
}

void overview_done(struct overview *overview)
{
	for (size_t i = 0; i < overview->n; i++) {
		free(overview->types[i].id);
		free(overview->types[i].name);
	}
	free(overview->types);
	free(overview->architecture);
	free(overview->problem);
	state_record_done(&overview->last);
	job_done(&overview->job);
	*overview = (struct overview){ 0 };
}
