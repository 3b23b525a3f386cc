// SPDX-License-Identifier: GPL-2.0-only
/* rm.c - open, ioctl and close: where calls are counted, met by rules and written down */
#include "rm-core.h"

static void begin(struct rm_call *call, struct rm_state *rm, const struct rm_caller *c, u32 file)
{
	memset(call, 0, sizeof(*call));
	call->rm = rm;
	call->c = c;
	call->file = file;
	call->gpu = RM_NONE;
	call->ev.call = rm->calls;
	call->ev.owner = c->owner;
	call->ev.minor = file == RM_NONE ? 0 : rm->file[file].minor;
}

/* --------------------------------------------------------- injection */

/* arg ~0: the GPU that the call is about, or the only one. */
static struct rm_gpu *victim(struct rm_call *call)
{
	struct rm_state *rm = call->rm;
	struct rm_object *o = rm_find_object(rm, call->ev.client, call->ev.object);
	u32 i;

	if (call->rule->arg < RM_MAX_GPUS)
		return &rm->gpu[call->rule->arg];
	if (call->gpu < RM_MAX_GPUS)
		return &rm->gpu[call->gpu];
	if (o && o->gpu < RM_MAX_GPUS)
		return &rm->gpu[o->gpu];
	for (i = 0; i < RM_MAX_GPUS - 1 && !rm->gpu[i].in_use; i++)
		;
	return &rm->gpu[i];
}

static void inject_event(struct rm_call *call, const char *text)
{
	struct rm_event own = call->ev;

	call->ev.kind = RM_EV_INJECT;
	call->ev.text = text;
	rm_trace(call);
	call->ev = own;
}

static const char *action_text(const struct rm_rule *rule)
{
	static const char *const text[] = { "errno", "status", "hang", "vanish", "short", "kill", "fill", "stop",
					   "signal", "mute", "queue" };

	return rule->action < sizeof(text) / sizeof(text[0]) ? text[rule->action] : "nothing";
}

static void kill_caller(struct rm_call *call)
{
	if (call->c->ops->kill)
		call->c->ops->kill(call->c->ctx);
}

static void signal_caller(struct rm_call *call)
{
	if (call->c->ops->signal)
		call->c->ops->signal(call->c->ctx, call->rule->action == RM_DO_STOP ? 0 : call->rule->arg);
}

/* Finds the rule of this call and does what must be done before the driver sees it. */
static void meet_rule(struct rm_call *call)
{
	call->rule = rm_rule_for(call->rm, &call->ev);
	if (!call->rule)
		return;
	inject_event(call, action_text(call->rule));
	switch (call->rule->action) {
	case RM_DO_HANG:
		if (call->c->ops->sleep)
			call->c->ops->sleep(call->c->ctx, call->rule->arg);
		break;
	case RM_DO_QUEUE:
		if (call->c->ops->queue)
			call->c->ops->queue(call->c->ctx, call->rule->arg);
		break;
	case RM_DO_VANISH:
		victim(call)->lost = 1;
		break;
	case RM_DO_SHORT:
	case RM_DO_MUTE:
		call->no_params_back = true;
		break;
	case RM_DO_KILL:
		if (!call->rule->late)
			kill_caller(call);
		break;
	}
}

static bool rule_does(const struct rm_call *call, u32 action, bool late)
{
	return call->rule && call->rule->action == action && !call->rule->late == !late;
}

/* -------------------------------------------------------------- open */

static int free_file(const struct rm_state *rm)
{
	int i;

	for (i = 0; i < RM_MAX_FILES; i++)
		if (!rm->file[i].in_use)
			return i;
	return -ENFILE;
}

static int open_gpu(struct rm_call *call, u32 minor)
{
	struct rm_gpu *gpu = rm_gpu_by_minor(call->rm, minor);
	int r;

	if (!gpu)
		return -ENODEV;
	r = rm_gpu_get(call->rm, gpu);
	if (r == 0)
		call->gpu = rm_gpu_index(call->rm, gpu);
	return r;
}

