/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal by its own protocol, which carries fields that syslog(3) cannot (systemd.io/JOURNAL_NATIVE_PROTOCOL). By
 * hand, because libsystemd would cost more at every start than a run.
 */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

/* The events of a run; each has a MESSAGE_ID in the one table, journal.c, and in mdev-gpu(8). */
enum event {
	EVENT_NONE,
	EVENT_REGISTERED,  /* a run gave the driver types */
	EVENT_UNCHANGED,   /* a run found nothing to do */
	EVENT_FAILED,
	EVENT_REFUSED,     /* the configuration */
	EVENT_IN_USE,
	EVENT_UNSUPPORTED,
	EVENT_STUCK,       /* a run was ended because the driver did not come back */
};

/* Connects to the journal. False where there is none and syslog(3) has to do. */
bool journal_open(void);

/*
 * Sends one entry. fields: "NAME=value\n" each, or NULL; no value has a line break. Line breaks in line become blanks.
 * Returns whether it was sent: not to a journal that was restarted, that did not read for a second, or that the entry is too
 * large for.
 */
bool journal_send(int level, const char *name, enum event event, const char *fields, const char *line)
	_must_check_ _nonnull_(2, 5);

/* The same for a signal handler: nothing is allocated, and nothing waited for. */
bool journal_send_from_signal(int level, const char *name, enum event event, const char *device, const char *text)
	_must_check_ _nonnull_all_;
