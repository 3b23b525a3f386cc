/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole run on one GPU against the simulated driver, whose answers the input alters: a byte for each of the run's calls says
 * whether it is refused, and which of the bytes that it answers with are others. An input that ends leaves the rest as it
 * is, so that the shortest one is a run that goes well.
 */
#include "fuzz.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/confine.h"
#include "base/deadline.h"
#include "base/journal.h"
#include "base/macro.h"
#include "core/run.h"
#include "driver/rm.h"
#include "vendors/nvidia/node.h"

#define GPU "0000:65:00.0"
#define SYSPATH "/sys/devices/" GPU
#define TYPES SYSPATH "/mdev_supported_types/"

/* Releases of several layouts, the last one not known: it is spoken to in the layout of the one that it behaves like. */
static const struct release {
	const char *version, *like;
} releases[] = {
	{ "510.47.03", NULL }, { "525.60.13", NULL }, { "535.104.05", NULL }, { "545.23.06", NULL }, { "550.54.15", NULL },
	{ "570.86.15", NULL }, { "575.51.02", NULL }, { "580.65.06", NULL }, { "590.44.01", NULL }, { "595.45.04", NULL },
	{ "615.71.09", "595.45.04" },
};

/* A Tesla P40, an H100, a B200: the rules of placing types differ. */
static const uint16_t chips[] = { 0x1b38, 0x2330, 0x2901 };

enum { DONE, FAILED, UNSUPPORTED, IN_USE };

struct counter counters[] = { { "done", 0 }, { "failed", 0 }, { "unsupported", 0 }, { "in_use", 0 }, { 0 } };

static const char profile[] =
	"gpus:\n- mdevConfigs:\n"
	"  - {num: 1, maxInstances: 4, fbLen: auto, fbRes: auto}\n"
	"  - {num: 2, name: two, maxInstances: 1, fbLen: 8192, fbRes: 128, multiMdev: true}\n";

static const char others[] =
	"gpus:\n- discardPrevious: false\n  mdevConfigs:\n"
	"  - {num: 3, maxInstances: 2, fbLen: 4096, fbRes: 128}\n";

static struct rm_state *rm;
static struct bytes input;
static unsigned pauses;
static bool altered, sent;

/* ------------------------------------------------------------ the driver */

static int copy_in(void *ctx, void *to, u64 user, size_t n)
{
	(void)ctx;
	memcpy(to, (const void *)(uintptr_t)user, n);
	return 0;
}

static int copy_out(void *ctx, u64 user, const void *from, size_t n)
{
	(void)ctx;
	memcpy((void *)(uintptr_t)user, from, n);
	return 0;
}

static bool shown[4];

/* Has sysfs show a type, or no longer, with what vGPU there is of it. */
static void show_type(unsigned number, bool now)
{
	char path[128];

	if (now == shown[number])
		return;
	shown[number] = now;
	snprintf(path, sizeof(path), TYPES "nvidia-%u/devices/vgpu", number);
	for (char *end = path + strlen(path); !now && end > path + strlen(TYPES); end = strrchr(path, '/')) {
		*end = '\0';
		scratch_remove(path);
	}
	if (now)
		scratch_write(path, "", 0);
	if (now)
		scratch_remove(path);
}

/* Numbers are 1 to 3 where nothing is altered. */
static void show_types(void *ctx, unsigned gpu)
{
	bool now[ARRAY_SIZE(shown)] = { false };
	struct rm_type_view view;

	(void)ctx;
	for (unsigned i = 0; rm_visible_get(rm, gpu, i, &view) == 0; i++)
		now[view.id < ARRAY_SIZE(now) ? view.id : 0] = true;
	for (unsigned i = 1; i < ARRAY_SIZE(now); i++)
		show_type(i, now[i]);
}

static const struct rm_ops ops = { .copy_in = copy_in, .copy_out = copy_out, .types_changed = show_types };
static const struct rm_caller caller = { .ops = &ops, .owner = 1, .privileged = true };

/* Files of the driver begin here: no descriptor of ours is that high. */
#define FILES 0x10000

int node_open(unsigned minor)
{
	uint8_t refusal = take_byte(&input);
	int file;

	altered |= refusal != 0;
	if (refusal & 0x80)
		return -(refusal & 0x7f) - 1;
	file = rm_open(rm, &caller, minor);
	return file < 0 ? file : FILES + file;
}

int node_check(unsigned minor, char path[NODE_PATH_SIZE])
{
	(void)minor, (void)path;
	return 0;
}

