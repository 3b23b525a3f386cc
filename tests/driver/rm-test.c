// SPDX-License-Identifier: GPL-2.0-only
/*
 * rm-test.c - the simulated driver against the facts; TAP
 *
 * Sizes, offsets and releases stand here as numbers, taken from the facts by
 * hand, so that a mistake in the tables or in their generator is seen.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rm-core.h"

/* --------------------------------------------------------------- TAP */

static unsigned int tests, failures;

__attribute__((format(printf, 2, 3)))
static bool ok(bool good, const char *format, ...)
{
	va_list args;

	tests++;
	failures += !good;
	printf("%sok %u - ", good ? "" : "not ", tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	return good;
}

static bool is(long long got, long long want, const char *what)
{
	bool good = ok(got == want, "%s", what);

	if (!good)
		printf("# got 0x%llx (%lld), want 0x%llx (%lld)\n", got, got, want, want);
	return good;
}

/* ------------------------------------------------------- a fake caller */

static struct rm_state *rm;
static char lines[4096];
static unsigned int told, slept, queued, killed, stopped, signalled;
static bool sent_before_stop;

static int copy_in(void *ctx, void *dst, u64 user, size_t len)
{
	(void)ctx;
	if (user < 4096)
		return -EFAULT;
	memcpy(dst, (const void *)(uintptr_t)user, len);
	return 0;
}

static int copy_out(void *ctx, u64 user, const void *src, size_t len)
{
	(void)ctx;
	if (user < 4096)
		return -EFAULT;
	memcpy((void *)(uintptr_t)user, src, len);
	return 0;
}

static void types_changed(void *ctx, unsigned int gpu)
{
	(void)ctx;
	(void)gpu;
	told++;
}

static void trace(void *ctx, const struct rm_event *ev)
{
	size_t n = strlen(lines);

	(void)ctx;
	if (n > sizeof(lines) - RM_LINE_MAX - 2)
		n = 0;
	rm_event_format(lines + n, RM_LINE_MAX, ev);
	strcat(lines, "\n");
}

static void hang(void *ctx, unsigned int ms)
{
	(void)ctx;
	slept += ms;
	memset(rm->arg, 0xee, sizeof(rm->arg));	/* another process was in between */
}

static void queue(void *ctx, unsigned int ms)
{
	queued++;
	hang(ctx, ms);
}

static void die(void *ctx)
{
	(void)ctx;
	killed++;
}

static void send_signal(void *ctx, unsigned int number)
{
	(void)ctx;
	stopped += number == 0;
	signalled = number;
	sent_before_stop = strstr(lines, "cmd=0xa0810101") != NULL;
}

static const struct rm_ops ops = { copy_in, copy_out, types_changed, trace, hang, queue, die, send_signal };
static struct rm_caller me = { &ops, NULL, 100, true };

static void start(const char *version)
{
	lines[0] = 0;
	told = slept = queued = killed = stopped = 0;
	me.owner = 100;
	me.privileged = true;
	if (rm_init(rm, version, NULL, 0) < 0)
		exit(printf("Bail out! no release %s\n", version));
}

static int gpu(u32 bus, u32 device, u32 flags)
{
	struct rm_gpu_desc d = {
		.domain = 0, .bus = (u8)bus, .vendor = 0x10de, .device = (u16)device, .subvendor = 0x10de,
		.subdevice = 0x11d9, .revision = 0xa1, .minor = RM_MINOR_AUTO, .fb_mib = 24576,
		.bar1_mib = 256, .virt_mode = 3, .flags = flags,
	};

	return rm_add_gpu(rm, &d);
}

#define P40	0x1b38
#define A6000	0x2230
#define L40	0x26b5

static u64 at(const void *p)
{
	return (u64)(uintptr_t)p;
}

static u32 request(u32 nr, u32 size)
{
	return 3U << 30 | size << 16 | 'F' << 8 | nr;
}

static u32 word(const void *block, u32 offset)
{
	u32 value;

	memcpy(&value, (const u8 *)block + offset, 4);
	return value;
}

static void put_word(void *block, u32 offset, u32 value)
{
	memcpy((u8 *)block + offset, &value, 4);
}

/* ------------------------------------------------- NVOS21, 54, 00 by hand */

static int ctl, dev;
static u32 C, D, S, V;	/* names of the sequence */

static u32 status_at(void)
{
	return rm->release < 535043002 ? 24 : 28;
}

static u32 alloc_on(int file, u32 root, u32 parent, u32 *handle, u32 class_id, const void *params)
{
	u32 b[8] = { root, parent, *handle, class_id, 0, 0, 0, 0 };
	u64 p = at(params);

	memcpy(&b[4], &p, 8);
	put_word(b, status_at(), 0xffffffff);
	if (rm_ioctl(rm, &me, (u32)file, request(43, 32), at(b)) < 0)
		return 0xfffffffe;
	*handle = b[2];
	return word(b, status_at());
}

static u32 alloc(u32 root, u32 parent, u32 *handle, u32 class_id, const void *params)
{
	return alloc_on(ctl, root, parent, handle, class_id, params);
}

static u32 control(u32 object, u32 cmd, void *params, u32 size)
{
	u32 b[8] = { C, object, cmd, 0, 0, 0, size, 0xffffffff };
	u64 p = at(params);

	memcpy(&b[4], &p, 8);
	return rm_ioctl(rm, &me, (u32)ctl, request(42, 32), at(b)) < 0 ? 0xfffffffe : b[7];
}

static u32 free_object(u32 root, u32 parent, u32 object)
{
	u32 b[4] = { root, parent, object, 0xffffffff };

	return rm_ioctl(rm, &me, (u32)ctl, request(41, 16), at(b)) < 0 ? 0xfffffffe : b[3];
}

static u32 open_client(void)
{
	C = 0;
	ctl = rm_open(rm, &me, 255);
	return alloc(0, 0, &C, 0x41, NULL);
}

static u32 open_device(u32 minor, u32 gpu_id)
{
	u32 id[8] = { gpu_id }, params[14] = { 0 };
	u32 status;

	dev = rm_open(rm, &me, minor);
	status = control(C, 0x205, id, 32);
	if (status)
		return status;
	params[0] = id[2];
	D = 0;
	return alloc(C, C, &D, 0x80, params);
}

static u32 open_config(void)
{
	u32 zero = 0, status;

	S = V = 0;
	status = alloc(C, D, &S, 0x2080, &zero);
	return status ? status : alloc(C, S, &V, 0xa081, NULL);
}

/* Steps 1 to 12 for the GPU on bus 1. */
static bool open_all(void)
{
	return open_client() == 0 && open_device(0, 0x100) == 0 && open_config() == 0;
}

/* ------------------------------------------------------------ SET_INFO */

static u8 info[8192];

static void make_info(u32 id, u32 max_instance)
{
	memset(info, 0, sizeof(info));
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_VGPU_TYPE, id);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE, max_instance);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE, 1ULL << 30);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_FB_LENGTH, 896ULL << 20);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_VGPU_CONFIG_STATE, 1);
	strcpy((char *)info + rm_field(rm, RM_F_VGPU_SET_INFO_INFO_VGPU_NAME)->offset, "Test");
	strcpy((char *)info + rm_field(rm, RM_F_VGPU_SET_INFO_INFO_VGPU_CLASS)->offset, "Quadro");
	memset(info + rm_field(rm, RM_F_VGPU_SET_INFO_INFO_VGPU_SIGNATURE)->offset, 0x5a, 128);
}

static u32 send_info(void)
{
	return control(V, 0xa0810101, info, rm_struct_size(rm, RM_S_VGPU_SET_INFO));
}

static u32 set_type(u32 id, u32 max_instance, bool discard)
{
	make_info(id, max_instance);
	info[0] = discard;
	return send_info();
}

static u8 answer[20480];

static u32 type_info(u32 id)
{
	memset(answer, 0, sizeof(answer));
	put_word(answer, 0, id);
	return control(V, 0xa0810103, answer, rm_struct_size(rm, RM_S_VGPU_GET_TYPE_INFO));
}

static u32 list_types(u32 cmd)
{
	memset(answer, 0, sizeof(answer));
	rm_put(rm, answer, RM_F_VGPU_TYPES_GPU_INSTANCE_ID, 0xffffffff);
	return control(V, cmd, answer, rm_struct_size(rm, RM_S_VGPU_TYPES));
}

static u32 listed(void)
{
	return list_types(0xa0810104) ? 0xffff : (u32)rm_get(rm, answer, RM_F_VGPU_TYPES_NUM_VGPU_TYPES);
}

/* ---------------------------------------------------------------- tests */

static void test_versions(void)
{
	static const char *const known[] = {
		"510.47.03", "515.43.04", "520.61.07", "525.47.04", "525.60.11", "530.41.03", "535.54.03",
		"535.288.01", "545.29.06", "550.90.05", "550.163.01", "555.58", "560.35.03", "565.77",
		"570.211.01", "575.64", "580.65.06", "580.82.09", "580.94.02", "580.142", "590.48.01",
		"595.45.04", "595.58.03", "595.84", "610.43.02", "610.57.04",
	};
	static const char *const unknown[] = {
		"", "x", "525", "525.", "525.60.", "525.60.11.1", "470.82.01", "510.85.02", "522.10", "533.1",
		"540.10", "550.163.03", "580.90.01", "593.1", "596.10", "600.10.01", "610.57.05", "615.71.09",
		"5250.60.11", " 525.60.11",
	};
	u32 i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ok(rm_init(rm, known[i], NULL, 0) == 0, "version: %s is covered", known[i]);
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		ok(rm_init(rm, unknown[i], NULL, 0) == -EINVAL, "version: '%s' is not covered", unknown[i]);
	ok(rm_init(rm, "600.10.01", "595.45.04", 0) == 0 && !strcmp(rm->version, "600.10.01"),
	   "version: an unknown one can be played by a known one");
}

