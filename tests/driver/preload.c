// SPDX-License-Identifier: GPL-2.0-only
/*
 * preload.c - the simulated driver in front of a program's libc
 *
 * LD_PRELOAD=librm-preload.so:libumockdev-preload.so.0 with RM_DIR naming the
 * world.  /dev/nvidia*, descriptors opened there, and what preload-sysfs.c
 * says are taken; all else goes on to the next library, umockdev, which
 * redirects /sys and /proc.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "clock.h"
#include "preload.h"

struct sim sim;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool opened_here;	/* else close(2) cannot be about us */

void *next_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol) {
		fprintf(stderr, "rm: no %s in the next library\n", name);
		abort();
	}
	return symbol;
}

/* ---------------------------------------------------------- the world */

static bool attach(void)
{
	const char *dir = getenv("RM_DIR");
	int r;

	if (sim.w)
		return true;
	if (!dir || !*dir)
		return false;
	r = world_attach(&sim, dir);
	if (r < 0) {
		fprintf(stderr, "rm: cannot use %s: %s\n", dir, strerror(-r));
		sim.w = NULL;
	}
	return sim.w != NULL;
}

/* What we call ourselves comes back here, also by way of umockdev (its open() asks fstat()): that is not the program's. */
static __thread bool inside;

bool enter(void)
{
	if (inside)
		return false;
	pthread_mutex_lock(&mutex);
	inside = true;
	if (!attach()) {
		inside = false;
		pthread_mutex_unlock(&mutex);
		return false;
	}
	world_lock(&sim);
	return true;
}

int leave(int r)
{
	world_unlock(&sim);
	inside = false;
	pthread_mutex_unlock(&mutex);
	if (r >= 0)
		return r;
	errno = -r;
	return -1;
}

/* The program's own waits; what the driver takes is the driver's. */
void clock_waited(unsigned int ms, bool cut)
{
	if (!enter())
		return;
	world_line(&sim, "- wait %u ms%s", ms, cut ? " errno=4" : "");
	sim.w->ahead += ms;
	leave(0);
}

__attribute__((destructor)) static void at_exit(void)
{
	if (!opened_here || !sim.w)
		return;
	inside = true;
	world_lock(&sim);
	file_leak_all(&sim);
	world_unlock(&sim);
}

/* ---------------------------------------------------------- the paths */

/* "nvidia0" of "/dev/nvidia0"; temporary names that become one by rename too. */
static const char *node_name(const char *path)
{
	const char *name;

	if (strncmp(path, "/dev/", 5))
		return NULL;
	for (name = path + 5; *name == '/'; name++)
		;
	if (strncmp(name, "nvidia", 6) && strncmp(name, ".nvidia", 7))
		return NULL;
	return strchr(name, '/') ? NULL : name;
}

/* The same for a path relative to an open /dev, which umockdev may have redirected. */
static const char *node_name_at(int dirfd, const char *path)
{
	char link[64], folder[PATH_MAX];
	ssize_t n;

	if (path[0] == '/')
		return node_name(path);
	if (strncmp(path, "nvidia", 6) && strncmp(path, ".nvidia", 7))
		return NULL;
	if (dirfd == AT_FDCWD)
		n = syscall(SYS_getcwd, folder, sizeof(folder)) - 1;
	else {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
		n = syscall(SYS_readlink, link, folder, sizeof(folder) - 1);
	}
	if (n < 4 || n >= (ssize_t)sizeof(folder) || memcmp(folder + n - 4, "/dev", 4))
		return NULL;
	return strchr(path, '/') ? NULL : path;
}

/* "/proc/self/fd/7": how one changes what was opened and not what stands there now. */
static int fd_of_path(const char *path)
{
	char *end;
	long fd;

	if (strncmp(path, "/proc/self/fd/", 14))
		return -1;
	fd = strtol(path + 14, &end, 10);
	return *end || end == path + 14 ? -1 : (int)fd;
}

