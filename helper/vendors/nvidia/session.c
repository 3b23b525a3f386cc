/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session_open() opens the control node and compares the driver's release, finds the GPU's minor by its PCI address and
 * opens its node, builds client, device, subdevice and vGPU objects, and at last asks for a type that cannot exist,
 * which only a right layout gets the right answer to. Nothing that changes anything is sent before that.
 */
#include "vendors/nvidia/session.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "model/diagnostics.h"
#include "system/module.h"
#include "vendors/nvidia/node.h"
#include "vendors/nvidia/status.h"

#define VIRTUALIZATION_HOST 3

/* Returns the cause behind a status of a client's call; why a GPU could not be started comes with the same numbers. */
static const char *status_hint(const struct session *s, uint32_t status)
{
	switch (s->client ? status : NV_OK) {
	case NV_ERR_BUSY_RETRY:
		return "; the driver stayed busy, or is short of memory";
	case NV_ERR_TIMEOUT_RETRY:
		return "; the driver stayed locked, or the GPU is still being started";
	case NV_ERR_INSUFFICIENT_PERMISSIONS:
		return "; CAP_SYS_ADMIN of the initial user namespace is needed, and the GPU's own node open";
	case NV_ERR_NOT_SUPPORTED:
		return !s->vgpu || !module_is_live(NVIDIA_VFIO_MODULE) ?
			       "; this driver cannot host vGPUs: it is a guest's, or lacks the vGPU manager" :
		       s->no_host ? "; the GPU's virtualization mode is not that of a vGPU host" :
				    "; the GPU's list is full, or this driver cannot host vGPUs on it";
	case NV_ERR_OBJECT_NOT_FOUND:
		return "; the driver does not know the GPU as one that can host vGPUs";
	case NV_ERR_INVALID_ARGUMENT:
	case NV_ERR_INVALID_PARAM_STRUCT:
		return "; the driver expects other parameters than its release is known for";
	default:
		return "";
	}
}

void session_tell(const struct session *s, int level, struct rm_result r, const char *step)
{
	uint32_t status = nv_status_newest(r.status, s->limits->release);
	const char *name = nv_status_name(status), *meaning = nv_status_meaning(status);

	if (r.err)
		diag_say(s->diag, level, r.err, "%s", step);
	else
		diag_say(s->diag, level, 0, "%s: %s 0x%x%s%s%s", step, name ? name : "status", r.status, meaning ? ": " : "",
			 meaning ? meaning : "", status_hint(s, r.status));
}

enum outcome session_fail(const struct session *s, struct rm_result r, const char *step)
{
	session_tell(s, LOG_ERR, r, step);
	return OUTCOME_FAILED;
}

enum outcome session_fail_read(const struct session *s, struct rm_result r, const char *step)
{
	bool wrong_size = r.err == 0 && (r.status == NV_ERR_INVALID_ARGUMENT || r.status == NV_ERR_INVALID_PARAM_STRUCT);
	char text[160];

	if (s->changed || !wrong_size)
		return session_fail(s, r, step);
	snprintf(text, sizeof(text), "the driver does not speak the layout of %s, nothing was sent", session_layout(s));
	session_tell(s, LOG_ERR, r, text);
	return OUTCOME_UNSUPPORTED;
}

enum outcome session_insist(const char *release, const struct insisted *by, struct diagnostics *diag)
{
	const struct abi *known = abi_find(release), *wanted = abi_find(by->layout);
	_cleanup_(freep) char *text = NULL;
	enum outcome outcome = OUTCOME_USAGE;

	if (wanted && abi_may_insist(release, wanted))
		return OUTCOME_DONE;
	if (!wanted) {
		text_append(&text, "%s%s is not a known release; see mdev-gpu abi", by->location ? "" : "--driver-abi ",
			    by->layout);
	} else if (known || wanted->type_info_size) {
		text_append(&text, "driver %s is %s, it does not speak the layout of %s", release,
			    known ? "known" : "of a known branch", by->layout);
	} else {
		/* Without a call that only reads, insisting would be a guess. */
		outcome = OUTCOME_UNSUPPORTED;
		text_append(&text, "no call that only reads is known of %s, so it cannot be tried whether driver %s speaks "
			    "its layout%s", by->layout, release, by->location ? "" : ": nothing was sent");
	}
	if (by->location) {
		diag_error(diag, by->location, by->path, "%s", text ? text : "out of memory");
		return OUTCOME_REFUSED;
	}
	diag_say(diag, LOG_ERR, 0, "%s", text ? text : "out of memory");
	return outcome;
}

