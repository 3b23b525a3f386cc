/* SPDX-License-Identifier: GPL-2.0-only */
/* What a check found, and what to do about it. Pure. */
#pragma once

#include <stddef.h>

#include "base/macro.h"

/* Why a GPU has no types, or that it has them. The words are for programs: manual and schema have them, they stay. */
enum cause {
	CAUSE_THERE,
	CAUSE_UNKNOWN,
	CAUSE_NO_DEVICE,
	CAUSE_VIRTUAL_FUNCTION,
	CAUSE_NOT_A_GPU,
	CAUSE_NO_DRIVER,
	CAUSE_PASSED_THROUGH,
	CAUSE_OTHER_DRIVER,
	CAUSE_RELEASE_UNKNOWN,
	CAUSE_CANNOT_SHARE,
	CAUSE_SHARING_OFF,
	CAUSE_NODE,
	CAUSE_NOT_A_HOST,
	CAUSE_MODULE_BLOCKED,
	CAUSE_MODULE_NOT_LOADED,
	CAUSE_REFUSED,
	CAUSE_UNTRUSTED,
	CAUSE_NO_FOLDER,
	CAUSE_UNKNOWN_GPU,
	CAUSE_FILTERED_OUT,
	CAUSE_NO_TYPES,
	CAUSE_VENDOR_VFIO,
	CAUSE_NO_FUNCTIONS,
	CAUSE_SRIOV_OFF,
	CAUSE_VFS_ELSEWHERE,
	CAUSE_RUNNING,
	CAUSE_SWITCHED_OFF,
	CAUSE_RULE_MISSING,
	CAUSE_RULE_MASKED,
	CAUSE_NOT_RUN,
	CAUSE_STALE_RUN,
	CAUSE_IN_USE,
	CAUSE_RUN_FAILED,
	CAUSE_DISCARDED,
	CAUSE_HIDDEN,
	CAUSE_NOT_SHOWN,
	CAUSE_TAKEN,
	CAUSES,
};

/* "no-driver" */
const char *cause_word(enum cause cause);

enum finding_state {
	FINDING_FINE,
	FINDING_NOTE,    /* worth a word, but not why types are missing */
	FINDING_CAUSE,   /* why types are missing */
	FINDING_UNKNOWN, /* it could not be examined */
	FINDING_STATES,
};

/* "fine", "note", "cause", "unknown" */
const char *finding_state_word(enum finding_state state);

struct finding {
	enum finding_state state;
	enum cause cause; /* of FINDING_CAUSE */
	char *seen;       /* one line; NULL: the check has nothing to say */
	char *advice;     /* what to do, in words; NULL: nothing */
	char **commands;  /* … and in a shell, in order, each whole; NULL-terminated, NULL: none */
	char **more;      /* further lines, likewise */
	size_t n_commands, n_more;
};

/* Each replaces what was said before. */
void finding_say(struct finding *finding, enum finding_state state, const char *fmt, ...) _printf_(3, 4);
void finding_advise(struct finding *finding, const char *fmt, ...) _printf_(2, 3);

#define finding_cause(finding, why, ...) ((finding)->cause = (why), finding_say(finding, FINDING_CAUSE, __VA_ARGS__))

/* Adds a command that does, or begins, what was advised: for root, to be pasted as it stands. */
void finding_command(struct finding *finding, const char *fmt, ...) _printf_(2, 3);

/* Takes back what was advised. */
void finding_advise_nothing(struct finding *finding);

/* Adds a line below what was seen; drops it when memory is out. */
void finding_add(struct finding *finding, const char *fmt, ...) _printf_(2, 3);

void finding_done(struct finding *finding);
