/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/numbers.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "model/type.h"

struct number {
	const struct type *type;
	const struct section *section;
	uint64_t num; /* of auto: the type's place in its file */
	bool is_auto;
	enum type_reach reach;
	size_t group, order;
};

int type_numbers_add(struct type_numbers *list, const struct selection *selection, enum type_reach reach)
{
	list->groups++;
	for (size_t i = 0; i < selection->n; i++) {
		uint64_t place = 0;

		for (size_t j = 0; j < selection->profiles[i]->n; j++) {
			const struct section *section = &selection->profiles[i]->sections[j];
			struct number *items = reallocarray(list->items, list->n + section->types.n + 1,
							    sizeof(*items));

			if (!items)
				return -ENOMEM;
			list->items = items;
			for (size_t k = 0; k < section->types.n; k++) {
				const struct type *type = &section->types.items[k];
				bool is_auto = type->values[TYPE_NUM].origin == VALUE_AUTO;

				place++;
				if (type_has(type, TYPE_NUM))
					items[list->n] = (struct number){ type, section, is_auto ? place : type_num(type), is_auto,
									  reach, list->groups, list->n };
				list->n += type_has(type, TYPE_NUM);
			}
		}
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct number *x = a, *y = b;

	if (x->is_auto != y->is_auto)
		return x->is_auto ? -1 : 1;
	if (x->num != y->num)
		return x->num < y->num ? -1 : 1;
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

/* Returns whether a section may be for GPUs with this device ID, as far as its filters tell. */
static bool may_be_for(const struct section *section, uint64_t device)
{
	for (size_t i = 0; i < section->n_filters; i++)
		if (!section->filters[i].given[FILTER_DEVICE_ID] || section->filters[i].values[FILTER_DEVICE_ID] == device)
			return true;
	return !section->n_filters;
}

/* Warns of a number that the type which has its place by auto gets on some device. */
static void compare_auto(const struct number *number, const struct number *by_auto, struct diagnostics *diag)
{
	const struct location *location = &by_auto->type->values[TYPE_NUM].location;
	uint64_t device = number->num / TYPE_PLACES;

	if (!device || device > UINT16_MAX || !may_be_for(by_auto->section, device))
		return;
	if (are_apart(by_auto, number) ? !difference(by_auto->type, number->type) : by_auto->group != number->group)
		return;
	type_warning(diag, number->type, TYPE_NUM, "%" PRIu64 " is what auto at %s:%u:%u becomes on device 0x%04" PRIx64 "; for all GPUs of a "
		     "host the driver keeps one definition of a number", number->num, location->file, location->line,
		     location->column, device);
}

void type_numbers_report(struct type_numbers *list, struct diagnostics *diag)
{
	const struct number *items = list->items, *autos[TYPE_PLACES] = { 0 };
	size_t first = 0;

	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), compare);
	for (size_t i = 0; i < list->n; i++) {
		const struct location *location;
		const char *key;
		size_t j = first;

		/* These come first. Of two files with auto for the same device, a plan for it tells. */
		if (items[i].is_auto) {
			if (items[i].num < TYPE_PLACES && !autos[items[i].num])
				autos[items[i].num] = &items[i];
			continue;
		}
		if (autos[items[i].num % TYPE_PLACES])
			compare_auto(&items[i], autos[items[i].num % TYPE_PLACES], diag);
		if (items[first].is_auto || items[i].num != items[first].num)
			j = first = i;
		while (j < i && !are_apart(&items[j], &items[i]))
			j++;
		key = j < i ? difference(items[j].type, items[i].type) : NULL;
		if (!key)
			continue;
		location = &items[j].type->values[TYPE_NUM].location;
		type_warning(diag, items[i].type, TYPE_NUM,
			     "%" PRIu64 " has another %s at %s:%u:%u; for all GPUs of a host the driver "
			     "keeps one definition of a number", items[i].num, key, location->file, location->line,
			     location->column);
	}
}

void type_numbers_done(struct type_numbers *list)
{
	free(list->items);
	*list = (struct type_numbers){ 0 };
}
