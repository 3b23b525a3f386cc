/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * functions_run() reads as its steps: the plan, the locks, the number of functions, their registration, their types. The
 * driver's answers and the script's exit code decide nothing: what sysfs shows afterwards does.
 *
 * Switching NVIDIA's functions on unbinds the GPU and binds it again, and the new bind is an event as any other. It starts no
 * second run: while this one holds its lock, events start none (run.c), and one that comes later finds written down that
 * switching on was tried with this load of the driver, and does not repeat by itself what has failed.
 */
#include "core/functions.h"

#include <errno.h>
#include <string.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "base/signals.h"
#include "base/string-util.h"
#include "config/catalog.h"
#include "core/assign.h"
#include "core/function-types.h"
#include "core/functions-record.h"
#include "core/locks.h"
#include "core/plan.h"
#include "core/record.h"
#include "system/daemon.h"
#include "system/lock.h"
#include "system/mdev.h"
#include "system/module.h"
#include "system/sriov.h"
#include "vendors/vendors.h"

/* The script has 120 s, and there may be GPUs before this one. The unit's own bound is above. */
#define FUNCTIONS_SECONDS 300

/* For the vendor's daemon, as the units have it. */
#define DAEMON_MS 50000

/* Between a function's bind and its registration seconds pass, in some releases by design (sriov.md, 2.3). */
#define REGISTERED_S 30
#define POLL_MS 100

/* A driver that shows new functions its types by itself has begun to by then. */
#define SHOW_AGAIN_MS 2000

/* From the new bind to the end of the rule's run for it, which comes behind the wait for the vendor's daemon. */
#define ANSWER_MS 30000
#define UNBIND_MS 5000

/* What a second owner's run of the script may take, which has the GPU from its driver meanwhile. */
#define OTHERS_MS 30000

#define STUB "pci-pf-stub"

struct run {
	const struct functions_options *options;
	const struct device *gpu; /* as it was found */
	struct device *found;     /* the same, found again once it had its driver; NULL */
	struct device *now;       /* as it is under the lock */
	const struct functions_backend *backend;
	struct diagnostics diag;
	struct selection selection;
	struct plan plan;
	struct functions_record record;
	struct function_list functions;
	uint64_t before;          /* the record of the GPU's last run that the rule or a unit started, before switching on; 0: none */
	int host_lock, lock;
	bool recorded;            /* the record was read: it may be written */
	unsigned switched;        /* functions that were switched on, or would be */
	size_t given, taken, unchanged;
};

static void run_done(struct run *run)
{
	closep(&run->host_lock);
	closep(&run->lock);
	sriov_functions_done(&run->functions);
	functions_record_done(&run->record);
	plan_done(&run->plan);
	selection_done(&run->selection);
	diagnostics_done(&run->diag);
	device_free(run->now);
	device_free(run->found);
}

static _printf_(3, 4) enum outcome fail(struct run *run, int r, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_format_va(fmt, ap);
	va_end(ap);
	diag_say(&run->diag, LOG_ERR, r, "%s", text ? text : "out of memory");
	return OUTCOME_FAILED;
}

/* Returns whether a driver is only a stage on somebody's way of switching functions on. */
static bool is_passing(const char *driver)
{
	return !*driver || strcmp(driver, STUB) == 0;
}

/* A second owner's script may have the GPU just now: an event starts this, and nobody would start it again. */
static enum outcome wait_for_driver(struct run *run)
{
	char driver[64] = "";
	unsigned waited = 0;
	int r;

	if (!run->options->automatic || !is_passing(run->gpu->driver ? run->gpu->driver : ""))
		return OUTCOME_DONE;
	while ((device_link(run->gpu, "driver", driver, sizeof(driver)) < 0 || is_passing(driver)) && waited < OTHERS_MS &&
	       deadline_sleep(POLL_MS))
		waited += POLL_MS;
	r = device_find(run->gpu->address, &run->found);
	if (r < 0)
		return fail(run, r, "cannot find the device");
	run->gpu = run->found;
	return OUTCOME_DONE;
}

