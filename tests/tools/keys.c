/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints the program's table of keys as JSON, for tests that compare what is written about them elsewhere. */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "model/type.h"

static void print_default(struct json *json, const struct type_key_info *info)
{
	json_key(json, "default");
	if (info->text)
		json_string(json, info->text);
	else if (info->kind == VALUE_BOOLEAN)
		json_boolean(json, info->number);
	else
		json_number(json, info->number);
}

static void print_key(struct json *json, const struct type_key_info *info)
{
	static const char *const kinds[] = { [VALUE_INTEGER] = "integer", [VALUE_BOOLEAN] = "boolean", [VALUE_TEXT] = "text" };

	json_open(json, '{');
	json_key(json, "name");
	json_string(json, info->name);
	json_key(json, "kind");
	json_string(json, kinds[info->kind]);
	json_key(json, "required");
	json_boolean(json, info->default_from == DEFAULT_NONE);
	json_key(json, "min");
	json_number(json, info->min);
	json_key(json, "max");
	json_number(json, info->max);
	json_key(json, "unit");
	json_string(json, info->unit ? info->unit : "");
	json_key(json, "automatic");
	json_boolean(json, info->automatic);
	if (info->default_from == DEFAULT_FIXED)
		print_default(json, info);
	json_close(json, '}');
}

int main(void)
{
	struct json json = { .file = stdout };

	json_open(&json, '[');
	for (size_t key = 0; key < TYPE_KEYS; key++)
		print_key(&json, &type_keys[key]);
	json_end(&json, ']');
	return 0;
}
