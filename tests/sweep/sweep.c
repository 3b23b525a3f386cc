// SPDX-License-Identifier: GPL-2.0-only
/*
 * sweep.c - rows, scenes, processes, TAP
 *
 * usage: sweep PROGRAM TOOLS SERVER WORK STATUSES core|quick|all RELEASE...
 *
 * For each release a simulated driver, in three scenes: an empty list, one with types of somebody else that a discard
 * takes away, and one with all that is wanted. Each call of a good run meets each fault; after each fault the run must have told the truth and left
 * nothing behind, and the next run must repair everything. A state of the driver that a run was seen to repair
 * needs no second one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sweep.h"

#define FAILURES_SHOWN 12

const char *program, *tools, *server_library;

struct sweep {
	char **releases;
	u32 n;
	enum level level;
};

/* ----------------------------------------------------------- one run */

static void prepare(struct bench *b, const struct fault *fault)
{
	struct rm_gpu *gpu = &b->sim.w->rm.gpu[GPU];

	bench_restore(b);
	for (u32 i = 0; i < fault->rules; i++)
		rm_inject(&b->sim.w->rm, &fault->rule[i]);
	if (fault->broken) {
		gpu->desc.flags |= RM_GPU_BROKEN;
		gpu->desc.init_status = fault->init_status;
	}
}

/* The fault is over; a GPU that was lost is back. */
static void mend(struct bench *b)
{
	struct rm_gpu *gpu = &b->sim.w->rm.gpu[GPU];

	b->sim.w->rm.rules = 0;
	gpu->lost = 0;
	gpu->desc.flags &= ~(u32)RM_GPU_BROKEN;
	gpu->desc.init_status = 0;
}

static u32 number_of(const struct bench *b, const struct call *call)
{
	return (u32)(call - b->call) + 1;
}

static const char *check_message(const struct fault *fault, const struct outcome *r)
{
	if (strncmp(r->err, PREFIX, strlen(PREFIX)) ||
	    strncmp(r->err + strlen(PREFIX), fault->message, strlen(fault->message)))
		return "another message is expected";
	return NULL;
}

static const char *check_put_back(const struct bench *b, const struct outcome *r)
{
	if (b->scene != SCENE_OTHERS)
		return check_list(b, MINE_FIRST, b->sim.w->rm.gpu[GPU].types);
	if (!b->reads_back)
		return strstr(r->err, PREFIX "2 of the 2 types that were there are lost (nvidia-50101, nvidia-50102): driver 510.47.03 "
			      "does not give definitions back\n") ? NULL : "not said that types are lost";
	if (strstr(r->err, PREFIX "the 2 types that were there before are back\n"))
		return check_list(b, OTHERS_FIRST, OTHERS);
	return strstr(r->err, PREFIX "2 of the 2 types that were there are lost (nvidia-50101, nvidia-50102): ") ?
		NULL : "not said what became of the types that were there";
}

/* A failure before the first type leaves the driver alone; one at a type gives back what was there. */
static const char *check_expected_failure(struct bench *b, const struct call *call, const struct fault *fault,
					  const struct outcome *r)
{
	int code = strncmp(fault->message, LAYOUT_REFUSED, strlen(LAYOUT_REFUSED)) == 0 ? 5 : 1;
	const char *wrong = WEXITSTATUS(r->status) == code ? check_message(fault, r) : "another exit code is expected";

	if (wrong)
		return wrong;
	if (!b->first_set || number_of(b, call) < b->first_set)
		return check_unchanged(b);
	if (call->select == b->call[b->first_set - 1].select)
		return check_put_back(b, r);
	/* All was sent, and what was there is not wanted any more: it stays away, and that is said. */
	if (b->scene == SCENE_OTHERS &&
	    !strstr(r->err, PREFIX "the types of others that were there are discarded (nvidia-50101, nvidia-50102), those of the "
		    "configuration were sent in their place\n"))
		return "not said that the types of others are gone";
	return NULL;
}

static const char *check_expected(struct bench *b, const struct call *call, const struct fault *fault,
				  const struct outcome *r)
{
	switch (fault->expectation) {
	case EXPECT_FAILURE:
		return check_expected_failure(b, call, fault, r);
	case EXPECT_SUCCESS:
		if (WEXITSTATUS(r->status) || *r->err)
			return "it should not have mattered";
		return b->first_set ? NULL : check_unchanged(b);
	case EXPECT_IN_USE:
		return WEXITSTATUS(r->status) != 4 ? "exit code 4 is expected" : check_unchanged(b);
	case EXPECT_TRUTH:
	case EXPECT_DEATH:
		return NULL;
	}
	return "?";
}

