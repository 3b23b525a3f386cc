/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtual functions of Intel's GPUs: xe has them, i915 of the kernel has not. */
#pragma once

#include "vendors/vendor.h"

extern const struct functions_backend xe_functions, i915_functions;
