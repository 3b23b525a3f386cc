/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzz targets share. Each has its LLVMFuzzerTestOneInput(), and counts what its inputs reach. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How often inputs came to an end where they meant something: a target that gets nowhere finds nothing. See local.mk. */
struct counter {
	const char *name; /* NULL ends the list */
	unsigned long n;
};
extern struct counter counters[];

/* States what the code behind a parser may take for granted; a breach is a finding. */
#define require(holds) ((holds) ? (void)0 : breach(#holds, __FILE__, __LINE__))
_Noreturn void breach(const char *claim, const char *file, int line);

/* A folder in memory, which is gone when the target ends; the program takes it for /. */
extern char scratch[];

/* Makes a file in it, and its folders. path is from / on. */
void scratch_write(const char *path, const void *data, size_t size);

/* Makes a link in it, and its folders. */
void scratch_link(const char *target, const char *path);

/* Removes a file or an empty folder from it, if it is there. */
void scratch_remove(const char *path);

/* An input is cut into files at each byte 0x1c, which Unicode calls file separator. */
struct bytes {
	const uint8_t *data; /* NULL: there are no more */
	size_t size;
};

/* Takes the next file from the input. */
struct bytes take_file(struct bytes *input);

/* Writes the input's files to these paths; those that it does not have are removed. */
void write_files(struct bytes *input, const char *const *paths, size_t n);

/* Takes the next byte, 0 where there are no more. */
uint8_t take_byte(struct bytes *input);
