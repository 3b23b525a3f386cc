/* SPDX-License-Identifier: GPL-2.0-only */
/* One helper at a time talks to the driver. Floor 1. */
#pragma once

/*
 * Takes <run>/lock, waiting until the deadline. The lock goes with the descriptor, so also with a killed process. Returns a
 * descriptor to be closed, -ETIMEDOUT, or another negative errno.
 */
int lock_take(void);
