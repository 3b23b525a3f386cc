/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks of explain that only NVIDIA's backend can judge. */
#pragma once

#include "vendors/vendor.h"

extern const struct vendor_check nvidia_checks[];

/* Returns whether the GPU is an Ampere or later: their types show on virtual functions only (nvidia-architectures.tsv). */
bool nvidia_needs_functions(const struct device *device);
