/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a function can be made is told by creatable_vgpu_types, which is a moment's list: a function that has a type offers
 * nothing, and beside one vGPU a card in equal-size mode offers only types of the same size (vendor-vfio.md, 2). So numbers
 * are found by name in what all functions offer, in what this boot's runs have given, and among the configuration's own
 * types; and before each write the function's list is read again.
 *
 * Whether the driver lets a type be created that was registered by this program is not known (vendor-vfio.md, 10.6): its
 * list tells.
 */
#include "core/function-types.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/deadline.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/signals.h"
#include "base/string-util.h"
#include "core/assign.h"
#include "system/vfio.h"

/* After a VM has ended its plugin still exits for seconds, and the driver says EBUSY. */
#define BUSY_TRIES 10
#define BUSY_MS 1000

/* From this edit distance on, a name is another one. */
#define SUGGEST_DISTANCE 4

/* What goes with a type that is taken away, so that undo() can give it back. */
struct before {
	char *name, *params; /* NULL: none */
};

struct give {
	struct function_types *t;
	struct vfio_offers *offers; /* of each function, when the run began */
	struct wish_list wishes;
	struct assignment *assigned;
	struct before *before;      /* of each function, where one is to lose its type */
	char **holders;             /* of each function, where one is to lose its type */
	struct diagnostics found;   /* mistakes of the configuration that only the driver could tell */
	int log;                    /* the kernel's, from the run's begin on; negative: it may not be read */
};

static void give_done(struct give *g)
{
	for (size_t i = 0; g->offers && i < g->t->functions->n; i++)
		vfio_offers_done(&g->offers[i]);
	for (size_t i = 0; g->holders && i < g->t->functions->n; i++)
		free(g->holders[i]);
	free(g->holders);
	for (size_t i = 0; g->before && i < g->t->functions->n; i++) {
		free(g->before[i].name);
		free(g->before[i].params);
	}
	free(g->before);
	for (size_t i = 0; i < g->wishes.n; i++)
		free(g->wishes.items[i].name);
	free(g->offers);
	free(g->wishes.items);
	free(g->assigned);
	diagnostics_done(&g->found);
	closep(&g->log);
}

static enum outcome fail(const struct give *g, int r, const char *what)
{
	diag_say(g->t->diag, LOG_ERR, r, "%s", what);
	return OUTCOME_FAILED;
}

bool function_offers(const struct function *function)
{
	struct vfio_offers offers = { 0 };
	bool any = function->type || (vfio_read_offers(function->path, &offers) == 0 && offers.n);

	vfio_offers_done(&offers);
	return any;
}

/* Calls tell for each name that is known with its number, until that returns false. */
static void each_name(const struct give *g, bool (*tell)(void *data, uint64_t number, const char *name), void *data)
{
	const struct function_types *t = g->t;
	const struct type_list *own = &t->plan->types;

	for (size_t i = 0; i < t->functions->n; i++)
		for (size_t j = 0; j < g->offers[i].n; j++)
			if (!tell(data, g->offers[i].items[j].number, g->offers[i].items[j].name))
				return;
	for (size_t i = 0; i < t->record->n; i++)
		if (*t->record->given[i].name && !tell(data, t->record->given[i].number, t->record->given[i].name))
			return;
	for (size_t i = 0; i < own->n; i++)
		if (!tell(data, type_num(&own->items[i]), type_name(&own->items[i])))
			return;
}

/* A search by name or, where that is NULL, by number. */
struct search {
	const char *name, *found, *nearest;
	uint64_t number, second; /* second: another type with the same name */
	unsigned distance;
};

static bool match(void *data, uint64_t number, const char *name)
{
	struct search *s = data;
	unsigned d;

	if (!s->name) {
		if (number != s->number)
			return true;
		s->found = name;
		return false;
	}
	if (strcmp(name, s->name) == 0) {
		s->second = s->found && number != s->number ? number : s->second;
		if (!s->found)
			s->number = number;
		s->found = name;
		return true;
	}
	d = edit_distance(name, s->name);
	if (d < s->distance) {
		s->distance = d;
		s->nearest = name;
	}
	return true;
}

/* Drops what the record has given and the function has no longer: what it gets from now on is not ours. */
static void forget_lost(struct function_types *t)
{
	for (size_t i = 0; i < t->functions->n; i++) {
		const struct function *f = &t->functions->items[i];

		if (functions_record_find(t->record, f->number) && !assign_is_ours(f, t->record))
			functions_record_remove(t->record, f->number);
	}
}

