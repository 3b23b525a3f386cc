/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "mdev-gpu import FILE" starts. A TOML file becomes a tree (toml.cc), the tree another one, a profile's (convert.c);
 * that is judged as check would, and printed as YAML.
 */
#include <errno.h>

#include "base/json.h"
#include "commands/command.h"
#include "commands/import/convert.h"
#include "commands/import/toml.h"
#include "core/plan.h"
#include "vendors/vendors.h"

/* As check has it: what import prints, check must accept. */
static int judge(const struct node *top, struct diagnostics *diag)
{
	struct profile *profiles[1] = { 0 };
	const struct selection selection = { .profiles = profiles, .n = 1 };
	struct limits limits;
	const struct plan_client client = { .vendor = vendor_for_folder("Nvidia"), .limits = &limits };
	struct plan plan = { 0 };
	int r;

	if (client.vendor->limits(NULL, NULL, &limits, NULL) != OUTCOME_DONE)
		return -ENOTSUP;
	r = profile_from(top, diag, &profiles[0]);
	if (r == 0)
		r = plan_build(&selection, &client, diag, &plan);
	plan_done(&plan);
	profile_free(profiles[0]);
	return r;
}

static int convert(const char *path, struct tree *tree, struct diagnostics *diag, struct node **ret)
{
	struct node *from, *top = NULL;
	int r;

	r = toml_load(path, tree, diag, &from);
	if (r == 0)
		r = import_profile(from, tree, diag, &top);
	if (r == 0)
		r = judge(top, diag);
	if (r == 0)
		*ret = top;
	return r;
}

static enum outcome import(const char *path)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	struct diagnostics diag = { 0 };
	struct node *profile = NULL;
	size_t errors;
	int r;

	r = convert(path, &tree, &diag, &profile);
	if (r == -ENOMEM)
		log_msg(LOG_ERR, r, "cannot import '%s'", path);
	errors = diagnostics_print(&diag);
	if (r < 0)
		return errors ? OUTCOME_REFUSED : OUTCOME_FAILED;

	printf("# Made by mdev-gpu import from ");
	json_quote(stdout, path);
	putchar('\n');
	tree_print(profile, 0, stdout);
	return OUTCOME_DONE;
}

/* As commands/import.c calls it. */
int main(int argc, char *argv[])
{
	return command_finish(argc == 2 ? import(argv[1]) : command_usage("this is a part of mdev-gpu import FILE"));
}