int node_minor(const struct device *gpu, unsigned *ret)
{
	(void)gpu, (void)ret;
	return -ENODATA;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_close(int fd)
{
	if (fd < FILES)
		return __real_close(fd);
	rm_close(rm, &caller, (unsigned)(fd - FILES), false);
	return 0;
}

/* Takes bytes of the answer from the input: how many, from which one on, and they themselves. */
static void alter(uint8_t *answer, size_t n)
{
	size_t count = take_byte(&input), first = take_byte(&input);

	first |= (size_t)take_byte(&input) << 8;
	for (size_t i = first; i < n && i < first + count; i++)
		answer[i] = take_byte(&input);
}

/* Where a request has its parameters, and how many bytes, as every release has them. */
struct control {
	uint32_t client, object, command, flags;
	uint64_t params;
	uint32_t size, status;
};
#define CONTROL 42

static bool changes(uint32_t command)
{
	return command == 0xa0810101 || command == 0xa0810109 || command == 0xa0810119;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	uint8_t how = take_byte(&input);
	struct control *control;
	va_list ap;
	int r;

	va_start(ap, request);
	control = va_arg(ap, struct control *);
	va_end(ap);
	require(fd >= FILES);
	if (_IOC_NR(request) == CONTROL && changes(control->command))
		sent = true;
	altered |= how != 0;
	if (how & 0x80) {
		errno = (how & 0x7f) + 1;
		return -1;
	}
	r = rm_ioctl(rm, &caller, (unsigned)(fd - FILES), (u32)request, (uintptr_t)control);
	if (r < 0) {
		errno = -r;
		return -1;
	}
	if (how & 1 && _IOC_NR(request) == CONTROL)
		alter((uint8_t *)(uintptr_t)control->params, control->size);
	if (how & 2) /* client, object, command and parameters stay: the kernel does not change them */
		alter((uint8_t *)control + (_IOC_NR(request) == CONTROL ? offsetof(struct control, status) : 0),
		      _IOC_NR(request) == CONTROL ? sizeof(control->status) : _IOC_SIZE(request));
	return 0;
}

/* ---------------------------------------------------- time and messages */

int deadline_start(unsigned seconds, const char *subject)
{
	(void)seconds, (void)subject;
	pauses = 0;
	return 0;
}

/* No pause is waited for, and after some of them time is over. */
bool deadline_passed(void)
{
	return pauses > 16;
}

bool deadline_sleep(unsigned ms)
{
	(void)ms;
	pauses++;
	return !deadline_passed();
}

unsigned deadline_shorten(unsigned seconds)
{
	return seconds;
}

void deadline_extend(unsigned seconds)
{
	(void)seconds;
}

long monotonic_ms(void)
{
	return 0;
}

/* There are no others. */
void deadline_share(const char *file, unsigned most)
{
	(void)file, (void)most;
}

void deadline_waited(long begun)
{
	(void)begun;
}

bool deadline_was_early(void)
{
	return false;
}

bool deadline_starved(void)
{
	return false;
}

void deadline_at_end(void (*fn)(const char *text, bool starved))
{
	(void)fn;
}

/* ------------------------------------------------------------- the run */

/* A driver's state without the types behind it, of which there are none yet, is small enough to be put back each time. */
#define STATE offsetof(struct rm_state, type)

static void load_driver(size_t release, uint16_t chip)
{
	static uint8_t *fresh[ARRAY_SIZE(releases)][ARRAY_SIZE(chips)];
	uint8_t **state = &fresh[release][chip];

	if (!*state) {
		const struct rm_gpu_desc desc = { .bus = 0x65, .vendor = 0x10de, .device = chips[chip], .subvendor = 0x10de,
						  .subdevice = 0x11d9, .fb_mib = 24576, .bar1_mib = 256, .virt_mode = 3 };

		*state = malloc(STATE);
		require(*state && rm_init(rm, releases[release].version, releases[release].like, 0) == 0 && rm_add_gpu(rm, &desc) == 0);
		memcpy(*state, rm, STATE);
	}
	memcpy(rm, *state, STATE);
	show_types(NULL, 0);
	scratch_write("/sys/module/nvidia/version", releases[release].version, strlen(releases[release].version));
}

static enum outcome run(uint16_t device, const char *layout, const char *file, bool keep)
{
	static char path[64];
	const struct run_options options = { .target = { .file = path, .layout = layout, .keep = keep }, .trigger = "command" };
	const struct device gpu = {
		.address = (char[]){ GPU }, .syspath = (char[]){ SYSPATH }, .driver = (char[]){ "nvidia" }, .pci = { .bus = 0x65 },
		.vendor = 0x10de, .device = device, .subvendor = 0x10de, .subdevice = 0x11d9, .class = 0x030200,
	};
	bool selected = false;

	snprintf(path, sizeof(path), "%s%s", scratch, file);
	altered = sent = false;
	return run_device(&gpu, &options, &selected);
}

static void prepare(void)
{
	rm = calloc(1, sizeof(*rm));
	require(rm);
	scratch_write("/mine.yaml", profile, strlen(profile));
	scratch_write("/others.yaml", others, strlen(others));
	scratch_write("/sys/module/nvidia_vgpu_vfio/initstate", "live\n", 5);
	scratch_write("/sys/module/nvidia/initstate", "live\n", 5);
	scratch_write(TYPES "none", "", 0);
	scratch_remove(TYPES "none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum outcome outcome;
	size_t release, chip;
	uint8_t flags;

	if (!rm)
		prepare();
	input = (struct bytes){ data, size };
	release = take_byte(&input) % ARRAY_SIZE(releases);
	chip = take_byte(&input) % ARRAY_SIZE(chips);
	flags = take_byte(&input);
	load_driver(release, (uint16_t)chip);
	if (flags & 1) { /* types of others are there before, and perhaps a vGPU */
		struct bytes later = input;

		input = (struct bytes){ 0 };
		require(run(chips[chip], releases[release].like, "/others.yaml", true) == OUTCOME_DONE);
		input = later;
		if (flags & 2 && shown[3] && rm_set_vgpus(rm, 0, 1) == 0)
			scratch_write(TYPES "nvidia-3/devices/vgpu", "", 0);
	}
	outcome = run(chips[chip], releases[release].like, "/mine.yaml", flags & 4);
	counters[DONE].n += outcome == OUTCOME_DONE;
	counters[FAILED].n += outcome == OUTCOME_FAILED;
	counters[UNSUPPORTED].n += outcome == OUTCOME_UNSUPPORTED;
	counters[IN_USE].n += outcome == OUTCOME_IN_USE;
	/* What was not altered goes well, but for what others' types are in the way of, and hurts no kernel. */
	require(altered || ((outcome == OUTCOME_DONE || flags & 1) && !rm->dangers));
	/* Who says that nothing was sent has sent nothing. */
	require(!sent || outcome == OUTCOME_DONE || outcome == OUTCOME_FAILED);
	return 0;
}
