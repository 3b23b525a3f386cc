/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/outcome.h"

#include <stddef.h>

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
