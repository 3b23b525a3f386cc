/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/string-util.h"
#include "commands/command.h"
#include "commands/status/status.h"
#include "config/catalog.h"
#include "core/survey.h"
#include "model/outcome.h"
#include "system/device.h"

enum form { FORM_TEXT, FORM_JSON, FORM_PROMETHEUS };

static const char *const forms[] = { [FORM_TEXT] = "text", [FORM_JSON] = "json", [FORM_PROMETHEUS] = "prometheus" };

/* The form that GPUs are shown in, and how many have been. */
struct page {
	enum form form;
	struct json *json;
	struct metrics *metrics;
	bool is_list; /* a line for each */
	size_t n;
};

static enum outcome show_gpu(const struct device *gpu, struct page *page)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	_cleanup_(survey_done) struct survey survey = { 0 };
	_cleanup_(chain_done) struct chain chain = { 0 };
	struct status status = { .survey = &survey, .chain = &chain };
	const struct vendor *vendor;
	int r = survey_read(gpu, &survey);

	if (r == 0)
		r = chain_make(&survey, &chain);
	if (r < 0) {
		log_dev(gpu, LOG_ERR, r, "cannot look at the GPU");
		return OUTCOME_FAILED;
	}
	vendor = survey.target.vendor;
	if (vendor && survey.target.selection.folder) {
		status.architecture = text_format("%s", survey.target.selection.folder); /* so that its failure is told */
	} else if (vendor) {
		r = catalog_folder(vendor->folder, gpu, true, &diag, &status.architecture);
		status.no_catalog = r < 0;
	}
	status.problem = survey_problem(&survey);

	if (page->form == FORM_JSON) {
		status_json(page->json, &status);
	} else if (page->form == FORM_PROMETHEUS) {
		status_metrics_add(page->metrics, &status);
	} else if (page->is_list) {
		if (!page->n++)
			status_print_heading();
		status_print_line(&status);
	} else {
		if (page->n++)
			putchar('\n');
		status_print(&status);
	}
	free(status.architecture);
	free(status.problem);
	return OUTCOME_DONE;
}

static enum outcome begin(struct page *page)
{
	int r;

	if (page->form == FORM_JSON)
		json_open(page->json, '[');
	r = page->form == FORM_PROMETHEUS ? status_metrics_new(&page->metrics) : 0;
	if (r == 0)
		return OUTCOME_DONE;
	log_msg(LOG_ERR, r, "cannot look at the GPUs");
	return OUTCOME_FAILED;
}

/* Ends a page. Half of what programs compare with the last time would be worse than nothing: metrics are of all GPUs, or of none. */
static enum outcome end(struct page *page, enum outcome outcome)
{
	if (page->form == FORM_JSON)
		json_end(page->json, ']');
	if (outcome == OUTCOME_DONE && page->metrics && status_metrics_print(page->metrics) < 0) {
		log_msg(LOG_ERR, -ENOMEM, "cannot print the metrics");
		outcome = OUTCOME_FAILED;
	}
	status_metrics_free(page->metrics);
	return outcome;
}

static enum outcome show_gpus(const struct arguments *arguments, enum form form)
{
	struct json json = { .file = stdout };
	struct page page = { .form = form, .json = &json };
	struct device_list gpus = { 0 };
	enum outcome outcome = begin(&page);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!arguments->n_names) {
		outcome = command_all_gpus(&gpus);
		if (outcome == OUTCOME_DONE && !gpus.n && form == FORM_TEXT)
			log_msg(LOG_INFO, 0, COMMAND_NO_GPU_AT_ALL);
		page.is_list = gpus.n > 1;
	}
	for (size_t i = 0; i < gpus.n; i++)
		outcome = outcome_first(outcome, show_gpu(gpus.items[i], &page));
	/* A device that is missing is no reason to keep back the others. */
	for (size_t i = 0; i < arguments->n_names; i++) {
		_cleanup_(device_freep) struct device *gpu = NULL;
		enum outcome found = command_device(arguments->names[i], &gpu);

		outcome = outcome_first(outcome, found == OUTCOME_DONE ? show_gpu(gpu, &page) : found);
	}
	device_list_done(&gpus);
	return end(&page, outcome);
}

