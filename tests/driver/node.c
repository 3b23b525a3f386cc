// SPDX-License-Identifier: GPL-2.0-only
/* node.c - the device nodes of the world: who made them, with which mode */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "world.h"

static void stand_in_path(const struct sim *sim, const char *name, char *path)
{
	snprintf(path, PATH_MAX, "%.*s/.rm/nodes/%s", PATH_MAX - 80, sim->dir, name);
}

int node_find(struct sim *sim, const char *name)
{
	int i;

	for (i = 0; i < MAX_NODES; i++)
		if (sim->w->node[i].in_use && !strcmp(sim->w->node[i].name, name))
			return i;
	return -ENOENT;
}

int node_of_fd(struct sim *sim, int fd)
{
	int file = file_find(sim, fd), i;
	struct stat st;

	if (file >= 0)
		return (int)sim->w->slot[file].node;
	if (syscall(SYS_fstat, fd, &st) < 0)
		return -ENOENT;
	for (i = 0; i < MAX_NODES; i++)
		if (sim->w->node[i].in_use && sim->w->node[i].ino == st.st_ino &&
		    sim->w->node[i].dev == st.st_dev)
			return i;
	return -ENOENT;
}

static int make_stand_in(struct sim *sim, struct node *node)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	stand_in_path(sim, node->name, path);
	unlink(path);
	fd = raw_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	syscall(SYS_fchmod, fd, 0666); /* not our own wrapper: the lock is held */
	syscall(SYS_fstat, fd, &st);
	syscall(SYS_close, fd);
	node->dev = st.st_dev;
	node->ino = st.st_ino;
	return 0;
}

void node_refresh(struct sim *sim, u32 node)
{
	make_stand_in(sim, &sim->w->node[node]);
}

static void node_line(struct sim *sim, const char *what, const struct node *n)
{
	world_line(sim, "- %s %s dev=%u:%u mode=%04o uid=%u gid=%u pid=%d", what, n->name, n->major, n->minor,
		   n->mode & 07777, n->uid, n->gid, getpid());
}

static struct node *free_node(struct sim *sim)
{
	int i;

	for (i = 0; i < MAX_NODES; i++)
		if (!sim->w->node[i].in_use)
			return &sim->w->node[i];
	return NULL;
}

static bool is_node_type(mode_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

int node_make(struct sim *sim, const char *name, mode_t mode, dev_t dev)
{
	struct node *n = free_node(sim);
	int r;

	if (!privileged() && is_node_type(mode))
		return -EPERM;
	if (node_find(sim, name) >= 0)
		return -EEXIST;
	if (!n || strlen(name) >= sizeof(n->name))
		return -ENOSPC;
	memset(n, 0, sizeof(*n));
	memcpy(n->name, name, strlen(name) + 1);
	n->mode = mode;
	n->uid = geteuid();
	n->gid = getegid();
	n->major = is_node_type(mode) ? major(dev) : 0;
	n->minor = is_node_type(mode) ? minor(dev) : 0;
	r = make_stand_in(sim, n);
	if (r < 0)
		return r;
	n->in_use = 1;
	node_line(sim, "mknod", n);
	return 0;
}

int node_remove(struct sim *sim, const char *name)
{
	int i = node_find(sim, name);
	char path[PATH_MAX];

	if (i < 0)
		return i;
	if (!privileged())
		return -EACCES;
	stand_in_path(sim, name, path);
	unlink(path);
	sim->w->node[i].in_use = 0;
	node_line(sim, "unlink", &sim->w->node[i]);
	return 0;
}

static void move_name(struct sim *sim, struct node *node, const char *to)
{
	char old[PATH_MAX], new[PATH_MAX];

	stand_in_path(sim, node->name, old);
	stand_in_path(sim, to, new);
	rename(old, new);
	memset(node->name, 0, sizeof(node->name));
	memcpy(node->name, to, strlen(to));
}

int node_rename(struct sim *sim, const char *from, const char *to, bool keep)
{
	int i = node_find(sim, from), old = node_find(sim, to);

	if (i < 0 || strlen(to) >= NODE_NAME_LEN)
		return i < 0 ? i : -ENAMETOOLONG;
	if (!privileged())
		return -EACCES;
	if (old >= 0 && keep)
		return -EEXIST;
	if (old >= 0)
		sim->w->node[old].in_use = 0;
	move_name(sim, &sim->w->node[i], to);
	node_line(sim, "rename", &sim->w->node[i]);
	return 0;
}

static bool owns(const struct node *n)
{
	return privileged() || n->uid == geteuid();
}

int node_chmod(struct sim *sim, u32 node, mode_t mode)
{
	struct node *n = &sim->w->node[node];

	if (!owns(n))
		return -EPERM;
	n->mode = (n->mode & S_IFMT) | (mode & 07777);
	node_line(sim, "chmod", n);
	return 0;
}

int node_chown(struct sim *sim, u32 node, uid_t uid, gid_t gid)
{
	struct node *n = &sim->w->node[node];

	if (!privileged())
		return -EPERM;
	if (uid != (uid_t)-1)
		n->uid = uid;
	if (gid != (gid_t)-1)
		n->gid = gid;
	node_line(sim, "chown", n);
	return 0;
}

int node_access(const struct sim *sim, u32 node, int want)
{
	const struct node *n = &sim->w->node[node];
	u32 bits = n->mode;

	if (privileged())
		return want & X_OK && !(n->mode & 0111) ? -EACCES : 0;
	if (n->uid == geteuid())
		bits >>= 6;
	else if (n->gid == getegid())
		bits >>= 3;
	return (bits & (u32)want & 7) == (u32)want ? 0 : -EACCES;
}

void node_stat(const struct sim *sim, u32 node, struct stat *st)
{
	const struct node *n = &sim->w->node[node];

	memset(st, 0, sizeof(*st));
	st->st_dev = n->dev;
	st->st_ino = n->ino;
	st->st_mode = n->mode;
	st->st_nlink = 1;
	st->st_uid = n->uid;
	st->st_gid = n->gid;
	st->st_rdev = makedev(n->major, n->minor);
	st->st_blksize = 4096;
}
