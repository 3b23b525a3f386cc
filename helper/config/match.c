/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/match.h"

#include <string.h>

/* Counts the keys that do not match, and describes the first of them. */
static unsigned count_mismatches(const struct filter *filter, const struct device *d, struct exclusion *first)
{
	const uint64_t own[FILTER_KEYS] = {
		[FILTER_DOMAIN] = d->pci.domain,
		[FILTER_BUS] = d->pci.bus,
		[FILTER_SLOT] = d->pci.slot,
		[FILTER_FUNCTION] = d->pci.function,
		[FILTER_VENDOR_ID] = d->vendor,
		[FILTER_DEVICE_ID] = d->device,
		[FILTER_SUBVENDOR_ID] = d->subvendor,
		[FILTER_SUBDEVICE_ID] = d->subdevice,
		[FILTER_IDENTIFIER] = (d->pci.domain & 0xffff) << 16 | (uint32_t)d->pci.bus << 8 | d->pci.slot,
	};
	unsigned n = 0;

	for (enum filter_key key = 0; key < FILTER_KEYS; key++)
		if (filter->given[key] && filter->values[key] != own[key] && n++ == 0)
			*first = (struct exclusion){ key, filter->values[key], own[key], filter->places[key] };
	return n;
}

bool expected_is_of(const struct expected_type *expected, const char *driver)
{
	size_t n = driver ? strlen(driver) : 0;

	return n && strncmp(expected->id, driver, n) == 0 && expected->id[n] == '-';
}

static bool section_selects(const struct section *section, const struct device *device, bool takes_types)
{
	struct exclusion first;

	if (section->unclear)
		return false;
	for (size_t i = 0; i < section->n_filters; i++)
		if (!count_mismatches(&section->filters[i], device, &first))
			return true;
	if (section->n_filters)
		return false;

	for (size_t i = 0; i < section->n_expected; i++)
		if (expected_is_of(&section->expected[i], device->driver))
			return true;
	/* A section with neither types nor filters selects every GPU and assigns nothing. */
	return section->types.n ? takes_types : !section->n_expected;
}

bool section_excludes(const struct section *section, const struct device *device, struct exclusion *ret)
{
	unsigned fewest = FILTER_KEYS + 1;

	for (size_t i = 0; i < section->n_filters; i++) {
		struct exclusion first;
		unsigned n = count_mismatches(&section->filters[i], device, &first);

		if (!n)
			return false;
		if (n < fewest) {
			fewest = n;
			*ret = first;
		}
	}
	return section->n_filters;
}

uint16_t section_vendor_id(const struct section *section)
{
	uint64_t id = section->n_filters ? section->filters[0].values[FILTER_VENDOR_ID] : 0;

	for (size_t i = 1; i < section->n_filters; i++)
		if (section->filters[i].values[FILTER_VENDOR_ID] != id)
			return 0;
	return section->unclear ? 0 : (uint16_t)id;
}

bool profile_mark(struct profile *profile, const struct device *device, bool takes_types)
{
	bool any = false;

	for (size_t i = 0; i < profile->n; i++)
		any |= profile->sections[i].selected = section_selects(&profile->sections[i], device, takes_types);
	return any;
}
