/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cmd.h"
#include "job.h"
#include "mdev.h"
#include "module.h"
#include "state.h"

/* One verdict, and the chain of what was looked at. The first link that does not hold is the verdict. */
struct chain {
	const struct device *gpu;
	char verdict[600];
	char *links; /* for people, a line each */
	size_t size;
	FILE *to;
};

static void link_add(struct chain *chain, bool holds, const char *name, const char *fmt, ...) _printf_(4, 5);

static void link_add(struct chain *chain, bool holds, const char *name, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	fprintf(chain->to, "  %-13s %s\n", name, text);
	if (!holds && !*chain->verdict)
		snprintf(chain->verdict, sizeof(chain->verdict), "%s: %s", name, text);
}

static bool explain_device(struct chain *chain)
{
	const struct device *gpu = chain->gpu;

	link_add(chain, true, "device", "%04x:%04x, board %04x:%04x%s%s", gpu->vendor, gpu->device, gpu->subvendor,
		 gpu->subdevice, gpu->model ? ", " : "", gpu->model ? gpu->model : "");
	if (gpu->is_vf)
		link_add(chain, false, "function", "a virtual function: its types come from its physical function");
	else if (!device_is_gpu(gpu))
		link_add(chain, false, "function", "not a GPU (PCI class %06x, not 03....)", gpu->class);
	return !*chain->verdict;
}

static bool explain_driver(struct chain *chain)
{
	const char *driver = chain->gpu->driver;

	if (!driver)
		link_add(chain, false, "driver", "no driver is bound: load the vendor's vGPU host driver");
	else if (strcmp(driver, "vfio-pci") == 0)
		link_add(chain, false, "driver", "vfio-pci: the whole GPU is set aside for a VM, so it has no vGPUs");
	else if (!vendor_for_driver(driver))
		link_add(chain, false, "driver", "%s, which mdev-gpu has no backend for", driver);
	return !*chain->verdict;
}

/* "Ada Lovelace: no mediated devices", the heading of what an architecture folder has to say for itself. */
static void read_remark(const struct job *job, char *text, size_t size)
{
	_cleanup_(freep) char *path = NULL;
	_cleanup_(fclosep) FILE *f = NULL;

	text[0] = '\0';
	if (!job->selection.n || asprintf(&path, "%s", job->selection.files[0]) < 0)
		return;
	*strrchr(path, '/') = '\0';
	path = realloc(path, strlen(path) + sizeof("/README.md"));
	if (!path)
		return;
	f = fopen(strcat(path, "/README.md"), "re");
	if (f && fgets(text, (int)size, f)) {
		text[strcspn(text, "\n")] = '\0';
		memmove(text, text + strspn(text, "# "), strlen(text + strspn(text, "# ")) + 1);
	}
}

static const char *excluding_key(const struct job *job)
{
	const char *key = NULL;

	for (size_t i = 0; i < job->selection.n; i++)
		for (size_t j = 0; j < job->selection.profiles[i]->n; j++)
			key = section_excludes(&job->selection.profiles[i]->sections[j], job->gpu);
	return key;
}

static void explain_no_types(struct chain *chain, const struct job *job)
{
	const char *key = excluding_key(job);
	char remark[200];

	read_remark(job, remark, sizeof(remark));
	if (!job->selection.n)
		link_add(chain, false, "configuration", "no folder below " CONFDIR "/%s is for this GPU", job->vendor->folder);
	else if (!job->selected && key)
		link_add(chain, false, "configuration", "%s leaves this GPU out by %s", job->selection.files[0], key);
	else
		link_add(chain, false, "configuration", "%s defines no types%s%s", job->selection.files[0],
			 *remark ? ": " : "", remark);
}

/* The job says by itself what is wrong; here that is the verdict and not a log line. */
static bool explain_configuration(struct chain *chain, struct job *job)
{
	const struct job_options options = { .automatic = true };
	const char *cause;
	enum outcome outcome;

	log_forget();
	log_mute(true);
	outcome = job_prepare(chain->gpu, &options, job);
	log_mute(false);
	if (outcome != OUTCOME_DONE) {
		cause = log_cause();
		if (strncmp(cause, chain->gpu->address, strlen(chain->gpu->address)) == 0)
			cause += strlen(chain->gpu->address) + strlen(": ");
		link_add(chain, false, outcome == OUTCOME_REFUSED ? "configuration" : "driver", "%s", cause);
		return false;
	}

	link_add(chain, true, "driver", "%s %s", chain->gpu->driver, job->limits.release);
	if (!job->plan.types.n && !job->plan.n_expected) {
		explain_no_types(chain, job);
		return false;
	}
	for (size_t i = 0; i < job->selection.n; i++)
		link_add(chain, true, "configuration", "%s", job->selection.files[i]);
	return true;
}

