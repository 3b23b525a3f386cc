/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/deadline.h"
#include "base/macro.h"

/* What /proc/driver/nvidia/params says; the defaults are the driver's (nv-reg.h). Numbers there are decimal. */
struct params {
	unsigned modify, uid, gid, mode;
};

static struct params read_params(void)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/driver/nvidia/params", "re");
	struct params params = { .modify = 1, .mode = 0666 };
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned value;

		if (sscanf(line, "ModifyDeviceFiles: %u", &value) == 1)
			params.modify = value;
		else if (sscanf(line, "DeviceFileUID: %u", &value) == 1)
			params.uid = value;
		else if (sscanf(line, "DeviceFileGID: %u", &value) == 1)
			params.gid = value;
		else if (sscanf(line, "DeviceFileMode: %u", &value) == 1)
			params.mode = value & 0777;
	}
	return params;
}

/* nvidia-frontend up to 535; since 545 the GPUs are nvidia and the control node is nvidiactl. Others share the major. */
static bool is_our_device(const char *name, unsigned minor)
{
	return strcmp(name, "nvidia-frontend") == 0 ||
	       strcmp(name, minor == NODE_MINOR_CONTROL ? "nvidiactl" : "nvidia") == 0;
}

static int find_major(unsigned minor, unsigned *ret)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/devices", "re");
	char line[256], name[64];
	unsigned number;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f) && strncmp(line, "Block", 5) != 0)
		if (sscanf(line, "%u %63s", &number, name) == 2 && is_our_device(name, minor)) {
			*ret = number;
			return 0;
		}
	return -ENXIO;
}

/*
 * Without any rights until it has its owner. So a node without rights is one that somebody has not finished: a helper that was
 * killed, or one beside us, and both of us do the same. The mode comes by itself, because of the umask.
 */
static int make(const char *path, dev_t dev, const struct params *params)
{
	if (mknod(path, S_IFCHR, dev) < 0 && errno != EEXIST)
		return -errno;
	if (chown(path, params->uid, params->gid) < 0 || chmod(path, params->mode) < 0)
		return -errno;
	return 0;
}

/* 0: the node is there; 1: it is missing or not finished, and may be made. */
static int check(const char *path, dev_t dev, const struct params *params)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			return -errno;
		return params->modify ? 1 : -ENOENT;
	}
	if (!S_ISCHR(st.st_mode) || st.st_rdev != dev)
		return -EMEDIUMTYPE;
	return params->modify && !(st.st_mode & 0777);
}

static int locate(unsigned minor, char path[NODE_PATH_SIZE], dev_t *dev)
{
	unsigned major_number;
	int r;

	if (minor == NODE_MINOR_CONTROL)
		strcpy(path, "/dev/nvidiactl");
	else
		snprintf(path, NODE_PATH_SIZE, "/dev/nvidia%u", minor);
	r = find_major(minor, &major_number);
	if (r == 0)
		*dev = makedev(major_number, minor);
	return r;
}

int node_check(unsigned minor, char path[NODE_PATH_SIZE])
{
	const struct params params = read_params();
	dev_t dev;
	int r;

	r = locate(minor, path, &dev);
	return r < 0 ? r : check(path, dev, &params);
}

int node_open(unsigned minor)
{
	struct params params;
	char path[NODE_PATH_SIZE];
	dev_t dev;
	int r, fd;

	r = locate(minor, path, &dev);
	if (r < 0)
		return r;
	params = read_params();
	r = check(path, dev, &params);
	if (r > 0)
		r = make(path, dev, &params);
	if (r < 0)
		return r;

	/* Blocking: since 550 a non-blocking open may return before the GPU is ready. */
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == EINTR && deadline_passed() ? -ETIMEDOUT : -errno;
	return fd;
}
