/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/status/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

/* One card brings a handful of events, a reload of the driver a thousand. */
#define REST_MS 200

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* 1: something came, 0: nothing did in that time, -ECANCELED: it is over. */
static int wait_for(int signals, int events, int ms)
{
	/* Standard output is looked at only for its end: without interest in anything else, poll() tells errors. */
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = events, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	/* poll() passes over a negative descriptor. */
	if (poll(fds, ARRAY_SIZE(fds), ms) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents || fds[2].revents)
		return -ECANCELED;
	return fds[1].revents != 0;
}

int watch(void (*show)(void *data), void *data)
{
	_cleanup_(device_monitor_freep) struct device_monitor *monitor = NULL;
	_cleanup_(closep) int signals = open_signals();
	int r;

	/* Before the first look, so that nothing falls between. */
	r = signals < 0 ? signals : device_monitor_new(&monitor);
	if (r == 0)
		show(data);
	while (r >= 0) {
		r = wait_for(signals, device_monitor_fd(monitor), -1);
		if (r == 1 && device_monitor_take(monitor)) {
			show(data);
			/* The rest is taken together. */
			r = wait_for(signals, -1, REST_MS);
		}
	}
	return r == -ECANCELED ? 0 : r;
}
