// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctl.c - rm-ctl: makes and changes a world; `simulate` is its face
 *
 * usage: rm-ctl DIR COMMAND [ARG...]
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "rm-core.h"
#include "world.h"

struct option {
	const char *name;
	u32 *value;
};

static struct sim sim;

__attribute__((format(printf, 1, 2)))
static int fail(const char *format, ...)
{
	va_list args;

	fputs("simulate: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return 1;
}

static int fail_errno(const char *what, int r)
{
	return fail("%s: %s", what, strerror(-r));
}

static bool to_number(const char *text, int base, u32 *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, base);
	if (errno || *end || end == text || n > 0xffffffffUL)
		return false;
	*value = (u32)n;
	return true;
}

/* ------------------------------------------------------------ functions */

static bool parse_bdf(const char *text, struct pci_function *f)
{
	int used = 0;

	if (sscanf(text, "%x:%x:%x.%x%n", &f->domain, &f->bus, &f->slot, &f->function, &used) != 4)
		return false;
	return !text[used] && f->bus < 256 && f->slot < 32 && f->function < 8;
}

static int find_function(const char *text)
{
	struct pci_function want;
	int i;

	if (!parse_bdf(text, &want))
		return -EINVAL;
	for (i = 0; i < MAX_FUNCTIONS; i++) {
		const struct pci_function *f = &sim.w->function[i];

		if (f->in_use && f->domain == want.domain && f->bus == want.bus && f->slot == want.slot &&
		    f->function == want.function)
			return i;
	}
	return -ENOENT;
}

static struct pci_function *new_function(u32 *index)
{
	for (*index = 0; *index < MAX_FUNCTIONS; (*index)++) {
		struct pci_function *f = &sim.w->function[*index];

		if (f->in_use)
			continue;
		memset(f, 0, sizeof(*f));
		f->in_use = 1;
		return f;
	}
	return NULL;
}

static int gpu_of(const struct pci_function *f)
{
	return f->vf_of ? -ENOENT : rm_find_gpu(&sim.w->rm, f->domain, f->bus, f->slot);
}

static bool is_gpu(const struct pci_function *f)
{
	return f->vendor == 0x10de && f->class_code >> 16 == 0x03 && !f->vf_of;
}

static bool is_drivers(const struct pci_function *f)
{
	return is_gpu(f) && !strcmp(f->driver, "nvidia") && sim.w->flags & WORLD_LOADED;
}

static int bind_gpu(struct pci_function *f)
{
	struct rm_gpu_desc d = {
		.domain = f->domain, .bus = (u8)f->bus, .slot = (u8)f->slot, .function = (u8)f->function,
		.revision = (u8)f->revision, .vendor = (u16)f->vendor, .device = (u16)f->device,
		.subvendor = (u16)f->subvendor, .subdevice = (u16)f->subdevice, .minor = f->minor,
		.fb_mib = f->fb_mib, .bar1_mib = f->bar1_mib, .virt_mode = f->virt_mode,
		.init_status = f->init_status, .flags = f->gpu_flags | (f->total_vfs ? RM_GPU_SRIOV : 0),
	};

	return rm_add_gpu(&sim.w->rm, &d);
}

/* VFs count on from function 4 of the PF, as on the virtual bus of the VM. */
static int add_vfs(u32 pf)
{
	struct pci_function *f = &sim.w->function[pf], *vf;
	u32 i, index, devfn;

	for (i = 0; i < f->vfs; i++) {
		vf = new_function(&index);
		if (!vf)
			return -ENOSPC;
		*vf = *f;
		devfn = f->slot * 8 + f->function + 4 + i;
		vf->slot = devfn >> 3;
		vf->function = devfn & 7;
		vf->bus = f->bus + (devfn >> 8);
		vf->slot &= 31;
		vf->vfs = 0;
		vf->total_vfs = 0;
		vf->vf_of = pf + 1;
		if (sysfs_function(&sim, index) < 0)
			return -EIO;
	}
	return 0;
}

/* A VF by itself gets types from a driver that is asked, and none from one that has copied its list. */
static int show_function(u32 index)
{
	const struct pci_function *f = &sim.w->function[index], *pf = f->vf_of ? &sim.w->function[f->vf_of - 1] : f;
	int gpu = gpu_of(pf), r = sysfs_function(&sim, index);

	if (r == 0 && is_drivers(pf) && gpu >= 0 && (pf == f || rm_types_show_at_once(&sim.w->rm)))
		sysfs_types(&sim, (unsigned int)gpu);
	return r;
}

