/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A report is put together whole, then read once for what only a text tells (home folders, serial numbers), and then written with
 * every secret replaced, wherever in it that stands. A secret counts as a word of its own: a user called al is none in "all".
 */
#include "commands/report/redact.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/string-util.h"

/* Below that, a name would be found where it is not meant. */
#define SECRET_LEAST 3

/* What a report is made of cannot be replaced in it. */
static const char *const words[] = {
	"admin", "amd", "amdgpu", "bios", "bus", "card", "class", "client", "cmdline", "console", "data", "debian", "desktop", "dev", "device",
	"devices", "driver", "drivers", "exit", "explain", "fedora", "files", "gpu", "gpus", "guest", "gvm", "host", "i915", "intel", "kernel",
	"kvm", "libvirt", "linux", "local", "localdomain", "localhost", "mdev", "mdevctl", "module", "modules", "name", "nobody", "node", "none",
	"nvidia", "path", "pci", "probe", "proxmox", "qemu", "report", "root", "rules", "server", "state", "status", "sysfs", "system", "systemd",
	"test", "text", "type", "types", "ubuntu", "udev", "user", "vfio", "vgpu", "virtual", "world",
};

static const char *const kinds[SECRET_KINDS] = { "host", "domain", "user", "serial" };

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_reserved(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(words[i], text) == 0)
			return true;
	return false;
}

const char *redact_word(const struct redaction *redaction, const char *text)
{
	for (size_t i = 0; i < redaction->n; i++)
		if (strcasecmp(redaction->secrets[i].text, text) == 0)
			return redaction->secrets[i].word;
	return NULL;
}

int redact_learn(struct redaction *r, enum secret_kind kind, const char *text, const char *same)
{
	struct secret *items, secret = { .kind = kind };
	size_t place = 0;

	if (!*text || redact_word(r, text) || string_in(text, (const char *const *)r->kept, r->n_kept))
		return 0;
	if (strlen(text) < SECRET_LEAST || is_reserved(text))
		return strv_add(&r->kept, &r->n_kept, text);
	items = reallocarray(r->secrets, r->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	r->secrets = items;
	secret.text = strdup(text);
	secret.word = same ? strdup(same) : text_format("%s%zu", kinds[kind], ++r->counts[kind]);
	if (!secret.text || !secret.word) {
		free(secret.text);
		free(secret.word);
		return -ENOMEM;
	}
	while (place < r->n && strlen(items[place].text) >= strlen(text))
		place++;
	memmove(items + place + 1, items + place, (r->n - place) * sizeof(*items));
	items[place] = secret;
	r->n++;
	return 0;
}

/* Learns so many bytes of a text. */
static int learn_part(struct redaction *r, enum secret_kind kind, const char *text, size_t n)
{
	_cleanup_(freep) char *part = strndup(text, n);

	return part ? redact_learn(r, kind, part, NULL) : -ENOMEM;
}

/* Returns the serial number that follows a word "serial", "Serial Number: 0324…", and its length; a word without a digit is none. */
static const char *serial_after(const char *text, size_t *length)
{
	static const char *const more[] = { " number", "_number", "-number", " no", " #" };
	const char *at = text + strlen("serial");
	bool has_digit = false;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		if (strncasecmp(at, more[i], strlen(more[i])) == 0) {
			at += strlen(more[i]);
			break;
		}
	n = strspn(at, ".: =\t\"'#");
	at += n;
	*length = 0;
	while (isalnum((unsigned char)at[*length]) || at[*length] == '-') {
		has_digit |= isdigit((unsigned char)at[*length]);
		++*length;
	}
	return n && has_digit && *length > SECRET_LEAST ? at : NULL;
}

int redact_learn_from(struct redaction *r, const char *text)
{
	int result = 0;

	for (const char *at = text; *at && result == 0; at++) {
		bool begins = at == text || !is_word(at[-1]);
		const char *serial;
		size_t n;

		if (strncmp(at, "/home/", 6) == 0)
			result = learn_part(r, SECRET_USER, at + 6, strcspn(at + 6, "/ \t\n:\"'\\,;)"));
		if (result < 0 || !begins || strncasecmp(at, "serial", 6) != 0)
			continue;
		serial = serial_after(at, &n);
		if (serial)
			result = learn_part(r, SECRET_SERIAL, serial, n);
	}
	return result;
}

/* Returns the length of a UUID, or of one without dashes as machines and boots have, that text begins with; 0: it is none. */
static size_t uuid_length(const char *text)
{
	static const unsigned char parts[] = { 8, 4, 4, 4, 12 };
	size_t n = 0, digits = strspn(text, "0123456789abcdefABCDEF");

	if (digits == 32)
		return is_word(text[32]) ? 0 : 32;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strspn(text + n, "0123456789abcdefABCDEF") != parts[i])
			return 0;
		n += parts[i];
		if (i + 1 < ARRAY_SIZE(parts) && text[n++] != '-')
			return 0;
	}
	return is_word(text[n]) ? 0 : n;
}

static int write_uuid(struct redaction *r, const char *text, size_t n, FILE *to)
{
	_cleanup_(freep) char *uuid = strndup(text, n);
	size_t i = 0;

	if (!uuid)
		return -ENOMEM;
	while (i < r->n_uuids && strcasecmp(r->uuids[i], uuid) != 0)
		i++;
	if (i == r->n_uuids && strv_add(&r->uuids, &r->n_uuids, uuid) < 0)
		return -ENOMEM;
	fprintf(to, n == 32 ? "%032zx" : "00000000-0000-4000-8000-%012zx", i + 1);
	return 0;
}

/* Returns the secret that a text begins with, NULL: none. */
static const struct secret *secret_at(const struct redaction *r, const char *text)
{
	for (size_t i = 0; i < r->n; i++) {
		size_t n = strlen(r->secrets[i].text);

		if (strncasecmp(text, r->secrets[i].text, n) == 0 && !is_word(text[n]))
			return &r->secrets[i];
	}
	return NULL;
}

int redact_write(struct redaction *r, const char *text, FILE *to)
{
	const char *at = text;
	int result = 0;

	while (*at && result == 0) {
		bool begins = at == text || !is_word(at[-1]);
		const struct secret *secret = begins ? secret_at(r, at) : NULL;
		size_t n = begins ? uuid_length(at) : 0;

		if (secret) {
			fputs(secret->word, to);
			at += strlen(secret->text);
		} else if (n) {
			result = write_uuid(r, at, n, to);
			at += n;
		} else {
			fputc(*at++, to);
		}
	}
	return result;
}

void redaction_done(struct redaction *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->secrets[i].text);
		free(r->secrets[i].word);
	}
	free(r->secrets);
	strv_free(r->uuids);
	strv_free(r->kept);
}
