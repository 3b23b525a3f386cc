/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rm.h - the simulated NVIDIA resource manager (RM)
 *
 * One core for two front ends: a preloaded library for the host tests and
 * kernel modules for the virtual machine.  The core is freestanding C: it
 * allocates nothing, sleeps never by itself and keeps no pointer inside
 * struct rm_state, so the state may be mapped by several processes at
 * different addresses, copied as a file, or vmalloc()ed.
 *
 * The front end's part:
 *  - compile rm.c and every rm-*.c beside it (not preload.c, rm-test.c);
 *  - hold one lock around every call that takes the state;
 *  - give each caller's memory, events and time through struct rm_ops.
 *
 * What the core does is taken from the facts about the driver (sequence,
 * notes, measured layouts), never from the helper that is tested with it.
 * Where the facts are silent the core refuses; README.md lists the choices.
 */
#ifndef RM_H
#define RM_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

#define RM_MAJOR		195	/* all releases */
#define RM_MINOR_CTL		255
#define RM_MINOR_GPU_LAST	247
#define RM_MINOR_AUTO		0xffffffffU	/* first free, as at probe */

#define RM_MAX_GPUS		64
#define RM_MAX_FILES		512
#define RM_MAX_OBJECTS		1280	/* clients included */
#define RM_MAX_TYPES		2048	/* system-wide; the driver's own table ends with its memory */
#define RM_MAX_GPU_TYPES	128	/* the largest per-GPU limit (580+) */
#define RM_MAX_PLACEMENTS	48	/* the largest max_vgpu_per_pgpu */
#define RM_MAX_RULES		32
#define RM_MAX_DANGERS		16
#define RM_BLOCK_SIZE		5440	/* largest SET_INFO block, 580.94+ */
#define RM_MAX_PARAMS		20480	/* > 19592, the largest known block */
#define RM_MAX_IOCTL		16384	/* NV_ABSOLUTE_MAX_IOCTL_SIZE */
#define RM_VERSION_LEN		32
#define RM_LINE_MAX		512	/* longest line of rm_event_format() */

#define RM_STATE_MAGIC		0x6d727631U

/* Words of nv-status.tsv that the core itself answers with. */
#define NV_OK				0x00
#define NV_ERR_GPU_IS_LOST		0x0f
#define NV_ERR_INSERT_DUPLICATE_NAME	0x19
#define NV_ERR_INSUFFICIENT_RESOURCES	0x1a
#define NV_ERR_INSUFFICIENT_PERMISSIONS	0x1b
#define NV_ERR_INVALID_ADDRESS		0x1e
#define NV_ERR_INVALID_ARGUMENT		0x1f
#define NV_ERR_INVALID_CLASS		0x22
#define NV_ERR_INVALID_CLIENT		0x23
#define NV_ERR_INVALID_FLAGS		0x29
#define NV_ERR_INVALID_OBJECT_HANDLE	0x33
#define NV_ERR_INVALID_OBJECT_PARENT	0x36
#define NV_ERR_INVALID_PARAM_STRUCT	0x3a
#define NV_ERR_INVALID_STATE		0x40
#define NV_ERR_NO_MEMORY		0x51
#define NV_ERR_NOT_SUPPORTED		0x56
#define NV_ERR_OBJECT_NOT_FOUND		0x57

/* ------------------------------------------------------------------ GPUs */

/* rm_gpu_desc.flags */
#define RM_GPU_EXCLUDED		0x1	/* open gives EPERM, no card info */
#define RM_GPU_BROKEN		0x2	/* first open fails: EIO, init_status */
#define RM_GPU_SRIOV		0x4	/* the card has SR-IOV, with VFs or without */
#define RM_GPU_UNLISTED		0x8	/* lists are refused though the build hosts vGPUs, as on unlocked boards */

struct rm_gpu_desc {
	u32 domain;
	u8 bus, slot, function, revision;
	u16 vendor, device, subvendor, subdevice;
	u32 minor;		/* RM_MINOR_AUTO or a free one */
	u32 fb_mib, bar1_mib;
	u32 virt_mode;		/* answer of 0x800289; 3 = HOST_VGPU */
	u32 init_status;	/* for RM_GPU_BROKEN, e.g. 0x40 */
	u32 flags;
};

/* --------------------------------------------------------------- callers */

struct rm_event;

