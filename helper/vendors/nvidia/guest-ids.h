/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PCI IDs under which guests know NVIDIA's vGPUs: a file of the program's own, in lines as "1eb8:130d GRID T4-2Q". A line
 * that is found is not terminated: it ends with a newline.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "model/diagnostics.h"

/* No text: there is none. */
struct guest_ids {
	char *text;
	size_t size;
};

/* Where the name begins in a line. */
#define GUEST_ID_NAME 10

/* Reads the file when it is first asked for. That it is missing or damaged stops nothing; diag (may be NULL) is told. */
const struct guest_ids *guest_ids_read(struct diagnostics *diag) _must_check_;

/* Returns whether a vGPU has this ID. */
bool guest_ids_have(const struct guest_ids *ids, uint16_t chip, uint16_t subsystem) _nonnull_all_;

/* Finds the first vGPU of a device. */
const char *guest_ids_of_chip(const struct guest_ids *ids, uint16_t chip) _nonnull_all_;

/* Finds the vGPU behind a line that is of the same device; NULL: it was the last one. */
const char *guest_ids_next(const char *line) _nonnull_all_;

/* Finds a vGPU of a subsystem. */
const char *guest_ids_of_subsystem(const struct guest_ids *ids, uint16_t subsystem) _nonnull_all_;

/* Returns whether GPUs with this device ID have vGPUs that NVIDIA's list no longer names (field.md, 4.4). */
bool guest_ids_are_of_older(uint16_t chip);
