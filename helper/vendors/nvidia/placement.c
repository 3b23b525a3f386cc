/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/placement.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "base/string-util.h"
#include "model/diagnostics.h"
#include "model/type.h"
#include "system/daemon.h"
#include "vendors/nvidia/chips.h"
#include "vendors/nvidia/encode.h"
#include "vendors/nvidia/list.h"

#define GIB (UINT64_C(1) << 30)

/* What the driver says of the types on the GPU. */
struct places {
	bool has_placed; /* a type that has one */
	bool has_whole;  /* a type with one instance: the memory that the others are placed in is its share */
	bool lacks;      /* a wanted type that has none */
	char *late;      /* those whose size was not even computed, "nvidia-1, nvidia-2" */
	char *small;     /* types, others' too, whose share is under the whole GiB that it counts in */
};

static void places_done(struct places *places)
{
	free(places->late);
	free(places->small);
}

static bool is_placed_once(const struct session *s)
{
	return s->gpu->device >= ADA_FIRST && abi_places_once(session_layout(s));
}

/* Takes a type of the list into account. Types of MIG are not placed. */
static void count_place(const struct session *s, const uint8_t *block, bool wanted, struct places *places)
{
	const struct field *fields = s->abi->info->fields;
	uint32_t num = (uint32_t)info_get(block, fields[INFO_TYPE]);

	if (info_get(block, fields[INFO_GPU_INSTANCE_SIZE]))
		return;
	places->has_whole |= info_get(block, fields[INFO_MAX_INSTANCE]) == 1;
	if (info_get(block, fields[INFO_PROFILE_SIZE]) < GIB)
		text_append_item(&places->small, NVIDIA_DRIVER "-%u", num);
	else if (wanted && !info_get(block, fields[INFO_PLACEMENT_SIZE]))
		text_append_item(&places->late, NVIDIA_DRIVER "-%u", num);
	places->has_placed |= info_get(block, fields[INFO_PLACEMENT_COUNT]) > 0;
	places->lacks |= wanted && !info_get(block, fields[INFO_PLACEMENT_COUNT]);
}

static enum outcome read_places(struct session *s, const struct type_list *wanted, struct places *ret)
{
	_cleanup_(freep) uint8_t *block = calloc(1, s->abi->type_info_size);
	struct rm_result r = { .err = block ? 0 : -ENOMEM };
	struct numbers numbers = { 0 };
	enum outcome outcome = list_numbers(s, &numbers);

	places_done(ret);
	*ret = (struct places){ 0 };
	for (size_t i = 0; outcome == OUTCOME_DONE && rm_ok(r) && i < numbers.n; i++) {
		r = list_definition(s, numbers.items[i], block);
		if (rm_ok(r))
			count_place(s, block, wanted && type_list_find(wanted, numbers.items[i]), ret);
	}
	free(numbers.items);
	return outcome == OUTCOME_DONE && !rm_ok(r) ? session_fail(s, r, "cannot ask for a type's place") : outcome;
}

/* Judges whether the driver may be told to compute places; *ret becomes false, and why is said, where it may not. */
static enum outcome judge_places(struct session *s, bool *ret)
{
	_cleanup_(places_done) struct places places = { 0 };
	enum outcome outcome;

	*ret = true;
	if (!is_placed_once(s))
		return OUTCOME_DONE;
	if (daemon_is_pending(NVIDIA_DAEMON)) {
		diag_say(s->diag, LOG_NOTICE, 0, "vGPUs of these types can be created after the run that follows "
			 "nvidia-vgpud: the driver places types once, and that daemon has yet to register its own");
		*ret = false;
		return OUTCOME_DONE;
	}
	if (!s->abi->divides_by_places || s->gpu->device < GB100_FIRST)
		return OUTCOME_DONE;

	outcome = read_places(s, NULL, &places);
	*ret = places.has_whole && !places.small && !s->unlisted;
	if (outcome != OUTCOME_DONE || *ret)
		return outcome;
	if (places.small)
		diag_say(s->diag, LOG_WARNING, 0, "the driver is not told to place types, so none can be created: it would "
			 "divide by zero over shares under 1 GiB (%s)", places.small);
	else if (s->unlisted)
		diag_say(s->diag, LOG_WARNING, 0, "the driver is not told to place types, so none can be created: it may "
			 "divide by zero over types that it does not list");
	else
		diag_say(s->diag, LOG_WARNING, 0, "the driver is not told to place types, so none can be created: it would "
			 "divide by zero without a type that has one instance, whose share the others are placed in");
	return OUTCOME_DONE;
}

enum outcome placement_publish(struct session *s)
{
	enum outcome outcome;
	struct rm_result r;
	bool may;

	outcome = judge_places(s, &may);
	if (outcome != OUTCOME_DONE || !may)
		return outcome;
	s->changed = s->published = true;
	r = rm_control(s->ctl, s->client, s->vgpu, RM_VGPU_PUBLISH, NULL, 0);
	return rm_ok(r) ? OUTCOME_DONE : session_fail(s, r, "cannot show the types to the Mediated Core");
}

enum outcome placement_verify(struct session *s, const struct type_list *types)
{
	_cleanup_(places_done) struct places places = { 0 };
	enum outcome outcome;

	if (!is_placed_once(s))
		return OUTCOME_DONE;
	outcome = read_places(s, types, &places);
	/* An earlier run may not have been allowed to, or have died before. */
	if (outcome == OUTCOME_DONE && places.lacks && !s->changed) {
		outcome = placement_publish(s);
		if (outcome == OUTCOME_DONE && s->published)
			outcome = read_places(s, types, &places);
	}
	if (outcome != OUTCOME_DONE || !places.lacks || !s->published)
		return outcome;
	if (places.late) {
		diag_say(s->diag, LOG_ERR, 0, "registered, but cannot be created until the driver is reloaded: %s; it places "
			 "types once, and did before these came", places.late);
		return OUTCOME_FAILED;
	}
	if (!places.has_placed)
		diag_say(s->diag, LOG_WARNING, 0, "the driver gives no type a place in the GPU's memory, so none can be "
			 "created%s", places.has_whole ? "" :
			 ": it places them in the share of a type with one instance, and there is none");
	return OUTCOME_DONE;
}
