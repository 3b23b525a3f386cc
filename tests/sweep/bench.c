// SPDX-License-Identifier: GPL-2.0-only
/* bench.c - a world with two GPUs that is put back before each run, and runs in it */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"
#include "sweep.h"

#define PROFILE_MINE "mine.yaml"
#define PROFILE_OTHERS "others.yaml"

/* auto asks for the framebuffer, multiMdev for fractions: both are calls. The GPUs are Turings, which take the latter. */
static const char mine[] =
	"gpus:\n- mdevConfigs:\n"
	"  - {num: 50001, maxInstances: 4, fbLen: auto, fbRes: auto}\n"
	"  - {num: 50002, name: two, maxInstances: 6, fbLen: auto, fbRes: auto, multiMdev: true}\n"
	"  - {num: 50003, name: three, maxInstances: 8, fbLen: auto, fbRes: auto}\n";

static const char others[] =
	"gpus:\n- discardPrevious: false\n  mdevConfigs:\n"
	"  - {num: 50101, name: first, maxInstances: 12, fbLen: auto, fbRes: auto}\n"
	"  - {num: 50102, name: second, maxInstances: 24, fbLen: auto, fbRes: auto}\n";

static int write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fputs(text, f);
	return fclose(f) == 0 ? 0 : -errno;
}

/* Runs a program to its end; both streams go to out and err, -1: as they are. */
static int run_program(char *const argv[], int out, int err)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (out >= 0)
			dup2(out, 1);
		if (err >= 0)
			dup2(err, 2);
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

/* -------------------------------------------------------------- world */

static int make_world(struct bench *b)
{
	char ctl[PATH_MAX], version[64];
	char *argv[] = { ctl, b->dir, "new", version, "--", "0000:17:00.0=10de:1e30:10de:12ba,fb=24576,minor=5",
			 ADDRESS "=10de:1e30:10de:12ba,fb=24576,minor=2", NULL };

	snprintf(ctl, sizeof(ctl), "%s/rm-ctl", tools);
	snprintf(version, sizeof(version), "version=%s", b->release);
	if (run_program(argv, -1, -1) != 0)
		return -EIO;
	return world_attach(&b->sim, b->dir);
}

/* A file system of its own for all worlds: nothing of them is left behind, and no disk waits for them. */
int bench_prepare(const char *work)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("sweep", work, "tmpfs", 0, NULL) < 0)
		return -errno;
	return 0;
}

static int bind_over(const struct bench *b, const char *path)
{
	char from[PATH_MAX];

	snprintf(from, sizeof(from), "%s%s", b->dir, path);
	return mount(from, path, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

/* The world's files are this process's and its children's: cheaper than a library that looks at each path. */
static int enter_world(const struct bench *b)
{
	int r = unshare(CLONE_NEWNS) < 0 ? -errno : 0;

	if (r == 0)
		r = bind_over(b, "/sys");
	if (r == 0)
		r = bind_over(b, "/proc/devices");
	return r == 0 ? bind_over(b, "/proc/driver") : r;
}

static int make_folders(struct bench *b, const char *work)
{
	char path[PATH_MAX];
	int r;

	snprintf(b->dir, sizeof(b->dir), "%s/%s", work, b->release);
	snprintf(b->root, sizeof(b->root), "%s/%s-root", work, b->release);
	if ((mkdir(b->dir, 0777) < 0 && errno != EEXIST) || (mkdir(b->root, 0777) < 0 && errno != EEXIST))
		return -errno;
	snprintf(path, sizeof(path), "%s/" PROFILE_MINE, b->root);
	r = write_file(path, mine);
	snprintf(path, sizeof(path), "%s/" PROFILE_OTHERS, b->root);
	return r == 0 ? write_file(path, others) : r;
}

/* ------------------------------------------------------------ program */

static void set_environment(const struct bench *b, const char *trace, bool with_server)
{
	const char *asan = getenv("ASAN_OPTIONS");
	char text[3 * PATH_MAX];

	snprintf(text, sizeof(text), "%s%sverify_asan_link_order=0", asan ? asan : "", asan ? ":" : "");
	setenv("ASAN_OPTIONS", text, 1);
	snprintf(text, sizeof(text), "%s%s%s/librm-preload.so", with_server ? server_library : "", with_server ? ":" : "", tools);
	setenv("LD_PRELOAD", text, 1);
	setenv("LD_BIND_NOW", "1", 1); /* once, in the server */
	setenv("RM_DIR", b->dir, 1);
	setenv("RM_CLOCK", "virtual", 1);
	setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1); /* libudev: /sys need not be a sysfs */
	setenv("RM_TRACE", trace, 1);
	setenv("LC_ALL", "C", 1);
}

static void execute(const struct bench *b, const char *profile, bool with_server)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", b->root, profile);
	set_environment(b, with_server ? "0" : "1", with_server);
	dup2(b->out, 1);
	dup2(b->err, 2);
	execl(program, "mdev-gpu", "--root", b->root, "apply", ADDRESS, "-c", path, (char *)NULL);
	_exit(127);
}

