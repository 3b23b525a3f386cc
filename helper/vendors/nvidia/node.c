/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/node.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/deadline.h"
#include "base/macro.h"

/* The driver's parameters for nodes (/proc/driver/nvidia/params, decimal); the defaults are its own (nv-reg.h). */
struct params {
	unsigned modify, uid, gid, mode;
};

/* Reads the number behind a key, where the line begins with that. */
static bool read_number(const char *line, const char *key, unsigned *ret)
{
	size_t n = strlen(key);
	char *end;
	unsigned long number;

	if (strncmp(line, key, n) != 0)
		return false;
	number = strtoul(line + n, &end, 10);
	if (end == line + n || number > UINT_MAX)
		return false;
	*ret = (unsigned)number;
	return true;
}

static struct params read_params(void)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/driver/nvidia/params", "re");
	struct params params = { .modify = 1, .mode = 0666 };
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned value;

		if (read_number(line, "ModifyDeviceFiles:", &value))
			params.modify = value;
		else if (read_number(line, "DeviceFileUID:", &value))
			params.uid = value;
		else if (read_number(line, "DeviceFileGID:", &value))
			params.gid = value;
		else if (read_number(line, "DeviceFileMode:", &value))
			params.mode = value & 0777;
	}
	return params;
}

/*
 * Returns 0 for a node that is there, 1 for one that is missing or not finished, and may be made by *params, read for that only.
 * Without rights it is not finished: node_open() gives rights last, and may have been killed, or runs beside this run for another
 * GPU and does the same.
 */
static int check(const char *path, dev_t dev, struct params *params)
{
	struct stat st = { 0 };

	if (lstat(path, &st) < 0 && errno != ENOENT)
		return -errno;
	if (st.st_mode && (!S_ISCHR(st.st_mode) || st.st_rdev != dev))
		return -EMEDIUMTYPE;
	if (st.st_mode & 0777)
		return 0;
	*params = read_params();
	if (params->modify)
		return 1;
	return st.st_mode ? 0 : -ENOENT;
}

int node_minor(const struct device *gpu, unsigned *ret)
{
	_cleanup_(fclosep) FILE *f = NULL;
	char path[96], line[256];

	snprintf(path, sizeof(path), "/proc/driver/nvidia/gpus/%s/information", gpu->address);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (read_number(line, "Device Minor:", ret))
			return 0;
	return -ENODATA;
}

/* Finds the path and the device number of a minor's node. */
static int locate(unsigned minor, char path[NODE_PATH_SIZE], dev_t *dev)
{
	_cleanup_(fclosep) FILE *f = NULL;
	/* nvidia-frontend up to 535; since 545 nvidia for GPUs and nvidiactl. Others share the major. */
	const char *ours = minor == NODE_MINOR_CONTROL ? "nvidiactl" : "nvidia";
	char line[256], *name;
	unsigned number;

	if (minor == NODE_MINOR_CONTROL)
		strcpy(path, "/dev/nvidiactl");
	else
		snprintf(path, NODE_PATH_SIZE, "/dev/nvidia%u", minor);
	f = fopen("/proc/devices", "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f) && strncmp(line, "Block", 5) != 0) {
		line[strcspn(line, "\n")] = '\0';
		name = line + strspn(line, " 0123456789");
		if (read_number(line, "", &number) && (strcmp(name, "nvidia-frontend") == 0 || strcmp(name, ours) == 0)) {
			*dev = makedev(number, minor);
			return 0;
		}
	}
	return -ENXIO;
}

int node_check(unsigned minor, char path[NODE_PATH_SIZE])
{
	struct params params;
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
	long begun;
	int r, fd;

	r = locate(minor, path, &dev);
	if (r < 0)
		return r;
	r = check(path, dev, &params);
	if (r < 0)
		return r;
	if (r > 0) {
		/* Make it without rights until it has its owner, see check(); chmod() because of the umask. */
		if (mknod(path, S_IFCHR, dev) < 0 && errno != EEXIST)
			return -errno;
		if (chown(path, params.uid, params.gid) < 0 || chmod(path, params.mode) < 0)
			return -errno;
	}

	begun = monotonic_ms();
	do {
		/* Blocking: since 550 a non-blocking open may return before the GPU is ready. */
		fd = open(path, O_RDWR | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR && deadline_was_early());
	deadline_waited(begun);
	if (fd < 0)
		return errno == EINTR && deadline_passed() ? -ETIMEDOUT : -errno;
	return fd;
}
