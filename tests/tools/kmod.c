// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod.c - stands in for libkmod, in a world: as much of it as a program needs that loads modules
 *
 * The file $KMOD says what the kernel and modprobe.d have, a line each:
 *
 *	module NAME             a file of the kernel's
 *	builtin NAME            it is in the kernel itself
 *	init NAME COMMAND       its init; what it exits with is the errno that the kernel answers
 *	alias PATTERN NAME      as in modprobe.d, like the two below
 *	blacklist NAME
 *	install NAME COMMAND
 *
 * Which modules are loaded is in the world's /sys/module. What libkmod's documentation does not allow ends the program, and so
 * does what is still held when the library is closed.
 */
#include <errno.h>
#include <fnmatch.h>
#include <libkmod.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define EXPORT __attribute__((visibility("default")))

struct kmod_ctx {
	int references;
};

struct kmod_module {
	int references;
	struct kmod_ctx *context;
	char name[64];
	char install[256];
};

struct kmod_list {
	struct kmod_list *next;
	struct kmod_module *module;
};

static int held;

static _Noreturn void wrong(const char *what)
{
	fprintf(stderr, "kmod: %s\n", what);
	abort();
}

static void demand(bool is_right, const char *what)
{
	if (!is_right)
		wrong(what);
}

static void *make(size_t size)
{
	void *made = calloc(1, size);

	demand(made, "out of memory");
	held++;
	return made;
}

static void unmake(void *made)
{
	free(made);
	held--;
}

__attribute__((destructor)) static void at_close(void)
{
	demand(held == 0, "closed before all was given back");
}

static const char *in_world(const char *format, ...)
{
	static char path[4096];
	va_list args;
	int n;

	demand(getenv("RM_DIR"), "no RM_DIR");
	n = snprintf(path, sizeof(path), "%s/", getenv("RM_DIR"));
	va_start(args, format);
	vsnprintf(path + n, sizeof(path) - (size_t)n, format, args);
	va_end(args);
	return path;
}

