/* SPDX-License-Identifier: GPL-2.0-only */
/* The survey of a GPU as status shows it, and its forms. */
#pragma once

#include "base/json.h"
#include "core/chain.h"
#include "core/survey.h"

struct status {
	const struct survey *survey;
	const struct chain *chain; /* explain's judgement of it */
	char *problem;      /* why the configuration does not count; NULL: it does */
	char *architecture; /* the folder that is for the GPU, also beside a local file; NULL: none, or not known */
	bool no_catalog;    /* folders could not be read, so that there may be one */
};

/* Prints for people, text.c: as wide as the terminal, in its colours; only a word or a path can be wider. */
void status_print(const struct status *status) _nonnull_all_;

/* Print a GPU as one line below a heading, for hosts with several. */
void status_print_heading(void);
void status_print_line(const struct status *status) _nonnull_all_;

/* Begins anew at the top of a terminal; off a terminal, an empty line parts the pages. */
void status_begin_page(void);

/* Prints a table of a GPU's virtual functions, where it has some that the table of types does not tell of; functions.c. */
void status_print_functions(const struct survey *survey) _nonnull_all_;

/* The same for programs, whatever they are. */
void status_json_functions(struct json *json, const struct survey *survey) _nonnull_all_;

/* Prints for programs, json.c: schema/status.schema.json says what each key means. */
void status_json(struct json *json, const struct status *status) _nonnull_all_;

/* The samples of all GPUs for Prometheus, metrics.c; mdev-gpu(8), METRICS, says what each means. */
struct metrics;

/* Begins without a GPU. 0 or -ENOMEM. */
int status_metrics_new(struct metrics **ret) _must_check_ _nonnull_all_;

void status_metrics_add(struct metrics *metrics, const struct status *status) _nonnull_all_;

/* Prints them all. 0, or -ENOMEM with nothing printed. */
int status_metrics_print(struct metrics *metrics) _must_check_ _nonnull_all_;

/* Takes NULL. */
void status_metrics_free(struct metrics *metrics);

DEFINE_CLEANUP(struct metrics *, status_metrics_free)
