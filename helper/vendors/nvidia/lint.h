/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What NVIDIA's driver takes without a word and people rarely mean. Warnings only; each says why. From field.md, section 4:
 * the rules that hold for NVIDIA's own 586 types.
 */
#pragma once

#include "vendors/vendor.h"

/* struct vendor's lint. The list of NVIDIA's vGPUs is a file of the program's own; without it, there is less to say. */
void nvidia_lint(const struct type_list *types, const struct device *device, struct diagnostics *diag);

/* struct vendor's lint_memory. */
void nvidia_lint_memory(const struct type_list *types, const struct device *device, uint64_t framebuffer,
			struct diagnostics *diag) _nonnull_all_;