/* Returns the size of a type, by its definition or by its name. */
static uint64_t size_of(const struct give *g, uint64_t number, const char *name)
{
	const struct type *own = type_list_find(&g->t->plan->types, number);

	if (own && !type_is_auto(own))
		return type_share(own);
	return g->t->backend->type_size ? g->t->backend->type_size(name) : 0;
}

/* Returns the size of a type that a function has; 0: not known. */
static uint64_t size_of_current(const struct give *g, const struct function *f)
{
	struct search s = { .number = f->type };

	each_name(g, match, &s);
	for (size_t i = 0; !s.found && i < g->wishes.n; i++)
		if (g->wishes.items[i].number == f->type)
			s.found = g->wishes.items[i].name;
	return size_of(g, f->type, s.found ? s.found : "");
}

/* Formats why a type is not offered beside the vGPUs that there are. */
static const char *reason_missing(const struct give *g, uint64_t size)
{
	bool any = false;

	for (size_t i = 0; i < g->t->functions->n; i++) {
		const struct function *f = &g->t->functions->items[i];
		uint64_t own = f->type ? size_of_current(g, f) : 0;

		if (own && size && own != size)
			return "a card in equal-size mode takes one frame buffer size only, and there are vGPUs of another one "
			       "(mixed sizes have to be switched on before: nvidia-smi vgpu -shm 1)";
		any |= f->type != 0;
	}
	return any ? "the card has no room for one more beside the vGPUs that there are, or takes only types of their size" :
		"the driver has no such type for this card, or no room for one; in MIG mode, no instance for it";
}

static int refuse_name(struct give *g, const struct vgpu *vgpu, const struct search *s)
{
	uint64_t size = g->t->backend->type_size ? g->t->backend->type_size(vgpu->type) : 0;
	bool full = true, any = false, cut = false;

	for (size_t i = 0; i < g->t->functions->n; i++) {
		full &= !g->offers[i].n;
		any |= g->t->functions->items[i].type != 0;
		cut |= g->offers[i].cut;
	}
	if (s->second)
		return diag_error(&g->found, &vgpu->type_location, vgpu->path,
				  "type: \"%s\" is the name of types %" PRIu64 " and %" PRIu64 "; write the number", vgpu->type,
				  s->number, s->second);
	if (cut)
		return diag_error(&g->found, &vgpu->type_location, vgpu->path,
				  "type: \"%s\" is not on the page that the driver's list is cut to; write its number", vgpu->type);
	if (full)
		return diag_error(&g->found, &vgpu->type_location, vgpu->path,
				  "type: \"%s\" cannot be looked up, since no function offers any type at the moment: %s", vgpu->type,
				  reason_missing(g, size));
	/* Beside vGPUs only some types are offered, and the nearest of them is rarely what was meant. */
	if (!any && s->nearest && s->distance < SUGGEST_DISTANCE)
		return diag_error(&g->found, &vgpu->type_location, vgpu->path,
				  "type: \"%s\" is offered by no function (did you mean \"%s\"?)", vgpu->type, s->nearest);
	return diag_error(&g->found, &vgpu->type_location, vgpu->path, "type: \"%s\" is offered by no function: %s", vgpu->type,
			  reason_missing(g, size));
}

/* Finds numbers and names of everything that is wished. */
static enum outcome resolve(struct give *g)
{
	const struct functions_plan *plan = &g->t->plan->functions;
	int result = 0;

	g->wishes.items = calloc(plan->n, sizeof(*g->wishes.items));
	if (!g->wishes.items)
		return fail(g, -ENOMEM, "cannot look types up");
	for (size_t i = 0; i < plan->n; i++) {
		struct wish *wish = &g->wishes.items[i];
		struct search s = { .name = plan->vgpus[i]->type, .number = plan->vgpus[i]->number, .distance = UINT32_MAX };

		each_name(g, match, &s);
		if (s.name && (!s.found || s.second)) {
			result = refuse_name(g, plan->vgpus[i], &s);
			continue;
		}
		*wish = (struct wish){ plan->vgpus[i], s.number, strdup(s.found ? s.found : ""), 0 };
		g->wishes.n = i + 1;
		if (!wish->name)
			return fail(g, -ENOMEM, "cannot look types up");
		wish->size = size_of(g, wish->number, wish->name);
	}
	return result < 0 ? OUTCOME_REFUSED : OUTCOME_DONE;
}

