/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/outcome.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

const char *outcome_name(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_DONE:
		return "done";
	case OUTCOME_FAILED:
		return "failed";
	case OUTCOME_USAGE:
		return "usage";
	case OUTCOME_REFUSED:
		return "refused";
	case OUTCOME_IN_USE:
		return "in use";
	case OUTCOME_UNSUPPORTED:
		return "unsupported";
	}
	return NULL;
}

int outcome_from_name(const char *name, enum outcome *ret)
{
	for (enum outcome outcome = OUTCOME_DONE; outcome_name(outcome); outcome++)
		if (strcmp(name, outcome_name(outcome)) == 0) {
			*ret = outcome;
			return 0;
		}
	return -EINVAL;
}
