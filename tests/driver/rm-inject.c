// SPDX-License-Identifier: GPL-2.0-only
/* rm-inject.c - rules that make a call fail, hang, lie or die */
#include "rm-core.h"

/* ---------------------------------------------------------- matching */

static bool is_ioctl(const struct rm_event *ev)
{
	return ev->kind == RM_EV_IOCTL || ev->kind == RM_EV_ALLOC || ev->kind == RM_EV_FREE ||
	       ev->kind == RM_EV_CONTROL;
}

static bool selects(const struct rm_rule *rule, u32 value)
{
	return rule->select == RM_NONE || rule->select == value;
}

static bool matches(const struct rm_rule *rule, const struct rm_event *ev)
{
	switch (rule->where) {
	case RM_AT_ANY:
		return true;
	case RM_AT_OPEN_CTL:
		return ev->kind == RM_EV_OPEN && ev->minor == RM_MINOR_CTL;
	case RM_AT_OPEN_GPU:
		return ev->kind == RM_EV_OPEN && ev->minor != RM_MINOR_CTL;
	case RM_AT_IOCTL:
		return is_ioctl(ev) && selects(rule, ev->nr);
	case RM_AT_ALLOC:
		return ev->kind == RM_EV_ALLOC && selects(rule, ev->code);
	case RM_AT_FREE:
		return ev->kind == RM_EV_FREE;
	case RM_AT_CONTROL:
		return ev->kind == RM_EV_CONTROL && selects(rule, ev->code);
	default:
		return false;
	}
}

static bool due(const struct rm_rule *rule)
{
	return rule->seen >= rule->nth && (!rule->times || rule->seen - rule->nth < rule->times);
}

/* All rules count; the first that is due acts. */
const struct rm_rule *rm_rule_for(struct rm_state *rm, const struct rm_event *ev)
{
	const struct rm_rule *found = NULL;
	u32 i;

	for (i = 0; i < rm->rules; i++) {
		struct rm_rule *rule = &rm->rule[i];

		if (!matches(rule, ev))
			continue;
		rule->seen++;
		if (!found && due(rule))
			found = rule;
	}
	return found;
}

void rm_spoil(const struct rm_call *call, void *answer, u32 size)
{
	if (call->rule && call->rule->action == RM_DO_FILL)
		memset(answer, (int)call->rule->arg, size);
}

int rm_inject(struct rm_state *rm, const struct rm_rule *rule)
{
	if (rm->rules == RM_MAX_RULES)
		return -ENOSPC;
	rm->rule[rm->rules] = *rule;
	rm->rule[rm->rules].seen = 0;
	rm->rules++;
	return 0;
}

void rm_clear(struct rm_state *rm)
{
	rm->rules = 0;
	rm->dangers = 0;
	rm->calls = 0;
	rm->fatal = 0;
}

/* ----------------------------------------------------------- parsing */

struct word {
	const char *text;
	u32 value;
};

static const struct word places[] = {
	{ "any", RM_AT_ANY }, { "open:ctl", RM_AT_OPEN_CTL }, { "open:gpu", RM_AT_OPEN_GPU },
	{ "ioctl", RM_AT_IOCTL }, { "alloc", RM_AT_ALLOC }, { "free", RM_AT_FREE },
	{ "control", RM_AT_CONTROL }, { NULL, 0 },
};

static const struct word actions[] = {
	{ "errno", RM_DO_ERRNO }, { "status", RM_DO_STATUS }, { "hang", RM_DO_HANG },
	{ "vanish", RM_DO_VANISH }, { "short", RM_DO_SHORT }, { "kill", RM_DO_KILL }, { "fill", RM_DO_FILL },
	{ "stop", RM_DO_STOP }, { "signal", RM_DO_SIGNAL }, { "mute", RM_DO_MUTE },
	{ "queue", RM_DO_QUEUE },
	{ NULL, 0 },
};

