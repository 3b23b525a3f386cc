/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAP(name) (UINT64_C(1) << (name))

/*
 * The driver takes types from who has CAP_SYS_ADMIN; its nodes have to be made, given away, and given rights then, and may be
 * closed to root (NVreg_DeviceFileUID=). The units have fewer, see sandbox.conf.
 */
#define NEEDED (CAP(CAP_SYS_ADMIN) | CAP(CAP_MKNOD) | CAP(CAP_CHOWN) | CAP(CAP_FOWNER) | CAP(CAP_DAC_OVERRIDE))

/* What Linux 5.13 knows, and later kernels still do. Reading is not handled, nor are calls on what is open. */
#define WRITES (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
		LANDLOCK_ACCESS_FS_MAKE_SYM)

static int keep_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	for (size_t i = 0; i < 2; i++) {
		data[i].effective &= (uint32_t)(keep >> 32 * i);
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int confine_capabilities(bool keep_modules)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return keep_capabilities(NEEDED | (keep_modules ? CAP(CAP_SYS_MODULE) : 0));
}

void confine_thread(void)
{
	/* Without them it works as well; and with them, where the kernel does not let go of any. */
	int r = keep_capabilities(0);

	(void)r;
}

static int allow(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = WRITES };
	_cleanup_(closep) int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		beneath.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE;
	beneath.parent_fd = fd;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0 ? -errno : 0;
}

int confine_writes(const char *const *paths)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = WRITES };
	_cleanup_(closep) int ruleset = -1;
	int r = 0;

	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	/* EPERM is the answer of the filter that udevd's unit has for system calls, as long as that does not know Landlock. */
	if (ruleset < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;
	for (; r == 0 && *paths; paths++)
		r = allow(ruleset, *paths);
	if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		r = -errno;
	return r;
}
