/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens, from a PCI address, the object of the RM that configures the GPU's vGPUs: steps 1 to 13 of the sequence. */
#pragma once

#include "vendors/nvidia/abi.h"
#include "vendors/nvidia/rm.h"
#include "vendors/vendor.h"

/* The kernel driver, and the prefix of its types in sysfs. */
#define NVIDIA_DRIVER "nvidia"

/* Shows the types to mdev or VFIO, and is a part of no other package than a vGPU host's. */
#define NVIDIA_VFIO_MODULE "nvidia-vgpu-vfio"

/* Registers the types that come with the driver. */
#define NVIDIA_DAEMON "nvidia-vgpud"

struct session {
	const struct device *gpu;
	struct diagnostics *diag; /* the caller's, as limits are */
	const struct limits *limits;
	const struct abi *abi;    /* the row of limits */
	int ctl, node;
	uint32_t client, device, subdevice, vgpu; /* RM handles, 0 = none */
	bool no_host;             /* the driver calls the GPU's virtualization mode another one than a vGPU host's */
	bool changed;             /* a call was sent that changes something */
	bool ready;               /* the driver calls the GPU's list complete, as far as is known */
	bool unlisted;            /* the driver refuses its list: numbers are those that sysfs shows, maybe not all */
	bool published;           /* the driver was told to show its list, and to place the types */
};

/* Returns the release whose layout is spoken. */
static inline const char *session_layout(const struct session *session)
{
	return session->limits->insisted ? session->limits->insisted : session->limits->release;
}

/* vgpuConfigState: types are still coming, or that was the last one. */
#define CONFIG_IN_PROGRESS 1
#define CONFIG_READY 2

/* struct vendor's limits, insist, open and close. */
enum outcome session_limits(const struct device *gpu, const char *layout, struct limits *ret, struct diagnostics *diag)
	_must_check_ _nonnull_(3);
enum outcome session_insist(const char *release, const struct insisted *by, struct diagnostics *diag)
	_must_check_ _nonnull_all_;
enum outcome session_open(const struct device *gpu, const struct limits *limits, struct diagnostics *diag,
			  struct session **ret)
	_must_check_ _nonnull_all_;
void session_close(struct session *session);

DEFINE_CLEANUP(struct session *, session_close)

/* Says what failed at which step, in the words of whoever refused; returns OUTCOME_FAILED. */
enum outcome session_fail(const struct session *session, struct rm_result r, const char *step)
	_must_check_ _nonnull_all_;

/* The same at another level than LOG_ERR. */
void session_tell(const struct session *session, int level, struct rm_result r, const char *step) _nonnull_all_;

/*
 * The same for a call that only reads: that its size is refused before anything was sent says that the driver speaks
 * another layout, which is OUTCOME_UNSUPPORTED. What else fails, a lost GPU for one, says nothing of that.
 */
enum outcome session_fail_read(const struct session *session, struct rm_result r, const char *step)
	_must_check_ _nonnull_all_;
