// SPDX-License-Identifier: GPL-2.0-only
/*
 * cost.c - what one run of a program takes
 *
 * usage: cost [NAME=VALUE]... COMMAND [ARGUMENT]...
 *
 * Runs COMMAND, a path, with that environment and nothing else in it, and prints: exit status, microseconds, microseconds of
 * CPU, most memory in KiB. Small, because a process' peak includes that of the program that it was before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static long long us(struct timeval time)
{
	return time.tv_sec * 1000000LL + time.tv_usec;
}

static void run(char **argv, char **environment)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(127);
	if (null > 2)
		close(null);
	execve(*argv, argv, environment);
	_exit(127);
}

int main(int argc, char **argv)
{
	char *environment[64] = { NULL };
	struct rusage used;
	long long begun;
	int i = 1, status;
	pid_t pid;

	for (; i < argc && i < 64 && strchr(argv[i], '='); i++)
		environment[i - 1] = argv[i];
	if (i == argc)
		return 2;
	begun = now_us();
	pid = fork();
	if (pid == 0)
		run(argv + i, environment);
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0)
		return 1;
	printf("%d %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), now_us() - begun,
	       us(used.ru_utime) + us(used.ru_stime), used.ru_maxrss);
	return 0;
}
