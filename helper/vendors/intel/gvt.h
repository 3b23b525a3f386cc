/* SPDX-License-Identifier: GPL-2.0-only */
/* Intel GVT-g as a row of the vendor table. */
#pragma once

#include "vendors/vendor.h"

extern const struct vendor vendor_gvt;