/* nvidia-host-releases.tsv: the row, and what is only known of public releases. */
static void test_host_releases(void)
{
	static const struct { const char *v; u32 get, types; } t[] = {
		{ "525.60.12", 4960, 264 }, { "530.51", 4960, 264 }, { "535.309.01", 4960, 264 }, { "545.37.02", 4960, 264 },
		{ "550.163.02", 5096, 264 }, { "550.163.10", 5096, 264 }, { "570.124.03", 5232, 264 },
		{ "580.65.05", 5424, 524 }, { "580.82.02", 5424, 524 }, { "580.95.02", 5432, 524 },
		{ "580.178.05", 5432, 524 }, { "590.48.01", 5432, 524 }, { "595.58.02", 5432, 524 },
		{ "595.91.04", 5432, 524 },
	};
	static const char *const none[] = { "450.51.05", "460.107", "470.256.02", "495.50" };
	u32 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		ok(rm_struct_size(rm, RM_S_VGPU_GET_TYPE_INFO) == t[i].get &&
		   rm_struct_size(rm, RM_S_VGPU_TYPES) == t[i].types && !strcmp(rm->version, t[i].v),
		   "version: host release %s", t[i].v);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ok(rm_init(rm, none[i], NULL, 0) == -EINVAL, "version: host release %s has no row", none[i]);
	start("510.108.03");
	is(rm_struct_size(rm, RM_S_VGPU_SET_INFO), 4544, "version: 510.108.03 is taken for 510.47.03");
	start("550.90.05");
	is(rm_types_show_at_once(rm), true, "version: host release 550.90.05 behaves like 550.90.07");
	start("580.105.06");
	is(rm_places_once(rm), true, "version: host release 580.105.06 behaves like 580.105.08");
	start("595.71.03");
	is(rm_field(rm, RM_F_VGPU_GET_TYPE_INFO_INFO_NOMINAL_FB_REGION_SIZE)->offset, 432,
	   "version: host release 595.71.03 has 595's layout");
}

/* The table of the changes page. */
static void test_sizes(void)
{
	static const struct { const char *v; u32 set, get, types, enumerate, access, probed, fb, virt; } t[] = {
		{ "510.47.03", 4544, 0, 0, 0, 40, 256, 436, 4 },
		{ "520.61.07", 0, 0, 0, 0, 40, 256, 436, 4 },
		{ "530.41.03", 4968, 4960, 264, 10760, 40, 256, 436, 4 },
		{ "535.43.02", 4968, 4960, 264, 10760, 48, 256, 436, 4 },
		{ "545.23.06", 4968, 4960, 264, 10760, 48, 256, 444, 4 },
		{ "550.40.07", 5104, 5096, 264, 10760, 48, 256, 444, 4 },
		{ "555.42.02", 5104, 5096, 264, 10760, 48, 256, 444, 8 },
		{ "560.28.03", 5104, 5096, 264, 10760, 48, 256, 460, 8 },
		{ "570.86.15", 5240, 5232, 264, 10760, 48, 256, 460, 8 },
		{ "575.51.02", 5240, 5232, 412, 10760, 48, 256, 460, 8 },
		{ "580.65.06", 5432, 5424, 524, 19592, 48, 384, 1028, 8 },
		{ "580.94.02", 5440, 5432, 524, 19592, 48, 384, 1028, 8 },
		{ "595.44.02", 5440, 5432, 524, 19592, 48, 384, 1028, 8 },
		{ "610.57.04", 5440, 5432, 524, 19592, 48, 384, 1028, 8 },
	};
	u32 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		ok(rm_struct_size(rm, RM_S_VGPU_SET_INFO) == t[i].set &&
		   rm_struct_size(rm, RM_S_VGPU_GET_TYPE_INFO) == t[i].get &&
		   rm_struct_size(rm, RM_S_VGPU_TYPES) == t[i].types &&
		   rm_struct_size(rm, RM_S_VGPU_ENUMERATE) == t[i].enumerate &&
		   rm_struct_size(rm, RM_S_RM_ALLOC_ACCESS) == t[i].access &&
		   rm_struct_size(rm, RM_S_PROBED_IDS) == t[i].probed &&
		   rm_struct_size(rm, RM_S_FB_INFO_V2) == t[i].fb &&
		   rm_struct_size(rm, RM_S_VIRT_MODE) == t[i].virt, "sizes: %s", t[i].v);
	}
	start("590.48.01");
	i = rm_field(rm, RM_F_VGPU_SET_INFO_INFO_MULTI_VGPU_SUPPORTED)->offset;
	start("595.44.02");
	is(rm_field(rm, RM_F_VGPU_SET_INFO_INFO_MULTI_VGPU_SUPPORTED)->offset, i + 4,
	   "sizes: 595 moves multiVgpuSupported by 4 bytes in an equal size");
}

static void test_ioctl_layer(void)
{
	u8 b[4096] = { 0 };

	start("580.95.05");
	gpu(1, P40, 0);
	ctl = rm_open(rm, &me, 255);
	dev = rm_open(rm, &me, 0);
	is(rm_ioctl(rm, &me, (u32)ctl, request(210, 71), at(b)), -EINVAL, "ioctl: a wrong size is EINVAL");
	is(rm_ioctl(rm, &me, (u32)ctl, request(99, 32), at(b)), -EINVAL, "ioctl: an unknown number is EINVAL");
	is(rm_ioctl(rm, &me, (u32)ctl, request(201, 4), at(b)), -EINVAL, "ioctl: REGISTER_FD is not simulated");
	b[0] = '2';
	is(rm_ioctl(rm, &me, (u32)dev, request(210, 72), at(b)), -EINVAL, "ioctl: the GPU's node is the wrong one");
	is(rm_ioctl(rm, &me, (u32)ctl, request(210, 72), 8), -EFAULT, "ioctl: a bad pointer is EFAULT");
	is(rm_ioctl(rm, &me, 77, request(210, 72), at(b)), -EBADF, "ioctl: a file that is not open");
	b[0] = '2';
	is(rm_ioctl(rm, &me, (u32)ctl, request(210, 72) & 0x3fffffff & ~0xff00U, at(b)), 0,
	   "ioctl: type and direction do not matter");
}

static int check_version(u32 cmd, const char *string, u32 *b)
{
	memset(b, 0, 72);
	b[0] = cmd;
	b[1] = 0xffffffff;
	strcpy((char *)&b[2], string);
	return rm_ioctl(rm, &me, (u32)ctl, request(210, 72), at(b));
}

static void test_check_version(void)
{
	u32 b[18];
	const char *string = (const char *)&b[2];

	start("525.60.11");
	ctl = rm_open(rm, &me, 255);
	is(check_version('2', "", b), 0, "CHECK_VERSION: 525 accepts '2'");
	is(b[1] == 1 && string[0] == 0, true, "CHECK_VERSION: and leaves the string alone");
	is(check_version(0, "525.60.11", b), 0, "CHECK_VERSION: strict, equal");
	is(check_version(0, "525.60.1", b), -EINVAL, "CHECK_VERSION: strict, shorter");
	is(b[1] == 1 && !strcmp(string, "525.60.11"), true, "CHECK_VERSION: EINVAL copies back version and reply 1");
	is(check_version('1', "525.1", b), 0, "CHECK_VERSION: relaxed up to the first dot");
	is(check_version('1', "52", b), -EINVAL, "CHECK_VERSION: relaxed, other branch");
	is(check_version(7, "525.60.11", b), 0, "CHECK_VERSION: unknown command, taken for strict");
	is(check_version(7, "525.60", b), -EINVAL, "CHECK_VERSION: unknown command, another release");
	is(rm_ioctl(rm, &me, (u32)ctl, request(210, 68), 8), -EFAULT, "CHECK_VERSION: 525 copies before it checks");
	start("590.48.01");
	ctl = rm_open(rm, &me, 255);
	is(rm_ioctl(rm, &me, (u32)ctl, request(210, 68), 8), -EFAULT, "CHECK_VERSION: so does 590");
	start("530.30.02");
	ctl = rm_open(rm, &me, 255);
	is(check_version('2', "", b) == 0 && !strcmp(string, "530.30.02"), true,
	   "CHECK_VERSION: 530 answers '2' with its version");
	start("595.44.02");
	ctl = rm_open(rm, &me, 255);
	is(check_version(0, "1.2", b) == -EINVAL && !strcmp(string, "595.44.02"), true,
	   "CHECK_VERSION: 595 refuses in the handler, copied back");
	memset(b, 0x11, sizeof(b));
	is(rm_ioctl(rm, &me, (u32)ctl, request(210, 68), at(b)), -EINVAL, "CHECK_VERSION: 595 checks its table");
	is(b[1], 0x11111111, "CHECK_VERSION: before anything is copied");
	is(rm_ioctl(rm, &me, (u32)ctl, request(210, 68), 8), -EINVAL, "CHECK_VERSION: not even read");
}

