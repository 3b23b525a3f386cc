/* SPDX-License-Identifier: GPL-2.0-only */
/* settings.yaml: what holds for the whole host, in automatic runs and commands alike. Knows no driver. */
#pragma once

#include "config/yaml.h"

/* A line of driverAbi: somebody insists that a driver be spoken to in another release's layout. */
struct driver_abi {
	const char *release, *layout; /* in the document, as the location is */
	struct location location;     /* of layout */
	char *path;                   /* driverAbi.615.71.09, for messages */
};

struct settings {
	struct document *document;
	struct driver_abi *driver_abi;
	size_t n;
	bool broken; /* there were mistakes: what is here can be judged, but never used */
};

/*
 * Reads one such file; an empty or masked one has no settings. Adds every mistake to diag; with one, they are broken and
 * have what is well-formed. Whether a layout is known, and may be insisted on, is the vendor's to judge. Returns 0, or
 * -ENOMEM with *ret untouched. strict: see file.h.
 */
int settings_load(const char *path, bool strict, struct diagnostics *diag, struct settings *ret)
	_must_check_ _nonnull_all_;

/* Reads the host's, below the configuration folder; no settings where it has none. Same returns. */
int settings_find(bool strict, struct diagnostics *diag, struct settings *ret) _must_check_ _nonnull_all_;

/* Formats that a line is for another release than the driver's, to be freed; NULL when memory is out. */
char *settings_ignored(const struct driver_abi *line, const char *release) _must_check_ _nonnull_all_;

/* Returns whether a file name is that of the settings. */
bool settings_is_file(const char *name) _nonnull_all_;

void settings_done(struct settings *settings);
