// SPDX-License-Identifier: GPL-2.0-only
/*
 * attributes.c - files of /sys and /proc that do something when they are written
 *
 * The errors are the kernel's own (facts about SR-IOV, 1) and those of the
 * vendor's VFIO (facts about it, 3). What the facts leave open is refused.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "world.h"

/* One file: of a function, or of a driver. */
struct target {
	struct sim *sim;
	struct pci_function *f;
	u32 index;
	char driver[64];
};

struct attribute {
	const char *name;	/* below the function's or the driver's folder */
	int (*store)(const struct target *t, const char *text);
};

/* -------------------------------------------------------------- numbers */

/* As kstrtoull(): one newline may follow; base 0 takes 0x and 0 before it, as the kernel does. */
static int to_number(const char *text, int base, u64 most, u32 *ret)
{
	const char *digits = *text == '+' ? text + 1 : text;
	unsigned long long n;
	char *end;

	if (!isxdigit((unsigned char)*digits))
		return -EINVAL;
	errno = 0;
	n = strtoull(digits, &end, base);
	if (end == digits || (*end == '\n' ? end[1] : *end))
		return -EINVAL;
	if (errno || n > most)
		return -ERANGE;
	*ret = (u32)n;
	return 0;
}

/* sysfs_streq(), for addresses. */
static void line_of(const char *text, char *line, size_t size)
{
	snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
}

void world_kmsg(struct sim *sim, const char *format, ...)
{
	char path[PATH_MAX], line[RM_LINE_MAX];
	va_list args;
	int n, fd;

	snprintf(path, sizeof(path), "%.*s/kmsg", PATH_MAX - 16, sim->dir);
	n = snprintf(line, sizeof(line), "3,%u,%llu,-;", ++sim->w->messages, (unsigned long long)world_now(sim) * 1000);
	va_start(args, format);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
	va_end(args);
	line[n++] = '\n';
	fd = raw_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	if (syscall(SYS_write, fd, line, n) < 0)
		sim->trace = 0;
	syscall(SYS_close, fd);
}

/* ------------------------------------------------------ drivers' files */

static u32 id_of(const struct pci_function *f)
{
	return f->vendor << 16 | f->device;
}

static int find_stub_id(const struct sim *sim, u32 id)
{
	int i;

	for (i = 0; i < MAX_STUB_IDS; i++)
		if (sim->w->stub_id[i] == id)
			return i;
	return -ENODEV;
}

static bool matches(const struct target *t, const struct pci_function *f)
{
	if (!strcmp(t->driver, "pci-pf-stub"))
		return find_stub_id(t->sim, id_of(f)) >= 0;
	if (!strcmp(t->driver, "nvidia"))
		return t->sim->w->flags & WORLD_LOADED && f->vendor == 0x10de && f->class_code >> 16 == 0x03;
	return !strcmp(t->driver, f->home);
}

static int store_bind(const struct target *t, const char *text)
{
	char line[64];
	int i;

	line_of(text, line, sizeof(line));
	i = pci_find(t->sim, line);
	if (i < 0 || !matches(t, &t->sim->w->function[i]))
		return -ENODEV;
	return pci_bind(t->sim, (u32)i, t->driver);
}

/* A driver cannot refuse to let go; nvidia waits for its users, which here is EBUSY. */
static int store_unbind(const struct target *t, const char *text)
{
	char line[64];
	int i;

	line_of(text, line, sizeof(line));
	i = pci_find(t->sim, line);
	if (i < 0 || strcmp(t->sim->w->function[i].driver, t->driver))
		return -ENODEV;
	attribute_settle(t->sim);
	return pci_unbind(t->sim, (u32)i, false);
}

static int parse_id(const char *text, u32 *id)
{
	unsigned int vendor, device;

	if (sscanf(text, "%x %x", &vendor, &device) != 2)
		return -EINVAL;
	*id = vendor << 16 | device;
	return 0;
}

/* An id is a device's, not a card's: the driver takes every card of it that has none (facts, 2.1). */
static int store_new_id(const struct target *t, const char *text)
{
	u32 id, i;
	int r = parse_id(text, &id), slot;

	if (r < 0)
		return r;
	if (strcmp(t->driver, "pci-pf-stub") || find_stub_id(t->sim, id) >= 0)
		return -EEXIST;
	slot = find_stub_id(t->sim, 0);
	if (slot < 0)
		return -ENOMEM;
	t->sim->w->stub_id[slot] = id;
	for (i = 0; i < MAX_FUNCTIONS; i++) {
		const struct pci_function *f = &t->sim->w->function[i];

		if (f->in_use && !f->driver[0] && id_of(f) == id)
			pci_bind(t->sim, i, t->driver);
	}
	return 0;
}

