/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A deadline of two seconds. "deadline stopped" stops at once and, continued, tells after how many milliseconds the deadline
 * comes, and how many sleeps of a tenth of a second it took; "deadline deaf" takes no signal and waits for its end.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/deadline.h"

static int wait_for_it(void)
{
	struct timespec from, to;
	int sleeps = 0;

	raise(SIGSTOP);
	clock_gettime(CLOCK_MONOTONIC, &from);
	while (deadline_sleep(100))
		sleeps++;
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%ld %d\n", (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000, sleeps);
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
	if (argc != 2 || deadline_start(2, argv[1]) < 0)
		return 2;
	return strcmp(argv[1], "stopped") == 0 ? wait_for_it() : wait_for_the_end();
}