static void test_card_info(void)
{
	static u8 b[64 * 72];
	u32 status[3] = { 0, 3, 99 };
	struct rm_gpu_desc broken = { .bus = 9, .slot = 2, .function = 1, .vendor = 0x10de, .device = P40,
		.minor = 5, .flags = RM_GPU_BROKEN, .init_status = 0x40 };

	start("570.86.15");
	gpu(3, P40, 0);
	gpu(2, L40, RM_GPU_EXCLUDED);
	rm_add_gpu(rm, &broken);
	ctl = rm_open(rm, &me, 255);
	is(rm_ioctl(rm, &me, (u32)ctl, request(200, 2 * 72), at(b)), -EINVAL, "CARD_INFO: too small for all GPUs");
	memset(b, 0xff, sizeof(b));
	is(rm_ioctl(rm, &me, (u32)ctl, request(200, 32 * 72), at(b)), 0, "CARD_INFO: the usual size");
	is(b[0] == 1 && b[8] == 3 && word(b, 16) == 0x300 && word(b, 56) == 0, true, "CARD_INFO: the first GPU");
	is(b[72] == 1 && b[80] == 9 && b[81] == 2 && b[82] == 0 && word(b, 72 + 16) == 0x902 &&
	   word(b, 72 + 56) == 5, true, "CARD_INFO: excluded is skipped, minor is no index, no function");
	is(b[144], 0, "CARD_INFO: the rest is zero");
	is(rm_ioctl(rm, &me, (u32)ctl, request(200, 3 * 72 + 1), at(b)), 0, "CARD_INFO: whole cards or not");
	is(rm_ioctl(rm, &me, (u32)ctl, request(200, 71), at(b)), -EINVAL, "CARD_INFO: not even one");
	is(word(b, 48), 256U << 20, "CARD_INFO: fb_size is BAR1");
	is(rm_open(rm, &me, 1), -EPERM, "open: an excluded GPU is EPERM");
	is(rm_open(rm, &me, 5), -EIO, "open: a GPU that does not start is EIO");
	is(rm_open(rm, &me, 7), -ENODEV, "open: no GPU behind the minor is ENODEV");
	status[1] = 9 | 2 << 8;
	is(rm_ioctl(rm, &me, (u32)ctl, request(209, 12), at(status)) == 0 && status[2] == 0x40, true,
	   "STATUS_CODE: why it did not start");
	status[1] = 3;
	is(rm_ioctl(rm, &me, (u32)ctl, request(209, 12), at(status)) == 0 && status[2] == 0, true,
	   "STATUS_CODE: 0 for a healthy one");
	status[1] = 4;
	is(rm_ioctl(rm, &me, (u32)ctl, request(209, 12), at(status)), -EINVAL, "STATUS_CODE: no such GPU");
}

/* As a public 580.159.04 answered on an H200. */
static void test_plain(const char *release)
{
	u8 block[19592] = { 0 };
	u32 size[RM_STRUCTS], mode[2] = { 3 };

	rm_init(rm, release, NULL, RM_WORLD_PLAIN);
	for (u32 i = 0; i < RM_STRUCTS; i++)
		size[i] = rm_struct_size(rm, i);
	gpu(1, P40, 0);
	is(open_all(), true, "no vGPU host: since 550.40.07 the class is there");
	is(control(D, 0x800289, mode, size[RM_S_VIRT_MODE]) == 0 && mode[0] != 3, true, "no vGPU host: nor does it call itself one");
	is(control(V, 0xa0810103, block, size[RM_S_VGPU_GET_TYPE_INFO]), 0x57, "no vGPU host: types are asked for");
	is(control(V, 0xa0810102, block, size[RM_S_VGPU_ENUMERATE]), 0, "no vGPU host: vGPUs are counted");
	is(word(block, 4), 0, "no vGPU host: there are none");
	is(control(V, 0xa0810104, block, size[RM_S_VGPU_TYPES]), 0x56, "no vGPU host: it has no list of types");
	is(control(V, 0xa0810105, block, size[RM_S_VGPU_TYPES]), 0x56, "no vGPU host: and none that can be created");
	is(set_type(7, 2, false), 0x56, "no vGPU host: it takes none");
}

static void test_alloc(void)
{
	u32 h = 0, other, zero = 0, one = 1, params[14] = { 0 };

	start("530.41.03");
	gpu(1, P40, 0);
	is(open_client(), 0, "alloc: root");
	is(C != 0, true, "alloc: the kernel chose a handle");
	h = C;
	is(alloc(0, 0, &h, 0x41, NULL), 0x19, "alloc: a client's handle twice is 0x19");
	h = 0;
	is(alloc(C, C, &h, 0x80, params), 0x22, "alloc: device of a GPU nobody opened");
	is(h != 0, true, "alloc: a handle is told in vain, too");
	h = 0;
	is(open_device(0, 0x100), 0, "alloc: device");
	is(alloc(C, C, &h, 0x80, NULL), 0x1f, "alloc: device without parameters");
	is(rm_find_object(rm, C, h) == NULL, true, "alloc: which is nobody's");
	h = D;
	is(alloc(C, C, &h, 0x80, params), 0x19, "alloc: an object's handle twice is 0x19");
	h = C;
	is(alloc(C, C, &h, 0x80, params), 0x33, "alloc: the client's own handle");
	h = 0;
	params[0] = 1;
	is(alloc(C, C, &h, 0x80, params), 0x22, "alloc: device instance that is not there");
	h = 0;
	is(alloc(C, D, &h, 0x80, params), 0x36, "alloc: a device below a device");
	is(alloc(C, C, &h, 0x2080, &zero), 0x36, "alloc: a subdevice below the client");
	is(alloc(C, 0x1234, &h, 0x2080, &zero), 0x36, "alloc: unknown parent");
	is(alloc(C + 1, D, &h, 0x2080, &zero), 0x23, "alloc: unknown client");
	is(alloc(C, D, &h, 0x2080, &one), 0x22, "alloc: only subdevice 0");
	is(open_config(), 0, "alloc: subdevice and vGPU configuration");
	is(alloc(C, D, &h, 0x2080, &zero), 0x1a, "alloc: a second subdevice of one instance");
	is(alloc(C, S, &h, 0xa081, &zero), 0x1f, "alloc: 0xA081 takes no parameters");
	h = 0;
	is(alloc(C, D, &h, 0xa081, NULL), 0x36, "alloc: 0xA081 belongs below a subdevice");
	is(alloc(C, S, &h, 0x9999, NULL), 0x22, "alloc: unknown class");
	is(h, 0, "alloc: nor is any told where class or parent are wrong");
	is(alloc(C, S, &h, 0xa081, NULL), 0, "alloc: several 0xA081 per client");
	other = rm_open(rm, &me, 255);
	h = 0;
	is(alloc_on((int)other, C, D, &h, 0x2080, &zero), 0x23, "alloc: a client belongs to its file");
	me.owner = 200;
	params[0] = 0;
	h = 0;
	is(alloc(C, C, &h, 0x80, params), 0x1b, "alloc: device needs the node in this process");
	me.owner = 100;
}

static void test_alloc_forms(void)
{
	static const struct { const char *v; u32 status, access, access_status; } t[] = {
		{ "515.43.04", 24, 40, 32 }, { "525.60.11", 24, 40, 36 }, { "530.41.03", 24, 40, 36 },
		{ "535.43.02", 28, 48, 40 }, { "595.45.04", 28, 48, 40 },
	};
	u32 b[12], i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		ctl = rm_open(rm, &me, 255);
		memset(b, 0, sizeof(b));
		b[3] = 0x41;
		b[6] = b[7] = 0xffffffff;
		rm_ioctl(rm, &me, (u32)ctl, request(43, 32), at(b));
		ok(word(b, t[i].status) == 0 && word(b, 52 - t[i].status) == 0xffffffff,
		   "NVOS21: %s answers at %u and not at the other place", t[i].v, t[i].status);
		memset(b, 0, sizeof(b));
		b[3] = 0x41;
		put_word(b, t[i].access_status, 0xffffffff);
		ok(rm_ioctl(rm, &me, (u32)ctl, request(43, t[i].access), at(b)) == 0 && b[2] &&
		   word(b, t[i].access_status) == 0, "NVOS64: %s, %u bytes", t[i].v, t[i].access);
		ok(rm_ioctl(rm, &me, (u32)ctl, request(43, 88 - t[i].access), at(b)) == -EINVAL,
		   "NVOS64: %s refuses the other size", t[i].v);
	}
	for (i = 0; i < 2; i++) {
		start(i ? "520.61.07" : "515.43.04");
		gpu(1, P40, 0);
		open_client();
		open_device(0, 0x100);
		is(open_config(), 0x22, "alloc: 515 and 520 have no class 0xA081");
	}
	rm_init(rm, "545.29.06", NULL, RM_WORLD_PLAIN);
	gpu(1, P40, 0);
	open_client();
	open_device(0, 0x100);
	is(open_config(), 0x56, "alloc: in a driver that is no vGPU host it is a stub");
	test_plain("550.40.07");
	test_plain("580.159.04");
}

static void test_free(void)
{
	u32 h = 0, i, n = 0;

	start("550.54.14");
	gpu(1, P40, 0);
	open_all();
	is(free_object(C, C, V), 0x36, "free: a wrong parent");
	is(free_object(C, S, 0x77), 0x33, "free: unknown object");
	is(free_object(0x77, S, V), 0x23, "free: unknown client");
	is(free_object(C, S, V), 0, "free: an object");
	is(free_object(C, S, V), 0x33, "free: is gone");
	alloc(C, S, &h, 0xa081, NULL);
	is(free_object(C, C, C), 0, "free: the client and all below it");
	for (i = 0; i < RM_MAX_OBJECTS; i++)
		n += !!rm->object[i].handle;
	is(n, 0, "free: nothing is left");
	open_client();
	rm_close(rm, &me, (u32)ctl, false);
	for (i = 0; i < RM_MAX_OBJECTS; i++)
		n += !!rm->object[i].handle;
	is(n, 0, "close: frees the clients of the file");
}

