/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * assert asks one thing of a GPU: is there what is configured? sysfs is asked, through the survey that status shows; the driver
 * only where sysfs cannot tell, with a run's deadline and the GPU's lock. Nothing is changed.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "commands/command.h"
#include "core/chain.h"
#include "core/compare.h"
#include "core/functions.h"
#include "core/survey.h"
#include "core/target.h"
#include "model/outcome.h"
#include "system/device.h"
#include "vendors/vendors.h"

/* One GPU: what is asked for, and what is said of it where all of that is there. */
struct claim {
	const struct device *gpu;
	struct target_options options;
	struct diagnostics diag;
	char *fine;
	bool is_named; /* not one of --all */
	bool selected; /* the configuration is for the GPU */
};

static void claim_done(struct claim *claim)
{
	diagnostics_done(&claim->diag);
	free(claim->fine);
}

static _printf_(3, 4) enum outcome fail(const struct claim *claim, enum outcome outcome, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_format_va(fmt, ap);
	va_end(ap);
	log_dev(claim->gpu, LOG_ERR, 0, "%s", text ? text : "out of memory");
	return outcome;
}

/* Says the mistakes of a configuration, and what follows. Warnings are check's. */
static enum outcome refuse(const struct claim *claim, const struct diagnostics *diag, int r)
{
	for (size_t i = 0; i < diag->n; i++) {
		_cleanup_(freep) char *text = diagnostic_text(&diag->items[i]);

		if (diag->items[i].in_file && !diagnostic_is_warning(&diag->items[i]))
			log_msg(LOG_ERR, 0, "%s", text ? text : "out of memory");
	}
	diagnostics_tell_rest(diag);
	return fail(claim, OUTCOME_REFUSED, "configuration refused%s%s", r == -ENOMEM ? ": " : "", r == -ENOMEM ? strerror(ENOMEM) : "");
}

/* Types that are not there, "nvidia-1, nvidia-2". */
struct missing {
	char *names;
	size_t n;
	bool is_unknown; /* sysfs cannot tell of one at least */
};

static void miss(struct missing *missing, const char *id)
{
	text_append_item(&missing->names, "%s", id);
	missing->n++;
}

static void find_missing(const struct survey *s, struct missing *missing)
{
	for (size_t i = 0; i < s->n_wanted; i++) {
		if (s->types[i].registered == YES)
			continue;
		miss(missing, s->types[i].id);
		missing->is_unknown |= s->types[i].registered == UNKNOWN;
	}
}

/*
 * Asks the driver for what sysfs cannot tell: the list of a GPU that shows its types nowhere at the moment, or only those that
 * have room; and the memory, where it decides which types there are to be.
 */
static enum outcome ask_driver(struct claim *claim, struct target *target, struct missing *missing)
{
	_cleanup_(comparison_done) struct comparison have = { 0 };
	_cleanup_(strv_freep) char **hidden = NULL;
	_cleanup_(closep) int lock = -1;
	struct session *session = NULL;
	char id[TYPE_ID_SIZE];
	enum outcome outcome;

	claim->diag.echo = claim->gpu->address;
	target->diag = &claim->diag;
	outcome = command_require_root();
	if (outcome == OUTCOME_DONE)
		outcome = target_open(target, &lock, &session);
	if (outcome == OUTCOME_DONE)
		outcome = target_size(target, session);
	if (outcome == OUTCOME_DONE)
		outcome = compare_types(target, session, false, &have);
	target->vendor->close(session);
	if (outcome != OUTCOME_DONE)
		return outcome;

	free(missing->names);
	missing->names = NULL;
	missing->n = 0;
	for (size_t i = 0; missing->is_unknown && i < have.missing.n; i++)
		miss(missing, type_id(target->vendor->driver, type_num(&have.missing.items[i]), id));
	if (!missing->is_unknown && target_missing(target, &hidden) < 0)
		return fail(claim, OUTCOME_FAILED, "cannot read the types in sysfs");
	for (size_t i = 0; hidden && hidden[i]; i++)
		miss(missing, hidden[i]);
	return have.conflicts ? OUTCOME_FAILED : OUTCOME_DONE;
}

/* Counts the types of the plan, of which the GPU's memory may have left out some since the survey. */
static size_t count_wanted(const struct survey *s)
{
	return s->target.plan.types.n + s->target.plan.n_expected;
}

/* Says that types are missing, and explain's verdict, which is about the configuration tree only. */
static enum outcome say_missing(const struct claim *claim, const struct survey *s, const struct missing *missing)
{
	_cleanup_(chain_done) struct chain chain = { 0 };
	bool has_why = !claim->options.file && chain_make(s, &chain) == 0 && chain.verdict != CAUSE_THERE;

	return fail(claim, OUTCOME_FAILED, "%zu of %zu types %s missing (%s)%s%s%s%s", missing->n, count_wanted(s), missing->n == 1 ? "is" : "are",
		    missing->names ? missing->names : "", has_why ? ": " : "", has_why ? cause_word(chain.verdict) : "",
		    has_why ? ": " : "", has_why ? chain.text : "");
}

