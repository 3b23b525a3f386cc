/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/chain.h"

#include <errno.h>
#include <string.h>

#include "base/string-util.h"
#include "core/checks.h"
#include "core/survey.h"

/* How much of a GPU has to be known for a check. */
enum need {
	NEED_NOTHING,
	NEED_DEVICE,
	NEED_GPU,     /* a device that could have types */
	NEED_BACKEND, /* whose driver is one that we know */
	NEED_PLAN,    /* for which types are configured */
};

static const struct check {
	const char *name;
	enum need need;
	bool follows; /* what it sees follows from any cause before it */
	void (*judge)(const struct survey *s, struct finding *ret); /* NULL: the vendor's own checks */
} checks[] = {
	{ "device", NEED_NOTHING, false, check_device },
	{ "function", NEED_DEVICE, false, check_function },
	{ "driver", NEED_GPU, false, check_driver },
	{ NULL, NEED_BACKEND, false, NULL },
	{ "module", NEED_BACKEND, false, check_module },
	{ "release", NEED_BACKEND, false, check_release },
	{ "world", NEED_BACKEND, false, check_vfio },
	{ "SR-IOV", NEED_BACKEND, false, check_sriov },
	{ "configuration", NEED_BACKEND, false, check_configuration },
	{ "running", NEED_PLAN, false, check_running },
	{ "kernel", NEED_GPU, false, check_cmdline },
	{ "rule", NEED_GPU, false, check_rule },
	{ "mdevctl", NEED_BACKEND, false, check_mdevctl },
	{ "last run", NEED_GPU, true, check_last_run },
	{ "types", NEED_PLAN, true, check_types },
	{ "in use", NEED_BACKEND, false, check_in_use },
};

static enum need met(const struct survey *s)
{
	if (!s->gpu)
		return NEED_NOTHING;
	if (s->service == SERVICE_VIRTUAL_FUNCTION || s->service == SERVICE_NOT_A_GPU)
		return NEED_DEVICE;
	if (!s->target.vendor)
		return NEED_GPU;
	return s->n_wanted ? NEED_PLAN : NEED_BACKEND;
}

static const struct finding *first(const struct chain *chain, enum finding_state state)
{
	for (size_t i = 0; i < chain->n; i++)
		if (chain->links[i].finding.state == state)
			return &chain->links[i].finding;
	return NULL;
}

/* A GPU that cannot be shared: whatever else is in the way, there is no advice for it that would help. */
static bool is_final(const struct chain *chain)
{
	const struct finding *cause = first(chain, FINDING_CAUSE);

	return cause && cause->cause == CAUSE_CANNOT_SHARE;
}

static void add_link(const struct survey *s, struct chain *chain, const char *name, bool follows,
		     struct finding *finding)
{
	/* Verdicts that stay a cause although all types are shown: vendor VFIO, and no capacity left. */
	bool stays = finding->cause == CAUSE_VENDOR_VFIO || finding->cause == CAUSE_TAKEN;
	const struct finding *cause = first(chain, FINDING_CAUSE);

	if (!finding->seen || chain->n == CHAIN_MAX) {
		finding_done(finding);
		return;
	}
	/* Another one may matter at the next run, but is not why anything is missing. */
	if (finding->state == FINDING_CAUSE && !stays && survey_is_complete(s))
		finding->state = FINDING_NOTE;
	/* Where the vendor's own VFIO has taken mdev's place, no type that is given can help. */
	if (finding->state == FINDING_CAUSE && cause && (follows || cause->cause == CAUSE_VENDOR_VFIO)) {
		finding->state = FINDING_NOTE;
		finding_advise_nothing(finding);
	}
	chain->links[chain->n].name = name;
	chain->links[chain->n++].finding = *finding;
}

static void judge(const struct survey *s, const struct check *check, struct chain *chain)
{
	const struct vendor_check *own;
	struct finding finding = { 0 };

	if (check->judge) {
		check->judge(s, &finding);
		add_link(s, chain, check->name, check->follows, &finding);
		return;
	}
	for (own = s->target.vendor->checks; own && own->name; own++) {
		finding = (struct finding){ 0 };
		own->judge(s->gpu, &finding);
		add_link(s, chain, own->name, false, &finding);
	}
}

int chain_make(const struct survey *s, struct chain *ret)
{
	const struct finding *cause, *unknown;
	struct chain chain = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(checks) && !is_final(&chain); i++)
		if (checks[i].need <= met(s))
			judge(s, &checks[i], &chain);

	/* The first cause is the verdict; without any, what could not be examined. */
	cause = first(&chain, FINDING_CAUSE);
	unknown = first(&chain, FINDING_UNKNOWN);
	if (cause) {
		chain.verdict = cause->cause;
		chain.text = text_format("%s", cause->seen);
	} else if (survey_is_complete(s)) {
		chain.verdict = CAUSE_THERE;
		chain.text = s->n_wanted == 1 ? text_format("the type is there") : text_format("all %zu types are there", s->n_wanted);
	} else {
		chain.verdict = CAUSE_UNKNOWN;
		chain.text = text_format("%s", unknown ? unknown->seen : "nothing was found that keeps types away");
	}
	if (!chain.text) {
		chain_done(&chain);
		return -ENOMEM;
	}
	*ret = chain;
	return 0;
}

void chain_done(struct chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		finding_done(&chain->links[i].finding);
	free(chain->text);
	*chain = (struct chain){ 0 };
}