static void test_client_controls(void)
{
	u32 flagged[8] = { 0, 0, 0x205, 1, 0, 0, 0, 0xffffffff };
	u32 b[128] = { 0 }, i;

	start("575.51.02");
	gpu(1, P40, 0);
	gpu(2, A6000, 0);
	gpu(3, L40, RM_GPU_EXCLUDED);
	open_client();
	b[0] = 0x100;
	is(control(C, 0x205, b, 32), 0x1f, "0x205: a GPU nobody opened is 0x1F");
	dev = rm_open(rm, &me, 1);
	b[0] = 0x200;
	is(control(C, 0x205, b, 32), 0, "0x205: an open one");
	is(b[2], 0, "0x205: the instance follows the order of opening, not the minor");
	rm_open(rm, &me, 0);
	b[0] = 0x100;
	is(control(C, 0x205, b, 32) == 0 && b[2] == 1 && b[3] == 0, true, "0x205: the second one");
	rm_open(rm, &me, 1);
	b[0] = 0x200;
	is(control(C, 0x205, b, 32) == 0 && b[2] == 0, true, "0x205: a second open does not change it");
	memset(b, 0, sizeof(b));
	b[0] = 0x200;
	is(control(C, 0x202, b, 40), 0, "0x202: with a NULL name");
	memset(b, 0, sizeof(b));
	is(control(C, 0x214, b, 256), 0, "0x214: probed ids");
	is(b[0] == 0x100 && b[1] == 0x200 && b[2] == 0xffffffff && b[31] == 0xffffffff && b[32] == 0x300 &&
	   b[33] == 0xffffffff, true, "0x214: the rest of both lists is all ones");
	for (i = 0; i < 33; i++)
		b[i] = i ? 0xffffffff : 0x100;
	is(control(C, 0x215, b, 132), 0, "0x215: one id, tail of ones");
	b[1] = 0;
	is(control(C, 0x215, b, 132), 0x1f, "0x215: a tail of zeros is no end");
	is(control(C, 0x216, b, 128), 0x1f, "0x216: the same check");
	is(control(C, 0x201, b, 128) == 0 && b[0] == 0x100 && b[1] == 0x200 && b[2] == 0xffffffff, true,
	   "0x201: attached ids");
	b[0] = 0x200;
	is(control(C, 0x21b, b, 12) == 0 && b[1] == 0 && (b[2] & 0xffff) == 2, true, "0x21B: address of an id");
	b[0] = 0x999;
	is(control(C, 0x21b, b, 12), 0x1f, "0x21B: unknown id");
	is(control(C, 0x20801801, b, 16), 0x56, "control: of another class is 0x56");
	is(control(C, 0x2ff, b, 16), 0x56, "control: unknown is 0x56");
	is(control(C + 5, 0x214, b, 256), 0x33, "control: unknown object");
	flagged[1] = flagged[0] = C;
	is(rm_ioctl(rm, &me, (u32)ctl, request(42, 32), at(flagged)) == 0 && flagged[7] == 0x29, true,
	   "control: flags are refused");
	is(control(C, 0x205, NULL, 32), 0x1f, "control: size without pointer is 0x1F");
	is(control(C, 0x205, b, 0), 0x1f, "control: pointer without size is 0x1F");
	is(control(C, 0x205, (void *)64, 32), 0x1e, "control: a bad pointer");
	start("580.65.06");
	open_client();
	is(control(C, 0x214, b, 384), 0, "0x214: 384 bytes from 580.65");
	is(control(C, 0x214, b, 256), 0x1f, "0x214: and 256 no more");
}

static void test_gpu_controls(void)
{
	u32 b[128] = { 0 }, list[4] = { 7, 0, 8, 0 }, one[2] = { 99, 0 };
	u64 p = at(list);

	start("555.42.02");
	gpu(1, P40, 0);
	open_all();
	is(control(D, 0x800289, b, 8) == 0 && b[0] == 3 && b[1] == 1, true, "0x800289: 8 bytes from 555");
	is(control(D, 0x800289, b, 4), 0x1f, "0x800289: and 4 no more");
	is(control(S, 0x20801801, b, 16) == 0 && b[0] == 0x1b3810de && b[1] == 0x11d910de && b[2] == 0xa1, true,
	   "0x20801801: device in the high half");
	b[0] = 2;
	memcpy(&b[2], &p, 8);
	is(control(S, 0x20801301, b, 16) == 0 && list[1] == 24576 << 10 && list[3] == 24576 << 10, true,
	   "0x20801301: KiB through the list");
	p = at(one);
	b[0] = 1;
	memcpy(&b[2], &p, 8);
	is(control(S, 0x20801301, b, 16), 0x1f, "0x20801301: an unknown index");
	b[0] = 0;
	is(control(S, 0x20801301, b, 16), 0x1f, "0x20801301: an empty list");
	memset(b, 0, sizeof(b));
	b[0] = 1;
	b[1] = 5;
	is(control(S, 0x20801303, b, 444) == 0 && b[2] == 256 << 10, true, "0x20801303: inline list, BAR1");
	start("550.54.14");
	gpu(1, P40, 0);
	open_all();
	b[0] = 0;
	is(control(D, 0x800289, b, 4) == 0 && b[0] == 3, true, "0x800289: 4 bytes before 555");
	rm->gpu[0].desc.virt_mode = 0;
	is(control(D, 0x800289, b, 4) == 0 && b[0] == 0, true, "0x800289: as configured");
	is(list_types(0xa0810104), 0, "0xA0810104: depends on the build and not on 0x800289");
	rm->gpu[0].desc.flags |= RM_GPU_UNLISTED;
	is(list_types(0xa0810104), 0x56, "0xA0810104: is 0x56 on an unlocked board");
	is(list_types(0xa0810105), 0x56, "0xA0810105: the same");
	rm->gpu[0].desc.virt_mode = 3;
	is(list_types(0xa0810104), 0x56, "0xA0810104: whatever 0x800289 says");
	is(set_type(7, 1, false) == 0 && type_info(7) == 0, true, "0xA0810103: is not refused there");
}

/* notes 4: which release says what to a wrong size. */
static void test_wrong_size(void)
{
	static const struct { const char *v; u32 status; } t[] = {
		{ "515.43.04", 0x3a }, { "535.154.05", 0x3a }, { "535.161.07", 0x1f }, { "535.288.01", 0x1f },
		{ "545.23.06", 0x3a }, { "545.29.06", 0x3a }, { "550.40.07", 0x3a }, { "550.40.53", 0x1f },
		{ "550.54.14", 0x1f }, { "595.45.04", 0x1f },
	};
	u32 b[128] = { 0 }, i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		open_client();
		ok(control(C, 0x205, b, 36) == t[i].status, "control: wrong size is 0x%x on %s", t[i].status, t[i].v);
	}
}

static void test_privilege(void)
{
	static const struct { const char *v; u32 status; } t[] = {
		{ "510.47.03", 0x1b }, { "525.60.11", 0 }, { "530.41.03", 0 }, { "535.179", 0 },
		{ "535.183.01", 0x1b }, { "535.288.01", 0x1b }, { "545.29.06", 0 }, { "550.40.63", 0 },
		{ "550.40.65", 0x1b }, { "550.54.14", 0 }, { "550.78", 0 }, { "550.90.07", 0x1b },
		{ "555.42.06", 0 }, { "555.52.04", 0x1b }, { "560.28.03", 0x1b }, { "595.45.04", 0x1b },
	};
	u32 i, one = 1;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		gpu(1, P40, 0);
		me.privileged = false;
		open_all();
		ok(set_type(7, 1, false) == t[i].status, "SET_INFO: without CAP_SYS_ADMIN 0x%x on %s", t[i].status,
		   t[i].v);
	}
	is(control(V, 0xa0810119, &one, 4), 0x1b, "SET_PGPU_INFO: needs CAP_SYS_ADMIN");
	is(control(V, 0xa0810109, NULL, 0), 0, "UPDATE_PGPU_INFO: does not");
	me.privileged = true;
	is(control(V, 0xa0810119, &one, 4), 0, "SET_PGPU_INFO: with it");
}

static void test_limits(void)
{
	static const struct { const char *v; u32 max; } t[] = {
		{ "510.47.03", 64 }, { "525.60.11", 64 }, { "570.86.15", 64 }, { "575.51.02", 100 }, { "580.65.06", 128 },
		{ "595.45.04", 128 },
	};
	u32 i, id, bad;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		gpu(1, P40, 0);
		open_all();
		for (id = 1, bad = 0; id <= t[i].max; id++)
			bad += set_type(id, 1, false) != 0;
		ok(!bad, "SET_INFO: %s takes %u types", t[i].v, t[i].max);
		ok(set_type(999, 1, false) == 0x56, "SET_INFO: %s is full then: 0x56", t[i].v);
		is(rm->gpu[0].config_state, 0, "SET_INFO: an error sets the state to 0");
		is(rm->gpu[0].types, t[i].max, "SET_INFO: and the types before it stay");
		ok(set_type(1000, 1, true) == 0 && rm->gpu[0].types == 1, "SET_INFO: %s, discard makes room", t[i].v);
	}
}

