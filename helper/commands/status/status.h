/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of status give to each other. */
#pragma once

#include "base/json.h"
#include "core/survey.h"

struct status {
	const struct survey *survey;
	char *problem;      /* why the configuration does not count; NULL: it does */
	char *architecture; /* the folder that is for the GPU, whatever its own file says; NULL: none, or not known */
	bool no_catalog;    /* folders could not be read, so that there may be one */
};

/* For people, text.c: as wide as the terminal, in its colours. Only words and paths that are longer by themselves are longer. */
void status_print(const struct status *status);

/* Begins anew at the top of a terminal; off a terminal, an empty line parts the pages. */
void status_begin_page(void);

/* For programs, json.c: schema/status.schema.json says what each key means. */
void status_json(struct json *json, const struct status *status);
