/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/vgpus.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/parse.h"
#include "config/keys.h"
#include "config/value.h"
#include "model/diagnostics.h"

int vgpus_read_number(const struct cursor *cursor, uint64_t *ret)
{
	const char *text = cursor->node->text;
	bool negative;
	uint64_t number;
	int r = cursor_require(cursor, NODE_SCALAR);

	if (r < 0)
		return r;
	/* In quotes or not: JSON has no words without. */
	if (strcmp(text, "all") == 0) {
		*ret = VIRTUAL_FUNCTIONS_ALL;
		return 0;
	}
	if (strcasecmp(text, "all") == 0)
		return cursor_error(cursor, "'%s' is written all", text);
	if (cursor->node->plain && parse_integer(text, &number, &negative) == -EINVAL)
		return cursor_error(cursor, "'%s' is neither all nor a whole number", text);
	return value_integer(cursor, NULL, 1, VIRTUAL_FUNCTIONS_MAX, ret);
}

/* Returns the number in a type's name in sysfs, "nvidia-558"; NULL for another text. */
static const char *number_of_folder(const char *text)
{
	const char *dash = strrchr(text, '-');

	if (!dash || dash == text || !dash[1] || dash[1 + strspn(dash + 1, "0123456789")])
		return NULL;
	for (const char *c = text; c < dash; c++)
		if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c))
			return NULL;
	return dash + 1;
}

/* Reads a type by its name, or by its number, which stands without quotes. */
static int read_type(const struct cursor *cursor, struct vgpu *vgpu)
{
	const char *text = cursor->node->text;
	bool negative;
	uint64_t number;
	int r = cursor_require(cursor, NODE_SCALAR);

	vgpu->type_location = cursor->node->location;
	if (r < 0)
		return r;
	if (cursor->node->plain && parse_integer(text, &number, &negative) != -EINVAL)
		return value_integer(cursor, NULL, 1, UINT32_MAX, &vgpu->number);
	if (!cursor->node->plain && *text && !text[strspn(text, "0123456789")])
		return cursor_error(cursor, "\"%s\" is a text; a number stands without quotes", text);
	if (number_of_folder(text))
		return cursor_error(cursor, "'%s' is neither a type's name (\"NVIDIA A40-4Q\") nor its number, which is %s", text,
				    number_of_folder(text));
	return value_text(cursor, 1, VGPU_TYPE_MAX, &vgpu->type);
}

static int read_function(const struct cursor *cursor, void *into)
{
	struct vgpu *vgpu = into;
	uint64_t number = 0;
	int r = value_integer(cursor, NULL, 0, VIRTUAL_FUNCTIONS_MAX - 1, &number);

	if (r < 0)
		return r;
	for (size_t i = 0; i < vgpu->n_functions; i++)
		if (vgpu->functions[i] == number)
			return cursor_error(cursor, "%" PRIu64 " is in the list already", number);
	vgpu->functions[vgpu->n_functions++] = number;
	return 0;
}

static int read_functions(const struct cursor *list, struct vgpu *vgpu)
{
	int r;

	if (list->node->kind == NODE_SEQUENCE && list->node->n > VIRTUAL_FUNCTIONS_MAX)
		return cursor_error(list, "has %zu entries, over %d", list->node->n, VIRTUAL_FUNCTIONS_MAX);
	r = cursor_list(list, sizeof(*vgpu->functions), &vgpu->functions, read_function, vgpu);
	return r == 0 && !vgpu->n_functions ? cursor_error(list, "names no function") : r;
}

static int read_value(const struct cursor *cursor, enum vgpu_key key, struct vgpu *vgpu)
{
	switch (key) {
	case VGPU_TYPE:
		return read_type(cursor, vgpu);
	case VGPU_COUNT:
		return value_integer(cursor, NULL, 1, VIRTUAL_FUNCTIONS_MAX, &vgpu->count);
	case VGPU_FUNCTIONS:
		return read_functions(cursor, vgpu);
	case VGPU_PARAMS:
		return value_text(cursor, 1, VGPU_PARAMS_MAX, &vgpu->params);
	case VGPU_KEYS:
		break;
	}
	return -EINVAL;
}

