// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock.c - with RM_CLOCK=virtual, time that passes when somebody waits; with RM_CLOCK=N, time that goes N times as fast
 *
 * A wait of the program, or a hang of the driver, is over at once, and a timer
 * that would have ended meanwhile has fired: in the same order as on a clock,
 * so what depends on time can be told exactly. One clock for each process.
 * CLOCK_MONOTONIC has the time of these waits beside the real one's. Waits of
 * other kinds, and other clocks, are real.
 *
 * The fast clock is the same for all processes, since it is the real one's time
 * by N: for what depends on several of them.
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

/* How many times as fast as the real one the clock goes. */
static int64_t pace(void)
{
	const char *word = getenv("RM_CLOCK");
	long n = word ? strtol(word, NULL, 10) : 1;

	return n > 1 ? n : 1;
}

static struct timespec timespec_of_ns(int64_t ns)
{
	return (struct timespec){ ns / SECOND, ns % SECOND };
}

static int64_t ns_of_timespec(const struct timespec *t)
{
	return t->tv_sec * SECOND + t->tv_nsec;
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

static int sleep_at_pace(const struct timespec *wanted, struct timespec *left)
{
	const struct timespec real = timespec_of_ns(ns_of_timespec(wanted) / pace());
	int r = ((__typeof__(&nanosleep))dlsym(RTLD_NEXT, "nanosleep"))(&real, left);

	if (r < 0 && left)
		*left = timespec_of_ns(ns_of_timespec(left) * pace());
	return r;
}

EXPORT int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	int64_t start = clock_.now, end = start + ns_of_timespec(wanted);

	if (!is_virtual())
		return sleep_at_pace(wanted, left);
	if (!clock_.timer || clock_.timer > end) {
		clock_.now = end;
		clock_waited((unsigned)((end - start) / MS), false);
		return 0;
	}
	fire();
	clock_waited((unsigned)((clock_.now - start) / MS), true);
	if (left)
		*left = timespec_of_ns(end - clock_.now);
	errno = EINTR;
	return -1;
}

/* A second thread's: its virtual waits are real, since the clock is the first one's. */
EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left)
{
	const struct timespec real = timespec_of_ns(ns_of_timespec(wanted) / (clock == CLOCK_MONOTONIC && !flags ? pace() : 1));

	return ((__typeof__(&clock_nanosleep))dlsym(RTLD_NEXT, "clock_nanosleep"))(clock, flags, &real, left);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *t)
{
	static __typeof__(&clock_gettime) real;	/* asked for at each call of the driver: found once */
	int64_t ns;
	int r;

	if (!real)
		real = (__typeof__(real))dlsym(RTLD_NEXT, "clock_gettime");
	r = real(clock, t);
	if (r < 0 || clock != CLOCK_MONOTONIC)
		return r;
	ns = ns_of_timespec(t) * pace() + clock_.now;
	*t = timespec_of_ns(ns);
	return 0;
}

/* With nothing to look at it is a pause as well, in which other processes are waited for: they get a twentieth of it. */
EXPORT int poll(struct pollfd *fds, nfds_t n, int ms)
{
	int64_t end = clock_.now + ms * MS;

	if (!is_virtual() || n || ms <= 0)
		return ((__typeof__(&poll))dlsym(RTLD_NEXT, "poll"))(fds, n, n || ms <= 0 ? ms : (int)(ms / pace()));
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
	const struct itimerval real = { time_of_ns(ns_of_time(&timer->it_interval) / pace()),
					time_of_ns(ns_of_time(&timer->it_value) / pace()) };

	if (!is_virtual() || which != ITIMER_REAL || old)
		return ((__typeof__(&setitimer))dlsym(RTLD_NEXT, "setitimer"))(which, &real, old);
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