static int store_remove_id(const struct target *t, const char *text)
{
	int slot, r;
	u32 id;

	r = parse_id(text, &id);
	if (r < 0)
		return r;
	slot = strcmp(t->driver, "pci-pf-stub") ? -ENODEV : find_stub_id(t->sim, id);
	if (slot < 0)
		return slot;
	t->sim->w->stub_id[slot] = 0;
	return 0;
}

/* ---------------------------------------------------------- SR-IOV files */

/* nvidia has no sriov_configure in any release looked at; i915 has none in mainline, amdgpu none at all. */
static bool has_sriov_configure(const struct pci_function *f)
{
	return !strcmp(f->driver, "pci-pf-stub") || !strcmp(f->driver, "xe");
}

static int set_numvfs(const struct target *t, u32 n)
{
	u32 most = t->f->numvfs_most;

	if (!n) {
		pci_remove_vfs(t->sim, t->index);
		return sysfs_function(t->sim, t->index);
	}
	if (t->f->numvfs_error)
		return -(int)t->f->numvfs_error;
	if (most && most < n)
		world_kmsg(t->sim, "pci: %u VFs requested; only %u enabled", n, most);
	if (pci_add_vfs(t->sim, t->index, most && most < n ? most : n) < 0)
		return -ENOMEM;
	return sysfs_function(t->sim, t->index);
}

static int store_numvfs(const struct target *t, const char *text)
{
	u32 n, now = pci_numvfs(t->sim, t->index);
	int r = to_number(text, 0, 0xffff, &n);

	if (r < 0)
		return -EINVAL;
	if (n > t->f->total_vfs)
		return -ERANGE;
	if (n == now)
		return 0;
	if (!has_sriov_configure(t->f)) {
		if (t->f->driver[0])
			world_kmsg(t->sim, "pci: driver does not support SR-IOV configuration via sysfs");
		return -ENOENT;
	}
	return n && now ? -EBUSY : set_numvfs(t, n);
}

static int store_autoprobe(const struct target *t, const char *text)
{
	char c = *text;

	if (!c || !strchr("01yYnN", c))
		return -EINVAL;
	t->f->autoprobe_off = c == '0' || c == 'n' || c == 'N';
	return sysfs_function(t->sim, t->index);
}

/* -------------------------------------------------------- vendor's VFIO */