/* Judges which keys an entry has; seen has those that are only misspelt, too, and null is as good as absent. */
static int check_keys(const struct cursor *cursor, unsigned seen)
{
	bool has_count = seen & 1u << VGPU_COUNT, has_functions = seen & 1u << VGPU_FUNCTIONS;

	if (cursor->node->partial)
		return 0;
	if (!(seen & 1u << VGPU_TYPE))
		return cursor_error(cursor, "type is missing");
	if (has_count && has_functions)
		return cursor_error(cursor, "has both count and functions: functions names them, count takes the lowest that are free");
	return has_count || has_functions ? 0 : cursor_error(cursor, "count is missing, or functions");
}

static int read_vgpu(const struct cursor *cursor, void *into)
{
	struct vgpu_list *list = into;
	struct vgpu *vgpu = &list->items[list->n];
	const struct node *node = cursor->node;
	int r = cursor_require(cursor, NODE_MAPPING), result = 0;
	unsigned seen = 0;

	if (r < 0)
		return r;
	list->n++;
	vgpu->location = node->location;
	vgpu->path = strdup(cursor->path);
	if (!vgpu->path)
		return cursor_error(cursor, "out of memory");
	for (size_t i = 0; i < node->n; i += 2) {
		struct cursor key_cursor = cursor_key(cursor, i), value_cursor = cursor_value(cursor, i);
		unsigned before = seen;
		int key;

		r = key_find(&key_cursor, node, vgpu_key_names, VGPU_KEYS, &seen, &key);
		if (key >= 0 && cursor_is_null(&value_cursor))
			seen = before;
		else if (key >= 0 && read_value(&value_cursor, (enum vgpu_key)key, vgpu) < 0)
			result = -EINVAL;
		if (r < 0)
			result = -EINVAL;
	}
	return check_keys(cursor, seen) < 0 ? -EINVAL : result;
}

/* Two entries for one function, of one section: whichever GPU it is for, only one of them can be. */
static int check_functions(const struct cursor *cursor, const struct vgpu_list *list)
{
	int result = 0;

	for (size_t i = 0; i < list->n; i++)
		for (size_t j = 0; j < i; j++) {
			const struct location *first = &list->items[j].location;
			uint64_t both;

			if (vgpu_shares_function(&list->items[i], &list->items[j], &both))
				result = diag_error(cursor->diag, &list->items[i].location, list->items[i].path,
						    "function %" PRIu64 " has a type already, at %s:%u:%u", both, first->file,
						    first->line, first->column);
		}
	return result;
}

int vgpus_read(const struct cursor *list, struct vgpu_list *ret)
{
	int r;

	if (list->node->kind == NODE_SEQUENCE && list->node->n > VIRTUAL_FUNCTIONS_MAX)
		return cursor_error(list, "has %zu entries, over %d", list->node->n, VIRTUAL_FUNCTIONS_MAX);
	r = cursor_list(list, sizeof(*ret->items), &ret->items, read_vgpu, ret);
	return check_functions(list, ret) < 0 ? -EINVAL : r;
}

bool vgpu_shares_function(const struct vgpu *a, const struct vgpu *b, uint64_t *ret)
{
	for (size_t i = 0; i < a->n_functions; i++)
		for (size_t j = 0; j < b->n_functions; j++)
			if (a->functions[i] == b->functions[j]) {
				*ret = a->functions[i];
				return true;
			}
	return false;
}

const char *vgpu_type_text(const struct vgpu *vgpu, char *text, size_t size)
{
	if (vgpu->type)
		snprintf(text, size, "\"%s\"", vgpu->type);
	else
		snprintf(text, size, "type %" PRIu64, vgpu->number);
	return text;
}

void vgpu_list_done(struct vgpu_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].path);
		free(list->items[i].type);
		free(list->items[i].functions);
		free(list->items[i].params);
	}
	free(list->items);
	*list = (struct vgpu_list){ 0 };
}
