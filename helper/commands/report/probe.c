/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What NVIDIA's driver answers to questions: a line each, with what it was asked and how it went, so that the answers of a card are
 * compared with those of the simulated driver line by line. Objects of the driver are made and freed, as nvidia-smi's are; types,
 * placement and settings are not touched, and no node is made. The sizes of every known layout are tried: the driver takes one, and
 * refuses the others before it looks at them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/deadline.h"
#include "base/log.h"
#include "base/string-util.h"
#include "commands/command.h"
#include "commands/report/capture.h"
#include "commands/report/out.h"
#include "commands/report/sources.h"
#include "system/lock.h"
#include "system/module.h"
#include "vendors/nvidia/abi.h"
#include "vendors/nvidia/encode.h"
#include "vendors/nvidia/node.h"
#include "vendors/nvidia/rm.h"
#include "vendors/nvidia/session.h"
#include "vendors/nvidia/status.h"

/* What a run has, and the process a little more. */
#define PROBE_SECONDS 60
#define PROCESS_SECONDS 75

/* The largest block of any layout has a few thousand bytes. */
#define BLOCK_MAX 65536

struct probe {
	const struct device *gpu;
	char release[64];
	int ctl, node;
	uint32_t client, device, subdevice, vgpu;
	uint8_t *block;
};

