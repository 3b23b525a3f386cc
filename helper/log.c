/* SPDX-License-Identifier: GPL-2.0-only */
#include "log.h"

#include <stdarg.h>
#include <string.h>

static const char *log_name = "mdev-gpu";
static bool use_syslog, no_info, muted;
static char first_error[1024];

void log_set_name(const char *name)
{
	log_name = name;
}

void log_to_syslog(void)
{
	openlog(log_name, LOG_PID, LOG_DAEMON);
	use_syslog = true;
}

void log_mute(bool mute)
{
	muted = mute;
}

void log_without_info(void)
{
	no_info = true;
}

const char *log_first_error(void)
{
	return first_error;
}

void log_forget(void)
{
	first_error[0] = '\0';
}

static void emit(int level, const char *line)
{
	if (muted)
		return;
	if (use_syslog)
		syslog(level, "%s", line);
	else if (level == LOG_INFO && !no_info)
		printf("%s\n", line);
	else if (level < LOG_INFO)
		fprintf(stderr, "%s: %s\n", log_name, line);
}

int log_subject(const char *subject, int level, int err, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL, *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);

	if (asprintf(&line, "%s%s%s%s%s", subject ? subject : "", subject ? ": " : "", text ? text : "out of memory",
		     err ? ": " : "", err ? strerror(-err) : "") < 0)
		line = NULL;

	emit(level, line ? line : "out of memory");
	if (line && level <= LOG_ERR && !*first_error)
		snprintf(first_error, sizeof(first_error), "%s", line);

	return err;
}
