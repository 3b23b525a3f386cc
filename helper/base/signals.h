/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals that wait while something must not be left half done. */
#pragma once

#include <signal.h>

#include "base/macro.h"

/*
 * From here on what would end or stop the program waits, but for SIGALRM, which is the deadline's own, and what cannot be held
 * (SIGKILL, SIGSTOP). *before is for signals_release(), after which what came meanwhile takes effect.
 */
void signals_hold(sigset_t *before) _nonnull_all_;

void signals_release(const sigset_t *before) _nonnull_all_;
