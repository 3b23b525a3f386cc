/* SPDX-License-Identifier: GPL-2.0-only */
/* Type numbers that mean different things on different GPUs, told before there are such GPUs. */
#pragma once

#include "config/catalog.h"

/* Which other files may be in use on the same host. */
enum number_reach {
	NUMBER_ALONE,  /* none: somebody named the file */
	NUMBER_OWN,    /* the administrator's own, beside the folders */
	NUMBER_FOLDER, /* an architecture folder, beside the own file and other folders */
};

struct number_list {
	struct number *items;
	size_t n, groups;
};

/* Adds the types of files that are taken together. Only borrowed: the selection must outlive the list. 0 or -ENOMEM. */
int number_add(struct number_list *list, const struct selection *selection, enum number_reach reach);

/*
 * Warns of each number that another section, for other GPUs, defines otherwise: the driver keeps one definition, which is right
 * where the two never are in one host. What meets on one GPU is a mistake that plan_build() tells.
 */
void number_report(struct number_list *list, struct report *report);

void number_list_done(struct number_list *list);
