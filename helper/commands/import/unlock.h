/* SPDX-License-Identifier: GPL-2.0-only */
/* vgpu_unlock's profile_override.toml as a profile. */
#pragma once

#include "commands/import/carry.h"

/* Adds the sections that the top of a file becomes. 0 or a negative errno of a mistake. */
int import_unlock(struct import *import, const struct node *from, struct node *sections) _must_check_ _nonnull_all_;
