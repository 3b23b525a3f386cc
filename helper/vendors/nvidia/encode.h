/* SPDX-License-Identifier: GPL-2.0-only */
/* A type as a parameter block of the RM, and back. Little endian, as every machine that has such a GPU. */
#pragma once

#include "model/type.h"
#include "vendors/nvidia/abi.h"

/* One number of a block; a field of size 0 takes nothing and reads as 0. */
void info_put(uint8_t *block, struct field field, uint64_t value);
uint64_t info_get(const uint8_t *block, struct field field);

/*
 * Fills in the info of a zeroed SET_INFO block. Every length and bound has been checked against the release's limits
 * (plan.c); every value of the type is there.
 */
void info_encode(const struct abi *abi, const struct type *type, uint8_t *block);

/*
 * Reads the info of a GET_TYPE_INFO block into an empty type; what the driver does not give back (the signature, truths it
 * clears by rules of its own) stays absent. 0 or -ENOMEM.
 */
int info_decode(const struct abi *abi, const uint8_t *block, struct type *type);

/*
 * Copies from a GET_TYPE_INFO block what SET_INFO takes; the rest the driver computes. The signature cannot be had: for a
 * number that the kernel knows it keeps its own copy (nvidia-rm-sequence).
 */
void info_copy(const struct abi *abi, const uint8_t *from, uint8_t *to);
