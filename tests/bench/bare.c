// SPDX-License-Identifier: GPL-2.0-only
/*
 * bare.c - what any client of NVIDIA's RM has to do so that one GPU offers types: the floor that make bench measures from
 *
 * usage: bare ADDRESS [TYPES]
 *
 * Registers TYPES types (3), numbers 60001 and up, on the GPU, with the values that a profile of num, maxInstances 2, fbLen 896
 * and fbRes 128 stands for. Written from nvidia-rm-sequence.md and the measured layouts, apart from helper/: no configuration, no
 * messages beyond the step that failed, no record; and no step left out that keeps types from being wrong, double or missing. A
 * type that the GPU lists already is not sent again. 0: they are there, as the driver says.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FIRST 60001u
#define MOST 64u

/* The part of the info block that both releases have at the same place. */
#define HEAD \
	uint8_t discard; \
	uint32_t number __attribute__((aligned(8))); \
	char name[32], class[32]; \
	uint8_t signature[128]; \
	char license[128];

struct info_510 {
	HEAD
	uint32_t unknown, instances, heads, width, height, pixels, frame_rate, cuda, ecc, gpu_instance, multi;
	uint64_t encoder, vdev, pdev, memory, mappable, reserved, bar1;
	uint32_t limit, rest[1027];
};
_Static_assert(sizeof(struct info_510) == 4544, "SET_INFO of 510.47.03");
_Static_assert(offsetof(struct info_510, limit) == 432, "frlEnable of 510.47.03");

struct info_535 {
	HEAD
	uint32_t instances, heads, width, height, pixels, frame_rate, cuda, ecc, gpu_instance, multi;
	uint64_t vdev, pdev, profile, memory, gsp_heap, reserved, mappable;
	uint32_t encoder;
	uint64_t bar1;
	uint32_t limit, rest[1127], state;
};
_Static_assert(sizeof(struct info_535) == 4968, "SET_INFO of 535");
_Static_assert(offsetof(struct info_535, limit) == 448, "frlEnable of 535");
_Static_assert(offsetof(struct info_535, state) == 4960, "vgpuConfigState of 535");

/* GET_TYPE_INFO has the same block, and no state behind it. */
#define DEFINITION_SIZE 4960

#define MIB 0x100000u
#define VALUES \
	.name = "Arc GPU", .class = "Compute", .license = "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0", \
	.signature = { \
		0x47, 0xab, 0x8d, 0x39, 0xb3, 0xaf, 0xd0, 0x2c, 0x79, 0x6f, 0xd0, 0xc7, 0x7a, 0x78, 0x84, 0x68, \
		0xf0, 0x9b, 0x69, 0xe8, 0xb6, 0xc2, 0xc5, 0x05, 0x59, 0x97, 0xf2, 0x0f, 0x77, 0x3a, 0x94, 0x91, \
		0x92, 0x56, 0x2d, 0xf0, 0x4f, 0xae, 0xa6, 0x4d, 0xcc, 0x51, 0x32, 0x17, 0xe5, 0xda, 0xf0, 0x94, \
		0x42, 0x93, 0x51, 0x05, 0x49, 0xe9, 0x61, 0xfd, 0x22, 0x24, 0x6c, 0x8f, 0x88, 0xe3, 0x16, 0x63, \
		0x91, 0x04, 0x20, 0x6a, 0xea, 0x27, 0xc4, 0xe7, 0x11, 0xfc, 0x88, 0x24, 0xb9, 0xaa, 0x1b, 0x85, \
		0xc5, 0x1a, 0x48, 0x7f, 0x99, 0xf4, 0x8e, 0xda, 0x55, 0x2b, 0x4a, 0xfe, 0x48, 0x79, 0x75, 0x78, \
		0x48, 0x16, 0x02, 0x0f, 0x22, 0xc2, 0x9d, 0x20, 0xfa, 0xbb, 0x21, 0x39, 0x56, 0x78, 0xd8, 0x80, \
		0x96, 0x5c, 0x5c, 0xe4, 0x7c, 0xad, 0x87, 0x24, 0x20, 0x70, 0xad, 0x63, 0x84, 0x96, 0x92, 0x3f, \
	}, \
	.instances = 2, .heads = 1, .width = 1024, .height = 1024, .pixels = 1024 * 1024, .frame_rate = 120, .cuda = 1, \
	.encoder = 100, .vdev = 0x1b3811d9, .pdev = 0x1b38, .memory = 896 * MIB, .reserved = 128 * MIB, .mappable = 24 * MIB, \
	.bar1 = 0x100

static struct info_510 info_510 = { VALUES };
static struct info_535 info_535 = { VALUES, .profile = 1024 * MIB };

