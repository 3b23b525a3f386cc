/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes JSON; puts the commas. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/macro.h"

struct json {
	FILE *file;
	bool comma; /* a value stands before in this array or object */
};

/* Open and close an object or an array; bracket is '{' or '[', and the matching one to close. */
void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);

/* Closes the last bracket and the line. */
void json_end(struct json *json, char bracket);

/* Writes the key that stands in an object before each value. */
void json_key(struct json *json, const char *key) _nonnull_all_;

/* Write a value. */
void json_string(struct json *json, const char *text) _nonnull_all_;
void json_number(struct json *json, uint64_t number);
void json_boolean(struct json *json, bool truth);
void json_null(struct json *json);

/*
 * Opens an object of the list that a command prints, with the version of the command's form as its first key: another
 * number where a key goes or changes its meaning, the same one where keys are added.
 */
#define JSON_VERSION 1
void json_open_item(struct json *json);

/* Write a key and its value; NULL is null. */
void json_put_string(struct json *json, const char *key, const char *text);
void json_put_number(struct json *json, const char *key, uint64_t number);
void json_put_boolean(struct json *json, const char *key, bool value);

/* Writes a key whose value is an array of the strings of a NULL-terminated list, which may be NULL. */
void json_put_list(struct json *json, const char *key, char *const *list);

/* Writes a double-quoted string as JSON and YAML both read it. What is not UTF-8 in text becomes U+FFFD. */
void json_quote(FILE *file, const char *text) _nonnull_all_;
