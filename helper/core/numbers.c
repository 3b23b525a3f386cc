/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/numbers.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "model/type.h"

struct number {
	const struct type *type;
	const struct section *section;
	enum type_reach reach;
	size_t group, order;
};

int type_numbers_add(struct type_numbers *list, const struct selection *selection, enum type_reach reach)
{
	list->groups++;
	for (size_t i = 0; i < selection->n; i++)
		for (size_t j = 0; j < selection->profiles[i]->n; j++) {
			const struct section *section = &selection->profiles[i]->sections[j];
			struct number *items = reallocarray(list->items, list->n + section->types.n + 1,
							    sizeof(*items));

			if (!items)
				return -ENOMEM;
			list->items = items;
			for (size_t k = 0; k < section->types.n; k++) {
				const struct type *type = &section->types.items[k];

				if (type_has(type, TYPE_NUM))
					items[list->n] = (struct number){ type, section, reach, list->groups, list->n };
				list->n += type_has(type, TYPE_NUM);
			}
		}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct number *x = a, *y = b;

	if (type_num(x->type) != type_num(y->type))
		return type_num(x->type) < type_num(y->type) ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* The value that the driver would get. */
struct meaning {
	uint64_t number;
	const char *text;
};

/* Finds what a key means; false where that depends on the GPU, or is not known because of a mistake. */
static bool meaning_of(const struct type *type, enum type_key key, struct meaning *ret)
{
	const struct type_key_info *info = &type_keys[key];
	const struct value *value = &type->values[key];
	bool defaulted = value->origin == VALUE_ABSENT && info->default_from == DEFAULT_FIXED;

	if (value->origin != VALUE_GIVEN && !defaulted)
		return false;
	ret->number = defaulted ? info->number : value->number;
	ret->text = defaulted ? info->text : value->text;
	return true;
}

/* Returns the name of the first key that differs, NULL where none does. */
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

/* Returns whether other files may be in use beside it: without filters, the local file leaves no GPU to the folders. */
static bool leaves_others(const struct number *number)
{
	return number->reach == REACH_FOLDER || (number->reach == REACH_LOCAL && number->section->n_filters);
}

/* Returns whether two types can be in use on one host, but never on one GPU. */
static bool are_apart(const struct number *a, const struct number *b)
{
	if (a->section->unclear || b->section->unclear)
		return false;
	if (a->group != b->group)
		return leaves_others(a) && leaves_others(b);
	return a->section != b->section && a->section->n_filters && b->section->n_filters;
}

void type_numbers_report(struct type_numbers *list, struct diagnostics *diag)
{
	const struct number *items = list->items;
	size_t first = 0;

	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), compare);
	for (size_t i = 0; i < list->n; i++) {
		const struct location *location;
		const char *key;
		size_t j = first;

		if (type_num(items[i].type) != type_num(items[first].type))
			j = first = i;
		while (j < i && !are_apart(&items[j], &items[i]))
			j++;
		key = j < i ? difference(items[j].type, items[i].type) : NULL;
		if (!key)
			continue;
		location = &items[j].type->values[TYPE_NUM].location;
		type_warning(diag, items[i].type, TYPE_NUM,
			     "%" PRIu64 " has another %s at %s:%u:%u; for all GPUs of a host the driver "
			     "keeps one definition of a number", type_num(items[i].type), key, location->file, location->line,
			     location->column);
	}
}

void type_numbers_done(struct type_numbers *list)
{
	free(list->items);
	*list = (struct type_numbers){ 0 };
}
