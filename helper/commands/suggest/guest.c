/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/suggest/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vendors/nvidia/guest-ids.h"

/* Of each architecture a card whose vGPUs the list has; and those that are known of older ones (field.md, 4.6). */
static const struct {
	const char *folder;
	uint16_t chip;
} donors[] = {
	{ "Nvidia/Turing", 0x1eb8 }, { "Nvidia/Ampere", 0x2230 },
};
static const struct {
	const char *folder;
	struct guest guest;
} older[] = {
	{ "Nvidia/Maxwell", { 0x13f2114e, 2, 'Q', "GRID M60-2Q" } },
	{ "Nvidia/Pascal", { 0x1b3811e8, 1, 'Q', "GRID P40-1Q" } },
	{ "Nvidia/Pascal", { 0x1b3811e9, 2, 'Q', "GRID P40-2Q" } },
	{ "Nvidia/Volta", { 0x1db612c2, 8, 'Q', "GRID V100D-8Q" } },
	{ "Nvidia/Turing", { 0x1e301325, 1, 'Q', "GRID RTX6000-1Q" } },
	{ "Nvidia/Turing", { 0x1e301328, 4, 'Q', "GRID RTX6000-4Q" } },
};

/* Reads a line of the list; false for a slice of a card (MIG, "A100X-1-5C"), and a name without size or letter. */
static bool read_guest(const char *line, struct guest *ret)
{
	char *dash, *before, *end;

	*ret = (struct guest){ .id = (uint32_t)(strtoul(line, NULL, 16) << 16 | strtoul(line + 5, NULL, 16)) };
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)strcspn(line + GUEST_ID_NAME, "\n"), line + GUEST_ID_NAME);
	dash = strrchr(ret->name, '-');
	if (!dash)
		return false;
	*dash = '\0';
	before = strrchr(ret->name, '-');
	*dash = '-';
	ret->size = (unsigned)strtoul(dash + 1, &end, 10);
	ret->letter = *end;
	return end > dash + 1 && *end && !end[1] && !(before && before[1 + strspn(before + 1, "0123456789")] == '-');
}

/* Returns whether a is nearer to the size than b: the largest that is not above it, else the smallest. */
static bool is_nearer(const struct guest *a, const struct guest *b, unsigned size)
{
	if ((a->size <= size) != (b->size <= size))
		return a->size <= size;
	return a->size <= size ? a->size > b->size : a->size < b->size;
}

/* Keeps the better of a guest and the best one so far. */
static void keep_nearer(const struct guest *guest, char letter, unsigned size, struct guest *best)
{
	if (best->id && best->letter == letter && guest->letter != letter)
		return;
	if (!best->id || (guest->letter == letter && best->letter != letter) || is_nearer(guest, best, size))
		*best = *guest;
}

/* Considers the vGPUs of one device in the list. */
static void consider_chip(uint16_t chip, char letter, unsigned size, struct guest *best)
{
	const struct guest_ids *ids = guest_ids_read(NULL);
	struct guest guest;

	for (const char *line = guest_ids_of_chip(ids, chip); line; line = guest_ids_next(line))
		if (read_guest(line, &guest))
			keep_nearer(&guest, letter, size, best);
}

bool guest_nearest(uint16_t device, const char *folder, char letter, unsigned size, struct guest *ret)
{
	struct guest best = { 0 };
	bool is_listed;

	consider_chip(device, letter, size, &best);
	is_listed = best.id || !folder;
	for (size_t i = 0; !is_listed && i < ARRAY_SIZE(donors); i++)
		if (strcmp(folder, donors[i].folder) == 0)
			consider_chip(donors[i].chip, letter, size, &best);
	for (size_t i = 0; !is_listed && i < ARRAY_SIZE(older); i++)
		if (strcmp(folder, older[i].folder) == 0)
			keep_nearer(&older[i].guest, letter, size, &best);
	if (!best.id)
		return false;
	*ret = best;
	return true;
}

bool guest_largest(uint16_t device, char letter, struct guest *ret)
{
	const struct guest_ids *ids = guest_ids_read(NULL);
	struct guest guest, best = { 0 };

	for (const char *line = guest_ids_of_chip(ids, device); line; line = guest_ids_next(line))
		if (read_guest(line, &guest) && (!letter || guest.letter == letter) && (!best.id || guest.size > best.size))
			best = guest;
	if (!best.id)
		return false;
	*ret = best;
	return true;
}
