/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's list of types on a GPU, and its definition of each. */
#pragma once

#include "vendors/nvidia/session.h"

/* The numbers of the types on the GPU. */
struct numbers {
	uint32_t *items;
	size_t n;
};

/* Reads them from the driver; where its list cannot be read, those that sysfs shows. */
enum outcome list_numbers(struct session *session, struct numbers *ret) _must_check_ _nonnull_all_;

/* Asks for one definition into a GET_TYPE_INFO block. An answer about another type is an error. */
struct rm_result list_definition(const struct session *session, uint32_t num, uint8_t *block)
	_must_check_ _nonnull_all_;

/* struct vendor's registered and defined. */
enum outcome list_registered(struct session *session, struct type_list *ret) _must_check_ _nonnull_all_;
enum outcome list_defined(struct session *session, uint64_t num, struct type_list *ret) _must_check_ _nonnull_all_;
