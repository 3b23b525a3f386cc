/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/json.h"

#include <inttypes.h>

#include "base/string-util.h"

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

/* Returns whether a character is written by its number: no terminal should see it as it is, or no reader of YAML takes it so. */
static bool is_escaped(uint32_t c)
{
	return is_control(c) || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

/* Returns how many characters of ASCII text begins with that stand for themselves. */
static size_t count_plain(const char *text)
{
	size_t n = 0;

	while ((unsigned char)text[n] >= 0x20 && (unsigned char)text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void json_quote(FILE *file, const char *text)
{
	fputc('"', file);
	for (size_t n; *text; text += n ? n : 1) {
		uint32_t c = ' ';

		n = count_plain(text);
		if (n == 0)
			n = read_character(text, &c);
		if (n == 0)
			fputs("\\ufffd", file);
		else if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if (is_escaped(c))
			fprintf(file, "\\u%04" PRIx32, c);
		else
			fwrite(text, 1, n, file);
	}
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

void json_open_item(struct json *json)
{
	json_open(json, '{');
	json_put_number(json, "version", JSON_VERSION);
}

void json_put_string(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	if (text)
		json_string(json, text);
	else
		json_null(json);
}

void json_put_number(struct json *json, const char *key, uint64_t number)
{
	json_key(json, key);
	json_number(json, number);
}

void json_put_boolean(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	json_boolean(json, value);
}

void json_put_list(struct json *json, const char *key, char *const *list)
{
	json_key(json, key);
	json_open(json, '[');
	for (; list && *list; list++)
		json_string(json, *list);
	json_close(json, ']');
}
