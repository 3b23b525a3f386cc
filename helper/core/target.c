/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/target.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "config/catalog.h"
#include "core/locks.h"
#include "core/sizes.h"
#include "model/diagnostics.h"
#include "model/type.h"
#include "system/device.h"
#include "system/mdev.h"
#include "system/module.h"
#include "vendors/vendors.h"

enum service target_service(const struct device *gpu, const struct vendor **ret)
{
	const struct vendor *vendor;

	if (gpu->is_vf)
		return SERVICE_VIRTUAL_FUNCTION;
	if (!device_is_gpu(gpu))
		return SERVICE_NOT_A_GPU;
	if (!gpu->driver)
		return SERVICE_NO_DRIVER;
	vendor = vendor_for_driver(gpu->driver);
	if (!vendor)
		return SERVICE_NO_BACKEND;
	if (ret)
		*ret = vendor;
	return SERVICE_OFFERED;
}

const char *target_service_text(enum service service)
{
	switch (service) {
	case SERVICE_VIRTUAL_FUNCTION:
		return "a virtual function; its types come from its physical function";
	case SERVICE_NOT_A_GPU:
		return "not a GPU (PCI class 03)";
	case SERVICE_OFFERED:
	case SERVICE_NO_DRIVER:
	case SERVICE_NO_BACKEND:
		break;
	}
	return NULL;
}

bool target_passes_over(const struct device *gpu, bool has_file)
{
	const struct vendor *vendor = NULL;
	char why[512] = "it is not shared on this host";

	switch (target_service(gpu, &vendor)) {
	case SERVICE_OFFERED:
		if (has_file || !vendor->is_off || !vendor->is_off(gpu))
			return false;
		if (vendor->possible)
			vendor->possible(gpu, why, sizeof(why));
		break;
	case SERVICE_NO_BACKEND:
		snprintf(why, sizeof(why), "driver %s is bound, which mdev-gpu has no backend for", gpu->driver);
		break;
	case SERVICE_NO_DRIVER:
		snprintf(why, sizeof(why), "no driver is bound");
		break;
	case SERVICE_VIRTUAL_FUNCTION:
	case SERVICE_NOT_A_GPU:
		return true;
	}
	log_dev(gpu, LOG_INFO, 0, "passed over: %s", why);
	return true;
}

int target_read_settings(struct target *target, struct diagnostics *diag)
{
	struct insisted *by = &target->insisted;
	char release[64];
	int r;

	if (!target->vendor->insist)
		return 0;
	r = settings_find(target->options->automatic, diag, &target->settings);
	if (r == 0 && target->settings.broken)
		r = -EINVAL;
	if (r < 0 || !target->settings.n || module_version(target->vendor->driver, release, sizeof(release)) < 0)
		return r;
	for (size_t i = 0; i < target->settings.n; i++) {
		const struct driver_abi *line = &target->settings.driver_abi[i];

		if (strcmp(line->release, release) == 0)
			*by = (struct insisted){ line->layout, &line->location, line->path };
	}
	return by->layout && target->vendor->insist(release, by, diag) != OUTCOME_DONE ? -EINVAL : 0;
}

/* Says which lines of the settings are not for the driver's release: what helped an old one must not be forgotten there. */
static void tell_ignored(const struct target *target)
{
	char release[64];

	if (!target->settings.n || module_version(target->vendor->driver, release, sizeof(release)) < 0)
		return;
	for (size_t i = 0; i < target->settings.n; i++) {
		const struct driver_abi *line = &target->settings.driver_abi[i];
		_cleanup_(freep) char *text = NULL;

		if (target->insisted.location == &line->location)
			continue;
		text = settings_ignored(line, release);
		diag_say(target->diag, LOG_NOTICE, 0, "%s", text ? text : "out of memory");
	}
}

int target_plan(struct target *target, struct diagnostics *diag)
{
	const struct target_options *options = target->options;
	const struct plan_client client = {
		.device = target->gpu,
		.vendor = target->vendor,
		.limits = &target->limits,
		.keep = options->keep,
	};
	int r;

	/* Automatic runs do not report warnings; check and manual runs do. */
	diag->no_warnings = options->automatic;
	if (options->file)
		r = catalog_select_file(options->file, target->gpu, target->limits.types, options->automatic, diag,
					&target->selection);
	else
		r = catalog_select(target->vendor->folder, target->gpu, target->limits.types, options->automatic, diag,
				   &target->selection);
	return r < 0 ? r : plan_build(&target->selection, &client, diag, &target->plan);
}

/* Moves what was found in files to the target's report, and decides whether it stops the run. */
static enum outcome conclude(const struct target *target, int r, struct diagnostics *found)
{
	size_t warnings = found->n - MIN(found->errors, found->n);

