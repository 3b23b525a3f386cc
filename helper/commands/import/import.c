/* SPDX-License-Identifier: GPL-2.0-only */
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

static enum outcome import(const struct arguments *arguments)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	struct diagnostics diag = { 0 };
	struct node *profile = NULL;
	size_t errors;
	int r;

	if (!arguments->n_names)
		return command_usage("FILE is missing");
	if (arguments->n_names > 1)
		return command_usage("'%s' is one word too many", arguments->names[1]);
	r = convert(arguments->names[0], &tree, &diag, &profile);
	if (r == -ENOMEM)
		log_msg(LOG_ERR, r, "cannot import '%s'", arguments->names[0]);
	errors = diagnostics_print(&diag);
	if (r < 0)
		return errors ? OUTCOME_REFUSED : OUTCOME_FAILED;

	printf("# Made by mdev-gpu import from ");
	json_quote(stdout, arguments->names[0]);
	putchar('\n');
	tree_print(profile, 0, stdout);
	return OUTCOME_DONE;
}

const struct command command_import = {
	.name = "import",
	.args = "FILE",
	.summary = "print a profile made from a TOML file of GVM or vgpu_unlock",
	.run = import,
};
