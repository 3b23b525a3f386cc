// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock.c - with RM_CLOCK=virtual, time that passes when somebody waits
 *
 * A wait of the program, or a hang of the driver, is over at once, and a timer
 * that would have ended meanwhile has fired: in the same order as on a clock,
 * so what depends on time can be told exactly. One clock for each process.
 * CLOCK_MONOTONIC has the time of these waits beside the real one's. Waits of
 * other kinds, and other clocks, are real.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define EXPORT __attribute__((visibility("default")))
#define SECOND INT64_C(1000000000)
#define MS INT64_C(1000000)

/* In ns. */
static struct {
	int64_t now;
	int64_t timer;		/* when it fires; 0: never */
	int64_t interval;	/* 0: once */
} clock_;

static bool is_virtual(void)
{
	const char *word = getenv("RM_CLOCK");

	return word && strcmp(word, "virtual") == 0;
}

static struct timeval time_of_ns(int64_t ns)
{
	return (struct timeval){ ns / SECOND, ns % SECOND / 1000 };
}

static int64_t ns_of_time(const struct timeval *t)
{
	return t->tv_sec * SECOND + t->tv_usec * 1000;
}

static void fire(void)
{
	clock_.now = clock_.timer;
	clock_.timer = clock_.interval ? clock_.timer + clock_.interval : 0;
	raise(SIGALRM);
}

EXPORT int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	int64_t start = clock_.now, end = start + wanted->tv_sec * SECOND + wanted->tv_nsec;

	if (!is_virtual())
		return ((__typeof__(&nanosleep))dlsym(RTLD_NEXT, "nanosleep"))(wanted, left);
	if (!clock_.timer || clock_.timer > end) {
		clock_.now = end;
		clock_waited((unsigned)((end - start) / MS), false);
		return 0;
	}
	fire();
	clock_waited((unsigned)((clock_.now - start) / MS), true);
	if (left)
		*left = (struct timespec){ (end - clock_.now) / SECOND, (end - clock_.now) % SECOND };
	errno = EINTR;
	return -1;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *t)
{
	int r = ((__typeof__(&clock_gettime))dlsym(RTLD_NEXT, "clock_gettime"))(clock, t);
	int64_t ns;

	if (r < 0 || clock != CLOCK_MONOTONIC || !is_virtual())
		return r;
	ns = t->tv_sec * SECOND + t->tv_nsec + clock_.now;
	*t = (struct timespec){ ns / SECOND, ns % SECOND };
	return 0;
}

/* With nothing to look at it is a pause as well, in which other processes are waited for: they get a twentieth of it. */
EXPORT int poll(struct pollfd *fds, nfds_t n, int ms)
{
	int64_t end = clock_.now + ms * MS;

	if (!is_virtual() || n || ms <= 0)
		return ((__typeof__(&poll))dlsym(RTLD_NEXT, "poll"))(fds, n, ms);
	((__typeof__(&poll))dlsym(RTLD_NEXT, "poll"))(NULL, 0, (ms + 19) / 20);
	if (clock_.timer && clock_.timer <= end)
		fire();
	clock_.now = end > clock_.now ? end : clock_.now;
	return 0;
}

/* A lock that another process has is waited for until the timer, for a twentieth of that; without a timer as long as it takes. */
EXPORT int flock(int fd, int operation)
{
	long r;

	if (operation != LOCK_EX || !is_virtual() || !clock_.timer)
		return (int)syscall(SYS_flock, fd, operation);
	for (int64_t ms = (clock_.timer - clock_.now) / MS / 20;
	     (r = syscall(SYS_flock, fd, LOCK_EX | LOCK_NB)) < 0 && errno == EWOULDBLOCK; ms--) {
		if (ms > 0) {
			((__typeof__(&poll))dlsym(RTLD_NEXT, "poll"))(NULL, 0, 1);
			continue;
		}
		fire();
		errno = EINTR;
		break;
	}
	return (int)r;
}

/* Nobody asks for the old value. */
EXPORT int setitimer(__itimer_which_t which, const struct itimerval *restrict timer, struct itimerval *restrict old)
{
	if (!is_virtual() || which != ITIMER_REAL || old)
		return ((__typeof__(&setitimer))dlsym(RTLD_NEXT, "setitimer"))(which, timer, old);
	clock_.interval = ns_of_time(&timer->it_interval);
	clock_.timer = ns_of_time(&timer->it_value);
	if (clock_.timer)
		clock_.timer += clock_.now;
	return 0;
}

EXPORT int getitimer(__itimer_which_t which, struct itimerval *timer)
{
	if (!is_virtual() || which != ITIMER_REAL)
		return ((__typeof__(&getitimer))dlsym(RTLD_NEXT, "getitimer"))(which, timer);
	timer->it_interval = time_of_ns(clock_.interval);
	timer->it_value = time_of_ns(clock_.timer ? clock_.timer - clock_.now : 0);
	return 0;
}
