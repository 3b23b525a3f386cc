// SPDX-License-Identifier: GPL-2.0-only
/* rm-event.c - the transcript: events, their one-line form, dangers */
#include "rm-core.h"

void rm_trace(struct rm_call *call)
{
	if (call->c->ops->trace)
		call->c->ops->trace(call->c->ctx, &call->ev);
}

static void aside(struct rm_call *call, enum rm_event_kind kind, const char *text, u32 code, u32 value)
{
	struct rm_event own = call->ev;

	call->ev.kind = kind;
	call->ev.text = text;
	call->ev.code = code;
	call->ev.size = value;
	rm_trace(call);
	call->ev = own;
}

void rm_note(struct rm_call *call, const char *text, u32 value)
{
	aside(call, RM_EV_NOTE, text, 0, value);
}

const char *rm_danger_text(u32 kind)
{
	static const char *const text[] = {
		[RM_DANGER_DIVIDE] = "divide error by maxInstance 0",
		[RM_DANGER_REGION] = "divide error by a region without a type of one instance",
		[RM_DANGER_SHARE] = "divide error by a share under 1 GiB",
		[RM_DANGER_OVERFLOW] = "array overflow by maxInstance",
		[RM_DANGER_DISCARD_USED] = "discard with running vGPUs",
		[RM_DANGER_DUPLICATE] = "same id twice in one list",
		[RM_DANGER_STRING] = "string without end",
	};

	return kind < sizeof(text) / sizeof(text[0]) ? text[kind] : "?";
}

void rm_danger(struct rm_call *call, u32 kind, u32 type, u32 value, bool fatal)
{
	struct rm_state *rm = call->rm;

	if (rm->dangers < RM_MAX_DANGERS) {
		struct rm_danger *d = &rm->danger[rm->dangers];

		d->kind = kind;
		d->gpu = call->gpu;
		d->type = type;
		d->value = value;
	}
	rm->dangers++;
	if (fatal)
		rm->fatal = kind + 1;
	aside(call, RM_EV_DANGER, rm_danger_text(kind), type, value);
}

/* ------------------------------------------------------------- lines */

struct line {
	char *at;
	size_t len, room;
};

static void add(struct line *l, const char *text)
{
	for (; *text; text++, l->len++)
		if (l->len + 1 < l->room)
			l->at[l->len] = *text;
}

static void add_number(struct line *l, const char *before, u32 value, u32 base)
{
	char digits[12];
	u32 i = sizeof(digits) - 1;

	digits[i] = 0;
	do {
		digits[--i] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	add(l, before);
	if (base == 16)
		add(l, "0x");
	add(l, digits + i);
}

static void finish(struct line *l)
{
	if (l->room)
		l->at[l->len < l->room ? l->len : l->room - 1] = 0;
}

static void add_node(struct line *l, u32 minor)
{
	if (minor == RM_MINOR_CTL)
		add(l, " nvidiactl");
	else
		add_number(l, " nvidia", minor, 10);
}

static void add_result(struct line *l, const struct rm_event *ev)
{
	if (ev->error)
		add_number(l, " errno=", (u32)-ev->error, 10);
	else if (ev->has_status)
		add_number(l, " status=", ev->status, 16);
	if (ev->has_object) {
		add_number(l, " client=", ev->client, 16);
		if (ev->kind != RM_EV_CONTROL)
			add_number(l, " parent=", ev->parent, 16);
		add_number(l, " object=", ev->object, 16);
	}
}

static void add_aside(struct line *l, const struct rm_event *ev)
{
	if (ev->kind == RM_EV_INJECT) {
		add(l, " inject ");
		add(l, ev->text);
	} else if (ev->kind == RM_EV_NOTE) {
		add(l, " note ");
		add(l, ev->text);
		add_number(l, " ", ev->size, 10);
	} else {
		add(l, " DANGER ");
		add(l, ev->text);
		add_number(l, ": type ", ev->code, 10);
		add_number(l, " value ", ev->size, 10);
	}
}

static void add_call(struct line *l, const struct rm_event *ev)
{
	switch (ev->kind) {
	case RM_EV_OPEN:
		add(l, " open");
		add_node(l, ev->minor);
		break;
	case RM_EV_ALLOC:
		add_number(l, " alloc class=", ev->code, 16);
		break;
	case RM_EV_FREE:
		add(l, " free");
		break;
	case RM_EV_CONTROL:
		add_number(l, " control cmd=", ev->code, 16);
		add_number(l, " size=", ev->size, 10);
		break;
	default:
		add(l, " ioctl");
		add_node(l, ev->minor);
		add_number(l, " nr=", ev->nr, 10);
		add_number(l, " size=", ev->size, 10);
		break;
	}
	add_result(l, ev);
}

size_t rm_event_format(char *buf, size_t len, const struct rm_event *ev)
{
	struct line l = { buf, 0, len };

	add_number(&l, "", ev->call, 10);
	if (ev->kind == RM_EV_CLOSE) {
		add(&l, " close");
		add_node(&l, ev->minor);
		if (ev->leaked)
			add(&l, " leaked");
	} else if (ev->kind == RM_EV_NOTE || ev->kind == RM_EV_DANGER || ev->kind == RM_EV_INJECT) {
		add_aside(&l, ev);
	} else {
		add_call(&l, ev);
	}
	add_number(&l, " pid=", ev->owner, 10);
	finish(&l);
	return l.len;
}

/* notes 5, sysfs: framebuffer is the profile size. */
size_t rm_type_description(char *buf, size_t len, const struct rm_type_view *v)
{
	struct line l = { buf, 0, len };

	add_number(&l, "num_heads=", v->num_heads, 10);
	add_number(&l, ", frl_config=", v->frl_config, 10);
	add_number(&l, ", framebuffer=", v->profile_mib, 10);
	add_number(&l, "M, max_resolution=", v->max_x, 10);
	add_number(&l, "x", v->max_y, 10);
	add_number(&l, ", max_instance=", v->max_instance, 10);
	finish(&l);
	return l.len;
}