/* Somebody has the function's vfio device open: a VM, or what looks like one. */
static bool is_held(const struct target *t)
{
	char want[PATH_MAX + 64], path[64 + 512], link[PATH_MAX];
	struct dirent *p, *e;
	bool held = false;
	DIR *d, *fds;
	ssize_t n;

	snprintf(want, sizeof(want), "%s/.rm/vfio/devices/vfio%u", t->sim->dir, t->index);
	d = opendir("/proc");
	while (d && !held && (p = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/%s/fd", p->d_name);
		fds = isdigit((unsigned char)p->d_name[0]) ? opendir(path) : NULL;
		while (fds && !held && (e = readdir(fds))) {
			snprintf(path, sizeof(path), "/proc/%.200s/fd/%.200s", p->d_name, e->d_name);
			n = syscall(SYS_readlink, path, link, sizeof(link) - 1);
			held = n == (ssize_t)strlen(want) && !memcmp(link, want, (size_t)n);
		}
		if (fds)
			closedir(fds);
	}
	if (d)
		closedir(d);
	return held;
}

/* Why a type cannot be had by this function, were it free, as the RM would say it. */
u32 attribute_status(struct sim *sim, const struct pci_function *vf, u32 id)
{
	int gpu = pci_gpu(sim, &sim->w->function[vf->vf_of - 1]);
	u32 type[MAX_FUNCTIONS], i;
	struct rm_assigned a = {
		.gpu = (unsigned int)gpu, .type = type, .count = MAX_FUNCTIONS, .mixed = sim->w->flags & WORLD_MIXED_SIZES,
	};

	for (i = 0; i < MAX_FUNCTIONS; i++) {
		const struct pci_function *f = &sim->w->function[i];

		type[i] = f->in_use && f->vf_of == vf->vf_of ? f->vgpu_type : 0;
	}
	return gpu < 0 ? NV_ERR_OBJECT_NOT_FOUND : rm_assign_status(&sim->w->rm, &a, id);
}

/* Whatever the RM says is EIO, and the status is only in the kernel's log. */
static int refused(const struct target *t, u32 status)
{
	world_kmsg(t->sim, "NVRM: Failed to add vgpu create request: 0x%x", status);
	return -EIO;
}

static void show_siblings(const struct target *t)
{
	int gpu = pci_gpu(t->sim, pci_physical(t->sim, t->f));

	if (gpu >= 0)
		sysfs_types(t->sim, (unsigned int)gpu);
}

static int clear_type(const struct target *t)
{
	if (!t->f->vgpu_type || is_held(t))
		return -EPERM;
	if (t->f->busy) {
		t->f->busy--;
		return -EBUSY;
	}
	t->f->vgpu_type = 0;
	t->f->params[0] = 0;
	show_siblings(t);
	return 0;
}

static int store_type(const struct target *t, const char *text)
{
	u32 id, status;
	int r = to_number(text, 10, 0xffffffff, &id);

	if (r < 0)
		return r;
	if (t->f->dead) {
		world_kmsg(t->sim, "nvidia-vgpu-vfio: vfio_pci_core_device not found");
		return -EINVAL;
	}
	if (!id)
		return clear_type(t);
	if (t->f->rival) {
		t->f->vgpu_type = t->f->rival;
		t->f->rival = 0;
		show_siblings(t);
	}
	if (t->f->vgpu_type)
		return -EPERM;
	if (t->f->create_fails) {
		t->f->create_fails--;
		return refused(t, t->f->create_status);
	}
	status = attribute_status(t->sim, t->f, id);
	if (status)
		return refused(t, status);
	if (t->f->lost_types) {
		t->f->lost_types--;
		return 0;
	}
	t->f->vgpu_type = id;
	show_siblings(t);
	return 0;
}

static int store_params(const struct target *t, const char *text)
{
	size_t n = strcspn(text, "\n");

	if (!t->f->vgpu_type)
		return -ENXIO;
	if (is_held(t))
		return -EPERM;
	if (n >= PARAMS_LEN)
		return -E2BIG;
	if (t->f->lost_params) {
		t->f->lost_params--;
		return 0;
	}
	snprintf(t->f->params, PARAMS_LEN, "%.*s", n == 1 && *text == ' ' ? 0 : (int)n, text);
	show_siblings(t);
	return 0;
}

/* ----------------------------------------------------------- unbindLock */

static u32 lock_word(const char *text)
{
	u32 n;

	return to_number(text, 10, 1, &n) < 0 ? LOCK_NONSENSE : n ? LOCK_TAKE : LOCK_RELEASE;
}

/* What is asked for is looked at when the file is closed; see attribute_settle(). */
static int store_unbind_lock(const struct target *t, const char *text)
{
	t->f->lock_asked = lock_word(text);
	t->sim->w->asked = 1;
	return 0;
}

static void store_path(const struct sim *sim, const char *name, char *path)
{
	snprintf(path, PATH_MAX, "%.*s/.rm/store/%s", PATH_MAX - 300, sim->dir, name);
}

static bool is_closed(const struct sim *sim, const struct pci_function *f)
{
	char path[PATH_MAX], name[96];
	bool closed;
	int fd;

	snprintf(name, sizeof(name), "proc!driver!nvidia!gpus!%04x:%02x:%02x.%x!unbindLock", f->domain, f->bus, f->slot,
		 f->function);
	store_path(sim, name, path);
	fd = raw_open(path, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		return true;
	closed = flock(fd, LOCK_EX | LOCK_NB) == 0;
	syscall(SYS_close, fd);
	return closed;
}

static void settle_lock(struct sim *sim, struct pci_function *f)
{
	int gpu = pci_gpu(sim, f);

	if (!is_closed(sim, f)) {
		sim->w->asked = 1;
		return;
	}
	if (f->lock_asked == LOCK_RELEASE)
		f->locked = 0;
	else if (f->lock_asked == LOCK_TAKE && gpu >= 0 && !rm_has_clients(&sim->w->rm, (unsigned int)gpu))
		f->locked = 1;
	else if (f->lock_asked == LOCK_TAKE)
		world_kmsg(sim, "NVRM: Could not acquire UnbindLock");
	f->lock_asked = 0;
	sysfs_function(sim, pci_index(sim, f));
}

void attribute_settle(struct sim *sim)
{
	u32 i;

	if (!sim->w->asked)
		return;
	sim->w->asked = 0;
	for (i = 0; i < MAX_FUNCTIONS; i++)
		if (sim->w->function[i].in_use && sim->w->function[i].lock_asked)
			settle_lock(sim, &sim->w->function[i]);
}

/* ------------------------------------------------------------- the table */

static const struct attribute of_function[] = {
	{ "sriov_numvfs", store_numvfs },
	{ "sriov_drivers_autoprobe", store_autoprobe },
	{ "sriov_totalvfs", NULL }, { "sriov_offset", NULL }, { "sriov_stride", NULL }, { "sriov_vf_device", NULL },
	{ "nvidia/current_vgpu_type", store_type },
	{ "nvidia/creatable_vgpu_types", NULL },
	{ "nvidia/vgpu_params", store_params },
	{ "unbindLock", store_unbind_lock },
};

static const struct attribute of_driver[] = {
	{ "bind", store_bind }, { "unbind", store_unbind }, { "new_id", store_new_id }, { "remove_id", store_remove_id },
};

static const struct attribute *find_attribute(const struct attribute *table, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

#define FIND(table, name) find_attribute(table, sizeof(table) / sizeof((table)[0]), name)

/* The last address in a path, and what follows it. */
static const char *split(struct sim *sim, const char *path, struct target *t)
{
	const char *at, *rest = NULL;
	char word[64];
	int i;

	for (at = path; at && *at; at = strchr(at, '/')) {
		at += *at == '/';
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(at, "/"), at);
		i = pci_find(sim, word);
		if (i < 0)
			continue;
		t->index = (u32)i;
		t->f = &sim->w->function[i];
		rest = at + strlen(word) + 1;
	}
	return rest;
}

/* path begins with sys/ or proc/ and has no links in it. */
static const struct attribute *find_path(struct sim *sim, const char *path, struct target *t)
{
	static const char drivers[] = "sys/bus/pci/drivers/";
	const char *rest;

	t->sim = sim;
	if (!strncmp(path, drivers, sizeof(drivers) - 1)) {
		path += sizeof(drivers) - 1;
		rest = strchr(path, '/');
		snprintf(t->driver, sizeof(t->driver), "%.*s", (int)strcspn(path, "/"), path);
		return rest ? FIND(of_driver, rest + 1) : NULL;
	}
	rest = split(sim, path, t);
	return rest ? FIND(of_function, rest) : NULL;
}

static void swap(char *text, char from, char to)
{
	for (; *text; text++)
		if (*text == from)
			*text = to;
}

int attribute_name(struct sim *sim, const char *path, char *name, size_t size)
{
	const struct attribute *a;
	struct target t = { 0 };

	a = find_path(sim, path, &t);
	if (!a)
		return 0;
	if (!a->store)
		return -EACCES;
	if ((size_t)snprintf(name, size, "%s", path) >= size)
		return -ENAMETOOLONG;
	swap(name, '/', '!');
	return 1;
}

int attribute_store(struct sim *sim, const char *name, const char *text, size_t len)
{
	char path[300], page[4097];
	const struct attribute *a;
	struct target t = { 0 };
	int r;

	if (len >= sizeof(page))
		return -EINVAL;
	snprintf(path, sizeof(path), "%s", name);
	swap(path, '!', '/');
	memcpy(page, text, len);
	page[len] = 0;
	a = find_path(sim, path, &t);
	if (!a || !a->store || (strstr(path, "/nvidia/") && !strncmp(path, "sys/devices", 11) && !pci_is_ready(sim, t.f)))
		return -ENODEV;
	r = a->store(&t, page);
	world_line(sim, "- write %s '%.*s' errno=%d pid=%d", path, (int)strcspn(page, "\n"), page, -r, getpid());
	return r;
}

/* Not readable without a vGPU. */
int attribute_read_error(struct sim *sim, const char *path)
{
	struct target t = { 0 };
	const char *rest = split(sim, path, &t);

	return rest && !strcmp(rest, "nvidia/vgpu_params") && !t.f->vgpu_type ? -ENXIO : 0;
}
