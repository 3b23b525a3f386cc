/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/pci.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/macro.h"

/* Reads min to max hexadecimal digits at *s and moves behind them. */
static int take_hex(const char **s, unsigned min, unsigned max, uint32_t *ret)
{
	uint32_t value = 0;
	unsigned n;

	for (n = 0; n < max && isxdigit((unsigned char)(*s)[n]); n++) {
		char c = (*s)[n];

		value = value << 4 | (uint32_t)(isdigit((unsigned char)c) ? c - '0' :
						tolower((unsigned char)c) - 'a' + 10);
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

unsigned pci_pattern_width(const struct pci_pattern *p)
{
	return p->board ? 0 : 1 + (unsigned)(p->last - p->first);
}
