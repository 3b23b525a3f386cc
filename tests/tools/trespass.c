// SPDX-License-Identifier: GPL-2.0-only
/*
 * trespass.c - to be preloaded: tries what the program must not be able to do, from inside of it
 *
 * When the configuration is about to be parsed, and whenever a file is renamed, the record for one, a line is added to the file
 * $TRESPASS for each thing tried: "parse chroot: EPERM". The last of them are those of the run's end. What is written to
 * lies in $TRESPASS.d, which has a file and a folder in it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The file, mapped: the program closes what it has not opened, and must not be able to open this. */
#define SIZE 65536
static char *out;
static char folder[4096];

static void tell(const char *when, const char *what, long r)
{
	char *end = out + strnlen(out, SIZE - 1);

	snprintf(end, (size_t)(out + SIZE - end), "%s %s: %s\n", when, what, r < 0 ? strerrorname_np(errno) : "done");
	if (r > 2)
		close((int)r);
}

static const char *in_folder(const char *name)
{
	static char path[4200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void try_rights(const char *when)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct rights[2] = { 0 };
	char *end;

	tell(when, "chroot", chroot("/"));
	tell(when, "groups", syscall(SYS_setgroups, 0, NULL));
	tell(when, "packets", socket(AF_PACKET, SOCK_RAW, 0));
	syscall(SYS_capget, &header, rights);
	end = out + strnlen(out, SIZE - 1);
	snprintf(end, (size_t)(out + SIZE - end), "%s rights: %#x, no more %d\n", when,
		 rights[0].effective | rights[0].permitted | rights[0].inheritable, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

/* Leaves all as it was. */
static void try_writes(const char *when)
{
	tell(when, "file", open(in_folder("file"), O_WRONLY));
	tell(when, "new file", open(in_folder("new"), O_WRONLY | O_CREAT, 0600));
	unlink(in_folder("new"));
	tell(when, "new folder", mkdir(in_folder("more"), 0700));
	rmdir(in_folder("more"));
	tell(when, "link", symlink("/", in_folder("link")));
	unlink(in_folder("link"));
	tell(when, "removal", rmdir(in_folder("folder")));
	mkdir(in_folder("folder"), 0700);
}

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("TRESPASS");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	if (ftruncate(fd, SIZE) == 0)
		out = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (out == MAP_FAILED)
		out = NULL;
	close(fd);
	snprintf(folder, sizeof(folder), "%s.d", path);
}

int yaml_parser_initialize(void *parser);
int yaml_parser_initialize(void *parser)
{
	int (*next)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "yaml_parser_initialize");

	if (out) {
		try_rights("parse");
		try_writes("parse");
	}
	return next(parser);
}

int rename(const char *from, const char *to)
{
	int (*next)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");

	if (out) {
		try_rights("rename");
		try_writes("rename");
	}
	return next(from, to);
}
