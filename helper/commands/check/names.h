/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks for names that the programs which offer types to guests cannot use. */
#pragma once

#include "config/catalog.h"

/*
 * Notes in each section the first name that cannot be a Kubernetes resource's, and the first that ends in another's last
 * word. Most hosts run neither program, so that is no warning.
 */
void names_report(const struct selection *selection, struct diagnostics *diag) _nonnull_all_;
