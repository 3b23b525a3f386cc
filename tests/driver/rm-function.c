// SPDX-License-Identifier: GPL-2.0-only
/*
 * rm-function.c - types on virtual functions, as the vendor's VFIO gives them
 *
 * What is assigned is the front end's; the rules are here (facts about the
 * vendor's VFIO, 2, 3 and 5).
 */
#include "rm-core.h"

static bool view_by_id(const struct rm_state *rm, unsigned int gpu, u32 id, struct rm_type_view *v)
{
	unsigned int i;

	for (i = 0; rm_visible_get(rm, gpu, i, v) == 0; i++)
		if (v->id == id)
			return true;
	return false;
}

struct siblings {
	u32 count, same;	/* vGPUs on the card, and of this type */
	u32 mib;		/* together */
	u32 size;		/* of one; they are all alike in equal-size mode */
};

static struct siblings count_siblings(const struct rm_state *rm, const struct rm_assigned *a, u32 id)
{
	struct siblings s = { 0 };
	struct rm_type_view v;
	u32 i;

	for (i = 0; i < a->count; i++) {
		if (!a->type[i] || !view_by_id(rm, a->gpu, a->type[i], &v))
			continue;
		s.count++;
		s.same += v.id == id;
		s.mib += v.profile_mib;
		s.size = v.profile_mib;
	}
	return s;
}

u32 rm_assign_status(const struct rm_state *rm, const struct rm_assigned *a, u32 id)
{
	struct siblings s = count_siblings(rm, a, id);
	struct rm_type_view v;

	if (!view_by_id(rm, a->gpu, id, &v))
		return NV_ERR_OBJECT_NOT_FOUND;
	if (!v.creatable || (s.count && !a->mixed && s.size != v.profile_mib))
		return NV_ERR_NOT_SUPPORTED;
	/* Of one size all series together; else of one type, as far as the memory goes. */
	if (a->mixed ? s.same >= v.max_instance || s.mib + v.profile_mib > rm->gpu[a->gpu].desc.fb_mib :
	    s.count >= v.max_instance)
		return NV_ERR_INSUFFICIENT_RESOURCES;
	return NV_OK;
}

/* facts about SR-IOV, 2.2: nobody has the GPU's node open, and no client of the RM is on it. */
bool rm_has_clients(const struct rm_state *rm, unsigned int gpu)
{
	u32 i;

	for (i = 0; i < RM_MAX_OBJECTS; i++)
		if (rm->object[i].handle && rm->object[i].handle != rm->object[i].client && rm->object[i].gpu == gpu)
			return true;
	return rm->gpu[gpu].open_count > 0;
}