static void test_set_info(void)
{
	u32 one = 1;

	start("580.95.05");
	gpu(1, P40, 0);
	gpu(2, P40, 0);
	open_all();
	make_info(50001, 4);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_VGPU_CONFIG_STATE, 2);
	is(send_info(), 0, "SET_INFO: a type");
	is(rm->gpu[0].config_state, 2, "SET_INFO: the state is stored as given");
	is(listed(), 1, "GET_SUPPORTED: lists it");
	is(rm_element(rm, answer, RM_F_VGPU_TYPES_VGPU_TYPES, 0), 50001, "GET_SUPPORTED: by its id");
	is(rm_get(rm, answer, RM_F_VGPU_TYPES_VGPU_CONFIG_STATE), 2, "GET_SUPPORTED: with the state");
	is(type_info(50001), 0, "GET_TYPE_INFO: knows it");
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_MAX_INSTANCE), 4, "GET_TYPE_INFO: its contents");
	is(answer[rm_field(rm, RM_F_VGPU_GET_TYPE_INFO_INFO_VGPU_SIGNATURE)->offset], 0,
	   "GET_TYPE_INFO: never the signature");
	is(answer[rm_field(rm, RM_F_VGPU_GET_TYPE_INFO_INFO_ADAPTER_NAME)->offset] != 0, true,
	   "GET_TYPE_INFO: a computed adapter name");
	is(type_info(50002), 0x57, "GET_TYPE_INFO: an unknown id is 0x57");

	is(set_type(50001, 8, false), 0, "SET_INFO: another definition of a known id is accepted");
	type_info(50001);
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_MAX_INSTANCE), 4, "SET_INFO: and the first one stays");
	is(rm->type[0].ignored, 1, "SET_INFO: which is counted");
	is(listed(), 2, "SET_INFO: the same id took two slots");
	is(rm->dangers == 1 && rm->danger[0].kind == RM_DANGER_DUPLICATE, true, "SET_INFO: written down as danger");
	is(set_type(50003, 1, true) == 0 && listed() == 1, true, "SET_INFO: discard empties the list first");
	is(type_info(50001), 0, "SET_INFO: but the type stays known");
	is(type_info(0), 0x57, "GET_TYPE_INFO: type 0 is unknown as long as nobody gave it");
	is(set_type(0, 1, false) == 0 && listed() == 2, true, "SET_INFO: type 0 is a type like any other");
	is(type_info(0), 0, "GET_TYPE_INFO: knows type 0 then");

	make_info(50004, 4);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_MULTI_VGPU_SUPPORTED, 1);
	send_info();
	type_info(50004);
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_MULTI_VGPU_SUPPORTED), 0,
	   "SET_INFO: multiVgpuSupported is forced to 0");
	make_info(50005, 1);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_MULTI_VGPU_SUPPORTED, 1);
	send_info();
	type_info(50005);
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_MULTI_VGPU_SUPPORTED), 1, "SET_INFO: not with maxInstance 1");
	control(V, 0xa0810119, &one, 4);
	make_info(50006, 4);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_MULTI_VGPU_SUPPORTED, 1);
	send_info();
	type_info(50006);
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_MULTI_VGPU_SUPPORTED), 1,
	   "SET_INFO: not after SET_PGPU_INFO");
	make_info(50007, 4);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_MULTI_VGPU_SUPPORTED, 1);
	put_word(info, rm_field(rm, RM_F_VGPU_SET_INFO_DISCARD_VGPU_TYPES)->offset, 1);
	send_info();
	type_info(50007);
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_MULTI_VGPU_SUPPORTED), 1,
	   "SET_INFO: nor of a type that comes later, after discard");

	open_client();
	open_device(1, 0x200);
	open_config();
	is(listed(), 0, "types: another GPU's list is empty");
	set_type(50001, 2, false);
	type_info(50001);
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_MAX_INSTANCE), 4,
	   "types: but the first definition holds for all GPUs");
}

static void test_strings(void)
{
	start("550.54.14");
	gpu(1, P40, 0);
	open_all();
	make_info(7, 1);
	memset(info + rm_field(rm, RM_F_VGPU_SET_INFO_INFO_VGPU_NAME)->offset, 'x', 32);
	is(send_info(), 0, "SET_INFO: a name without end is not refused");
	is(rm->dangers == 1 && rm->danger[0].kind == RM_DANGER_STRING, true, "SET_INFO: but written down");
	type_info(7);
	is(answer[rm_field(rm, RM_F_VGPU_GET_TYPE_INFO_INFO_VGPU_NAME)->offset + 31], 0, "SET_INFO: and cut");
	make_info(8, 1);
	info[4] = 1;
	lines[0] = 0;
	send_info();
	ok(strstr(lines, "note nonzero-padding at 4") != NULL, "SET_INFO: padding that is not zero is noted");
	make_info(9, 1);
	lines[0] = 0;
	send_info();
	ok(!strstr(lines, "nonzero"), "SET_INFO: clean blocks are not");
	rm_init(rm, "550.54.14", NULL, RM_WORLD_FRL_OFF);
	gpu(1, P40, 0);
	open_all();
	make_info(9, 1);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_FRL_ENABLE, 1);
	send_info();
	type_info(9);
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_FRL_ENABLE), 0, "GET_TYPE_INFO: frlEnable when FRL is off");
}

static u32 visible(void)
{
	struct rm_type_view v;
	u32 n = 0;

	while (rm_visible_get(rm, 0, n, &v) == 0)
		n++;
	return n;
}

/* notes 5, the table on 0xa0810109. */
static void test_visible(void)
{
	static const struct { const char *v; u32 before; } t[] = {
		{ "510.47.03", 0 }, { "525.60.11", 0 }, { "535.183.06", 0 }, { "535.216.01", 1 }, { "545.29.06", 0 },
		{ "550.40.07", 0 }, { "550.40.63", 0 }, { "550.40.65", 1 }, { "550.54.14", 0 }, { "550.78", 0 },
		{ "550.90.07", 1 }, { "555.42.02", 1 }, { "570.86.15", 1 }, { "595.45.04", 1 },
	};
	struct rm_type_view v;
	char text[128];
	u32 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		gpu(1, P40, 0);
		open_all();
		set_type(7, 2, false);
		ok(visible() == t[i].before, "sysfs: %s shows %u before 0xA0810109", t[i].v, t[i].before);
		is(told, t[i].before, "sysfs: and says so");
		is(control(V, 0xa0810109, NULL, 0), 0, "0xA0810109: no parameters, no size");
		is(visible(), 1, "sysfs: shown after it");
		set_type(8, 2, false);
		ok(visible() == t[i].before + 1, "sysfs: %s, a type that comes later", t[i].v);
	}
	rm_visible_get(rm, 0, 0, &v);
	rm_type_description(text, sizeof(text), &v);
	is(strcmp(text, "num_heads=0, frl_config=0, framebuffer=1024M, max_resolution=0x0, max_instance=2"), 0,
	   "sysfs: the description");
	is(strcmp(v.name, "Test") == 0 && strcmp(v.class_name, "Quadro") == 0 && v.fb_mib == 896, true,
	   "sysfs: name and class");
	is(control(V, 0xa0810109, text, 4), 0x1f, "0xA0810109: with parameters it is refused");
	rm->world |= RM_WORLD_NO_VFIO;
	is(visible(), 0, "sysfs: nothing without nvidia-vgpu-vfio");
}

static void test_dangers(void)
{
	static const struct { const char *v; u32 device, flags, max; int fatal; } t[] = {
		{ "550.90.07", A6000, RM_GPU_SRIOV, 0, 1 }, { "550.40.07", L40, 0, 0, 1 },
		{ "550.90.07", 0x1eb8, RM_GPU_SRIOV, 0, 0 },
		{ "580.95.05", P40, 0, 0, 0 }, { "545.29.06", A6000, RM_GPU_SRIOV, 0, 0 },
		{ "550.90.07", L40, 0, 33, 1 }, { "580.65.06", L40, 0, 48, -1 }, { "580.65.06", L40, 0, 49, 1 },
		{ "550.90.07", L40, 0, 32, -1 }, { "550.90.07", 0x2331, 0, 0, 1 }, { "550.90.07", 0x2204, 0, 0, 0 },
	};
	u32 i, id[8] = { 0 };

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		gpu(1, t[i].device, t[i].flags);
		open_all();
		set_type(7, t[i].max, false);
		is(rm->dangers, 0, "danger: not by SET_INFO itself");
		control(V, 0xa0810109, NULL, 0);
		ok(!!rm->dangers == (t[i].fatal >= 0), "danger: maxInstance %u on %s, %04x", t[i].max, t[i].v,
		   t[i].device);
		ok(!!rm->fatal == (t[i].fatal == 1), "danger: fatal where the code is known to run");
	}
	start("550.90.07");
	gpu(1, L40, 0);
	open_all();
	set_type(7, 0, false);
	is(control(V, 0xa0810109, NULL, 0), 0xfffffffe, "danger: the call that kills does not return");
	is(control(C, 0x205, id, 32), 0xfffffffe, "danger: and nothing after it");
	is(rm_open(rm, &me, 255), -EIO, "danger: no open either");
	rm_init(rm, "550.90.07", NULL, RM_WORLD_PLAIN);
	gpu(1, A6000, RM_GPU_SRIOV);
	is(rm_in_sriov_mode(rm, 0), false, "SR-IOV mode: not in a driver that is no vGPU host");
	start("550.90.07");
	gpu(1, P40, 0);
	open_all();
	set_type(7, 2, false);
	rm_set_vgpus(rm, 0, 1);
	set_type(7, 2, true);
	is(rm->dangers == 1 && rm->danger[0].kind == RM_DANGER_DISCARD_USED, true, "danger: discard in use");
}

/* ------------------------------------------------------- placement */

static u32 homogeneous(u32 id)
{
	type_info(id);
	return (u32)rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_HOMOGENEOUS_PLACEMENT_COUNT);
}

static u32 heterogeneous(u32 id)
{
	type_info(id);
	return (u32)rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_HETEROGENEOUS_PLACEMENT_COUNT);
}

static u32 placement_id(u32 n)
{
	return rm_element(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_HOMOGENEOUS_PLACEMENT_IDS, n);
}

static void set_share(u32 id, u32 max_instance, u64 mib)
{
	make_info(id, max_instance);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE, mib << 20);
	send_info();
}

static u32 update(void)
{
	return control(V, 0xa0810109, NULL, 0);
}

/* A GPU of 8 GiB with a type for all of it and one for a quarter. */
static void start_places(const char *version, u32 device, u32 flags)
{
	start(version);
	gpu(1, device, flags);
	open_all();
	set_share(1, 1, 8192);
	set_share(2, 4, 2048);
}

