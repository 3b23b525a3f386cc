/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/macro.h"
#include "commands/command.h"
#include "core/chain.h"
#include "model/finding.h"
#include "model/outcome.h"
#include "system/device.h"

#define WIDTH 80
#define INDENT 25 /* columns of check and state, before what was seen */
#define ARROW "-> "

/* Breaks text into lines at blanks, each behind the indent; a word that is too long, a path, overhangs. */
static void print_wrapped(const char *text, const char *mark)
{
	size_t room = WIDTH - INDENT - strlen(mark), column = 0;

	printf("%s", mark);
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column && column + 1 + word > room) {
			printf("\n%*s", (int)(INDENT + strlen(mark)), "");
			column = 0;
		}
		printf("%s%.*s", column ? " " : "", (int)word, text);
		column += word + (column > 0);
		text += word + strspn(text + word, " ");
	}
	putchar('\n');
}

static void print_more(const char *text, const char *mark)
{
	printf("%*s", INDENT, "");
	print_wrapped(text, mark);
}

static void print_chain(const char *name, const struct chain *chain)
{
	printf("%s: %s: %s\n", name, cause_word(chain->verdict), chain->text);
	for (size_t i = 0; i < chain->n; i++) {
		const struct finding *finding = &chain->links[i].finding;

		printf("  %-13s  %-7s ", chain->links[i].name, finding_state_word(finding->state));
		print_wrapped(finding->seen, "");
		for (size_t j = 0; j < finding->n_more; j++)
			print_more(finding->more[j], "");
		if (finding->advice)
			print_more(finding->advice, ARROW);
		/* Whole, however narrow the terminal: they are there to be pasted. */
		for (size_t j = 0; j < finding->n_commands; j++)
			printf("%*s%s\n", INDENT + (int)strlen(ARROW), "", finding->commands[j]);
	}
}

static void json_chain(struct json *json, const char *name, const struct chain *chain)
{
	json_open_item(json);
	json_put_string(json, "device", name);
	json_put_string(json, "verdict", cause_word(chain->verdict));
	json_put_string(json, "text", chain->text);
	json_key(json, "chain");
	json_open(json, '[');
	for (size_t i = 0; i < chain->n; i++) {
		const struct finding *finding = &chain->links[i].finding;

		json_open(json, '{');
		json_put_string(json, "link", chain->links[i].name);
		json_put_string(json, "state", finding_state_word(finding->state));
		if (finding->state == FINDING_CAUSE)
			json_put_string(json, "cause", cause_word(finding->cause));
		json_put_string(json, "seen", finding->seen);
		json_put_list(json, "more", finding->more);
		if (finding->advice)
			json_put_string(json, "advice", finding->advice);
		json_put_list(json, "commands", finding->commands);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

/* gpu may be NULL: there is no such device. */
static enum outcome explain_device(const char *name, const struct device *gpu, struct json *json)
{
	_cleanup_(survey_done) struct survey survey = { 0 };
	struct chain chain;
	int r = gpu ? survey_read(gpu, &survey) : 0;

	if (r == 0)
		r = chain_make(&survey, &chain);
	if (r < 0) {
		log_subject(name, LOG_ERR, r, "cannot explain");
		return OUTCOME_FAILED;
	}
	if (json)
		json_chain(json, name, &chain);
	else
		print_chain(name, &chain);
	chain_done(&chain);
	return OUTCOME_DONE;
}

/* Explains a device by its name, also one that is missing. */
static enum outcome explain_named(const char *name, struct json *json)
{
	_cleanup_(device_freep) struct device *gpu = NULL;
	int r;

	r = device_find(name, &gpu);
	if (r == -EINVAL)
		return command_no_device(name);
	if (r < 0 && r != -ENODEV) {
		log_subject(name, LOG_ERR, r, "cannot find the device");
		return OUTCOME_FAILED;
	}
	return explain_device(gpu ? gpu->address : name, gpu, json);
}

static enum outcome explain(const struct arguments *arguments)
{
	struct json json = { .file = stdout }, *to = arguments->given & OPTION_JSON ? &json : NULL;
	struct device_list gpus = { 0 };
	enum outcome outcome = OUTCOME_DONE;

	if ((arguments->given & OPTION_ALL) && arguments->n_names)
		return command_usage("--all or devices, not both");

	if (to) {
		log_without_info();
		json_open(to, '[');
	}
	if (!arguments->n_names) {
		outcome = command_all_gpus(&gpus);
		if (outcome == OUTCOME_DONE && !gpus.n)
			log_msg(LOG_INFO, 0, COMMAND_NO_GPU_AT_ALL);
	}
	for (size_t i = 0; i < gpus.n; i++)
		outcome = outcome_first(outcome, explain_device(gpus.items[i]->address, gpus.items[i], to));
	for (size_t i = 0; i < arguments->n_names; i++)
		outcome = outcome_first(outcome, explain_named(arguments->names[i], to));
	if (to)
		json_end(to, ']');
	device_list_done(&gpus);
	return outcome;
}

const struct command command_explain = {
	.name = "explain",
	.args = "[--all | DEVICE...] [--json]",
	.summary = "tell why a GPU has its types, or why it has none",
	.examples = "  mdev-gpu explain\n"
		    "  mdev-gpu explain 65:00.0\n"
		    "  mdev-gpu explain --json\n",
	.options = OPTION_ALL | OPTION_JSON,
	.run = explain,
};
