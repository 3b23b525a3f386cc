/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/suggest/free-numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/string-util.h"
#include "config/catalog.h"
#include "system/mdev.h"

/* NVIDIA's own numbers lie below, and so does what import begins with. */
#define FIRST_NUMBER 60001

static int add(struct free_numbers *numbers, uint64_t number)
{
	uint64_t *taken = reallocarray(numbers->taken, numbers->n + 1, sizeof(*taken));

	if (!taken)
		return -ENOMEM;
	numbers->taken = taken;
	taken[numbers->n++] = number;
	return 0;
}

static int add_profile(struct free_numbers *numbers, const struct profile *profile)
{
	for (size_t i = 0; i < profile->n; i++)
		for (size_t j = 0; j < profile->sections[i].types.n; j++)
			if (add(numbers, type_num(&profile->sections[i].types.items[j])) < 0)
				return -ENOMEM;
	return 0;
}

/* Adds the numbers of all profiles in a folder, and in the folders in it. */
static int add_folder(struct free_numbers *numbers, const char *folder, bool deep)
{
	_cleanup_(strv_freep) char **names = NULL;
	struct file_error error = { 0 };
	int r = 0;

	if (file_list(folder, false, deep, &names, &error) < 0) {
		file_error_done(&error);
		return 0;
	}
	for (char **name = names; r == 0 && *name; name++) {
		_cleanup_(diagnostics_done) struct diagnostics diag = { .no_warnings = true };
		_cleanup_(profile_freep) struct profile *profile = NULL;
		_cleanup_(freep) char *path = path_join(folder, *name);

		if (!path)
			return -ENOMEM;
		if (deep)
			r = add_folder(numbers, path, false);
		else if (catalog_is_profile(*name))
			r = profile_load(path, false, &diag, &profile);
		if (r == 0 && profile)
			r = add_profile(numbers, profile);
	}
	return r;
}

/* Adds the numbers that a GPU shows: those of "nvidia-531". */
static int add_shown(struct free_numbers *numbers, const struct device *gpu)
{
	struct mdev_types shown = { 0 };
	int r = mdev_types_read(gpu, &shown) == -ENOMEM ? -ENOMEM : 0;

	for (size_t i = 0; r == 0 && i < shown.n; i++) {
		const char *dash = strrchr(shown.items[i].id, '-');

		r = dash ? add(numbers, strtoull(dash + 1, NULL, 10)) : 0;
	}
	mdev_types_done(&shown);
	return r;
}

int free_numbers_read(struct free_numbers *ret)
{
	_cleanup_(diagnostics_done) struct diagnostics diag = { .no_warnings = true };
	_cleanup_(freep) char *folder = root_path(CONFDIR "/Nvidia");
	_cleanup_(selection_done) struct selection local = { 0 };
	struct device_list gpus = { 0 };
	int r = folder ? 0 : -ENOMEM;

	ret->next = FIRST_NUMBER;
	if (r == 0 && catalog_local_file(false, &diag, &local) == 0 && local.n)
		r = add_profile(ret, local.profiles[0]);
	if (r == 0)
		r = add_folder(ret, folder, true);
	/* Without a /sys, for another host, none are shown. */
	if (r == 0 && device_list_gpus(&gpus) == 0) {
		for (size_t i = 0; r == 0 && i < gpus.n; i++)
			r = add_shown(ret, gpus.items[i]);
		device_list_done(&gpus);
	}
	return r;
}

uint64_t free_numbers_next(struct free_numbers *numbers)
{
	size_t i = 0;

	while (i < numbers->n)
		if (numbers->taken[i++] == numbers->next) {
			numbers->next++;
			i = 0;
		}
	return numbers->next++;
}

void free_numbers_done(struct free_numbers *numbers)
{
	free(numbers->taken);
}
