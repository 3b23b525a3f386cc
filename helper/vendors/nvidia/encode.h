/* SPDX-License-Identifier: GPL-2.0-only */
/* Encodes a type as a parameter block of the RM, and decodes it. Little endian, as every machine with such a GPU. */
#pragma once

#include "model/type.h"
#include "vendors/nvidia/abi.h"

/* Write and read one number of a block; a field of size 0 takes nothing and reads as 0. */
void info_put(uint8_t *block, struct field field, uint64_t value) _nonnull_all_;
uint64_t info_get(const uint8_t *block, struct field field) _must_check_ _nonnull_all_;

/*
 * Fills in the info of a zeroed SET_INFO block. Every length and bound has been checked against the release's limits
 * (plan.c); every value of the type is there.
 */
void info_encode(const struct abi *abi, const struct type *type, uint8_t *block) _nonnull_all_;

/*
 * Reads the info of a GET_TYPE_INFO block into an empty type; what the driver does not give back (the signature,
 * booleans it clears by rules of its own) stays absent. 0 or -ENOMEM.
 */
int info_decode(const struct abi *abi, const uint8_t *block, struct type *type) _must_check_ _nonnull_all_;

/*
 * Copies from a GET_TYPE_INFO block what SET_INFO takes; the rest the driver computes. The signature cannot be read:
 * for a number that the kernel knows it keeps its own copy (nvidia-rm-sequence).
 */
void info_copy(const struct abi *abi, const uint8_t *from, uint8_t *to) _nonnull_all_;