struct rm_ops {
	/* User memory. Return 0 or -EFAULT. */
	int (*copy_in)(void *ctx, void *dst, u64 user, size_t len);
	int (*copy_out)(void *ctx, u64 user, const void *src, size_t len);
	/* What sysfs shows for this GPU changed: read it with rm_visible_get().
	 * Called with the lock held, before the ioctl returns. May be NULL. */
	void (*types_changed)(void *ctx, unsigned int gpu);
	/* One line of the transcript. Pointers in *ev die with the call. NULL: none. */
	void (*trace)(void *ctx, const struct rm_event *ev);
	/* Injected hang. The front end may drop its lock meanwhile. */
	void (*sleep)(void *ctx, unsigned int ms);
	/* Injected hang of one caller at a time: who comes meanwhile waits for his turn first. */
	void (*queue)(void *ctx, unsigned int ms);
	/* Injected death of the caller (SIGKILL to itself). */
	void (*kill)(void *ctx);
	/* Injected signal to the caller, after its call. The front end may drop its lock meanwhile. */
	void (*signal)(void *ctx, unsigned int number); /* 0: SIGSTOP */
};

struct rm_caller {
	const struct rm_ops *ops;
	void *ctx;
	u32 owner;		/* process (tgid) */
	bool privileged;	/* CAP_SYS_ADMIN in the initial user namespace */
};

/* ------------------------------------------------------------ transcript */

enum rm_event_kind {
	RM_EV_OPEN,
	RM_EV_CLOSE,
	RM_EV_IOCTL,	/* any number that is none of the three below */
	RM_EV_ALLOC,
	RM_EV_FREE,
	RM_EV_CONTROL,
	RM_EV_NOTE,	/* belongs to the call that follows it */
	RM_EV_DANGER,	/* what would have hurt a real kernel */
	RM_EV_INJECT,
};

struct rm_event {
	enum rm_event_kind kind;
	u32 call;		/* number of the open/ioctl, from 1 */
	u32 owner;
	u32 minor;		/* of the file */
	u32 nr, size;		/* of the request; CONTROL: size of the parameters */
	u32 client, parent, object;
	u32 code;		/* class or control command */
	int error;		/* 0 or -errno of the call */
	u32 status;		/* RM status where there is one */
	bool has_status;
	bool has_object;	/* client, parent, object mean something */
	bool leaked;		/* RM_EV_CLOSE: not by close(2) */
	const void *in;		/* parameter block as it came */
	u32 in_len;
	const void *out;	/* and as it was answered (status 0 only) */
	u32 out_len;
	const char *text;	/* notes */
};

/* One line without newline, NUL-terminated; returns its length. */
size_t rm_event_format(char *buf, size_t len, const struct rm_event *ev);

/* ------------------------------------------------------------- injection */

enum rm_where {
	RM_AT_ANY,		/* every open and every ioctl */
	RM_AT_OPEN_CTL,
	RM_AT_OPEN_GPU,
	RM_AT_IOCTL,		/* select = nr */
	RM_AT_ALLOC,		/* select = class */
	RM_AT_FREE,
	RM_AT_CONTROL,		/* select = command */
};

enum rm_action {
	RM_DO_ERRNO,		/* arg = positive errno */
	RM_DO_STATUS,		/* arg = RM status; EINVAL where none exists */
	RM_DO_HANG,		/* arg = ms, then goes on normally */
	RM_DO_VANISH,		/* arg = GPU index; ~0: the GPU of the call */
	RM_DO_SHORT,		/* succeeds, but no parameters are copied back */
	RM_DO_KILL,
	RM_DO_FILL,		/* succeeds, but the answer is full of one byte: arg */
	RM_DO_STOP,		/* goes on normally, then the caller is stopped (SIGSTOP) */
	RM_DO_SIGNAL,		/* goes on normally, then the caller gets signal arg */
	RM_DO_MUTE,		/* succeeds, but nothing is copied back, not even a status */
	RM_DO_QUEUE,		/* arg = ms, one caller after the other, then goes on normally */
};

struct rm_rule {
	u32 where, select;
	u32 nth;		/* from the nth match on (1 = the first) */
	u32 times;		/* so many matches, 0 = for ever */
	u32 action, arg;
	u32 late;		/* 1: the driver does its work first */
	u32 seen;		/* matches so far; kept by the core */
};

