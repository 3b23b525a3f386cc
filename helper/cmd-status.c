/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "cmd.h"
#include "overview.h"
#include "status-json.h"
#include "status-text.h"
#include "term.h"
#include "watch.h"

static enum outcome show_gpu(const struct device *gpu, struct json *json, bool first)
{
	_cleanup_(overview_done) struct overview overview = { 0 };
	int r = overview_read(gpu, &overview);

	if (r < 0) {
		log_dev(gpu, LOG_ERR, r, "cannot look at the GPU");
		return OUTCOME_FAILED;
	}

	if (json) {
		status_json(json, &overview);
		return OUTCOME_DONE;
	}
	if (!first)
		putchar('\n');
	status_print(&overview, term_width(), term_has_colour());
	return OUTCOME_DONE;
}

static enum outcome show_gpus(const struct arguments *arguments)
{
	struct json json = { .file = stdout }, *to = arguments->given & OPTION_JSON ? &json : NULL;
	struct device_list gpus = { 0 };
	enum outcome outcome;

	outcome = command_devices(arguments, &gpus);
	if (outcome != OUTCOME_DONE)
		return outcome;

	if (to)
		json_open(to, '[');
	for (size_t i = 0; i < gpus.n; i++)
		outcome = outcome_first(outcome, show_gpu(gpus.items[i], to, i == 0));
	if (to)
		json_end(to, ']');
	else if (!gpus.n)
		log_msg(LOG_INFO, 0, "there is no GPU (PCI class 03)");
	device_list_done(&gpus);
	return outcome;
}

/* A GPU that is gone may come back: what cannot be shown now is no reason to end. */
static void show_again(void *data)
{
	const struct arguments *arguments = data;

	if (!(arguments->given & OPTION_JSON))
		term_begin_page();
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

	r = watch(show_again, arguments);
	if (r == 0)
		return OUTCOME_DONE;
	log_msg(LOG_ERR, r, "cannot watch");
	return OUTCOME_FAILED;
}

static enum outcome status(const struct arguments *arguments)
{
	struct arguments all = *arguments;

	if (!all.n_names)
		all.given |= OPTION_ALL;
	return all.given & OPTION_WATCH ? watch_gpus(&all) : show_gpus(&all);
}

const struct command command_status = {
	.name = "status",
	.args = "[DEVICE...] [--watch] [--json]",
	.summary = "show types, vGPUs and the last run of each GPU",
	.options = OPTION_ALL | OPTION_JSON | OPTION_WATCH,
	.run = status,
};