/* Says how a step went, and what was answered. */
static _printf_(4, 5) void tell(const struct probe *p, struct rm_result r, const char *step, const char *fmt, ...)
{
	const char *name = nv_status_name(nv_status_newest(r.status, p->release));
	va_list ap;

	printf("%s: ", step);
	if (r.err) {
		printf("%s\n", strerror(-r.err));
		return;
	}
	if (r.status) {
		printf("%s 0x%x\n", name ? name : "status", r.status);
		return;
	}
	printf("ok");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* Opens a node that is there. */
static int open_node(const struct probe *p, unsigned minor)
{
	char path[NODE_PATH_SIZE], step[NODE_PATH_SIZE + 8];
	struct rm_result r = { .err = node_check(minor, path) };
	int fd = -1;

	snprintf(step, sizeof(step), "open %s", path);
	if (r.err > 0) {
		printf("%s: is missing, and is not made for a probe\n", step);
		return -1;
	}
	if (r.err == 0) {
		fd = node_open(minor);
		r.err = MIN(fd, 0);
	}
	tell(p, r, step, "%s", "");
	return fd;
}

/* Opens both nodes. Returns whether the driver can be asked about the GPU, with its number in *id. */
static bool open_nodes(struct probe *p, uint32_t *id)
{
	struct rm_card card = { 0 };
	char version[64] = "";
	struct rm_result r;

	p->ctl = open_node(p, NODE_MINOR_CONTROL);
	if (p->ctl < 0)
		return false;
	r = rm_version(p->ctl, version);
	tell(p, r, "release", ", %s", *version ? version : "not told");
	r = rm_find_card(p->ctl, &p->gpu->pci, &card);
	tell(p, r, "card", ", id 0x%x, minor %u", card.gpu_id, card.minor);
	if (!rm_ok(r))
		return false;
	p->node = open_node(p, card.minor);
	if (p->node < 0) {
		r = (struct rm_result){ .status = rm_adapter_status(p->ctl, &p->gpu->pci) };
		tell(p, r, "why the GPU does not open", "%s", ", nothing is told");
	}
	*id = card.gpu_id;
	return p->node >= 0;
}

/* Makes the objects that questions are sent to. Returns whether the GPU's own are there. */
static bool make_objects(struct probe *p, uint32_t gpu_id)
{
	struct rm_id_info id = { .gpu_id = gpu_id };
	struct rm_device_params device = { 0 };
	uint32_t subdevice;
	struct rm_result r = rm_alloc(p->ctl, 0, 0, RM_CLASS_ROOT, NULL, &p->client);

	tell(p, r, "client, class 0x41", "%s", "");
	if (!rm_ok(r))
		return false;
	r = rm_control(p->ctl, p->client, p->client, RM_CLIENT_ID_INFO, &id, sizeof(id));
	tell(p, r, "instance, 0x205", ", device %u, subdevice %u", id.device_instance, id.subdevice_instance);
	if (!rm_ok(r))
		return false;
	device.device_id = id.device_instance;
	r = rm_alloc(p->ctl, p->client, p->client, RM_CLASS_DEVICE, &device, &p->device);
	tell(p, r, "device, class 0x80", "%s", "");
	if (!rm_ok(r))
		return false;
	subdevice = id.subdevice_instance;
	r = rm_alloc(p->ctl, p->client, p->device, RM_CLASS_SUBDEVICE, &subdevice, &p->subdevice);
	tell(p, r, "subdevice, class 0x2080", "%s", "");
	return rm_ok(r);
}

static void ask_memory(const struct probe *p)
{
	struct rm_fb_entry entry = { .index = RM_FB_TOTAL_RAM_SIZE };
	struct rm_fb_info info = { .n = 1, .entries = (uintptr_t)&entry };
	struct rm_result r = rm_control(p->ctl, p->client, p->subdevice, RM_SUBDEVICE_FB_INFO, &info, sizeof(info));

	tell(p, r, "memory, 0x20801301", ", %u MiB", entry.data / 1024);
}

/* A question that known layouts ask in blocks of different sizes. */
struct question {
	const char *name;
	uint32_t command;
	uint16_t (*size)(const struct abi *row);
	void (*prepare)(uint8_t *block, const struct abi *row);                      /* NULL: zeroes are sent */
	void (*answer)(const uint8_t *block, const struct abi *row, char **text); /* NULL: how it went is the answer */
};

static uint16_t size_of_mode(const struct abi *row)
{
	return row->virt_mode_size;
}

static uint16_t size_of_type(const struct abi *row)
{
	return row->type_info_size;
}

static uint16_t size_of_list(const struct abi *row)
{
	return row->types ? row->types->size : 0;
}

static uint16_t size_of_vgpus(const struct abi *row)
{
	return row->enumerate_size;
}

static uint32_t word_at(const uint8_t *block, size_t offset)
{
	uint32_t word;

	memcpy(&word, block + offset, sizeof(word));
	return word;
}

static void answer_mode(const uint8_t *block, const struct abi *row, char **text)
{
	(void)row;
	text_append(text, ", mode %u", word_at(block, 0));
}

static void answer_vgpus(const uint8_t *block, const struct abi *row, char **text)
{
	(void)row;
	text_append(text, ", %u run", word_at(block, ABI_ENUMERATE_COUNT));
}

/* No MIG instance is meant. */
static void prepare_list(uint8_t *block, const struct abi *row)
{
	info_put(block, row->types->gpu_instance, UINT32_MAX);
}

static void answer_list(const uint8_t *block, const struct abi *row, char **text)
{
	uint64_t n = info_get(block, row->types->count);

	text_append(text, ", state %" PRIu64 ", %" PRIu64 " types:", info_get(block, row->types->state), n);
	for (uint64_t i = 0; i < MIN(n, (uint64_t)row->types_max); i++)
		text_append(text, " %u", word_at(block, row->types->first.offset + i * sizeof(uint32_t)));
}

/* Returns whether a row before this one has the size, too. */
static bool is_asked(const struct question *question, const struct abi *row)
{
	for (const struct abi *before = abi_next(NULL); before != row; before = abi_next(before))
		if (question->size(before) == question->size(row))
			return true;
	return false;
}

/* Asks in the blocks of all layouts; of those with one size the driver's own is taken where it is known. */
static void ask(const struct probe *p, uint32_t object, const struct question *question)
{
	const struct abi *own = abi_find(p->release);

	for (const struct abi *row = abi_next(NULL); row; row = abi_next(row)) {
		uint16_t size = question->size(row);
		const struct abi *as = own && question->size(own) == size ? own : row;
		_cleanup_(freep) char *step = text_format("%s, 0x%x, %u bytes", question->name, question->command, size), *text = NULL;
		struct rm_result r;

		if (!size || is_asked(question, row))
			continue;
		memset(p->block, 0, BLOCK_MAX);
		if (question->prepare)
			question->prepare(p->block, as);
		r = rm_control(p->ctl, p->client, object, question->command, p->block, size);
		if (rm_ok(r) && question->answer)
			question->answer(p->block, as, &text);
		tell(p, r, step ? step : question->name, "%s", text ? text : "");
	}
}

static void converse(struct probe *p)
{
	static const struct question mode = { "virtualization mode", RM_DEVICE_VIRTUALIZATION_MODE, size_of_mode, NULL, answer_mode };
	static const struct question of_vgpu[] = {
		{ "type 0", RM_VGPU_TYPE_INFO, size_of_type, NULL, NULL },
		{ "list", RM_VGPU_SUPPORTED_TYPES, size_of_list, prepare_list, answer_list },
		{ "vGPUs", RM_VGPU_ENUMERATE, size_of_vgpus, NULL, answer_vgpus },
	};
	uint32_t gpu_id = 0;
	struct rm_result r;

	if (!open_nodes(p, &gpu_id) || !make_objects(p, gpu_id))
		return;
	ask_memory(p);
	ask(p, p->device, &mode);
	r = rm_alloc(p->ctl, p->client, p->subdevice, RM_CLASS_VGPU_CONFIG, NULL, &p->vgpu);
	tell(p, r, "vGPU configuration, class 0xa081", "%s", "");
	for (size_t i = 0; rm_ok(r) && i < ARRAY_SIZE(of_vgpu); i++)
		ask(p, p->vgpu, &of_vgpu[i]);
}

/* The process of one GPU's probe: what it prints is the conversation. */
static int probe_gpu(void *data)
{
	struct probe p = { .gpu = data, .ctl = -1, .node = -1, .block = malloc(BLOCK_MAX) };
	_cleanup_(closep) int lock = -1;
	int r = p.block ? deadline_start(PROBE_SECONDS, p.gpu->address) : -ENOMEM;

	if (r == 0) {
		lock = lock_take(p.gpu->address);
		r = MIN(lock, 0);
	}
	if (r == 0)
		r = module_version(NVIDIA_DRIVER, p.release, sizeof(p.release));
	if (r == 0)
		converse(&p);
	else
		printf("not asked: %s\n", strerror(-r));
	/* Children go with their client; the GPU's node is closed after its objects, the control node last. */
	if (p.client)
		tell(&p, rm_free_client(p.ctl, p.client), "free", "%s", "");
	closep(&p.node);
	closep(&p.ctl);
	free(p.block);
	return r == 0 ? 0 : 1;
}

static void put_conversation(FILE *to, const struct device *gpu)
{
	_cleanup_(capture_done) struct capture got = { 0 };
	union {
		const struct device *from;
		void *data;
	} argument = { .from = gpu };
	const struct abi *row = NULL;
	char release[64] = "";
	char *rest, *line;

	if (module_version(NVIDIA_DRIVER, release, sizeof(release)) == 0)
		row = abi_find(release);
	out_text(to, 0, "- device", gpu->address);
	out_text(to, 2, "release", release);
	out_text(to, 2, "layout", row ? row->first : "not known");
	if (capture_run(probe_gpu, argument.data, PROCESS_SECONDS, &got) < 0)
		return;
	fprintf(to, "  conversation:\n");
	for (rest = got.output; (line = strsep(&rest, "\n")); )
		if (*line)
			out_text(to, 2, "- step", line);
	if (got.timed_out)
		out_text(to, 2, "- step", "the driver does not come back");
}

void source_probe(FILE *to, const struct device_list *gpus)
{
	out_section(to, "probe", "what NVIDIA's driver answers to questions that change nothing");
	for (size_t i = 0; i < gpus->n; i++)
		if (gpus->items[i]->driver && strcmp(gpus->items[i]->driver, NVIDIA_DRIVER) == 0 && command_bound() == OUTCOME_DONE)
			put_conversation(to, gpus->items[i]);
}
