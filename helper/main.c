/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/path.h"
#include "commands/command.h"

static const struct command *const commands[] = {
	&command_apply,
	&command_plan,
	&command_functions,
	&command_status,
	&command_explain,
	&command_assert,
	&command_check,
	&command_abi,
	&command_follow,
	&command_import,
	&command_report,
	&command_suggest,
};

/* One row per option. bit 0: every command takes it. */
static const struct {
	struct option option;
	unsigned bit;
	const char *help; /* NULL: not for people */
} option_rows[] = {
	{ { "all", no_argument, NULL, 'a' }, OPTION_ALL, "-a, --all          every GPU" },
	{ { "config", required_argument, NULL, 'c' }, OPTION_CONFIG,
	  "-c, --config FILE  this file instead of the configuration tree" },
	{ { "keep", no_argument, NULL, 'k' }, OPTION_KEEP,
	  "-k, --keep         keep types of others, whatever discardPrevious says" },
	{ { "force", no_argument, NULL, 'f' }, OPTION_FORCE, "-f, --force        discard although idle vGPUs exist" },
	{ { "dry-run", no_argument, NULL, 'n' }, OPTION_DRY_RUN, "-n, --dry-run      compare with the driver, send nothing" },
	{ { "driver-abi", required_argument, NULL, 'A' }, OPTION_DRIVER_ABI,
	  "-A, --driver-abi VERSION\n                     speak that release's layout to a driver that is not known" },
	{ { "strict", no_argument, NULL, 's' }, OPTION_STRICT, "-s, --strict       warnings count as mistakes" },
	{ { "origin", no_argument, NULL, 'o' }, OPTION_ORIGIN, "-o, --origin       print for each value where it comes from" },
	{ { "json", no_argument, NULL, 'j' }, OPTION_JSON, "-j, --json         print JSON" },
	{ { "watch", no_argument, NULL, 'w' }, OPTION_WATCH, "-w, --watch        show again whenever a GPU changes" },
	{ { "format", required_argument, NULL, 'F' }, OPTION_FORMAT,
	  "-F, --format FORM  text, json, gcc (check) or prometheus (status)" },
	/* The rule's: syslog, strict trust in files. */
	{ { "udev", no_argument, NULL, 'u' }, OPTION_UDEV, NULL },
	/* The unit's: levels for the journal, strict trust in files. */
	{ { "unit", no_argument, NULL, 'U' }, OPTION_UNIT, NULL },
	/* The unit's: a daemon's process, which is waited for. */
	{ { "process", required_argument, NULL, 'P' }, OPTION_PROCESS, NULL },
	/* The rule's: somebody has discarded types, and this run is counted. */
	{ { "answer", no_argument, NULL, 'W' }, OPTION_ANSWER, NULL },
	{ { "root", required_argument, NULL, 'R' }, 0, "-R, --root DIR     find /etc and /run below DIR" },
	{ { "help", no_argument, NULL, 'h' }, 0, "-h, --help         print this" },
	{ { "version", no_argument, NULL, 'V' }, 0, "-V, --version      print the version" },
};

static void print_options(unsigned of)
{
	printf("\nOptions:\n");
	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++)
		if (option_rows[i].help && (!option_rows[i].bit || option_rows[i].bit & of))
			printf("  %s\n", option_rows[i].help);
}

static void usage_of(const struct command *command)
{
	printf("Usage: mdev-gpu %s %s\n\n%c%s.\n", command->name, command->args, toupper(*command->summary),
	       command->summary + 1);
	print_options(command->options);
	printf("\nExamples:\n%s\nSee mdev-gpu(8).\n", command->examples);
}

static void usage(void)
{
	printf("Usage: mdev-gpu COMMAND [OPTION...]\n"
	       "\n"
	       "Registers vGPU types of your own with a GPU's vendor driver.\n"
	       "\n"
	       "Commands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-6s %s\n         %s\n", commands[i]->name, commands[i]->args, commands[i]->summary);
	print_options(~0u);
	printf("\n"
	       "mdev-gpu COMMAND --help tells of one command, with examples.\n"
	       "DEVICE is a PCI address (0000:65:00.0, 65:00.0) or a path below /sys.\n"
	       "\n"
	       "Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage, 3 configuration refused,\n"
	       "4 in use, 5 unsupported. See mdev-gpu(8) and mdev-gpu.yaml(5).\n");
}

