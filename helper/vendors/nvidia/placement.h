/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where vGPUs may stand in the memory of an Ada or later GPU. The driver computes that for the types of its list when it
 * is told to, newer releases once per load of their module: a type that comes later has no place, and no vGPU of it can
 * be created until the module is loaded anew (nvidia-rm-notes-2, section 2).
 */
#pragma once

#include "vendors/nvidia/session.h"

/*
 * struct vendor's publish. Not sent, which is said, while NVIDIA's daemon has yet to register types that would then have
 * no place, nor where the driver would divide by zero.
 */
enum outcome placement_publish(struct session *session) _must_check_ _nonnull_all_;

/* struct vendor's creatable. */
enum outcome placement_verify(struct session *session, const struct type_list *types) _must_check_ _nonnull_all_;