/* The pause between two pages: a card brings a handful of events, a reload of the driver a thousand. */
#define REST_MS 200

/* Waits for an event (1), for so many milliseconds (0), or for a signal or the end of standard output (-ECANCELED). */
static int wait_for(int signals, int events, int ms)
{
	/* Ask for no events of standard output: poll() tells its end as an error. */
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = events, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	/* poll() passes over a negative descriptor. */
	if (poll(fds, ARRAY_SIZE(fds), ms) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents || fds[2].revents)
		return -ECANCELED;
	return fds[1].revents != 0;
}

/* Shows a new page. What cannot be shown is no reason to end: a GPU that is gone may come back. */
static void show_again(const struct arguments *arguments, enum form form)
{
	if (form == FORM_TEXT)
		status_begin_page();
	show_gpus(arguments, form);
	fflush(stdout);
}

static int watch(const struct arguments *arguments, enum form form)
{
	_cleanup_(device_monitor_freep) struct device_monitor *monitor = NULL;
	_cleanup_(closep) int signals = -1;
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return -errno;

	/* Open the monitor before the first page, so that no event is lost between. */
	r = device_monitor_new(&monitor);
	if (r == 0)
		show_again(arguments, form);
	while (r >= 0) {
		r = wait_for(signals, device_monitor_fd(monitor), -1);
		if (r == 1 && device_monitor_take(monitor)) {
			show_again(arguments, form);
			/* Let further events gather for one page. */
			r = wait_for(signals, -1, REST_MS);
		}
	}
	return r == -ECANCELED ? 0 : r;
}

static enum outcome watch_gpus(const struct arguments *arguments, enum form form)
{
	struct device_list gpus = { 0 };
	enum outcome outcome;
	int r;

	/* Find all devices once: a wrong name does not get better by waiting. */
	outcome = command_devices(arguments, &gpus);
	device_list_done(&gpus);
	if (outcome != OUTCOME_DONE)
		return outcome;

	if (!device_has_udevd()) {
		log_msg(LOG_ERR, 0, "cannot watch: udevd does not run, so no event would come");
		return OUTCOME_FAILED;
	}
	r = watch(arguments, form);
	if (r == 0)
		return OUTCOME_DONE;
	log_msg(LOG_ERR, r, "cannot watch");
	return OUTCOME_FAILED;
}

static enum outcome status(const struct arguments *arguments)
{
	struct arguments all = *arguments;
	unsigned form = FORM_TEXT;
	enum outcome outcome = command_form(arguments, forms, ARRAY_SIZE(forms), &form);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (form == FORM_PROMETHEUS && (all.given & OPTION_WATCH))
		return command_usage("--watch shows text or JSON");
	if ((all.given & OPTION_ALL) && all.n_names)
		return command_usage("--all or devices, not both");
	if (!all.n_names)
		all.given |= OPTION_ALL;
	return all.given & OPTION_WATCH ? watch_gpus(&all, (enum form)form) : show_gpus(&all, (enum form)form);
}

const struct command command_status = {
	.name = "status",
	.args = "[--all | DEVICE...] [--watch] [--format text | json | prometheus] [--json]",
	.summary = "show types, vGPUs and the last run of each GPU",
	.examples = "  mdev-gpu status\n"
		    "  mdev-gpu status --watch\n"
		    "  mdev-gpu status --json 65:00.0\n"
		    "  mdev-gpu status --format prometheus\n",
	.options = OPTION_ALL | OPTION_JSON | OPTION_FORMAT | OPTION_WATCH,
	.run = status,
};