/* notes-2, 2: where it is computed once, and that later types have none. */
static void test_placement_once(void)
{
	static const struct { const char *v; bool once; } t[] = {
		{ "570.195.03", false }, { "570.207", true }, { "575.64.05", false }, { "580.82.09", false },
		{ "580.94.02", false }, { "580.94.06", true }, { "580.94.18", true }, { "580.95.05", false },
		{ "580.105.08", true }, { "580.105.06", true }, { "590.48.01", true }, { "595.45.04", true },
		{ "610.57.04", true },
	};
	u32 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start_places(t[i].v, L40, RM_GPU_SRIOV);
		ok(homogeneous(2) == 0 && rm_create_status(rm, 0, 2) == 0, "placement: %s, none before UPDATE_PGPU_INFO, and "
		   "none needed", t[i].v);
		update();
		ok(homogeneous(1) == 1 && homogeneous(2) == 4 && placement_id(3) == 6 && rm_create_status(rm, 0, 2) == 0,
		   "placement: %s has ids after it", t[i].v);
		set_share(3, 8, 1024);
		ok(homogeneous(3) == 0 && rm_create_status(rm, 0, 3) == 0x40,
		   "placement: %s, a type that comes later has none, and cannot be created", t[i].v);
		update();
		ok(homogeneous(3) == (t[i].once ? 0 : 8) && rm_create_status(rm, 0, 3) == (t[i].once ? 0x40 : 0),
		   "placement: %s, nor has it after a second call: %d", t[i].v, t[i].once);
		rm_remove_gpu(rm, 0, true);
		gpu(1, L40, RM_GPU_SRIOV);
		open_all();
		ok(homogeneous(2) == 4 && homogeneous(3) == (t[i].once ? 0 : 8), "placement: %s, unbind does not change it",
		   t[i].v);
		rm_close(rm, &me, (u32)dev, false);
		for (ctl = 0; ctl < RM_MAX_FILES; ctl++)
			rm_close(rm, &me, (u32)ctl, false);
		rm_reload(rm);
		open_all();
		set_share(1, 1, 8192);
		set_share(3, 8, 1024);
		update();
		ok(homogeneous(3) == 8, "placement: %s, a reloaded module computes again", t[i].v);
	}
}

/* notes-2, 2 and 3: whose ids, and in which region. */
static void test_placement(void)
{
	u32 i;

	start_places("590.48.01", A6000, RM_GPU_SRIOV);
	update();
	is(homogeneous(2) == 0 && heterogeneous(2) == 4, true, "placement: before Ada only in SR-IOV mode, for mixed sizes");
	set_share(3, 8, 1024);
	is(rm_create_status(rm, 0, 3), 0, "placement: and nothing needs it to be created");
	start_places("590.48.01", P40, 0);
	update();
	is(homogeneous(2) == 0 && heterogeneous(2) == 0, true, "placement: neither on Pascal");
	start_places("590.48.01", L40, RM_GPU_SRIOV);
	rm->world |= RM_WORLD_NO_VFIO;
	update();
	rm->world &= ~(u32)RM_WORLD_NO_VFIO;
	is(homogeneous(2), 0, "placement: nor without nvidia-vgpu-vfio");
	start_places("550.90.07", L40, RM_GPU_SRIOV);
	update();
	type_info(2);
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_PLACEMENT_COUNT), 4, "placement: 550 has one list");
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_PLACEMENT_SIZE), 2, "placement: in GiB");
	for (i = 0; i < 2; i++) {
		start_places(i ? "595.45.04" : "590.48.01", L40, RM_GPU_SRIOV);
		set_share(4, 1, 4096);
		update();
		ok(homogeneous(2) == (i ? 4 : 2) && homogeneous(1) == (i ? 1 : 0),
		   "placement: the %s type with one instance is the region", i ? "largest" : "last");
	}
	is(rm_get(rm, answer, RM_F_VGPU_GET_TYPE_INFO_INFO_NOMINAL_FB_REGION_SIZE), 8, "placement: which 595 tells");
	start_places("595.45.04", L40, RM_GPU_SRIOV);
	set_type(5, 2, true);
	type_info(5);
	is(word(answer, 432), 8, "placement: also after discard");
	start_places("590.48.01", L40, RM_GPU_SRIOV);
	type_info(2);
	is(word(answer, 432) == 0 && word(answer, 436) == 0, true, "placement: at another member's place in 590");
	start_places("595.45.04", 0x2901, RM_GPU_SRIOV);
	set_share(6, 3, 1024);
	update();
	is(homogeneous(6) == 3 && placement_id(1) == 2 && placement_id(2) == 5, true,
	   "placement: GB100's instances share the region on 595");
	start_places("590.48.01", L40, RM_GPU_SRIOV);
	make_info(7, 2);
	rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_GPU_INSTANCE_SIZE, 1);
	send_info();
	update();
	is(homogeneous(7), 0, "placement: types of MIG have none");
	start_places("590.48.01", L40, RM_GPU_SRIOV);
	update();
	set_share(3, 8, 1024);
	rm->gpu[0].slot[0] = rm->gpu[0].slot[2];
	is(rm_set_vgpus(rm, 0, 1), -EIO, "placement: without an id no vGPU runs");
	is(rm_create_status(rm, 0, 99), 0x57, "placement: an unknown type cannot be created either");
}

/* notes-2, 2: the two divide errors of 595 and 610. */
static void test_divide_errors(void)
{
	static const struct { const char *v; u32 device, flags, one, mib; int kind; } t[] = {
		{ "595.44.02", 0x2901, RM_GPU_SRIOV, 4, 2048, RM_DANGER_REGION },
		{ "610.57.04", 0x2bb5, RM_GPU_SRIOV, 4, 2048, RM_DANGER_REGION },
		{ "595.58.02", 0x2901, RM_GPU_SRIOV, 1, 512, RM_DANGER_SHARE },
		{ "610.43.02", 0x3182, RM_GPU_SRIOV, 1, 1023, RM_DANGER_SHARE },
		{ "595.45.04", 0x2901, RM_GPU_SRIOV, 1, 1024, -1 },
		{ "590.48.01", 0x2901, RM_GPU_SRIOV, 4, 512, -1 },
		{ "595.45.04", L40, RM_GPU_SRIOV, 4, 512, -1 },
		{ "595.45.04", 0x2331, RM_GPU_SRIOV, 4, 512, -1 },
		{ "595.45.04", 0x2901, 0, 4, 512, -1 },
	};
	u32 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		gpu(1, t[i].device, t[i].flags);
		open_all();
		set_share(1, t[i].one, 8192);
		set_share(2, 4, t[i].mib);
		is(rm->dangers, 0, "divide: not by SET_INFO itself");
		update();
		ok(t[i].kind < 0 ? !rm->dangers && !rm->fatal : rm->danger[0].kind == (u32)t[i].kind && rm->fatal,
		   "divide: %s, %04x, a type with %u instances, a share of %u MiB: %s", t[i].v, t[i].device, t[i].one,
		   t[i].mib, t[i].kind < 0 ? "nothing" : rm_danger_text((u32)t[i].kind));
	}
	start("595.45.04");
	gpu(1, 0x2901, RM_GPU_SRIOV);
	open_all();
	is(update() == 0 && !rm->dangers, true, "divide: not without a type");
	start_places("595.45.04", 0x2901, RM_GPU_SRIOV);
	set_type(3, 4, true);
	is(update() == 0 && !rm->dangers, true, "divide: not when a type with one instance was ever there");
	set_share(4, 4, 512);
	is(update() == 0 && !rm->dangers, true, "divide: not when the ids are there");
	start_places("595.45.04", 0x2901, RM_GPU_SRIOV);
	set_share(4, 4, 512);
	rm->world |= RM_WORLD_NO_VFIO;
	is(update() == 0 && !rm->dangers, true, "divide: not without nvidia-vgpu-vfio");
}

/* notes-2, 3: from 575 on, as long as MIG time slicing is off. */
static void test_hidden(void)
{
	static const struct { const char *v; u32 listed; } t[] = {
		{ "575.51.02", 1 }, { "580.95.05", 1 }, { "610.57.04", 1 },
	};
	u32 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(t[i].v);
		gpu(1, P40, 0);
		open_all();
		make_info(1, 4);
		rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE_PER_GI, 2);
		send_info();
		make_info(2, 4);
		rm_put(rm, info, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE_PER_GI, 1);
		send_info();
		ok(listed() == t[i].listed && rm_element(rm, answer, RM_F_VGPU_TYPES_VGPU_TYPES, 0) == 2,
		   "GET_SUPPORTED: %s hides types of several per instance", t[i].v);
		ok(type_info(1) == 0, "GET_TYPE_INFO: %s knows them", t[i].v);
	}
}

/* notes-2, 3: whoever puts a type back must send them, too. */
static void test_given_back(void)
{
	static const u32 fields[] = {
		RM_F_VGPU_SET_INFO_INFO_GPU_INSTANCE_SIZE, RM_F_VGPU_SET_INFO_INFO_GPU_DIRECT_SUPPORTED,
		RM_F_VGPU_SET_INFO_INFO_NVLINK_P2P_SUPPORTED, RM_F_VGPU_SET_INFO_INFO_MULTI_VGPU_EXCLUSIVE,
		RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE_PER_GI,
	};
	static const char *const versions[] = { "525.60.11", "550.54.14", "575.51.02", "580.65.06", "590.48.01", "610.57.04" };
	u32 i, n;

	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		start(versions[i]);
		gpu(1, P40, 0);
		open_all();
		make_info(1, 4);
		for (n = 0; n < sizeof(fields) / sizeof(fields[0]); n++)
			rm_put(rm, info, fields[n], n + 1);
		strcpy((char *)info + rm_field(rm, RM_F_VGPU_SET_INFO_INFO_VGPU_EXTRA_PARAMS)->offset, "a=1");
		send_info();
		type_info(1);
		for (n = 0; n < sizeof(fields) / sizeof(fields[0]); n++)
			if (rm_field(rm, fields[n]) && rm_get(rm, answer, fields[n]) != n + 1)
				break;
		ok(n == sizeof(fields) / sizeof(fields[0]) &&
		   !strcmp((char *)answer + rm_field(rm, RM_F_VGPU_SET_INFO_INFO_VGPU_EXTRA_PARAMS)->offset, "a=1"),
		   "GET_TYPE_INFO: %s gives all members back", versions[i]);
	}
}

