// SPDX-License-Identifier: GPL-2.0-only
/* calls.c - which calls a good run makes, and the words for each one that fails */
#define _GNU_SOURCE
#include <errno.h>

#include "sweep.h"

#define CMD_SET_INFO 0xa0810101U
#define CMD_TYPE_INFO 0xa0810103U
#define CMD_SUPPORTED 0xa0810104U
#define CMD_PUBLISH 0xa0810109U

/*
 * The sequence of the facts, in the words of the messages. A call that stands here without words may fail; one that does
 * not stand here is not known and fails the sweep.
 */
static const struct {
	u32 where, select;
	const char *step;
} steps[] = {
	{ RM_AT_OPEN_CTL, 0, "cannot open /dev/nvidiactl" },
	{ RM_AT_IOCTL, 210, "cannot ask the driver for its release" },
	{ RM_AT_IOCTL, NR_CARD_INFO, "cannot ask the driver for its GPUs" },
	{ RM_AT_OPEN_GPU, 0, "cannot open " NODE },
	{ RM_AT_ALLOC, 0x41, "cannot become a client of the driver" },
	{ RM_AT_CONTROL, 0x205, "cannot ask for the GPU's instance" },
	{ RM_AT_ALLOC, 0x80, "cannot attach to the GPU" },
	{ RM_AT_ALLOC, 0x2080, "cannot attach to the GPU's subdevice" },
	{ RM_AT_CONTROL, 0x800289, NULL },
	{ RM_AT_CONTROL, 0x20801301, "cannot ask for the GPU's memory" },
	{ RM_AT_ALLOC, 0xa081, "cannot configure vGPUs on the GPU" },
	{ RM_AT_CONTROL, CMD_TYPE_INFO, "cannot ask for a type" },
	{ RM_AT_CONTROL, 0xa0810104, "cannot ask for the types" },
	{ RM_AT_CONTROL, 0xa0810102, "cannot count the GPU's vGPUs" },
	{ RM_AT_CONTROL, 0xa0810119, "cannot allow several vGPUs in one VM (multiMdev)" },
	{ RM_AT_CONTROL, CMD_SET_INFO, "cannot register" },
	{ RM_AT_CONTROL, 0xa0810109, "cannot show the types to the Mediated Core" },
	{ RM_AT_FREE, 0, NULL },
};

static bool parse_call(const char *line, struct call *call)
{
	unsigned number, select = 0;
	char node[16];

	if (sscanf(line, "%u open %15s", &number, node) == 2)
		call->where = strcmp(node, "nvidiactl") == 0 ? RM_AT_OPEN_CTL : RM_AT_OPEN_GPU;
	else if (sscanf(line, "%u ioctl %*s nr=%u", &number, &select) == 2)
		call->where = RM_AT_IOCTL;
	else if (sscanf(line, "%u alloc class=%x", &number, &select) == 2)
		call->where = RM_AT_ALLOC;
	else if (sscanf(line, "%u control cmd=%x", &number, &select) == 2)
		call->where = RM_AT_CONTROL;
	else if (sscanf(line, "%u free%n", &number, (int *)&select) == 1 && strstr(line, " free "))
		call->where = RM_AT_FREE, select = 0;
	else
		return false;
	call->select = select;
	call->has_status = call->where == RM_AT_ALLOC || call->where == RM_AT_CONTROL || call->where == RM_AT_FREE;
	return true;
}

static bool find_step(struct call *call)
{
	for (size_t i = 0; i < COUNT(steps); i++)
		if (steps[i].where == call->where && steps[i].select == call->select) {
			call->step = steps[i].step;
			return true;
		}
	fprintf(stderr, "a call that is not known: place %u, %#x\n", call->where, call->select);
	return false;
}

static u32 count_same(const struct bench *b, const struct call *call)
{
	u32 n = 1;

	for (u32 i = 0; i < b->calls; i++)
		n += b->call[i].where == call->where && b->call[i].select == call->select;
	return n;
}

static int add_call(struct bench *b, struct call *call)
{
	if (b->calls == CALLS_MAX || !find_step(call))
		return -EINVAL;
	call->nth = count_same(b, call);
	if (call->select == CMD_SET_INFO && !b->first_set)
		b->first_set = b->calls + 1;
	if (call->select >= CMD_SET_INFO && call->select <= CMD_SUPPORTED && !b->first_type)
		b->first_type = b->calls + 1;
	if (call->select == CMD_SET_INFO || call->select == CMD_PUBLISH)
		b->last_set = b->calls + 1;
	b->call[b->calls++] = *call;
	return 0;
}

/* Reads the transcript of a good run. */
int calls_read(struct bench *b)
{
	char path[PATH_MAX], line[512];
	int r = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/transcript", b->dir);
	f = fopen(path, "r");
	if (!f)
		return -errno;
	b->calls = b->first_type = b->first_set = b->last_set = 0;
	while (r == 0 && fgets(line, sizeof(line), f)) {
		struct call call = { 0 };

		if (parse_call(line, &call))
			r = add_call(b, &call);
	}
	fclose(f);
	if (r == 0 && (!b->calls || b->call[b->calls - 1].where != RM_AT_FREE)) {
		fprintf(stderr, "%s: a run does not free what it made\n", b->release);
		r = -EINVAL;
	}
	return r;
}

static bool is_size_status(const struct rm_rule *rule)
{
	return rule->action == RM_DO_STATUS && (rule->arg == NV_ERR_INVALID_ARGUMENT || rule->arg == NV_ERR_INVALID_PARAM_STRUCT);
}

/* What reads and is the first to show the sizes of the layout: those of GET_TYPE_INFO and of GET_SUPPORTED. */
static bool is_layout_refused(const struct bench *b, const struct call *call, const struct rm_rule *rule)
{
	if (!is_size_status(rule))
		return false;
	if (call->select == CMD_TYPE_INFO)
		return call->nth == 1;
	return call->select == CMD_SUPPORTED && (!b->first_set || (u32)(call - b->call) + 1 < b->first_set);
}

/* The words for a call that a rule meets. */
void call_words(const struct bench *b, const struct call *call, const struct rm_rule *rule, char *text, size_t size)
{
	if (call->select == CMD_SET_INFO)
		snprintf(text, size, "%s nvidia-%u", call->step, MINE_FIRST + call->nth - 1);
	else if (is_layout_refused(b, call, rule))
		snprintf(text, size, LAYOUT_REFUSED "%s, nothing was sent", b->release);
	else if (call->select == CMD_TYPE_INFO && call->nth == 1)
		snprintf(text, size, "cannot try the layout of %s, nothing was sent", b->release);
	else if (call->select == NR_CARD_INFO && rule->action == RM_DO_ERRNO && rule->arg == ENODEV)
		snprintf(text, size, "the driver does not list the GPU");
	else
		snprintf(text, size, "%s", call->step);
}
