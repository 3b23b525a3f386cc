/* SPDX-License-Identifier: GPL-2.0-only */
/* What explain asks of NVIDIA's driver alone. */
#pragma once

#include "vendors/vendor.h"

extern const struct vendor_check nvidia_checks[];
