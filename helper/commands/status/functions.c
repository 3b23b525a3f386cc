/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "base/string-util.h"
#include "commands/status/status.h"

/* Returns whether functions are worth a table: mediated devices on them are in that of the types. */
static bool has_table(const struct survey *s)
{
	bool any = plan_has_functions(&s->target.plan);

	for (size_t i = 0; !any && i < s->functions.n; i++)
		any = s->functions.items[i].world == WORLD_VENDOR || strcmp(s->functions.items[i].driver, s->gpu->driver) != 0;
	return any && s->functions.n;
}

/* Formats what a function is: its type, or why it has none. */
static char *describe(const struct survey *s, const struct function *f)
{
	switch (f->world) {
	case WORLD_VENDOR:
		return f->type ? text_format("%" PRIu64 " %s", f->type, survey_function_type(s, f)) : strdup("-");
	case WORLD_MDEV:
		return strdup("through mdev");
	case WORLD_NONE:
		break;
	}
	if (*f->driver && strcmp(f->driver, s->gpu->driver) == 0)
		return strdup("not registered (yet)");
	return *f->driver ? text_format("on %s", f->driver) : strdup("no driver");
}

void status_print_functions(const struct survey *s)
{
	_cleanup_(freep) char **holders = calloc(s->functions.n + 1, sizeof(*holders));

	if (!holders || !has_table(s))
		return;
	sriov_find_holders(&s->functions, holders);
	printf("  %-9s  %-12s  %-28s  in use\n", "function", "address", "type");
	for (size_t i = 0; i < s->functions.n; i++) {
		const struct function *f = &s->functions.items[i];
		_cleanup_(freep) char *type = describe(s, f);
		char name[16];

		snprintf(name, sizeof(name), "virtfn%u", f->number);
		print_text("  %-9s  %-12s  %-28s  %s\n", name, f->address, type ? type : "", holders[i] ? holders[i] : geteuid() == 0 ? "no" : "?");
		free(holders[i]);
	}
	/* What a process of another user has open is for root to see. */
	if (geteuid() != 0)
		printf("  ?: whether VMs use them is for root to see.\n");
}

void status_json_functions(struct json *json, const struct survey *s)
{
	static const char *const worlds[] = { [WORLD_NONE] = NULL, [WORLD_MDEV] = "mdev", [WORLD_VENDOR] = "vfio" };
	_cleanup_(freep) char **holders = calloc(s->functions.n + 1, sizeof(*holders));

	if (holders && s->functions.n)
		sriov_find_holders(&s->functions, holders);
	json_key(json, "functions");
	json_open(json, '[');
	for (size_t i = 0; holders && i < s->functions.n; i++) {
		const struct function *f = &s->functions.items[i];
		const char *name = f->type ? survey_function_type(s, f) : "";

		json_open(json, '{');
		json_put_number(json, "function", f->number);
		json_put_string(json, "address", *f->address ? f->address : NULL);
		json_put_string(json, "driver", *f->driver ? f->driver : NULL);
		json_put_string(json, "world", worlds[f->world]);
		json_key(json, "type");
		if (f->type)
			json_number(json, f->type);
		else
			json_null(json);
		json_put_string(json, "name", *name ? name : NULL);
		json_put_string(json, "heldBy", holders[i]);
		json_close(json, '}');
		free(holders[i]);
	}
	json_close(json, ']');
}