/* -------------------------------------------------- key=value arguments */

static bool parse_ids(const char *text, struct pci_function *f)
{
	int n = 0, used = 0;

	n = sscanf(text, "%4x:%4x%n:%4x:%4x%n", &f->vendor, &f->device, &used, &f->subvendor, &f->subdevice, &used);
	return (n == 2 || n == 4) && !text[used];
}

static bool set_class(struct pci_function *f, const char *text)
{
	u32 value;

	if (!to_number(text, 16, &value))
		return false;
	f->class_code = value < 0x10000 ? value << 8 : value;
	return true;
}

static bool set_driver(struct pci_function *f, const char *text)
{
	if (strlen(text) >= sizeof(f->driver))
		return false;
	snprintf(f->driver, sizeof(f->driver), "%s", strcmp(text, "none") ? text : "");
	return true;
}

static bool set_flag(struct pci_function *f, const char *key)
{
	static const struct { const char *name; u32 flag; } flags[] = {
		{ "excluded", RM_GPU_EXCLUDED }, { "unlisted", RM_GPU_UNLISTED },
	};
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!strcmp(flags[i].name, key)) {
			f->gpu_flags |= flags[i].flag;
			return true;
		}
	return false;
}

static bool set_key(struct pci_function *f, const char *key, const char *value)
{
	const struct option options[] = {
		{ "fb", &f->fb_mib }, { "bar1", &f->bar1_mib }, { "minor", &f->minor }, { "vfs", &f->vfs },
		{ "totalvfs", &f->total_vfs },
		{ "virt", &f->virt_mode }, { "rev", &f->revision }, { "broken", &f->init_status },
	};
	size_t i;

	if (!strcmp(key, "class"))
		return set_class(f, value);
	if (!strcmp(key, "driver"))
		return set_driver(f, value);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(options[i].name, key))
			return to_number(value, 0, options[i].value);
	return false;
}

static bool parse_key(struct pci_function *f, char *item)
{
	char *value = strchr(item, '=');

	if (!value)
		return set_flag(f, item);
	*value++ = 0;
	return set_key(f, item, value);
}

/* BDF=VVVV:DDDD[:SVVV:SDDD][,key=value]... */
static int parse_gpu(char *text, struct pci_function *f)
{
	char *ids = strchr(text, '='), *item, *rest = NULL;

	if (!ids)
		return -EINVAL;
	*ids++ = 0;
	if (!parse_bdf(text, f))
		return -EINVAL;
	item = strtok_r(ids, ",", &rest);
	if (!item || !parse_ids(item, f))
		return -EINVAL;
	while ((item = strtok_r(NULL, ",", &rest)))
		if (!parse_key(f, item))
			return -EINVAL;
	if (f->init_status)
		f->gpu_flags |= RM_GPU_BROKEN;
	return 0;
}

static void set_defaults(struct pci_function *f)
{
	f->class_code = 0x030200;
	f->revision = 0xa1;
	f->fb_mib = 24576;
	f->bar1_mib = 256;
	f->minor = RM_MINOR_AUTO;
	f->virt_mode = 3;
	f->total_vfs = RM_NONE;
	strcpy(f->driver, "?");
}

/* The boards of Ampere and later that are sold for vGPU, by pci.ids; GeForce boards of these chips have no SR-IOV. */
static bool is_sriov_board(const struct pci_function *f)
{
	static const struct { u32 first, last; } boards[] = {
		{ 0x2080, 0x20fd }, { 0x2230, 0x223f }, { 0x2302, 0x2348 }, { 0x24b0, 0x24bf }, { 0x25b0, 0x25bf },
		{ 0x26b0, 0x26bf }, { 0x27b0, 0x27bf }, { 0x2901, 0x2941 }, { 0x2bb0, 0x2bbf }, { 0x3182, 0x31c2 },
	};
	size_t i;

	for (i = 0; i < sizeof(boards) / sizeof(boards[0]); i++)
		if (f->device >= boards[i].first && f->device <= boards[i].last)
			return is_gpu(f);
	return false;
}