/* Judges a write to a function before the first one. */
static enum outcome check_step(struct give *g, const struct function *f, const struct assignment *a,
			       const struct vfio_offers *offers, const char *holder)
{
	if (a->step == STEP_CHANGE || a->step == STEP_TAKE) {
		if (!holder)
			return OUTCOME_DONE;
		diag_say(g->t->diag, LOG_ERR, 0, "in use: virtfn%u (%s) is held by %s; nothing was written", f->number, f->address,
			 holder);
		return OUTCOME_IN_USE;
	}
	if (a->step != STEP_GIVE || offers->cut || vfio_find_offer(offers, a->wish->number))
		return OUTCOME_DONE;
	diag_error(&g->found, &a->wish->vgpu->type_location, a->wish->vgpu->path,
		   "type: virtfn%u does not offer type %" PRIu64 "%s%s: %s", f->number, a->wish->number, *a->wish->name ? " " : "",
		   a->wish->name, reason_missing(g, a->wish->size));
	return OUTCOME_REFUSED;
}

static enum outcome check_steps(struct give *g)
{
	enum outcome outcome = OUTCOME_DONE;
	bool takes = false;

	g->holders = calloc(g->t->functions->n + 1, sizeof(*g->holders));
	g->before = calloc(g->t->functions->n + 1, sizeof(*g->before));
	if (!g->holders || !g->before)
		return fail(g, -ENOMEM, "cannot tell whether VMs hold functions");
	for (size_t i = 0; i < g->t->functions->n; i++)
		takes |= g->assigned[i].step == STEP_CHANGE || g->assigned[i].step == STEP_TAKE;
	if (takes)
		sriov_find_holders(g->t->functions, g->holders);

	for (size_t i = 0; outcome == OUTCOME_DONE && i < g->t->functions->n; i++) {
		const struct function *f = &g->t->functions->items[i];

		if (g->assigned[i].wish && f->world != WORLD_VENDOR) {
			diag_say(g->t->diag, LOG_ERR, 0, "virtfn%u (%s) takes no type: %s%s", f->number, f->address,
				 f->world == WORLD_MDEV ? "it shows its types through mdev" : *f->driver ? "driver " : "no driver",
				 f->world == WORLD_MDEV ? "" : *f->driver ? f->driver : " has it");
			return OUTCOME_FAILED;
		}
		outcome = check_step(g, f, &g->assigned[i], &g->offers[i], g->holders[i]);
	}
	return outcome;
}

/* What the kernel has said since the run began, for the reason of an EIO. To be freed; NULL: it may not be read. */
static char *read_log(int log)
{
	char *text = NULL;
	char part[1024];
	ssize_t n = 0;

	/* A message a read; one that was overwritten meanwhile is EPIPE. */
	for (unsigned i = 0; log >= 0 && i < 1000 && ((n = read(log, part, sizeof(part) - 1)) > 0 || (n < 0 && errno == EPIPE)); i++)
		if (n > 0)
			text_append(&text, "%.*s\n", (int)n, part);
	return text;
}

static void say_refused(const struct give *g, const struct function *f, int r, const char *what)
{
	_cleanup_(freep) char *log = r == -EIO ? read_log(g->log) : NULL;
	_cleanup_(freep) char *why = log && g->t->backend->refusal ? g->t->backend->refusal(log) : NULL;
	static const struct {
		int code;
		const char *words;
	} meanings[] = {
		{ -EPERM, "it has a type already, or a VM has it open" },
		{ -EEXIST, "somebody else has set another one meanwhile" },
		{ -EBUSY, "its last VM is still being taken down" },
		{ -EINVAL, "it is not registered with the kernel's VFIO; only switching functions off and on helps (sriov-manage -d, -e)" },
		{ -EIO, "the driver does not say why; the kernel's log may (dmesg)" },
	};

	for (size_t i = 0; !why && i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].code == r)
			why = strdup(meanings[i].words);
	diag_say(g->t->diag, LOG_ERR, r, "virtfn%u (%s) refuses %s%s%s%s", f->number, f->address, what, why ? " (" : "",
		 why ? why : "", why ? ")" : "");
}

/*
 * Writes a type where there is none, or 0 where the function has the given one; again while the driver is busy, and reads it
 * back. Looks before each try: while the driver is busy somebody else may have taken the function over (-EEXIST).
 */
