/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What udev is told to run. Of several files with one name udev takes that of the first folder, where a link to
 * /dev/null, or an empty file, is a mask. A program that such a file names and that is not there fails in the journal only.
 */
#include <string.h>

#include "base/file.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/trust.h"
#include "core/checks.h"
#include "core/survey.h"
#include "model/finding.h"

#define RULES "90-mdev-gpu.rules"
#define MDEVCTL_RULES "60-mdevctl.rules"
#define PROGRAM_MAX 256

/* Finds the rules that udev takes: those of the first folder with a file of this name. NULL: none has, or memory is out. */
static char *find_rules(const char *name)
{
	static const char *const folders[] = {
		"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", UDEVRULESDIR,
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(freep) char *folder = root_path(folders[i]), *path = path_join(folder, name);

		if (path && access(path, F_OK) == 0)
			return TAKE_PTR(path);
	}
	return NULL;
}

void check_rule(const struct survey *s, struct finding *ret)
{
	_cleanup_(freep) char *path = find_rules(RULES);
	enum cause cause = path ? CAUSE_RULE_MASKED : CAUSE_RULE_MISSING;
	const char *mask = path ? file_mask(path) : NULL;
	char text[512];

	if (path && !mask) {
		finding_say(ret, FINDING_FINE, "%s", path);
		if (survey_has_unit(s->gpu->address))
			finding_add(ret, "it leaves the GPU to mdev-gpu@%s.service", s->gpu->address);
		return;
	}
	if (path)
		snprintf(text, sizeof(text), "%s is masked: %s", path, mask);
	else
		snprintf(text, sizeof(text), "udev has no rule " UDEVRULESDIR "/" RULES ": nothing runs by itself");

	if (survey_is_waiting(s))
		finding_cause(ret, cause, "%s", text);
	else
		finding_say(ret, FINDING_NOTE, "%s", text);
	finding_advise(ret, "%s, and tell udev", !path ? "install it (make install)" : file_is_null_link(path) ? "remove the link" :
														 "remove the file");
	if (path)
		finding_command(ret, "rm %s", path);
	finding_command(ret, "udevadm control --reload");
	finding_command(ret, "udevadm trigger %s", s->gpu->syspath);
}

/* Finds a program in a text that stands for a command, in a shell's words or not, which is not there. */
static bool lacks_program(const char *text, char program[PROGRAM_MAX])
{
	static const char ends[] = " \t\n\"';|&";

	for (size_t n; *text; text += n) {
		text += strspn(text, ends);
		n = strcspn(text, ends);
		/* Words with udev's substitutions are other things, /sys and /dev no programs'. */
		if (*text != '/' || n >= PROGRAM_MAX || memchr(text, '%', n) || memchr(text, '$', n) ||
		    strncmp(text, "/sys/", 5) == 0 || strncmp(text, "/dev/", 5) == 0)
			continue;
		memcpy(program, text, n);
		program[n] = '\0';
		if (access(program, F_OK) < 0)
			return true;
	}
	return false;
}

/* mdevctl starts its devices as their types come: by a rule whose program Debian 12 and 13 have elsewhere. */
void check_mdevctl(const struct survey *s, struct finding *ret)
{
	_cleanup_(freep) char *path = find_rules(MDEVCTL_RULES), *rules = NULL;
	struct file_error error = { 0 };
	char program[PROGRAM_MAX], *rest = NULL;
	size_t size;

	(void)s;
	if (!path || file_read(path, false, &rules, &size, &error) < 0) {
		file_error_done(&error);
		return;
	}
	for (char *line = strtok_r(rules, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *run = *line == '#' ? NULL : strstr(line, "RUN");

		if (!run || !lacks_program(run, program))
			continue;
		finding_say(ret, FINDING_NOTE, "%s runs %s, which is not there: vGPUs of mdevctl define --auto do not start", path,
			    program);
		finding_advise(ret, "give the program that name, until its package does");
		finding_command(ret, "ln -s \"$(command -v %s)\" %s", strrchr(program, '/') + 1, program);
		return;
	}
}