/* Index of the node a descriptor belongs to, or -ENOENT. Entered on success. */
static int enter_fd(int fd)
{
	int node;

	if (fd < 0 || !enter())
		return -ENOENT;
	node = node_of_fd(&sim, fd);
	if (node < 0)
		leave(0);
	return node;
}

/* ---------------------------------------------------------------- open */

static int open_stand_in(u32 node, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%.*s/.rm/nodes/%s", PATH_MAX - 80, sim.dir, sim.w->node[node].name);
	fd = NEXT(open)(path, flags & (O_PATH | O_CLOEXEC | O_NOFOLLOW));
	return fd < 0 ? -errno : fd;
}

static int wanted_access(int flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return R_OK;
	case O_WRONLY:
		return W_OK;
	default:
		return R_OK | W_OK;
	}
}

/* A node of another driver, or of none. */
static bool is_drivers(const struct node *n)
{
	return S_ISCHR(n->mode) && n->major == RM_MAJOR && n->minor != 254 && sim.w->flags & WORLD_LOADED;
}

/* Whoever holds a GPU's unbindLock keeps all others out. */
static bool is_locked(const struct node *n)
{
	u32 i;

	for (i = 0; i < MAX_FUNCTIONS; i++) {
		const struct pci_function *f = &sim.w->function[i];
		int gpu = f->in_use && f->locked ? pci_gpu(&sim, f) : -1;

		if (gpu >= 0 && sim.w->rm.gpu[gpu].desc.minor == n->minor)
			return true;
	}
	return false;
}

static void refused(const char *name, int error)
{
	world_line(&sim, "- open %s errno=%d pid=%d", name, -error, getpid());
}

static int check_open(const char *name, int flags)
{
	int node = node_find(&sim, name), r;

	if (node < 0)
		return node;
	if (flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	if (flags & O_PATH)
		return node;
	r = node_access(&sim, (u32)node, wanted_access(flags));
	if (r < 0)
		return r;
	if (!is_drivers(&sim.w->node[node]))
		return -ENXIO;
	attribute_settle(&sim);
	return is_locked(&sim.w->node[node]) ? -ENODEV : node;
}

static int open_node(const char *name, int flags)
{
	struct rm_caller c;
	int node;

	if (!enter()) {
		errno = ENOENT;
		return -1;
	}
	node = check_open(name, flags);
	if (node < 0) {
		refused(name, node);
		return leave(node);
	}
	opened_here = true;
	if (flags & O_PATH)
		return leave(open_stand_in((u32)node, flags));
	world_caller(&sim, &c);
	return leave(file_open(&sim, &c, (u32)node, flags));
}

#define MODE_ARGUMENT(flags, mode) do {				\
	va_list args;						\
								\
	va_start(args, flags);					\
	if ((flags) & (O_CREAT | __O_TMPFILE))			\
		mode = va_arg(args, mode_t);			\
	va_end(args);						\
} while (0)

/* Who gives up writing elsewhere keeps what the real driver keeps in the kernel: its state, and here what it writes down. */
static void keep_world(int ruleset)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
				  LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM,
	};

	if (!attach())
		return;
	beneath.parent_fd = raw_open(sim.dir, O_PATH | O_CLOEXEC, 0);
	if (beneath.parent_fd < 0)
		return;
	NEXT(syscall)(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
}

