/* SPDX-License-Identifier: GPL-2.0-only */
/* A command is a file that ends in its descriptor; main.c knows only the table. */
#pragma once

#include <stddef.h>

#include "base/macro.h"
#include "model/outcome.h"
#include "system/device.h"

/* Options that a command may take; main.c has a row for each. */
enum option_bit {
	OPTION_ALL = 1 << 0,
	OPTION_CONFIG = 1 << 1,
	OPTION_KEEP = 1 << 2,
	OPTION_FORCE = 1 << 3,
	OPTION_DRY_RUN = 1 << 4,
	OPTION_UDEV = 1 << 5,
	OPTION_JSON = 1 << 6,
	OPTION_DRIVER_ABI = 1 << 7,
	OPTION_STRICT = 1 << 8,
	OPTION_ORIGIN = 1 << 9,
	OPTION_FORMAT = 1 << 10,
	OPTION_WATCH = 1 << 11,
	OPTION_UNIT = 1 << 12,
	OPTION_PROCESS = 1 << 13,
	OPTION_ANSWER = 1 << 14,
};

struct arguments {
	unsigned given; /* of enum option_bit */
	const char *config;
	const char *layout; /* of --driver-abi */
	const char *format;
	const char *process; /* of --process, a number; "" where the unit has none */
	char *const *names; /* what is left of the command line */
	size_t n_names;
};

struct command {
	const char *name;
	const char *args; /* for --help, "[--all | DEVICE…] [-c FILE]" */
	const char *summary;
	const char *examples; /* for its own help, a command a line */
	unsigned options; /* the ones it takes */
	bool is_program; /* it starts one that reads the rest of the command line itself: options of its own, and --help */
	enum outcome (*run)(const struct arguments *arguments);
};

extern const struct command command_abi;
extern const struct command command_apply;
extern const struct command command_assert;
extern const struct command command_check;
extern const struct command command_explain;
extern const struct command command_follow;
extern const struct command command_functions;
extern const struct command command_import;
extern const struct command command_plan;
extern const struct command command_report;
extern const struct command command_status;
extern const struct command command_suggest;

/* The args of suggest, whose program prints its own help. */
#define SUGGEST_ARGS "[DEVICE] [--size SIZE | --instances N | --ladder] [--class Compute | Quadro | NVS | Geforce]\n" \
	"	       [--device ID] [--memory SIZE]"

/*
 * Becomes another program of ours, beside this one or in libexec, with --root and the rest of the command line. Only returns
 * where it cannot: says so, with OUTCOME_FAILED.
 */
enum outcome command_become(const char *program, const struct arguments *arguments) _must_check_ _nonnull_all_;

/* Runs mdev-cli, the command line of Mdev-GPU. Returns an exit code. */
int cli_compat(int argc, char *argv[]) _must_check_;

/*
 * Finds the GPUs that a command line means: those named, or all of them with --all. Exactly one of the two; says what
 * is wrong and returns OUTCOME_USAGE or OUTCOME_FAILED otherwise.
 */
enum outcome command_devices(const struct arguments *arguments, struct device_list *ret) _must_check_ _nonnull_all_;

/*
 * Finds which of n forms --format or --json asks for; the first one is text, the second one JSON. *ret is untouched where neither
 * does, and where OUTCOME_USAGE is returned.
 */
enum outcome command_form(const struct arguments *arguments, const char *const *names, size_t n, unsigned *ret)
	_must_check_ _nonnull_all_;

/* Lists all GPUs. Says what is wrong and returns OUTCOME_FAILED otherwise. */
enum outcome command_all_gpus(struct device_list *ret) _must_check_ _nonnull_all_;

/* Finds the device of one name. Says what is wrong and returns OUTCOME_USAGE or OUTCOME_FAILED otherwise. */
enum outcome command_device(const char *name, struct device **ret) _must_check_ _nonnull_all_;

/* Says that a name can be no device's. Returns OUTCOME_USAGE. */
enum outcome command_no_device(const char *name) _must_check_ _nonnull_all_;

/* Messages: there is no GPU at all; there is none that --all is for. */
#define COMMAND_NO_GPU_AT_ALL "there is no GPU (PCI class 03)"
#define COMMAND_NO_GPU "nothing to do: there is no GPU with a driver that mdev-gpu has a backend for"

/* Returns OUTCOME_DONE for root; says that registering needs root and returns OUTCOME_FAILED for anybody else. */
enum outcome command_require_root(void) _must_check_;

/*
 * Begins a program, before anything else: what whoever started it left it is made harmless. Descriptors 0 to 2 that are closed
 * become ones that give and take nothing, so that no file of ours gets their number, and messages with it; the others are closed,
 * but for one that an argument names (/dev/fd/63). A reader that goes and a file that may not grow are errors, not the end.
 * Returns OUTCOME_FAILED in a program whose rights are not its caller's (set-uid, file capabilities): none of this is made for that.
 */
enum outcome command_begin(char *const argv[]) _must_check_ _nonnull_all_;

/*
 * Bounds the time of a program: after COMMAND_SECONDS, whatever it waits for, it ends within some seconds. A run on a GPU has a bound
 * of its own from its begin on. Says what is wrong and returns OUTCOME_FAILED otherwise.
 */
#define COMMAND_SECONDS 300
enum outcome command_bound(void) _must_check_;

/*
 * Ends a program whose work is done: where its output could not be written, on a full disk for example, says so and
 * returns OUTCOME_FAILED for OUTCOME_DONE, since a script would go on with half of it.
 */
enum outcome command_finish(enum outcome outcome) _must_check_;

/* Says what is wrong with the usage, and where to read more. Returns OUTCOME_USAGE. */
enum outcome command_usage(const char *fmt, ...) _printf_(1, 2) _must_check_;
