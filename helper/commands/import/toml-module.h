/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the program, which is C, and its module mdev-gpu-toml.so, which is C++ because the distributions' TOML libraries
 * are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What the module finds, in the order of the file's tree. A table's keys come as texts, each before its value. */
struct toml_sink {
	void *context;
	void (*begin)(void *context, bool is_table, unsigned line, unsigned column);
	void (*scalar)(void *context, const char *text, bool is_text, unsigned line, unsigned column);
	void (*end)(void *context);
	void (*diagnostic)(void *context, const char *what, unsigned line, unsigned column);
};

#define TOML_MODULE "mdev-gpu-toml.so"
#define TOML_PARSE "mdev_gpu_toml_parse"

typedef void toml_parse_fn(const char *text, size_t size, const struct toml_sink *sink);
