// SPDX-License-Identifier: GPL-2.0-only
/* check.c - what must hold after a run, whatever happened in it */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"
#include "sweep.h"

#define CONFIG_READY 2

/* ---------------------------------------------------- nothing is left */

static bool lock_is_free(const struct bench *b, const char *name)
{
	char path[PATH_MAX];
	bool free;
	int fd;

	snprintf(path, sizeof(path), "%s/run/mdev-gpu/%s.lock", b->root, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	free = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;
	if (fd >= 0)
		close(fd);
	return free;
}

static bool has_objects(const struct rm_state *rm)
{
	for (u32 i = 0; i < RM_MAX_FILES; i++)
		if (rm->file[i].in_use)
			return true;
	for (u32 i = 0; i < RM_MAX_OBJECTS; i++)
		if (rm->object[i].handle)
			return true;
	return false;
}

const char *check_left(struct bench *b)
{
	const struct rm_state *rm = &b->sim.w->rm;

	world_reap(&b->sim);
	if (has_objects(rm))
		return "a handle or an open node is left";
	if (!lock_is_free(b, ADDRESS) || !lock_is_free(b, "driver"))
		return "a lock is left";
	if (rm->dangers || rm->fatal)
		return "a real kernel would have been hurt";
	if (memcmp(&rm->gpu[BYSTANDER], &b->clean->rm.gpu[BYSTANDER], sizeof(struct rm_gpu)))
		return "the other GPU is not as before";
	if (rm->type[COUNT(rm->type) - 1].id || rm->type[15].id)
		return "more types than anybody sent";
	return NULL;
}

/* ------------------------------------------------- the driver's state */

static const struct rm_type *type_at(const struct rm_state *rm, u32 n)
{
	return &rm->type[rm->gpu[GPU].slot[n] - 1];
}

/* The list is n types from a number on, in order. */
const char *check_list(const struct bench *b, u32 first, u32 n)
{
	const struct rm_state *rm = &b->sim.w->rm;

	if (rm->gpu[GPU].types != n)
		return "the GPU's list has not the right length";
	for (u32 i = 0; i < n; i++)
		if (type_at(rm, i)->id != first + i)
			return "the GPU's list has not the right types";
	return NULL;
}

/* The same in any order: what was missing comes behind the rest. */
static const char *check_set(const struct bench *b, u32 first, u32 n)
{
	const struct rm_state *rm = &b->sim.w->rm;
	u64 seen = 0;

	if (rm->gpu[GPU].types != n)
		return "the GPU's list has not the right length";
	for (u32 i = 0; i < n; i++)
		if (type_at(rm, i)->id - first < n)
			seen |= (u64)1 << (type_at(rm, i)->id - first);
	return seen == ((u64)1 << n) - 1 ? NULL : "the GPU's list has not the right types";
}

/* Nothing that the driver keeps is other than before; whether fractions are allowed is set by itself. */
const char *check_unchanged(const struct bench *b)
{
	const struct rm_gpu *have = &b->sim.w->rm.gpu[GPU], *want = &b->clean->rm.gpu[GPU];

	if (have->types != want->types || have->config_state != want->config_state || have->visibles != want->visibles ||
	    memcmp(have->slot, want->slot, sizeof(have->slot)))
		return "something was sent";
	return memcmp(b->sim.w->rm.type, b->clean->rm.type, 16 * sizeof(struct rm_type)) ? "a definition was sent" : NULL;
}

/* By number, since the order in the driver's table is that of arrival. */
static bool same_definition(const struct rm_state *rm, const struct rm_type *type)
{
	for (u32 i = 0; i < RM_MAX_TYPES; i++)
		if (rm->type[i].id == type->id)
			return memcmp(rm->type[i].block, type->block, sizeof(type->block)) == 0;
	return false;
}

static const char *check_definitions(const struct bench *b)
{
	for (u32 i = 0; i < MINE; i++)
		if (!same_definition(&b->good->rm, type_at(&b->sim.w->rm, i)))
			return "a type is not as the profile says";
	return NULL;
}

static const char *check_sysfs(const struct bench *b)
{
	char path[PATH_MAX];

	for (u32 i = 0; i < MINE; i++) {
		snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/" ADDRESS "/mdev_supported_types/nvidia-%u", b->dir,
			 MINE_FIRST + i);
		if (access(path, F_OK) < 0)
			return "sysfs does not show a type";
	}
	return NULL;
}

