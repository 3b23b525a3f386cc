/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/path.h"

#include <string.h>

#include "base/macro.h"

static char root[4096];

void root_set(const char *dir)
{
	size_t n;

	snprintf(root, sizeof(root), "%s", dir);
	for (n = strlen(root); n > 0 && root[n - 1] == '/'; n--)
		root[n - 1] = '\0';
}

const char *root_dir(void)
{
	return root;
}

char *root_path(const char *path)
{
	char *joined;

	return asprintf(&joined, "%s%s", root, path) < 0 ? NULL : joined;
}
