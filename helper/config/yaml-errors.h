/* SPDX-License-Identifier: GPL-2.0-only */
/* The YAML parser's problems in the words of people who write YAML. */
#pragma once

#include "config/node.h"

struct yaml_problem {
	struct diagnostics *diag;
	struct location location;         /* of the problem */
	const char *text, *context; /* the parser's own words; context may be NULL */
	size_t line, column;        /* of the problem, from 0 */
	size_t context_line;        /* of what the parser was reading, from 0 */
	const char *input;          /* the file, NUL-terminated */
	size_t size;
	const struct node *open;    /* the innermost list or mapping that was being read; NULL: none */
};

/* Reports the mistake that the problem most likely is. Returns -EINVAL. */
int yaml_report_problem(const struct yaml_problem *problem) _must_check_ _nonnull_all_;
