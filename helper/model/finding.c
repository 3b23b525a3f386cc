/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/finding.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/string-util.h"

static const char *const cause_words[CAUSES] = {
	[CAUSE_THERE] = "there",
	[CAUSE_UNKNOWN] = "unknown",
	[CAUSE_NO_DEVICE] = "no-device",
	[CAUSE_VIRTUAL_FUNCTION] = "virtual-function",
	[CAUSE_NOT_A_GPU] = "not-a-gpu",
	[CAUSE_NO_DRIVER] = "no-driver",
	[CAUSE_PASSED_THROUGH] = "passed-through",
	[CAUSE_OTHER_DRIVER] = "other-driver",
	[CAUSE_RELEASE_UNKNOWN] = "release-unknown",
	[CAUSE_CANNOT_SHARE] = "cannot-share",
	[CAUSE_SHARING_OFF] = "sharing-off",
	[CAUSE_NODE] = "node",
	[CAUSE_NOT_A_HOST] = "not-a-host",
	[CAUSE_MODULE_BLOCKED] = "module-blocked",
	[CAUSE_MODULE_NOT_LOADED] = "module-not-loaded",
	[CAUSE_REFUSED] = "refused",
	[CAUSE_UNTRUSTED] = "untrusted",
	[CAUSE_NO_FOLDER] = "no-folder",
	[CAUSE_UNKNOWN_GPU] = "unknown-gpu",
	[CAUSE_FILTERED_OUT] = "filtered-out",
	[CAUSE_NO_TYPES] = "no-types",
	[CAUSE_VENDOR_VFIO] = "vendor-vfio",
	[CAUSE_NO_FUNCTIONS] = "no-functions",
	[CAUSE_SRIOV_OFF] = "sriov-off",
	[CAUSE_VFS_ELSEWHERE] = "vfs-elsewhere",
	[CAUSE_RUNNING] = "running",
	[CAUSE_SWITCHED_OFF] = "switched-off",
	[CAUSE_RULE_MISSING] = "rule-missing",
	[CAUSE_RULE_MASKED] = "rule-masked",
	[CAUSE_NOT_RUN] = "not-run",
	[CAUSE_STALE_RUN] = "stale-run",
	[CAUSE_IN_USE] = "in-use",
	[CAUSE_RUN_FAILED] = "run-failed",
	[CAUSE_DISCARDED] = "discarded-by-others",
	[CAUSE_HIDDEN] = "hidden",
	[CAUSE_NOT_SHOWN] = "not-shown",
	[CAUSE_TAKEN] = "taken",
};

const char *cause_word(enum cause cause)
{
	return cause_words[cause];
}

static const char *const state_words[FINDING_STATES] = {
	[FINDING_FINE] = "fine",
	[FINDING_NOTE] = "note",
	[FINDING_CAUSE] = "cause",
	[FINDING_UNKNOWN] = "unknown",
};

const char *finding_state_word(enum finding_state state)
{
	return state_words[state];
}

void finding_say(struct finding *finding, enum finding_state state, const char *fmt, ...)
{
	va_list ap;

	free(finding->seen);
	finding->state = state;
	va_start(ap, fmt);
	finding->seen = text_format_va(fmt, ap);
	va_end(ap);
	make_printable(finding->seen, '?');
}

void finding_advise(struct finding *finding, const char *fmt, ...)
{
	va_list ap;

	free(finding->advice);
	va_start(ap, fmt);
	finding->advice = text_format_va(fmt, ap);
	va_end(ap);
	make_printable(finding->advice, '?');
}

/* Adds a line to a list; when memory is out, only text_is_lost() tells. */
static _printf_(3, 0) void add_line(char ***lines, size_t *n, const char *fmt, va_list ap)
{
	_cleanup_(freep) char *line = text_format_va(fmt, ap);

	make_printable(line, '?');
	if (line && strv_add(lines, n, line) < 0)
		text_lose();
}

void finding_command(struct finding *finding, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&finding->commands, &finding->n_commands, fmt, ap);
	va_end(ap);
}

void finding_add(struct finding *finding, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&finding->more, &finding->n_more, fmt, ap);
	va_end(ap);
}

void finding_advise_nothing(struct finding *finding)
{
	free(TAKE_PTR(finding->advice));
	strv_free(TAKE_PTR(finding->commands));
	finding->n_commands = 0;
}

void finding_done(struct finding *finding)
{
	finding_advise_nothing(finding);
	strv_free(finding->more);
	free(finding->seen);
	*finding = (struct finding){ 0 };
}
