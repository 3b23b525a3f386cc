/* SPDX-License-Identifier: GPL-2.0-only */
#include "json.h"

#include <inttypes.h>

static void begin_value(struct json *json)
{
	if (json->comma)
		fputc(',', json->file);
	json->comma = true;
}

void json_open(struct json *json, char bracket)
{
	begin_value(json);
	fputc(bracket, json->file);
	json->comma = false;
}

void json_close(struct json *json, char bracket)
{
	fputc(bracket, json->file);
	json->comma = true;
}

void json_end(struct json *json, char bracket)
{
	json_close(json, bracket);
	fputc('\n', json->file);
}

void json_quote(FILE *file, const char *text)
{
	fputc('"', file);
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(file, "\\u%04x", (unsigned char)*text);
		else
			fputc(*text, file);
	fputc('"', file);
}

void json_key(struct json *json, const char *key)
{
	begin_value(json);
	json_quote(json->file, key);
	fputc(':', json->file);
	json->comma = false;
}

void json_string(struct json *json, const char *text)
{
	begin_value(json);
	json_quote(json->file, text);
}

void json_number(struct json *json, uint64_t number)
{
	begin_value(json);
	fprintf(json->file, "%" PRIu64, number);
}

void json_boolean(struct json *json, bool truth)
{
	begin_value(json);
	fputs(truth ? "true" : "false", json->file);
}

void json_null(struct json *json)
{
	begin_value(json);
	fputs("null", json->file);
}
