/* SPDX-License-Identifier: GPL-2.0-only */
/* The NVIDIA backend: the sequence of RM calls for one GPU. */
#pragma once

#include "vendors/vendor.h"

extern const struct vendor vendor_nvidia;