static int start_server(struct bench *b)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	b->server = fork();
	if (b->server == 0) {
		dup2(in[0], SERVER_IN);
		dup2(out[1], SERVER_OUT);
		execute(b, PROFILE_MINE, true);
	}
	close(in[0]);
	close(out[1]);
	b->to_server = in[1];
	b->from_server = out[0];
	return b->server < 0 ? -errno : 0;
}

static int memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	return fd < 0 || fcntl(fd, F_SETFL, O_APPEND) < 0 ? -errno : fd;
}

int bench_open(struct bench *b, const char *work, const char *release)
{
	int r;

	b->release = release;
	b->reads_back = strncmp(release, "510.", 4) != 0;
	b->out = memory_file("out");
	b->err = memory_file("err");
	if (b->out < 0 || b->err < 0)
		return -EIO;
	r = make_folders(b, work);
	if (r == 0)
		r = make_world(b);
	if (r == 0)
		r = enter_world(b);
	return r == 0 ? start_server(b) : r;
}

void bench_close(struct bench *b)
{
	close(b->to_server);
	waitpid(b->server, NULL, 0);
	close(b->from_server);
}

/* --------------------------------------------------------------- runs */

static void take_text(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	if (n && ftruncate(fd, 0) < 0)
		text[0] = '\0';
}

static void take_streams(struct bench *b, struct outcome *ret)
{
	take_text(b->out, ret->out, sizeof(ret->out));
	take_text(b->err, ret->err, sizeof(ret->err));
}

/* An old record must not be taken for a new one. */
static void forget_record(const struct bench *b)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/run/mdev-gpu/" ADDRESS ".yaml", b->root);
	unlink(path);
}

/* Waits of the program are no waits here (RM_CLOCK), so one that takes as long as this never ends. */
#define RUN_MS_MAX 60000

int bench_run(struct bench *b, struct outcome *ret)
{
	struct pollfd answer = { .fd = b->from_server, .events = POLLIN };

	forget_record(b);
	if (write(b->to_server, "", 1) != 1)
		return -EPIPE;
	if (poll(&answer, 1, RUN_MS_MAX) != 1) {
		kill(b->server, SIGKILL);
		return -ETIMEDOUT;
	}
	if (read(b->from_server, &ret->status, sizeof(ret->status)) != sizeof(ret->status))
		return -EPIPE;
	take_streams(b, ret);
	return 0;
}

static int run_once(struct bench *b, const char *profile, struct outcome *ret)
{
	pid_t pid = fork();

	if (pid == 0)
		execute(b, profile, false);
	if (pid < 0 || waitpid(pid, &ret->status, 0) != pid)
		return -errno;
	take_streams(b, ret);
	return 0;
}

/* A run without the server and with a transcript. */
int bench_run_traced(struct bench *b, struct outcome *ret)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/transcript", b->dir);
	return truncate(path, 0) < 0 ? -errno : run_once(b, PROFILE_MINE, ret);
}

int bench_add_others(struct bench *b)
{
	struct outcome r;

	if (run_once(b, PROFILE_OTHERS, &r) < 0 || r.status != 0 || *r.err) {
		fprintf(stderr, "%s: cannot prepare: status %#x\n%s", b->release, r.status, r.err);
		return -EIO;
	}
	return 0;
}

/* -------------------------------------------------------------- state */

/* All but the scratch of the driver's calls, and of the types those that can be used here. */
#define TYPES_USED 16

static void copy_world(struct world *to, const struct world *from)
{
	const size_t scratch = offsetof(struct world, rm) + offsetof(struct rm_state, arg);

	memcpy(to, from, scratch);
	memcpy(to->rm.type, from->rm.type, TYPES_USED * sizeof(to->rm.type[0]));
}

void bench_keep(struct bench *b, struct world **ret)
{
	if (!*ret)
		*ret = calloc(1, sizeof(**ret));
	rm_clear(&b->sim.w->rm);
	copy_world(*ret, b->sim.w);
}

void bench_restore(struct bench *b)
{
	bool shown = memcmp(&b->sim.w->rm.gpu[GPU], &b->clean->rm.gpu[GPU], sizeof(struct rm_gpu)) != 0;

	copy_world(b->sim.w, b->clean);
	if (shown)
		sysfs_types(&b->sim, GPU);
}