/* Finds how the functions of the GPU's driver are switched on. A GPU that a script has left half-way is named. */
static enum outcome find_backend(struct run *run)
{
	const struct device *gpu = run->gpu;
	const char *driver = gpu->driver;

	if (gpu->is_vf || !device_is_gpu(gpu)) {
		diag_say(&run->diag, LOG_INFO, 0, "nothing to do: %s", gpu->is_vf ? "a virtual function; ask for its physical function" :
			 "not a GPU (PCI class 03)");
		return OUTCOME_DONE;
	}
	if (!driver)
		return fail(run, -ENODEV, "no driver is bound; if switching functions on has left it so, bind its driver again "
			    "(echo %s >/sys/bus/pci/drivers/DRIVER/bind)", gpu->address);
	if (strcmp(driver, STUB) == 0)
		return fail(run, 0, STUB " has the GPU: somebody's sriov-manage has died half-way; unbind it, and bind the GPU's own "
			    "driver again (echo %s >/sys/bus/pci/drivers/" STUB "/unbind)", gpu->address);
	run->backend = functions_backend(driver);
	if (run->backend)
		return OUTCOME_DONE;
	fail(run, 0, "driver %s is bound, whose virtual functions mdev-gpu cannot switch on", driver);
	return OUTCOME_UNSUPPORTED;
}

enum outcome functions_read_plan(const struct device *gpu, const struct functions_backend *backend,
				 const struct functions_options *options, struct diagnostics *diag, struct selection *selection,
				 struct plan *plan)
{
	_cleanup_(diagnostics_done) struct diagnostics found = { .no_warnings = true }, release = { 0 };
	const struct vendor *vendor = vendor_for_driver(gpu->driver);
	struct limits limits;
	const struct plan_client client = { .device = gpu, .vendor = vendor, .limits = &limits };
	int r;

	/* Functions do not depend on the driver's release: types are judged by what any takes where it is not known. */
	if (!vendor)
		vendors_widest(&limits);
	else if (vendor->limits(gpu, NULL, &limits, &release) != OUTCOME_DONE)
		vendor->limits(NULL, NULL, &limits, NULL);
	if (options->file)
		r = catalog_select_file(options->file, gpu, limits.types, options->automatic, &found, selection);
	else
		r = catalog_select(backend->folder, gpu, limits.types, options->automatic, &found, selection);
	if (r == 0)
		r = plan_build(selection, &client, &found, plan);
	if (r == 0 && plan->functions.n && !backend->type_size)
		r = diag_error(&found, &plan->functions.vgpus[0]->location, plan->functions.vgpus[0]->path,
			       "the functions of driver %s have no types: they are given to VMs as they are", backend->driver);
	if (r == 0 && gpu->vfs_possible)
		r = assign_check(plan->functions.vgpus, plan->functions.n, gpu->vfs_possible, &found);
	if (r == 0 && plan->functions.number != VIRTUAL_FUNCTIONS_ALL && gpu->vfs_possible && plan->functions.number > gpu->vfs_possible)
		r = diag_error(&found, plan->functions.location, NULL, "virtualFunctions: is over %u, the most of this GPU",
			       gpu->vfs_possible);
	diagnostics_move(diag, &found);
	if (r == 0)
		return OUTCOME_DONE;
	diag_say(diag, LOG_ERR, r == -ENOMEM ? r : 0, "configuration refused, nothing was written");
	return OUTCOME_REFUSED;
}

/* Takes the GPU's lock, and then the host's, and looks at the GPU again: somebody may have worked on it meanwhile. */
static enum outcome take_locks(struct run *run)
{
	char name[FUNCTIONS_LOCK_SIZE];
	int r;