/* '+': options end at each word, so that it is looked at before what follows it. */
static const char short_options[] = "+ac:kfnA:sojF:wuUR:hV";

/* The command line; finished: it has been answered already; help: it asks for that. */
struct line {
	struct arguments arguments;
	bool finished, help;
};

static enum outcome take_option(int c, struct line *line)
{
	switch (c) {
	case 'h':
		line->help = true;
		return OUTCOME_DONE;
	case 'V':
		printf("mdev-gpu %s\n", PACKAGE_VERSION);
		line->finished = true;
		return OUTCOME_DONE;
	case 'R':
		root_set(optarg);
		return OUTCOME_DONE;
	case 'c':
		line->arguments.config = optarg;
		break;
	case 'A':
		line->arguments.layout = optarg;
		break;
	case 'F':
		line->arguments.format = optarg;
		break;
	case 'P':
		line->arguments.process = optarg;
		break;
	case '?':
		return command_usage("wrong usage");
	}

	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++)
		if (option_rows[i].option.val == c)
			line->arguments.given |= option_rows[i].bit;
	return OUTCOME_DONE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static enum outcome read_line(int argc, char *argv[], struct line *line)
{
	struct option options[ARRAY_SIZE(option_rows) + 1] = { 0 };
	enum outcome outcome = OUTCOME_DONE;
	size_t *n = &line->arguments.n_names;
	const struct command *command;
	bool rest = false; /* what follows are words, whatever it looks like */
	int c;

	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++)
		options[i] = option_rows[i].option;

	/* Words take the places of what has been read. */
	line->arguments.names = argv + 1;
	while (outcome == OUTCOME_DONE && !line->finished && optind < argc) {
		c = rest ? -1 : getopt_long(argc, argv, short_options, options, NULL);
		if (c >= 0) {
			outcome = take_option(c, line);
			continue;
		}
		rest |= strcmp(argv[optind - 1], "--") == 0;
		if (optind == argc)
			break;
		argv[1 + *n] = argv[optind++];
		if (++*n == 1) {
			command = find_command(argv[1]);
			rest |= command && command->is_program;
		}
	}
	return outcome;
}

static enum outcome run(struct line *line)
{
	struct arguments *arguments = &line->arguments;
	const struct command *command;

	/* The rule's runs bound their time after they have given up rights, which would leave a thread out. */
	if (!(arguments->given & (OPTION_UDEV | OPTION_WATCH)) && command_bound() != OUTCOME_DONE)
		return OUTCOME_FAILED;
	if (line->help && !arguments->n_names) {
		usage();
		return OUTCOME_DONE;
	}
	if (!arguments->n_names)
		return command_usage("a command is missing");
	command = find_command(arguments->names[0]);
	if (!command)
		return command_usage("unknown command '%s'", arguments->names[0]);
	if (line->help) {
		usage_of(command);
		return OUTCOME_DONE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++)
		if (option_rows[i].bit & arguments->given & ~command->options)
			return command_usage("%s does not take --%s", command->name, option_rows[i].option.name);

	arguments->names++;
	arguments->n_names--;
	return command->run(arguments);
}

int main(int argc, char *argv[])
{
	struct line line = { 0 };
	enum outcome outcome = command_begin(argv);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (strcmp(program_invocation_short_name, "mdev-cli") == 0) {
		log_set_name("mdev-cli");
		outcome = command_bound();
		if (outcome == OUTCOME_DONE)
			outcome = cli_compat(argc, argv);
	} else {
		outcome = read_line(argc, argv, &line);
		if (outcome == OUTCOME_DONE && !line.finished)
			outcome = run(&line);
	}
	return command_finish(outcome);
}
