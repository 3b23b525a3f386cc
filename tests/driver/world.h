/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world.h - the host front end's world: one directory, shared by all processes
 *
 * DIR is also umockdev's testbed (DIR/sys, DIR/proc).  The state of the
 * driver, the device nodes and the PCI functions stand in one mapped file,
 * DIR/.rm/state, so that copying that file is a snapshot.
 */
#ifndef WORLD_H
#define WORLD_H

#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "rm.h"

#define WORLD_MAGIC	0x6d777231U
#define MAX_NODES	160
#define MAX_FUNCTIONS	192
#define NODE_NAME_LEN	48

enum {
	WORLD_VENDOR_VFIO = 0x1,	/* per-VF nvidia/ folders instead of mdev */
	WORLD_LOADED = 0x2,		/* nvidia.ko is loaded */
};

/* A file below /dev that begins with "nvidia". */
struct node {
	u32 in_use;
	u32 mode, uid, gid;		/* mode with its type */
	u32 major, minor;
	u64 dev, ino;			/* of the stand-in DIR/.rm/nodes/NAME */
	char name[NODE_NAME_LEN];
};

/* Which of our own files stands for an open file of the driver. */
struct slot {
	u64 dev, ino;
	u32 node;
};

struct pci_function {
	u32 in_use;
	u32 domain, bus, slot, function;
	u32 vendor, device, subvendor, subdevice, class_code, revision;
	u32 fb_mib, bar1_mib, minor, vfs, virt_mode, gpu_flags, init_status;
	u32 total_vfs;			/* what its SR-IOV capability says; 0: it has none */
	u32 vf_of;			/* 1 + index of the physical function */
	u32 created;			/* vGPUs that sysfs shows */
	char driver[24];		/* "" = none */
	char home[24];			/* the driver `bind` uses by default */
};

struct world {
	u32 magic, size;
	u32 flags;
	u32 tell_created;		/* somebody made vGPUs: keep their folders right */
	u32 params_modify, params_uid, params_gid, params_mode;
	struct node node[MAX_NODES];
	struct slot slot[RM_MAX_FILES];
	struct pci_function function[MAX_FUNCTIONS];
	struct rm_state rm;
};

/* One process's view. */
struct sim {
	char dir[PATH_MAX];
	struct world *w;
	pthread_mutex_t *lock;
	pid_t pid;			/* of the running call */
	u32 trace;			/* 0 nothing, 1 lines, 2 blocks, 3 answers too */
};

/* world.c */
/* open(2) itself: umockdev's asks for a device behind each file, with half a dozen system calls. */
int raw_open(const char *path, int flags, mode_t mode);
int world_create(struct sim *sim, const char *dir);
int world_attach(struct sim *sim, const char *dir);
void world_lock(struct sim *sim);
void world_unlock(struct sim *sim);
void world_caller(struct sim *sim, struct rm_caller *c);
void world_line(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Closes what nobody holds any more. */
void world_reap(struct sim *sim);

/* files.c: real descriptors that stand for the driver's files */
int file_open(struct sim *sim, const struct rm_caller *c, u32 node, int flags);
int file_find(struct sim *sim, int fd);		/* file number or -1 */
void file_closed(struct sim *sim, const struct rm_caller *c, u32 file);
void file_leak_all(struct sim *sim);		/* at exit */

/* node.c: device nodes. All return 0, an index, or -errno. */
int node_find(struct sim *sim, const char *name);
int node_make(struct sim *sim, const char *name, mode_t mode, dev_t dev);
int node_remove(struct sim *sim, const char *name);
int node_rename(struct sim *sim, const char *from, const char *to, bool keep);
int node_chmod(struct sim *sim, u32 node, mode_t mode);
int node_chown(struct sim *sim, u32 node, uid_t uid, gid_t gid);
int node_access(const struct sim *sim, u32 node, int want);
void node_stat(const struct sim *sim, u32 node, struct stat *st);
void node_refresh(struct sim *sim, u32 node);	/* after a snapshot came back */
int node_of_fd(struct sim *sim, int fd);
bool privileged(void);

/* sysfs.c: what the testbed's /sys and /proc show */
void sysfs_types(struct sim *sim, unsigned int gpu);
int sysfs_function(struct sim *sim, u32 function);	/* (re)write one PCI function */
void sysfs_remove(struct sim *sim, u32 function);
int sysfs_module(struct sim *sim);			/* modules, /proc/devices, params */

#endif
