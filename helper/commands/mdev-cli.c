/* SPDX-License-Identifier: GPL-2.0-only */
/* Mdev-GPU's command line: mdev-cli -c FILE [-k], on every GPU that the file selects. */
#include <getopt.h>

#include "commands/command.h"

static void usage(void)
{
	printf("Usage: mdev-cli -c FILE [-k]\n"
	       "\n"
	       "Registers the mdev types that FILE defines on the GPUs that it selects.\n"
	       "\n"
	       "  -c, --config FILE  YAML or JSON\n"
	       "  -k, --keep         keep the types that are registered already\n"
	       "  -h, --help         print this\n"
	       "  -V, --version      print the version\n"
	       "\n"
	       "This is the command line of Mdev-GPU; \"mdev-gpu apply --all -c FILE [-k]\" is the same. See mdev-gpu(8).\n");
}

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "keep", no_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

int cli_compat(int argc, char *argv[])
{
	struct arguments arguments = { .given = OPTION_ALL };
	int c;

	while ((c = getopt_long(argc, argv, "c:khV", options, NULL)) >= 0) {
		switch (c) {
		case 'c':
			arguments.given |= OPTION_CONFIG;
			arguments.config = optarg;
			break;
		case 'k':
			arguments.given |= OPTION_KEEP;
			break;
		case 'h':
			usage();
			return OUTCOME_DONE;
		case 'V':
			printf("mdev-cli %s\n", PACKAGE_VERSION);
			return OUTCOME_DONE;
		default:
			return command_usage("wrong usage");
		}
	}
	if (optind < argc)
		return command_usage("'%s' is one word too many", argv[optind]);
	if (!arguments.config)
		return command_usage("-c FILE is missing");

	return command_apply.run(&arguments);
}