struct card {
	uint8_t valid;
	uint32_t domain;
	uint8_t bus, slot, function;
	uint16_t vendor, device;
	uint32_t gpu;
	uint16_t interrupt;
	uint64_t registers[2], framebuffer[2];
	uint32_t minor;
	char name[10];
};
_Static_assert(sizeof(struct card) == 72, "CARD_INFO");

static int control_node;
static uint32_t client, config;

__attribute__((noreturn)) static void fail(const char *step)
{
	_exit(write(STDERR_FILENO, step, strlen(step)) > 0 && write(STDERR_FILENO, " failed\n", 8) > 0 ? 1 : 2);
}

/* The driver has no device class: whoever comes first makes its nodes. */
static int open_node(const char *path, unsigned minor)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && mknod(path, S_IFCHR, makedev(195, minor)) == 0 && chmod(path, 0666) == 0)
		fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	return fd;
}

static int request(unsigned nr, void *block, size_t size)
{
	return ioctl(control_node, _IOC(_IOC_READ | _IOC_WRITE, 'F', nr, size), block);
}

/* Whether a status asks for another try, which is a bounded wait away. */
static bool is_transient(uint32_t status, unsigned *tries)
{
	return (status == 0x03 || status == 0x66) && ++*tries <= 10 && usleep(500u << *tries) == 0;
}

/* The status' place moved with 535: the word that only newer drivers write tells which. */
static uint32_t make(uint32_t parent, uint32_t class, void *params)
{
	struct {
		uint32_t client, parent, handle, class;
		uint64_t params;
		uint32_t status_before, status;
	} block;
	unsigned tries = 0;

	do {
		memset(&block, 0, sizeof(block));
		block.client = client;
		block.parent = parent;
		block.class = class;
		block.params = (uintptr_t)params;
		block.status = UINT32_MAX;
		if (request(43, &block, sizeof(block)) < 0)
			fail("alloc");
		if (block.status == UINT32_MAX)
			block.status = block.status_before;
	} while (is_transient(block.status, &tries));
	if (block.status || !block.handle)
		fail("alloc");
	return block.handle;
}

static uint32_t control(uint32_t object, uint32_t command, void *params, uint32_t size)
{
	struct {
		uint32_t client, object, command, flags;
		uint64_t params;
		uint32_t size, status;
	} block;
	unsigned tries = 0;

	do {
		memset(&block, 0, sizeof(block));
		block.client = client;
		block.object = object;
		block.command = command;
		block.params = (uintptr_t)params;
		block.size = size;
		block.status = UINT32_MAX;
		if (request(42, &block, sizeof(block)) < 0)
			fail("control");
	} while (is_transient(block.status, &tries));
	return block.status;
}

/* Returns whether the driver is 535's; it has to be that or 510.47.03, since no other layout is spoken here. */
static bool find_release(char release[64])
{
	int fd = open("/sys/module/nvidia/version", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, release, 63);

	if (n < 1)
		fail("release of the module");
	close(fd);
	release[n - (release[n - 1] == '\n')] = '\0';
	if (strncmp(release, "535.", 4) != 0 && strcmp(release, "510.47.03") != 0)
		fail("a layout for this release");
	return release[1] == '3';
}

static void compare_version(const char *release, bool tells)
{
	struct {
		uint32_t command, reply;
		char version[64];
	} block = { .command = 0x32 };

	if (request(210, &block, sizeof(block)) < 0 || (tells && strcmp(block.version, release) != 0))
		fail("version check");
}

/* "0000:65:00.0" */
static const struct card *find_card(const char *address)
{
	static struct card cards[227];
	unsigned n = 32;
	char *end;
	unsigned long domain = strtoul(address, &end, 16), bus = *end ? strtoul(end + 1, &end, 16) : 0,
		      slot = *end ? strtoul(end + 1, &end, 16) : 0;

	/* Fewer rows than GPUs are refused. */
	if (request(200, cards, n * sizeof(*cards)) < 0) {
		n = sizeof(cards) / sizeof(*cards);
		if (request(200, cards, n * sizeof(*cards)) < 0)
			fail("cards");
	}
	for (unsigned i = 0; i < n; i++)
		if (cards[i].valid && cards[i].domain == domain && cards[i].bus == bus && cards[i].slot == slot)
			return &cards[i];
	fail("finding the card");
}

static int open_gpu(unsigned minor)
{
	char path[] = "/dev/nvidia\0\0\0", *end = path + strlen(path);

	if (minor > 99)
		*end++ = (char)('0' + minor / 100);
	if (minor > 9)
		*end++ = (char)('0' + minor / 10 % 10);
	*end = (char)('0' + minor % 10);
	return open_node(path, minor);
}

