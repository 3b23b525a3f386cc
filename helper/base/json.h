/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes JSON; puts the commas. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *file;
	bool comma; /* a value stands before in this array or object */
};

/* bracket: '{' or '[', and the matching one to close. */
void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);

/* Closes the last bracket and the line. */
void json_end(struct json *json, char bracket);

/* In an object before each value. */
void json_key(struct json *json, const char *key);

void json_string(struct json *json, const char *text);
void json_number(struct json *json, uint64_t number);
void json_boolean(struct json *json, bool truth);
void json_null(struct json *json);

/* A key and its value; NULL is null. */
void json_put_string(struct json *json, const char *key, const char *text);
void json_put_number(struct json *json, const char *key, uint64_t number);
void json_put_boolean(struct json *json, const char *key, bool value);

/* A key whose value is an array of the strings of a NULL-terminated list, which may be NULL. */
void json_put_list(struct json *json, const char *key, char *const *list);

/* A double-quoted string as JSON and YAML both read it. text is UTF-8. */
void json_quote(FILE *file, const char *text);