static int write_type(const struct function *f, uint64_t from, uint64_t to)
{
	uint64_t now = 0;
	int r = -EBUSY;

	for (unsigned i = 0; r == -EBUSY && i <= BUSY_TRIES; i++) {
		if (i && !deadline_sleep(BUSY_MS))
			return -ETIMEDOUT;
		r = vfio_read_type(f->path, &now);
		if (r == 0 && now != from)
			return now ? -EEXIST : 0;
		if (r == 0)
			r = vfio_write_type(f->path, to);
	}
	if (r == 0)
		r = vfio_read_type(f->path, &now);
	return r == 0 && now != to ? -ENODATA : r;
}

/* Forgets what was given to a function. */
static int note_taken(const struct give *g, const struct function *f)
{
	functions_record_remove(g->t->record, f->number);
	return functions_record_write(g->t->gpu->address, g->t->record, g->t->trigger);
}

/* Takes the type away that this boot gave, and no other one; never where there is none: the driver would refuse it. */
static int take_type(const struct give *g, const struct function *f)
{
	const struct given_type *given = functions_record_find(g->t->record, f->number);
	int r = given ? write_type(f, given->number, 0) : 0;

	return r == 0 && given ? note_taken(g, f) : r;
}

static int note_given(const struct give *g, const struct function *f, uint64_t number, const char *name)
{
	int r = functions_record_add(g->t->record, f->number, number, name);

	return r < 0 ? r : functions_record_write(g->t->gpu->address, g->t->record, g->t->trigger);
}

/* Compares parameters without blanks, with which the driver may part them as it likes. */
static bool same_params(const char *a, const char *b)
{
	for (;;) {
		a += strspn(a, " ");
		b += strspn(b, " ");
		if (!*a || *a != *b)
			return *a == *b;
		a++, b++;
	}
}

static bool give_params(const struct give *g, const struct function *f, const char *params)
{
	char text[FILE_LINE_MAX];
	int r = vfio_write_params(f->path, params);

	if (r < 0) {
		diag_say(g->t->diag, LOG_ERR, r, "virtfn%u (%s) refuses params%s", f->number, f->address,
			 r == -E2BIG ? " (too long for this driver)" : r == -ENOENT ? " (this driver takes none: vgpu_params is not there)" :
			 r == -EPERM ? " (a VM has it open)" : r == -ENXIO ? " (it has lost its type)" : "");
		return false;
	}
	r = vfio_read_params(f->path, text, sizeof(text));
	if (r == 0 && same_params(text, params))
		return true;
	diag_say(g->t->diag, LOG_ERR, r, "virtfn%u (%s) does not show the params that were written", f->number, f->address);
	return false;
}

/* Gives one type; *wrote becomes whether there is anything to take back. */
static bool give_type(const struct give *g, const struct function *f, const struct wish *wish, bool *wrote)
{
	_cleanup_(freep) char *what = text_format("type %" PRIu64 "%s%s", wish->number, *wish->name ? " " : "", wish->name);
	struct vfio_offers offers = { 0 };
	bool offered;
	uint64_t now = 0;
	int r = vfio_read_type(f->path, &now);

	if (r == 0 && now) {
		diag_say(g->t->diag, LOG_ERR, 0, "virtfn%u (%s) has type %" PRIu64 " meanwhile, which somebody else has set", f->number,
			 f->address, now);
		return false;
	}
	if (r == 0)
		r = vfio_read_offers(f->path, &offers);
	offered = r == 0 && (offers.cut || vfio_find_offer(&offers, wish->number));
	vfio_offers_done(&offers);
	if (r == 0 && !offered) {
		diag_say(g->t->diag, LOG_ERR, 0, "virtfn%u (%s) no longer offers %s: %s", f->number, f->address, what ? what : "it",
			 reason_missing(g, wish->size));
		return false;
	}
	if (r == 0)
		r = note_given(g, f, wish->number, wish->name);
	if (r < 0) {
		diag_say(g->t->diag, LOG_ERR, r, "virtfn%u (%s) is given nothing: it cannot be read, or its type not be written down",
			 f->number, f->address);
		return false;
	}
	r = write_type(f, 0, wish->number);
	/* Where somebody else was faster, the type is his, even if it is the same: nothing was written. */
	*wrote = r != -EPERM && r != -EEXIST;
	if (r < 0) {
		say_refused(g, f, r, what ? what : "its type");
		if (!*wrote && note_taken(g, f) < 0)
			diag_say(g->t->diag, LOG_WARNING, 0, "cannot write down that virtfn%u was given nothing", f->number);
		return false;
	}
	return !wish->vgpu->params || give_params(g, f, wish->vgpu->params);
}

