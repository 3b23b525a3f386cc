/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtual functions of NVIDIA's GPUs, which only NVIDIA's own script switches on. */
#pragma once

#include "vendors/vendor.h"

extern const struct functions_backend nvidia_functions;
