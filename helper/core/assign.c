/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/assign.h"

#include <errno.h>
#include <inttypes.h>

#include "base/macro.h"
#include "base/string-util.h"

int assign_check(const struct vgpu *const *vgpus, size_t n, unsigned functions, struct diagnostics *diag)
{
	uint64_t sum = 0;
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		const struct vgpu *vgpu = vgpus[i];

		for (size_t j = 0; j < vgpu->n_functions; j++)
			if (vgpu->functions[j] >= functions)
				result = diag_error(diag, &vgpu->location, vgpu->path,
						    "function %" PRIu64 " is none of this GPU's, which are 0 to %u",
						    vgpu->functions[j], functions ? functions - 1 : 0);
		sum += vgpu->count + vgpu->n_functions;
		if (sum > functions && sum - vgpu->count - vgpu->n_functions <= functions)
			result = diag_error(diag, &vgpu->location, vgpu->path, "is for one function more than the %u that this "
					    "GPU has, counted with the entries before", functions);
	}
	return result;
}

bool assign_is_ours(const struct function *function, const struct functions_record *record)
{
	const struct given_type *given = functions_record_find(record, function->number);

	return given && function->type && given->number == function->type;
}

/* Assigns one function, and judges what that takes. */
static void assign_one(const struct function *f, const struct wish *wish, struct assignment *a)
{
	a->wish = wish;
	if (f->type == wish->number)
		a->step = STEP_NONE;
	else
		a->step = f->type ? STEP_CHANGE : STEP_GIVE;
}

static bool is_free(const struct function *f, const struct functions_record *record, bool force)
{
	return f->world == WORLD_VENDOR && (!f->type || (force && assign_is_ours(f, record)));
}

/* Assigns up to n functions that have the wish's type already, or else that are free. Returns how many are still to find. */
static uint64_t take(const struct function_list *functions, const struct wish *wish, uint64_t n, bool existing,
		     const struct functions_record *record, bool force, struct assignment *ret)
{
	for (size_t i = 0; n && i < functions->n; i++) {
		const struct function *f = &functions->items[i];

		if (ret[i].wish || (existing ? f->type != wish->number : !is_free(f, record, force)))
			continue;
		assign_one(f, wish, &ret[i]);
		n--;
	}
	return n;
}

/*
 * Lists the functions whose types stand in the way, ours or somebody else's: those that entries name, or those that no entry
 * has. NULL: none.
 */
static char *name_blocking(const struct function_list *functions, const struct functions_record *record, bool ours,
			   const struct assignment *assigned, bool named)
{
	char *names = NULL;

	for (size_t i = 0; i < functions->n; i++) {
		const struct function *f = &functions->items[i];

		if (f->type && assign_is_ours(f, record) == ours && (named ? assigned[i].step == STEP_CHANGE : !assigned[i].wish))
			text_append_item(&names, "virtfn%u (%s) has type %" PRIu64, f->number, f->address, f->type);
	}
	return names;
}

static enum outcome say_too_few(const struct function_list *functions, const struct functions_record *record,
				const struct assignment *assigned, bool named, struct diagnostics *diag, const char *what)
{
	_cleanup_(freep) char *foreign = name_blocking(functions, record, false, assigned, named);
	_cleanup_(freep) char *ours = name_blocking(functions, record, true, assigned, named);

	if (foreign)
		diag_say(diag, LOG_ERR, 0, "in use: %s: %s, which somebody else has set; nothing was written", what, foreign);
	else if (ours)
		diag_say(diag, LOG_ERR, 0, "in use: %s: %s, from an earlier configuration; nothing was written (mdev-gpu functions "
			 "--force takes away what no VM holds)", what, ours);
	else
		diag_say(diag, LOG_ERR, 0, "%s; nothing was written", what);
	return foreign || ours ? OUTCOME_IN_USE : OUTCOME_FAILED;
}

/* Assigns the functions that entries name. */
static bool assign_named(const struct function_list *functions, const struct wish_list *wishes, struct assignment *ret)
{
	bool all = true;

	for (size_t i = 0; i < wishes->n; i++)
		for (size_t j = 0; j < wishes->items[i].vgpu->n_functions; j++) {
			size_t number = (size_t)wishes->items[i].vgpu->functions[j];

			if (number < functions->n)
				assign_one(&functions->items[number], &wishes->items[i], &ret[number]);
			else
				all = false;
		}
	return all;
}

/* What no wish has, but a run of this boot gave, is taken away by force only; without it that is worth a word. */
static void judge_rest(const struct function_list *functions, const struct functions_record *record, bool force,
		       struct diagnostics *diag, struct assignment *ret)
{
	_cleanup_(freep) char *left = NULL;

	for (size_t i = 0; i < functions->n; i++) {
		const struct function *f = &functions->items[i];

		if (ret[i].wish || !assign_is_ours(f, record))
			continue;
		if (force)
			ret[i].step = STEP_TAKE;
		else
			text_append_item(&left, "virtfn%u (type %" PRIu64 ")", f->number, f->type);
	}
	if (left)
		diag_say(diag, LOG_NOTICE, 0, "left as they are, though the configuration no longer has them: %s (mdev-gpu functions "
			 "--force takes away what no VM holds)", left);
}

enum outcome assign_functions(const struct function_list *functions, const struct wish_list *wishes,
			      const struct functions_record *record, bool force, struct diagnostics *diag,
			      struct assignment *ret)
{
	_cleanup_(freep) uint64_t *missing = calloc(wishes->n + 1, sizeof(*missing));
	uint64_t lacking = 0;

	if (!missing) {
		diag_say(diag, LOG_ERR, -ENOMEM, "cannot assign functions");
		return OUTCOME_FAILED;
	}
	if (!assign_named(functions, wishes, ret))
		return say_too_few(functions, record, ret, true, diag, "functions that the configuration names are not there");
	for (size_t i = 0; i < functions->n; i++)
		if (ret[i].step == STEP_CHANGE && !(force && assign_is_ours(&functions->items[i], record)))
			return say_too_few(functions, record, ret, true, diag, "functions that the configuration names have other types");
	/* All that exist first: a lower wish must not take what a later one has already. */
	for (size_t i = 0; i < wishes->n; i++)
		missing[i] = take(functions, &wishes->items[i], wishes->items[i].vgpu->count, true, record, false, ret);
	for (size_t i = 0; i < wishes->n; i++)
		missing[i] = take(functions, &wishes->items[i], missing[i], false, record, false, ret);
	for (size_t i = 0; i < wishes->n; i++)
		lacking += take(functions, &wishes->items[i], missing[i], false, record, force, ret);
	if (lacking) {
		_cleanup_(freep) char *what = text_format("%" PRIu64 " function%s too few %s free", lacking, lacking == 1 ? "" : "s",
							   lacking == 1 ? "is" : "are");

		return say_too_few(functions, record, ret, false, diag, what ? what : "too few functions are free");
	}
	judge_rest(functions, record, force, diag, ret);
	return OUTCOME_DONE;
}