/* Without totalvfs=: what the card has. */
static void choose_functions(struct pci_function *f)
{
	if (f->total_vfs == RM_NONE)
		f->total_vfs = is_sriov_board(f) ? 16 : 0;
	if (f->total_vfs < f->vfs)
		f->total_vfs = f->vfs;
}

/* Without driver=: what a stock system would bind. */
static void choose_driver(struct pci_function *f)
{
	if (strcmp(f->driver, "?"))
		return;
	f->driver[0] = 0;
	if (f->vendor == 0x10de && f->class_code >> 16 == 0x03)
		strcpy(f->driver, "nvidia");
	else if (f->vendor == 0x8086 && f->class_code >> 16 == 0x03)
		strcpy(f->driver, "i915");
	else if (f->class_code >> 8 == 0x0403)
		strcpy(f->driver, "snd_hda_intel");
}

static int add_function(char *text)
{
	struct pci_function wanted, *f;
	u32 index;
	int r;

	memset(&wanted, 0, sizeof(wanted));
	set_defaults(&wanted);
	r = parse_gpu(text, &wanted);
	if (r < 0)
		return r;
	f = new_function(&index);
	if (!f)
		return -ENOSPC;
	choose_driver(&wanted);
	choose_functions(&wanted);
	wanted.in_use = 1;
	memcpy(wanted.home, is_gpu(&wanted) ? "nvidia" : wanted.driver, is_gpu(&wanted) ? 7 : sizeof(wanted.home));
	*f = wanted;
	r = is_drivers(f) ? bind_gpu(f) : 0;
	if (r < 0) {
		f->in_use = 0;
		return r;
	}
	r = add_vfs(index);
	return r < 0 ? r : show_function(index);
}

/* ---------------------------------------------------------------- create */

static int make_folder(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*s%s", PATH_MAX - 64, sim.dir, name);
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return -errno;
	/* Whoever runs a program in this world writes here. */
	return chmod(path, 0777) < 0 ? -errno : 0;
}

static int make_layout(const char *dir)
{
	static const char *const folders[] = { "", "/.rm", "/.rm/open", "/.rm/nodes", "/blocks", "/dev", "/sys" };
	size_t i;
	int r = 0;

	if (strlen(dir) >= sizeof(sim.dir))
		return -ENAMETOOLONG;
	strcpy(sim.dir, dir);
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]) && r == 0; i++)
		r = make_folder(folders[i]);
	return r;
}

static void touch(const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%.*s/%s", PATH_MAX - 64, sim.dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd >= 0 && fchmod(fd, 0666) == 0)
		close(fd);
}

struct wish {
	const char *version, *like;
	u32 world, flags;
	u32 modify, uid, gid, mode;
	bool nodes;
};

static bool world_word(struct wish *w, const char *word)
{
	static const struct { const char *name; u32 world, flags; } words[] = {
		{ "no-vfio", RM_WORLD_NO_VFIO, 0 }, { "plain", RM_WORLD_PLAIN | RM_WORLD_NO_VFIO, 0 },
		{ "frl-off", RM_WORLD_FRL_OFF, 0 }, { "forget-lists", RM_WORLD_FORGET_LISTS, 0 },
		{ "vendor-vfio", 0, WORLD_VENDOR_VFIO },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].name, word)) {
			w->world |= words[i].world;
			w->flags |= words[i].flags;
			return true;
		}
	return false;
}

static bool wish_for(struct wish *w, char *arg)
{
	char *value = strchr(arg, '=');
	size_t i;
	const struct option options[] = {
		{ "modify", &w->modify }, { "uid", &w->uid }, { "gid", &w->gid }, { "mode", &w->mode },
	};

	if (!strcmp(arg, "unloaded"))
		w->flags &= ~(u32)WORLD_LOADED;
	else if (!strcmp(arg, "nodes"))
		w->nodes = true;
	else if (!value)
		return world_word(w, arg);
	if (!value)
		return true;
	*value++ = 0;
	if (!strcmp(arg, "version"))
		return (w->version = value) != NULL;
	if (!strcmp(arg, "like"))
		return (w->like = value) != NULL;
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(options[i].name, arg))
			return to_number(value, 0, options[i].value);
	return false;
}