static enum outcome assert_types(struct claim *claim, struct survey *s)
{
	struct missing missing = { 0 };
	enum outcome outcome = OUTCOME_DONE;

	find_missing(s, &missing);
	if (missing.n && (missing.is_unknown || (s->target.plan.needs_framebuffer && !s->framebuffer)) && s->target.plan.types.n)
		outcome = ask_driver(claim, &s->target, &missing);
	if (outcome == OUTCOME_DONE && missing.n)
		outcome = say_missing(claim, s, &missing);
	else if (outcome == OUTCOME_DONE && s->n_wanted)
		text_append_item(&claim->fine, "%zu type%s there", count_wanted(s), count_wanted(s) == 1 ? " is" : "s are");
	free(missing.names);
	return outcome;
}

/* Returns whether a function has the type of an entry, which may be known by its name only. */
static bool has_type(const struct survey *s, const struct function *f, const struct vgpu *vgpu)
{
	if (!f->type)
		return false;
	return vgpu->type ? strcmp(survey_function_type(s, f), vgpu->type) == 0 : f->type == vgpu->number;
}

/* Takes up to n functions that have an entry's type and that no other entry has taken. Returns how many are missing. */
static uint64_t take(const struct survey *s, const struct vgpu *vgpu, bool *taken)
{
	uint64_t left = vgpu->count + vgpu->n_functions;

	for (size_t i = 0; i < s->functions.n && left; i++) {
		bool named = !vgpu->n_functions;

		for (size_t j = 0; j < vgpu->n_functions; j++)
			named |= vgpu->functions[j] == s->functions.items[i].number;
		if (!named || taken[i] || !has_type(s, &s->functions.items[i], vgpu))
			continue;
		taken[i] = true;
		left--;
	}
	return left;
}

static enum outcome assert_function_types(struct claim *claim, const struct survey *s, const struct functions_plan *plan)
{
	_cleanup_(freep) bool *taken = calloc(s->functions.n + 1, sizeof(*taken));
	enum outcome outcome = OUTCOME_DONE;
	char type[VGPU_TYPE_MAX + 16];
	uint64_t all = 0, missing;

	/* First those that name functions: one that counts must not take theirs. */
	for (int counting = 0; taken && counting < 2; counting++)
		for (size_t i = 0; i < plan->n; i++) {
			const struct vgpu *vgpu = plan->vgpus[i];
			uint64_t wanted = vgpu->count + vgpu->n_functions;

			if ((vgpu->count > 0) != counting)
				continue;
			all += wanted;
			missing = take(s, vgpu, taken);
			if (missing)
				outcome = fail(claim, OUTCOME_FAILED, "%" PRIu64 " of %" PRIu64 " functions %s not have %s", missing,
					       wanted, missing == 1 ? "does" : "do", vgpu_type_text(vgpu, type, sizeof(type)));
		}
	if (!taken)
		return fail(claim, OUTCOME_FAILED, "%s", strerror(ENOMEM));
	if (outcome == OUTCOME_DONE && plan->n)
		text_append_item(&claim->fine, "%" PRIu64 " function%s", all, all == 1 ? " has its type" : "s have their types");
	return outcome;
}

static enum outcome assert_functions(struct claim *claim, const struct survey *s, const struct plan *plan)
{
	const struct device *gpu = claim->gpu;
	uint64_t wanted = plan->functions.number == VIRTUAL_FUNCTIONS_ALL ? gpu->vfs_possible : plan->functions.number;

	if (plan->functions.number && (gpu->vfs != wanted || !gpu->vfs))
		return fail(claim, OUTCOME_FAILED, "there are %u virtual functions, not %" PRIu64 "%s", gpu->vfs, wanted,
			    wanted ? "" : ": the GPU offers none");
	if (plan->functions.number)
		text_append_item(&claim->fine, "%u virtual functions are there", gpu->vfs);
	return assert_function_types(claim, s, &plan->functions);
}

/* Judges a GPU whose driver has a backend. */
static enum outcome assert_served(struct claim *claim, struct survey *s)
{
	bool is_wanted = s->n_wanted || plan_has_functions(&s->target.plan);
	enum outcome types, functions;

	claim->selected = s->target.selection.selected;
	if (s->planned < 0)
		return refuse(claim, &s->diag, s->planned);
	if (!is_wanted)
		return OUTCOME_DONE;
	if (s->no_release)
		return fail(claim, OUTCOME_UNSUPPORTED, "%s", s->no_release);
	types = assert_types(claim, s);
	functions = assert_functions(claim, s, &s->target.plan);
	return outcome_first(types, functions);
}

