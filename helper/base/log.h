/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages, a line each: to the terminal, to the journal, or to a unit's standard error. */
#pragma once

#include <syslog.h>

#include "base/journal.h"

/* Sets the name that every line begins with; default "mdev-gpu". The string is kept, not copied. */
void log_set_name(const char *name) _nonnull_all_;

/*
 * Sends all further lines to the journal, or to syslog where there is none: udevd drops what a program prints
 * (vm-notes, section 5), a line in the journal is then all that is left of a run.
 */
void log_to_syslog(void);

/*
 * Sends all further lines to stderr with their level in front, as systemd reads them from a unit (sd-daemon(3)). Not to
 * syslog: of a process that has ended by then the journal does not know the unit, and "systemctl status" lacks the
 * line.
 */
void log_to_unit(void);

/* Drops all further LOG_INFO: stdout belongs to output that a program reads. */
void log_without_info(void);

/*
 * Says one line, "subject: text: meaning of err". subject may be NULL; err is 0 or a negative
 * errno and is returned, so that a message and its error leave in one expression. Level is a
 * syslog level; on a terminal LOG_INFO goes to stdout, everything more urgent to stderr, LOG_DEBUG nowhere.
 */
int log_subject(const char *subject, int level, int err, const char *fmt, ...) _printf_(4, 5);

/* Says one line of an event, with fields for the journal as journal_send() takes them. */
void log_event(const char *subject, int level, enum event event, const char *fields, const char *text) _nonnull_(1, 5);

#define log_msg(level, err, ...) log_subject(NULL, level, err, __VA_ARGS__)

/*
 * Says one line of level LOG_ERR by nothing but what a signal handler may call, and waits for nobody: a line that cannot be taken
 * at once is lost. subject: "" for none. The process ends after it.
 */
void log_from_signal(const char *subject, const char *text) _nonnull_all_;
