/* SPDX-License-Identifier: GPL-2.0-only */
/* What explain asks of NVIDIA's driver alone. Floor 2. */
#pragma once

#include "vendor.h"

extern const struct vendor_link nvidia_links[];