/* Reads the release, as the module tells it, and finds the row of its layout. */
static enum outcome find_abi(const char *layout, char release[64], struct diagnostics *diag, const struct abi **ret)
{
	const char *below, *above;
	int r;

	r = module_version(NVIDIA_DRIVER, release, 64);
	if (r < 0) {
		diag_say(diag, LOG_ERR, r, "cannot read the release of the %s driver", NVIDIA_DRIVER);
		return OUTCOME_FAILED;
	}
	*ret = abi_find(layout ? layout : release);
	if (layout)
		return session_insist(release, &(struct insisted){ .layout = layout }, diag);
	if (*ret)
		return OUTCOME_DONE;

	abi_nearest(release, &below, &above);
	if (below || above)
		diag_say(diag, LOG_ERR, 0,
			 "NVIDIA driver %s is not known, nothing was sent to it; the nearest known release%s %s%s%s "
			 "(--driver-abi VERSION insists on %s)",
			 release, below && above ? "s are" : " is", below ? below : "", below && above ? " and " : "",
			 above ? above : "", below && above ? "one" : "it");
	else
		diag_say(diag, LOG_ERR, 0, "NVIDIA driver %s is not known, nothing was sent to it", release);
	return OUTCOME_UNSUPPORTED;
}

static struct limits limits_of(const struct abi *abi)
{
	return (struct limits){
		.types = abi->types_max,
		.instances = abi->instances_max,
		.text = abi->info->fields[INFO_NAME].size - 1u,
		.gsp_heap = abi->info->fields[INFO_GSP_HEAP_SIZE].size > 0,
		.reads_back = abi->type_info_size > 0,
		.layout = abi,
	};
}

enum outcome session_limits(const struct device *gpu, const char *layout, struct limits *ret, struct diagnostics *diag)
{
	char release[64];
	const struct abi *abi;
	enum outcome outcome;

	/* The newest release is the most generous one: every bound has only ever grown. */
	if (!gpu) {
		*ret = limits_of(abi_newest());
		strcpy(ret->driver, "any known driver");
		return OUTCOME_DONE;
	}
	outcome = find_abi(layout, release, diag, &abi);
	if (outcome != OUTCOME_DONE)
		return outcome;

	*ret = limits_of(abi);
	strcpy(ret->release, release);
	snprintf(ret->driver, sizeof(ret->driver), "driver %s", release);
	ret->insisted = layout;
	return OUTCOME_DONE;
}

static enum outcome open_control(struct session *s)
{
	const char *release = s->limits->release;
	char running[64] = "";
	struct rm_result r;

	s->ctl = node_open(NODE_MINOR_CONTROL);
	if (s->ctl < 0)
		return session_fail(s, (struct rm_result){ .err = s->ctl }, "cannot open /dev/nvidiactl");

	r = rm_version(s->ctl, running);
	if (!rm_ok(r))
		return session_fail(s, r, "cannot ask the driver for its release");
	if (strcmp(running, release) == 0 || (!*running && !abi_tells_release(release)))
		return OUTCOME_DONE;
	if (*running)
		diag_say(s->diag, LOG_ERR, 0, "the driver calls itself %s, its module %s: nothing was sent", running, release);
	else
		diag_say(s->diag, LOG_ERR, 0,
			 "the driver does not tell its release, its module says %s: nothing was sent", release);
	return OUTCOME_FAILED;
}

/* The GPU's own node must stay open while its objects live (nvidia-rm-notes, section 3). */
static enum outcome open_gpu(struct session *s, struct rm_card *card)
{
	struct rm_result r;
	char step[64];

	r = rm_find_card(s->ctl, &s->gpu->pci, card);
	if (!rm_ok(r))
		return session_fail(s, r, r.err == -ENODEV ? "the driver does not list the GPU" :
							     "cannot ask the driver for its GPUs");

	s->node = node_open(card->minor);
	if (s->node >= 0)
		return OUTCOME_DONE;

	snprintf(step, sizeof(step), "cannot open /dev/nvidia%u", card->minor);
	r = (struct rm_result){ .err = s->node };
	if (s->node == -EIO)
		r.status = rm_adapter_status(s->ctl, &s->gpu->pci);
	if (r.status)
		r.err = 0;
	return session_fail(s, r, step);
}

static enum outcome alloc_device(struct session *s, uint32_t gpu_id)
{
	struct rm_id_info id = { .gpu_id = gpu_id };
	struct rm_device_params device = { 0 };
	uint32_t subdevice, mode[2] = { 0 };
	struct rm_result r;

