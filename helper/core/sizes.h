/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of a plan that depends on the GPU's memory: sizes that are auto, and whether all of it fits. Pure. */
#pragma once

#include "core/plan.h"

/*
 * Chooses the values that are auto by the GPU's framebuffer (MiB). Sizes: that over maxInstances, down to whole GiB (below
 * one: 512 MiB); of a share of N GiB 64 * (N + 1) MiB are reserved, of half a GiB 96 (field.md, 4.2). maxInstances: how
 * often the type's size goes into it, at most what limits have. A type without room is left out unless no other type is
 * there: one with maxInstances auto without a word, since that is what it is for, one that is all auto with a warning.
 * Errors as above.
 */
int plan_size(struct plan *plan, uint64_t framebuffer, const struct limits *limits, struct diagnostics *diag)
	_must_check_ _nonnull_all_;

/*
 * Warns of every type whose instances do not all fit into the GPU's framebuffer (MiB): the driver takes it without a
 * word, and Mdev-GPU sent it. It is a mistake where not one vGPU of any type fits. Errors as above.
 */
int plan_check_fit(const struct plan *plan, uint64_t framebuffer, struct diagnostics *diag) _must_check_ _nonnull_all_;