	if (!run->options->dry_run) {
		run->lock = locks_take(functions_lock_name(run->gpu->address, name), "the lock on the GPU's functions", &run->diag);
		if (run->lock < 0)
			return OUTCOME_FAILED;
		run->host_lock = locks_take(FUNCTIONS_LOCK_HOST, "the lock by which one GPU at a time is worked on", &run->diag);
		if (run->host_lock < 0)
			return OUTCOME_FAILED;
		/* The time of others before this GPU is not its own. */
		r = deadline_start(FUNCTIONS_SECONDS, run->gpu->address);
		if (r < 0)
			return fail(run, r, "cannot bound the time");
	}
	r = device_find(run->gpu->address, &run->now);
	if (r == 0 && (!run->now->driver || strcmp(run->now->driver, run->gpu->driver) != 0))
		r = -ENODEV;
	if (r == 0)
		r = functions_record_read(run->gpu->address, module_instance(run->gpu->driver), &run->record);
	if (r < 0)
		return fail(run, r, "cannot read the GPU's state");
	run->recorded = true;
	return OUTCOME_DONE;
}

/* Writes down where switching on is, before it goes on: without that a second run could follow from it. */
static enum outcome set_switching(struct run *run, enum switching switching, const char *message)
{
	int r;

	run->record.switching = switching;
	functions_record_end(&run->record, OUTCOME_FAILED, message);
	r = functions_record_write(run->gpu->address, &run->record, run->options->trigger);
	return r < 0 ? fail(run, r, "nothing is switched on: that cannot be written down") : OUTCOME_DONE;
}

/*
 * Says why a run that nobody asked for does not switch on what was switched on, or tried, with this load of the driver before.
 * What has failed would fail again, and may have brought this run about; what somebody has switched off since may be off for
 * good reason: with functions on, giving the whole GPU to a VM can end the host (sriov.md, 2.7).
 */
static enum outcome refuse_again(struct run *run)
{
	const char *message = run->record.message ? run->record.message : "";

	/* The record tells of that run, and goes on doing so. */
	run->recorded = false;
	if (run->record.switching == SWITCHING_DONE)
		return fail(run, 0, "functions were switched on before with this load of the driver, and somebody has switched them off since; "
			    "they are switched on by hand: mdev-gpu functions %s", run->gpu->address);
	return fail(run, 0, "functions were to be switched on before with this load of the driver, and that has %s (%s); it is not repeated "
		    "by itself, but by hand: mdev-gpu functions %s",
		    run->record.switching == SWITCHING_FAILED ? "failed" : "not ended", message, run->gpu->address);
}

/* Judges whether functions can and may be switched on. */
static enum outcome check_before(struct run *run)
{
	const struct device *gpu = run->now;
	size_t devices = 0;
	char group[32];
	int r;

	if (run->backend->instead) {
		fail(run, 0, "%s", run->backend->instead);
		return OUTCOME_UNSUPPORTED;
	}
	if (!gpu->vfs_possible) {
		fail(run, 0, "the GPU has no virtual functions to switch on (no sriov_totalvfs): SR-IOV is off in the firmware's setup, "
		     "or the board is in a display mode, or has none");
		return OUTCOME_UNSUPPORTED;
	}
	if (run->options->automatic && run->record.switching != SWITCHING_NONE)
		return refuse_again(run);
	if (device_link(gpu, "iommu_group", group, sizeof(group)) < 0)
		return fail(run, 0, "the IOMMU is off: the driver takes no functions without (intel_iommu=on or amd_iommu=on, and the "
			    "firmware's setup)");
	r = mdev_count_devices(gpu, &devices);
	if (r < 0)
		return fail(run, r, "cannot count the GPU's vGPUs in sysfs");
	if (!devices)
		return run->backend->prepared ? run->backend->prepared(&run->diag) : OUTCOME_DONE;
	fail(run, 0, "in use: there are vGPUs on the GPU itself, which switching functions on would end");
	return OUTCOME_IN_USE;
}

