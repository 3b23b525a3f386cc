/* SPDX-License-Identifier: GPL-2.0-only */
/* Does something again whenever a GPU changes, until somebody ends it. */
#pragma once

#include "system/device.h"

/*
 * Calls show(data) at once and then for every event, but not more often than a few times a second; until SIGINT or SIGTERM,
 * which are an orderly end, or until standard output is gone. 0 or a negative errno.
 */
int watch(void (*show)(void *data), void *data);
