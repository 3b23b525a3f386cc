/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/path.h"
#include "base/string-util.h"
#include "commands/report/capture.h"
#include "commands/report/sources.h"

/* Users of people; the last ones are nobody's. */
#define USER_FIRST 1000
#define USER_LAST 60000

/* Learns "web1.example.org": the whole name, its first part, and its domain. */
static int learn_host(struct redaction *r, const char *name)
{
	_cleanup_(freep) char *host = strndup(name, strcspn(name, ".\n")), *whole = strndup(name, strcspn(name, "\n"));
	int result = host && whole ? redact_learn(r, SECRET_HOST, host, NULL) : -ENOMEM;
	const char *word = host ? redact_word(r, host) : NULL;

	if (result == 0 && whole[strlen(host)] == '.') {
		_cleanup_(freep) char *same = text_format("%s.example", word ? word : "host");

		result = same ? redact_learn(r, SECRET_HOST, whole, same) : -ENOMEM;
		if (result == 0)
			result = redact_learn(r, SECRET_DOMAIN, whole + strlen(host) + 1, NULL);
	}
	return result;
}

static int learn_host_file(struct redaction *r, const char *path)
{
	_cleanup_(freep) char *text = capture_file(path);

	return text ? learn_host(r, text) : 0;
}

/* Learns a line of passwd(5): the name, and each word of the person's, which are other forms of it. */
static int learn_user(struct redaction *r, char *line)
{
	char *name = strsep(&line, ":"), *person, *word;
	unsigned long uid;
	int result;

	strsep(&line, ":");
	uid = line ? strtoul(strsep(&line, ":"), NULL, 10) : 0;
	if (uid < USER_FIRST || uid > USER_LAST)
		return 0;
	result = redact_learn(r, SECRET_USER, name, NULL);
	strsep(&line, ":");
	person = line ? strsep(&line, ":,") : NULL;
	while (result == 0 && (word = strsep(&person, " ")))
		result = redact_learn(r, SECRET_USER, word, redact_word(r, name));
	return result;
}

static int learn_users(struct redaction *r)
{
	_cleanup_(freep) char *path = root_path("/etc/passwd"), *text = path ? capture_file(path) : NULL;
	int result = 0;

	for (char *rest = text, *line; result == 0 && (line = strsep(&rest, "\n")); )
		result = learn_user(r, line);
	return result;
}

/* Learns a number of the firmware's; "To Be Filled By O.E.M." and its like are none. */
static int learn_serial(struct redaction *r, const char *name)
{
	_cleanup_(freep) char *path = path_join("/sys/class/dmi/id", name), *text = path ? capture_file(path) : NULL;
	bool has_digit = false;

	if (!text)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	for (const char *c = text; *c; c++)
		has_digit |= isdigit((unsigned char)*c);
	return has_digit && strlen(text) > 4 && !strchr(text, ' ') ? redact_learn(r, SECRET_SERIAL, text, NULL) : 0;
}

int source_secrets(struct redaction *r)
{
	static const char *const serials[] = { "product_serial", "board_serial", "chassis_serial", "board_asset_tag", "chassis_asset_tag" };
	_cleanup_(freep) char *path = root_path("/etc/hostname");
	struct utsname name;
	int result = uname(&name) == 0 ? learn_host(r, name.nodename) : 0;

	if (result == 0)
		result = learn_host_file(r, "/proc/sys/kernel/hostname");
	if (result == 0 && path)
		result = learn_host_file(r, path);
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(serials); i++)
		result = learn_serial(r, serials[i]);
	return result == 0 ? learn_users(r) : result;
}
