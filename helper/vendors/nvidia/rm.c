/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/rm.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "vendors/nvidia/status.h"

#define RM_MAGIC 'F'
#define RM_ESC_FREE 41
#define RM_ESC_CONTROL 42
#define RM_ESC_ALLOC 43
#define RM_ESC_CARD_INFO 200
#define RM_ESC_STATUS_CODE 209
#define RM_ESC_CHECK_VERSION 210

/* Marks a status that the kernel did not write: it copies an ioctl's structure back on errors, too. */
#define STATUS_UNSET 0xffffffffu

/* Retries of a busy RM: 1, 2, 4, … 512 ms, about a second in all. */
#define RETRY_MS_MAX 512

struct rm_version_check {
	uint32_t command;
	uint32_t reply;
	char version[64];
};
_Static_assert(sizeof(struct rm_version_check) == 72, "nv_ioctl_rm_api_version_t");

/* Asks for the release, which drivers since 530 tell, and which none refuses. */
#define VERSION_QUERY 0x32

struct rm_card_info {
	uint8_t valid;
	uint32_t domain;
	uint8_t bus, slot, function;
	uint16_t vendor, device;
	uint32_t gpu_id;
	uint16_t interrupt_line;
	uint64_t reg_address, reg_size, fb_address, fb_size;
	uint32_t minor;
	char dev_name[10];
};
_Static_assert(sizeof(struct rm_card_info) == 72, "nv_ioctl_card_info_t");
_Static_assert(offsetof(struct rm_card_info, domain) == 4, "pci_info");
_Static_assert(offsetof(struct rm_card_info, gpu_id) == 16, "gpu_id");
_Static_assert(offsetof(struct rm_card_info, minor) == 56, "minor_number");

/*
 * The driver takes any number of rows, and refuses fewer than it has GPUs (nvidia-rm-notes, section 1): then as many as
 * the size in a request's number can tell.
 */
#define CARDS_FEW 32
#define CARDS_MAX (_IOC_SIZEMASK / sizeof(struct rm_card_info))

struct rm_adapter_status {
	uint32_t domain;
	uint8_t bus, slot;
	uint32_t status;
};
_Static_assert(sizeof(struct rm_adapter_status) == 12, "nv_ioctl_status_code_t");

/*
 * NVOS21. Up to 530 status is the word at 24; since 535 that one is a size and status comes behind it. The structure's
 * size is the same, so the wrong reading would go unnoticed: see rm_alloc().
 */
struct rm_alloc {
	uint32_t root, parent, handle, class;
	uint64_t params;
	uint32_t word24, word28;
};
_Static_assert(sizeof(struct rm_alloc) == 32, "NVOS21_PARAMETERS");

struct rm_control {
	uint32_t client, object, command, flags;
	uint64_t params;
	uint32_t params_size, status;
};
_Static_assert(sizeof(struct rm_control) == 32, "NVOS54_PARAMETERS");

struct rm_free {
	uint32_t root, parent, handle, status;
};
_Static_assert(sizeof(struct rm_free) == 16, "NVOS00_PARAMETERS");

static int call(int fd, unsigned nr, void *params, size_t size)
{
	long begun = monotonic_ms();
	int r;

	do {
		r = ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, RM_MAGIC, nr, size), params);
	} while (r < 0 && errno == EINTR && deadline_was_early());
	deadline_waited(begun);
	if (r == 0)
		return 0;

	/* EINTR comes from the deadline's timer only. */
	return errno == EINTR && deadline_passed() ? -ETIMEDOUT : -errno;
}

struct rm_result rm_version(int ctl, char version[64])
{
	struct rm_version_check check = { .command = VERSION_QUERY };
	struct rm_result r = { .err = call(ctl, RM_ESC_CHECK_VERSION, &check, sizeof(check)) };

	if (rm_ok(r)) {
		check.version[sizeof(check.version) - 1] = '\0';
		memcpy(version, check.version, sizeof(check.version));
	}
	return r;
}

