/* SPDX-License-Identifier: GPL-2.0-only */
/* TOML files as trees of nodes. The only room that knows the TOML library, and the only C++. */
#pragma once

#include "config/node.h"

/*
 * Reads a file into tree; *ret is its top, a mapping. Returns 0, -EINVAL where the file is wrong or cannot be read, as told
 * to diag, or -ENOMEM. *ret is untouched on failure.
 */
int toml_load(const char *path, struct tree *tree, struct diagnostics *diag, struct node **ret);
