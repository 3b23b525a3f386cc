/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/parse.h"
#include "base/pci.h"
#include "base/string-util.h"

/* Reports a number beyond its bound: small bounds are clearer in decimal, IDs and masks in hexadecimal. */
static int outside(const struct cursor *cursor, const char *text, const char *relation, uint64_t bound)
{
	if (bound < 0x10000)
		return cursor_error(cursor, "%s is %s %" PRIu64, text, relation, bound);
	return cursor_error(cursor, "%s is %s 0x%" PRIx64, text, relation, bound);
}

static int leading_zeros(const struct cursor *cursor, const char *text)
{
	const char *digits = text + strspn(text, "+-0");

	if (!*digits) /* nothing but zeros: one of them is the number */
		digits--;
	if (*digits == '0' || digits[strspn(digits, "01234567_")])
		return cursor_error(cursor, "%s is octal to some readers, because of the zero in front; write %s", text, digits);
	return cursor_error(cursor, "%s is octal to some readers and decimal to others; write 0o%s or %s", text, digits, digits);
}

uint64_t value_size(const char *text)
{
	static const struct {
		const char *letter;
		unsigned shift;
	} units[] = { { "mM", 0 }, { "gG", 10 }, { "tT", 20 } };
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits + strspn(text + digits, " ");
	bool has_ending = *unit && (!unit[1] || string_in(unit + 1, (const char *const[]){ "B", "b", "iB", "ib" }, 4));

	for (size_t i = 0; digits && digits < 10 && has_ending && i < ARRAY_SIZE(units); i++)
		if (strchr(units[i].letter, *unit))
			return strtoull(text, NULL, 10) << units[i].shift;
	return 0;
}

/* True for a text between the quotes that word processors and web pages make of "". */
static bool has_typographic_quotes(const struct node *node)
{
	static const char *const quotes[] = { "\u201c", "\u201d", "\u201e", "\u2018", "\u2019", "\u201a" };
	const char *text = node->text, first[4] = { text[0], text[0] ? text[1] : 0, text[0] && text[1] ? text[2] : 0 };
	size_t n = strlen(text);

	return node->plain && n >= 6 && string_in(first, quotes, ARRAY_SIZE(quotes)) &&
	       string_in(text + n - 3, quotes, ARRAY_SIZE(quotes));
}

/* True for PCI IDs as lspci prints them: four digits, or two times four for a key that has both halves. */
static bool is_bare_id(const char *text, bool both)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	return (n == 4 && !text[4]) || (both && n == 8 && !text[8]) ||
	       (both && n == 4 && text[4] == ':' && strlen(text) == 9 && is_bare_id(text + 5, false));
}

bool value_address(const char *text, char *ret, size_t size)
{
	struct pci_address a;

	if (parse_pci_address(text, &a) < 0)
		return false;
	snprintf(ret, size, "the address %s is {domain: 0x%x, bus: 0x%02x, slot: 0x%x, function: %u}", text, a.domain,
		 a.bus, a.slot, a.function);
	return true;
}

/* Reports what people write for a number, and how it is written here. */
static int no_number(const struct cursor *cursor, const char *unit, uint64_t max)
{
	const char *text = cursor->node->text;
	bool both = max > UINT32_MAX;
	char address[80];

	if (!unit && is_bare_id(text, true) && (strncasecmp(text, "10de:", 5) == 0 || strncmp(text, "8086:", 5) == 0))
		return cursor_error(cursor,
				    "'%s' is not a whole number; without the vendor, in hexadecimal, it is 0x%s", text, text + 5);
	if (has_typographic_quotes(cursor->node))
		return cursor_error(cursor, "%s has typographic quotes; a number stands without quotes", text);
	if (unit && strcmp(unit, "MiB") == 0 && value_size(text))
		return cursor_error(cursor, "'%s' is not a whole number; sizes are in MiB: %" PRIu64, text, value_size(text));
	if (unit && strcmp(unit, "MiB") == 0 && isdigit((unsigned char)*text))
		return cursor_error(cursor, "'%s' is not a whole number; sizes are in MiB", text);
	if (strncmp(text, "0X", 2) == 0)
		return cursor_error(cursor, "'%s' is not a whole number; write 0x%s", text, text + 2);
	if (!unit && is_bare_id(text, both))
		return cursor_error(cursor, "'%s' is not a whole number; in hexadecimal it is 0x%.4s%s", text, text,
				    text + 4 + (text[4] == ':'));
	if (value_address(text, address, sizeof(address)))
		return cursor_error(cursor, "'%s' is not a whole number; %s", text, address);
	return cursor_error(cursor, "'%s' is not a whole number", text);
}

int value_integer(const struct cursor *cursor, const char *unit, uint64_t min, uint64_t max, uint64_t *ret)
{
	const char *text = cursor->node->text;
	uint64_t value = 0;
	bool negative;
	int r;

	r = cursor_require(cursor, NODE_SCALAR);
	if (r < 0)
		return r;
	if (!cursor->node->plain)
		return cursor_error(cursor, "\"%s\" is a text; a number stands without quotes", text);

	r = parse_integer(text, &value, &negative);
	if (r == -ENOTUNIQ)
		return leading_zeros(cursor, text);
	if (r == -EINVAL)
		return no_number(cursor, unit, max);
	if (negative || (r == 0 && value < min))
		return outside(cursor, text, "under", min);
	if (r == -ERANGE || value > max)
		return outside(cursor, text, "over", max);

	*ret = value;
	return 0;
}

int value_boolean(const struct cursor *cursor, uint64_t *ret)
{
	const char *text = cursor->node->text;
	bool value;
	int r;

	r = cursor_require(cursor, NODE_SCALAR);
	if (r < 0)
		return r;
	if (!cursor->node->plain)
		return cursor_error(cursor, "\"%s\" is a text; true and false stand without quotes", text);

	/* Mdev-GPU's frlEnable was a number. */
	if (strcmp(text, "0") == 0 || strcmp(text, "1") == 0)
		value = *text == '1';
	else if (parse_boolean(text, &value) < 0)
		return cursor_error(cursor, "'%s' is neither true nor false", text);

	*ret = value;
	return 0;
}

int value_text(const struct cursor *cursor, uint64_t min, uint64_t max, char **ret)
{
	const char *text = cursor->node->text;
	bool negative, truth;
	uint64_t number;
	char *copy;
	int r;

	r = cursor_require(cursor, NODE_SCALAR);
	if (r < 0)
		return r;
	if (cursor->node->plain && (parse_integer(text, &number, &negative) != -EINVAL ||
				    parse_boolean(text, &truth) == 0))
		return cursor_error(cursor, "%s is not a text; put it in quotes", text);
	if (has_typographic_quotes(cursor->node))
		return cursor_error(cursor, "%s has typographic quotes, which would be part of the text; write \" or '", text);
	if (strlen(text) < min)
		return cursor_error(cursor, "is %zu bytes long, under %" PRIu64, strlen(text), min);
	if (strlen(text) > max)
		return cursor_error(cursor, "is %zu bytes long, over %" PRIu64, strlen(text), max);
	for (const char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			return cursor_error(cursor, "holds a control character");

	copy = strdup(text);
	if (!copy)
		return cursor_error(cursor, "out of memory");
	*ret = copy;
	return 0;
}
