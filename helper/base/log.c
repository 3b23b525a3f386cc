/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
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

/*
 * Sends a line to /dev/log, which waits for a second at most, in a signal handler not at all. By hand: syslog(3) takes locks,
 * and waits for ever for a daemon that does not read.
 */
static void send_to_syslog(const char *line, size_t n, int flags)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	const struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	/* An error leaves nobody to be told. */
	sendto(fd, line, n, MSG_NOSIGNAL | flags, (const struct sockaddr *)&address, sizeof(address));
	closep(&fd);
}

static void emit(int level, enum event event, const char *fields, const char *line)
{
	_cleanup_(freep) char *text = NULL;

	if (use_syslog && journal_send(level, log_name, event, fields, line))
		return;
	if (use_syslog) {
		text_append(&text, "<%d>%s[%d]: %s", LOG_DAEMON | level, log_name, (int)getpid(), line);
		send_to_syslog(text, text ? strlen(text) : 0, 0);
	}
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
	const char *const parts[] = { use_syslog ? "<27>" : use_levels ? "<3>" : "", use_levels ? "" : log_name,
				      use_levels ? "" : ": ", subject, *subject ? ": " : "", text, use_syslog ? "" : "\n" };
	_Static_assert((LOG_DAEMON | LOG_ERR) == 27 && LOG_ERR == 3, "the numbers before a line");
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	char line[512];
	size_t n = 0;

	if (use_syslog && journal_send_from_signal(LOG_ERR, log_name, EVENT_STUCK, subject, text))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (const char *c = parts[i]; *c && n < sizeof(line); c++)
			line[n++] = *c;
	if (use_syslog)
		send_to_syslog(line, n, MSG_DONTWAIT);
	/* Less than a pipe takes at once, where it takes anything. */
	else if (poll(&out, 1, 0) == 1 && write(STDERR_FILENO, line, n) < 0)
		return; /* nobody is left to be told */
}
