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
#define PARAMS_LEN	1024	/* vgpu_params; the real bound is not known */
#define VF_OFFSET	4	/* sriov_offset */
#define MAX_STUB_IDS	8

enum {
	WORLD_VENDOR_VFIO = 0x1,	/* per-VF nvidia/ folders instead of mdev */
	WORLD_LOADED = 0x2,		/* nvidia.ko is loaded */
	WORLD_NO_IOMMU = 0x4,
	WORLD_NO_STUB = 0x8,		/* the kernel has no pci-pf-stub */
	WORLD_MIXED_SIZES = 0x10,	/* frame buffer sizes may differ on a GPU */
	WORLD_GUIDE_LIST = 0x20,	/* creatable_vgpu_types as the user's guide prints it: name, id, no header */
	WORLD_EMPTY_LIST = 0x40,	/* nothing creatable is no line at all, not even the header */
};

enum {
	LOCK_TAKE = 1,
	LOCK_RELEASE,
	LOCK_NONSENSE,
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
	u32 autoprobe_off;		/* sriov_drivers_autoprobe is 0 */
	u32 numvfs_error, numvfs_most;	/* injected: the errno of a write to sriov_numvfs; fewer VFs than asked for */
	u32 locked, lock_asked;		/* unbindLock is held; what was written to it since (LOCK_*) */
	u32 vf_of;			/* 1 + index of the physical function */
	u32 vf_index;			/* N of virtfnN */
	u32 registered;			/* a VF that vgpu-vfio has, from ready_at on */
	u32 dead;			/* a VF that it had before, and has no vfio device for */
	u64 ready_at;
	u32 vgpu_type;			/* of a VF, vendor's VFIO */
	u32 busy, create_status, create_fails;	/* injected: EBUSY for so many zeros; a status for so many types */
	u32 rival;			/* injected: the type that somebody else is faster with; 0: nobody */
	u32 lost_types, lost_params;	/* injected: so many are accepted, and not there */
	char params[PARAMS_LEN];
	u32 created;			/* vGPUs that sysfs shows */
	char driver[24];		/* "" = none */
	char home[24];			/* the driver `bind` uses by default */
};

struct world {
	u32 magic, size;
	u32 flags;
	u32 tell_created;		/* somebody made vGPUs: keep their folders right */
	u32 params_modify, params_uid, params_gid, params_mode;
	u32 register_ms;		/* from a VF's bind to its types */
	u32 page;			/* most bytes of creatable_vgpu_types */
	u32 messages;			/* of the kernel's log */
	u32 asked;			/* somebody wrote to an unbindLock */
	u64 ahead;			/* virtual time, ms */
	u64 due;			/* when sysfs changes next by itself; 0: never */
	u32 stub_id[MAX_STUB_IDS];	/* of pci-pf-stub: vendor << 16 | device */
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
	pthread_mutex_t *turn;		/* of who is at work in a call that is queued for */
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

u64 world_now(const struct sim *sim);	/* ms */
void world_catch_up(struct sim *sim);	/* whenever sysfs is looked at */
void world_kmsg(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* pci.c: PCI functions and their drivers. All return 0, an index, or -errno. */
bool pci_parse(const char *text, struct pci_function *f);
int pci_find(const struct sim *sim, const char *text);
struct pci_function *pci_new(struct sim *sim, u32 *index);
u32 pci_index(const struct sim *sim, const struct pci_function *f);
struct pci_function *pci_physical(struct sim *sim, struct pci_function *f);
int pci_gpu(const struct sim *sim, const struct pci_function *f);	/* of the RM, for a PF */
bool pci_is_gpu(const struct pci_function *f);
bool pci_is_ready(const struct sim *sim, const struct pci_function *vf);
u32 pci_numvfs(const struct sim *sim, u32 pf);
int pci_bind(struct sim *sim, u32 index, const char *driver);
int pci_unbind(struct sim *sim, u32 index, bool force);	/* -EBUSY while it is open */
int pci_add_vfs(struct sim *sim, u32 pf, u32 count);
void pci_remove_vfs(struct sim *sim, u32 pf);
void pci_remove(struct sim *sim, u32 index);
int pci_show(struct sim *sim, u32 index);

/* attributes.c: files of /sys and /proc that do something. */
/* What a path below DIR means: a name for attribute_store(), 0 for a plain file, or -errno of opening it to write. */
int attribute_name(struct sim *sim, const char *path, char *name, size_t size);
int attribute_store(struct sim *sim, const char *name, const char *text, size_t len);
int attribute_read_error(struct sim *sim, const char *path);	/* 0 or -errno */
void attribute_settle(struct sim *sim);		/* unbindLock: what was written and closed meanwhile */
u32 attribute_status(struct sim *sim, const struct pci_function *vf, u32 id);	/* of a type, NV_OK if it could be set */

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
