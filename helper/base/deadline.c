/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/log.h"
#include "base/macro.h"

/* Seconds for cleaning up after the deadline; then nothing but ending the process helps. */
#define GRACE_TICKS 5

/* Milliseconds without a turn of the watching thread, after which all of the process has been stopped meanwhile. */
#define STOPPED_MS 3000

/* Milliseconds from which on a wait is told to others: most runs have none that is so long, and write nothing; sixty are their minute. */
#define WAIT_MS 1000

static volatile sig_atomic_t ticks, early; /* early: an alarm came for a deadline that has moved */
static char whose[64]; /* "": the program itself has the time */
static void (*_Atomic at_end)(const char *text, bool starved);

/* The millisecond of CLOCK_MONOTONIC at which the first tick comes; and that of another clock at which the thread last had its turn. */
static atomic_long due, seen;

/*
 * The file by whose time runs tell each other that a wait is over, NULL: none; that time when it was last looked at; the
 * millisecond up to which others' time is forgiven, and the one behind which the deadline does not move, though it should have.
 */
static const char *_Atomic shared;
static atomic_llong mark;
static atomic_long forgiven, limit = LONG_MAX;
static atomic_bool starved;

static void end(void)
{
	static atomic_bool ended;
	void (*fn)(const char *text, bool starved) = at_end;
	const char *text = !*whose ? "what this waits for does not come, so it ends here" :
		starved ? "the driver has been at work on other GPUs, so the run ends here; the GPU's next event tries again" :
			  "the driver does not come back, so the run ends here; the GPU's next event tries again";

	if (!atomic_exchange(&ended, true)) {
		log_from_signal(whose, text);
		if (fn)
			fn(text, starved);
	}
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

/* The timer, once a second from ms milliseconds on. */
static int start_timer(long ms)
{
	const struct itimerval timer = { { .tv_sec = 1 }, { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 } };

	return setitimer(ITIMER_REAL, &timer, NULL) < 0 ? -errno : 0;
}

/* A process that was stopped, or frozen with its group, did not have that time: the deadline moves. */
static void forgive_stop(void)
{
	long turn = now(CLOCK_MONOTONIC_RAW), gap = turn - atomic_exchange(&seen, turn);

	if (gap >= STOPPED_MS)
		atomic_fetch_add(&due, gap);
}

static long long read_mark(void)
{
	struct stat st;

	return shared && stat(shared, &st) == 0 ? st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec : 0;
}

/*
 * Time in which others got on was theirs: the deadline moves. The timer at once, since a call that it interrupts in vain loses its
 * place in a queue.
 */
static void forgive_others(void)
{
	long long told = read_mark();
	long turn = monotonic_ms(), moved;

	if (ticks || told == atomic_exchange(&mark, told))
		return;
	moved = due + turn - atomic_exchange(&forgiven, turn);
	starved |= moved > limit;
	due = MIN(moved, limit);
	start_timer(MAX(due - turn, 1));
}

static void on_alarm(int sig)
{
	int err = errno;
	long rest;

	(void)sig;
	forgive_stop();
	forgive_others();
	rest = due - monotonic_ms();
	early = !ticks && rest > 500;
	if (early)
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
		forgive_others();
		if (monotonic_ms() >= due + (GRACE_TICKS + 1) * 1000L)
			end();
	}
	return NULL;
}

static int set_left(unsigned seconds)
{
	long from = monotonic_ms();

	seen = now(CLOCK_MONOTONIC_RAW);
	forgiven = from;
	due = MIN(from + (long)seconds * 1000, limit);
	return start_timer(MAX(due - from, 1));
}

int deadline_start(unsigned seconds, const char *subject)
{
	/* Without SA_RESTART, so that a blocked open, ioctl or flock returns. */
	const struct sigaction action = { .sa_handler = on_alarm };
	static pid_t watched; /* not a child, which has no thread but its own */
	sigset_t all, before;
	pthread_t thread;
	int r;

	ticks = 0;
	snprintf(whose, sizeof(whose), "%s", subject);
	shared = NULL;
	limit = LONG_MAX;
	starved = false;
	at_end = NULL;
	if (sigaction(SIGALRM, &action, NULL) < 0)
		return -errno;
	r = set_left(seconds);
	if (r < 0 || watched == getpid())
		return r;

	/* The watching thread takes no signals: they have to interrupt the one that works. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, watch, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		watched = getpid();
	return -r;
}

void deadline_share(const char *file, unsigned most)
{
	forgiven = monotonic_ms();
	limit = forgiven + (long)most * 1000;
	shared = file;
	mark = read_mark();
}

void deadline_waited(long begun)
{
	int err = errno, fd;

	if (shared && monotonic_ms() - begun >= WAIT_MS) {
		forgive_others();
		fd = open(shared, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
		if (fd >= 0)
			futimens(fd, NULL);
		closep(&fd);
		mark = read_mark();
	}
	errno = err;
}

bool deadline_was_early(void)
{
	bool was = early;

	early = 0;
	return was;
}

bool deadline_starved(void)
{
	return deadline_passed() && starved;
}

void deadline_at_end(void (*fn)(const char *text, bool starved))
{
	at_end = fn;
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
	long ms = due - monotonic_ms();

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