/* notes-2, 3. */
static void test_state_after_error(void)
{
	static const char *const rules[] = {
		"control:0xa0810101=status:0x56", "control:0xa0810101=late-status:0x65", "control:0xa0810101=status:0x3",
	};
	u32 i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		start("580.95.05");
		gpu(1, P40, 0);
		open_all();
		make_info(1, 4);
		rm_put(rm, info, RM_F_VGPU_SET_INFO_VGPU_CONFIG_STATE, 2);
		send_info();
		is(rm->gpu[0].config_state, 2, "SET_INFO: another program left the state at READY");
		rm_inject_text(rm, rules[i]);
		set_type(2, 4, false);
		ok(rm->gpu[0].config_state == 0, "SET_INFO: an error leaves it 0: %s", rules[i]);
		send_info();
		is(rm->gpu[0].config_state, 1, "SET_INFO: and the next one sets it again");
	}
	rm_inject_text(rm, "control:0xa0810104=status:0x56");
	listed();
	is(rm->gpu[0].config_state, 1, "SET_INFO: another call's error does not");
	rm_inject_text(rm, "control:0xa0810101=status:0");
	set_type(3, 4, false);
	is(rm->gpu[0].config_state, 1, "SET_INFO: nor does success");
}

static void test_lists(void)
{
	start("575.51.02");
	gpu(1, P40, 0);
	open_all();
	set_type(1, 2, false);
	set_type(2, 2, false);
	memset(answer, 0, sizeof(answer));
	is(control(V, 0xa0810104, answer, 412) == 0 && word(answer, 8) == 2, true,
	   "GET_SUPPORTED: 575 does not look at gpu_instance_id");
	memset(answer, 0, sizeof(answer));
	put_word(answer, 0, 0xffffffff);
	is(control(V, 0xa0810104, answer, 412) == 0 && word(answer, 8) == 2 && word(answer, 12) == 1, true,
	   "GET_SUPPORTED: 575 by hand");
	list_types(0xa0810105);
	is(word(answer, 8), 2, "GET_CREATABLE: all while nothing runs");
	memset(answer, 0, sizeof(answer));
	is(control(V, 0xa0810102, answer, 10760) == 0 && word(answer, 4) == 0, true, "ENUMERATE: nothing runs");
	rm_set_vgpus(rm, 0, 1);
	is(control(V, 0xa0810102, answer, 10760) == 0 && word(answer, 4) == 1, true, "ENUMERATE: one runs");
	list_types(0xa0810105);
	is(word(answer, 8) == 1 && word(answer, 12) == 1, true, "GET_CREATABLE: only the running type");
	rm_set_vgpus(rm, 0, 2);
	list_types(0xa0810105);
	is(word(answer, 8), 0, "GET_CREATABLE: and that up to maxInstance");
	is(control(V, 0xa0810113, answer, 32), 0x56, "host_fb_reservation is not simulated");
	start("510.47.03");
	gpu(1, P40, 0);
	open_all();
	is(type_info(1), 0x56, "510: GET_TYPE_INFO is not known");
	is(control(V, 0xa0810104, answer, 264), 0x56, "510: nor the lists");
	is(control(V, 0xa0810119, answer, 4), 0x56, "510: nor SET_PGPU_INFO");
	make_info(1, 1);
	is(control(V, 0xa0810101, info, 4968), 0x3a, "510: SET_INFO is 4544 bytes and nothing else");
	is(control(V, 0xa0810101, info, 4544), 0, "510: SET_INFO");
	is(rm->gpu[0].slot[0] != 0 && word(rm->type[0].block, 336) == 1, true, "510: maxInstance stands at 336");
}

static int inject(const char *rule)
{
	return rm_inject_text(rm, rule);
}

static void test_rules(void)
{
	static const char *const good[] = {
		"any=kill", "any#17=errno:EIO", "open:ctl=errno:ENOENT", "open:gpu#2*3=errno:16", "ioctl:210=hang:500",
		"alloc:0xa081=status:0x56", "alloc:0x80*0=errno:5", "free=late-kill", "control:0xA0810101#3=short",
		"control=vanish:1", "control=vanish", "control:0x205=late-status:3", "ioctl=late-errno:EINTR",
		"any=fill:0xff", "any=stop", "any=signal:64", "alloc=mute", "open:gpu*0=queue:500",
	};
	static const struct { const char *v, *rule; int r; u32 status; } named[] = {
		{ "580.65.06", "control=status:DMA_XFER_FAILED", -EINVAL, 0 },
		{ "590.48.01", "control=status:DMA_XFER_FAILED", 0, 0x8b },
		{ "595.44.02", "control=status:DMA_XFER_FAILED", 0, 0x8c },
		{ "595.44.02", "control=status:OPERATION_ABORTED", 0, 0x8b },
		{ "590.48.01", "control=status:OPERATION_ABORTED", -EINVAL, 0 },
		{ "610.43.02", "control=late-status:RESOURCE_ACCOUNTING_HARD_LIMIT_EXCEEDED", 0, 0x8d },
		{ "595.84", "control=status:RESOURCE_ACCOUNTING_HARD_LIMIT_EXCEEDED", -EINVAL, 0 },
		{ "610.43.02", "control=status:DMA_XFER_FAILEDX", -EINVAL, 0 },
	};
	static const char *const bad[] = {
		"", "any", "any=", "any=errno", "any=errno:", "any=errno:0", "any=errno:EWHAT", "any=status",
		"any#0=kill", "any#x=kill", "any:1=kill", "open=kill", "open:ctl=status:1", "open:gpu=short",
		"any=short:1", "any=fill", "any=fill:256", "open:gpu=fill:1", "any=late-hang:1", "any=queue", "any=late-queue:1", "any=stop:1", "any=signal", "any=signal:0", "any=signal:65", "open:ctl=signal:1", "open:ctl=stop",
		"any=late-stop", "open:gpu=mute", "any=kill ", "control:0x1ffffffff=kill", "alloc:=kill",
	};
	u32 i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		start("550.54.14");
		ok(inject(good[i]) == 0 && rm->rules == 1, "rule: %s", good[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start("550.54.14");
		ok(inject(bad[i]) == -EINVAL && !rm->rules, "rule: '%s' is none", bad[i]);
	}
	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		start(named[i].v);
		ok(inject(named[i].rule) == named[i].r && rm->rule[0].arg == named[i].status, "rule: %s, %s", named[i].v,
		   named[i].rule);
	}
	start("550.54.14");
	for (i = 0; i < RM_MAX_RULES; i++)
		inject("any=kill");
	is(inject("any=kill"), -ENOSPC, "rule: one too many");
	rm_clear(rm);
	is(inject("control:0xA0810101#3*2=status:0x56"), 0, "rule: parts");
	is(rm->rule[0].where == RM_AT_CONTROL && rm->rule[0].select == 0xa0810101 && rm->rule[0].nth == 3 &&
	   rm->rule[0].times == 2 && rm->rule[0].action == RM_DO_STATUS && rm->rule[0].arg == 0x56, true,
	   "rule: parts are where they belong");
}

static void ready(const char *rule)
{
	start("550.90.07");
	gpu(1, P40, 0);
	open_all();
	if (inject(rule) < 0)
		exit(printf("Bail out! %s\n", rule));
}

static void test_inject(void)
{
	u32 b[18] = { 0x100 };

	ready("open:ctl=errno:ENOENT");
	is(rm_open(rm, &me, 255), -ENOENT, "inject: errno of an open");
	is(rm_open(rm, &me, 255) >= 0, true, "inject: once");
	ready("open:ctl=errno:ENOENT");
	is(rm_open(rm, &me, 0) >= 0, true, "inject: open:ctl is not for GPUs");
	ready("control:0x205#2*0=errno:EIO");
	is(control(C, 0x205, b, 32) == 0 && control(C, 0x205, b, 32) == 0xfffffffe &&
	   control(C, 0x205, b, 32) == 0xfffffffe, true, "inject: from the second on, for ever");
	ready("open:gpu#2=errno:EBUSY");
	is(rm_open(rm, &me, 255) >= 0 && rm_open(rm, &me, 0) >= 0, true, "inject: not the first GPU");
	is(rm_open(rm, &me, 0), -EBUSY, "inject: the second");
	ready("control:0xa0810101#2*2=status:0x3");
	is(set_type(1, 1, false), 0, "inject: status, the first passes");
	is(set_type(2, 1, false) == 3 && set_type(3, 1, false) == 3, true, "inject: the next two do not");
	is(set_type(4, 1, false) == 0 && listed() == 2, true, "inject: nor are they done");
	ready("control:0xa0810101=late-status:0x65");
	is(set_type(1, 1, false) == 0x65 && listed() == 1, true, "inject: a late status comes after the work");
	ready("alloc:0xa081*0=status:0x57");
	is(open_config(), 0x1a, "inject: another class is left alone");
	is(alloc(C, S, b, 0xa081, NULL), 0x57, "inject: by class");
	ready("control:0x205=errno:EIO");
	is(control(C, 0x205, b, 32), 0xfffffffe, "inject: errno of a control");
	ready("any#2=errno:EIO");
	rm->calls = 0;
	is(control(C, 0x205, b, 32) == 0 && control(C, 0x205, b, 32) == 0xfffffffe, true, "inject: the nth of all");
	ready("ioctl:210=status:1");
	is(check_version('2', "", (u32[18]){ 0 }), -EINVAL, "inject: no status word, so EINVAL");
	ready("control:0x205=hang:500");
	b[0] = 0x100;
	is(control(C, 0x205, b, 32) == 0 && slept == 500, true, "inject: a hang goes on with the caller's own block");
	ready("control:0x205=queue:500");
	b[0] = 0x100;
	is(control(C, 0x205, b, 32) == 0 && slept == 500 && queued == 1, true, "inject: so does one in a queue");
	ready("control:0x205=short");
	memset(b, 0, sizeof(b));
	b[0] = 0x100;
	b[5] = 7;
	is(control(C, 0x205, b, 32) == 0 && b[5] == 7, true, "inject: a short answer leaves the parameters");
	ready("control:0x205=mute");
	is(control(C, 0x205, b, 32) == ~0U && b[5] == 7, true, "inject: no answer leaves the status, too");
	ready("control:0x205=fill:0xff");
	b[0] = 0x100;
	is(control(C, 0x205, b, 32) == 0 && b[0] == ~0U && b[7] == ~0U, true, "inject: an answer full of one byte");
	ready("control:0x205=kill");
	control(C, 0x205, b, 32);
	is(killed, 1, "inject: kill");
	ready("control:0xa0810101#2=stop");
	is(set_type(1, 1, false) == 0 && !stopped, true, "inject: no stop at the first");
	is(set_type(2, 1, false) == 0 && stopped == 1 && sent_before_stop, true, "inject: stop, when the work is done");
	is(listed(), 2, "inject: a stopped caller's call counts");
	inject("control:0xa0810101=signal:15");
	is(set_type(3, 1, false) == 0 && signalled == 15 && stopped == 1, true, "inject: a signal, when the work is done");
	ready("control:0xa0810104=vanish");
	is(list_types(0xa0810104), 0x0f, "inject: the GPU of the call is gone");
	is(rm_ioctl(rm, &me, (u32)dev, request(201, 4), at(b)), -EINVAL, "lost: its own node answers EINVAL");
	is(rm_open(rm, &me, 0), -ENODEV, "lost: no new open");
	is(control(C, 0x205, b, 32), 0x1f, "lost: no id info");
}

