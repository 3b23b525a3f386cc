/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/report/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/string-util.h"
#include "base/trust.h"

/* Bytes that are gathered; of too many the first half goes. */
struct buffer {
	char text[CAPTURE_MAX + 1];
	size_t n;
};

/* Drops whole lines at the begin until there is room. */
static void make_room(struct buffer *b)
{
	char *line;

	if (b->n < CAPTURE_MAX)
		return;
	line = memchr(b->text + CAPTURE_MAX / 2, '\n', CAPTURE_MAX / 2);
	line = line ? line + 1 : b->text + CAPTURE_MAX / 2;
	b->n -= (size_t)(line - b->text);
	memmove(b->text, line, b->n);
}

/* A NUL, which no text has, ends nothing. */
static void take(struct buffer *b, size_t n)
{
	for (size_t i = b->n; i < b->n + n; i++)
		if (!b->text[i])
			b->text[i] = '?';
	b->n += n;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* Reads until everybody has closed the other end. Returns whether that came in time. */
static bool gather(int fd, time_t until, struct buffer *b)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	ssize_t n = 1;

	while (n > 0 || (n < 0 && errno == EINTR)) {
		time_t left = until - now();

		if (left <= 0 || (poll(&poll_fd, 1, (int)left * 1000) <= 0 && errno != EINTR))
			return false;
		make_room(b);
		n = read(fd, b->text + b->n, CAPTURE_MAX - b->n);
		if (n > 0)
			take(b, (size_t)n);
	}
	return true;
}

/* Becomes the process whose streams are the pipe's. */
static _Noreturn void work_in_child(int to, int (*work)(void *data), void *data)
{
	int null = open("/dev/null", O_RDONLY);
	int status;

	setpgid(0, 0);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(to, STDOUT_FILENO) < 0 || dup2(to, STDERR_FILENO) < 0)
		_exit(126);
	signal(SIGPIPE, SIG_DFL);
	/* What was printed before it is ended counts. */
	setlinebuf(stdout);
	status = work(data);
	fflush(stdout);
	_exit(status);
}

/* One that hangs in a driver does not even end by SIGKILL: it is left behind. */
static void wait_for(pid_t pid, struct capture *ret)
{
	int status = 128 + SIGKILL, tries = ret->timed_out ? 20 : 0;
	pid_t ended = 0;

	if (ret->timed_out)
		kill(-pid, SIGKILL);
	do
		ended = waitpid(pid, &status, tries ? WNOHANG : 0);
	while ((ended < 0 && errno == EINTR) || (ended == 0 && tries-- > 1 && usleep(100000) == 0));
	ret->status = ended <= 0 ? 128 + SIGKILL : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int capture_run(int (*work)(void *data), void *data, unsigned seconds, struct capture *ret)
{
	_cleanup_(freep) struct buffer *b = malloc(sizeof(*b));
	_cleanup_(closep) int from = -1, to = -1;
	struct capture capture = { 0 };
	int fds[2];
	pid_t pid;

	if (!b)
		return -ENOMEM;
	b->n = 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	from = fds[0];
	to = fds[1];
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		work_in_child(to, work, data);
	/* Both set it, since either may be first. */
	setpgid(pid, pid);
	close(TAKE_FD(to));
	capture.timed_out = !gather(from, now() + (time_t)seconds, b);
	wait_for(pid, &capture);
	b->text[b->n] = '\0';
	capture.output = strdup(b->text);
	if (!capture.output)
		return -ENOMEM;
	*ret = capture;
	return 0;
}

static int exec_program(void *data)
{
	char *const *argv = data;

	execvp(argv[0], argv);
	return errno == ENOENT ? 127 : 126;
}

int capture_program(const char *const argv[], unsigned seconds, struct capture *ret)
{
	union {
		const char *const *from;
		void *data;
	} arguments = { .from = argv };

	return capture_run(exec_program, arguments.data, seconds, ret);
}

void capture_done(struct capture *capture)
{
	free(capture->output);
}

char *capture_file(const char *path)
{
	_cleanup_(closep) int fd = open(path, FILE_READ_FLAGS | O_CLOEXEC);
	_cleanup_(freep) struct buffer *b = fd < 0 ? NULL : malloc(sizeof(*b));
	ssize_t n = 0;

	if (!b)
		return NULL;
	b->n = 0;
	while (b->n < CAPTURE_MAX && (n = read(fd, b->text + b->n, CAPTURE_MAX - b->n)) > 0)
		take(b, (size_t)n);
	if (n < 0)
		return NULL;
	b->text[b->n] = '\0';
	return strdup(b->text);
}

char *lines_like(const char *text, const char *pattern, size_t most)
{
	_cleanup_(freep) char *copy = strdup(text);
	_cleanup_(freep) const char **last = calloc(most, sizeof(*last)); /* a ring */
	char *rest = copy, *line, *result = NULL;
	regex_t regex;
	size_t n = 0;

	if (!copy || !last || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return NULL;
	while ((line = strsep(&rest, "\n")))
		if (*line && regexec(&regex, line, 0, NULL, 0) == 0)
			last[n++ % most] = line;
	regfree(&regex);
	for (size_t i = n > most ? n - most : 0; i < n; i++)
		text_append(&result, "%s\n", last[i % most]);
	return result;
}
