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

/* A double-quoted string as JSON and YAML both read it. text is UTF-8. */
void json_quote(FILE *file, const char *text);
