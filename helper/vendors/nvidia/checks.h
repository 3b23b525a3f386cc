/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks of explain that only NVIDIA's backend can judge. */
#pragma once

#include "vendors/vendor.h"

extern const struct vendor_check nvidia_checks[];
