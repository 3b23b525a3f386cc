/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"

static int parse_digits(const char *s, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;
	bool overflow = false, any = false;

	for (; *s; s++) {
		int letter = isxdigit((unsigned char)*s) ? tolower((unsigned char)*s) - 'a' + 10 : INT_MAX;
		int d = isdigit((unsigned char)*s) ? *s - '0' : letter;

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

bool parse_number(const char **s, int base, uint64_t max, uint64_t *ret)
{
	uint64_t number;
	char *end;

	/* strtoull() would pass over blanks and a sign. */
	if (!isxdigit((unsigned char)**s))
		return false;
	errno = 0;
	number = strtoull(*s, &end, base);
	if (errno || end == *s || number > max)
		return false;
	*s = end;
	*ret = number;
	return true;
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

/* Compares with a word in lower case, UPPER case and Title case only: YAML 1.1 has no "tRuE". */
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

bool parse_is_release(const char *s)
{
	unsigned dots = 0;
	size_t n;

	while ((n = strspn(s, "0123456789")) && s[n] == '.') {
		dots++;
		s += n + 1;
	}
	return n && !s[n] && (dots == 1 || dots == 2);
}
