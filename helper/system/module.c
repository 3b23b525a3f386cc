/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a module is live is asked of /sys/module; libkmod is opened only to load one or to find out whether it could
 * be. Errors of libkmod and of the kernel become the few errnos of module.h, which module_reason() has words for.
 */
#include "system/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <libkmod.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/deadline.h"
#include "base/file.h"
#include "base/macro.h"

/* Nothing is known to take longer than a part of a second; an init that hangs must not use up the run's minute. */
#define LIVE_WAIT_MS 10000
#define LIVE_POLL_MS 20

/*
 * libkmod is opened when a module has to be loaded, not linked: it brings libcrypto along, and with it more start-up
 * time on every event than all the rest of this program together (0.83 ms, 3.3 million instructions).
 */
struct kmod_library {
	void *handle;
	typeof(kmod_new) *new;
	typeof(kmod_unref) *unref;
	typeof(kmod_module_new_from_lookup) *lookup;
	typeof(kmod_module_probe_insert_module) *insert;
	typeof(kmod_module_get_initstate) *initstate;
	typeof(kmod_module_get_module) *get_module;
	typeof(kmod_list_next) *next;
	typeof(kmod_module_get_install_commands) *install_commands;
	typeof(kmod_module_unref) *unref_module;
	typeof(kmod_module_unref_list) *unref_list;
};

/* Formats the path of a file of a module, whose name /sys/module writes with '_' for '-'. */
static void sysfs_name(const char *name, const char *file, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "/sys/module/%s/%s", name, file);
	for (char *c = path + strlen("/sys/module/"); *c && *c != '/'; c++)
		if (*c == '-')
			*c = '_';
}

static int read_attribute(const char *name, const char *file, char *text, size_t size)
{
	char path[PATH_MAX];

	sysfs_name(name, file, path);
	return file_read_line(path, text, size);
}

bool module_is_live(const char *name)
{
	char path[PATH_MAX], state[16];

	if (read_attribute(name, "initstate", state, sizeof(state)) == 0)
		return strcmp(state, "live") == 0;

	/* A built-in module has a folder (where it has parameters) but no state. */
	sysfs_name(name, "", path);
	return access(path, F_OK) == 0;
}

uint64_t module_instance(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	/* sysfs gives every folder that it makes a number of its own. */
	sysfs_name(name, "", path);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

int module_wait_live(const char *name)
{
	char path[PATH_MAX];

	sysfs_name(name, "", path);
	while (access(path, F_OK) == 0) {
		if (module_is_live(name))
			return 0;
		if (!deadline_sleep(LIVE_POLL_MS))
			return -ETIMEDOUT;
	}
	return -ENOENT;
}

int module_version(const char *name, char *version, size_t size)
{
	return read_attribute(name, "version", version, size);
}

int module_parameter(const char *name, const char *parameter, char *value, size_t size)
{
	char file[128];

	snprintf(file, sizeof(file), "parameters/%s", parameter);
	return read_attribute(name, file, value, size);
}

static int open_library(struct kmod_library *k)
{
	const struct {
		const char *name;
		void *target;
	} symbols[] = {
		{ "kmod_new", &k->new },
		{ "kmod_unref", &k->unref },
		{ "kmod_module_new_from_lookup", &k->lookup },
		{ "kmod_module_probe_insert_module", &k->insert },
		{ "kmod_module_get_initstate", &k->initstate },
		{ "kmod_module_get_module", &k->get_module },
		{ "kmod_list_next", &k->next },
		{ "kmod_module_get_install_commands", &k->install_commands },
		{ "kmod_module_unref", &k->unref_module },
		{ "kmod_module_unref_list", &k->unref_list },
	};

	k->handle = dlopen(LIBKMOD_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!k->handle)
		return -ELIBACC;
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *symbol = dlsym(k->handle, symbols[i].name);

		if (!symbol) {
			dlclose(k->handle);
			return -ELIBBAD;
		}
		memcpy(symbols[i].target, &symbol, sizeof(symbol));
	}
	return 0;
}

/*
 * Install lines are root's own words in modprobe.d, and are run as modprobe and udev run them: some set a card up, most
 * forbid a module (/bin/false). libkmod would return the command's exit status as if it were an errno.
 */
static int run_install(struct kmod_module *module, const char *command, void *data)
{
	(void)module;
	(void)data;
	return system(command) == 0 /* NOLINT(cert-env33-c): see above */ ? 0 : -ECANCELED;
}

/* Waits for the module: an install line may load nothing (/bin/true), another process may not be through. */
static int wait_live(const struct kmod_library *k, const struct kmod_module *module)
{
	for (unsigned waited = 0; waited < LIVE_WAIT_MS; waited += LIVE_POLL_MS) {
		int state = k->initstate(module);

		if (state < 0)
			return -ECANCELED;
		if (state == KMOD_MODULE_LIVE || state == KMOD_MODULE_BUILTIN)
			return 0;
		if (!deadline_sleep(LIVE_POLL_MS))
			break;
	}
	return -ETIMEDOUT;
}

