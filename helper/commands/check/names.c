/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/check/names.h"

#include <string.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "model/type.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Returns whether a name can be a resource's, with "_" for each blank. No name is too long for that. */
static bool is_resource(const char *name)
{
	return !name[strspn(name, LETTERS "._- ")] && strchr(LETTERS, *name) && strchr(LETTERS, name[strlen(name) - 1]);
}

static const char *last_word(const struct type *type)
{
	const char *name = type_name(type), *blank = strrchr(name, ' ');

	return blank ? blank + 1 : name;
}

/* Returns the first type before this one that ends in the same word, NULL where none does. */
static const struct type *find_namesake(const struct type_list *types, const struct type *type)
{
	for (const struct type *other = types->items; other < type; other++)
		if (type_has(other, TYPE_NAME) && strcmp(last_word(other), last_word(type)) == 0)
			return other;
	return NULL;
}

static void check_section(const struct section *section, struct diagnostics *diag)
{
	bool odd = false, twice = false;

	for (size_t i = 0; i < section->types.n; i++) {
		const struct type *type = &section->types.items[i], *namesake;
		const struct location *place = &type->values[TYPE_NAME].location;
		_cleanup_(freep) char *path = text_format("%s.%s", type->path, type_keys[TYPE_NAME].name);

		if (!type_has(type, TYPE_NAME))
			continue;
		if (!odd && !is_resource(type_name(type))) {
			odd = true;
			diag_note(diag, place, path, "no Kubernetes resource can be named so, and KubeVirt's are named after types; letters, "
				  "digits and, between them, blanks and ._- can");
		}
		namesake = twice ? NULL : find_namesake(&section->types, type);
		if (namesake) {
			twice = true;
			diag_note(diag, place, path, "ends in the same word as at %s:%u:%u, and vgpu-device-manager knows types by "
				  "that word", place->file, namesake->values[TYPE_NAME].location.line,
				  namesake->values[TYPE_NAME].location.column);
		}
	}
}

void names_report(const struct selection *selection, struct diagnostics *diag)
{
	for (size_t i = 0; i < selection->n; i++)
		for (size_t j = 0; j < selection->profiles[i]->n; j++)
			check_section(&selection->profiles[i]->sections[j], diag);
}
