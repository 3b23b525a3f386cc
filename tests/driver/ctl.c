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
#include "stock.h"
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
	if (!pci_parse(text, f))
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
			return pci_is_gpu(f);
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
	f = pci_new(&sim, &index);
	if (!f)
		return -ENOSPC;
	choose_driver(&wanted);
	choose_functions(&wanted);
	wanted.in_use = 1;
	memcpy(wanted.home, pci_is_gpu(&wanted) ? "nvidia" : wanted.driver, pci_is_gpu(&wanted) ? 7 : sizeof(wanted.home));
	*f = wanted;
	f->driver[0] = 0;
	r = wanted.driver[0] ? pci_bind(&sim, index, wanted.driver) : pci_show(&sim, index);
	if (r < 0)
		f->in_use = 0;
	return r;
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
	static const char *const folders[] = { "", "/.rm", "/.rm/open", "/.rm/nodes", "/.rm/store", "/blocks",
					       "/dev", "/sys" };
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
	u32 modify, uid, gid, mode, delay, page;
	bool nodes;
};

static bool world_word(struct wish *w, const char *word)
{
	static const struct { const char *name; u32 world, flags; } words[] = {
		{ "no-vfio", RM_WORLD_NO_VFIO, 0 }, { "plain", RM_WORLD_PLAIN | RM_WORLD_NO_VFIO, 0 },
		{ "frl-off", RM_WORLD_FRL_OFF, 0 }, { "forget-lists", RM_WORLD_FORGET_LISTS, 0 },
		{ "vendor-vfio", 0, WORLD_VENDOR_VFIO }, { "no-iommu", 0, WORLD_NO_IOMMU }, { "no-stub", 0, WORLD_NO_STUB },
		{ "mixed-sizes", 0, WORLD_MIXED_SIZES }, { "guide-list", 0, WORLD_GUIDE_LIST },
		{ "empty-list", 0, WORLD_EMPTY_LIST },
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
		{ "delay", &w->delay }, { "page", &w->page },
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
	sim.w->register_ms = w->delay;
	sim.w->page = w->page;
	touch("transcript");
	touch(".rm/lock");
	touch("kmsg");
	return rm_init(&sim.w->rm, w->version, w->like, w->world);
}

/* new version=V [like=V] [WORD...] -- [GPU...] */
static int cmd_new(const char *dir, int argc, char **argv)
{
	struct wish w = { .flags = WORLD_LOADED, .modify = 1, .mode = 438, .page = 4095 };
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
	int r = argc > 0 ? pci_find(&sim, argv[0]) : -EINVAL;

	*index = r < 0 ? 0 : (u32)r;
	return r < 0 ? fail("%s: no such PCI function", argc > 0 ? argv[0] : "?") : 0;
}

static bool has_word(int argc, char **argv, const char *word)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strcmp(argv[i], word))
			return true;
	return false;
}

/* unbind BDF [force] */
static int cmd_unbind(int argc, char **argv)
{
	u32 index;
	int r = take_function(argc, argv, &index);

	if (r)
		return r;
	r = pci_unbind(&sim, index, has_word(argc, argv, "force"));
	return r < 0 ? fail_errno(argv[0], r) : 0;
}

/* bind BDF [DRIVER] */
static int cmd_bind(int argc, char **argv)
{
	const struct pci_function *f;
	u32 index;
	int r = take_function(argc, argv, &index);

	if (r)
		return r;
	f = &sim.w->function[index];
	if (f->driver[0])
		return fail("%s: bound to %s", argv[0], f->driver);
	r = pci_bind(&sim, index, argc > 1 ? argv[1] : f->home);
	if (r == -EINVAL)
		return fail("%s: not a driver's name", argv[1]);
	return r < 0 ? fail_errno(argv[0], r) : 0;
}