/* Waits until the vendor's daemon, which has work of its own to do first, has done it, or for its bound. */
static void wait_for_daemon(struct run *run)
{
	const struct vendor *vendor = vendor_for_driver(run->gpu->driver);
	unsigned waited = 0;

	if (!vendor || !vendor->daemon)
		return;
	while (daemon_is_pending(vendor->daemon) && waited < DAEMON_MS && deadline_sleep(POLL_MS))
		waited += POLL_MS;
	if (waited >= DAEMON_MS)
		diag_say(&run->diag, LOG_NOTICE, 0, "%s is enabled, but its work is not done after %d s; going on without",
			 vendor->daemon, DAEMON_MS / 1000);
}

/* Keeps which run the rule or a unit has made for the bind that is about to end. */
static void note_rules_run(struct run *run)
{
	_cleanup_(record_done) struct record last = { 0 };
	uint64_t instance = record_instance(run->gpu->address);

	if (record_read(run->gpu->address, &last) == 0 && record_is_current(&last) && strcmp(last.trigger, "command") != 0)
		run->before = instance;
}

/*
 * Waits for the run that follows from the GPU's new bind, where one has followed from the bind before. It registers types that
 * the functions show, and as long as this run holds its lock, starts no other one on functions.
 */
static void wait_for_rules_run(struct run *run)
{
	const char *address = run->gpu->address;

	for (unsigned waited = 0; run->before && waited < ANSWER_MS; waited += POLL_MS) {
		_cleanup_(record_done) struct record last = { 0 };
		uint64_t instance = record_instance(address);

		/* The rule removes the record when the driver leaves. Where it stays, the GPU never left its driver. */
		if (instance == run->before && waited >= UNBIND_MS)
			return;
		if (instance && instance != run->before && record_read(address, &last) == 0 && !last.running)
			return;
		if (!deadline_sleep(POLL_MS))
			return;
	}
}

static unsigned wanted_number(const struct run *run)
{
	uint64_t number = run->plan.functions.number;

	return number == VIRTUAL_FUNCTIONS_ALL ? run->now->vfs_possible : (unsigned)number;
}

/* Switches functions on with the GPU's own lock, so that no other run has the driver open meanwhile. */
static enum outcome switch_on(struct run *run)
{
	unsigned n = wanted_number(run);
	_cleanup_(freep) char *what = run->backend->describe(run->now, n);
	_cleanup_(closep) int gpu_lock = -1;
	enum outcome outcome, noted;
	sigset_t before;

	run->switched = n;
	if (run->options->dry_run) {
		diag_say(&run->diag, LOG_INFO, 0, "%u virtual functions would be switched on: %s", n, what ? what : "");
		return OUTCOME_DONE;
	}
	wait_for_daemon(run);
	gpu_lock = locks_take(run->gpu->address, "the lock on the GPU", &run->diag);
	if (gpu_lock < 0)
		return OUTCOME_FAILED;
	note_rules_run(run);
	outcome = set_switching(run, SWITCHING_RUNNING, "functions are being switched on");
	if (outcome != OUTCOME_DONE)
		return outcome;
	/* Who ends this run must not leave the GPU without its driver: the signal waits until the GPU has been looked after. */
	signals_hold(&before);
	outcome = run->backend->enable(run->now, n, &run->diag);
	/* Nothing was changed where somebody held the GPU: the next event may try again. */
	noted = set_switching(run, outcome == OUTCOME_DONE ? SWITCHING_DONE : outcome == OUTCOME_IN_USE ? SWITCHING_NONE :
			      SWITCHING_FAILED, "switching functions on has ended, and the run has not");
	signals_release(&before);
	return outcome == OUTCOME_DONE ? noted : outcome;
}

/* Changes the number of functions where there is none, and never otherwise. */
static enum outcome set_number(struct run *run)
{
	unsigned n = wanted_number(run);
	enum outcome outcome;

