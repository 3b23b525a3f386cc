// SPDX-License-Identifier: GPL-2.0-only
/* world.c - the shared state file, its lock, and the caller the core sees */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

int raw_open(const char *path, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* ----------------------------------------------------------- mapping */

/* The file. A world may be copied and put back as a whole; the lock on it may not. */
struct shared {
	struct world world;
	pthread_mutex_t lock, turn;
};

static int map_state(struct sim *sim, int fd)
{
	struct shared *at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	sim->w = &at->world;
	sim->lock = &at->lock;
	sim->turn = &at->turn;
	return 0;
}

static void set_trace(struct sim *sim)
{
	const char *level = getenv("RM_TRACE");

	sim->trace = level && *level ? (u32)strtoul(level, NULL, 10) : 2;
}

static int open_state(struct sim *sim, const char *dir, int flags)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/.rm/state", dir);

	if (n < 0 || (size_t)n >= sizeof(path) || strlen(dir) >= sizeof(sim->dir))
		return -ENAMETOOLONG;
	memcpy(sim->dir, dir, strlen(dir) + 1);
	set_trace(sim);
	n = raw_open(path, O_RDWR | O_CLOEXEC | flags, 0666);
	return n < 0 ? -errno : n;
}

static int map_and_close(struct sim *sim, int fd)
{
	int r = map_state(sim, fd);

	close(fd);
	return r;
}

/* -------------------------------------------------------------- lock */

/* It dies with its process, is not inherited by children, and has no descriptor for a leak check to find. */
static void make_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static void take(pthread_mutex_t *lock)
{
	if (pthread_mutex_lock(lock) == EOWNERDEAD)
		pthread_mutex_consistent(lock);
}

void world_lock(struct sim *sim)
{
	take(sim->lock);
}

void world_unlock(struct sim *sim)
{
	pthread_mutex_unlock(sim->lock);
}

/* --------------------------------------------------- making, using */

int world_create(struct sim *sim, const char *dir)
{
	int fd = open_state(sim, dir, O_CREAT | O_TRUNC), r;

	if (fd < 0)
		return fd;
	/* Programs that are run as somebody else use it too. */
	if (fchmod(fd, 0666) < 0 || ftruncate(fd, sizeof(struct shared)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	r = map_and_close(sim, fd);
	if (r == 0) {
		sim->w->magic = WORLD_MAGIC;
		sim->w->size = sizeof(struct world);
		make_lock(sim->lock);
		make_lock(sim->turn);
	}
	return r;
}

int world_attach(struct sim *sim, const char *dir)
{
	int fd = open_state(sim, dir, 0), r;
	struct stat st;

	if (fd < 0)
		return fd;
	if (syscall(SYS_fstat, fd, &st) < 0 || st.st_size != sizeof(struct shared)) {
		close(fd);
		return -EINVAL;
	}
	r = map_and_close(sim, fd);
	return r == 0 && (sim->w->magic != WORLD_MAGIC || sim->w->size != sizeof(struct world)) ? -EINVAL : r;
}

/* --------------------------------------------------------- transcript */

static void append(struct sim *sim, const char *text, size_t len)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%.*s/transcript", PATH_MAX - 16, sim->dir);
	fd = raw_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	if (write(fd, text, len) < 0)
		sim->trace = 0;
	syscall(SYS_close, fd);
}

void world_line(struct sim *sim, const char *format, ...)
{
	char line[RM_LINE_MAX];
	va_list args;
	int n;

	if (!sim->trace)
		return;
	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n] = '\n';
	append(sim, line, (size_t)n + 1);
}

static void write_block(struct sim *sim, const struct rm_event *ev, const void *data, u32 len, const char *end)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%.*s/blocks/%05u-%x.%s", PATH_MAX - 48, sim->dir, ev->call,
		 ev->kind == RM_EV_IOCTL ? ev->nr : ev->code, end);
	fd = raw_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	if (write(fd, data, len) != (ssize_t)len)
		unlink(path);
	syscall(SYS_close, fd);
}

