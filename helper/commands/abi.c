/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/json.h"
#include "commands/command.h"
#include "vendors/nvidia/abi.h"

static enum outcome abi(const struct arguments *arguments)
{
	struct json json = { .file = stdout };

	if (arguments->n_names)
		return command_usage("'%s' is one word too many", arguments->names[0]);

	if (arguments->given & OPTION_JSON) {
		json_open(&json, '[');
		for (const struct abi *row = abi_next(NULL); row; row = abi_next(row)) {
			json_open(&json, '{');
			json_put_string(&json, "first", row->first);
			json_put_string(&json, "last", row->last);
			json_put_number(&json, "setInfoSize", row->set_info_size);
			json_put_number(&json, "typesMax", row->types_max);
			json_put_number(&json, "instancesMax", row->instances_max);
			json_put_number(&json, "nameMax", row->info->fields[INFO_NAME].size - 1u);
			json_put_boolean(&json, "readsBack", row->type_info_size);
			json_close(&json, '}');
		}
		json_end(&json, ']');
		return OUTCOME_DONE;
	}

	printf("NVIDIA driver releases and the layout they speak:\n\n");
	printf("from        to          SET_INFO types instances name  types can be read back\n");
	for (const struct abi *row = abi_next(NULL); row; row = abi_next(row))
		printf("%-11s %-11s %8u %5u %9u %4u  %s\n", row->first, row->last, row->set_info_size, row->types_max,
		       row->instances_max, row->info->fields[INFO_NAME].size - 1u, row->type_info_size ? "yes" : "no");
	return OUTCOME_DONE;
}

const struct command command_abi = {
	.name = "abi",
	.args = "[--json]",
	.summary = "list the driver releases that are known",
	.options = OPTION_JSON,
	.run = abi,
};