/* ------------------------------------------------------------- the state */

/* rm_init() flags: the world around the driver */
#define RM_WORLD_NO_VFIO	0x1	/* nvidia-vgpu-vfio is not there */
#define RM_WORLD_PLAIN		0x2	/* not a vGPU host driver: class 0xA081 is a stub, or takes no types */
#define RM_WORLD_FRL_OFF	0x4	/* GET_TYPE_INFO says frlEnable 0 */
#define RM_WORLD_FORGET_LISTS	0x8	/* unbind empties a GPU's list */

struct rm_gpu {
	struct rm_gpu_desc desc;
	u32 id;			/* gpuId */
	u32 in_use;		/* bound to the driver */
	u32 lost;
	u32 open_count;		/* > 0: initialised */
	u32 instance;		/* device instance */
	u32 active;		/* running vGPUs */
	u32 active_type;	/* 1 + index of their type */
	u32 config_state;
	u32 fractional;
	u32 types;		/* length of the list */
	u32 placed;		/* placement ids were computed */
	u32 region;		/* GiB that they were computed in; 0: of no type with one instance */
	u16 slot[RM_MAX_GPU_TYPES];	/* 1 + index in rm_state.type[] */
	u16 visible[RM_MAX_GPU_TYPES];	/* the same, as sysfs shows it */
	u32 visibles;
};

struct rm_type {
	u32 id;
	u32 fractional_lost;	/* multiVgpuSupported was forced to 0 */
	u32 ignored;		/* later, different definitions of this id */
	u32 placement_size;	/* GiB; of the GPU that computed it last, as are the numbers of ids */
	u32 homogeneous, heterogeneous;
	u8 block[RM_BLOCK_SIZE];	/* the kernel's copy, as a SET_INFO block */
};

struct rm_object {
	u32 handle;		/* 0 = free */
	u32 client;		/* handle of the client, itself for clients */
	u32 parent;
	u32 class_id;
	u32 gpu;
	u32 file;		/* clients: the control file */
};

struct rm_file {
	u32 in_use;
	u32 minor;
	u32 gpu;		/* of a GPU node */
	u32 owner;
	u64 attached;		/* GPUs opened by ATTACH_GPUS_TO_FD */
};

enum rm_danger_kind {
	RM_DANGER_DIVIDE,	/* maxInstance 0: kernel divide error */
	RM_DANGER_REGION,	/* no type with one instance: the same */
	RM_DANGER_SHARE,	/* a share under 1 GiB: the same */
	RM_DANGER_OVERFLOW,	/* maxInstance over the driver's array */
	RM_DANGER_DISCARD_USED,	/* discard while a vGPU runs */
	RM_DANGER_DUPLICATE,	/* one id twice in one list */
	RM_DANGER_STRING,	/* a string without NUL */
};

struct rm_danger {
	u32 kind, gpu, type, value;
};

struct rm_state {
	u32 magic, size;
	char version[RM_VERSION_LEN];	/* what the driver says it is */
	u32 release;			/* version it behaves like, as a number */
	u32 layout;			/* row of rm_layouts[] */
	u32 world;			/* RM_WORLD_* */
	u32 calls;			/* opens and ioctls since rm_clear() */
	u32 next_handle;
	u32 fatal;			/* the kernel died: everything is -EIO */
	u32 dangers;			/* how many, also over RM_MAX_DANGERS */
	struct rm_danger danger[RM_MAX_DANGERS];
	u32 rules;
	struct rm_rule rule[RM_MAX_RULES];
	struct rm_gpu gpu[RM_MAX_GPUS];
	struct rm_file file[RM_MAX_FILES];
	struct rm_object object[RM_MAX_OBJECTS];
	u32 types;			/* known ones: so many of type[] are used */
	/* Scratch of the running call. */
	u8 arg[RM_MAX_IOCTL];
	u8 in[RM_MAX_PARAMS];
	u8 out[RM_MAX_PARAMS];
	u8 spare[RM_MAX_PARAMS];
	struct rm_type type[RM_MAX_TYPES];
};

/*
 * Start as a freshly loaded module of that release. `like` names the release
 * whose behaviour is used (NULL: the same); give it to simulate a release that
 * nobody knows. -EINVAL: the facts do not cover it.
 */
int rm_init(struct rm_state *rm, const char *version, const char *like, u32 world);

