/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/deadline.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

/* Seconds for cleaning up after the deadline; then nothing but ending the process helps. */
#define GRACE_TICKS 5

static volatile sig_atomic_t ticks;
static const char *whose;

/* The second of CLOCK_MONOTONIC at which the process ends, whatever it is doing. */
static atomic_long last;

static void end(void)
{
	static atomic_bool ended;

	if (atomic_exchange(&ended, true))
		return;
	log_from_signal(whose, "the driver does not come back, so the run ends here; the GPU's next event tries again");
	_exit(EXIT_FAILURE);
}

static void on_alarm(int sig)
{
	(void)sig;
	if (++ticks > GRACE_TICKS)
		end();
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* Ends the process from a second thread: a driver that ignores signals in the kernel lets no handler run. */
static void *watch(void *unused)
{
	const struct timespec second = { .tv_sec = 1 };

	(void)unused;
	for (;;) {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &second, NULL);
		if (now() >= last)
			end();
	}
	return NULL;
}

static int set_left(unsigned seconds)
{
	const struct itimerval timer = { .it_value.tv_sec = seconds, .it_interval.tv_sec = 1 };

	/* One more, so that this second is not over before a handler has had its turn. */
	last = now() + (long)seconds + GRACE_TICKS + 1;
	return setitimer(ITIMER_REAL, &timer, NULL) < 0 ? -errno : 0;
}

int deadline_start(unsigned seconds, const char *subject)
{
	/* Without SA_RESTART, so that a blocked open, ioctl or flock returns. */
	const struct sigaction action = { .sa_handler = on_alarm };
	static bool is_watched;
	sigset_t all, before;
	pthread_t thread;
	int r;

	ticks = 0;
	whose = subject;
	if (sigaction(SIGALRM, &action, NULL) < 0)
		return -errno;
	r = set_left(seconds);
	if (r < 0 || is_watched)
		return r;

	/* The watching thread takes no signals: they have to interrupt the one that works. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, watch, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	is_watched = r == 0;
	return -r;
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