static int open_file(struct rm_call *call, u32 minor)
{
	int slot = free_file(call->rm);
	struct rm_file *file;
	int r;

	if (slot < 0)
		return slot;
	if (minor != RM_MINOR_CTL) {
		r = open_gpu(call, minor);
		if (r < 0)
			return r;
	}
	file = &call->rm->file[slot];
	memset(file, 0, sizeof(*file));
	file->in_use = 1;
	file->minor = minor;
	file->gpu = call->gpu;
	file->owner = call->c->owner;
	return slot;
}

static void drop_file(struct rm_state *rm, u32 file)
{
	struct rm_file *f = &rm->file[file];
	u32 i;

	rm_free_file(rm, file);
	if (f->gpu < RM_MAX_GPUS)
		rm_gpu_release(&rm->gpu[f->gpu]);
	for (i = 0; i < RM_MAX_GPUS; i++)
		if (f->attached & (u64)1 << i)
			rm_gpu_release(&rm->gpu[i]);
	f->in_use = 0;
}

static int run_open(struct rm_call *call, u32 minor)
{
	int r;

	if (call->rm->fatal)
		return -EIO;
	if (rule_does(call, RM_DO_ERRNO, false))
		return -(int)call->rule->arg;
	r = open_file(call, minor);
	if (r >= 0 && rule_does(call, RM_DO_ERRNO, true)) {
		drop_file(call->rm, (u32)r);
		return -(int)call->rule->arg;
	}
	return r;
}

int rm_open(struct rm_state *rm, const struct rm_caller *c, u32 minor)
{
	struct rm_call call;
	struct rm_gpu *gpu = rm_gpu_by_minor(rm, minor);
	int r;

	rm->calls++;
	begin(&call, rm, c, RM_NONE);
	call.ev.kind = RM_EV_OPEN;
	call.ev.minor = minor;
	if (gpu)
		call.gpu = rm_gpu_index(rm, gpu);
	meet_rule(&call);
	call.gpu = RM_NONE;
	r = run_open(&call, minor);
	call.ev.error = r < 0 ? r : 0;
	rm_trace(&call);
	if (rule_does(&call, RM_DO_KILL, true))
		kill_caller(&call);
	return r;
}

/* ------------------------------------------------------------- close */

void rm_close(struct rm_state *rm, const struct rm_caller *c, unsigned int file, bool leaked)
{
	struct rm_call call;

	if (file >= RM_MAX_FILES || !rm->file[file].in_use)
		return;
	begin(&call, rm, c, file);
	call.ev.kind = RM_EV_CLOSE;
	call.ev.owner = rm->file[file].owner;
	call.ev.leaked = leaked;
	drop_file(rm, file);
	rm_trace(&call);
}

/* ------------------------------------------------------------- ioctl */

struct request {
	u32 nr, size;
	u64 user;
};

static int copy_arg(struct rm_call *call, const struct request *rq)
{
	if (rq->size && call->c->ops->copy_in(call->c->ctx, call->rm->arg, rq->user, rq->size) < 0)
		return -EFAULT;
	return 0;
}

/* notes 2: {cmd, size, ptr}; the request inside takes the place of the one outside. */
static int unwrap(struct rm_call *call, struct request *rq)
{
	struct rm_state *rm = call->rm;
	int r;

	if (rq->nr != RM_ESC_XFER)
		return 0;
	if (rq->size != rm_struct_size(rm, RM_S_XFER))
		return -EINVAL;
	r = copy_arg(call, rq);
	if (r < 0)
		return r;
	rq->nr = (u32)rm_get(rm, rm->arg, RM_F_XFER_CMD);
	rq->size = (u32)rm_get(rm, rm->arg, RM_F_XFER_SIZE);
	rq->user = rm_get(rm, rm->arg, RM_F_XFER_PTR);
	return rq->size > RM_MAX_IOCTL || rq->nr == RM_ESC_XFER ? -EINVAL : 0;
}