static void make_objects(uint32_t gpu)
{
	uint32_t id[8] = { gpu }, params[14] = { 0 }, subdevice;

	client = make(0, 0x41, NULL);
	if (control(client, 0x205, id, sizeof(id)))
		fail("instance of the GPU");
	params[0] = id[2];
	subdevice = make(make(client, 0x80, params), 0x2080, &id[3]);
	config = make(subdevice, 0xa081, NULL);
}

/* Asks for a type's definition; number 0, which none has, is answered with "not found" where the layout's size is right. */
static uint32_t define(uint32_t number, struct info_535 *ret)
{
	memset(ret, 0, DEFINITION_SIZE);
	memcpy(ret, &number, sizeof(number));
	return control(config, 0xa0810103, ret, DEFINITION_SIZE);
}

/* Marks which of the types the driver has in the GPU's list. */
static unsigned list(bool listed[MOST], unsigned types)
{
	struct {
		uint32_t state, n, numbers[64];
	} block = { 0 };
	unsigned found = 0;

	if (control(config, 0xa0810104, &block, sizeof(block)) || block.n > 64)
		fail("list of types");
	for (unsigned i = 0; i < block.n; i++)
		if (block.numbers[i] - FIRST < types) {
			found += !listed[block.numbers[i] - FIRST];
			listed[block.numbers[i] - FIRST] = true;
		}
	return found;
}

/* The same by sysfs: 510 has no call for it that is known. */
static unsigned list_shown(const char *address, bool listed[MOST], unsigned types)
{
	char path[128] = "/sys/bus/pci/devices/", *end;
	unsigned found = 0;

	if (strlen(address) != 12)
		fail("reading the address");
	end = stpcpy(stpcpy(stpcpy(path, "/sys/bus/pci/devices/"), address), "/mdev_supported_types/nvidia-60000");
	for (unsigned i = 0; i < types; i++) {
		end[-1] = (char)('0' + (i + 1) % 10);
		end[-2] = (char)('0' + (i + 1) / 10);
		listed[i] = access(path, F_OK) == 0;
		found += listed[i];
	}
	return found;
}

static void send(unsigned i, bool is_535, bool last)
{
	info_510.number = info_535.number = FIRST + i;
	info_535.state = last ? 2 : 1;
	if (is_535 ? control(config, 0xa0810101, &info_535, sizeof(info_535)) :
		     control(config, 0xa0810101, &info_510, sizeof(info_510)))
		fail("registering a type");
}

/* Of a number that it knew before the driver has kept the old definition. The signature is never given back. */
static void compare_definitions(unsigned types)
{
	struct info_535 found;

	for (unsigned i = 0; i < types; i++) {
		info_535.number = FIRST + i;
		if (define(FIRST + i, &found) ||
		    memcmp(&found.number, &info_535.number, offsetof(struct info_535, signature) - 8) != 0 ||
		    memcmp(found.license, info_535.license, offsetof(struct info_535, limit) -
			   offsetof(struct info_535, license)) != 0)
			fail("definition of a type");
	}
}

int main(int argc, char **argv)
{
	unsigned types = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 3, missing;
	struct {
		uint32_t root, parent, handle, status;
	} block;
	bool listed[MOST] = { false };
	const struct card *card;
	struct info_535 probe;
	char release[64];
	bool is_535;
	int gpu_node;

	if (argc < 2 || argc > 3 || types < 1 || types > MOST)
		fail("reading ADDRESS [TYPES]");
	is_535 = find_release(release);
	control_node = open_node("/dev/nvidiactl", 255);
	compare_version(release, is_535);
	card = find_card(argv[1]);
	gpu_node = open_gpu(card->minor);
	make_objects(card->gpu);
	if (is_535 && define(0, &probe) != 0x57)
		fail("size of the layout");

	missing = types - (is_535 ? list(listed, types) : list_shown(argv[1], listed, types));
	for (unsigned i = 0, left = missing; i < types; i++)
		if (!listed[i])
			send(i, is_535, --left == 0);
	if (missing && control(config, 0xa0810109, NULL, 0))
		fail("publishing");

	memset(listed, 0, sizeof(listed));
	if ((is_535 ? list(listed, types) : list_shown(argv[1], listed, types)) != types)
		fail("finding all types");
	if (is_535)
		compare_definitions(types);

	block.root = block.parent = block.handle = client;
	block.status = UINT32_MAX;
	if (request(41, &block, sizeof(block)) < 0 || block.status)
		fail("free");
	close(gpu_node);
	close(control_node);
	return 0;
}
