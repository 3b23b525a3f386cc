/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/path.h"
#include "base/string-util.h"
#include "commands/report/capture.h"
#include "commands/report/out.h"
#include "commands/report/sources.h"

/* A query of packages, or of logs, is not what hangs; if it does, the rest of the report comes after this. */
#define PROGRAM_SECONDS 20

/* Returns what a file of KEY=VALUE lines has for a key, without quotes, to be freed; NULL: nothing. */
static char *value_of(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *value = line + n + 1;

		if (strncmp(line, key, n) != 0 || line[n] != '=')
			continue;
		value += *value == '"';
		return strndup(value, strcspn(value, "\"\n"));
	}
	return NULL;
}

/* Words of the kernel's command line that can matter to a GPU, by how they begin. What else stands there is left out. */
static bool matters(const char *word)
{
	static const char *const begins[] = {
		"amd_iommu", "i915.", "intel_iommu", "iommu", "kvmgt.", "lockdown", "mdev_gpu", "mitigations", "module.", "module_blacklist",
		"modprobe.blacklist", "nomodeset", "nouveau.", "nvidia", "pci=", "pcie_", "rd.driver.", "vfio", "xe.",
	};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncmp(word, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

static void put_cmdline(FILE *to)
{
	_cleanup_(freep) char *line = capture_file("/proc/cmdline"), *kept = NULL;
	size_t left_out = 0;

	for (char *rest = line, *word; (word = strsep(&rest, " \n")); )
		if (matters(word))
			text_append(&kept, "%s%s", kept ? " " : "", word);
		else
			left_out += *word != '\0';
	out_text(to, 2, "cmdline", kept ? kept : "");
	fprintf(to, "  cmdline left out: %zu words\n", left_out);
}

/* Lists packages that have a part in vGPUs, by whichever manager of packages is there. */
static void put_packages(FILE *to)
{
	static const char pattern[] = "^(mdev|nvidia|kmod|libkmod|libudev|libyaml|libvirt|qemu|systemd|udev|linux-image|kernel|pve-)";
	static const char *const queries[][5] = {
		{ "dpkg-query", "--show", "--showformat=${Package} ${Version}\\n", NULL },
		{ "rpm", "--query", "--all", "--queryformat=%{NAME} %{VERSION}-%{RELEASE}\\n", NULL },
		{ "pacman", "--query", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		_cleanup_(capture_done) struct capture got = { 0 };
		_cleanup_(freep) char *text = NULL;

		if (capture_program(queries[i], PROGRAM_SECONDS, &got) < 0 || got.status != 0)
			continue;
		text = lines_like(got.output, pattern, 200);
		out_text(to, 2, "packages", text ? text : "");
		return;
	}
}

void source_host(FILE *to)
{
	_cleanup_(freep) char *path = root_path("/etc/os-release"), *release = path ? capture_file(path) : NULL;
	_cleanup_(freep) char *system = release ? value_of(release, "PRETTY_NAME") : NULL;
	struct utsname name;
	char boot[64];

	out_section(to, "host", "the system; of the kernel's command line only what can matter to a GPU");
	out_text(to, 2, "system", system ? system : "not known");
	if (uname(&name) == 0)
		fprintf(to, "  kernel: \"%s %s\"\n", name.release, name.machine);
	file_read_boot(boot, sizeof(boot));
	out_text(to, 2, "boot", boot);
	fprintf(to, "  root: %s\n", geteuid() == 0 ? "true" : "false");
	put_cmdline(to);
	put_packages(to);
}

/* Runs the program that this one belongs to. */
static void put_command(FILE *to, const char *const words[], const char *shown)
{
	_cleanup_(freep) char *path = own_path(BINDIR, "mdev-gpu");
	_cleanup_(capture_done) struct capture got = { 0 };
	const char *argv[8] = { path };
	size_t n = 1;

	if (*root_dir()) {
		argv[n++] = "--root";
		argv[n++] = root_dir();
	}
	for (; *words && n + 1 < ARRAY_SIZE(argv); words++)
		argv[n++] = *words;
	if (!path || capture_program(argv, PROGRAM_SECONDS, &got) < 0)
		return;
	fprintf(to, "- command: \"%s\"\n  exit: %d\n", shown, got.status);
	if (got.timed_out)
		fprintf(to, "  ended: \"after %d seconds\"\n", PROGRAM_SECONDS);
	out_text(to, 2, "output", got.output);
}

void source_commands(FILE *to)
{
	static const char *const explain[] = { "explain", NULL }, *const status[] = { "status", NULL },
				 *const check[] = { "check", NULL };

	out_section(to, "commands", "what mdev-gpu says itself");
	put_command(to, explain, "mdev-gpu explain");
	put_command(to, status, "mdev-gpu status");
	put_command(to, check, "mdev-gpu check");
}

/* Writes a log's lines that match. Without a journal, or the right to read it, there are none. */
static void put_log(FILE *to, const char *key, const char *const argv[], const char *pattern)
{
	_cleanup_(capture_done) struct capture got = { 0 };
	_cleanup_(freep) char *text = NULL;

	if (capture_program(argv, PROGRAM_SECONDS, &got) < 0)
		return;
	if (got.status != 0) {
		text = text_format("not read: %s, exit code %d", argv[0], got.status);
		out_text(to, 2, key, text ? text : "");
		return;
	}
	text = lines_like(got.output, pattern, 400);
	out_text(to, 2, key, text ? text : "");
}

void source_logs(FILE *to)
{
	static const char *const journal[] = { "journalctl", "--boot", "--quiet", "--no-pager", "--no-hostname", "--output=short-iso",
					       "--identifier=mdev-gpu", "--identifier=mdev-cli", "--identifier=mdevctl",
					       "--identifier=nvidia-vgpud", "--identifier=nvidia-vgpu-mgr", NULL };
	static const char *const kernel[] = { "dmesg", NULL };

	out_section(to, "logs", "what was said since the system was started, the last lines of it");
	put_log(to, "journal", journal, "");
	put_log(to, "kernel", kernel, "NVRM|nvidia|vgpu|vfio|mdev|i915|kvmgt|gvt|iommu|DMAR|SR-IOV|sriov| xe ");
}