/* Finds a card among at most n. -EINVAL: the driver has more. */
static int find_among(int ctl, size_t n, const struct pci_address *address, struct rm_card *ret)
{
	_cleanup_(freep) struct rm_card_info *cards = calloc(n, sizeof(*cards)); /* padding is cleared, too */
	int r = cards ? call(ctl, RM_ESC_CARD_INFO, cards, n * sizeof(*cards)) : -ENOMEM;

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		const struct rm_card_info *card = &cards[i];

		if (!card->valid || card->domain != address->domain || card->bus != address->bus ||
		    card->slot != address->slot)
			continue;
		*ret = (struct rm_card){ .gpu_id = card->gpu_id, .minor = card->minor };
		return 0;
	}
	return -ENODEV;
}

struct rm_result rm_find_card(int ctl, const struct pci_address *address, struct rm_card *ret)
{
	struct rm_result r = { .err = find_among(ctl, CARDS_FEW, address, ret) };

	if (r.err == -EINVAL)
		r.err = find_among(ctl, CARDS_MAX, address, ret);
	return r;
}

uint32_t rm_adapter_status(int ctl, const struct pci_address *address)
{
	struct rm_adapter_status status;

	memset(&status, 0, sizeof(status)); /* padding, too */
	status.domain = address->domain;
	status.bus = address->bus;
	status.slot = address->slot;

	return call(ctl, RM_ESC_STATUS_CODE, &status, sizeof(status)) == 0 ? status.status : NV_OK;
}

/* Returns whether to try once more, after a pause; *ms is the state of the backoff, 0 before the first try. */
static bool retry(struct rm_result r, unsigned *ms)
{
	if (r.err || (r.status != NV_ERR_BUSY_RETRY && r.status != NV_ERR_TIMEOUT_RETRY) || *ms >= RETRY_MS_MAX)
		return false;
	*ms = *ms ? *ms * 2 : 1;
	return deadline_sleep(*ms);
}

struct rm_result rm_alloc(int ctl, uint32_t client, uint32_t parent, uint32_t class, void *params, uint32_t *handle)
{
	struct rm_result r = { 0 };
	struct rm_alloc alloc;
	unsigned ms = 0;

	do {
		alloc = (struct rm_alloc){
			.root = client,
			.parent = parent,
			.class = class,
			.params = (uintptr_t)params,
			.word28 = STATUS_UNSET,
		};
		r.err = call(ctl, RM_ESC_ALLOC, &alloc, sizeof(alloc));
		/*
		 * word24 went in as 0 and word28 as STATUS_UNSET: only a kernel since 535 writes word28. A kernel that
		 * wrote neither has made no handle.
		 */
		if (r.err)
			r.status = NV_OK;
		else
			r.status = alloc.word28 != STATUS_UNSET ? alloc.word28 : alloc.word24;
	} while (retry(r, &ms));

	if (rm_ok(r) && !alloc.handle)
		r.status = STATUS_UNSET;
	if (rm_ok(r))
		*handle = alloc.handle;
	return r;
}

struct rm_result rm_control(int ctl, uint32_t client, uint32_t object, uint32_t command, void *params, size_t size)
{
	struct rm_result r = { 0 };
	struct rm_control control;
	unsigned ms = 0;

	do {
		control = (struct rm_control){
			.client = client,
			.object = object,
			.command = command,
			.params = (uintptr_t)params,
			.params_size = (uint32_t)size,
			.status = STATUS_UNSET,
		};
		r.err = call(ctl, RM_ESC_CONTROL, &control, sizeof(control));
		r.status = r.err ? NV_OK : control.status;
	} while (retry(r, &ms));

	return r;
}

struct rm_result rm_free_client(int ctl, uint32_t client)
{
	struct rm_free free_params = { .root = client, .parent = client, .handle = client, .status = STATUS_UNSET };
	struct rm_result r = { .err = call(ctl, RM_ESC_FREE, &free_params, sizeof(free_params)) };

	r.status = r.err ? NV_OK : free_params.status;
	return r;
}