/*
 * Module unloaded and loaded again; -EBUSY while a node is open. Bound GPUs stay bound, and what the driver knew of
 * types is gone.
 */
int rm_reload(struct rm_state *rm);

/* Bind. Returns the GPU's index, -ENOSPC, -EEXIST (address or minor taken). */
int rm_add_gpu(struct rm_state *rm, const struct rm_gpu_desc *desc);
/*
 * Unbind; -EBUSY while it is open, unless force (then it is lost to its users). Its list waits for whatever is bound at
 * this address next.
 */
int rm_remove_gpu(struct rm_state *rm, unsigned int gpu, bool force);
/* Index of a bound GPU, or -ENOENT. */
int rm_find_gpu(const struct rm_state *rm, u32 domain, u32 bus, u32 slot);

/* open(2) of a node with this minor: file number or -errno. */
int rm_open(struct rm_state *rm, const struct rm_caller *c, u32 minor);
/* ioctl(2): 0 or -errno. */
int rm_ioctl(struct rm_state *rm, const struct rm_caller *c, unsigned int file, u32 request, u64 arg);
/* Last close. leaked: the process ended without closing. */
void rm_close(struct rm_state *rm, const struct rm_caller *c, unsigned int file, bool leaked);

/* In SR-IOV mode only its VFs show types. */
bool rm_in_sriov_mode(const struct rm_state *rm, unsigned int gpu);
/* Running vGPUs of a GPU, of its first type. -EIO: one more cannot be created. */
int rm_set_vgpus(struct rm_state *rm, unsigned int gpu, u32 active);
/* The status with which one more vGPU of this type would be refused, or NV_OK. */
u32 rm_create_status(const struct rm_state *rm, unsigned int gpu, u32 type);

struct rm_type_view {
	u32 id;
	char name[64], class_name[64];
	u32 max_instance, num_heads, max_x, max_y, frl_config;
	u32 fb_mib, reserved_mib, profile_mib;
	u32 ignored;		/* other definitions of this id that came too late */
	bool creatable;		/* GET_CREATABLE would list it */
};

/* Types of a GPU's virtual functions under the vendor's VFIO; 0: the function has none. */
struct rm_assigned {
	unsigned int gpu;
	const u32 *type;
	u32 count;
	bool mixed;		/* frame buffer sizes may differ */
};

/* The status with which a type would be refused to a function that has none, or NV_OK. */
u32 rm_assign_status(const struct rm_state *rm, const struct rm_assigned *assigned, u32 id);
/* Somebody has the GPU's node open, or an object on it: its unbindLock is not given. */
bool rm_has_clients(const struct rm_state *rm, unsigned int gpu);
/* Types show on whatever asks for them (535.216, 550.90 and later), else where 0xa0810109 has copied them. */
bool rm_types_show_at_once(const struct rm_state *rm);

/* The n-th entry of the GPU's list (GET_SUPPORTED), or of what sysfs shows. -ENOENT past the end. */
int rm_type_get(const struct rm_state *rm, unsigned int gpu, unsigned int n, struct rm_type_view *v);
int rm_visible_get(const struct rm_state *rm, unsigned int gpu, unsigned int n, struct rm_type_view *v);
/* sysfs `description`, without newline. */
size_t rm_type_description(char *buf, size_t len, const struct rm_type_view *v);

/* -ENOSPC: too many rules. */
int rm_inject(struct rm_state *rm, const struct rm_rule *rule);
/*
 * The same from text: WHERE[:SELECT][#NTH][*TIMES]=[late-]ACTION[:ARG], e.g.
 *   control:0xa0810101#3=status:0x56   open:ctl=errno:ENOENT   any#17=kill
 *   alloc:0xa081*0=errno:5   ioctl:210=hang:500   open:gpu=vanish
 * TIMES is 1 unless given, *0 means for ever. Statuses whose number differs from release to release have a name:
 *   control=status:DMA_XFER_FAILED
 * -EINVAL: not a rule, or not one of this release.
 */
int rm_inject_text(struct rm_state *rm, const char *text);
/* Forget rules, dangers and the call counter; the driver's own state stays. */
void rm_clear(struct rm_state *rm);

const char *rm_danger_text(u32 kind);

/* "570.86.15" -> comparable number, 0 if it is no version. */
u32 rm_release_number(const char *version);

#endif
