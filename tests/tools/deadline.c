/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A deadline of two seconds. "deadline stopped" stops at once and, continued, tells after how many milliseconds the deadline
 * comes, how many sleeps of a tenth of a second it took, and the milliseconds of a processor; "deadline deaf" takes no signal and
 * waits for its end. "deadline lent" has a clock of its own, and tells what is taken from a minute and given back.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/deadline.h"

static long fake; /* milliseconds; 0: the real clock */
static long timer;

int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (!fake || clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, t);
	*t = (struct timespec){ .tv_sec = fake / 1000, .tv_nsec = fake % 1000 * 1000000 };
	return 0;
}

int setitimer(__itimer_which_t which, const struct itimerval *restrict value, struct itimerval *restrict old)
{
	timer = value->it_value.tv_sec * 1000 + value->it_value.tv_usec / 1000;
	return fake ? 0 : (int)syscall(SYS_setitimer, which, value, old);
}

static int wait_for_it(void)
{
	struct timespec from, to;
	int sleeps = 0;

	raise(SIGSTOP);
	clock_gettime(CLOCK_MONOTONIC, &from);
	while (deadline_sleep(100))
		sleeps++;
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%ld %d ", (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000, sleeps);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	printf("%ld\n", to.tv_sec * 1000 + to.tv_nsec / 1000000);
	return 0;
}

static void tell(const char *what, unsigned number)
{
	printf("%s: %u, timer %ld\n", what, number, timer);
}

static int lend(void)
{
	printf("clock: %ld\n", monotonic_ms());
	tell("shorten to 15", deadline_shorten(15));
	tell("shorten to 20", deadline_shorten(20));
	fake += 10001;
	deadline_extend(0);
	tell("extend by 0", deadline_passed());
	deadline_extend(45);
	tell("extend by 45", deadline_passed());
	fake += 50000;
	raise(SIGALRM);
	deadline_extend(45);
	tell("extend a past one", deadline_passed());
	tell("shorten a past one", deadline_shorten(1));
	return 0;
}

static int wait_for_the_end(void)
{
	const struct timespec minute = { .tv_sec = 60 };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	nanosleep(&minute, NULL);
	return 0;
}

int main(int argc, char *argv[])
{
	bool lent = argc == 2 && strcmp(argv[1], "lent") == 0;

	fake = lent ? 12345678 : 0;
	if (argc != 2 || deadline_start(lent ? 60 : 2, argv[1]) < 0)
		return 2;
	if (lent)
		return lend();
	return strcmp(argv[1], "stopped") == 0 ? wait_for_it() : wait_for_the_end();
}
