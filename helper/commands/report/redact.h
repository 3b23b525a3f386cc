/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replaces what is nobody else's business: names of hosts and users, serial numbers, UUIDs. The same one becomes the same word
 * everywhere, so that a reader still sees what belongs together.
 */
#pragma once

#include <stdio.h>

#include "base/macro.h"

/* The words are "host1", "domain1", "user1", "serial1"; a UUID becomes another one. */
enum secret_kind { SECRET_HOST, SECRET_DOMAIN, SECRET_USER, SECRET_SERIAL, SECRET_KINDS };

struct secret {
	char *text, *word;
	enum secret_kind kind;
};

struct redaction {
	struct secret *secrets; /* the longest first */
	size_t n, counts[SECRET_KINDS];
	char **uuids, **kept; /* each NULL-terminated; kept: those that are words of a report, and stay */
	size_t n_uuids, n_kept;
};

/* Adds a secret; same: the word of a secret before, which the new one is another form of, NULL: it gets one of its own. 0 or -ENOMEM. */
int redact_learn(struct redaction *redaction, enum secret_kind kind, const char *text, const char *same)
	_must_check_ _nonnull_(1, 3);

/* Returns the word of a secret, NULL where it is none. */
const char *redact_word(const struct redaction *redaction, const char *text) _nonnull_all_;

/* Learns the users whose home folders and the serial numbers that a text names. 0 or -ENOMEM. */
int redact_learn_from(struct redaction *redaction, const char *text) _must_check_ _nonnull_all_;

/* Writes a text without its secrets. 0 or -ENOMEM. */
int redact_write(struct redaction *redaction, const char *text, FILE *to) _must_check_ _nonnull_all_;

void redaction_done(struct redaction *redaction);
