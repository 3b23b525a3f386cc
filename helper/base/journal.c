/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/journal.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>

#define SOCKET "/run/systemd/journal/socket"

/* Made with "systemd-id128 new"; never used for anything else. */
static const char *const message_ids[] = {
	[EVENT_NONE] = NULL,
	[EVENT_REGISTERED] = "6fce0bf7ef1a4cc6baf91686747cd1d4",
	[EVENT_UNCHANGED] = "8642f4981b414647b5b85b897794d48a",
	[EVENT_FAILED] = "93e19bfd363642fa9f03438625db9fe1",
	[EVENT_REFUSED] = "179765b7405a4c2cb740da374ce953da",
	[EVENT_IN_USE] = "4a528f75a23844528717871b0e6c69e8",
	[EVENT_UNSUPPORTED] = "39d02a5fa5a64e6c913eb5cb7700ca35",
	[EVENT_STUCK] = "8f11bf9391ec47a5a796a3a38958e4d7",
};

static int journal = -1;

bool journal_open(void)
{
	/* A journal that does not read must not keep a run that has done its work. */
	const struct timeval patience = { .tv_sec = 1 };
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };

	if (journal >= 0)
		return true;
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(journal, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (journal >= 0 && connect(journal, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		close(journal);
		journal = -1;
	}
	return journal >= 0;
}

/* Sends one entry, without allocating, for signal handlers. False where the caller has to use syslog. */
static bool send_entry(int level, const char *name, enum event event, const char *device, const char *fields,
		       const char *line, int flags)
{
	char priority[] = "PRIORITY=0\n";
	const char *id = message_ids[event];
	const char *const parts[] = {
		"SYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=", name, "\n", priority,
		id ? "MESSAGE_ID=" : NULL, id, id ? "\n" : NULL,
		device ? "MDEV_GPU_DEVICE=" : NULL, device, device ? "\n" : NULL,
		fields, "MESSAGE=", device, device ? ": " : NULL, line, "\n",
	};
	struct iovec iov[ARRAY_SIZE(parts)];
	struct msghdr message = { .msg_iov = iov };

	priority[strlen("PRIORITY=")] = (char)('0' + (level & LOG_PRIMASK));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i])
			iov[message.msg_iovlen++] = (struct iovec){ (void *)(uintptr_t)parts[i], strlen(parts[i]) };
	return journal >= 0 && sendmsg(journal, &message, MSG_NOSIGNAL | flags) >= 0;
}

bool journal_send(int level, const char *name, enum event event, const char *fields, const char *line)
{
	_cleanup_(freep) char *text = strdup(line);

	for (char *c = text; c && *c; c++)
		if (*c == '\n')
			*c = ' ';
	return text && send_entry(level, name, event, NULL, fields, text, 0);
}

bool journal_send_from_signal(int level, const char *name, enum event event, const char *device, const char *text)
{
	return send_entry(level, name, event, device, NULL, text, MSG_DONTWAIT);
}
