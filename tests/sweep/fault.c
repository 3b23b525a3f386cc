// SPDX-License-Identifier: GPL-2.0-only
/* fault.c - the faults of a call, and what is expected of each */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

#include "sweep.h"

#define CMD_SET_INFO 0xa0810101U
#define CMD_ENUMERATE 0xa0810102U
#define CMD_TYPE_INFO 0xa0810103U
#define CMD_SUPPORTED 0xa0810104U
#define CMD_FB_INFO 0x20801301U
#define CMD_PUBLISH 0xa0810109U
#define CMD_SET_PGPU_INFO 0xa0810119U
#define NR_STATUS_CODE 209
#define CLASS_ROOT 0x41

#define BUSY_RETRY 0x03
#define TIMEOUT_RETRY 0x66
#define UNKNOWN_STATUS 0xbad00bad
#define UNSET_STATUS 0xffffffff

/* ------------------------------------------------------------- tables */

static struct status table[256];
static u32 statuses;

/* The facts' own list: code, name, message. */
int statuses_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f) && statuses < COUNT(table)) {
		struct status *s = &table[statuses];

		if (sscanf(line, "0x%x\t%63[^\t]\t%127[^\t\n]", &s->code, s->name, s->meaning) == 3)
			statuses++;
	}
	fclose(f);
	return statuses > 100 ? 0 : -EINVAL;
}

