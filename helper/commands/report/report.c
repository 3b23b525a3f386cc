/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "mdev-gpu report" starts: everything that somebody who helps would ask for, in one file that is read before it is sent. The
 * report is put together first, then secrets are looked for in all of it, and only what has none left is written anywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "base/path.h"
#include "base/string-util.h"
#include "commands/command.h"
#include "commands/report/redact.h"
#include "commands/report/sources.h"

/* A number of the form; another one where a key goes or changes its meaning. */
#define REPORT_VERSION 1

struct options {
	const char *output; /* NULL: standard output */
	bool probe;
	bool help;
};

static void usage(void)
{
	printf("Usage: mdev-gpu report [-o FILE] [--probe]\n\n"
	       "Put together what somebody who helps would ask for, in one file to be read before it is sent.\n\n"
	       "Options:\n"
	       "  -o, --output FILE  write it there, for its owner alone, instead of to standard output\n"
	       "  -p, --probe        ask NVIDIA's driver, too: nothing is changed by that; takes root\n"
	       "  -R, --root DIR     find /etc and /run below DIR\n"
	       "  -h, --help         print this\n"
	       "\nExamples:\n"
	       "  mdev-gpu report -o report.yaml\n"
	       "  mdev-gpu report --probe -o report.yaml\n"
	       "\nSee mdev-gpu(8).\n");
}

/* Gathers the report, with its secrets. */
static void gather(FILE *to, const struct device_list *gpus, bool probe)
{
	source_host(to);
	source_commands(to);
	source_files(to, gpus);
	source_devices(to);
	source_driver(to, gpus);
	source_logs(to);
	if (probe)
		source_probe(to, gpus);
}

/* Says what has been replaced, and what could not be. */
static void put_head(const struct redaction *r, FILE *to)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	fprintf(to, "# A report of mdev-gpu. Read it before you send it: names of hosts and users, serial numbers and UUIDs are replaced,\n"
		"# each by the same word everywhere, as far as they are known as such.\n");
	fprintf(to, "report: %d\nprogram: \"%s\"\ntime: \"%s\"\n", REPORT_VERSION, PACKAGE_VERSION, text);
	fprintf(to, "replaced: {hosts: %zu, domains: %zu, users: %zu, serials: %zu, uuids: %zu}\n", r->counts[SECRET_HOST],
		r->counts[SECRET_DOMAIN], r->counts[SECRET_USER], r->counts[SECRET_SERIAL], r->n_uuids);
	fprintf(to, "not replaced: [");
	for (size_t i = 0; i < r->n_kept; i++) {
		fputs(i ? ", " : "", to);
		json_quote(to, r->kept[i]);
	}
	fprintf(to, "]%s\n", r->n_kept ? " # names that a report cannot do without, or too short to be found" : "");
}

/* Makes of the gathered text the one that may be read by others. */
static int redact(const char *gathered, char **ret)
{
	struct redaction r = { 0 };
	char *body = NULL, *text = NULL;
	size_t body_size, size;
	FILE *to = open_memstream(&body, &body_size);
	int result = to ? source_secrets(&r) : -ENOMEM;

	if (result == 0)
		result = redact_learn_from(&r, gathered);
	if (result == 0)
		result = redact_write(&r, gathered, to);
	if (to && fclose(to) != 0)
		result = -ENOMEM;
	to = result == 0 ? open_memstream(&text, &size) : NULL;
	if (to) {
		put_head(&r, to);
		fputs(body, to);
	}
	if (result == 0 && (!to || fclose(to) != 0))
		result = -ENOMEM;
	if (result == 0)
		*ret = TAKE_PTR(text);
	free(text);
	free(body);
	redaction_done(&r);
	return result;
}

static int make_report(bool probe, char **ret)
{
	_cleanup_(freep) char *gathered = NULL;
	struct device_list gpus = { 0 };
	size_t size;
	FILE *to = open_memstream(&gathered, &size);

	if (!to)
		return -ENOMEM;
	if (command_all_gpus(&gpus) == OUTCOME_DONE)
		gather(to, &gpus, probe);
	device_list_done(&gpus);
	return fclose(to) == 0 ? redact(gathered, ret) : -ENOMEM;
}

/* Writes a file that only its owner reads, whole. */
static int write_file(const char *path, const char *text)
{
	_cleanup_(freep) char *beside = text_format("%s.new", path);
	_cleanup_(closep) int fd = -1;
	size_t left = strlen(text);
	ssize_t n = 0;

	if (!beside)
		return -ENOMEM;
	if (unlink(beside) < 0 && errno != ENOENT)
		return -errno;
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	for (; left && (n = write(fd, text, left)) > 0; left -= (size_t)n)
		text += n;
	if (left || fsync(fd) < 0 || rename(beside, path) < 0) {
		int r = left && n >= 0 ? -EIO : -errno;

		unlink(beside);
		return r;
	}
	return 0;
}

static enum outcome report(const struct options *options)
{
	_cleanup_(freep) char *text = NULL;
	enum outcome outcome = options->probe ? command_require_root() : OUTCOME_DONE;
	int r;

	if (outcome != OUTCOME_DONE)
		return outcome;
	r = make_report(options->probe, &text);
	if (r == 0 && options->output)
		r = write_file(options->output, text);
	else if (r == 0)
		fputs(text, stdout);
	if (r == 0)
		return OUTCOME_DONE;
	log_subject(options->output, LOG_ERR, r, "cannot make the report");
	return OUTCOME_FAILED;
}

static enum outcome read_options(int argc, char *argv[], struct options *ret)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "probe", no_argument, NULL, 'p' },
		{ "root", required_argument, NULL, 'R' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "o:pR:h", options, NULL)) >= 0)
		switch (c) {
		case 'o':
			ret->output = optarg;
			break;
		case 'p':
			ret->probe = true;
			break;
		case 'R':
			root_set(optarg);
			break;
		case 'h':
			ret->help = true;
			break;
		default:
			return command_usage("wrong usage");
		}
	if (optind < argc)
		return command_usage("'%s' is one word too many", argv[optind]);
	return OUTCOME_DONE;
}

int main(int argc, char *argv[])
{
	char name[] = "mdev-gpu";
	struct options options = { 0 };
	enum outcome outcome = command_begin(argv);

	if (outcome == OUTCOME_DONE)
		outcome = command_bound();
	if (outcome != OUTCOME_DONE)
		return outcome;
	/* getopt's own messages are in the name of the command that was typed. */
	argv[0] = name;
	outcome = read_options(argc, argv, &options);
	if (outcome == OUTCOME_DONE && options.help)
		usage();
	else if (outcome == OUTCOME_DONE)
		outcome = report(&options);
	return command_finish(outcome);
}
