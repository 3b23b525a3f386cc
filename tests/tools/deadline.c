/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A deadline of two seconds, told as the tenths of a second that its program had: "deadline stopped" stops before and tells when
 * the deadline comes; "deadline deaf" takes no signal and waits for its end.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/deadline.h"

static int wait_for_it(void)
{
	int tenths = 0;

	raise(SIGSTOP);
	while (deadline_sleep(100))
		tenths++;
	printf("%d\n", tenths);
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