	if (!run->plan.functions.number || (run->now->vfs == n && n))
		return OUTCOME_DONE;
	if (run->now->vfs) {
		fail(run, 0, "in use: there are %u virtual functions, not %u; their number changes only after all are switched off, which is "
		     "left to you", run->now->vfs, n);
		return OUTCOME_IN_USE;
	}
	outcome = check_before(run);
	return outcome == OUTCOME_DONE ? switch_on(run) : outcome;
}

/* Returns whether a function has been registered where it is to be used from. */
static bool is_ready(const struct run *run, const struct function *f)
{
	if (!*f->address || !run->backend->on_driver)
		return *f->address;
	return strcmp(f->driver, run->backend->driver) == 0 && f->world != WORLD_NONE;
}

/* Another driver's, or left without one: somebody wanted that, unless it has just been switched on. */
static bool is_elsewhere(const struct run *run, const struct function *f)
{
	return !run->switched && run->backend->on_driver && *f->address && strcmp(f->driver, run->backend->driver) != 0;
}

/* Formats what is the matter with a function that is not ready. */
static const char *describe_function(const struct run *run, const struct function *f, char text[96])
{
	if (!*f->address)
		snprintf(text, 96, "not there");
	else if (!*f->driver)
		snprintf(text, 96, "no driver");
	else if (strcmp(f->driver, run->backend->driver) != 0)
		snprintf(text, 96, "on %s", f->driver);
	else
		snprintf(text, 96, "neither nvidia/ nor mdev_supported_types");
	return text;
}

/* Lists the functions that are not ready, or those that are elsewhere, by what is the matter with them; NULL: none. */
static char *name_functions(const struct run *run, bool elsewhere)
{
	char *text = NULL;

	for (size_t i = 0; i < run->functions.n; i++) {
		const struct function *f = &run->functions.items[i];
		char what[96], other[96];
		bool told = false;
		size_t more = 0;

		if (is_ready(run, f) || is_elsewhere(run, f) != elsewhere)
			continue;
		describe_function(run, f, what);
		for (size_t j = 0; j < run->functions.n && !told; j++) {
			const struct function *g = &run->functions.items[j];

			if (j == i || is_ready(run, g) || strcmp(describe_function(run, g, other), what) != 0)
				continue;
			told = j < i;
			more++;
		}
		if (told)
			continue;
		text_append_item(&text, "virtfn%u (%s)", f->number, f->address);
		if (more)
			text_append(&text, " and %zu more", more);
		text_append(&text, ": %s", what);
	}
	return text;
}

/* Returns whether any function tells of types, where types are to be given: the vendor's daemon may still be at it. */
static bool offers_any(const struct run *run)
{
	bool is_vendor = false;

	for (size_t i = 0; run->plan.functions.n && i < run->functions.n; i++) {
		is_vendor |= run->functions.items[i].world == WORLD_VENDOR;
		if (run->functions.items[i].world == WORLD_VENDOR && function_offers(&run->functions.items[i]))
			return true;
	}
	return !is_vendor;
}

/*
 * Tells the driver once more to show its list. Up to 535.183 and 550.78 it copies the list at that moment to the functions that are
 * there (nvidia-rm-notes, section 5): those that came later stay without, and no event follows that would make a run tell it.
 */
static void show_again(struct run *run)
{
	const struct vendor *vendor = vendor_for_driver(run->now->driver);
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	_cleanup_(closep) int gpu_lock = -1;
	struct session *session = NULL;
	struct limits limits;

	if (!vendor || !vendor->publish || vendor->limits(run->now, NULL, &limits, &diag) != OUTCOME_DONE)
		return;
	gpu_lock = lock_take(run->gpu->address);
	if (gpu_lock < 0)
		return;
	if (vendor->open(run->now, &limits, &run->diag, &session) != OUTCOME_DONE ||
	    vendor->publish(session) != OUTCOME_DONE)
		diag_say(&run->diag, LOG_NOTICE, 0, "the driver was not told to show its types on functions that came later");
	vendor->close(session);
}

