/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/explain/chain.h"

#include <errno.h>
#include <string.h>

#include "commands/explain/checks.h"

/* What a link cannot do without. */
enum need {
	NEED_NOTHING,
	NEED_DEVICE,
	NEED_GPU,     /* a device that could have types */
	NEED_BACKEND, /* whose driver is one that we know */
	NEED_PLAN,    /* for which types are configured */
};

static const struct link {
	const char *name;
	enum need need;
	bool follows; /* what it sees follows from any cause before it */
	void (*judge)(const struct look *look, struct finding *ret); /* NULL: the vendor's own links */
} links[] = {
	{ "device", NEED_NOTHING, false, link_device },
	{ "function", NEED_DEVICE, false, link_function },
	{ "driver", NEED_GPU, false, link_driver },
	{ "release", NEED_BACKEND, false, link_release },
	{ NULL, NEED_BACKEND, false, NULL },
	{ "module", NEED_BACKEND, false, link_module },
	{ "configuration", NEED_BACKEND, false, link_configuration },
	{ "world", NEED_BACKEND, false, link_world },
	{ "SR-IOV", NEED_PLAN, false, link_sriov },
	{ "running", NEED_PLAN, false, link_running },
	{ "kernel", NEED_GPU, false, link_switch },
	{ "rule", NEED_GPU, false, link_rule },
	{ "last run", NEED_GPU, true, link_last_run },
	{ "types", NEED_PLAN, true, link_types },
	{ "in use", NEED_BACKEND, false, link_in_use },
};

static enum need met(const struct look *look)
{
	if (!look->gpu)
		return NEED_NOTHING;
	if (!device_is_gpu(look->gpu) || look->gpu->is_vf)
		return NEED_DEVICE;
	if (!look->job.vendor)
		return NEED_GPU;
	return look->n_wanted ? NEED_PLAN : NEED_BACKEND;
}

static const struct finding *first(const struct chain *chain, enum finding_state state)
{
	for (size_t i = 0; i < chain->n; i++)
		if (chain->links[i].finding.state == state)
			return &chain->links[i].finding;
	return NULL;
}

/* Types that are there, but not for mdevctl, or for nobody any more. */
static bool holds_always(enum cause cause)
{
	return cause == CAUSE_VENDOR_VFIO || cause == CAUSE_TAKEN;
}

static void add_link(const struct look *look, struct chain *chain, const char *name, bool follows, struct finding *finding)
{
	if (!finding->seen || chain->n == CHAIN_MAX) {
		finding_done(finding);
		return;
	}
	/* What types that are there can do without may matter at the next run, but is not why anything is missing. */
	if (finding->state == FINDING_CAUSE && !holds_always(finding->cause) && look_is_complete(look))
		finding->state = FINDING_NOTE;
	if (finding->state == FINDING_CAUSE && follows && first(chain, FINDING_CAUSE)) {
		finding->state = FINDING_NOTE;
		free(TAKE_PTR(finding->advice));
	}
	chain->links[chain->n].name = name;
	chain->links[chain->n++].finding = *finding;
}

static void judge(const struct look *look, const struct link *link, struct chain *chain)
{
	const struct vendor_link *own;
	struct finding finding = { 0 };

	if (link->judge) {
		link->judge(look, &finding);
		add_link(look, chain, link->name, link->follows, &finding);
		return;
	}
	for (own = look->job.vendor->links; own && own->name; own++) {
		finding = (struct finding){ 0 };
		own->judge(look->gpu, &finding);
		add_link(look, chain, own->name, false, &finding);
	}
}

static char *complete_text(const struct look *look)
{
	char *text;
	int r;

	if (look->n_wanted == 1)
		return strdup("the type is there");
	r = asprintf(&text, "all %zu types are there", look->n_wanted);
	return r < 0 ? NULL : text;
}

/* The first cause; without any, what could not be looked at. */
static void conclude(const struct look *look, struct chain *chain)
{
	const struct finding *cause = first(chain, FINDING_CAUSE), *unknown = first(chain, FINDING_UNKNOWN);

	if (cause) {
		chain->verdict = cause->cause;
		chain->text = strdup(cause->seen);
	} else if (look_is_complete(look)) {
		chain->verdict = CAUSE_THERE;
		chain->text = complete_text(look);
	} else {
		chain->verdict = CAUSE_UNKNOWN;
		chain->text = strdup(unknown ? unknown->seen : "nothing was found that keeps types away");
	}
}

int chain_make(const char *name, const struct device *gpu, struct chain *ret)
{
	struct chain chain = { 0 };
	struct look look;
	int r;

	r = look_at(name, gpu, &look);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(links); i++)
		if (links[i].need <= met(&look))
			judge(&look, &links[i], &chain);
	if (r == 0)
		conclude(&look, &chain);
	look_done(&look);

	if (r == 0 && !chain.text)
		r = -ENOMEM;
	if (r < 0)
		chain_done(&chain);
	else
		*ret = chain;
	return r;
}

void chain_done(struct chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		finding_done(&chain->links[i].finding);
	free(chain->text);
	*chain = (struct chain){ 0 };
}