EXPORT long syscall(long number, ...)
{
	long arg[6];
	va_list args;
	int i;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_landlock_restrict_self)
		keep_world((int)arg[0]);
	return NEXT(syscall)(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

EXPORT int open(const char *path, int flags, ...)
{
	const char *name = node_name(path);
	mode_t mode = 0;
	int fd;

	MODE_ARGUMENT(flags, mode);
	if (name || open_attribute(AT_FDCWD, path, flags, &fd))
		return name ? open_node(name, flags) : fd;
	return NEXT(open)(seen(AT_FDCWD, path), flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	const char *name = node_name(path);
	mode_t mode = 0;
	int fd;

	MODE_ARGUMENT(flags, mode);
	if (name || open_attribute(AT_FDCWD, path, flags, &fd))
		return name ? open_node(name, flags) : fd;
	return NEXT(open64)(seen(AT_FDCWD, path), flags, mode);
}

EXPORT int openat(int dirfd, const char *path, int flags, ...)
{
	const char *name = node_name_at(dirfd, path);
	mode_t mode = 0;
	int fd;

	MODE_ARGUMENT(flags, mode);
	if (name || open_attribute(dirfd, path, flags, &fd))
		return name ? open_node(name, flags) : fd;
	return NEXT(openat)(dirfd, seen(dirfd, path), flags, mode);
}

EXPORT int openat64(int dirfd, const char *path, int flags, ...)
{
	const char *name = node_name_at(dirfd, path);
	mode_t mode = 0;
	int fd;

	MODE_ARGUMENT(flags, mode);
	if (name || open_attribute(dirfd, path, flags, &fd))
		return name ? open_node(name, flags) : fd;
	return NEXT(openat64)(dirfd, seen(dirfd, path), flags, mode);
}

/* What _FORTIFY_SOURCE calls; no header declares them. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __openat64_2(int dirfd, const char *path, int flags);

EXPORT int __open_2(const char *path, int flags)
{
	const char *name = node_name(path);
	int fd;

	if (name || open_attribute(AT_FDCWD, path, flags, &fd))
		return name ? open_node(name, flags) : fd;
	return NEXT(__open_2)(seen(AT_FDCWD, path), flags);
}

EXPORT int __open64_2(const char *path, int flags)
{
	const char *name = node_name(path);
	int fd;

	if (name || open_attribute(AT_FDCWD, path, flags, &fd))
		return name ? open_node(name, flags) : fd;
	return NEXT(__open64_2)(seen(AT_FDCWD, path), flags);
}

EXPORT int __openat_2(int dirfd, const char *path, int flags)
{
	const char *name = node_name_at(dirfd, path);
	int fd;

	if (name || open_attribute(dirfd, path, flags, &fd))
		return name ? open_node(name, flags) : fd;
	return NEXT(__openat_2)(dirfd, seen(dirfd, path), flags);
}

EXPORT int __openat64_2(int dirfd, const char *path, int flags)
{
	const char *name = node_name_at(dirfd, path);
	int fd;

	if (name || open_attribute(dirfd, path, flags, &fd))
		return name ? open_node(name, flags) : fd;
	return NEXT(__openat64_2)(dirfd, seen(dirfd, path), flags);
}

static int flags_of(const char *mode)
{
	int flags = strchr(mode, '+') ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;

	return flags | (strchr(mode, 'e') ? O_CLOEXEC : 0) | (mode[0] == 'r' ? 0 : O_CREAT);
}

/* A node, or a file that does something; what stdio writes to the latter does not come by write(2), and does nothing. */
static bool fopen_ours(const char *path, const char *mode, FILE **file)
{
	const char *name = node_name(path);
	int fd;

	if (name)
		fd = open_node(name, flags_of(mode) & ~O_CREAT);
	else if (!open_attribute(AT_FDCWD, path, flags_of(mode), &fd))
		return false;
	*file = fd < 0 ? NULL : fdopen(fd, mode);
	return true;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	FILE *file;

	return fopen_ours(path, mode, &file) ? file : NEXT(fopen)(seen(AT_FDCWD, path), mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	FILE *file;

	return fopen_ours(path, mode, &file) ? file : NEXT(fopen64)(seen(AT_FDCWD, path), mode);
}

/* -------------------------------------------------------- close, ioctl */

EXPORT int close(int fd)
{
	struct rm_caller c;
	int file = -1, r;

	if (opened_here && enter()) {
		file = file_find(&sim, fd);
		leave(0);
	}
	r = NEXT(close)(fd);
	if (file >= 0 && enter()) {
		world_caller(&sim, &c);
		file_closed(&sim, &c, (u32)file);
		leave(0);
	}
	return r;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	struct rm_caller c;
	va_list args;
	void *arg;
	int file;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!getenv("RM_DIR") || !enter())
		return NEXT(ioctl)(fd, request, arg);
	file = file_find(&sim, fd);
	if (file < 0) {
		leave(0);
		return NEXT(ioctl)(fd, request, arg);
	}
	world_caller(&sim, &c);
	return leave(rm_ioctl(&sim.w->rm, &c, (u32)file, (u32)request, (u64)(uintptr_t)arg));
}

/* --------------------------------------------------- mknod, chmod, chown */

static mode_t masked(mode_t mode)
{
	mode_t mask = umask(022);

	umask(mask);
	return mode & ~mask;
}

static int mknod_node(const char *name, mode_t mode, dev_t dev)
{
	int r;

	if (!enter()) {
		errno = EACCES;
		return -1;
	}
	r = node_make(&sim, name, masked(mode), dev);
	if (r < 0)
		world_line(&sim, "- mknod %s errno=%d pid=%d", name, -r, getpid());
	return leave(r);
}

EXPORT int mknod(const char *path, mode_t mode, dev_t dev)
{
	const char *name = node_name(path);

	return name ? mknod_node(name, mode, dev) : NEXT(mknod)(path, mode, dev);
}

EXPORT int mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	const char *name = node_name_at(dirfd, path);

	return name ? mknod_node(name, mode, dev) : NEXT(mknodat)(dirfd, path, mode, dev);
}

/* Index of the node a path means, or -ENOENT; *ours says whether it is for us at all. */
static int enter_path(int dirfd, const char *path, bool *ours)
{
	const char *name = node_name_at(dirfd, path);
	int node;

	*ours = name != NULL;
	if (name) {
		*ours = enter();
		return *ours ? node_find(&sim, name) : -ENOENT;
	}
	node = enter_fd(fd_of_path(path));
	*ours = node >= 0;
	return node;
}

static bool chmod_node(int dirfd, const char *path, mode_t mode, int *r)
{
	bool ours;
	int node = enter_path(dirfd, path, &ours);

	if (ours)
		*r = leave(node < 0 ? node : node_chmod(&sim, (u32)node, mode));
	return ours;
}

EXPORT int chmod(const char *path, mode_t mode)
{
	int r;

	return chmod_node(AT_FDCWD, path, mode, &r) ? r : NEXT(chmod)(path, mode);
}

EXPORT int fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
	int r;

	return chmod_node(dirfd, path, mode, &r) ? r : NEXT(fchmodat)(dirfd, path, mode, flags);
}