/* Keeps what goes with the type that a function is about to lose. */
static int keep(const struct give *g, const struct function *f, struct before *before)
{
	const struct given_type *given = functions_record_find(g->t->record, f->number);
	char text[FILE_LINE_MAX];

	before->name = strdup(given ? given->name : "");
	/* Without a text there were none, or the driver has no such file. */
	if (vfio_read_params(f->path, text, sizeof(text)) < 0)
		*text = '\0';
	before->params = strdup(text);
	return before->name && before->params ? 0 : -ENOMEM;
}

/* Gives back a type that this run took, and its parameters, which go with every type. */
static int give_back(const struct give *g, const struct function *f, const struct before *before)
{
	int r = note_given(g, f, f->type, before->name);

	if (r == 0)
		r = write_type(f, 0, f->type);
	return r == 0 && *before->params && !give_params(g, f, before->params) ? -ENODATA : r;
}

static void say_not_undone(const struct give *g, const struct function *f, int r)
{
	diag_say(g->t->diag, LOG_CRIT, r, "virtfn%u (%s) cannot be made as it was", f->number, f->address);
}

/*
 * Takes back what this run gave to the first functions of the order, and only then gives back what it took: a card in
 * equal-size mode takes the old types beside none of the new ones.
 */
static void undo(const struct give *g, const size_t *order, size_t begun)
{
	int r;

	for (size_t i = begun; i-- > 0;) {
		const struct assignment *a = &g->assigned[order[i]];

		r = a->step == STEP_CHANGE || (a->step == STEP_GIVE && !a->wish) ? take_type(g, &g->t->functions->items[order[i]]) : 0;
		if (r < 0)
			say_not_undone(g, &g->t->functions->items[order[i]], r);
	}
	for (size_t i = begun; i-- > 0;) {
		const struct function *f = &g->t->functions->items[order[i]];
		enum step step = g->assigned[order[i]].step;

		/* What could not be taken is written down still, and has been told. */
		if ((step != STEP_CHANGE && step != STEP_TAKE) || functions_record_find(g->t->record, f->number))
			continue;
		r = give_back(g, f, &g->before[order[i]]);
		if (r < 0)
			say_not_undone(g, f, r);
	}
}

