/* SPDX-License-Identifier: GPL-2.0-only */
/* What other programs' configuration means as a profile. No I/O. */
#pragma once

#include "config/node.h"

/*
 * Makes the tree of a profile from the top of a GVM configuration, or of a profile_override.toml of vgpu_unlock. A warning
 * for each thing that cannot be carried over; whether the profile is right is for profile_from() and plan_build() to say.
 * Returns 0, or a negative errno of a mistake with *ret untouched.
 */
int import_profile(const struct node *from, struct tree *tree, struct diagnostics *diag, struct node **ret);
