/* SPDX-License-Identifier: GPL-2.0-only */
/* The NVIDIA backend as a row of the vendor table: the sequence of RM calls for one GPU. */
#pragma once

#include "vendors/vendor.h"

extern const struct vendor vendor_nvidia;