/* remove BDF: surprise removal, users or not */
static int cmd_remove(int argc, char **argv)
{
	u32 index;
	int r = take_function(argc, argv, &index);

	if (r)
		return r;
	pci_remove_vfs(&sim, index);
	pci_remove(&sim, index);
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
		pci_remove_vfs(&sim, i);
		pci_unbind(&sim, i, true);
	}
	/* Lists do not survive the module, whatever the world. */
	rm_reload(&sim.w->rm);
	sysfs_module(&sim);
	return 0;
}

static int load_one(u32 index, bool fresh_minors)
{
	struct pci_function *f = &sim.w->function[index];

	if (!f->in_use || f->driver[0] || strcmp(f->home, "nvidia"))
		return 0;
	if (fresh_minors)
		f->minor = RM_MINOR_AUTO;
	return pci_bind(&sim, index, "nvidia");
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

/* The vendor's VFIO has them on the first functions. */
static void set_vendor_types(u32 pf, int gpu, u32 created)
{
	struct rm_type_view first;
	u32 i;

	if (!(sim.w->flags & WORLD_VENDOR_VFIO) || rm_visible_get(&sim.w->rm, (unsigned int)gpu, 0, &first) < 0)
		return;
	for (i = 0; i < MAX_FUNCTIONS; i++)
		if (sim.w->function[i].in_use && sim.w->function[i].vf_of == pf + 1)
			sim.w->function[i].vgpu_type = sim.w->function[i].vf_index < created ? first.id : 0;
}

/* vgpus BDF ACTIVE [CREATED] */
static int cmd_vgpus(int argc, char **argv)
{
	u32 index, active, created;
	int gpu, r = take_function(argc, argv, &index);

	if (r)
		return r;
	gpu = pci_gpu(&sim, &sim.w->function[index]);
	if (argc < 2 || !to_number(argv[1], 10, &active) || gpu < 0)
		return fail("usage: vgpus DIR BDF ACTIVE [CREATED]");
	created = active;
	if (argc > 2 && !to_number(argv[2], 10, &created))
		return fail("%s: not a number", argv[2]);
	if (rm_set_vgpus(&sim.w->rm, (unsigned int)gpu, active) < 0)
		return fail("%s: its first type has no placement id", argv[0]);
	sim.w->function[index].created = created;
	set_vendor_types(index, gpu, created);
	sim.w->tell_created = 1;
	sysfs_types(&sim, (unsigned int)gpu);
	return 0;
}

static void put_text(const struct rm_state *rm, u8 *block, u32 field, const char *text)
{
	const struct rm_field *f = rm_field(rm, field);

	if (f)
		snprintf((char *)block + f->offset, f->size, "%s", text);
}

static int add_stock_type(struct rm_gpu *gpu, u32 id, const char *name, u32 gib)
{
	struct rm_state *rm = &sim.w->rm;
	struct rm_type *type;

	if (rm->types == RM_MAX_TYPES || gpu->types == rm_constant(rm, RM_K_MAX_VGPU_TYPES_PER_PGPU))
		return -ENOSPC;
	type = &rm->type[rm->types++];
	memset(type, 0, sizeof(*type));
	type->id = id;
	put_text(rm, type->block, RM_F_VGPU_SET_INFO_INFO_VGPU_NAME, name);
	put_text(rm, type->block, RM_F_VGPU_SET_INFO_INFO_VGPU_CLASS, "Quadro");
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_VGPU_TYPE, id);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE, stock_instances(gpu->desc.fb_mib / 1024, gib));
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_NUM_HEADS, 4);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_MAX_RESOLUTION_X, 7680);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_MAX_RESOLUTION_Y, 4320);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_FRL_CONFIG, 60);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE, (u64)gib << RM_GIB_SHIFT);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_FB_LENGTH, ((u64)gib * 960 - 64) << RM_MIB_SHIFT);
	rm_put(rm, type->block, RM_F_VGPU_SET_INFO_INFO_FB_RESERVATION, ((u64)gib * 64 + 64) << RM_MIB_SHIFT);
	gpu->slot[gpu->types++] = (u16)rm->types;
	return 0;
}