static size_t count_shown(const struct job *job)
{
	struct mdev_types shown = { 0 };
	size_t n = 0;

	if (mdev_types_read(job->gpu, &shown) < 0)
		return 0;
	for (size_t i = 0; i < job->plan.types.n; i++) {
		char id[64];

		snprintf(id, sizeof(id), "%s-%" PRIu64, job->vendor->driver, type_num(&job->plan.types.items[i]));
		n += mdev_types_find(&shown, id) != NULL;
	}
	for (size_t i = 0; i < job->plan.n_expected; i++)
		n += mdev_types_find(&shown, job->plan.expected[i]) != NULL;
	mdev_types_done(&shown);
	return n;
}

static void explain_module(struct chain *chain, const struct job *job)
{
	if (module_is_live(job->vendor->module))
		link_add(chain, true, "module", "%s is loaded", job->vendor->module);
	else
		link_add(chain, false, "module", "%s is not loaded: modprobe it; where it is not installed, this driver package "
			 "cannot host vGPUs", job->vendor->module);
}

static void explain_world(struct chain *chain, const struct job *job)
{
	char why[256] = "";

	if (job->gpu->vfs_possible && !job->gpu->vfs)
		link_add(chain, false, "sysfs", "types show on virtual functions only, and SR-IOV is off: sriov-manage -e, or write "
			 "sriov_numvfs");
	else if (job->vendor->possible && job->vendor->possible(job->gpu, why, sizeof(why)) != OUTCOME_DONE)
		link_add(chain, false, "driver", "%s", why);
}

static void explain_last_run(struct chain *chain, bool complete)
{
	struct state_record last = { 0 };

	if (state_read(chain->gpu->address, &last) < 0) {
		link_add(chain, complete, "last run", "none since the driver bound: udevadm trigger %s", chain->gpu->syspath);
		return;
	}
	link_add(chain, complete, "last run", "%s, by %s: %s: %s", last.time ? last.time : "", last.by ? last.by : "",
		 last.result ? last.result : "", last.message ? last.message : "");
	state_record_done(&last);
}

static void explain_types(struct chain *chain, const struct job *job)
{
	size_t shown = count_shown(job), wanted = job->plan.types.n + job->plan.n_expected;
	size_t devices = mdev_count_devices(job->gpu);
	bool complete = shown == wanted;

	if (mdev_is_vendor_vfio(job->gpu)) {
		link_add(chain, complete, "sysfs", "vGPUs are made through the vendor's own VFIO files here "
			 "(nvidia/current_vgpu_type of a virtual function), not through mdev");
	} else if (!complete) {
		explain_module(chain, job);
		explain_world(chain, job);
	}
	explain_last_run(chain, complete || *chain->verdict);
	link_add(chain, complete, "types", "%zu of %zu are shown in sysfs", shown, wanted);
	link_add(chain, true, "in use", "%zu vGPU%s", devices, devices == 1 ? "" : "s");
	if (complete && wanted == 1)
		snprintf(chain->verdict, sizeof(chain->verdict), "the type is there");
	else if (complete)
		snprintf(chain->verdict, sizeof(chain->verdict), "all %zu types are there", wanted);
}

static enum outcome explain_gpu(const struct device *gpu)
{
	_cleanup_(job_done) struct job job = { 0 };
	struct chain chain = { .gpu = gpu };

	chain.to = open_memstream(&chain.links, &chain.size);
	if (!chain.to) {
		log_dev(gpu, LOG_ERR, -ENOMEM, "cannot explain");
		return OUTCOME_FAILED;
	}
	if (explain_device(&chain) && explain_driver(&chain) && explain_configuration(&chain, &job))
		explain_types(&chain, &job);
	fclose(chain.to);

	printf("%s: %s\n%s", gpu->address, chain.verdict, chain.links);
	free(chain.links);
	return OUTCOME_DONE;
}

static enum outcome explain(const struct arguments *arguments)
{
	struct arguments all = *arguments;
	struct device_list gpus = { 0 };
	enum outcome outcome;

	/* Without a name, every GPU has its reasons. */
	if (!all.n_names)
		all.given |= OPTION_ALL;
	outcome = command_devices(&all, &gpus);
	for (size_t i = 0; outcome == OUTCOME_DONE && i < gpus.n; i++)
		outcome = explain_gpu(gpus.items[i]);
	if (outcome == OUTCOME_DONE && !gpus.n)
		log_msg(LOG_INFO, 0, "there is no GPU (PCI class 03)");
	device_list_done(&gpus);
	return outcome;
}

const struct command command_explain = {
	.name = "explain",
	.args = "[DEVICE...]",
	.summary = "tell why a GPU has its types, or why it has none",
	.options = OPTION_ALL,
	.run = explain,
};
