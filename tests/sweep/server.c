// SPDX-License-Identifier: GPL-2.0-only
/*
 * server.c - preloaded into the program under test: one start, many runs
 *
 * Starting and linking costs more than a run. So the real program is loaded once and stopped before main(); each byte
 * that comes in forks a copy which runs main() with the command line of the start. The wait status and the descriptors
 * that main() left open go back.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"

typedef int main_function(int argc, char **argv, char **envp);
typedef int start_function(main_function *run, int argc, char **argv, void (*init)(void), void (*fini)(void),
			   void (*rtld_fini)(void), void *stack_end);

#define EXPORT __attribute__((visibility("default")))

static main_function *program;

/* The program never has more than a few. */
static int count_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 16; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* A program that calls exit() itself tells nothing of its descriptors; ours returns from main(). */
static void run(int argc, char **argv, char **envp)
{
	int before, status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The program begins with that itself. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	before = count_descriptors();
	status = program(argc, argv, envp);
	exit(count_descriptors() == before ? status : SERVER_LEAK);
}

static int serve(int argc, char **argv, char **envp)
{
	int status;
	char byte;

	/* The simulated driver comes into the process with the first name of its own. */
	access("/dev/nvidiactl", F_OK);
	while (read(SERVER_IN, &byte, 1) == 1) {
		pid_t pid = fork();

		if (pid == 0)
			run(argc, argv, envp);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || write(SERVER_OUT, &status, sizeof(status)) < 0)
			return 1;
	}
	return 0;
}

int __libc_start_main(main_function *run_main, int argc, char **argv, void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end);

EXPORT int __libc_start_main(main_function *run_main, int argc, char **argv, void (*init)(void), void (*fini)(void),
			     void (*rtld_fini)(void), void *stack_end)
{
	start_function *next = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");

	program = run_main;
	return next(serve, argc, argv, init, fini, rtld_fini, stack_end);
}