/* True if the folder of modules is there but closed to the process: a unit's sandbox (ProtectKernelModules=). */
static bool folder_is_closed(void)
{
	struct utsname kernel;
	char path[PATH_MAX];

	if (uname(&kernel) < 0)
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s", kernel.release);
	return access(path, X_OK) < 0 && errno == EACCES;
}

/* Loads the modules that were found, several of which an alias may name, until one is live. */
static int insert_any(const struct kmod_library *k, struct kmod_list *found)
{
	int first = !found && folder_is_closed() ? -EPERM : -ENOENT;

	for (struct kmod_list *l = found; l; l = k->next(found, l)) {
		struct kmod_module *module = k->get_module(l);
		/* Not ..._BLACKLIST_ALL, which leaves out what the module needs: its symbols would be unknown. */
		int r = k->insert(module, KMOD_PROBE_APPLY_BLACKLIST, NULL, run_install, NULL, NULL);

		if (r == KMOD_PROBE_APPLY_BLACKLIST)
			r = -EACCES;
		else if (r == -ENOENT) /* its file was found, so the kernel lacks a symbol */
			r = -ENOLINK;
		else if (r >= 0)
			r = wait_live(k, module);
		k->unref_module(module);
		if (r == 0)
			return 0;
		if (l == found)
			first = r;
	}
	return first;
}

/* Opens libkmod, looks a name or an alias up and hands what was found (NULL: nothing) to act(). */
static int look_up(const char *name, int (*act)(const struct kmod_library *k, struct kmod_list *found))
{
	struct kmod_list *found = NULL;
	struct kmod_library k = { 0 };
	struct kmod_ctx *ctx;
	int r;

	r = open_library(&k);
	if (r < 0)
		return r;

	ctx = k.new(NULL, NULL);
	r = ctx ? k.lookup(ctx, name, &found) : -ENOMEM;
	if (r >= 0)
		r = act(&k, found);

	k.unref_list(found);
	if (ctx)
		k.unref(ctx);
	dlclose(k.handle);
	return r;
}

int module_load(const char *name)
{
	return module_is_live(name) ? 0 : look_up(name, insert_any);
}

/* Asks libkmod to load the first module that was found, without doing it. */
static int find_first(const struct kmod_library *k, struct kmod_list *found)
{
	struct kmod_module *module;
	int r;

	if (!found)
		return -ENOENT;
	module = k->get_module(found);
	r = k->insert(module, KMOD_PROBE_APPLY_BLACKLIST | KMOD_PROBE_DRY_RUN, NULL, NULL, NULL, NULL);
	if (r == KMOD_PROBE_APPLY_BLACKLIST)
		r = -EACCES;
	else if (r >= 0)
		r = k->install_commands(module) ? -ECANCELED : 0;
	k->unref_module(module);
	return r;
}

int module_find(const char *name)
{
	return look_up(name, find_first);
}

/* Returns whether the first line of a file of the kernel's has a word in it. */
static bool says(const char *path, const char *word)
{
	char text[128];

	return file_read_line(path, text, sizeof(text)) == 0 && strstr(text, word);
}

static bool is_locked_down(void)
{
	/* "none [integrity] confidentiality": the brackets are around what holds. */
	return says("/sys/kernel/security/lockdown", "[integrity]") ||
	       says("/sys/kernel/security/lockdown", "[confidentiality]");
}

bool module_must_be_signed(void)
{
	return is_locked_down() || says("/sys/module/module/parameters/sig_enforce", "Y");
}

const char *module_reason(int r)
{
	switch (r) {
	case -ENOENT:
		return "is not installed for this kernel";
	case -EACCES:
		return "is blacklisted in modprobe.d or on the kernel's command line";
	case -ECANCELED:
		return "is not loaded: an install line in modprobe.d stands in its place, and failed or left it out";
	case -ENOLINK:
		return "is refused: it needs a symbol that the kernel does not have; the kernel's log names it";
	case -EPERM:
		if (says("/proc/sys/kernel/modules_disabled", "1"))
			return "is refused: the kernel takes no more modules until it is booted again "
			       "(kernel.modules_disabled is 1)";
		if (is_locked_down())
			return "is refused: the kernel is locked down and takes only signed modules";
		return "is refused: this process may not load modules, or module_blacklist= on the kernel's command line names it";
	case -EKEYREJECTED:
	case -ENOKEY:
		return "is refused: it is not signed with a key that the kernel trusts (key rejected)";
	case -ENOEXEC:
		return "is refused: it is made for another kernel";
	case -ETIMEDOUT:
		return "is not ready: its start has not ended";
	case -ELIBACC:
	case -ELIBBAD:
		return "cannot be loaded: " LIBKMOD_SONAME " is missing or too old";
	default:
		return strerror(-r);
	}
}