EXPORT int fchmod(int fd, mode_t mode)
{
	int node = enter_fd(fd);

	return node < 0 ? NEXT(fchmod)(fd, mode) : leave(node_chmod(&sim, (u32)node, mode));
}

static bool chown_node(int dirfd, const char *path, uid_t uid, gid_t gid, int *r)
{
	bool ours;
	int node = enter_path(dirfd, path, &ours);

	if (ours)
		*r = leave(node < 0 ? node : node_chown(&sim, (u32)node, uid, gid));
	return ours;
}

EXPORT int chown(const char *path, uid_t uid, gid_t gid)
{
	int r;

	return chown_node(AT_FDCWD, path, uid, gid, &r) ? r : NEXT(chown)(path, uid, gid);
}

EXPORT int lchown(const char *path, uid_t uid, gid_t gid)
{
	int r;

	return chown_node(AT_FDCWD, path, uid, gid, &r) ? r : NEXT(lchown)(path, uid, gid);
}

EXPORT int fchown(int fd, uid_t uid, gid_t gid)
{
	int node = enter_fd(fd);

	return node < 0 ? NEXT(fchown)(fd, uid, gid) : leave(node_chown(&sim, (u32)node, uid, gid));
}

EXPORT int fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	int node = flags & AT_EMPTY_PATH && !*path ? enter_fd(dirfd) : -ENOENT, r;

	if (node >= 0)
		return leave(node_chown(&sim, (u32)node, uid, gid));
	return chown_node(dirfd, path, uid, gid, &r) ? r : NEXT(fchownat)(dirfd, path, uid, gid, flags);
}