/* NV_ERR_DMA_XFER_FAILED was 0x8b before 595, which put another one in its place (nvidia-rm-notes-2, 3). */
const struct status *status_find(const char *release, u32 code)
{
	if (code == 0x8b && atoi(release) < 595)
		code = 0x8c;
	for (u32 i = 0; i < statuses; i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

/* What stands for all where there is no time for all. */
static bool is_core_status(u32 code)
{
	return code == NV_OK || code == BUSY_RETRY || code == NV_ERR_GPU_IS_LOST || code == NV_ERR_NOT_SUPPORTED || code == NV_ERR_OBJECT_NOT_FOUND;
}

static const int open_errors[] = {
	EPERM, ENOENT, EINTR, EIO, ENXIO, EAGAIN, ENOMEM, EACCES, EBUSY, ENODEV, EINVAL, ENFILE, EMFILE, EROFS, ETIMEDOUT,
};

static const int ioctl_errors[] = {
	EPERM, EINTR, EIO, EBADF, EAGAIN, ENOMEM, EACCES, EFAULT, EBUSY, ENODEV, EINVAL, ENOTTY, ENOSPC, EPIPE, ETIMEDOUT,
};

/* --------------------------------------------------------- one fault */

struct faults {
	struct bench *b;
	const struct call *call;
	void (*each)(struct bench *b, const struct call *call, const struct fault *fault);
};

static bool is_open(const struct call *call)
{
	return call->where == RM_AT_OPEN_CTL || call->where == RM_AT_OPEN_GPU;
}

static struct fault fault_at(const struct call *call, u32 action, u32 arg)
{
	return (struct fault){
		.rule = { { .where = call->where, .select = is_open(call) ? RM_AT_ANY : call->select, .nth = call->nth,
			    .times = 1, .action = action, .arg = arg } },
		.rules = 1,
		.expectation = EXPECT_TRUTH,
	};
}

/* Each row takes another share of the faults, and of the calls another share each. */
static bool is_due(const struct bench *b, const struct fault *fault)
{
	if (b->level == LEVEL_ALL || fault->is_core)
		return true;
	return b->level == LEVEL_QUICK && b->fault % b->rows == b->row;
}

__attribute__((format(printf, 3, 4)))
static void emit(const struct faults *f, struct fault *fault, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fault->name, sizeof(fault->name), format, args);
	va_end(args);
	f->b->fault++;
	if (is_due(f->b, fault))
		f->each(f->b, f->call, fault);
}

/* A hint follows behind the meaning of these where a client called, and nothing behind others. */
static bool has_hint(const struct fault *fault, u32 code)
{
	if (fault->broken || fault->rule[0].select == CLASS_ROOT)
		return false;
	return code == BUSY_RETRY || code == TIMEOUT_RETRY || code == 0x1b || code == 0x1f || code == 0x3a || code == 0x56 || code == 0x57;
}

static void expect_status(const struct bench *b, struct fault *fault, const char *words, u32 code)
{
	const struct status *status = status_find(b->release, code);
	const char *end = has_hint(fault, code) ? "; " : "\n";

	fault->expectation = EXPECT_FAILURE;
	if (status)
		snprintf(fault->message, sizeof(fault->message), "%s: %s 0x%x: %s%s", words, status->name, code, status->meaning, end);
	else
		snprintf(fault->message, sizeof(fault->message), "%s: status 0x%x%s", words, code, end);
}

static void expect_error(struct fault *fault, const char *words, int error)
{
	fault->expectation = EXPECT_FAILURE;
	snprintf(fault->message, sizeof(fault->message), "%s: %s\n", words, strerror(error));
}

/* --------------------------------------------------- errno and status */

/* A driver that has more cards than it was given room for says so with EINVAL: it is asked with room for all. */
static bool is_asked_again(const struct call *call, int error)
{
	return call->select == NR_CARD_INFO && error == EINVAL;
}

static void add_error(const struct faults *f, int error, bool late)
{
	struct fault fault = fault_at(f->call, RM_DO_ERRNO, (u32)error);
	char words[200];

	fault.rule[0].late = late;
	fault.is_core = error == EIO;
	fault.expectation = EXPECT_SUCCESS;
	if (f->call->step && !is_asked_again(f->call, error)) {
		call_words(f->b, f->call, &fault.rule[0], words, sizeof(words));
		expect_error(&fault, words, error);
	}
	emit(f, &fault, "%serrno %d", late ? "late " : "", error);
}

static void add_errors(const struct faults *f)
{
	const int *errors = is_open(f->call) ? open_errors : ioctl_errors;

	for (size_t i = 0; i < COUNT(open_errors); i++)
		add_error(f, errors[i], false);
	add_error(f, EFAULT, true);
	add_error(f, EINTR, true);
}
_Static_assert(COUNT(open_errors) == COUNT(ioctl_errors), "one loop for both");

/* Answers that mean something of their own; what is then true is for check.c to see. */
static bool is_natural(const struct faults *f, u32 code)
{
	if (code == NV_OK)
		return true;
	if (f->call->select == CMD_TYPE_INFO && code == NV_ERR_OBJECT_NOT_FOUND)
		return true;
	/* sysfs is asked instead (notes 5). */
	if (f->call->select == CMD_SUPPORTED && code == NV_ERR_NOT_SUPPORTED)
		return true;
	return f->call->select == CMD_ENUMERATE && code == NV_ERR_INVALID_STATE;
}

static bool is_transient(u32 code)
{
	return code == BUSY_RETRY || code == TIMEOUT_RETRY;
}

static void expect_of_status(const struct faults *f, struct fault *fault, u32 code)
{
	char words[200];

	if (f->call->select == CMD_ENUMERATE && code == NV_ERR_INVALID_STATE)
		fault->expectation = f->b->scene == SCENE_OTHERS ? EXPECT_IN_USE : EXPECT_SUCCESS;
	else if (is_natural(f, code))
		fault->expectation = EXPECT_TRUTH;
	else if (!f->call->step || (is_transient(code) && fault->rule[0].times))
		fault->expectation = EXPECT_SUCCESS;
	else {
		call_words(f->b, f->call, &fault->rule[0], words, sizeof(words));
		expect_status(f->b, fault, words, code);
	}
}

static void add_status(const struct faults *f, u32 code, bool late)
{
	struct fault fault = fault_at(f->call, RM_DO_STATUS, code);

	/* Retries come after 1, 2, 4 ms: three are soon over. */
	if (is_transient(code))
		fault.rule[0].times = 3;
	fault.rule[0].late = late;
	fault.is_core = is_core_status(code);
	/* Nothing shows whether this one was done; its success is believed. */
	fault.is_lie = code == NV_OK && f->call->select == CMD_SET_PGPU_INFO;
	expect_of_status(f, &fault, code);
	emit(f, &fault, "%sstatus 0x%x", late ? "late " : "", code);
}

static void add_statuses(const struct faults *f)
{
	if (!f->call->has_status)
		return;
	for (u32 i = 0; i < statuses; i++)
		add_status(f, table[i].code, false);
	add_status(f, UNKNOWN_STATUS, false);
	add_status(f, NV_ERR_NOT_SUPPORTED, true);
	add_status(f, UNKNOWN_STATUS, true);
}

/* ----------------------------------------------------------- the rest */

/* A GPU that cannot be initialised: open says EIO, and a call of its own tells the status. */
static void add_broken(const struct faults *f)
{
	for (u32 i = 0; i < statuses; i++) {
		struct fault fault = { .broken = true, .init_status = table[i].code };

		fault.is_core = is_core_status(table[i].code);
		expect_status(f->b, &fault, "cannot open " NODE, table[i].code);
		if (table[i].code == NV_OK)
			expect_error(&fault, "cannot open " NODE, EIO);
		emit(f, &fault, "GPU broken with 0x%x", table[i].code);
	}
}

/* … and where that call fails, too, errno is all there is. */
static void add_silent(const struct faults *f)
{
	for (size_t i = 0; i < COUNT(ioctl_errors); i++) {
		struct fault fault = fault_at(f->call, RM_DO_ERRNO, EIO);

		fault.rule[fault.rules++] = (struct rm_rule){
			.where = RM_AT_IOCTL, .select = NR_STATUS_CODE, .nth = 1, .times = 1,
			.action = RM_DO_ERRNO, .arg = (u32)ioctl_errors[i],
		};
		expect_error(&fault, "cannot open " NODE, EIO);
		emit(f, &fault, "errno 5, then errno %d", ioctl_errors[i]);
	}
}

/* The driver did its work, and there is no word of it: the status is still the one that went in. */
static void add_mute(const struct faults *f)
{
	struct fault fault = fault_at(f->call, RM_DO_MUTE, 0);

	if (!f->call->has_status)
		return;
	fault.is_core = true;
	expect_of_status(f, &fault, UNSET_STATUS);
	emit(f, &fault, "no answer");
}

static void add_death(const struct faults *f, bool late)
{
	struct fault fault = fault_at(f->call, RM_DO_KILL, 0);

	fault.rule[0].late = late;
	fault.is_core = true;
	fault.expectation = EXPECT_DEATH;
	fault.signal = SIGKILL;
	emit(f, &fault, "killed %s the call", late ? "after" : "before");
}

/* A count over every bound, a number of nothing, text without an end. */
static void add_oversize(const struct faults *f, u32 byte, bool is_core)
{
	struct fault fault = fault_at(f->call, RM_DO_FILL, byte);

	fault.is_core = is_core;
	fault.is_lie = f->call->select == CMD_FB_INFO;
	emit(f, &fault, "an answer full of 0x%x", byte);
}

static void add_others(const struct faults *f)
{
	struct fault fault = fault_at(f->call, RM_DO_VANISH, GPU);

	fault.is_core = true;
	emit(f, &fault, "the GPU vanishes");
	add_death(f, false);
	add_death(f, true);
	if (is_open(f->call))
		return;
	fault = fault_at(f->call, RM_DO_SHORT, 0);
	fault.is_core = true;
	emit(f, &fault, "a short answer");
	add_mute(f);
	add_oversize(f, 0xff, true);
	add_oversize(f, 0x20, false);
	add_oversize(f, '\n', true);
}

/* From this call on it fails for good: what was discarded cannot be put back either. */
static void add_lasting(const struct faults *f)
{
	static const u32 codes[] = { 0x1b, 0x56, 0xffff, UNKNOWN_STATUS };

	if (f->call->select != CMD_SET_INFO)
		return;
	for (size_t i = 0; i < COUNT(codes); i++) {
		struct fault fault = fault_at(f->call, RM_DO_STATUS, codes[i]);

		fault.rule[0].times = 0;
		fault.is_core = is_core_status(codes[i]);
		expect_of_status(f, &fault, codes[i]);
		emit(f, &fault, "status 0x%x from here on", codes[i]);
	}
}

/* Busy for ever: tried again for about a second. */
static void add_busy(const struct faults *f, u32 code)
{
	struct fault fault = fault_at(f->call, RM_DO_STATUS, code);

	if (!f->call->has_status)
		return;
	fault.rule[0].times = 0;
	fault.is_core = is_core_status(code);
	expect_of_status(f, &fault, code);
	emit(f, &fault, "status 0x%x for ever", code);
}

/* From the first look at the types to the last one that is sent, or looked at, nobody else may. */
static bool is_alone(const struct faults *f)
{
	u32 number = (u32)(f->call - f->b->call) + 1;

	return f->b->first_type && number >= f->b->first_type && number <= (f->b->last_set ? f->b->last_set : f->b->calls - 1);
}

/* A run has 60 s, and 15 for what it must be alone with. Some seconds later it is still there for cleaning up, and then gone. */
static void add_hangs(const struct faults *f)
{
	struct fault fault = fault_at(f->call, RM_DO_HANG, is_alone(f) ? 17000 : 62000);

	emit(f, &fault, "it hangs over the deadline");
	fault = fault_at(f->call, RM_DO_HANG, 90000);
	fault.is_core = true;
	fault.expectation = EXPECT_DEATH;
	emit(f, &fault, "it hangs for good");
}

void faults_of(struct bench *b, const struct call *call, void (*each)(struct bench *b, const struct call *call,
								      const struct fault *fault))
{
	const struct faults f = { b, call, each };

	add_errors(&f);
	add_statuses(&f);
	add_others(&f);
	add_lasting(&f);
	add_busy(&f, BUSY_RETRY);
	add_busy(&f, TIMEOUT_RETRY);
	add_hangs(&f);
	if (call->where == RM_AT_OPEN_GPU) {
		add_broken(&f);
		add_silent(&f);
	}
}
