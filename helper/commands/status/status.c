/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "commands/command.h"
#include "commands/status/status.h"
#include "config/catalog.h"
#include "core/survey.h"

/* Where it is shown, and how many have been. */
struct page {
	struct json *json; /* NULL: as text */
	size_t n;
};

static void read_architecture(const struct survey *survey, struct status *ret)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { 0 };
	const char *folder = survey->target.selection.folder;
	int r;

	if (folder) {
		ret->architecture = strdup(folder);
		return;
	}
	r = catalog_folder(survey->target.vendor->folder, survey->gpu, true, &diag, &ret->architecture);
	ret->no_catalog = r < 0 || diag.errors;
}

static enum outcome show_gpu(const struct device *gpu, struct page *page)
{
	_cleanup_(survey_done) struct survey survey = { 0 };
	struct status status = { .survey = &survey };
	int r = survey_read(gpu, &survey);

	if (r < 0) {
		log_dev(gpu, LOG_ERR, r, "cannot look at the GPU");
		return OUTCOME_FAILED;
	}
	if (survey.target.vendor)
		read_architecture(&survey, &status);
	status.problem = survey_problem(&survey);

	if (page->json) {
		status_json(page->json, &status);
	} else {
		if (page->n++)
			putchar('\n');
		status_print(&status);
	}
	free(status.architecture);
	free(status.problem);
	return OUTCOME_DONE;
}

static enum outcome show_named(const char *name, struct page *page)
{
	_cleanup_(device_freep) struct device *gpu = NULL;
	enum outcome outcome = command_device(name, &gpu);

	return outcome == OUTCOME_DONE ? show_gpu(gpu, page) : outcome;
}

static enum outcome show_all(struct page *page)
{
	struct device_list gpus = { 0 };
	enum outcome outcome = command_all_gpus(&gpus);

	if (outcome != OUTCOME_DONE)
		return outcome;
	for (size_t i = 0; i < gpus.n; i++)
		outcome = outcome_first(outcome, show_gpu(gpus.items[i], page));
	if (!gpus.n && !page->json)
		log_msg(LOG_INFO, 0, COMMAND_NO_GPU_AT_ALL);
	device_list_done(&gpus);
	return outcome;
}

/* One that is not there is no reason to keep back the others. */
static enum outcome show_gpus(const struct arguments *arguments)
{
	struct json json = { .file = stdout };
	struct page page = { .json = arguments->given & OPTION_JSON ? &json : NULL };
	enum outcome outcome = OUTCOME_DONE;

	if (page.json)
		json_open(page.json, '[');
	if (!arguments->n_names)
		outcome = show_all(&page);
	for (size_t i = 0; i < arguments->n_names; i++)
		outcome = outcome_first(outcome, show_named(arguments->names[i], &page));
	if (page.json)
		json_end(page.json, ']');
	return outcome;
}

/* One card brings a handful of events, a reload of the driver a thousand. */
#define REST_MS 200

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* 1: something came, 0: nothing did in that time, -ECANCELED: it is over. */
static int wait_for(int signals, int events, int ms)
{
	/* Standard output is looked at only for its end: without interest in anything else, poll() tells errors. */
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

static int watch(void (*show)(void *data), void *data)
{
	_cleanup_(device_monitor_freep) struct device_monitor *monitor = NULL;
	_cleanup_(closep) int signals = open_signals();
	int r;

	/* Before the first look, so that nothing falls between. */
	r = signals < 0 ? signals : device_monitor_new(&monitor);
	if (r == 0)
		show(data);
	while (r >= 0) {
		r = wait_for(signals, device_monitor_fd(monitor), -1);
		if (r == 1 && device_monitor_take(monitor)) {
			show(data);
			/* The rest is taken together. */
			r = wait_for(signals, -1, REST_MS);
		}
	}
	return r == -ECANCELED ? 0 : r;
}

/* A GPU that is gone may come back: what cannot be shown now is no reason to end. */
static void show_again(void *data)
{
	const struct arguments *arguments = data;

	if (!(arguments->given & OPTION_JSON))
		status_begin_page();
	show_gpus(arguments);
	fflush(stdout);
}

static enum outcome watch_gpus(struct arguments *arguments)
{
	struct device_list gpus = { 0 };
	enum outcome outcome;
	int r;

	/* What is wrong from the start does not get better by waiting. */
	outcome = command_devices(arguments, &gpus);
	device_list_done(&gpus);
	if (outcome != OUTCOME_DONE)
		return outcome;

	if (!device_has_udevd()) {
		log_msg(LOG_ERR, 0, "cannot watch: udevd does not run, so no event would come");
		return OUTCOME_FAILED;
	}
	r = watch(show_again, arguments);
	if (r == 0)
		return OUTCOME_DONE;
	log_msg(LOG_ERR, r, "cannot watch");
	return OUTCOME_FAILED;
}

static enum outcome status(const struct arguments *arguments)
{
	struct arguments all = *arguments;

	if ((all.given & OPTION_ALL) && all.n_names)
		return command_usage("--all or devices, not both");
	if (!all.n_names)
		all.given |= OPTION_ALL;
	return all.given & OPTION_WATCH ? watch_gpus(&all) : show_gpus(&all);
}

const struct command command_status = {
	.name = "status",
	.args = "[--all | DEVICE...] [--watch] [--json]",
	.summary = "show types, vGPUs and the last run of each GPU",
	.options = OPTION_ALL | OPTION_JSON | OPTION_WATCH,
	.run = status,
};
