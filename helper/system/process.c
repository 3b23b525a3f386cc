/* SPDX-License-Identifier: GPL-2.0-only */
#include "system/process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/deadline.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/path.h"
#include "base/string-util.h"

/* The program and its pipe are looked at so often. */
#define SLICE_MS 50

/* What is kept of a program's output: an error of a script's is in its last lines. */
#define OUTPUT_MAX 1024

/* From asking a program to end to making it. */
#define END_MS 2000

const char *process_distrust(const char *path)
{
	char folder[PATH_MAX];
	struct stat st;

	snprintf(folder, sizeof(folder), "%s", path);
	/* Not through a link: where that leads, nobody has judged. */
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? "is missing" : strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if (st.st_uid != 0)
		return "belongs to somebody else than root";
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return "can be written by others than root";
	if (!(st.st_mode & S_IXUSR))
		return "cannot be executed";
	if (stat(dirname(folder), &st) < 0)
		return strerror(errno);
	if (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
		return "lies in a folder that others than root can write";
	return NULL;
}

static _Noreturn void become(char *const argv[], int output, int report)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	setpgid(0, 0);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execve(argv[0], argv, environ);
	if (write(report, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

/* Starts the program; *ret becomes where its output is read. Returns its process or a negative errno. */
static pid_t start(char *const argv[], int *ret)
{
	int output[2] = { -1, -1 }, report[2] = { -1, -1 }, error = 0;
	pid_t pid = -1;

	/* Before the fork: there is a second thread. Who ignored SIGCHLD would not be told how the program ended. */
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("LC_ALL", "C", 1);
	signal(SIGCHLD, SIG_DFL);
	if (pipe2(output, O_CLOEXEC | O_NONBLOCK) == 0 && pipe2(report, O_CLOEXEC) == 0) {
		/* A program's own reading end must block as it expects; ours must not. */
		fcntl(output[1], F_SETFL, 0);
		pid = fork();
		if (pid == 0)
			become(argv, output[1], report[1]);
	}
	if (pid < 0)
		error = errno;
	closep(&output[1]);
	closep(&report[1]);
	/* Nothing comes where the program has taken the child's place. */
	if (pid > 0 && read(report[0], &error, sizeof(error)) > 0)
		waitpid(pid, NULL, 0);
	closep(&report[0]);
	if (error) {
		closep(&output[0]);
		return -error;
	}
	*ret = output[0];
	return pid;
}

/* Keeps the end of what has come; a pipe's worth, so that one that prints without end is still bounded in time. */
static void take_output(int fd, char text[OUTPUT_MAX], size_t *n)
{
	char part[OUTPUT_MAX / 2];
	ssize_t got;

	for (unsigned parts = 0; parts < 128 && (got = read(fd, part, sizeof(part))) > 0; parts++) {
		size_t fresh = (size_t)got, drop = *n + fresh > OUTPUT_MAX ? *n + fresh - OUTPUT_MAX : 0;

		memmove(text, text + drop, *n - drop);
		memcpy(text + *n - drop, part, fresh);
		*n += fresh - drop;
	}
}

/* Waits for the process; false where it has not ended after so many milliseconds, or the deadline has passed. */
static bool wait_for(pid_t pid, unsigned ms, int fd, char text[OUTPUT_MAX], size_t *n, unsigned *waited, int *status)
{
	for (*waited = 0;; *waited += SLICE_MS) {
		bool ended = waitpid(pid, status, WNOHANG) == pid;

		take_output(fd, text, n);
		if (ended)
			return true;
		if (*waited >= ms || deadline_passed())
			return false;
		poll(NULL, 0, SLICE_MS);
	}
}

/* Returns the output in one line, without the blank ends of its lines. */
static char *one_line(const char *text, size_t n)
{
	char *line = NULL;

	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t part = end ? (size_t)(end - text) : n, kept = part;

		while (kept && isspace((unsigned char)text[kept - 1]))
			kept--;
		if (kept)
			text_append(&line, "%s%.*s", line ? "; " : "", (int)kept, text);
		n -= end ? part + 1 : part;
		text += end ? part + 1 : part;
	}
	make_printable(line, '?');
	return line ? line : strdup("");
}

int process_run(char *const argv[], unsigned ms, struct process_end *ret)
{
	char text[OUTPUT_MAX];
	struct process_end end = { 0 };
	_cleanup_(closep) int fd = -1;
	unsigned ending;
	int status = 0;
	size_t n = 0;
	pid_t pid = start(argv, &fd);

	if (pid < 0)
		return pid;
	end.timed_out = !wait_for(pid, ms, fd, text, &n, &end.ms, &status);
	if (end.timed_out) {
		kill(-pid, SIGTERM);
		if (!wait_for(pid, END_MS, fd, text, &n, &ending, &status)) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
		}
	}
	end.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	end.output = one_line(text, n);
	if (!end.output)
		return -ENOMEM;
	*ret = end;
	return 0;
}

void process_end_done(struct process_end *end)
{
	free(end->output);
	*end = (struct process_end){ 0 };
}

/* Adds a process to the list of each file that it has open. */
static void find_open(const char *process, const char *const *paths, size_t n, char **ret)
{
	_cleanup_(freep) char *folder = text_format("/proc/%s/fd", process), *comm = text_format("/proc/%s/comm", process);
	_cleanup_(closedirp) DIR *fds = folder ? opendir(folder) : NULL;
	const struct dirent *entry;

	while (fds && (entry = readdir(fds))) {
		_cleanup_(freep) char *path = path_join(folder, entry->d_name), *who = NULL;
		char target[PATH_MAX], name[64] = "?";
		ssize_t length = path ? readlink(path, target, sizeof(target) - 1) : -1;
		size_t i = 0;

		target[MAX(length, 0)] = '\0';
		while (i < n && (!*paths[i] || strcmp(target, paths[i]) != 0))
			i++;
		if (i == n)
			continue;
		if (comm && file_read_line(comm, name, sizeof(name)) == 0)
			make_printable(name, '?');
		who = text_format("%s (%s)", name, process);
		/* Once, however often it has the file open. */
		if (who && !(ret[i] && strstr(ret[i], who)))
			text_append_item(&ret[i], "%s", who);
	}
}

void process_find_holders(const char *const *paths, size_t n, char **ret)
{
	_cleanup_(closedirp) DIR *processes = opendir("/proc");
	const struct dirent *entry;

	while (processes && (entry = readdir(processes))) {
		const char *end = entry->d_name;
		uint64_t pid;

		if (parse_number(&end, 10, INT_MAX, &pid) && !*end && pid != (uint64_t)getpid())
			find_open(entry->d_name, paths, n, ret);
	}
}