static const char *check_run(struct bench *b, const struct call *call, const struct fault *fault, const struct outcome *r)
{
	const char *wrong = check_left(b);

	if (wrong)
		return wrong;
	if (fault->expectation == EXPECT_DEATH)
		return check_death(b, r, fault->signal);
	wrong = check_truth(b, r, fault->is_lie);
	return wrong ? wrong : check_expected(b, call, fault, r);
}

/* ------------------------------------------------------------ repair */

static bool is_known(struct bench *b, u64 key)
{
	for (u32 i = 0; i < b->n_known; i++)
		if (b->known[i] == key)
			return true;
	if (b->n_known < COUNT(b->known))
		b->known[b->n_known++] = key;
	return false;
}

/* What was registered with a wrong figure can only be told: the driver keeps a first definition. */
static const char *check_repair(struct bench *b, const struct fault *fault, const struct outcome *r)
{
	const char *wrong = check_left(b);

	if (!wrong)
		wrong = check_truth(b, r, fault->is_lie);
	if (wrong || WEXITSTATUS(r->status) == 0)
		return wrong;
	return fault->is_lie && strstr(r->err, "is already defined otherwise: ") ? NULL : "the next run does not repair it";
}

static void give_up(const struct bench *b, const struct call *call, const struct fault *fault)
{
	printf("# %s: call %u (%#x): %s: no run came to an end\n", b->release, number_of(b, call), call->select, fault->name);
	exit(1);
}

static const char *repair(struct bench *b, const struct call *call, const struct fault *fault, struct outcome *r)
{
	mend(b);
	if (is_known(b, state_key(b)))
		return NULL;
	b->repairs++;
	if (bench_run(b, r) < 0)
		give_up(b, call, fault);
	return check_repair(b, fault, r);
}

/* -------------------------------------------------------------- tell */

static void tell(struct bench *b, const struct call *call, const struct fault *fault, const char *when, const char *wrong,
		 const struct outcome *r)
{
	if (b->failures++ >= FAILURES_SHOWN)
		return;
	printf("# %s: call %u (%#x): %s: %s%s; status %#x, expected: %s%s\n", b->release, number_of(b, call), call->select,
	       fault->name, when, wrong, r->status, PREFIX, fault->message);
	for (const char *s = r->err; *s; s += *s == '\n') {
		int n = (int)(strchrnul(s, '\n') - s);

		printf("#   %.*s\n", n, s);
		s += n;
	}
	if (*r->out)
		printf("#   stdout: %s", r->out);
}

static void try_fault(struct bench *b, const struct call *call, const struct fault *fault)
{
	struct outcome r;
	const char *wrong;

	b->runs++;
	prepare(b, fault);
	if (bench_run(b, &r) < 0)
		give_up(b, call, fault);
	wrong = check_run(b, call, fault, &r);
	if (wrong) {
		tell(b, call, fault, "", wrong, &r);
		mend(b);
		return;
	}
	wrong = repair(b, call, fault, &r);
	if (wrong)
		tell(b, call, fault, "the next run: ", wrong, &r);
}

/* ------------------------------------------------------------- scenes */

static int good_run(struct bench *b)
{
	struct outcome r;
	int e = bench_run_traced(b, &r);

	if (e < 0 || r.status != 0 || *r.err) {
		printf("# a run without faults: status %#x\n# %s# %s", r.status, r.out, r.err);
		return -EIO;
	}
	world_reap(&b->sim);
	bench_keep(b, &b->good);
	return calls_read(b);
}

static int prepare_scene(struct bench *b)
{
	if (b->scene == SCENE_OTHERS)
		return bench_add_others(b);
	return b->scene == SCENE_DONE ? good_run(b) : 0;
}