/* A hang gives the lock, and with it the scratch, to others: read again. */
static int take_arg(struct rm_call *call, const struct request *rq)
{
	int r = copy_arg(call, rq);

	if (r < 0)
		return r;
	rm_escape_describe(call, rq->nr, rq->size);
	meet_rule(call);
	if (rule_does(call, RM_DO_HANG, false) || rule_does(call, RM_DO_QUEUE, false))
		r = copy_arg(call, rq);
	if (call->ev.kind == RM_EV_IOCTL && r == 0) {
		memcpy(call->rm->in, call->rm->arg, rq->size);
		call->ev.in = call->rm->in;
		call->ev.in_len = rq->size;
	}
	return r;
}

/* An injected status needs a status word; what has none is refused by the ioctl layer. */
static int injected_status(struct rm_call *call)
{
	if (!call->ev.has_status)
		return -EINVAL;
	call->ev.status = call->rule->arg;
	if (call->ev.status)
		rm_vgpu_failed(call);
	return 0;
}

static int work(struct rm_call *call, const struct request *rq)
{
	int r;

	if (rule_does(call, RM_DO_STATUS, false))
		return injected_status(call);
	r = rm_escape(call, rq->nr, rq->size);
	if (r == 0 && rule_does(call, RM_DO_STATUS, true))
		r = injected_status(call);
	return r;
}

/* notes 2: copied back unless EFAULT, also with EINVAL. */
static int answer(struct rm_call *call, const struct request *rq, int r)
{
	if (rule_does(call, RM_DO_MUTE, false))
		return r;
	rm_escape_put_status(call, rq->size);
	if (call->ev.kind == RM_EV_IOCTL) {
		if (call->no_params_back)
			return r;
		rm_spoil(call, call->rm->arg, rq->size);
		call->ev.out = call->rm->arg;
		call->ev.out_len = rq->size;
	}
	if (rq->size && call->c->ops->copy_out(call->c->ctx, rq->user, call->rm->arg, rq->size) < 0)
		return -EFAULT;
	return r;
}

static int run_ioctl(struct rm_call *call, struct request *rq)
{
	int r = unwrap(call, rq);

	if (r < 0)
		return r;
	call->ev.nr = rq->nr;
	call->ev.size = rq->size;
	if (rm_checks_table_first(call->rm) && !rm_escape_known(call->rm, rq->nr, rq->size))
		return -EINVAL;
	r = take_arg(call, rq);
	if (r < 0)
		return r;
	if (rule_does(call, RM_DO_ERRNO, false))
		return -(int)call->rule->arg;
	r = work(call, rq);
	if (call->rm->fatal)
		return -EIO;
	if (rule_does(call, RM_DO_ERRNO, true))
		return -(int)call->rule->arg;
	return answer(call, rq, r);
}

int rm_ioctl(struct rm_state *rm, const struct rm_caller *c, unsigned int file, u32 request, u64 arg)
{
	struct request rq = { request & 0xff, request >> 16 & 0x3fff, arg };
	struct rm_call call;
	int r;

	if (file >= RM_MAX_FILES || !rm->file[file].in_use)
		return -EBADF;
	rm->calls++;
	begin(&call, rm, c, file);
	call.ev.kind = RM_EV_IOCTL;
	call.ev.nr = rq.nr;
	call.ev.size = rq.size;
	r = rm->fatal ? -EIO : run_ioctl(&call, &rq);
	call.ev.error = r;
	rm_trace(&call);
	if (rule_does(&call, RM_DO_KILL, true))
		kill_caller(&call);
	if (rule_does(&call, RM_DO_STOP, false) || rule_does(&call, RM_DO_SIGNAL, false))
		signal_caller(&call);
	return r;
}