/* Returns whether a function is its driver's, and nothing shows its types yet. */
static bool lacks_world(const struct run *run)
{
	for (size_t i = 0; i < run->functions.n; i++)
		if (run->functions.items[i].world == WORLD_NONE &&
		    strcmp(run->functions.items[i].driver, run->backend->driver) == 0)
			return true;
	return false;
}

/* Reads the functions until all of them are ready, for so long. */
static int wait_for_functions(struct run *run, unsigned ms)
{
	for (unsigned waited = 0;; waited += POLL_MS) {
		_cleanup_(freep) char *missing = NULL;
		int r;

		sriov_functions_done(&run->functions);
		r = sriov_read_functions(run->now, &run->functions);
		if (r < 0)
			return r;
		missing = name_functions(run, false);
		if ((!missing && offers_any(run)) || waited >= ms || !deadline_sleep(POLL_MS))
			return 0;
		if (waited == SHOW_AGAIN_MS && lacks_world(run))
			show_again(run);
	}
}

/* Judges the functions that there are, once they have had the time to come. */
static enum outcome check_functions(struct run *run)
{
	_cleanup_(freep) char *missing = NULL, *elsewhere = NULL;
	char after[32];
	int r = wait_for_functions(run, run->options->dry_run ? 0 : REGISTERED_S * 1000);

	if (r < 0)
		return fail(run, r, "cannot read the GPU's functions");
	if (run->plan.functions.number && run->functions.n != wanted_number(run))
		return fail(run, 0, "sriov_numvfs is %zu, not %u", run->functions.n, wanted_number(run));
	missing = name_functions(run, false);
	snprintf(after, sizeof(after), " after %d s", REGISTERED_S);
	if (missing)
		return fail(run, 0, "functions are not as they should be%s: %s%s", run->options->dry_run ? "" : after, missing,
			    strstr(missing, "neither") ? "; does nvidia-vgpu-mgr run? (systemctl status nvidia-vgpu-mgr)" : "");
	elsewhere = name_functions(run, true);
	if (elsewhere)
		diag_say(&run->diag, LOG_NOTICE, 0, "functions that %s does not have take no types, and are left where they are: %s",
			 run->backend->driver, elsewhere);
	return OUTCOME_DONE;
}

static enum outcome give_types(struct run *run)
{
	struct function_types types = {
		.gpu = run->now,
		.backend = run->backend,
		.plan = &run->plan,
		.functions = &run->functions,
		.record = &run->record,
		.diag = &run->diag,
		.trigger = run->options->trigger,
		.force = run->options->force,
		.dry_run = run->options->dry_run,
	};
	enum outcome outcome;
	size_t mdev = 0;

	for (size_t i = 0; i < run->functions.n; i++)
		mdev += run->functions.items[i].world == WORLD_MDEV;
	if (run->plan.functions.n && mdev == run->functions.n) {
		fail(run, 0, "vgpus cannot be: on this host functions show their types through mdev; mdevctl defines vGPUs that persist");
		return OUTCOME_UNSUPPORTED;
	}
	outcome = function_types_give(&types);
	run->given = types.given;
	run->taken = types.taken;
	run->unchanged = types.unchanged;
	return outcome;
}

/* Describes what was done, in one line. */
static char *describe(const struct run *run)
{
	bool dry_run = run->options->dry_run;
	char *text = NULL;

	if (!run->switched && !run->given && !run->taken)
		text_append(&text, "nothing to do: %zu virtual function%s there", run->functions.n, run->functions.n == 1 ? " is" : "s are");
	else if (run->switched)
		text_append(&text, "%u virtual functions %sswitched on", run->switched, dry_run ? "would be " : "");
	else
		text_append(&text, "%zu virtual functions", run->functions.n);
	if (!run->switched && !run->given && !run->taken && run->unchanged)
		text_append(&text, ", %zu ha%s the type wanted", run->unchanged, run->unchanged == 1 ? "s" : "ve");
	else if (run->given || run->taken || run->unchanged)
		text_append(&text, "; %zu type%s %sgiven, %zu unchanged", run->given, run->given == 1 ? "" : "s", dry_run ? "would be " : "",
			    run->unchanged);
	if (run->taken)
		text_append(&text, ", %zu %staken away", run->taken, dry_run ? "would be " : "");
	return text;
}

