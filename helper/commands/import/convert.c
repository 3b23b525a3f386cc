/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/import/convert.h"

#include <errno.h>

#include "commands/import/gvm.h"
#include "commands/import/unlock.h"

int import_profile(const struct node *from, struct tree *tree, struct diagnostics *diag, struct node **ret)
{
	struct import import = { .tree = tree, .diag = diag };
	struct node *top = tree_node(tree, NODE_MAPPING, &from->location);
	struct node *sections = tree_node(tree, NODE_SEQUENCE, &from->location);
	int r;

	if (tree_get(from, "config"))
		r = import_gvm(&import, from, sections);
	else if (tree_get(from, "profile") || tree_get(from, "mdev") || tree_get(from, "vm"))
		r = import_unlock(&import, from, sections);
	else
		return diag_error(diag, &from->location, NULL,
				    "has neither config (GVM) nor profile, mdev or vm (vgpu_unlock)");
	if (r < 0)
		return r;
	if (tree_set(tree, top, "gpus", sections) < 0)
		return -ENOMEM;

	*ret = top;
	return 0;
}
