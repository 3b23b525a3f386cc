/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "cmd.h"
#include "overview.h"
#include "status-text.h"
#include "term.h"

static enum outcome show_gpu(const struct device *gpu, bool first)
{
	_cleanup_(overview_done) struct overview overview = { 0 };
	int r = overview_read(gpu, &overview);

	if (r < 0) {
		log_dev(gpu, LOG_ERR, r, "cannot look at the GPU");
		return OUTCOME_FAILED;
	}

	if (!first)
		putchar('\n');
	status_print(&overview, term_width(), term_has_colour());
	return OUTCOME_DONE;
}

static enum outcome status(const struct arguments *arguments)
{
	struct arguments all = *arguments;
	struct device_list gpus = { 0 };
	enum outcome outcome;

	if (!all.n_names)
		all.given |= OPTION_ALL;
	outcome = command_devices(&all, &gpus);
	for (size_t i = 0; outcome == OUTCOME_DONE && i < gpus.n; i++)
		outcome = show_gpu(gpus.items[i], i == 0);
	if (outcome == OUTCOME_DONE && !gpus.n)
		log_msg(LOG_INFO, 0, "there is no GPU (PCI class 03)");
	device_list_done(&gpus);
	return outcome;
}

const struct command command_status = {
	.name = "status",
	.args = "[DEVICE...]",
	.summary = "show types, vGPUs and the last run of each GPU",
	.options = OPTION_ALL,
	.run = status,
};