static enum outcome work(struct run *run)
{
	enum outcome outcome = take_locks(run);

	if (outcome == OUTCOME_DONE)
		outcome = set_number(run);
	if (outcome == OUTCOME_DONE && run->options->dry_run && run->switched) {
		if (run->plan.functions.n)
			diag_say(&run->diag, LOG_INFO, 0, "types are looked up once there are functions, which tell what they can be");
		return OUTCOME_DONE;
	}
	if (outcome == OUTCOME_DONE && !run->plan.functions.number && !run->now->vfs)
		return fail(run, 0, "there are no virtual functions to give types to, and virtualFunctions does not say that they are to be "
			    "switched on here");
	if (outcome == OUTCOME_DONE)
		outcome = check_functions(run);
	/* Other GPUs may have theirs switched on. */
	closep(&run->host_lock);
	run->host_lock = -1;
	wait_for_rules_run(run);
	if (outcome == OUTCOME_DONE && (run->plan.functions.n || run->record.n))
		outcome = give_types(run);
	return outcome;
}

/* Records and tells how the run has ended. */
static void conclude(struct run *run, enum outcome outcome)
{
	_cleanup_(freep) char *message = outcome == OUTCOME_DONE ? describe(run) : diagnostics_cause(&run->diag, true);
	int r;

	if (run->recorded && !run->options->dry_run) {
		functions_record_end(&run->record, outcome, message ? message : "out of memory");
		r = functions_record_write(run->gpu->address, &run->record, run->options->trigger);
		if (r < 0)
			diag_say(&run->diag, LOG_WARNING, r, "cannot write down the result");
	}
	if (outcome == OUTCOME_DONE)
		diag_say(&run->diag, LOG_INFO, 0, "%s", message ? message : "out of memory");
}

/* Returns whether functions can have types that runs of this boot gave, which the configuration may no longer have. */
static bool has_given(const struct run *run)
{
	_cleanup_(functions_record_done) struct functions_record record = { 0 };

	return run->gpu->vfs && functions_record_read(run->gpu->address, module_instance(run->gpu->driver), &record) == 0 && record.n;
}

enum outcome functions_run(const struct device *gpu, const struct functions_options *options)
{
	_cleanup_(run_done) struct run run = { .options = options, .gpu = gpu, .host_lock = -1, .lock = -1 };
	enum outcome outcome;
	int r;

	run.diag.echo = gpu->address;
	run.diag.for_all = options->automatic; /* the unit's lines go to the journal */
	r = deadline_start(FUNCTIONS_SECONDS, gpu->address);
	outcome = r < 0 ? fail(&run, r, "cannot bound the time") : wait_for_driver(&run);
	if (outcome == OUTCOME_DONE)
		outcome = find_backend(&run);
	if (outcome != OUTCOME_DONE || !run.backend)
		return outcome;
	outcome = functions_read_plan(run.gpu, run.backend, options, &run.diag, &run.selection, &run.plan);
	if (outcome == OUTCOME_DONE && !plan_has_functions(&run.plan)) {
		r = options->dry_run || options->file ? 0 : functions_note_wanted(gpu->address, false);
		if (r < 0)
			diag_say(&run.diag, LOG_WARNING, r, "cannot take back that there was something to do");
		if (options->file || !has_given(&run)) {
			diag_say(&run.diag, LOG_INFO, 0, "nothing to do: the configuration says nothing of this GPU's virtual functions");
			return OUTCOME_DONE;
		}
	}
	if (outcome == OUTCOME_DONE)
		outcome = work(&run);
	conclude(&run, outcome);
	return outcome;
}
