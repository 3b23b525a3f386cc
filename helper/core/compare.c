/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/compare.h"

#include <errno.h>
#include <inttypes.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "model/diagnostics.h"
#include "model/type.h"

void comparison_done(struct comparison *c)
{
	type_list_done(&c->missing);
	free(c->other_names);
}

static void append_value(char **text, enum type_key key, const struct value *value)
{
	if (type_keys[key].kind == VALUE_TEXT)
		text_append(text, "\"%s\"", value->text);
	else if (key == TYPE_VDEV_ID || key == TYPE_PDEV_ID)
		text_append(text, "0x%" PRIx64, value->number);
	else
		text_append(text, "%" PRIu64, value->number);
}

bool compare_definitions(const struct type *wanted, const struct type *have, bool own_ids, char **text)
{
	bool differs = false;

	for (enum type_key key = 0; key < TYPE_KEYS; key++) {
		bool is_own = (key == TYPE_VDEV_ID || key == TYPE_PDEV_ID) &&
			wanted->values[key].origin == VALUE_DEFAULTED;

		if (is_own != own_ids || !type_differs(wanted, have, key))
			continue;
		differs = true;
		text_append_item(text, "%s is ", type_keys[key].name);
		append_value(text, key, &have->values[key]);
		text_append(text, ", not ");
		append_value(text, key, &wanted->values[key]);
	}
	return differs;
}

/* Compares one wanted type with its definition on the GPU or, without one there, anywhere; says what differs. */
static enum outcome compare_type(const struct target *target, struct session *session,
				 const struct type_list *registered, const struct type *wanted, bool second_pass,
				 struct comparison *c)
{
	_cleanup_(type_list_done) struct type_list elsewhere = { 0 };
	_cleanup_(freep) char *differs = NULL, *shared = NULL;
	const struct type *here = type_list_find(registered, type_num(wanted)), *have = here;
	enum outcome outcome;
	char id[TYPE_ID_SIZE];

	type_id(target->vendor->driver, type_num(wanted), id);
	if (!here) {
		outcome = target->vendor->defined(session, type_num(wanted), &elsewhere);
		if (outcome != OUTCOME_DONE)
			return outcome;
		have = elsewhere.n ? &elsewhere.items[0] : NULL;
	}

	if (have && compare_definitions(wanted, have, false, &differs)) {
		target_fail(target, 0,
			    "%s is already defined otherwise: %s; the driver keeps the first definition until its module "
			    "is reloaded: reload it, or take another num", id, differs);
		diag_quotes(target->diag, &wanted->location, "a type is already defined otherwise, and the driver keeps the first "
			    "definition until its module is reloaded: reload it, or take another num");
		c->conflicts++;
		return OUTCOME_DONE;
	}
	if (have && !second_pass && compare_definitions(wanted, have, true, &shared))
		diag_say(target->diag, LOG_WARNING, 0,
			 "%s was first defined for another GPU, and the driver keeps that: %s; another num would change it", id,
			 shared);
	if (here)
		c->unchanged++;
	else if (type_list_add_copy(&c->missing, wanted) < 0)
		return target_fail(target, -ENOMEM, "cannot compare with the driver");
	return OUTCOME_DONE;
}

enum outcome compare_types(const struct target *target, struct session *session, bool second_pass,
			   struct comparison *ret)
{
	_cleanup_(type_list_done) struct type_list registered = { 0 };
	const struct type_list *wanted = &target->plan.types;
	enum outcome outcome;

	outcome = target->vendor->registered(session, &registered);
	for (size_t i = 0; outcome == OUTCOME_DONE && i < wanted->n; i++)
		outcome = compare_type(target, session, &registered, &wanted->items[i], second_pass, ret);

	ret->registered = registered.n;
	for (size_t i = 0; i < registered.n; i++) {
		uint64_t num = type_num(&registered.items[i]);
		char id[TYPE_ID_SIZE];

		/* Count duplicates too: the driver accepts a number twice, and other programs do not take the lock. */
		if (type_list_find(wanted, num) && type_list_find(&registered, num) == &registered.items[i])
			continue;
		text_append_item(&ret->other_names, "%s", type_id(target->vendor->driver, num, id));
		ret->others++;
	}
	return outcome;
}