static const struct word errors[] = {
	{ "EPERM", EPERM }, { "ENOENT", ENOENT }, { "EINTR", EINTR }, { "EIO", EIO }, { "ENXIO", ENXIO },
	{ "EAGAIN", EAGAIN }, { "ENOMEM", ENOMEM }, { "EACCES", EACCES }, { "EFAULT", EFAULT },
	{ "EBUSY", EBUSY }, { "ENODEV", ENODEV }, { "EINVAL", EINVAL }, { "ENFILE", ENFILE },
	{ "EMFILE", EMFILE }, { "ENOTTY", ENOTTY }, { "ENOSPC", ENOSPC }, { "EPIPE", EPIPE },
	{ "ETIMEDOUT", ETIMEDOUT }, { NULL, 0 },
};

static bool skip(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n))
		return false;
	*s += n;
	return true;
}

static bool take_word(const char **s, const struct word *words, u32 *value)
{
	for (; words->text; words++)
		if (skip(s, words->text)) {
			*value = words->value;
			return true;
		}
	return false;
}

static int digit(char c, u32 base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (base == 16 && c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (base == 16 && c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool take_number(const char **s, u32 *value)
{
	u32 base = skip(s, "0x") || skip(s, "0X") ? 16 : 10;
	u64 sum = 0;

	if (digit(**s, base) < 0)
		return false;
	for (; digit(**s, base) >= 0; (*s)++) {
		sum = sum * base + (u32)digit(**s, base);
		if (sum > 0xffffffffU)
			return false;
	}
	*value = (u32)sum;
	return true;
}

static bool take_place(const char **s, struct rm_rule *rule)
{
	bool narrow;

	rule->select = RM_NONE;
	if (!take_word(s, places, &rule->where))
		return false;
	narrow = rule->where == RM_AT_IOCTL || rule->where == RM_AT_ALLOC || rule->where == RM_AT_CONTROL;
	if (narrow && skip(s, ":") && !take_number(s, &rule->select))
		return false;
	rule->nth = 1;
	rule->times = 1;
	if (skip(s, "#") && (!take_number(s, &rule->nth) || !rule->nth))
		return false;
	return !skip(s, "*") || take_number(s, &rule->times);
}

static bool take_argument(const struct rm_state *rm, const char **s, struct rm_rule *rule)
{
	bool given = skip(s, ":");

	switch (rule->action) {
	case RM_DO_ERRNO:
		return given && (take_word(s, errors, &rule->arg) || take_number(s, &rule->arg)) &&
		       rule->arg > 0 && rule->arg < 4096;
	case RM_DO_STATUS:
		return given && (rm_take_status(rm, s, &rule->arg) || take_number(s, &rule->arg));
	case RM_DO_HANG:
	case RM_DO_QUEUE:
		return given && take_number(s, &rule->arg);
	case RM_DO_SIGNAL:
		return given && take_number(s, &rule->arg) && rule->arg > 0 && rule->arg <= 64;
	case RM_DO_FILL:
		return given && take_number(s, &rule->arg) && rule->arg < 256;
	case RM_DO_VANISH:
		rule->arg = RM_NONE;
		return !given || (take_number(s, &rule->arg) && rule->arg < RM_MAX_GPUS);
	default:
		return !given;
	}
}

static bool makes_sense(const struct rm_rule *rule)
{
	bool open = rule->where == RM_AT_OPEN_CTL || rule->where == RM_AT_OPEN_GPU;

	if (open && (rule->action == RM_DO_STATUS || rule->action == RM_DO_SHORT || rule->action == RM_DO_FILL ||
		     rule->action == RM_DO_STOP || rule->action == RM_DO_SIGNAL || rule->action == RM_DO_MUTE))
		return false;
	return !rule->late || rule->action == RM_DO_ERRNO || rule->action == RM_DO_STATUS ||
	       rule->action == RM_DO_KILL;
}

int rm_inject_text(struct rm_state *rm, const char *text)
{
	struct rm_rule rule;

	memset(&rule, 0, sizeof(rule));
	if (!take_place(&text, &rule) || !skip(&text, "="))
		return -EINVAL;
	rule.late = skip(&text, "late-");
	if (!take_word(&text, actions, &rule.action) || !take_argument(rm, &text, &rule) || *text ||
	    !makes_sense(&rule))
		return -EINVAL;
	return rm_inject(rm, &rule);
}
