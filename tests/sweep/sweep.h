/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sweep.h - every fault at every call that the helper makes
 *
 * bench.c  a world with two GPUs that is put back before each run, and runs in it
 * calls.c  which calls a good run makes, and the words for each one that fails
 * check.c  what must hold after a run, whatever happened in it
 * fault.c  the faults of a call, and what is expected of each
 * sweep.c  rows, scenes, processes, TAP
 */
#pragma once

#include <stdio.h>

#include "world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The GPU that is worked on is neither the first one nor has it the first minor. */
#define ADDRESS "0001:65:00.0"
#define GPU 1
#define NODE "/dev/nvidia2"
#define BYSTANDER 0

#define PREFIX "mdev-gpu: " ADDRESS ": "

/* The profile's types, and two of somebody else. */
#define MINE 3
#define MINE_FIRST 50001
#define OTHERS 2
#define OTHERS_FIRST 50101

#define CALLS_MAX 64

/* The ioctl that asks for the driver's GPUs. */
#define NR_CARD_INFO 200

struct call {
	u32 where, select;	/* as in a rule */
	u32 nth;		/* of its kind */
	bool has_status;
	const char *step;	/* the message's words for it; NULL: the run goes on without it */
};

/* How much of it is run. */
enum level {
	LEVEL_CORE,			/* every call of every row, with a few faults of each kind */
	LEVEL_QUICK,			/* and every fault at every call in one row or another */
	LEVEL_ALL,			/* every fault at every call of every row */
};

/* What the GPU's list holds before each run. */
enum scene {
	SCENE_EMPTY,
	SCENE_OTHERS,			/* types of somebody else, which a discard takes away */
	SCENE_DONE,			/* all that the profile wants: nothing has to be sent */
	SCENES,
};

enum expectation {
	EXPECT_FAILURE,		/* exit code 1, or 5 for a layout that is refused, and exactly this message */
	EXPECT_SUCCESS,		/* as if nothing had happened */
	EXPECT_IN_USE,
	EXPECT_DEATH,
	EXPECT_TRUTH,		/* whatever it says must be so */
};

struct fault {
	char name[96];
	struct rm_rule rule[2];
	u32 rules;
	bool broken;			/* the GPU cannot be initialised: init_status */
	u32 init_status;
	enum expectation expectation;
	int signal;			/* that it dies of; 0: it ends by itself */
	char message[400];		/* what stderr begins with, behind the device */
	bool is_core;
	bool is_lie;			/* the driver answers what it was asked with figures of its own */
};

struct outcome {
	int status;			/* of wait(2) */
	char out[4096], err[16384];
};

struct bench {
	struct sim sim;
	const char *release;
	bool reads_back;		/* not on 510 */
	enum scene scene;
	char dir[PATH_MAX - 256];	/* of the world */
	char root[PATH_MAX - 256];	/* of the helper's /run */
	pid_t server;
	int to_server, from_server, out, err;
	struct world *clean;		/* before each run */
	struct world *good;		/* after a run without faults */
	struct call call[CALLS_MAX];
	u32 calls, first_type, first_set, last_set;
	u64 known[8192];		/* states that the next run was seen to repair */
	u32 n_known;
	u32 runs, repairs, failures;
	enum level level;
	u32 row, rows;			/* which release of how many */
	u32 fault;			/* ordinal of the fault at its call */
};

struct status {
	u32 code;
	char name[64], meaning[128];
};

/* bench.c: all return 0 or -errno */
int bench_prepare(const char *work);
int bench_open(struct bench *b, const char *work, const char *release);
void bench_close(struct bench *b);
int bench_add_others(struct bench *b);
int bench_run_traced(struct bench *b, struct outcome *ret);
int bench_run(struct bench *b, struct outcome *ret);
void bench_keep(struct bench *b, struct world **ret);
void bench_restore(struct bench *b);

/* calls.c */
int calls_read(struct bench *b);
#define LAYOUT_REFUSED "the driver does not speak the layout of "
void call_words(const struct bench *b, const struct call *call, const struct rm_rule *rule, char *text, size_t size);

/* check.c: NULL, or what is wrong */
const char *check_left(struct bench *b);
const char *check_death(const struct bench *b, const struct outcome *r, int signal);
const char *check_truth(struct bench *b, const struct outcome *r, bool lie);
const char *check_unchanged(const struct bench *b);
const char *check_list(const struct bench *b, u32 first, u32 n);
u64 state_key(const struct bench *b);

/* fault.c */
int statuses_read(const char *path);
const struct status *status_find(const char *release, u32 code);
void faults_of(struct bench *b, const struct call *call, void (*each)(struct bench *b, const struct call *call,
								      const struct fault *fault));

/* sweep.c: what the environment and the command line give */
extern const char *program, *tools, *server_library;
