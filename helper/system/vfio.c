/* SPDX-License-Identifier: GPL-2.0-only */
#include "system/vfio.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/string-util.h"

#define TYPES "creatable_vgpu_types"
#define CURRENT "current_vgpu_type"
#define PARAMS "vgpu_params"

static char *file_path(const char *function, const char *name)
{
	return text_format("%s/nvidia/%s", function, name);
}

/* Reads decimal digits; false where there are none, or more than a type's number has. */
static bool read_number(const char *text, size_t n, uint64_t *ret)
{
	uint64_t number = 0;

	if (!n || n > 10)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		number = number * 10 + (uint64_t)(text[i] - '0');
	}
	*ret = number;
	return number && number <= UINT32_MAX;
}

/* Reads a line of n bytes without blank ends: "ID : NAME", or "NAME   ID" with two blanks or a tab between. */
static bool parse_line(const char *line, size_t n, uint64_t *number, const char **name, size_t *length)
{
	size_t digits = strspn(line, "0123456789"), at = digits;

	digits = at = MIN(digits, n);
	while (at < n && isblank((unsigned char)line[at]))
		at++;
	if (digits && at < n && line[at] == ':') {
		for (at++; at < n && isblank((unsigned char)line[at]); at++)
			;
		*name = line + at;
		*length = n - at;
		return *length && read_number(line, digits, number);
	}
	for (digits = 0; digits < n && isdigit((unsigned char)line[n - 1 - digits]); digits++)
		;
	for (*length = n - digits; *length && isblank((unsigned char)line[*length - 1]); --*length)
		;
	at = n - digits - *length;
	*name = line;
	return *length && (at >= 2 || (at && line[*length] == '\t')) && read_number(line + n - digits, digits, number);
}

static int add_offer(struct vfio_offers *offers, const char *line, size_t n)
{
	struct vfio_offer *items;
	const char *name;
	size_t length;
	uint64_t number;

	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	for (; n && isblank((unsigned char)*line); n--)
		line++;
	if (!parse_line(line, n, &number, &name, &length))
		return 0;
	items = reallocarray(offers->items, offers->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	offers->items = items;
	items[offers->n] = (struct vfio_offer){ number, strndup(name, length) };
	make_printable(items[offers->n].name, '?');
	return items[offers->n++].name ? 0 : -ENOMEM;
}

int vfio_read_offers(const char *function, struct vfio_offers *ret)
{
	_cleanup_(freep) char *path = file_path(function, TYPES), *text = NULL;
	struct file_error error = { 0 };
	struct vfio_offers offers = { 0 };
	size_t size, page = (size_t)sysconf(_SC_PAGESIZE);
	int r = path ? file_read(path, false, &text, &size, &error) : -ENOMEM;

	file_error_done(&error);
	if (r < 0)
		return r;
	/* sysfs prints a page less its NUL, and drops the rest without a word. */
	offers.cut = size + 1 >= page;
	for (char *line = text, *end; r == 0 && *line; line = end) {
		end = line + strcspn(line, "\n");
		if (!*end && offers.cut)
			break;
		r = add_offer(&offers, line, (size_t)(end - line));
		end += *end == '\n';
	}
	if (r < 0)
		vfio_offers_done(&offers);
	else
		*ret = offers;
	return r;
}

const struct vfio_offer *vfio_find_offer(const struct vfio_offers *offers, uint64_t number)
{
	for (size_t i = 0; i < offers->n; i++)
		if (offers->items[i].number == number)
			return &offers->items[i];
	return NULL;
}

void vfio_offers_done(struct vfio_offers *offers)
{
	for (size_t i = 0; i < offers->n; i++)
		free(offers->items[i].name);
	free(offers->items);
	*offers = (struct vfio_offers){ 0 };
}

bool vfio_is_there(const char *function)
{
	_cleanup_(freep) char *path = file_path(function, CURRENT);

	return path && access(path, F_OK) == 0;
}

int vfio_read_type(const char *function, uint64_t *ret)
{
	_cleanup_(freep) char *path = file_path(function, CURRENT);
	char text[32];
	int r = path ? file_read_line(path, text, sizeof(text)) : -ENOMEM;

	if (r < 0)
		return r;
	if (strcmp(text, "0") == 0) {
		*ret = 0;
		return 0;
	}
	return read_number(text, strlen(text), ret) ? 0 : -EINVAL;
}

/* Writes all of the text at once, as the kernel wants it. */
static int write_file(const char *function, const char *name, const char *text)
{
	_cleanup_(freep) char *path = file_path(function, name);
	_cleanup_(closep) int fd = path ? open(path, O_WRONLY | O_TRUNC | O_CLOEXEC) : -1;
	ssize_t n;

	if (!path)
		return -ENOMEM;
	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		return -errno;
	return (size_t)n == strlen(text) ? 0 : -EIO;
}

int vfio_write_type(const char *function, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 "\n", number);
	return write_file(function, CURRENT, text);
}

int vfio_write_params(const char *function, const char *params)
{
	return write_file(function, PARAMS, params);
}

int vfio_read_params(const char *function, char *text, size_t size)
{
	_cleanup_(freep) char *path = file_path(function, PARAMS);

	return path ? file_read_line(path, text, size) : -ENOMEM;
}
