/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"

/* Reads min to max hexadecimal digits at *s and moves behind them. */
static int take_hex(const char **s, unsigned min, unsigned max, uint32_t *ret)
{
	uint32_t value = 0;
	unsigned n;

	for (n = 0; n < max && isxdigit((unsigned char)(*s)[n]); n++) {
		char c = (*s)[n];

		value = value << 4 | (uint32_t)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
	}
	if (n < min)
		return -EINVAL;

	*s += n;
	*ret = value;
	return 0;
}

static int take_char(const char **s, char c)
{
	if (**s != c)
		return -EINVAL;
	(*s)++;
	return 0;
}

int parse_pci_address(const char *s, struct pci_address *ret)
{
	const char *first_colon = strchr(s, ':');
	bool has_domain = first_colon && strchr(first_colon + 1, ':');
	uint32_t domain = 0, bus, slot, function;

	if (has_domain && (take_hex(&s, 4, 8, &domain) < 0 || take_char(&s, ':') < 0))
		return -EINVAL;
	if (take_hex(&s, 2, 2, &bus) < 0 || take_char(&s, ':') < 0 || take_hex(&s, 2, 2, &slot) < 0 ||
	    take_char(&s, '.') < 0 || take_hex(&s, 1, 1, &function) < 0)
		return -EINVAL;
	if (*s || slot > 0x1f || function > 7)
		return -EINVAL;

	*ret = (struct pci_address){ domain, (uint8_t)bus, (uint8_t)slot, (uint8_t)function };
	return 0;
}

static int take_id(const char **s, uint16_t *ret)
{
	uint32_t id;

	if (take_hex(s, 4, 4, &id) < 0)
		return -EINVAL;
	*ret = (uint16_t)id;
	return 0;
}

int parse_pci_pattern(const char *s, struct pci_pattern *ret)
{
	struct pci_pattern p = { .last = UINT16_MAX };

	if (take_id(&s, &p.vendor) < 0 || take_char(&s, ':') < 0)
		return -EINVAL;
	if (strcmp(s, "*") == 0) {
		*ret = p;
		return 0;
	}

	if (take_id(&s, &p.first) < 0)
		return -EINVAL;
	p.last = p.first;

	if (*s == '-') {
		s++;
		if (take_id(&s, &p.last) < 0)
			return -EINVAL;
	} else if (*s == ':') {
		s++;
		p.board = true;
		if (take_id(&s, &p.subvendor) < 0 || take_char(&s, ':') < 0 || take_id(&s, &p.subdevice) < 0)
			return -EINVAL;
	}
	if (*s)
		return -EINVAL;
	if (p.last < p.first)
		return -ERANGE;

	*ret = p;
	return 0;
}

static int digit_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return 99;
}

static int parse_digits(const char *s, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;
	bool overflow = false, any = false;

	for (; *s; s++) {
		int d = digit_value(*s);

		if (*s == '_' && any)
			continue;
		if (d >= (int)base)
			return -EINVAL;
		any = true;
		overflow |= __builtin_mul_overflow(value, base, &value) ||
			    __builtin_add_overflow(value, (uint64_t)d, &value);
	}
	if (!any)
		return -EINVAL;
	if (overflow)
		return -ERANGE;

	*ret = value;
	return 0;
}

int parse_integer(const char *s, uint64_t *ret, bool *negative)
{
	unsigned base = 10;
	uint64_t value;
	int r;

	*negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;

	if (s[0] == '0' && s[1] && strchr("xob", s[1])) {
		base = s[1] == 'x' ? 16 : s[1] == 'o' ? 8 : 2;
		s += 2;
	}

	r = parse_digits(s, base, &value);
	if (r < 0)
		return r;
	if (base == 10 && s[0] == '0' && s[1])
		return -ENOTUNIQ;
	if (*negative && value > 0)
		return -ERANGE;

	*negative = false;
	*ret = value;
	return 0;
}

/* Lower, UPPER and Title only: "tRuE" is a word, not a truth. */
static bool is_cased(const char *s, const char *lower)
{
	size_t n = strlen(lower);
	bool upper = true, tail = true;

	if (strcasecmp(s, lower) != 0)
		return false;
	for (size_t i = 1; i < n; i++) {
		upper = upper && isupper((unsigned char)s[i]);
		tail = tail && islower((unsigned char)s[i]);
	}

	return tail || (upper && isupper((unsigned char)s[0]));
}

int parse_boolean(const char *s, bool *ret)
{
	static const char *const words[][2] = { { "n", "y" }, { "no", "yes" }, { "false", "true" }, { "off", "on" } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (int value = 0; value < 2; value++)
			if (is_cased(s, words[i][value])) {
				*ret = value;
				return 0;
			}

	return -EINVAL;
}

bool parse_is_null(const char *s)
{
	return !*s || strcmp(s, "~") == 0 || is_cased(s, "null");
}

unsigned edit_distance(const char *a, const char *b)
{
	enum { MOST = 32 };
	unsigned rows[3][MOST + 1];
	size_t la = MIN(strlen(a), (size_t)MOST), lb = MIN(strlen(b), (size_t)MOST);

	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;

	for (size_t i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *two_up = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			unsigned best = up[j - 1] + !same;

			best = MIN(best, up[j] + 1);
			best = MIN(best, row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, two_up[j - 2] + 1);
			row[j] = best;
		}
	}

	return rows[la % 3][lb];
}

bool word_is_among(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}
