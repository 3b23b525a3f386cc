/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "mdev-gpu import FILE" starts. A TOML file becomes a tree (toml.cc), the tree another one, a profile's (convert.c);
 * that is judged as check would, and printed as YAML.
 */
#include <errno.h>

#include "base/json.h"
#include "base/string-util.h"
#include "commands/command.h"
#include "commands/import/convert.h"
#include "commands/import/toml.h"
#include "core/numbers.h"
#include "core/plan.h"
#include "vendors/vendors.h"

/* Says what check --strict would of the profile; none without a type, which would take a GPU's types from it. */
static int judge(const struct node *top, struct diagnostics *diag)
{
	struct profile *profiles[1] = { 0 };
	const struct selection selection = { .profiles = profiles, .n = 1 };
	struct limits limits;
	const struct plan_client client = { .vendor = vendor_for_folder("Nvidia"), .limits = &limits };
	struct type_numbers numbers = { 0 };
	struct plan plan = { 0 };
	int r;

	if (client.vendor->limits(NULL, NULL, &limits, NULL) != OUTCOME_DONE)
		return -ENOTSUP;
	r = profile_from(top, diag, &profiles[0]);
	if (r == 0)
		r = plan_build(&selection, &client, diag, &plan);
	if (r == 0)
		r = type_numbers_add(&numbers, &selection, REACH_ALONE);
	if (r == 0)
		type_numbers_report(&numbers, diag);
	if (r == 0 && plan.types.n == 0)
		r = diag_error(diag, &top->location, NULL, "has nothing that becomes a type");
	type_numbers_done(&numbers);
	plan_done(&plan);
	profile_free(profiles[0]);
	return r;
}

static int convert(const char *path, struct tree *tree, struct diagnostics *diag, struct node **ret)
{
	struct node *from;
	int r;

	r = toml_load(path, tree, diag, &from);
	return r < 0 ? r : import_profile(from, tree, diag, ret);
}

static void print_profile(const char *path, const struct node *profile, const struct diagnostics *judgement)
{
	printf("# Made by mdev-gpu import from ");
	json_quote(stdout, path);
	putchar('\n');
	if (judgement->n)
		printf("# To be completed before check --strict accepts it:\n");
	for (size_t i = 0; i < judgement->n; i++) {
		const struct diagnostic *m = &judgement->items[i];

		print_text("#   %s: %s\n", m->path ? m->path : "gpus", m->text ? m->text : "out of memory");
	}
	tree_print(profile, 0, stdout);
}

static enum outcome import(const char *path)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	struct diagnostics diag = { 0 }, judgement = { 0 };
	struct node *profile = NULL;
	size_t errors;
	int r;

	r = convert(path, &tree, &diag, &profile);
	if (r == 0)
		r = judge(profile, &judgement);
	if (r == 0)
		print_profile(path, profile, &judgement);
	if (r == -ENOMEM)
		log_msg(LOG_ERR, r, "cannot import '%s'", path);
	diagnostics_move(&diag, &judgement);
	errors = diagnostics_print(&diag);
	if (r < 0)
		return errors ? OUTCOME_REFUSED : OUTCOME_FAILED;
	return OUTCOME_DONE;
}

/* As commands/import.c calls it. */
int main(int argc, char *argv[])
{
	enum outcome outcome = command_begin(argv);

	if (outcome == OUTCOME_DONE)
		outcome = command_bound();
	if (outcome != OUTCOME_DONE)
		return outcome;
	return command_finish(argc == 2 ? import(argv[1]) : command_usage("this is a part of mdev-gpu import FILE"));
}
