/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/path.h"

#include <stdio.h>
#include <string.h>

#include "base/string-util.h"

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
	return text_concat(root, "", path);
}

char *path_join(const char *folder, const char *name)
{
	return folder ? text_concat(folder, "/", name) : NULL;
}

char *own_path(const char *folder, const char *name)
{
	char own[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	own[MAX(n, 0)] = '\0';
	slash = *own == '/' ? strrchr(own, '/') : NULL;
	if (slash) {
		_cleanup_(freep) char *path = NULL;

		*slash = '\0';
		path = path_join(own, name);
		if (!path || access(path, F_OK) == 0)
			return TAKE_PTR(path);
	}
	return path_join(folder, name);
}
