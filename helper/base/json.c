/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/json.h"

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

/* Returns the bytes of the UTF-8 character that text begins with; 0 where it begins with none (Unicode, table 3-7). */
static size_t character_size(const char *text)
{
	static const struct {
		unsigned char first, last, low, high; /* the first byte, the second one */
		size_t size;
	} forms[] = {
		{ 0x01, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t n = 2;

		if (s[0] < forms[i].first || s[0] > forms[i].last || s[1] < forms[i].low || s[1] > forms[i].high)
			continue;
		while (n < forms[i].size && (s[n] & 0xc0) == 0x80)
			n++;
		return n >= forms[i].size ? forms[i].size : 0;
	}
	return 0;
}

/* Returns how many characters of ASCII text begins with that stand for themselves. */
static size_t count_plain(const char *text)
{
	size_t n = 0;

	while ((unsigned char)text[n] >= 0x20 && (unsigned char)text[n] < 0x80 && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void json_quote(FILE *file, const char *text)
{
	fputc('"', file);
	for (size_t n; *text; text += n ? n : 1) {
		n = count_plain(text);
		if (n == 0)
			n = character_size(text);
		if (n == 0)
			fputs("\\ufffd", file);
		else if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(file, "\\u%04x", (unsigned char)*text);
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