static int scene(struct bench *b)
{
	int r = prepare_scene(b);

	if (r < 0)
		return r;
	world_reap(&b->sim);
	bench_keep(b, &b->clean);
	r = good_run(b);
	for (u32 i = 0; r == 0 && i < b->calls; i++)
		faults_of(b, &b->call[i], try_fault);
	bench_restore(b);
	return r;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run_scene(struct bench *b, enum scene which)
{
	static const char *const words[] = {
		[SCENE_EMPTY] = "an empty list", [SCENE_OTHERS] = "types of others", [SCENE_DONE] = "nothing to do",
	};
	double start = now();
	u32 runs = b->runs, repairs = b->repairs, failures = b->failures;
	int r;

	b->scene = which;
	b->n_known = 0;
	r = scene(b);
	printf("%sok - %s: %s: %u faults at %u calls, %u states repaired, %.0f s\n", r < 0 || b->failures > failures ? "not " : "",
	       b->release, words[which], b->runs - runs, b->calls, b->repairs - repairs, now() - start);
	return r < 0 || b->failures > failures;
}

static int row(const char *work, const struct sweep *sweep, u32 n)
{
	const char *release = sweep->releases[n];
	struct bench *b = calloc(1, sizeof(*b));
	int wrong = 0;

	b->row = n;
	b->rows = sweep->n;
	if (bench_open(b, work, release) < 0) {
		printf("not ok - %s: no world\n", release);
		return 1;
	}
	b->level = sweep->level;
	for (enum scene which = 0; which < SCENES; which++)
		wrong |= run_scene(b, which);
	printf("# total %u\n", b->runs);
	bench_close(b);
	return wrong;
}

/* ---------------------------------------------------------- processes */

struct job {
	pid_t pid;
	FILE *output;
};

static int start_job(struct job *job, const char *work, const struct sweep *sweep, u32 n)
{
	job->output = tmpfile();
	if (!job->output)
		return -errno;
	job->pid = fork();
	if (job->pid == 0) {
		dup2(fileno(job->output), 1);
		exit(row(work, sweep, n));
	}
	return job->pid < 0 ? -errno : 0;
}

/* Numbers the tests and adds up; returns how many failed. */
static void copy_output(struct job *job, u32 *tests, u32 *total)
{
	char line[4096];
	u32 n;

	rewind(job->output);
	while (fgets(line, sizeof(line), job->output)) {
		char *dash = strstr(line, "ok - ");

		if (sscanf(line, "# total %u", &n) == 1)
			*total += n;
		else if (*line != '#' && dash)
			printf("%.*s %u %s", (int)(dash + 2 - line), line, ++*tests, dash + 3);
		else
			fputs(line, stdout);
	}
	fclose(job->output);
	fflush(stdout);
}

static struct job *find_job(struct job *jobs, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (jobs[i].pid == pid)
			return &jobs[i];
	return NULL;
}

static int wait_for_one(struct job *jobs, size_t n, u32 *tests, u32 *total)
{
	int status;
	struct job *job = find_job(jobs, n, wait(&status));

	if (!job)
		return 1;
	copy_output(job, tests, total);
	return status != 0;
}

static int run_rows(const char *work, const struct sweep *sweep)
{
	/* Nothing waits (RM_CLOCK). */
	u32 most = (u32)sysconf(_SC_NPROCESSORS_ONLN), running = 0, tests = 0, total = 0;
	struct job *jobs = calloc(sweep->n, sizeof(*jobs));
	int wrong = 0;

	printf("1..%u\n", SCENES * sweep->n);
	fflush(stdout);
	for (u32 i = 0; i < sweep->n; i++) {
		if (running == most) {
			wrong |= wait_for_one(jobs, i, &tests, &total);
			running--;
		}
		wrong |= start_job(&jobs[i], work, sweep, i) < 0;
		running++;
	}
	while (running--)
		wrong |= wait_for_one(jobs, sweep->n, &tests, &total);
	printf("# %u faults in all\n", total);
	free(jobs);
	return wrong || tests != SCENES * sweep->n;
}

static bool take_level(const char *word, enum level *level)
{
	static const char *const words[] = { [LEVEL_CORE] = "core", [LEVEL_QUICK] = "quick", [LEVEL_ALL] = "all" };

	for (*level = LEVEL_CORE; *level <= LEVEL_ALL; (*level)++)
		if (strcmp(words[*level], word) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct sweep sweep = { .releases = argv + 7, .n = (u32)(argc - 7) };
	int r;

	if (argc < 8 || !take_level(argv[6], &sweep.level)) {
		fprintf(stderr, "usage: sweep PROGRAM TOOLS SERVER WORK STATUSES core|quick|all RELEASE...\n");
		return 2;
	}
	program = argv[1];
	tools = argv[2];
	server_library = argv[3];
	if (statuses_read(argv[5]) < 0) {
		fprintf(stderr, "sweep: no statuses in %s\n", argv[5]);
		return 1;
	}
	r = bench_prepare(argv[4]);
	if (r < 0) {
		fprintf(stderr, "sweep: no mounts of its own: %s\n", strerror(-r));
		return 1;
	}
	return run_rows(argv[4], &sweep);
}
