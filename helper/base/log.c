/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/log.h"

#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/string-util.h"

static const char *log_name = "mdev-gpu";
static bool use_syslog, use_levels, no_info;

void log_set_name(const char *name)
{
	log_name = name;
}

void log_to_syslog(void)
{
	openlog(log_name, LOG_PID, LOG_DAEMON);
	journal_open();
	use_syslog = true;
}

void log_to_unit(void)
{
	use_levels = true;
}

void log_without_info(void)
{
	no_info = true;
}

static void emit(int level, enum event event, const char *fields, const char *line)
{
	if (use_syslog && !journal_send(level, log_name, event, fields, line))
		syslog(level, "%s", line);
	else if (use_syslog)
		return;
	else if (use_levels)
		fprintf(stderr, "<%d>%s\n", level, line);
	else if (level == LOG_INFO && !no_info)
		printf("%s\n", line);
	else if (level < LOG_INFO)
		fprintf(stderr, "%s: %s\n", log_name, line);
}

int log_subject(const char *subject, int level, int err, const char *fmt, ...)
{
	_cleanup_(freep) char *line = NULL;
	va_list ap;

	if (subject)
		text_append(&line, "%s: ", subject);
	va_start(ap, fmt);
	text_append_va(&line, fmt, ap);
	va_end(ap);
	if (err)
		text_append(&line, ": %s", strerror(-err));
	make_printable(line, ' ');
	emit(level, EVENT_NONE, NULL, line ? line : "out of memory");
	return err;
}

void log_event(const char *subject, int level, enum event event, const char *fields, const char *text)
{
	_cleanup_(freep) char *line = NULL;

	text_append(&line, "%s: %s", subject, text);
	emit(level, event, fields, line ? line : "out of memory");
}

void log_from_signal(const char *subject, const char *text)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	const char *const parts[] = { use_syslog ? "<27>" : use_levels ? "<3>" : "", use_levels ? "" : log_name,
				      use_levels ? "" : ": ", subject, ": ", text, use_syslog ? "" : "\n" };
	_Static_assert((LOG_DAEMON | LOG_ERR) == 27 && LOG_ERR == 3, "the numbers before a line");
	char line[512];
	size_t n = 0;
	int fd;

	if (use_syslog && journal_send_from_signal(LOG_ERR, log_name, EVENT_STUCK, subject, text))
		return;
	/* Not by syslog(3), which takes locks. */
	fd = use_syslog ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : STDERR_FILENO;
	if (use_syslog && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (const char *c = parts[i]; *c && n < sizeof(line); c++)
			line[n++] = *c;
	if (write(fd, line, n) < 0)
		return; /* nobody is left to be told */
}
