/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/import/carry.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/parse.h"

int import_require(const struct import *import, const struct node *node, enum node_kind kind, const char *name)
{
	if (node->kind == kind)
		return 0;
	return diag_error(import->diag, &node->location, name, "must be %s",
			    kind == NODE_MAPPING ? "a table" : "an array of tables");
}

static const struct rule *find_rule(const struct rule *rules, const char *from)
{
	for (; rules->from; rules++)
		if (strcmp(rules->from, from) == 0)
			return rules;
	return NULL;
}

static bool is_zero(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain && strcmp(node->text, "0") == 0;
}

/* Returns the value of a type's key, NULL without. */
static const struct node *find(const struct node *type, const char *name)
{
	const char *dot = strchr(name, '.');
	const struct node *in = dot ? tree_get(type, "virtDisplay") : type;

	return in ? tree_get(in, dot ? dot + 1 : name) : NULL;
}

int import_set(const struct import *import, struct node *to, const char *name, struct node *value)
{
	const char *dot = strchr(name, '.');
	struct node *display;

	if (!dot)
		return tree_set(import->tree, to, name, value);
	display = tree_get(to, "virtDisplay");
	if (!display) {
		display = tree_node(import->tree, NODE_MAPPING, &to->location);
		if (tree_set(import->tree, to, "virtDisplay", display) < 0)
			return -ENOMEM;
	}
	return tree_set(import->tree, display, dot + 1, value);
}

int import_set_number(const struct import *import, struct node *to, const char *name, uint64_t number,
		      const struct location *location)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%" PRIu64, number);
	return import_set(import, to, name, tree_scalar(import->tree, digits, true, location));
}

/* "2 GiB", "1.5GB" or a number of bytes. 0 or -EINVAL. */
static int parse_size(const char *text, uint64_t *ret)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" }, *const small[] = { "kB", "MB", "GB", "TB" };
	double bytes, factor = 1, power = 1;
	char *unit;

	if (!strchr("0123456789", text[strspn(text, " ")]))
		return -EINVAL;
	bytes = strtod(text, &unit);
	unit += strspn(unit, " ");
	for (int i = 0; i < 4; i++) {
		power *= 1000;
		if (strcmp(unit, small[i]) == 0 || (i == 0 && strcmp(unit, "KB") == 0))
			factor = power;
		else if (strcmp(unit, units[i]) == 0)
			factor = (double)(UINT64_C(1) << 10 * (i + 1));
	}
	if ((factor <= 1 && *unit) || !isfinite(bytes) || bytes * factor >= 0x1p63)
		return -EINVAL;

	*ret = (uint64_t)(bytes * factor + 0.5);
	return 0;
}

static int set_size(const struct import *import, struct node *to, const struct rule *rule, const struct node *value)
{
	uint64_t bytes;
	bool negative;
	int r = -EINVAL;

	if (value->kind == NODE_SCALAR)
		r = value->plain ? parse_integer(value->text, &bytes, &negative) : parse_size(value->text, &bytes);
	if (r < 0)
		return diag_error(import->diag, &value->location, rule->from,
				    "is no size: a number of bytes, or \"2 GiB\" with a unit from kB to TiB");

	if (bytes & 0xfffff)
		diag_warning(import->diag, &value->location, rule->from,
			       "%" PRIu64 " bytes are not a whole number of MiB; rounded down", bytes);
	return import_set_number(import, to, rule->to, bytes >> 20, &value->location);
}

/* vgpu_unlock makes 1 of every number but 0, and hands the driver no limit; who writes 60 means one, though. */
static int set_switch(const struct import *import, struct node *to, const struct rule *rule, struct node *value)
{
	bool negative, guess = rule->amount && !find(to, rule->amount);
	uint64_t number;

	if (value->kind != NODE_SCALAR || !value->plain || parse_integer(value->text, &number, &negative) < 0)
		return import_set(import, to, rule->to, value);
	if (number > 1)
		diag_warning(import->diag, &value->location, rule->from, "%s is on, as any number but 0%s%s%s",
			     value->text, guess ? ", and taken for " : "", guess ? rule->amount : "", guess ? ", too" : "");
	if (number > 1 && guess && import_set(import, to, rule->amount, value) < 0)
		return -ENOMEM;
	return import_set_number(import, to, rule->to, number != 0, &value->location);
}

static int carry(const struct import *import, const struct rule *rule, struct node *value, struct node *to)
{
	if (!rule->to && is_zero(value))
		return 0;
	if (!rule->to || find(to, rule->to)) {
		diag_warning(import->diag, &value->location, rule->from, "left out: %s",
			       rule->why ? rule->why : "said twice");
		return 0;
	}
	if (rule->why)
		diag_warning(import->diag, &value->location, rule->from, "%s", rule->why);
	if (rule->bytes)
		return set_size(import, to, rule, value);
	if (rule->is_switch)
		return set_switch(import, to, rule, value);
	return import_set(import, to, rule->to, value);
}

void import_tell_unknown(const struct import *import, const struct node *from, const struct rule *rules)
{
	for (size_t i = 0; i < from->n; i += 2) {
		const struct node *key = from->items[i];

		if (!find_rule(rules, key->text))
			diag_warning(import->diag, &key->location, key->text, "left out: %s has no such key",
				     import->program);
	}
}

int import_carry(const struct import *import, const struct node *from, const struct rule *rules, struct node *to)
{
	int result = 0;

	for (const struct rule *rule = rules; rule->from; rule++) {
		struct node *value = tree_get(from, rule->from);
		int r = value && !rule->elsewhere ? carry(import, rule, value, to) : 0;

		if (r < 0)
			result = r;
	}
	import_tell_unknown(import, from, rules);
	return result;
}
