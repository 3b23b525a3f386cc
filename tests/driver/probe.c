// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe.c - a program for the front end's own tests: words are done in order
 *
 * usage: rm-probe WORD...
 *
 *	mknod:NAME:MAJOR:MINOR:MODE	chmod:NAME:MODE		chown:NAME:UID:GID
 *	rename:FROM:TO	unlink:NAME	stat:NAME	opath:NAME
 *	ctl, gpu:MINOR	open nvidiactl, nvidiaMINOR	leaky:MINOR without O_CLOEXEC
 *	client:BDF	client, device, subdevice, configuration of that GPU
 *	set:ID:MAX[:discard]	share:ID:MAX:MIB	the same with a size	send:FILE	a recorded block of set
 *	stock:CARD:GIB	what nvidia-vgpud registers for a card with so much memory
 *	list	update	place:ID	its placement, as the driver tells it	virt	bad	free
 *	close		both descriptors	dup	duplicate of the control node, first one closed
 *	fork		a child that exits	die	SIGKILL to itself	exec	/bin/true
 *	sleep:MS	nap:MS	by nanosleep	fstat	type of the control node	fds	number of open descriptors
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rm-core.h"
#include "stock.h"

static struct rm_state *rm;	/* only for its layouts */
static int ctl = -1, dev = -1;
static u32 client, device, subdevice, config;
static char *arg[8];

static int say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s: %ld\n", what, result);
	return result < 0;
}

static char *dev_path(const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "/dev/%.100s", name);
	return path[turn];
}

static u32 number(int i)
{
	return arg[i] ? (u32)strtoul(arg[i], NULL, 0) : 0;
}

/* ------------------------------------------------------------------ RM */

static int request(u32 nr, void *block, size_t size)
{
	return ioctl(ctl, _IOC(_IOC_READ | _IOC_WRITE, 'F', nr, size), block);
}

static long alloc(u32 parent, u32 class_id, void *params, u32 *handle)
{
	u8 b[32] = { 0 };
	u32 field = RM_F_RM_ALLOC_STATUS;

	rm_put(rm, b, RM_F_RM_ALLOC_H_ROOT, client);
	rm_put(rm, b, RM_F_RM_ALLOC_H_OBJECT_PARENT, parent);
	rm_put(rm, b, RM_F_RM_ALLOC_H_CLASS, class_id);
	rm_put(rm, b, RM_F_RM_ALLOC_P_ALLOC_PARMS, (u64)(uintptr_t)params);
	rm_put(rm, b, field, 0xffffffff);
	if (request(RM_ESC_ALLOC, b, sizeof(b)) < 0)
		return -1;
	*handle = (u32)rm_get(rm, b, RM_F_RM_ALLOC_H_OBJECT_NEW);
	return (long)rm_get(rm, b, field);
}

static long control(u32 object, u32 cmd, void *params, u32 size)
{
	u8 b[32] = { 0 };

	rm_put(rm, b, RM_F_RM_CONTROL_H_CLIENT, client);
	rm_put(rm, b, RM_F_RM_CONTROL_H_OBJECT, object);
	rm_put(rm, b, RM_F_RM_CONTROL_CMD, cmd);
	rm_put(rm, b, RM_F_RM_CONTROL_PARAMS, (u64)(uintptr_t)params);
	rm_put(rm, b, RM_F_RM_CONTROL_PARAMS_SIZE, size);
	rm_put(rm, b, RM_F_RM_CONTROL_STATUS, 0xffffffff);
	if (request(RM_ESC_CONTROL, b, sizeof(b)) < 0)
		return -1;
	return (long)rm_get(rm, b, RM_F_RM_CONTROL_STATUS);
}

static int do_client(void)
{
	u32 id[8] = { 0 }, params[14] = { 0 }, zero = 0;
	unsigned int domain, bus, slot;
	long r;

	if (sscanf(arg[1], "%x-%x-%x", &domain, &bus, &slot) != 3)
		return 1;
	client = 0;
	id[0] = domain << 16 | bus << 8 | slot;
	r = alloc(0, RM_CLASS_ROOT_CLIENT, NULL, &client);
	if (r == 0)
		r = control(client, RM_CMD_ID_INFO_V2, id, sizeof(id));
	params[0] = id[2];
	if (r == 0)
		r = alloc(client, RM_CLASS_DEVICE, params, &device);
	if (r == 0)
		r = alloc(device, RM_CLASS_SUBDEVICE, &zero, &subdevice);
	if (r == 0)
		r = alloc(subdevice, RM_CLASS_VGPU_CONFIG, NULL, &config);
	return say("client", r);
}