static const char *check_done(const struct bench *b, bool lie)
{
	const char *wrong = check_set(b, MINE_FIRST, MINE);

	if (!wrong && !lie)
		wrong = check_definitions(b);
	if (!wrong)
		wrong = check_sysfs(b);
	return wrong;
}

/* For the driver's state and its nodes: runs that leave the same are repaired by the same run. */
static u64 mix(u64 key, const void *data, size_t size)
{
	const u8 *byte = data;

	while (size--)
		key = (key ^ *byte++) * 0x100000001b3ULL;
	return key;
}

u64 state_key(const struct bench *b)
{
	const struct world *w = b->sim.w;
	u64 key = mix(0xcbf29ce484222325ULL, &w->rm.gpu[GPU], sizeof(w->rm.gpu[GPU]));

	for (u32 i = 0; i < 16; i++)
		if (w->rm.type[i].id)
			key = mix(key, &w->rm.type[i], sizeof(w->rm.type[i]));
	for (u32 i = 0; i < 4; i++)
		key = mix(key, &w->node[i], offsetof(struct node, dev));
	return key;
}

/* ------------------------------------------------ what the run says */

static bool record_says(const struct bench *b, const char *result)
{
	char path[PATH_MAX], line[2048], want[64];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/run/mdev-gpu/" ADDRESS ".yaml", b->root);
	snprintf(want, sizeof(want), "result: \"%s\"\n", result);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		found |= strcmp(line, want) == 0;
	if (f)
		fclose(f);
	return found;
}

static bool every_line_has(const char *text, const char *prefix)
{
	while (*text) {
		if (strncmp(text, prefix, strlen(prefix)))
			return false;
		text = strchrnul(text, '\n');
		text += *text == '\n';
	}
	return true;
}

/* A failed SET_INFO leaves it at 0 (notes-2, 3), and a run that finds every type there sends none. */
static bool waits_for_types(const struct bench *b, const struct outcome *r)
{
	return b->reads_back && !strstr(r->out, ": nothing to do: ") &&
	       b->sim.w->rm.gpu[GPU].config_state != CONFIG_READY;
}

static const char *check_success(const struct bench *b, const struct outcome *r, bool lie)
{
	const char *end = strchr(r->out, '\n');

	if (strncmp(r->out, ADDRESS ": ", strlen(ADDRESS ": ")) || !end || end[1])
		return "success is not one line about the GPU";
	return waits_for_types(b, r) ? "the driver still waits for types" : check_done(b, lie);
}

static const char *check_failure(const struct outcome *r)
{
	if (*r->out)
		return "a failure that says something on stdout";
	if (!*r->err)
		return "a failure without a word";
	return NULL;
}

/* A run that did not come to its end has left word that it began, and why it ended where it could know. */
const char *check_death(const struct bench *b, const struct outcome *r, int signal)
{
	static const char words[] = PREFIX "the driver does not come back, so the run ends here; the GPU's next event tries again\n";
	size_t n = strlen(r->err);

	if (signal && !(WIFSIGNALED(r->status) && WTERMSIG(r->status) == signal))
		return "it should have been killed";
	if (!signal && !(WIFEXITED(r->status) && WEXITSTATUS(r->status) == 1))
		return "it should have ended by itself";
	if (!signal && (n < strlen(words) || strcmp(r->err + n - strlen(words), words)))
		return "it did not say why it ended";
	return record_says(b, "running") ? NULL : "the record in /run does not say that it began";
}

/* Exit code, words, record and driver agree. */
const char *check_truth(struct bench *b, const struct outcome *r, bool lie)
{
	static const char *const results[] = { "done", "failed", "usage", "refused", "in use", "unsupported" };
	int code = WEXITSTATUS(r->status);

	if (!WIFEXITED(r->status))
		return "it did not exit";
	if (code == SERVER_LEAK)
		return "it left descriptors open";
	if (code != 0 && code != 1 && code != 3 && code != 4 && code != 5)
		return "an exit code that means something else";
	if (!every_line_has(r->err, PREFIX))
		return "a line without the device";
	if (!record_says(b, results[code]))
		return "the record in /run says something else";
	return code == 0 ? check_success(b, r, lie) : check_failure(r);
}
