/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/check/numbers.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct number {
	const struct type *type;
	const struct section *section;
	enum type_reach reach;
	size_t group, order;
};

static int add_section(struct type_numbers *list, const struct section *section, enum type_reach reach)
{
	struct number *items = reallocarray(list->items, list->n + section->types.n + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	for (size_t i = 0; i < section->types.n; i++) {
		if (!type_has(&section->types.items[i], TYPE_NUM))
			continue;
		items[list->n] = (struct number){ &section->types.items[i], section, reach, list->groups, list->n };
		list->n++;
	}
	return 0;
}

int type_numbers_add(struct type_numbers *list, const struct selection *selection, enum type_reach reach)
{
	list->groups++;
	for (size_t i = 0; i < selection->n; i++)
		for (size_t j = 0; j < selection->profiles[i]->n; j++)
			if (add_section(list, &selection->profiles[i]->sections[j], reach) < 0)
				return -ENOMEM;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct number *x = a, *y = b;

	if (type_num(x->type) != type_num(y->type))
		return type_num(x->type) < type_num(y->type) ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* What the driver would get. */
struct meaning {
	uint64_t number;
	const char *text;
};

/* False where that hangs on the GPU, or is not known for a mistake. */
static bool meaning_of(const struct type *type, enum type_key key, struct meaning *ret)
{
	const struct type_key_info *info = &type_keys[key];
	const struct value *value = &type->values[key];
	bool defaulted = value->origin == VALUE_ABSENT && info->default_from == DEFAULT_FIXED;

	if (value->origin != VALUE_GIVEN && !defaulted)
		return false;
	*ret = defaulted ? (struct meaning){ info->number, info->text } : (struct meaning){ value->number, value->text };
	return true;
}

/* The name of the first key that differs, NULL where none does. */
static const char *difference(const struct type *a, const struct type *b)
{
	for (enum type_key key = 0; key < TYPE_KEYS; key++) {
		struct meaning x, y;

		if (!meaning_of(a, key, &x) || !meaning_of(b, key, &y))
			continue;
		if (type_keys[key].kind == VALUE_TEXT ? strcmp(x.text, y.text) != 0 : x.number != y.number)
			return type_keys[key].name;
	}
	return NULL;
}

/* Without filters, the own file leaves no GPU to the folders. */
static bool leaves_others(const struct number *number)
{
	return number->reach == REACH_FOLDER || (number->reach == REACH_LOCAL && number->section->n_filters);
}

/* Whether the two can be in use on one host, but never on one GPU. */
static bool are_apart(const struct number *a, const struct number *b)
{
	if (a->section->unclear || b->section->unclear)
		return false;
	if (a->group != b->group)
		return leaves_others(a) && leaves_others(b);
	return a->section != b->section && a->section->n_filters && b->section->n_filters;
}

static void warn(const struct number *number, const struct number *first, struct diagnostics *diag)
{
	const struct location *location = &first->type->values[TYPE_NUM].location;
	const char *key = difference(first->type, number->type);

	if (key)
		type_warning(diag, number->type, TYPE_NUM, "%" PRIu64 " has another %s at %s:%u:%u; for all GPUs of a host the driver "
			     "keeps one definition of a number", type_num(number->type), key, location->file, location->line, location->column);
}

void type_numbers_report(struct type_numbers *list, struct diagnostics *diag)
{
	size_t first = 0;

	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), compare);
	for (size_t i = 0; i < list->n; i++) {
		size_t j = first;

		if (type_num(list->items[i].type) != type_num(list->items[first].type))
			j = first = i;
		while (j < i && !are_apart(&list->items[j], &list->items[i]))
			j++;
		if (j < i)
			warn(&list->items[i], &list->items[j], diag);
	}
}

void type_numbers_done(struct type_numbers *list)
{
	free(list->items);
	*list = (struct type_numbers){ 0 };
}