static int make_nodes(void)
{
	char name[32];
	u32 i;
	int r = node_make(&sim, "nvidiactl", S_IFCHR | 0666, makedev(RM_MAJOR, RM_MINOR_CTL));

	for (i = 0; i < RM_MAX_GPUS && r == 0; i++) {
		if (!sim.w->rm.gpu[i].in_use)
			continue;
		snprintf(name, sizeof(name), "nvidia%u", sim.w->rm.gpu[i].desc.minor);
		r = node_make(&sim, name, S_IFCHR | 0666, makedev(RM_MAJOR, sim.w->rm.gpu[i].desc.minor));
	}
	return r;
}

static int start_world(const char *dir, const struct wish *w)
{
	int r = make_layout(dir);

	if (r == 0)
		r = world_create(&sim, dir);
	if (r < 0)
		return r;
	sim.w->flags = w->flags;
	sim.w->params_modify = w->modify;
	sim.w->params_uid = w->uid;
	sim.w->params_gid = w->gid;
	sim.w->params_mode = w->mode;
	touch("transcript");
	touch(".rm/lock");
	return rm_init(&sim.w->rm, w->version, w->like, w->world);
}

/* new version=V [like=V] [WORD...] -- [GPU...] */
static int cmd_new(const char *dir, int argc, char **argv)
{
	struct wish w = { .flags = WORLD_LOADED, .modify = 1, .mode = 438 };
	int i, r;

	umask(0);
	for (i = 0; i < argc && strcmp(argv[i], "--"); i++)
		if (!wish_for(&w, argv[i]))
			return fail("'%s' is not understood", argv[i]);
	if (!w.version)
		return fail("--driver is missing");
	r = start_world(dir, &w);
	if (r == -EINVAL)
		return fail("the facts do not cover driver %s (try --like)", w.like ? w.like : w.version);
	if (r < 0)
		return fail_errno(dir, r);
	sysfs_module(&sim);
	for (i++; i < argc; i++) {
		r = add_function(argv[i]);
		if (r < 0)
			return fail("--gpu %s: %s", argv[i], strerror(-r));
	}
	r = w.nodes ? make_nodes() : 0;
	return r < 0 ? fail_errno("--nodes", r) : 0;
}

/* --------------------------------------------------------------- commands */

static int cmd_add(int argc, char **argv)
{
	int r = argc == 1 ? add_function(argv[0]) : -EINVAL;

	return r < 0 ? fail("add: %s", strerror(-r)) : 0;
}

static int take_function(int argc, char **argv, u32 *index)
{
	int r = argc > 0 ? find_function(argv[0]) : -EINVAL;

	if (r < 0)
		return fail("%s: no such PCI function", argc > 0 ? argv[0] : "?");
	*index = (u32)r;
	return 0;
}

static bool has_word(int argc, char **argv, const char *word)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strcmp(argv[i], word))
			return true;
	return false;
}

/* The driver lets go of the GPU: its types leave sysfs, its VFs go away with it. */
static int release_gpu(struct pci_function *f, bool force)
{
	int gpu = gpu_of(f), r = 0;

	if (gpu < 0)
		return 0;
	r = rm_remove_gpu(&sim.w->rm, (unsigned int)gpu, force);
	if (r < 0)
		return r;
	f->created = 0;
	sysfs_types(&sim, (unsigned int)gpu);
	return 0;
}

static void remove_vfs(u32 pf)
{
	u32 i;

	for (i = 0; i < MAX_FUNCTIONS; i++)
		if (sim.w->function[i].in_use && sim.w->function[i].vf_of == pf + 1) {
			sysfs_remove(&sim, i);
			sim.w->function[i].in_use = 0;
		}
}

/* unbind BDF [force] */
static int cmd_unbind(int argc, char **argv)
{
	u32 index;
	int r = take_function(argc, argv, &index);

	if (r)
		return r;
	r = release_gpu(&sim.w->function[index], has_word(argc, argv, "force"));
	if (r < 0)
		return fail_errno(argv[0], r);
	remove_vfs(index);
	sim.w->function[index].driver[0] = 0;
	return -sysfs_function(&sim, index);
}

