/* SPDX-License-Identifier: GPL-2.0-only */
/* devices.yaml: which GPUs an architecture folder is for. */
#pragma once

#include "base/pci.h"
#include "config/yaml.h"

struct device_patterns {
	struct document *document;
	struct pci_pattern *items;
	struct location *places;
	size_t n;
};

/*
 * Reads a devices.yaml: a list of PCI-ID patterns; an empty file is an empty list. Returns 0, or the negative errno of
 * a mistake with *ret untouched and all of them in diag. strict: see file.h.
 */
int devices_load(const char *path, bool strict, struct diagnostics *diag, struct device_patterns *ret)
	_must_check_ _nonnull_all_;

void devices_done(struct device_patterns *list);