static void trace(void *ctx, const struct rm_event *ev)
{
	struct sim *sim = ctx;
	char line[RM_LINE_MAX];
	size_t n;

	if (!sim->trace)
		return;
	n = rm_event_format(line, sizeof(line) - 1, ev);
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n] = '\n';
	append(sim, line, n + 1);
	if (sim->trace >= 2 && ev->in && ev->kind <= RM_EV_CONTROL)
		write_block(sim, ev, ev->in, ev->in_len, "bin");
	if (sim->trace >= 3 && ev->out && ev->kind <= RM_EV_CONTROL)
		write_block(sim, ev, ev->out, ev->out_len, "out");
}

/* --------------------------------------------------------- user memory */

/*
 * The kernel looks first whether the memory is there (EFAULT); the copy is an
 * ordinary one, so that sanitizers and valgrind see a buffer that is too short
 * or was never written.
 */
static bool unreadable(pid_t pid, void *dst, u64 user, size_t len)
{
	struct iovec to = { dst, len }, from = { (void *)(uintptr_t)user, len };

	return process_vm_readv(pid, &to, 1, &from, 1, 0) < 0 && errno == EFAULT;
}

static int copy_in(void *ctx, void *dst, u64 user, size_t len)
{
	const struct sim *sim = ctx;

	if (unreadable(sim->pid, dst, user, len))
		return -EFAULT;
	memcpy(dst, (const void *)(uintptr_t)user, len);
	return 0;
}

static int copy_out(void *ctx, u64 user, const void *src, size_t len)
{
	struct iovec from = { (void *)(uintptr_t)src, len }, to = { (void *)(uintptr_t)user, len };
	const struct sim *sim = ctx;

	if (process_vm_writev(sim->pid, &from, 1, &to, 1, 0) < 0 && errno == EFAULT)
		return -EFAULT;
	memcpy((void *)(uintptr_t)user, src, len);
	return 0;
}

/* ------------------------------------------------------------- caller */

/* A hang is the driver's: signals whose handlers return do not shorten it. */
static void sleep_on(unsigned int ms)
{
	struct timespec left = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static void hang(void *ctx, unsigned int ms)
{
	struct sim *sim = ctx;

	world_unlock(sim);
	sleep_on(ms);
	world_lock(sim);
}

/* The driver lets in one at a time; the others wait as if they hung. */
static void queue(void *ctx, unsigned int ms)
{
	struct sim *sim = ctx;

	world_unlock(sim);
	take(sim->turn);
	sleep_on(ms);
	pthread_mutex_unlock(sim->turn);
	world_lock(sim);
}

static void die(void *ctx)
{
	(void)ctx;
	kill(getpid(), SIGKILL);
}

/* Others may use the driver meanwhile. */
static void send_signal(void *ctx, unsigned int number)
{
	struct sim *sim = ctx;

	world_unlock(sim);
	raise(number ? (int)number : SIGSTOP);
	world_lock(sim);
}

static void types_changed(void *ctx, unsigned int gpu)
{
	sysfs_types(ctx, gpu);
}

/* RM_CAPS=1 or 0 decides; else root has the rights and others have not. */
bool privileged(void)
{
	const char *caps = getenv("RM_CAPS");

	return caps && *caps ? strcmp(caps, "0") != 0 : geteuid() == 0;
}

void world_caller(struct sim *sim, struct rm_caller *c)
{
	static const struct rm_ops ops = {
		.copy_in = copy_in, .copy_out = copy_out, .types_changed = types_changed,
		.trace = trace, .sleep = hang, .queue = queue, .kill = die, .signal = send_signal,
	};

	c->ops = &ops;
	c->ctx = sim;
	sim->pid = getpid();
	c->owner = (u32)sim->pid;
	c->privileged = privileged();
}
