/* SPDX-License-Identifier: GPL-2.0-only */
/* What status prints for people. Floor 4. */
#pragma once

#include "overview.h"

/* width: columns of a line. Only words and paths that are longer by themselves are longer. */
void status_print(const struct overview *overview, size_t width, bool colour);
