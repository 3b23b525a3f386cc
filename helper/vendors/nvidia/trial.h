/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A layout that is insisted on and that no call confirms is tried by one type: what sysfs shows of it could not be there
 * if the driver read the parameters otherwise.
 */
#pragma once

#include "vendors/nvidia/session.h"

/* Returns whether the layout has to be tried like that. */
bool trial_is_needed(const struct session *session) _nonnull_all_;

/*
 * Compares a type that was registered and published with what sysfs shows of it: name, heads, frame rate, framebuffer,
 * resolution and instances. Waits a little for sysfs. What it cannot show, or shows otherwise, is said.
 */
enum outcome trial_compare(struct session *session, const struct type *type) _must_check_ _nonnull_all_;