/* bind BDF [DRIVER] */
static int cmd_bind(int argc, char **argv)
{
	struct pci_function *f;
	u32 index;
	int r = take_function(argc, argv, &index);

	if (r)
		return r;
	f = &sim.w->function[index];
	if (f->driver[0])
		return fail("%s: bound to %s", argv[0], f->driver);
	if (!set_driver(f, argc > 1 ? argv[1] : f->home))
		return fail("%s: not a driver's name", argv[1]);
	r = is_drivers(f) ? bind_gpu(f) : 0;
	if (r >= 0)
		r = add_vfs(index);
	if (r >= 0)
		r = show_function(index);
	return r < 0 ? fail_errno(argv[0], r) : 0;
}

/* remove BDF: surprise removal, users or not */
static int cmd_remove(int argc, char **argv)
{
	u32 index;
	int r = take_function(argc, argv, &index);

	if (r)
		return r;
	release_gpu(&sim.w->function[index], true);
	remove_vfs(index);
	sysfs_remove(&sim, index);
	sim.w->function[index].in_use = 0;
	return 0;
}

static int unload(void)
{
	u32 i;
	int r = rm_reload(&sim.w->rm);

	if (r < 0)
		return r;
	sim.w->flags &= ~(u32)WORLD_LOADED;
	for (i = 0; i < MAX_FUNCTIONS; i++) {
		struct pci_function *f = &sim.w->function[i];

		if (!f->in_use || strcmp(f->driver, "nvidia"))
			continue;
		release_gpu(f, true);
		remove_vfs(i);
		f->driver[0] = 0;
		sysfs_function(&sim, i);
	}
	/* Lists do not survive the module, whatever the world. */
	rm_reload(&sim.w->rm);
	sysfs_module(&sim);
	return 0;
}

static int load_one(u32 index, bool fresh_minors)
{
	struct pci_function *f = &sim.w->function[index];
	int r;

	if (!f->in_use || f->driver[0] || strcmp(f->home, "nvidia"))
		return 0;
	strcpy(f->driver, "nvidia");
	if (fresh_minors)
		f->minor = RM_MINOR_AUTO;
	r = is_gpu(f) ? bind_gpu(f) : 0;
	if (r >= 0)
		r = add_vfs(index);
	return r < 0 ? r : show_function(index);
}

/* load [reverse]: with reverse the minors are given out from the last GPU on */
static int load(bool reverse)
{
	u32 i;
	int r = 0;

	sim.w->flags |= WORLD_LOADED;
	sysfs_module(&sim);
	for (i = 0; i < MAX_FUNCTIONS && r >= 0; i++)
		r = load_one(reverse ? MAX_FUNCTIONS - 1 - i : i, reverse);
	return r < 0 ? r : 0;
}

static int cmd_unload(int argc, char **argv)
{
	int r = unload();

	(void)argc;
	(void)argv;
	return r < 0 ? fail_errno("unload", r) : 0;
}

static int cmd_load(int argc, char **argv)
{
	int r = load(has_word(argc, argv, "reverse"));

	return r < 0 ? fail_errno("load", r) : 0;
}

static int cmd_reload(int argc, char **argv)
{
	return cmd_unload(argc, argv) || cmd_load(argc, argv);
}

/* vgpus BDF ACTIVE [CREATED] */
static int cmd_vgpus(int argc, char **argv)
{
	u32 index, active, created;
	int gpu, r = take_function(argc, argv, &index);

	if (r)
		return r;
	gpu = gpu_of(&sim.w->function[index]);
	if (argc < 2 || !to_number(argv[1], 10, &active) || gpu < 0)
		return fail("usage: vgpus DIR BDF ACTIVE [CREATED]");
	created = active;
	if (argc > 2 && !to_number(argv[2], 10, &created))
		return fail("%s: not a number", argv[2]);
	if (rm_set_vgpus(&sim.w->rm, (unsigned int)gpu, active) < 0)
		return fail("%s: its first type has no placement id", argv[0]);
	sim.w->function[index].created = created;
	sim.w->tell_created = 1;
	sysfs_types(&sim, (unsigned int)gpu);
	return 0;
}

/* create BDF TYPE: whether one more vGPU of that type could be created; none is */
static int cmd_create(int argc, char **argv)
{
	u32 index, type, status;
	int gpu, r = take_function(argc, argv, &index);

	if (r)
		return r;
	gpu = gpu_of(&sim.w->function[index]);
	if (argc != 2 || !to_number(argv[1], 10, &type) || gpu < 0)
		return fail("usage: create DIR BDF TYPE");
	status = rm_create_status(&sim.w->rm, (unsigned int)gpu, type);
	return status ? fail("%s: nvidia-%u: status 0x%x", argv[0], type, status) : 0;
}

