/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/trial.h"

#include <string.h>

#include "base/deadline.h"
#include "base/macro.h"
#include "base/parse.h"
#include "base/string-util.h"
#include "model/diagnostics.h"
#include "system/mdev.h"

/* sysfs follows the driver at once or not at all; this is for a slow machine. */
#define SYSFS_WAIT_MS 5000
#define SYSFS_POLL_MS 20

bool trial_is_needed(const struct session *s)
{
	return !s->abi->type_info_size && abi_find(s->limits->release) != s->abi;
}

/*
 * The driver formats these six numbers (nvidia-rm-notes, section 5), each from another place of the parameters. What it
 * calls framebuffer was seen with the reservation; whether an old release leaves that out is not known.
 */
static bool is_described(const struct type *type, const char *text)
{
	static const struct {
		const char *before;
		enum type_key key;
	} numbers[] = {
		{ "num_heads=", TYPE_NUM_HEADS }, { ", frl_config=", TYPE_FRL_CONFIG }, { ", framebuffer=", TYPE_FB_LEN },
		{ "M, max_resolution=", TYPE_MAX_RES_X }, { "x", TYPE_MAX_RES_Y }, { ", max_instance=", TYPE_MAX_INSTANCES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		size_t n = strlen(numbers[i].before);
		uint64_t number;

		if (strncmp(text, numbers[i].before, n) != 0)
			return false;
		text += n;
		if (!parse_number(&text, 10, UINT64_MAX, &number) ||
		    (number != type->values[numbers[i].key].number && !(numbers[i].key == TYPE_FB_LEN && number == type_share(type))))
			return false;
	}
	return true;
}

enum outcome trial_compare(struct session *s, const struct type *type)
{
	static const char advice[] = "nothing more was sent; reload the driver to clear it";
	_cleanup_(freep) char *name = NULL, *text = NULL;
	const char *release = s->limits->release, *layout = s->limits->insisted;
	char id[TYPE_ID_SIZE];

	type_id(NVIDIA_DRIVER, type_num(type), id);
	for (unsigned waited = 0; !name && waited < SYSFS_WAIT_MS; waited += SYSFS_POLL_MS) {
		name = mdev_type_attribute(s->gpu, id, "name");
		if (!name && !deadline_sleep(SYSFS_POLL_MS))
			break;
	}
	text = mdev_type_attribute(s->gpu, id, "description");
	if (!name || !text) {
		diag_say(s->diag, LOG_ERR, 0, "sysfs does not show %s, so whether driver %s speaks the layout of %s cannot be seen: %s",
			 id, release, layout, advice);
		return OUTCOME_FAILED;
	}
	if (strcmp(name, type_name(type)) != 0 || !is_described(type, text)) {
		diag_say(s->diag, LOG_ERR, 0, "driver %s does not speak the layout of %s, or knew %s before: sysfs shows it as \"%s\", "
			 "%s; %s", release, layout, id, name, text, advice);
		return OUTCOME_FAILED;
	}
	diag_say(s->diag, LOG_WARNING, 0, "driver %s is spoken to in the layout of %s: sysfs shows %s as it was sent, the rest of it "
		 "cannot be verified", release, layout, id);
	return OUTCOME_DONE;
}