	r = rm_alloc(s->ctl, 0, 0, RM_CLASS_ROOT, NULL, &s->client);
	if (!rm_ok(r))
		return session_fail(s, r, "cannot become a client of the driver");

	r = rm_control(s->ctl, s->client, s->client, RM_CLIENT_ID_INFO, &id, sizeof(id));
	if (!rm_ok(r))
		return session_fail(s, r, "cannot ask for the GPU's instance");

	device.device_id = id.device_instance;
	r = rm_alloc(s->ctl, s->client, s->client, RM_CLASS_DEVICE, &device, &s->device);
	if (!rm_ok(r))
		return session_fail(s, r, "cannot attach to the GPU");

	subdevice = id.subdevice_instance;
	r = rm_alloc(s->ctl, s->client, s->device, RM_CLASS_SUBDEVICE, &subdevice, &s->subdevice);
	if (!rm_ok(r))
		return session_fail(s, r, "cannot attach to the GPU's subdevice");

	/* Only reported: an unlocked consumer GPU may answer otherwise and host vGPUs (nvidia-rm-sequence, step 9). */
	r = rm_control(s->ctl, s->client, s->device, RM_DEVICE_VIRTUALIZATION_MODE, mode, s->abi->virt_mode_size);
	s->no_host = rm_ok(r) && mode[0] != VIRTUALIZATION_HOST;
	if (s->no_host)
		diag_say(s->diag, LOG_NOTICE, 0, "the driver calls the GPU's virtualization mode %u, not %u (vGPU host)", mode[0],
			 VIRTUALIZATION_HOST);
	return OUTCOME_DONE;
}

/* Makes the object that types are given to, and checks the layout by a type that cannot exist. */
static enum outcome open_vgpu(struct session *s)
{
	const char *release = s->limits->release;
	_cleanup_(freep) uint8_t *block = NULL;
	const struct abi *twin;
	struct rm_result r;
	char step[160];

	r = rm_alloc(s->ctl, s->client, s->subdevice, RM_CLASS_VGPU_CONFIG, NULL, &s->vgpu);
	if (!rm_ok(r))
		return session_fail(s, r, "cannot configure vGPUs on the GPU");
	if (!s->abi->type_info_size)
		return OUTCOME_DONE;
	block = calloc(1, s->abi->type_info_size);
	if (!block)
		return session_fail(s, (struct rm_result){ .err = -ENOMEM }, "cannot check the driver's layout");

	/* Its number is answered with "not found" only when the layout's size is right. */
	r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_TYPE_INFO, block, s->abi->type_info_size);
	if (r.err || r.status != NV_ERR_OBJECT_NOT_FOUND) {
		snprintf(step, sizeof(step), "cannot try the layout of %s, nothing was sent", session_layout(s));
		return session_fail_read(s, r, step);
	}

	/* Warn of a layout that is insisted on and that sizes do not tell from another one. */
	twin = abi_find(release) ? NULL : abi_ambiguous(s->abi);
	if (twin)
		diag_say(s->diag, LOG_WARNING, 0,
			 "the layout of %s to %s has the size of that of %s to %s: which of them driver %s speaks cannot be "
			 "verified", s->abi->first, s->abi->last, twin->first, twin->last, release);
	return OUTCOME_DONE;
}

/* Children go with their client; the GPU's node is closed after its objects, the control node last. */
void session_close(struct session *s)
{
	if (!s)
		return;
	if (s->client)
		rm_free_client(s->ctl, s->client);
	closep(&s->node);
	closep(&s->ctl);
	free(s);
}

enum outcome session_open(const struct device *gpu, const struct limits *limits, struct diagnostics *diag,
			  struct session **ret)
{
	_cleanup_(session_closep) struct session *s = calloc(1, sizeof(*s));
	struct rm_card card = { 0 };
	enum outcome outcome;

	if (!s) {
		diag_say(diag, LOG_ERR, -ENOMEM, "cannot talk to the driver");
		return OUTCOME_FAILED;
	}
	s->gpu = gpu;
	s->diag = diag;
	s->limits = limits;
	s->abi = limits->layout;
	s->ctl = s->node = -1;

	outcome = open_control(s);
	if (outcome == OUTCOME_DONE)
		outcome = open_gpu(s, &card);
	if (outcome == OUTCOME_DONE)
		outcome = alloc_device(s, card.gpu_id);
	if (outcome == OUTCOME_DONE)
		outcome = open_vgpu(s);
	if (outcome == OUTCOME_DONE)
		*ret = TAKE_PTR(s);
	return outcome;
}
