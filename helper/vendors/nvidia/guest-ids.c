/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/guest-ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"

#define GUEST_ID_LENGTH 9

/* Whether the file is whole, to its last line's end: what is not in order cannot be looked up. */
static bool is_sound(const struct guest_ids *ids)
{
	const char *before = "", *line = ids->text, *stop = line + ids->size, *end;

	for (; (end = memchr(line, '\n', (size_t)(stop - line))); line = end + 1) {
		if (*line == '#' && !*before)
			continue;
		if (end - line <= GUEST_ID_LENGTH || line[4] != ':' || line[GUEST_ID_LENGTH] != ' ' ||
		    strncmp(before, line, GUEST_ID_LENGTH) >= 0)
			return false;
		before = line;
	}
	return *before && line == stop;
}

const struct guest_ids *guest_ids_read(struct diagnostics *diag)
{
	static struct guest_ids ids;
	static bool tried;
	_cleanup_(freep) char *path = NULL;
	struct file_error error = { 0 };
	int r;

	if (tried)
		return &ids;
	tried = true;
	path = own_path(PKGDATADIR, "nvidia-guest-ids");
	if (!path)
		return &ids;
	r = file_read(path, false, &ids.text, &ids.size, &error);
	if (r == 0 && is_sound(&ids))
		return &ids;
	if (diag)
		diag_warning(diag, &(struct location){ .file = path }, NULL, "%s; vDevId is not compared with NVIDIA's vGPUs",
			     r < 0 ? file_error_text(&error) : "is no list of IDs in order");
	file_error_done(&error);
	free(ids.text);
	ids = (struct guest_ids){ 0 };
	return &ids;
}

/* Finds the first line that begins with key, by halves: comments begin with #, which comes before any digit. NULL: there is none. */
static const char *find_listed(const struct guest_ids *ids, const char *key)
{
	size_t low = 0, high = ids->size, n = strlen(key);
	const char *found = NULL;

	while (low < high) {
		size_t at = low + (high - low) / 2;
		int order;

		while (at > low && ids->text[at - 1] != '\n')
			at--;
		order = strncmp(ids->text + at, key, n);
		if (order == 0)
			found = ids->text + at;
		if (order >= 0)
			high = at;
		else
			low = at + strcspn(ids->text + at, "\n") + 1;
	}
	return found;
}

bool guest_ids_have(const struct guest_ids *ids, uint16_t chip, uint16_t subsystem)
{
	char key[GUEST_ID_LENGTH + 1];

	snprintf(key, sizeof(key), "%04x:%04x", chip, subsystem);
	return find_listed(ids, key);
}

const char *guest_ids_of_chip(const struct guest_ids *ids, uint16_t chip)
{
	char key[GUEST_ID_LENGTH + 1];

	snprintf(key, sizeof(key), "%04x:", chip);
	return find_listed(ids, key);
}

const char *guest_ids_next(const char *line)
{
	const char *next = line + strcspn(line, "\n") + 1;

	return strncmp(next, line, 5) == 0 ? next : NULL;
}

const char *guest_ids_of_subsystem(const struct guest_ids *ids, uint16_t subsystem)
{
	const char *line = ids->text ? ids->text : "";
	char key[GUEST_ID_LENGTH + 1];

	for (snprintf(key, sizeof(key), ":%04x ", subsystem); *line; line += strcspn(line, "\n"), line += *line != '\0')
		if (strncmp(line + 4, key, strlen(key)) == 0)
			return line;
	return NULL;
}

bool guest_ids_are_of_older(uint16_t chip)
{
	static const uint16_t chips[] = {
		0x13bd, 0x13f2, 0x13f3, 0x15f7, 0x15f8, 0x15f9, 0x1b38, 0x1bb3, 0x1bb4, 0x1db1, 0x1db3, 0x1db4, 0x1db5,
		0x1db6, 0x1df6, 0x1e30, 0x1e78,
	};

	for (size_t i = 0; i < ARRAY_SIZE(chips); i++)
		if (chips[i] == chip)
			return true;
	return false;
}
