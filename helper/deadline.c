/* SPDX-License-Identifier: GPL-2.0-only */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "macro.h"

/* So many seconds are left for cleaning up after the deadline; then nothing but ending the process helps. */
#define GRACE_TICKS 5

static volatile sig_atomic_t ticks;

static void on_alarm(int sig)
{
	if (++ticks > GRACE_TICKS)
		signal(sig, SIG_DFL);
}

int deadline_start(unsigned seconds)
{
	/* Without SA_RESTART: the point is that a blocked open, ioctl or flock comes back. */
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval timer = { .it_value.tv_sec = seconds, .it_interval.tv_sec = 1 };

	ticks = 0;
	if (sigaction(SIGALRM, &action, NULL) < 0 || setitimer(ITIMER_REAL, &timer, NULL) < 0)
		return -errno;

	return 0;
}

bool deadline_passed(void)
{
	return ticks > 0;
}

bool deadline_sleep(unsigned ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	if (!deadline_passed())
		nanosleep(&pause, NULL);

	return !deadline_passed();
}