	diagnostics_move(target->diag, found);
	if (r == 0 && !(target->options->strict && warnings))
		return OUTCOME_DONE;

	if (r == -ENOMEM)
		target_fail(target, r, "cannot make a plan");
	target_fail(target, 0, "configuration refused, nothing was sent to the driver");
	return OUTCOME_REFUSED;
}

enum outcome target_find(struct target *target)
{
	_cleanup_(diagnostics_done) struct diagnostics found = { 0 };
	enum service service = target_service(target->gpu, &target->vendor);
	enum outcome outcome;
	int r = 0;

	switch (service) {
	case SERVICE_OFFERED:
		break;
	case SERVICE_VIRTUAL_FUNCTION:
	case SERVICE_NOT_A_GPU:
		diag_say(target->diag, LOG_INFO, 0, "nothing to do: %s", target_service_text(service));
		return OUTCOME_DONE;
	case SERVICE_NO_DRIVER:
		return target_fail(target, -ENODEV, "no driver is bound");
	case SERVICE_NO_BACKEND:
		target_fail(target, 0, "driver %s is bound, which mdev-gpu has no backend for", target->gpu->driver);
		return OUTCOME_UNSUPPORTED;
	}
	if (target->options->layout)
		target->insisted.layout = target->options->layout;
	else
		r = target_read_settings(target, &found);
	if (r < 0)
		return conclude(target, r, &found);
	tell_ignored(target);
	outcome = target->vendor->limits(target->gpu, target->insisted.layout, &target->limits, target->diag);
	return outcome == OUTCOME_DONE ? conclude(target, target_plan(target, &found), &found) : outcome;
}

enum outcome target_open(struct target *target, int *lock, struct session **ret)
{
	int r = deadline_start(RUN_SECONDS, target->gpu->address);

	if (r < 0)
		return target_fail(target, r, "cannot bound the time");
	*lock = locks_take_gpu(target->gpu->address, SHARED_SECONDS, target->diag);
	if (*lock < 0)
		return OUTCOME_FAILED;
	return target->vendor->open(target->gpu, &target->limits, target->diag, ret);
}

enum outcome target_fit(struct target *target)
{
	_cleanup_(diagnostics_done) struct diagnostics found = { .no_warnings = target->options->automatic };
	int r;

	if (!target->framebuffer)
		return OUTCOME_DONE;
	r = plan_size(&target->plan, target->framebuffer, &target->limits, &found);
	if (r == 0)
		r = plan_check_fit(&target->plan, target->framebuffer, &found);
	if (r == 0 && target->vendor->lint_memory)
		target->vendor->lint_memory(&target->plan.types, target->gpu, target->framebuffer, &found);
	return conclude(target, r, &found);
}

enum outcome target_size(struct target *target, struct session *session)
{
	size_t said = target->diag->n;
	enum outcome outcome = target->vendor->framebuffer(session, &target->framebuffer);

	if (outcome == OUTCOME_DONE)
		return target_fit(target);
	if (!target->options->automatic || target->plan.needs_framebuffer)
		return outcome;
	/* An automatic run that has no sizes to choose asks for the record only, and goes on without an answer. */
	diagnostics_truncate(target->diag, said);
	target->framebuffer = 0;
	return OUTCOME_DONE;
}

int target_load_module(struct target *target)
{
	const char *module = target->vendor->module;

	target->module = module_load(module);
	target->module_instance = target->module == 0 ? module_instance(module) : 0;
	return target->module;
}

void target_module_text(const struct target *target, char *text, size_t size)
{
	const char *meaning = target->module == -ENOENT ? target->vendor->without_module : NULL;

	snprintf(text, size, "module %s %s%s%s", target->vendor->module, module_reason(target->module), meaning ? ": " : "",
		 meaning ? meaning : "");
}

int target_missing(const struct target *target, char ***ret)
{
	const struct type_list *types = &target->plan.types;
	_cleanup_(strv_freep) char **ids = calloc(1, sizeof(*ids));
	size_t n = 0;

	for (size_t i = 0; ids && i < types->n; i++) {
		char id[TYPE_ID_SIZE];

		if (strv_add(&ids, &n, type_id(target->vendor->driver, type_num(&types->items[i]), id)) < 0)
			return -ENOMEM;
	}
	return ids ? mdev_types_missing(target->gpu, (const char *const *)ids, n, ret) : -ENOMEM;
}

enum outcome target_fail(const struct target *target, int r, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text_append_va(&text, fmt, ap);
	va_end(ap);
	diag_say(target->diag, LOG_ERR, r, "%s", text ? text : "out of memory");
	return OUTCOME_FAILED;
}

void target_done(struct target *target)
{
	plan_done(&target->plan);
	selection_done(&target->selection);
	settings_done(&target->settings);
}