/* vfio on|off: nvidia-vgpu-vfio comes or goes */
static int cmd_vfio(int argc, char **argv)
{
	bool on = has_word(argc, argv, "on");
	u32 i;

	sim.w->rm.world = on ? sim.w->rm.world & ~(u32)RM_WORLD_NO_VFIO : sim.w->rm.world | RM_WORLD_NO_VFIO;
	sysfs_module(&sim);
	for (i = 0; i < RM_MAX_GPUS; i++)
		if (sim.w->rm.gpu[i].in_use)
			sysfs_types(&sim, i);
	return 0;
}

static int cmd_inject(int argc, char **argv)
{
	int i, r;

	for (i = 0; i < argc; i++) {
		r = rm_inject_text(&sim.w->rm, argv[i]);
		if (r < 0)
			return fail("%s: %s", argv[i], r == -EINVAL ? "not a rule" : strerror(-r));
	}
	return argc ? 0 : fail("inject: no rule");
}

static int cmd_clear(int argc, char **argv)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d;

	(void)argc;
	(void)argv;
	rm_clear(&sim.w->rm);
	touch("transcript");
	snprintf(path, sizeof(path), "%.*s/blocks", PATH_MAX - 64, sim.dir);
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	return 0;
}

static int cmd_calls(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("%u\n", sim.w->rm.calls);
	return 0;
}

static void print_type(const struct rm_type_view *v)
{
	printf("%u name='%s' class='%s' max_instance=%u heads=%u resolution=%ux%u frl=%u fb=%u reserved=%u "
	       "profile=%u creatable=%d ignored=%u\n", v->id, v->name, v->class_name, v->max_instance,
	       v->num_heads, v->max_x, v->max_y, v->frl_config, v->fb_mib, v->reserved_mib, v->profile_mib,
	       v->creatable, v->ignored);
}

/* types BDF [visible] */
static int cmd_types(int argc, char **argv)
{
	bool visible = has_word(argc, argv, "visible");
	struct rm_type_view v;
	unsigned int n;
	u32 index;
	int gpu, r = take_function(argc, argv, &index);

	if (r)
		return r;
	gpu = gpu_of(&sim.w->function[index]);
	if (gpu < 0)
		return 0;
	for (n = 0; !(visible ? rm_visible_get : rm_type_get)(&sim.w->rm, (unsigned int)gpu, n, &v); n++)
		print_type(&v);
	return 0;
}

/* 1 if something happened that would have hurt a real kernel */
static int cmd_oops(int argc, char **argv)
{
	const struct rm_state *rm = &sim.w->rm;
	u32 i;

	(void)argc;
	(void)argv;
	for (i = 0; i < rm->dangers && i < RM_MAX_DANGERS; i++)
		printf("%s: gpu %u type %u value %u\n", rm_danger_text(rm->danger[i].kind), rm->danger[i].gpu,
		       rm->danger[i].type, rm->danger[i].value);
	if (rm->fatal)
		printf("the kernel is dead: %s\n", rm_danger_text(rm->fatal - 1));
	return rm->dangers || rm->fatal;
}

static int cmd_state(int argc, char **argv)
{
	u32 index;
	int gpu, r = take_function(argc, argv, &index);

	if (r)
		return r;
	gpu = gpu_of(&sim.w->function[index]);
	if (gpu < 0)
		return fail("%s: not bound to nvidia", argv[0]);
	printf("minor=%u config_state=%u types=%u active=%u open=%u fractional=%u\n", sim.w->rm.gpu[gpu].desc.minor,
	       sim.w->rm.gpu[gpu].config_state, sim.w->rm.gpu[gpu].types, sim.w->rm.gpu[gpu].active,
	       sim.w->rm.gpu[gpu].open_count, sim.w->rm.gpu[gpu].fractional);
	return 0;
}

static int cmd_nodes(int argc, char **argv)
{
	u32 i;

	(void)argc;
	(void)argv;
	for (i = 0; i < MAX_NODES; i++) {
		const struct node *n = &sim.w->node[i];

		if (n->in_use)
			printf("%s %u:%u %04o %u:%u\n", n->name, n->major, n->minor, n->mode & 07777, n->uid, n->gid);
	}
	return 0;
}

