/* SPDX-License-Identifier: GPL-2.0-only */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

/* So many seconds are left for cleaning up after the deadline; then nothing but ending the process helps. */
#define GRACE_TICKS 5

static volatile sig_atomic_t ticks;
static const char *whose;

static void on_alarm(int sig)
{
	(void)sig;
	if (++ticks <= GRACE_TICKS)
		return;
	log_from_signal(whose, "the driver does not come back, so the run ends here; the GPU's next event tries again");
	_exit(EXIT_FAILURE);
}

int deadline_start(unsigned seconds, const char *subject)
{
	/* Without SA_RESTART: the point is that a blocked open, ioctl or flock comes back. */
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval timer = { .it_value.tv_sec = seconds, .it_interval.tv_sec = 1 };

	ticks = 0;
	whose = subject;
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

/* Seconds until the first tick. */
static unsigned left(void)
{
	struct itimerval timer = { 0 };

	if (!deadline_passed())
		getitimer(ITIMER_REAL, &timer);
	return (unsigned)timer.it_value.tv_sec;
}

static void set_left(unsigned seconds)
{
	const struct itimerval timer = { .it_value.tv_sec = seconds, .it_interval.tv_sec = 1 };

	setitimer(ITIMER_REAL, &timer, NULL);
}

unsigned deadline_shorten(unsigned seconds)
{
	unsigned before = left();

	if (before <= seconds)
		return 0;
	set_left(seconds);
	return before - seconds;
}

void deadline_extend(unsigned seconds)
{
	if (seconds && !deadline_passed())
		set_left(left() + 1 + seconds);
}
