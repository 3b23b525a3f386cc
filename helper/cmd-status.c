/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "cmd.h"
#include "overview.h"
#include "status-json.h"
#include "status-text.h"
#include "term.h"

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

static enum outcome status(const struct arguments *arguments)
{
	struct arguments all = *arguments;
	struct json json = { .file = stdout }, *to = arguments->given & OPTION_JSON ? &json : NULL;
	struct device_list gpus = { 0 };
	enum outcome outcome;

	if (!all.n_names)
		all.given |= OPTION_ALL;
	outcome = command_devices(&all, &gpus);
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

const struct command command_status = {
	.name = "status",
	.args = "[DEVICE...] [--json]",
	.summary = "show types, vGPUs and the last run of each GPU",
	.options = OPTION_ALL | OPTION_JSON,
	.run = status,
};