/* ------------------------------------------------ unlink, rename, link */

static int unlink_node(const char *name)
{
	return enter() ? leave(node_remove(&sim, name)) : -1;
}

EXPORT int unlink(const char *path)
{
	const char *name = node_name(path);

	return name ? unlink_node(name) : NEXT(unlink)(path);
}

EXPORT int unlinkat(int dirfd, const char *path, int flags)
{
	const char *name = node_name_at(dirfd, path);

	return name ? unlink_node(name) : NEXT(unlinkat)(dirfd, path, flags);
}

static int rename_node(const char *from, const char *to, bool keep)
{
	return enter() ? leave(node_rename(&sim, from, to, keep)) : -1;
}

EXPORT int rename(const char *from, const char *to)
{
	const char *a = node_name(from), *b = node_name(to);

	return a && b ? rename_node(a, b, false) : NEXT(rename)(from, to);
}

EXPORT int renameat(int fromfd, const char *from, int tofd, const char *to)
{
	const char *a = node_name_at(fromfd, from), *b = node_name_at(tofd, to);

	return a && b ? rename_node(a, b, false) : NEXT(renameat)(fromfd, from, tofd, to);
}

EXPORT int renameat2(int fromfd, const char *from, int tofd, const char *to, unsigned int flags)
{
	const char *a = node_name_at(fromfd, from), *b = node_name_at(tofd, to);

	if (a && b)
		return rename_node(a, b, flags & RENAME_NOREPLACE);
	return NEXT(renameat2)(fromfd, from, tofd, to, flags);
}

/* ----------------------------------------------------------------- stat */

static bool stat_path(int dirfd, const char *path, struct stat *st, int *r)
{
	bool ours;
	int node = enter_path(dirfd, path, &ours);

	if (!ours)
		return false;
	if (node >= 0)
		node_stat(&sim, (u32)node, st);
	*r = leave(node < 0 ? node : 0);
	return true;
}

static bool stat_fd(int fd, struct stat *st)
{
	int node = opened_here ? enter_fd(fd) : -ENOENT;

	if (node < 0)
		return false;
	node_stat(&sim, (u32)node, st);
	leave(0);
	return true;
}

/* On x86_64 struct stat64 is struct stat, and the kernel's. */
#define AS_STAT(st) ((struct stat *)(void *)(st))

/*
 * A path that is the same to umockdev goes past it. It blocks signals while it has a lock, and keeps those that were blocked before in one
 * place for all threads: with two threads there, one has them back too early, and its handler waits for a lock of its own for ever.
 */
static bool stat_past(const char *path, struct stat *st, int *r)
{
	static const char *const others[] = { "/dev", "/proc", "/run", "/sys" };
	size_t i;

	if (!path || path[0] != '/')
		return false;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strncmp(path, others[i], strlen(others[i])))
			return false;
	*r = (int)syscall(SYS_newfstatat, AT_FDCWD, path, st, 0);
	return true;
}

EXPORT int stat(const char *path, struct stat *st)
{
	int r;

	if (stat_path(AT_FDCWD, path, st, &r))
		return r;
	path = seen(AT_FDCWD, path);
	return stat_past(path, st, &r) ? r : NEXT(stat)(path, st);
}

EXPORT int stat64(const char *path, struct stat64 *st)
{
	int r;

	if (stat_path(AT_FDCWD, path, AS_STAT(st), &r))
		return r;
	path = seen(AT_FDCWD, path);
	return stat_past(path, AS_STAT(st), &r) ? r : NEXT(stat64)(path, st);
}

EXPORT int lstat(const char *path, struct stat *st)
{
	int r;

	return stat_path(AT_FDCWD, path, st, &r) ? r : NEXT(lstat)(seen(AT_FDCWD, path), st);
}