/* '-' and '_' are the same in a name, and in a pattern. */
static void normalize(char *name)
{
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

/* What the file has: for each line of a kind that is about a name, act() with the rest of it. False: there is none. */
static bool each_line(const char *kind, const char *name, void (*act)(void *data, const char *rest), void *data)
{
	char line[512], pattern[64], wanted[64], word[16], *rest;
	FILE *file = fopen(getenv("KMOD") ?: "", "re");
	bool any = false;
	int at;

	demand(file, "no file $KMOD");
	snprintf(wanted, sizeof(wanted), "%s", name);
	normalize(wanted);
	while (fgets(line, sizeof(line), file)) {
		demand(sscanf(line, "%15s %63s%n", word, pattern, &at) == 2, "a line that is none");
		normalize(pattern);
		if (strcmp(word, kind) || fnmatch(pattern, wanted, 0))
			continue;
		any = true;
		rest = line + at + strspn(line + at, " ");
		rest[strcspn(rest, "\n")] = 0;
		if (act)
			act(data, rest);
	}
	fclose(file);
	return any;
}

static void keep(void *data, const char *rest)
{
	struct kmod_module *module = data;

	snprintf(module->install, sizeof(module->install), "%s", rest);
}

struct search {
	struct kmod_ctx *context;
	struct kmod_list **end;
};

static void found(void *data, const char *name)
{
	struct search *search = data;
	struct kmod_module *module = make(sizeof(*module));
	struct kmod_list *l = make(sizeof(*l));

	module->references = 1;
	module->context = kmod_ref(search->context);
	snprintf(module->name, sizeof(module->name), "%s", name);
	normalize(module->name);
	each_line("install", name, keep, module);
	l->module = module;
	*search->end = l;
	search->end = &l->next;
}

/* ------------------------------------------------------------ the library */

EXPORT struct kmod_ctx *kmod_new(const char *dirname, const char *const *config_paths)
{
	struct kmod_ctx *context;

	demand(!dirname && !config_paths, "only the running kernel's modules are known");
	context = make(sizeof(*context));
	context->references = 1;
	return context;
}

EXPORT struct kmod_ctx *kmod_ref(struct kmod_ctx *context)
{
	context->references++;
	return context;
}

EXPORT struct kmod_ctx *kmod_unref(struct kmod_ctx *context)
{
	if (context && --context->references)
		return context;
	if (context)
		unmake(context);
	return NULL;
}

/* An alias of modprobe.d goes before a module of that name, and may mean several. */
EXPORT int kmod_module_new_from_lookup(struct kmod_ctx *context, const char *name, struct kmod_list **list)
{
	struct search search = { context, list };

	demand(context && name && list && !*list, "lookup: a context, a name and an empty list");
	if (!each_line("alias", name, found, &search) &&
	    (each_line("module", name, NULL, NULL) || each_line("install", name, NULL, NULL) || each_line("builtin", name, NULL, NULL)))
		found(&search, name);
	return 0;
}

EXPORT struct kmod_list *kmod_list_next(const struct kmod_list *list, const struct kmod_list *current)
{
	demand(list && current, "next: a list and an entry");
	return current->next;
}

EXPORT struct kmod_module *kmod_module_get_module(const struct kmod_list *entry)
{
	demand(entry, "get_module: an entry");
	entry->module->references++;
	return entry->module;
}

EXPORT struct kmod_module *kmod_module_unref(struct kmod_module *module)
{
	if (!module || --module->references)
		return module;
	kmod_unref(module->context);
	unmake(module);
	return NULL;
}

EXPORT int kmod_module_unref_list(struct kmod_list *list)
{
	while (list) {
		struct kmod_list *next = list->next;

		kmod_module_unref(list->module);
		unmake(list);
		list = next;
	}
	return 0;
}

EXPORT const char *kmod_module_get_install_commands(const struct kmod_module *module)
{
	demand(module, "get_install_commands: a module");
	return *module->install ? module->install : NULL;
}

EXPORT int kmod_module_get_initstate(const struct kmod_module *module)
{
	char state[16] = "";
	struct stat st;
	FILE *file;

	demand(module, "get_initstate: a module");
	if (each_line("builtin", module->name, NULL, NULL))
		return KMOD_MODULE_BUILTIN;
	file = fopen(in_world("sys/module/%s/initstate", module->name), "re");
	if (!file)
		return stat(in_world("sys/module/%s", module->name), &st) == 0 ? (int)KMOD_MODULE_COMING : -ENOENT;
	if (!fgets(state, sizeof(state), file))
		state[0] = 0;
	fclose(file);
	if (!strcmp(state, "live\n"))
		return KMOD_MODULE_LIVE;
	return !strcmp(state, "coming\n") ? (int)KMOD_MODULE_COMING : -EINVAL;
}

static void set_state(const char *name, const char *state)
{
	FILE *file;

	mkdir(in_world("sys/module/%s", name), 0755);
	file = fopen(in_world("sys/module/%s/initstate", name), "we");
	demand(file && fprintf(file, "%s\n", state) > 0 && !fclose(file), "cannot write the module's state");
}

static void run_init(void *data, const char *command)
{
	int status = system(command);

	demand(WIFEXITED(status), "an init that was killed");
	*(int *)data = -WEXITSTATUS(status);
}

/* What init_module(2) does. */
static int load(const struct kmod_module *module)
{
	int r = 0;

	if (!each_line("module", module->name, NULL, NULL))
		return -ENOENT;
	if (kmod_module_get_initstate(module) >= 0)
		return -EEXIST;
	each_line("init", module->name, run_init, &r);
	if (r == 0 && kmod_module_get_initstate(module) < 0)
		set_state(module->name, "live");
	return r;
}

EXPORT int kmod_module_probe_insert_module(struct kmod_module *module, unsigned int flags, const char *extra_options,
					   int (*run_install)(struct kmod_module *m, const char *command, void *data),
					   const void *data,
					   void (*print_action)(struct kmod_module *m, bool install, const char *options))
{
	int r;

	demand(module && !extra_options && !print_action, "insert: a module alone");
	demand(!(flags & ~(unsigned int)(KMOD_PROBE_APPLY_BLACKLIST | KMOD_PROBE_DRY_RUN)), "insert: flags that are not known");
	if (flags & KMOD_PROBE_APPLY_BLACKLIST && each_line("blacklist", module->name, NULL, NULL))
		return KMOD_PROBE_APPLY_BLACKLIST;
	r = kmod_module_get_initstate(module);
	if (r == KMOD_MODULE_LIVE || r == KMOD_MODULE_BUILTIN || flags & KMOD_PROBE_DRY_RUN)
		return 0;
	if (*module->install) {
		demand(run_install, "insert: nobody to run the install line");
		return run_install(module, module->install, (void *)data);
	}
	r = load(module);
	return r == -EEXIST ? 0 : r;
}