static void test_lifetime(void)
{
	u32 id[8] = { 0 }, params[14] = { 0 }, h = 0, i;
	int g;

	start("550.90.07");
	g = gpu(1, P40, 0);
	is(gpu(1, P40, 0), -EEXIST, "bind: an address twice");
	gpu(2, P40, 0);
	open_all();
	set_type(1, 1, false);
	is(rm_reload(rm), -EBUSY, "reload: not while a node is open");
	is(rm_remove_gpu(rm, (u32)g, false), -EBUSY, "unbind: not while it is open");
	is(rm_remove_gpu(rm, (u32)g, true), 0, "unbind: by force");
	is(list_types(0xa0810104), 0x0f, "unbind: its objects are lost");
	g = gpu(1, P40, 0);
	is(g >= 0 && rm->gpu[g].desc.minor == 0 && rm->gpu[g].types == 1, true, "bind: first free minor, the list of before");
	is(list_types(0xa0810104), 0x0f, "bind: old objects stay lost");
	open_client();
	rm_open(rm, &(struct rm_caller){ &ops, NULL, 300, true }, 0);
	id[0] = 0x100;
	control(C, 0x205, id, 32);
	params[0] = id[2];
	is(alloc(C, C, &h, 0x80, params), 0x1b, "bind: an old node gives no right to the new GPU");
	for (i = 1; i < RM_MAX_FILES; i++)
		if (i != (u32)dev)
			rm_close(rm, &me, i, false);
	ctl = 0;
	rm_close(rm, &me, (u32)dev, false);
	is(rm->gpu[g].open_count, 0, "bind: an old file does not count");
	rm_close(rm, &me, (u32)ctl, true);
	ok(strstr(lines, "close nvidiactl leaked") != NULL, "close: a leak is written down");
	open_all();
	is(type_info(1), 0, "types: survive unbind");
	rm_close(rm, &me, (u32)dev, false);
	rm_close(rm, &me, (u32)ctl, false);
	is(rm_reload(rm), 0, "reload: when all is closed");
	open_all();
	is(type_info(1), 0x57, "reload: the types are forgotten");
}

/* notes-2, 3: detach does not touch the list, attach finds the address again. */
static void test_rebind(void)
{
	u32 i, one = 1;
	int g;

	for (i = 0; i < 2; i++) {
		rm_init(rm, i ? "550.54.14" : "550.90.07", NULL, 0);
		g = gpu(1, P40, 0);
		open_all();
		control(V, 0xa0810119, &one, 4);
		make_info(1, 1);
		rm_put(rm, info, RM_F_VGPU_SET_INFO_VGPU_CONFIG_STATE, 2);
		send_info();
		update();
		is(visible(), 1, "rebind: a type is shown");
		rm_remove_gpu(rm, (u32)g, true);
		is(visible(), 0, "rebind: of an unbound GPU nothing is shown");
		is(gpu(2, P40, 0) != g, true, "rebind: another address has its own list");
		is(gpu(1, L40, 0) == g && rm->gpu[g].types == 1, true, "rebind: another GPU at this address inherits the list");
		is(rm->gpu[g].config_state == 2 && rm->gpu[g].fractional == 1, true, "rebind: and what was set beside it");
		ok(visible() == !i, "rebind: it is shown at once where the driver is asked: %u", !i);
	}
	rm_init(rm, "550.90.07", NULL, RM_WORLD_FORGET_LISTS);
	g = gpu(1, P40, 0);
	open_all();
	set_type(1, 1, false);
	rm_remove_gpu(rm, (u32)g, true);
	is(gpu(1, P40, 0) == g && rm->gpu[g].types == 0, true, "forget-lists: unbind empties the list");
	open_all();
	is(type_info(1), 0, "forget-lists: but the type stays known");
}

/* The driver's own table ends with its memory; ours holds what 16 GPUs can have. */
static void test_many_types(void)
{
	u32 id, bad = 0;

	start("580.95.05");
	gpu(1, P40, 0);
	open_all();
	for (id = 1; id <= RM_MAX_TYPES; id++)
		bad += set_type(id, 1, id % 100 == 0) != 0;
	is(bad, 0, "types: 2048 of them are known");
	is(set_type(id, 1, true), 0x51, "types: one more is out of memory");
	is(set_type(1, 1, true), 0, "types: a known one is not");
}

static void test_wrapped(void)
{
	u32 b[18] = { '2' }, x[4] = { 210, 72 }, ids[4] = { 0x100 };
	u64 p = at(b);

	start("560.28.03");
	gpu(1, P40, 0);
	ctl = rm_open(rm, &me, 255);
	memcpy(&x[2], &p, 8);
	is(rm_ioctl(rm, &me, (u32)ctl, request(211, 16), at(x)) == 0 && b[1] == 1, true, "XFER_CMD: unwraps");
	x[0] = 211;
	is(rm_ioctl(rm, &me, (u32)ctl, request(211, 16), at(x)), -EINVAL, "XFER_CMD: not itself");
	x[0] = 210;
	x[1] = 16385;
	is(rm_ioctl(rm, &me, (u32)ctl, request(211, 16), at(x)), -EINVAL, "XFER_CMD: not too large");
	x[0] = 200;
	x[1] = 228 * 72;
	is(rm_ioctl(rm, &me, (u32)ctl, request(211, 16), at(x)), -EINVAL, "XFER_CMD: not even when the size fits");
	is(rm_ioctl(rm, &me, (u32)ctl, request(212, 16), at(ids)) == 0 && rm->gpu[0].open_count == 1, true,
	   "ATTACH_GPUS_TO_FD: initialises");
	is(rm_ioctl(rm, &me, (u32)ctl, request(212, 16), at(ids)), -EINVAL, "ATTACH_GPUS_TO_FD: once per file");
	C = 0;
	alloc(0, 0, &C, 0x41, NULL);
	memset(b, 0, sizeof(b));
	b[0] = 0x100;
	is(control(C, 0x205, b, 32), 0, "ATTACH_GPUS_TO_FD: enough for id info");
	D = 0;
	memset(b, 0, sizeof(b));
	is(alloc(C, C, &D, 0x80, b), 0x1b, "ATTACH_GPUS_TO_FD: not for a device");
	rm_close(rm, &me, (u32)ctl, false);
	is(rm->gpu[0].open_count, 0, "ATTACH_GPUS_TO_FD: until close");
}

static void test_transcript(void)
{
	start("550.90.07");
	gpu(1, P40, 0);
	open_all();
	set_type(5, 1, false);
	free_object(C, C, C);
	rm_close(rm, &me, (u32)dev, false);
	ok(strstr(lines, "1 open nvidiactl pid=100\n") == lines, "transcript: open");
	ok(strstr(lines, "\n2 alloc class=0x41 status=0x0 client=0x0 parent=0x0 object=0xc1d00001 pid=100\n") != NULL,
	   "transcript: alloc");
	ok(strstr(lines, " control cmd=0xa0810101 size=5104 status=0x0 client=") != NULL, "transcript: control");
	ok(strstr(lines, " free status=0x0 ") != NULL, "transcript: free");
	ok(strstr(lines, " close nvidia0 pid=100\n") != NULL, "transcript: close");
	rm_open(rm, &me, 9);
	ok(strstr(lines, " open nvidia9 errno=19 pid=100\n") != NULL, "transcript: a refused open");
}

int main(void)
{
	rm = malloc(sizeof(*rm));
	if (!rm)
		return 1;
	test_versions();
	test_host_releases();
	test_sizes();
	test_ioctl_layer();
	test_check_version();
	test_card_info();
	test_alloc();
	test_alloc_forms();
	test_free();
	test_client_controls();
	test_gpu_controls();
	test_wrong_size();
	test_privilege();
	test_limits();
	test_set_info();
	test_strings();
	test_visible();
	test_dangers();
	test_divide_errors();
	test_placement_once();
	test_placement();
	test_hidden();
	test_given_back();
	test_state_after_error();
	test_lists();
	test_rules();
	test_inject();
	test_lifetime();
	test_rebind();
	test_many_types();
	test_wrapped();
	test_transcript();
	printf("1..%u\n", tests);
	free(rm);
	return failures != 0;
}
