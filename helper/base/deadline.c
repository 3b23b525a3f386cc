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

#include "base/confine.h"
#include "base/log.h"

/* Seconds for cleaning up after the deadline; then nothing but ending the process helps. */
#define GRACE_TICKS 5

/* Milliseconds without a turn of the watching thread, after which all of the process has been stopped meanwhile. */
#define STOPPED_MS 3000

static volatile sig_atomic_t ticks;
static const char *whose;

/* The millisecond of CLOCK_MONOTONIC at which the first tick comes; and that of another clock at which the thread last had its turn. */
static atomic_long due, seen;

static void end(void)
{
	static atomic_bool ended;

	if (!atomic_exchange(&ended, true))
		log_from_signal(whose, "the driver does not come back, so the run ends here; the GPU's next event tries again");
	_exit(EXIT_FAILURE);
}

static long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

long monotonic_ms(void)
{
	return now(CLOCK_MONOTONIC);
}

/* A process that was stopped, or frozen with its group, did not have that time: the deadline moves. */
static void forgive_stop(void)
{
	long turn = now(CLOCK_MONOTONIC_RAW), gap = turn - atomic_exchange(&seen, turn);

	if (gap >= STOPPED_MS)
		atomic_fetch_add(&due, gap);
}

/* The timer, once a second from ms milliseconds on. */
static int start_timer(long ms)
{
	const struct itimerval timer = { { .tv_sec = 1 }, { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 } };

	return setitimer(ITIMER_REAL, &timer, NULL) < 0 ? -errno : 0;
}

static void on_alarm(int sig)
{
	int err = errno;
	long rest;

	(void)sig;
	forgive_stop();
	rest = due - now(CLOCK_MONOTONIC);
	if (!ticks && rest > 500) /* it came for a deadline that has moved */
		start_timer(rest);
	else if (++ticks > GRACE_TICKS)
		end();
	errno = err;
}

/*
 * Ends the process from a second thread: a driver that ignores signals in the kernel lets no handler run. A second later, so that
 * a handler has had its turn.
 */
static void *watch(void *unused)
{
	const struct timespec second = { .tv_sec = 1 };

	(void)unused;
	confine_thread();
	for (;;) {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &second, NULL);
		forgive_stop();
		if (now(CLOCK_MONOTONIC) >= due + (GRACE_TICKS + 1) * 1000)
			end();
	}
	return NULL;
}

static int set_left(unsigned seconds)
{
	seen = now(CLOCK_MONOTONIC_RAW);
	due = now(CLOCK_MONOTONIC) + (long)seconds * 1000;
	return start_timer((long)seconds * 1000);
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
	long ms = due - now(CLOCK_MONOTONIC);

	return deadline_passed() || ms < 0 ? 0 : (unsigned)(ms / 1000);
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