static long send_type(u32 id, u32 max, u64 mib, const char *name, bool discard)
{
	u32 size = rm_struct_size(rm, RM_S_VGPU_SET_INFO);
	u8 *b = calloc(1, size);
	long r;

	rm_put(rm, b, RM_F_VGPU_SET_INFO_DISCARD_VGPU_TYPES, discard);
	rm_put(rm, b, RM_F_VGPU_SET_INFO_INFO_VGPU_TYPE, id);
	rm_put(rm, b, RM_F_VGPU_SET_INFO_INFO_MAX_INSTANCE, max);
	rm_put(rm, b, RM_F_VGPU_SET_INFO_INFO_PROFILE_SIZE, mib << 20);
	snprintf((char *)b + rm_field(rm, RM_F_VGPU_SET_INFO_INFO_VGPU_NAME)->offset, 32, "%s", name);
	r = control(config, RM_CMD_VGPU_SET_INFO, b, size);
	free(b);
	return r;
}

static int set(u64 mib, bool discard)
{
	char name[32];

	snprintf(name, sizeof(name), "Type %u", number(1));
	return say("set", send_type(number(1), number(2), mib, name, discard));
}

static int do_stock(void)
{
	unsigned int n, gib;
	char name[64];
	long r = 0;

	for (n = 0; r == 0 && stock_type(n, arg[1], number(2), name, sizeof(name), &gib); n++)
		r = send_type(STOCK_FIRST + n, stock_instances(number(2), gib), (u64)gib * 1024, name, n == 0);
	return say("stock", r);
}

static int do_set(void)
{
	return set(1024, arg[3] != NULL);
}

static int do_share(void)
{
	return set(number(3), false);
}

/* What another program sent before, as tests find it in blocks/. */
static int do_send(void)
{
	u32 size = rm_struct_size(rm, RM_S_VGPU_SET_INFO);
	FILE *f = fopen(arg[1], "re");
	u8 *b = calloc(1, size);
	int r = -1;

	if (f && fread(b, 1, size, f) == size)
		r = say("send", control(config, RM_CMD_VGPU_SET_INFO, b, size));
	if (f)
		fclose(f);
	free(b);
	return r;
}

static int do_list(void)
{
	u32 size = rm_struct_size(rm, RM_S_VGPU_TYPES), i;
	u8 b[1024] = { 0 };
	long r;

	rm_put(rm, b, RM_F_VGPU_TYPES_GPU_INSTANCE_ID, 0xffffffff);
	r = control(config, RM_CMD_VGPU_SUPPORTED_TYPES, b, size);
	if (r)
		return say("list", r);
	printf("list:");
	for (i = 0; i < rm_get(rm, b, RM_F_VGPU_TYPES_NUM_VGPU_TYPES); i++)
		printf(" %u", rm_element(rm, b, RM_F_VGPU_TYPES_VGPU_TYPES, i));
	printf("\n");
	return 0;
}

static int do_place(void)
{
	u32 size = rm_struct_size(rm, RM_S_VGPU_GET_TYPE_INFO);
	u8 *b = calloc(1, size);
	long r;

	rm_put(rm, b, RM_F_VGPU_GET_TYPE_INFO_VGPU_TYPE, number(1));
	r = control(config, RM_CMD_VGPU_GET_TYPE_INFO, b, size);
	if (r)
		r = say("place", r);
	else
		printf("place: size %u, homogeneous %u, heterogeneous %u\n",
		       (u32)rm_get(rm, b, RM_F_VGPU_GET_TYPE_INFO_INFO_PLACEMENT_SIZE),
		       (u32)rm_get(rm, b, RM_F_VGPU_GET_TYPE_INFO_INFO_HOMOGENEOUS_PLACEMENT_COUNT),
		       (u32)rm_get(rm, b, RM_F_VGPU_GET_TYPE_INFO_INFO_HETEROGENEOUS_PLACEMENT_COUNT));
	free(b);
	return (int)r;
}

static int do_update(void)
{
	return say("update", control(config, RM_CMD_VGPU_UPDATE_PGPU_INFO, NULL, 0));
}

static int do_virt(void)
{
	u32 b[2] = { 0 };
	long r = control(device, RM_CMD_VIRT_MODE, b, rm_struct_size(rm, RM_S_VIRT_MODE));

	return r ? say("virt", r) : say("virt", b[0]);
}

/* A pointer into nowhere. */
static int do_bad(void)
{
	return say("bad", request(RM_ESC_CHECK_VERSION, (void *)64, 72));
}

static int do_free(void)
{
	u32 b[4] = { client, client, client, 0xffffffff };

	return say("free", request(RM_ESC_FREE, b, sizeof(b)) < 0 ? -1 : (long)b[3]);
}

/* --------------------------------------------------------------- nodes */

static int do_mknod(void)
{
	mode_t mode = (mode_t)strtoul(arg[4], NULL, 8);

	return say("mknod", mknod(dev_path(arg[1]), S_IFCHR | mode, makedev(number(2), number(3))));
}

static int do_chmod(void)
{
	return say("chmod", chmod(dev_path(arg[1]), (mode_t)strtoul(arg[2], NULL, 8)));
}

static int do_chown(void)
{
	return say("chown", chown(dev_path(arg[1]), number(2), number(3)));
}