/* Orders functions by the size of what they get, the largest first, since it needs the most room in one piece. */
static int compare_sizes(const void *a, const void *b, void *data)
{
	const struct give *g = data;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	uint64_t x = g->assigned[i].wish ? g->assigned[i].wish->size : 0, y = g->assigned[j].wish ? g->assigned[j].wish->size : 0;

	if (x != y)
		return x > y ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* After the first type the others must still be offered: a card in equal-size mode shows only now that it is in it. */
static bool still_offered(const struct give *g, const size_t *order, size_t from)
{
	for (size_t i = from; i < g->t->functions->n; i++) {
		const struct function *f = &g->t->functions->items[order[i]];
		const struct assignment *a = &g->assigned[order[i]];
		struct vfio_offers offers = { 0 };
		bool offered = a->step != STEP_GIVE || vfio_read_offers(f->path, &offers) < 0 || offers.cut ||
			vfio_find_offer(&offers, a->wish->number);

		vfio_offers_done(&offers);
		if (offered)
			continue;
		diag_say(g->t->diag, LOG_ERR, 0, "virtfn%u (%s) no longer offers type %" PRIu64 "%s%s: a card in equal-size mode takes "
			 "one frame buffer size only (mixed sizes have to be switched on before: nvidia-smi vgpu -shm 1); what was written "
			 "is taken back", f->number, f->address, a->wish->number, *a->wish->name ? " " : "", a->wish->name);
		return false;
	}
	return true;
}

/* Writes everything; where something fails, all of it is taken back. */
static enum outcome write_all(struct give *g, const size_t *order)
{
	const struct function_list *functions = g->t->functions;
	enum outcome outcome = OUTCOME_DONE;
	size_t begun = 0;

	for (size_t i = 0; outcome == OUTCOME_DONE && i < functions->n; i++) {
		const struct function *f = &functions->items[order[i]];
		enum step step = g->assigned[order[i]].step;
		bool takes = step == STEP_CHANGE || step == STEP_TAKE;
		int r = takes ? keep(g, f, &g->before[order[i]]) : 0;

		if (takes && r == 0)
			r = take_type(g, f);
		begun = i;
		if (r < 0) {
			say_refused(g, f, r, "to give its type up");
			outcome = OUTCOME_FAILED;
		}
		g->t->taken += r == 0 && step == STEP_TAKE;
	}
	if (outcome == OUTCOME_DONE)
		begun = functions->n;
	for (size_t i = 0; outcome == OUTCOME_DONE && i < functions->n; i++) {
		const struct function *f = &functions->items[order[i]];
		struct assignment *a = &g->assigned[order[i]];
		bool wrote = false;

		if (a->step != STEP_GIVE && a->step != STEP_CHANGE)
			continue;
		if (!give_type(g, f, a->wish, &wrote))
			outcome = OUTCOME_FAILED;
		else if (g->t->given++ == 0 && !still_offered(g, order, i + 1))
			outcome = OUTCOME_REFUSED;
		/* STEP_NONE with a wish: it is as before; what was begun is STEP_TAKE from now on, for undo(). */
		if (wrote)
			a->wish = NULL;
	}
	if (outcome != OUTCOME_DONE)
		undo(g, order, begun);
	return outcome;
}

static void tell_steps(const struct give *g)
{
	for (size_t i = 0; i < g->t->functions->n; i++) {
		const struct function *f = &g->t->functions->items[i];
		const struct assignment *a = &g->assigned[i];

		if (a->step == STEP_GIVE || a->step == STEP_CHANGE)
			diag_say(g->t->diag, LOG_INFO, 0, "virtfn%u (%s) would become type %" PRIu64 "%s%s%s%s", f->number, f->address,
				 a->wish->number, *a->wish->name ? " " : "", a->wish->name, a->wish->vgpu->params ? ", with " : "",
				 a->wish->vgpu->params ? a->wish->vgpu->params : "");
		else if (a->step == STEP_TAKE)
			diag_say(g->t->diag, LOG_INFO, 0, "virtfn%u (%s) would lose type %" PRIu64, f->number, f->address, f->type);
	}
}

static enum outcome carry_out(struct give *g)
{
	size_t n = g->t->functions->n;
	_cleanup_(freep) size_t *order = calloc(n + 1, sizeof(*order));
	enum outcome outcome;
	sigset_t before;

	if (!order)
		return fail(g, -ENOMEM, "cannot give types");
	for (size_t i = 0; i < n; i++) {
		order[i] = i;
		g->t->unchanged += g->assigned[i].wish && g->assigned[i].step == STEP_NONE;
	}
	if (g->t->dry_run) {
		for (size_t i = 0; i < n; i++) {
			g->t->given += g->assigned[i].step == STEP_GIVE || g->assigned[i].step == STEP_CHANGE;
			g->t->taken += g->assigned[i].step == STEP_TAKE;
		}
		tell_steps(g);
		return OUTCOME_DONE;
	}
	qsort_r(order, n, sizeof(*order), compare_sizes, g);
	g->log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (g->log >= 0)
		lseek(g->log, 0, SEEK_END);
	/* Some functions with their types and others without are nothing that anybody has asked for. */
	signals_hold(&before);
	outcome = write_all(g, order);
	signals_release(&before);
	return outcome;
}

enum outcome function_types_give(struct function_types *t)
{
	_cleanup_(give_done) struct give g = { .t = t, .log = -1 };
	size_t n = t->functions->n;
	enum outcome outcome;

	g.offers = calloc(n + 1, sizeof(*g.offers));
	g.assigned = calloc(n + 1, sizeof(*g.assigned));
	if (!g.offers || !g.assigned)
		return fail(&g, -ENOMEM, "cannot give types");
	for (size_t i = 0; i < n; i++)
		if (t->functions->items[i].world == WORLD_VENDOR && vfio_read_offers(t->functions->items[i].path, &g.offers[i]) == -ENOMEM)
			return fail(&g, -ENOMEM, "cannot read what functions offer");
	outcome = resolve(&g);
	forget_lost(t);
	if (outcome == OUTCOME_DONE)
		outcome = assign_functions(t->functions, &g.wishes, t->record, t->force, t->diag, g.assigned);
	if (outcome == OUTCOME_DONE)
		outcome = check_steps(&g);
	if (outcome == OUTCOME_DONE)
		return carry_out(&g);
	if (g.found.errors) {
		diagnostics_move(t->diag, &g.found);
		fail(&g, 0, "configuration refused, nothing was written");
	}
	return outcome;
}
