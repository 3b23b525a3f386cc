/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "commands/command.h"
#include "commands/explain/chain.h"

#define WIDTH 80
#define INDENT 25 /* of what was seen, behind link and state */

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
			print_more(finding->advice, "-> ");
	}
}

static void json_link(struct json *json, const char *name, const struct finding *finding)
{
	json_open(json, '{');
	json_put_string(json, "link", name);
	json_put_string(json, "state", finding_state_word(finding->state));
	if (finding->state == FINDING_CAUSE)
		json_put_string(json, "cause", cause_word(finding->cause));
	json_put_string(json, "seen", finding->seen);
	json_key(json, "more");
	json_open(json, '[');
	for (size_t i = 0; i < finding->n_more; i++)
		json_string(json, finding->more[i]);
	json_close(json, ']');
	if (finding->advice)
		json_put_string(json, "advice", finding->advice);
	json_close(json, '}');
}

static void json_chain(struct json *json, const char *name, const struct chain *chain)
{
	json_open(json, '{');
	json_put_string(json, "device", name);
	json_put_string(json, "verdict", cause_word(chain->verdict));
	json_put_string(json, "text", chain->text);
	json_key(json, "chain");
	json_open(json, '[');
	for (size_t i = 0; i < chain->n; i++)
		json_link(json, chain->links[i].name, &chain->links[i].finding);
	json_close(json, ']');
	json_close(json, '}');
}

/* gpu may be NULL: there is none of that name. */
static enum outcome explain_device(const char *name, const struct device *gpu, struct json *json)
{
	struct chain chain;
	int r;

	r = chain_make(gpu, &chain);
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

/* That a device is not there is an explanation. */
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

static enum outcome explain_all(struct json *json)
{
	struct device_list gpus = { 0 };
	enum outcome outcome = command_all_gpus(&gpus);

	if (outcome != OUTCOME_DONE)
		return outcome;
	for (size_t i = 0; i < gpus.n; i++)
		outcome = outcome_first(outcome, explain_device(gpus.items[i]->address, gpus.items[i], json));
	if (!gpus.n)
		log_msg(LOG_INFO, 0, COMMAND_NO_GPU_AT_ALL);
	device_list_done(&gpus);
	return outcome;
}

static enum outcome explain(const struct arguments *arguments)
{
	struct json json = { .file = stdout }, *to = arguments->given & OPTION_JSON ? &json : NULL;
	enum outcome outcome = OUTCOME_DONE;

	if ((arguments->given & OPTION_ALL) && arguments->n_names)
		return command_usage("--all or devices, not both");

	if (to) {
		log_without_info();
		json_open(to, '[');
	}
	/* Without a name, every GPU has its reasons. */
	if (!arguments->n_names)
		outcome = explain_all(to);
	for (size_t i = 0; i < arguments->n_names; i++)
		outcome = outcome_first(outcome, explain_named(arguments->names[i], to));
	if (to)
		json_end(to, ']');
	return outcome;
}

const struct command command_explain = {
	.name = "explain",
	.args = "[--all | DEVICE...] [--json]",
	.summary = "tell why a GPU has its types, or why it has none",
	.options = OPTION_ALL | OPTION_JSON,
	.run = explain,
};