/* Judges a GPU without a driver: that is why nothing is there, where anything is configured. */
static enum outcome assert_unbound(struct claim *claim)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	_cleanup_(target_done) struct target target = {
		.gpu = claim->gpu,
		.options = &claim->options,
		.vendor = vendor_for_pci(claim->gpu->vendor),
	};
	int r = 0;

	if (target.vendor) {
		target.vendor->limits(NULL, NULL, &target.limits, NULL);
		r = target_plan(&target, &diag);
	}
	claim->selected = target.selection.selected;
	if (r < 0)
		return refuse(claim, &diag, r);
	if (target_is_wanted(&target) || plan_has_functions(&target.plan))
		return fail(claim, OUTCOME_FAILED, "nothing of what is configured is there: no driver is bound");
	return OUTCOME_DONE;
}

/* Judges a GPU whose driver takes no types: it may have functions that are to be switched on. */
static enum outcome assert_without_backend(struct claim *claim, struct survey *s)
{
	const struct functions_backend *backend = functions_backend(claim->gpu->driver);
	const struct functions_options options = { .file = claim->options.file, .automatic = claim->options.automatic };
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	_cleanup_(selection_done) struct selection selection = { 0 };
	_cleanup_(plan_done) struct plan plan = { 0 };
	enum outcome outcome = backend ? functions_read_plan(claim->gpu, backend, &options, &diag, &selection, &plan) : OUTCOME_DONE;

	if (outcome != OUTCOME_DONE)
		return refuse(claim, &diag, 0);
	claim->selected = selection.selected;
	if (plan_has_functions(&plan))
		return assert_functions(claim, s, &plan);
	if (!claim->is_named && target_passes_over(claim->gpu, claim->options.file))
		return OUTCOME_DONE;
	return fail(claim, OUTCOME_UNSUPPORTED, "driver %s is bound, which mdev-gpu has no backend for", claim->gpu->driver);
}

static enum outcome assert_device(struct claim *claim)
{
	_cleanup_(survey_done) struct survey survey = { 0 };
	enum outcome outcome = OUTCOME_DONE;
	int r = survey_read_as(claim->gpu, &claim->options, &survey);

	if (r < 0) {
		log_dev(claim->gpu, LOG_ERR, r, "cannot look at the GPU");
		return OUTCOME_FAILED;
	}
	switch (survey.service) {
	case SERVICE_OFFERED:
		outcome = assert_served(claim, &survey);
		break;
	case SERVICE_NO_DRIVER:
		outcome = assert_unbound(claim);
		break;
	case SERVICE_NO_BACKEND:
		outcome = assert_without_backend(claim, &survey);
		break;
	case SERVICE_VIRTUAL_FUNCTION:
	case SERVICE_NOT_A_GPU:
		return fail(claim, OUTCOME_UNSUPPORTED, "%s", target_service_text(survey.service));
	}
	/* A file that was named is about the GPUs that it selects; of one that is passed over that has been said. */
	if (outcome == OUTCOME_DONE && (claim->fine || claim->selected || (!claim->options.file && survey.service != SERVICE_NO_BACKEND)))
		log_dev(claim->gpu, LOG_INFO, 0, "%s", claim->fine ? claim->fine : "nothing is configured for this GPU");
	return outcome;
}

/*
 * Returns whether --all is not for a GPU whatever is configured, and says why. Unlike apply's, it is for one without a driver; of one
 * without a backend its configuration tells.
 */
static bool passes_over(const struct device *gpu, bool has_file)
{
	const struct vendor *vendor = gpu->driver ? vendor_for_driver(gpu->driver) : vendor_for_pci(gpu->vendor);

	return vendor && vendor->is_off && vendor->is_off(gpu) && target_passes_over(gpu, has_file);
}

static enum outcome assert_there(const struct arguments *arguments)
{
	struct device_list gpus = { 0 };
	enum outcome outcome = command_devices(arguments, &gpus);
	bool selected = false, tried = false;

	if (outcome != OUTCOME_DONE)
		return outcome;
	for (size_t i = 0; i < gpus.n; i++) {
		_cleanup_(claim_done) struct claim claim = {
			.gpu = gpus.items[i],
			.options = { .file = arguments->config, .automatic = !arguments->config },
			.diag = { .no_warnings = true },
			.is_named = !(arguments->given & OPTION_ALL),
		};

		if (!claim.is_named && passes_over(claim.gpu, arguments->config))
			continue;
		tried = true;
		outcome = outcome_first(outcome, assert_device(&claim));
		selected |= claim.selected;
	}
	device_list_done(&gpus);
	if (arguments->config && !selected && outcome == OUTCOME_DONE) {
		log_subject(arguments->config, LOG_ERR, 0, "no GPU matches");
		return OUTCOME_FAILED;
	}
	if (!tried)
		log_msg(LOG_INFO, 0, COMMAND_NO_GPU);
	return outcome;
}

const struct command command_assert = {
	.name = "assert",
	.args = "[--all | DEVICE...] [-c FILE]",
	.summary = "succeed only if what is configured is there",
	.examples = "  mdev-gpu assert --all\n"
		    "  mdev-gpu assert 65:00.0 && systemctl start nova-compute\n"
		    "  mdev-gpu assert --all -c generate-vgpu-types.yaml\n",
	.options = OPTION_ALL | OPTION_CONFIG,
	.run = assert_there,
};
