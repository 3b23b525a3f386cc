// SPDX-License-Identifier: GPL-2.0-only
/*
 * One entry of the parameter gpus=:
 *
 *	VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE][/OPTION]...[*COUNT]
 *
 * numbers in hexadecimal, COUNT in decimal. Options: /cCLASS (default 030200,
 * a 3D controller), /vN (SR-IOV with N virtual functions), /a (an audio
 * function beside the GPU), /bN (the third region has N MiB: Intel's aperture).
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "fakepci.h"

static int parse_ids(const char *text, struct fakepci_spec *spec)
{
	unsigned int id[4];
	int n = sscanf(text, "%4x:%4x:%4x:%4x", &id[0], &id[1], &id[2], &id[3]);

	if (n != 2 && n != 4)
		return -EINVAL;

	spec->vendor = id[0];
	spec->device = id[1];
	spec->subvendor = n == 4 ? id[2] : id[0];
	spec->subdevice = n == 4 ? id[3] : 0;
	return 0;
}

static int parse_option(const char *text, struct fakepci_spec *spec)
{
	switch (text[0]) {
	case 'a':
		spec->audio = true;
		return text[1] ? -EINVAL : 0;
	case 'b':
		return kstrtouint(text + 1, 10, &spec->aperture_mib);
	case 'c':
		return kstrtou32(text + 1, 16, &spec->class);
	case 'v':
		if (kstrtouint(text + 1, 10, &spec->vfs))
			return -EINVAL;
		return spec->vfs > FAKEPCI_MAX_VFS ? -ERANGE : 0;
	default:
		return -EINVAL;
	}
}

int fakepci_spec_parse(const char *text, struct fakepci_spec *spec)
{
	char copy[64];
	char *rest = copy;
	char *option, *count;
	int r;

	if (strscpy(copy, text, sizeof(copy)) < 0)
		return -ENAMETOOLONG;

	*spec = (struct fakepci_spec) { .class = 0x030200, .repeat = 1 };

	count = strchr(copy, '*');
	if (count) {
		*count++ = '\0';
		r = kstrtouint(count, 10, &spec->repeat);
		if (r < 0)
			return r;
	}

	r = parse_ids(strsep(&rest, "/"), spec);
	while (!r && (option = strsep(&rest, "/")))
		r = parse_option(option, spec);
	return r;
}
