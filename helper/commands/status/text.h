/* SPDX-License-Identifier: GPL-2.0-only */
/* What status prints for people. */
#pragma once

#include "core/survey.h"

/* width: columns of a line. Only words and paths that are longer by themselves are longer. */
void status_print(const struct overview *overview, size_t width, bool colour);