/* stock BDF CARD [FIRST]: what nvidia-vgpud does, without its calls */
static int cmd_stock(int argc, char **argv)
{
	u32 index, first = STOCK_FIRST, gib, n;
	int gpu, r = take_function(argc, argv, &index);
	struct rm_gpu *g;
	char name[64];

	if (r)
		return r;
	gpu = pci_gpu(&sim, &sim.w->function[index]);
	if (argc < 2 || gpu < 0 || (argc > 2 && !to_number(argv[2], 10, &first)))
		return fail("usage: stock DIR BDF CARD [FIRST]");
	g = &sim.w->rm.gpu[gpu];
	for (n = 0; r == 0 && stock_type(n, argv[1], g->desc.fb_mib / 1024, name, sizeof(name), &gib); n++)
		r = add_stock_type(g, first + n, name, gib);
	memcpy(g->visible, g->slot, sizeof(g->visible));
	g->visibles = g->types;
	sysfs_types(&sim, (unsigned int)gpu);
	return r < 0 ? fail_errno(argv[0], r) : 0;
}

/* Words for injected errors: a number, or the RM's status. */
static bool function_key(struct pci_function *f, const char *key, const char *value)
{
	const struct option options[] = {
		{ "numvfs-errno", &f->numvfs_error }, { "numvfs-most", &f->numvfs_most }, { "busy", &f->busy },
		{ "refuse", &f->create_status }, { "rival", &f->rival },
		{ "lost-types", &f->lost_types }, { "lost-params", &f->lost_params },
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(options[i].name, key) && to_number(value, 0, options[i].value)) {
			f->create_fails = f->create_status != 0;
			return true;
		}
	return false;
}

/* function BDF KEY=VALUE...: what goes wrong with it */
static int cmd_function(int argc, char **argv)
{
	u32 index;
	int i, r = take_function(argc, argv, &index);

	for (i = 1; i < argc && !r; i++) {
		char *value = strchr(argv[i], '=');

		if (value)
			*value++ = 0;
		if (!value || !function_key(&sim.w->function[index], argv[i], value))
			r = fail("%s: not understood", argv[i]);
	}
	return r;
}

/* write PATH TEXT: as a program in the world would; PATH below /sys or /proc, without links */
static int cmd_write(int argc, char **argv)
{
	char name[256];
	int r = argc == 2 ? attribute_name(&sim, argv[0] + 1, name, sizeof(name)) : -EINVAL;

	if (r > 0)
		r = attribute_store(&sim, name, argv[1], strlen(argv[1]));
	else if (r == 0)
		r = -ENOENT;
	return r < 0 ? fail_errno(argc ? argv[0] : "write", r) : 0;
}

/* create BDF TYPE: whether one more vGPU of that type could be created; none is */
static int cmd_create(int argc, char **argv)
{
	u32 index, type, status;
	int gpu, r = take_function(argc, argv, &index);

	if (r)
		return r;
	gpu = pci_gpu(&sim, &sim.w->function[index]);
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
	gpu = pci_gpu(&sim, &sim.w->function[index]);
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
	gpu = pci_gpu(&sim, &sim.w->function[index]);
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
	{ "function", cmd_function },
	{ "inject", cmd_inject }, { "load", cmd_load }, { "node", cmd_node }, { "nodes", cmd_nodes },
	{ "oops", cmd_oops }, { "reap", cmd_reap }, { "reload", cmd_reload }, { "remove", cmd_remove },
	{ "restore", cmd_restore }, { "snapshot", cmd_snapshot }, { "state", cmd_state }, { "stock", cmd_stock },
	{ "types", cmd_types },
	{ "unbind", cmd_unbind }, { "unload", cmd_unload },
	{ "vfio", cmd_vfio }, { "vgpus", cmd_vgpus }, { "write", cmd_write },
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
		world_catch_up(&sim);
		attribute_settle(&sim);
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
