/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/json.h"
#include "base/macro.h"
#include "commands/command.h"
#include "vendors/nvidia/abi.h"

/* Formats which releases a row holds for: "535", "580.0-580.82", "595.44-", "510.47.03" alone; NULL behind the last. */
static const char *branch_text(const struct abi *row, size_t i, char text[32])
{
	const struct branch *b = &row->branches[i];

	if (i == ARRAY_SIZE(row->branches) || (i && !b->number))
		return NULL;
	if (!b->number)
		return row->first;
	if (b->to < UINT16_MAX)
		snprintf(text, 32, "%u.%u-%u.%u", b->number, b->from, b->number, b->to);
	else if (b->from)
		snprintf(text, 32, "%u.%u-", b->number, b->from);
	else
		snprintf(text, 32, "%u", b->number);
	return text;
}

static enum outcome abi(const struct arguments *arguments)
{
	struct json json = { .file = stdout };
	const char *branch;
	char text[32];

	if (arguments->n_names)
		return command_usage("'%s' is one word too many", arguments->names[0]);

	if (arguments->given & OPTION_JSON) {
		json_open(&json, '[');
		for (const struct abi *row = abi_next(NULL); row; row = abi_next(row)) {
			json_open_item(&json);
			json_put_string(&json, "first", row->first);
			json_put_string(&json, "last", row->last);
			json_key(&json, "branches");
			json_open(&json, '[');
			for (size_t i = 0; (branch = branch_text(row, i, text)); i++)
				json_string(&json, branch);
			json_close(&json, ']');
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
	printf("from        to          SET_INFO types instances name  types can be read back  branches\n");
	for (const struct abi *row = abi_next(NULL); row; row = abi_next(row)) {
		printf("%-11s %-11s %8u %5u %9u %4u  %-22s", row->first, row->last, row->set_info_size, row->types_max,
		       row->instances_max, row->info->fields[INFO_NAME].size - 1u, row->type_info_size ? "yes" : "no");
		for (size_t i = 0; (branch = branch_text(row, i, text)); i++)
			printf("%s%s", i ? ", " : "  ", branch);
		putchar('\n');
	}
	return OUTCOME_DONE;
}

const struct command command_abi = {
	.name = "abi",
	.args = "[--json]",
	.summary = "list the driver releases that are known",
	.examples = "  mdev-gpu abi\n",
	.options = OPTION_JSON,
	.run = abi,
};
