/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/root.h"
#include "base/string-util.h"
#include "commands/explain/checks.h"
#include "system/lock.h"

#define RULE "/90-mdev-gpu.rules"

/* Whether types are wanted that no run has tried to give: then what keeps runs from happening is the cause. */
static bool is_waiting(const struct look *look)
{
	return look->n_wanted && look->n_missing && !look->current;
}

void link_running(const struct look *look, struct finding *ret)
{
	if (!look->n_missing || !lock_is_held(look->gpu->address))
		return;
	finding_cause(ret, CAUSE_RUNNING, "a run is on its way");
	finding_advise(ret, "wait a minute, and ask again");
}

static bool is_switched_off(void)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/cmdline", "re");
	char line[4096], *rest = line, *word;

	if (!f || !fgets(line, sizeof(line), f))
		return false;
	while ((word = strsep(&rest, " \n")))
		if (strcmp(word, "mdev_gpu=off") == 0)
			return true;
	return false;
}

void link_switch(const struct look *look, struct finding *ret)
{
	if (!is_switched_off())
		return;
	if (is_waiting(look))
		finding_cause(ret, CAUSE_SWITCHED_OFF, "mdev_gpu=off on the kernel's command line: nothing runs by itself");
	else
		finding_say(ret, FINDING_NOTE, "mdev_gpu=off on the kernel's command line: nothing runs by itself");
	finding_advise(ret, "boot without it, or mdev-gpu apply %s", look->gpu->address);
}

/* The rule that udev takes: the first of these folders that has one of this name. NULL: none has, or no memory. */
static char *find_rule(void)
{
	static const char *const folders[] = {
		"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", UDEVRULESDIR,
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(freep) char *folder = root_path(folders[i]), *path = NULL;

		if (!folder || asprintf(&path, "%s" RULE, folder) < 0) {
			path = NULL;
			return NULL;
		}
		if (access(path, F_OK) == 0)
			return TAKE_PTR(path);
	}
	return NULL;
}

/* Whether "systemctl enable" has given the GPU to its unit; the rule looks for the same links. */
static bool has_unit(const char *address)
{
	static const char *const folders[] = { "/etc/systemd/system", "/run/systemd/system" };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(freep) char *folder = root_path(folders[i]), *path = NULL;

		if (!folder || asprintf(&path, "%s/sys-subsystem-pci-devices-%s.device.wants/mdev-gpu@%s.service", folder, address,
					address) < 0) {
			path = NULL;
			return false;
		}
		found |= faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	return found;
}

void link_rule(const struct look *look, struct finding *ret)
{
	_cleanup_(freep) char *path = find_rule();
	enum cause cause = path ? CAUSE_RULE_MASKED : CAUSE_RULE_MISSING;
	char text[512];

	if (path && !file_is_masked(path)) {
		finding_say(ret, FINDING_FINE, "%s", path);
		if (has_unit(look->gpu->address))
			finding_add(ret, "it leaves the GPU to mdev-gpu@%s.service", look->gpu->address);
		return;
	}
	if (path)
		snprintf(text, sizeof(text), "%s is masked: a link to /dev/null", path);
	else
		snprintf(text, sizeof(text), "udev has no rule " UDEVRULESDIR RULE ": nothing runs by itself");

	if (is_waiting(look))
		finding_cause(ret, cause, "%s", text);
	else
		finding_say(ret, FINDING_NOTE, "%s", text);
	finding_advise(ret, "%s, then udevadm control --reload and udevadm trigger %s",
		       path ? "remove the link" : "install it (make install)", look->gpu->syspath);
}

static bool has_result(const struct look *look, enum outcome outcome)
{
	return strcmp(look->last.result, outcome_name(outcome)) == 0;
}

static void say_last(const struct look *look, struct finding *ret)
{
	finding_say(ret, look_was_done(look) ? FINDING_FINE : FINDING_NOTE, "%s: %s", look->last.result,
		    text_of(look->last.message, look->gpu->address));
}

/* Whether the last run knew of all types that are missing now. */
static bool knew_all(const struct look *look)
{
	for (size_t i = 0; i < look->n_missing; i++) {
		const char *id = look->missing[i], *dash = strrchr(id, '-');
		bool known = false;

		for (char **num = look->last.types; num && *num; num++)
			known |= dash && strcmp(dash + 1, *num) == 0;
		for (char **name = look->last.expected; name && *name; name++)
			known |= strcmp(id, *name) == 0;
		if (!known)
			return false;
	}
	return true;
}

static void judge_current(const struct look *look, struct finding *ret)
{
	const char *address = look->gpu->address, *message = text_of(look->last.message, address);

	say_last(look, ret);
	if (has_result(look, OUTCOME_IN_USE)) {
		finding_cause(ret, CAUSE_IN_USE, "the last run changed nothing: %s", message);
		finding_advise(ret, "shut these VMs down and remove their devices, or say discardPrevious: false; then mdev-gpu "
				    "apply %s", address);
	} else if (strcmp(look->last.result, "running") == 0) {
		finding_cause(ret, CAUSE_RUN_FAILED, "the last run was killed before it ended");
		finding_advise(ret, "mdev-gpu apply %s", address);
	} else if (has_result(look, OUTCOME_FAILED)) {
		finding_cause(ret, CAUSE_RUN_FAILED, "the last run failed: %s", message);
		finding_advise(ret, "mend that, then mdev-gpu apply %s", address);
	} else if (has_result(look, OUTCOME_UNSUPPORTED)) {
		finding_cause(ret, CAUSE_STALE_RUN, "the last run was by an mdev-gpu that did not know the driver's release: %s", message);
		finding_advise(ret, "mdev-gpu apply %s", address);
	} else if (!has_result(look, OUTCOME_DONE) || !knew_all(look)) {
		finding_cause(ret, CAUSE_STALE_RUN, "the last run knew another configuration: %s", message);
		finding_advise(ret, "mdev-gpu apply %s", address);
	}
}

static void judge_unread(const struct look *look, struct finding *ret)
{
	if (is_waiting(look))
		finding_cause(ret, CAUSE_NOT_RUN, "no run is known of: its record cannot be read: %s", look->no_record);
	else
		finding_say(ret, FINDING_NOTE, "its record cannot be read: %s", look->no_record);
}

void link_last_run(const struct look *look, struct finding *ret)
{
	if (look->current && look->n_missing)
		judge_current(look, ret);
	else if (look->current)
		say_last(look, ret);
	else if (look->no_record)
		judge_unread(look, ret);
	else if (is_waiting(look) && look->recorded)
		finding_cause(ret, CAUSE_STALE_RUN, "the last run was before the system or the driver was started anew");
	else if (is_waiting(look))
		finding_cause(ret, CAUSE_NOT_RUN, "no run since the driver bound to it");

	if (is_waiting(look))
		finding_advise(ret, "udevadm trigger %s, or mdev-gpu apply %s", look->gpu->syspath, look->gpu->address);
	if (look->recorded)
		finding_add(ret, "at %s, by %s, driver %s", look->last.time, look->last.by,
			    *look->last.version ? look->last.version : "not known");
}