static int do_rename(void)
{
	char *from = dev_path(arg[1]);

	return say("rename", rename(from, dev_path(arg[2])));
}

static int do_unlink(void)
{
	return say("unlink", unlink(dev_path(arg[1])));
}

static void print_stat(const char *what, const struct stat *st)
{
	printf("%s: %s %u:%u %04o %u:%u\n", what, S_ISCHR(st->st_mode) ? "chr" : "other", major(st->st_rdev),
	       minor(st->st_rdev), st->st_mode & 07777, st->st_uid, st->st_gid);
}

static int do_stat(void)
{
	struct stat st;

	if (stat(dev_path(arg[1]), &st) < 0)
		return say("stat", -1);
	print_stat("stat", &st);
	return 0;
}

static int do_fstat(void)
{
	struct stat st;

	if (fstat(ctl, &st) < 0)
		return say("fstat", -1);
	print_stat("fstat", &st);
	return 0;
}

/* The careful way: look at what was opened, then change just that. */
static int do_opath(void)
{
	char path[64];
	struct stat st;
	int fd = open(dev_path(arg[1]), O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return say("opath", -1);
	if (fstat(fd, &st) == 0)
		print_stat("opath", &st);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	say("chmod", chmod(path, 0600));
	return say("close", close(fd));
}

/* --------------------------------------------------------- descriptors */

static int do_ctl(void)
{
	ctl = open("/dev/nvidiactl", O_RDWR | O_CLOEXEC);
	return say("ctl", ctl < 0 ? -1 : 0);
}

static int do_gpu(void)
{
	char name[32];

	snprintf(name, sizeof(name), "nvidia%u", number(1));
	dev = open(dev_path(name), O_RDWR | (arg[0][0] == 'l' ? 0 : O_CLOEXEC));
	return say(arg[0], dev < 0 ? -1 : 0);
}

static int do_close(void)
{
	if (dev >= 0)
		say("close", close(dev));
	if (ctl >= 0)
		say("close", close(ctl));
	return 0;
}

static int do_dup(void)
{
	int copy = dup(ctl);

	say("close", close(ctl));
	ctl = copy;
	return say("dup", copy < 0 ? -1 : 0);
}

static int do_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return say("fork", waitpid(pid, NULL, 0) < 0);
}

static int do_die(void)
{
	fflush(stdout);
	return kill(getpid(), SIGKILL);
}

static int do_exec(void)
{
	fflush(stdout);
	return execl("/bin/true", "true", (char *)NULL);
}

static int do_sleep(void)
{
	return usleep(number(1) * 1000);
}

static int do_nap(void)
{
	const struct timespec wanted = { number(1) / 1000, number(1) % 1000 * 1000000L };

	return nanosleep(&wanted, NULL);
}

static int do_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return say("fds", n - 3);	/* . and .. and the folder */
}

/* ----------------------------------------------------------------- main */

static const struct {
	const char *name;
	int (*run)(void);
} words[] = {
	{ "bad", do_bad }, { "chmod", do_chmod }, { "chown", do_chown }, { "client", do_client }, { "close", do_close },
	{ "ctl", do_ctl }, { "die", do_die }, { "dup", do_dup }, { "exec", do_exec }, { "fds", do_fds },
	{ "fork", do_fork }, { "free", do_free }, { "fstat", do_fstat }, { "gpu", do_gpu }, { "leaky", do_gpu },
	{ "list", do_list }, { "mknod", do_mknod }, { "nap", do_nap }, { "opath", do_opath }, { "place", do_place }, { "rename", do_rename },
	{ "send", do_send }, { "set", do_set }, { "share", do_share }, { "sleep", do_sleep }, { "stat", do_stat }, { "stock", do_stock },
	{ "unlink", do_unlink },
	{ "update", do_update }, { "virt", do_virt },
};

static int run_word(char *text)
{
	char *rest = NULL;
	size_t i;

	memset(arg, 0, sizeof(arg));
	for (i = 0; i < 7 && (arg[i] = strtok_r(i ? NULL : text, ":", &rest)); i++)
		;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].name, arg[0]))
			return words[i].run();
	fprintf(stderr, "rm-probe: '%s' is not understood\n", arg[0]);
	exit(2);
}

static void read_version(void)
{
	char version[64] = "";
	FILE *f = fopen("/sys/module/nvidia/version", "re");

	if (!f || !fgets(version, sizeof(version), f))
		strcpy(version, "595.45.04");
	if (f)
		fclose(f);
	version[strcspn(version, "\n")] = 0;
	if (rm_init(rm, version, NULL, 0) < 0)
		exit(fprintf(stderr, "rm-probe: driver '%s'?\n", version));
}

int main(int argc, char **argv)
{
	int i, bad = 0;

	rm = calloc(1, sizeof(*rm));
	if (!rm)
		return 1;
	read_version();
	for (i = 1; i < argc; i++)
		bad |= run_word(argv[i]);
	free(rm);
	return bad;
}
