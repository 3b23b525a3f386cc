// SPDX-License-Identifier: GPL-2.0-only
/*
 * rm-release.c - what differs from release to release, beside the layouts
 *
 * Every rule names the page of the facts it comes from: "notes N" is section N
 * of the notes on the kernel side, "changes" the list of layout runs.
 */
#include "rm-core.h"

#define R(major, minor, patch) ((major) * 1000000U + (minor) * 1000U + (patch))

static const char *read_number(const char *s, u32 *value)
{
	u32 digits = 0;

	for (*value = 0; *s >= '0' && *s <= '9' && digits < 3; s++, digits++)
		*value = *value * 10 + (u32)(*s - '0');
	return digits ? s : NULL;
}

u32 rm_release_number(const char *version)
{
	u32 part[3] = { 0, 0, 0 };
	u32 i;

	for (i = 0; i < 3; i++) {
		version = read_number(version, &part[i]);
		if (!version)
			return 0;
		if (!*version && i > 0)
			return R(part[0], part[1], part[2]);
		if (i == 2 || *version++ != '.')
			return 0;
	}
	return 0;
}

static bool is_branch(u32 first)
{
	u32 i;

	for (i = 0; i < rm_branch_count && rm_branches[i] != first; i++)
		;
	return i < rm_branch_count;
}

/* changes: a release that is not in the tree belongs to the run its number falls into. Of branches between nothing is known. */
static bool find_public(u32 release, u32 *layout)
{
	u32 i;

	for (i = 0; i < rm_layout_count; i++)
		if (release >= rm_layouts[i].from_release && release <= rm_layouts[i].to_release &&
		    is_branch(release / R(1, 0, 0))) {
			*layout = i;
			return true;
		}
	return false;
}

/* notes-2, 1: hosts run releases with numbers of their own, in rows that end at public ones. */
bool rm_find_release(const char *version, u32 *release, u32 *layout)
{
	u32 number = rm_release_number(version), i;

	*release = number;
	for (i = 0; i < rm_host_release_count; i++)
		if (rm_host_releases[i].release == number) {
			*release = rm_host_releases[i].like;
			*layout = rm_host_releases[i].layout;
			return true;
		}
	return find_public(number, layout);
}

static bool within(const struct rm_state *rm, u32 from, u32 to)
{
	return rm->release >= from && rm->release <= to;
}

/* notes 4: 0x3A up to 535.154.05, 545 and 550.40.07; 0x1F from 535.161.07 and 550.40.53. */
u32 rm_wrong_size_status(const struct rm_state *rm)
{
	bool old = rm->release < R(535, 161, 7) || within(rm, R(545, 0, 0), R(550, 40, 52));

	return old ? NV_ERR_INVALID_PARAM_STRUCT : NV_ERR_INVALID_ARGUMENT;
}

/* notes 6: 515 and 520 have no vGPU manager at all. */
bool rm_has_vgpu_class(const struct rm_state *rm)
{
	return rm_struct(rm, RM_S_VGPU_SET_INFO) != NULL;
}

/* notes, head: up to 545 the code of a vGPU host is not in the open driver; since 550.40.07 each build has it. */
bool rm_config_is_stub(const struct rm_state *rm)
{
	return rm->world & RM_WORLD_PLAIN && rm->release < R(550, 40, 7);
}

/*
 * notes 3: NON_PRIVILEGED in 525.47..535.179, 545, 550.40.07..550.40.63,
 * 550.54.14..550.78 and 555.42; privileged otherwise.  510 is not known:
 * strict, as both clients of that time ran as root.
 */
bool rm_set_info_privileged(const struct rm_state *rm)
{
	return !(within(rm, R(525, 0, 0), R(535, 179, 999)) ||
		 within(rm, R(545, 0, 0), R(550, 40, 63)) ||
		 within(rm, R(550, 54, 0), R(550, 78, 999)) ||
		 within(rm, R(555, 42, 0), R(555, 42, 999)));
}

/* notes 5, table: osVgpuRegisterMdev is gone from 535.216.01, 550.40.65, 550.90.07 and 555 on. */
bool rm_types_show_at_once(const struct rm_state *rm)
{
	return within(rm, R(535, 216, 1), R(535, 999, 999)) ||
	       within(rm, R(550, 40, 65), R(550, 40, 999)) ||
	       rm->release >= R(550, 90, 7);
}

/* notes 5: UPDATE_PGPU_INFO with placement ids is in the tree from 550.40.07 on. */
bool rm_update_places(const struct rm_state *rm)
{
	return rm->release >= R(550, 40, 7);
}

/* notes 5, dangers: isPlacementIdInfoSet. */
bool rm_places_once(const struct rm_state *rm)
{
	return within(rm, R(570, 207, 0), R(570, 999, 999)) ||
	       within(rm, R(580, 94, 6), R(580, 94, 18)) ||
	       rm->release >= R(580, 105, 8);
}

/* notes 2: from 595.44.02 number and size are checked before anything is copied. */
bool rm_checks_table_first(const struct rm_state *rm)
{
	return rm->release >= R(595, 44, 2);
}

/* notes 2: 515..525.147.05 leave the string of cmd '2' untouched, 530 writes the version. */
bool rm_version_query(const struct rm_state *rm)
{
	return rm->release >= R(530, 30, 2);
}

/* notes-2, 2: before 595 the region is that of the list's last type with one instance. */
bool rm_region_is_largest(const struct rm_state *rm)
{
	return rm->release >= R(595, 44, 2);
}

/* notes-2, 2: the two divide errors of 595 and 610, on GB100 and later. */
bool rm_divides_by_region(const struct rm_state *rm)
{
	return rm->release >= R(595, 44, 2);
}

/* notes-2, 3: from 575 GET_SUPPORTED hides types with maxInstancePerGI > 1, MIG time slicing being off. */
bool rm_hides_shared_instances(const struct rm_state *rm)
{
	return rm->release >= R(575, 51, 2);
}

struct status {
	const char *name;
	u32 from, to, number;
};

/* notes-2, 3, and nv-status.tsv: the ones that have not the same number everywhere. */
static const struct status statuses[] = {
	{ "DMA_XFER_FAILED", R(580, 94, 10), R(594, 999, 999), 0x8b },
	{ "DMA_XFER_FAILED", R(595, 44, 2), RM_NONE, 0x8c },
	{ "OPERATION_ABORTED", R(595, 44, 2), RM_NONE, 0x8b },
	{ "RESOURCE_ACCOUNTING_HARD_LIMIT_EXCEEDED", R(610, 43, 2), RM_NONE, 0x8d },
};

bool rm_take_status(const struct rm_state *rm, const char **text, u32 *number)
{
	u32 i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (!strncmp(*text, statuses[i].name, strlen(statuses[i].name)) &&
		    within(rm, statuses[i].from, statuses[i].to)) {
			*text += strlen(statuses[i].name);
			*number = statuses[i].number;
			return true;
		}
	return false;
}
