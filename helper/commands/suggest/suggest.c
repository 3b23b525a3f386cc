/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "mdev-gpu suggest" starts: options that are this command's alone are read here. It only reads, and opens no driver's
 * node.
 */
#include <getopt.h>
#include <string.h>

#include "base/parse.h"
#include "base/path.h"
#include "commands/command.h"
#include "commands/suggest/card.h"
#include "commands/suggest/profile.h"
#include "config/value.h"

/* One row per option, in the order of the help. */
static const struct {
	struct option option;
	const char *help;
} option_rows[] = {
	{ { "size", required_argument, NULL, 'S' }, "-S, --size SIZE    of one vGPU: whole GiB (2G), or 512M" },
	{ { "instances", required_argument, NULL, 'N' }, "-N, --instances N  so many that share the card" },
	{ { "ladder", no_argument, NULL, 'L' }, "-L, --ladder       a type for each of NVIDIA's sizes, and one for the whole card" },
	{ { "class", required_argument, NULL, 'C' }, "-C, --class CLASS  what the guests do" },
	{ { "device", required_argument, NULL, 'D' }, "-D, --device ID    a card that is not here (10de:1b38)" },
	{ { "memory", required_argument, NULL, 'M' }, "-M, --memory SIZE  what the card has (24G)" },
	{ { "root", required_argument, NULL, 'R' }, "-R, --root DIR     find /etc and /run below DIR" },
	{ { "help", no_argument, NULL, 'h' }, "-h, --help         print this" },
	{ { "version", no_argument, NULL, 'V' }, "-V, --version      print the version" },
};

/* The command line. */
struct line {
	struct card_request card;
	struct pci_pattern device;
	struct wish wish;
	bool finished; /* it has been answered already */
};

static void usage(void)
{
	printf("Usage: mdev-gpu suggest " SUGGEST_ARGS "\n\n"
	       "Prints a profile that suits a card.\n\nOptions:\n");
	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++)
		printf("  %s\n", option_rows[i].help);
	printf("\nExamples:\n"
	       "  mdev-gpu suggest 65:00.0\n"
	       "  mdev-gpu suggest 65:00.0 --size 4G --class NVS >mine.yaml\n"
	       "  mdev-gpu suggest --device 10de:1b38 --memory 24G --ladder\n"
	       "\nSee mdev-gpu(8).\n");
}

static enum outcome read_size(const char *option, const char *text, uint64_t *ret)
{
	uint64_t size = value_size(text);

	if (!size)
		return command_usage("--%s: '%s' is no size (2G, 512M)", option, text);
	*ret = size;
	return OUTCOME_DONE;
}

static enum outcome read_device(const char *text, struct line *line)
{
	if (parse_pci_pattern(text, &line->device) < 0 || line->device.first != line->device.last || line->device.board)
		return command_usage("--device: '%s' is no device (10de:1b38)", text);
	if (line->device.vendor != 0x10de)
		return command_usage("--device: types of one's own are for NVIDIA's GPUs (10de:1b38)");
	line->card.device = &line->device;
	return OUTCOME_DONE;
}

static enum outcome take_option(int c, struct line *line)
{
	bool negative;

	switch (c) {
	case 'S':
		if (read_size("size", optarg, &line->wish.size) != OUTCOME_DONE)
			return OUTCOME_USAGE;
		if (line->wish.size != 512 && line->wish.size % 1024)
			return command_usage("--size: NVIDIA's rule for what is reserved is for whole GiB and for 512M, not for '%s'",
					     optarg);
		return OUTCOME_DONE;
	case 'M':
		return read_size("memory", optarg, &line->card.memory);
	case 'N':
		if (parse_integer(optarg, &line->wish.instances, &negative) < 0 || negative || !line->wish.instances)
			return command_usage("--instances: '%s' is no number from 1 on", optarg);
		return OUTCOME_DONE;
	case 'C':
		line->wish.class = class_find(optarg);
		return line->wish.class ? OUTCOME_DONE :
			command_usage("--class: '%s' is none of Compute, Quadro, NVS, Geforce", optarg);
	case 'D':
		return read_device(optarg, line);
	case 'L':
		line->wish.ladder = true;
		return OUTCOME_DONE;
	case 'R':
		root_set(optarg);
		return OUTCOME_DONE;
	case 'V':
		printf("mdev-gpu %s\n", PACKAGE_VERSION);
		line->finished = true;
		return OUTCOME_DONE;
	case 'h':
		usage();
		line->finished = true;
		return OUTCOME_DONE;
	}
	return command_usage("wrong usage");
}

static enum outcome read_line(int argc, char *argv[], struct line *line)
{
	struct option options[ARRAY_SIZE(option_rows) + 1] = { 0 };
	enum outcome outcome = OUTCOME_DONE;
	int c;

	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++)
		options[i] = option_rows[i].option;
	while (outcome == OUTCOME_DONE && !line->finished &&
	       (c = getopt_long(argc, argv, "S:N:LC:D:M:R:hV", options, NULL)) >= 0)
		outcome = take_option(c, line);
	if (outcome != OUTCOME_DONE || line->finished)
		return outcome;

	line->card.name = argv[optind];
	if (optind + 1 < argc)
		return command_usage("'%s' is one word too many", argv[optind + 1]);
	if (line->card.name && line->card.device)
		return command_usage("a GPU that is here or --device, not both");
	if (!!line->wish.size + !!line->wish.instances + line->wish.ladder > 1)
		return command_usage("--size, --instances or --ladder: one of them");
	return OUTCOME_DONE;
}

/* As commands/suggest.c calls it. */
int main(int argc, char *argv[])
{
	char name[] = "mdev-gpu";
	struct line line = { 0 };
	struct card card = { 0 };
	enum outcome outcome = command_begin(argv);

	if (outcome == OUTCOME_DONE)
		outcome = command_bound();
	if (outcome != OUTCOME_DONE)
		return outcome;
	/* getopt's own messages are in the name of the command that was typed. */
	argv[0] = name;
	outcome = read_line(argc, argv, &line);
	if (outcome == OUTCOME_DONE && !line.finished) {
		outcome = card_find(&line.card, &card);
		if (outcome == OUTCOME_DONE)
			outcome = profile_print(&card, &line.wish);
		card_done(&card);
	}
	return command_finish(outcome);
}
