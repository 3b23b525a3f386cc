/* SPDX-License-Identifier: GPL-2.0-only */
/* Type numbers that mean different things on different GPUs, reported before there are such GPUs. */
#pragma once

#include "config/catalog.h"

/* Which other files may be in use on the same host. */
enum type_reach {
	REACH_ALONE,  /* none: the file is named */
	REACH_LOCAL,  /* the administrator's own, beside the folders */
	REACH_FOLDER, /* an architecture folder, beside the local file and other folders */
};

struct type_numbers {
	struct number *items;
	size_t n, groups;
};

/* Adds the types of files that are taken together. Only borrowed: the selection must outlive the list. 0 or -ENOMEM. */
int type_numbers_add(struct type_numbers *list, const struct selection *selection, enum type_reach reach)
	_must_check_ _nonnull_all_;

/*
 * Warns of each number that another section, for other GPUs, defines otherwise: the driver keeps one definition, which
 * is right where the two are never in one host. Numbers that meet on one GPU are mistakes, which plan_build() reports;
 * without a GPU it knows none of auto, so that a number which auto has for some device is warned of here.
 */
void type_numbers_report(struct type_numbers *list, struct diagnostics *diag) _nonnull_all_;

void type_numbers_done(struct type_numbers *list);