/* node NAME MAJOR:MINOR [MODE] makes one; node NAME gone removes it */
static int cmd_node(int argc, char **argv)
{
	unsigned int major_no, minor_no;
	u32 mode = 0666;
	int r;

	umask(0);
	if (argc == 2 && !strcmp(argv[1], "gone"))
		r = node_remove(&sim, argv[0]);
	else if (argc < 2 || sscanf(argv[1], "%u:%u", &major_no, &minor_no) != 2 ||
		 (argc > 2 && !to_number(argv[2], 8, &mode)))
		return fail("usage: node DIR NAME MAJOR:MINOR [MODE] | NAME gone");
	else
		r = node_make(&sim, argv[0], S_IFCHR | mode, makedev(major_no, minor_no));
	return r < 0 ? fail_errno(argv[0], r) : 0;
}

/* ------------------------------------------------------------ snapshot */

/* Sysfs and the stand-ins of the nodes follow the state. */
static void refresh(void)
{
	u32 i;

	for (i = 0; i < MAX_NODES; i++)
		if (sim.w->node[i].in_use)
			node_refresh(&sim, i);
	sysfs_module(&sim);
	for (i = 0; i < RM_MAX_GPUS; i++)
		if (sim.w->rm.gpu[i].in_use)
			sysfs_types(&sim, i);
}

static bool has_open_files(void)
{
	u32 i;

	for (i = 0; i < RM_MAX_FILES; i++)
		if (sim.w->rm.file[i].in_use)
			return true;
	return false;
}

/* Of the driver's table only the types that it knows. */
static size_t state_size(void)
{
	return offsetof(struct world, rm) + offsetof(struct rm_state, type) +
	       sim.w->rm.types * sizeof(sim.w->rm.type[0]);
}

static int copy_state(const char *name, bool save)
{
	int fd = open(name, save ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0666);
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	n = save ? write(fd, sim.w, state_size()) : read(fd, sim.w, sizeof(*sim.w));
	r = n < 0 ? -errno : n == (ssize_t)state_size() ? 0 : -EIO;
	close(fd);
	return r;
}

/* snapshot FILE, restore FILE: PCI functions are not made or removed by it */
static int cmd_snapshot(int argc, char **argv)
{
	int r;

	if (argc != 1)
		return fail("usage: snapshot DIR FILE");
	if (has_open_files())
		return fail("snapshot: the driver is open");
	r = copy_state(argv[0], true);
	return r < 0 ? fail_errno(argv[0], r) : 0;
}

static int cmd_restore(int argc, char **argv)
{
	int r;

	if (argc != 1)
		return fail("usage: restore DIR FILE");
	r = copy_state(argv[0], false);
	if (r < 0)
		return fail_errno(argv[0], r);
	refresh();
	return 0;
}

static int cmd_reap(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;	/* every command reaps */
}

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "add", cmd_add }, { "bind", cmd_bind }, { "calls", cmd_calls }, { "clear", cmd_clear }, { "create", cmd_create },
	{ "inject", cmd_inject }, { "load", cmd_load }, { "node", cmd_node }, { "nodes", cmd_nodes },
	{ "oops", cmd_oops }, { "reap", cmd_reap }, { "reload", cmd_reload }, { "remove", cmd_remove },
	{ "restore", cmd_restore }, { "snapshot", cmd_snapshot }, { "state", cmd_state }, { "types", cmd_types },
	{ "unbind", cmd_unbind }, { "unload", cmd_unload },
	{ "vfio", cmd_vfio }, { "vgpus", cmd_vgpus },
};

static int run_command(const char *name, int argc, char **argv)
{
	size_t i;
	int r;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		umask(0);
		world_lock(&sim);
		world_reap(&sim);
		r = commands[i].run(argc, argv);
		world_unlock(&sim);
		return r;
	}
	return fail("%s: no such command", name);
}

int main(int argc, char **argv)
{
	int r;

	if (argc < 3)
		return fail("usage: rm-ctl DIR COMMAND [ARG...]");
	if (!strcmp(argv[2], "new"))
		return cmd_new(argv[1], argc - 3, argv + 3);
	r = world_attach(&sim, argv[1]);
	if (r < 0)
		return fail_errno(argv[1], r);
	return run_command(argv[2], argc - 3, argv + 3);
}