EXPORT int lstat64(const char *path, struct stat64 *st)
{
	int r;

	return stat_path(AT_FDCWD, path, AS_STAT(st), &r) ? r : NEXT(lstat64)(seen(AT_FDCWD, path), st);
}

EXPORT int fstat(int fd, struct stat *st)
{
	return stat_fd(fd, st) ? 0 : NEXT(fstat)(fd, st);
}

EXPORT int fstat64(int fd, struct stat64 *st)
{
	return stat_fd(fd, AS_STAT(st)) ? 0 : NEXT(fstat64)(fd, st);
}

EXPORT int fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	int r;

	if (!*path && flags & AT_EMPTY_PATH)
		return stat_fd(dirfd, st) ? 0 : NEXT(fstatat)(dirfd, path, st, flags);
	return stat_path(dirfd, path, st, &r) ? r : NEXT(fstatat)(dirfd, seen(dirfd, path), st, flags);
}

EXPORT int fstatat64(int dirfd, const char *path, struct stat64 *st, int flags)
{
	int r;

	if (!*path && flags & AT_EMPTY_PATH)
		return stat_fd(dirfd, AS_STAT(st)) ? 0 : NEXT(fstatat64)(dirfd, path, st, flags);
	return stat_path(dirfd, path, AS_STAT(st), &r) ? r : NEXT(fstatat64)(dirfd, seen(dirfd, path), st, flags);
}

static void to_statx(const struct stat *st, struct statx *x)
{
	memset(x, 0, sizeof(*x));
	x->stx_mask = STATX_BASIC_STATS;
	x->stx_blksize = (u32)st->st_blksize;
	x->stx_nlink = 1;
	x->stx_uid = st->st_uid;
	x->stx_gid = st->st_gid;
	x->stx_mode = (u16)st->st_mode;
	x->stx_ino = st->st_ino;
	x->stx_rdev_major = major(st->st_rdev);
	x->stx_rdev_minor = minor(st->st_rdev);
}

EXPORT int statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *x)
{
	bool empty = !*path && flags & AT_EMPTY_PATH, ours;
	struct stat st;
	int r = 0;

	ours = empty ? stat_fd(dirfd, &st) : stat_path(dirfd, path, &st, &r);
	if (!ours)
		return NEXT(statx)(dirfd, empty ? path : seen(dirfd, path), flags, mask, x);
	if (r == 0)
		to_statx(&st, x);
	return r;
}

static bool access_node(int dirfd, const char *path, int want, int *r)
{
	const char *name = node_name_at(dirfd, path);
	int node;

	if (!name || !enter())
		return false;
	node = node_find(&sim, name);
	*r = leave(node < 0 ? node : node_access(&sim, (u32)node, want));
	return true;
}

EXPORT int access(const char *path, int want)
{
	int r;

	return access_node(AT_FDCWD, path, want, &r) ? r : NEXT(access)(seen(AT_FDCWD, path), want);
}

/* umockdev has no faccessat: what it would redirect for access() goes there. */
EXPORT int faccessat(int dirfd, const char *path, int want, int flags)
{
	int r;

	if (access_node(dirfd, path, want, &r))
		return r;
	if (getenv("RM_DIR") && (!strncmp(path, "/sys/", 5) || !strncmp(path, "/proc/", 6)))
		return NEXT(access)(seen(dirfd, path), want);
	return NEXT(faccessat)(dirfd, seen(dirfd, path), want, flags);
}

/* libc's own scandir() opens the folder behind umockdev's back. */
EXPORT int scandir(const char *path, struct dirent ***list, int (*filter)(const struct dirent *),
		   int (*compare)(const struct dirent **, const struct dirent **))
{
	const char *dir = getenv("RM_DIR");
	char moved[PATH_MAX];

	path = seen(AT_FDCWD, path);
	if (!dir || strncmp(path, "/sys", 4) || strlen(dir) + strlen(path) >= sizeof(moved))
		return NEXT(scandir)(path, list, filter, compare);
	strcat(strcpy(moved, dir), path);
	return NEXT(scandir)(moved, list, filter, compare);
}
