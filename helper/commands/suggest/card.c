/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nothing here opens a driver's node. The kernel tells a card's IDs and model, but not its memory: that is what the last
 * run has written down; else what the type of the whole card has, which sysfs shows where nvidia-vgpud has run, or
 * NVIDIA's largest vGPU of such a card.
 */
#include "commands/suggest/card.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/string-util.h"
#include "commands/command.h"
#include "commands/suggest/guest.h"
#include "config/catalog.h"
#include "core/record.h"
#include "system/mdev.h"
#include "vendors/nvidia/chips.h"
#include "vendors/nvidia/guest-ids.h"
#include "vendors/vendors.h"

/* What every driver takes on a GPU (field.md, 4.1). */
#define INSTANCES_OF_ANY 32

#define GIB UINT64_C(1024) /* in MiB */

/* Finds the one NVIDIA GPU that is here. */
static enum outcome find_only(struct device **ret)
{
	_cleanup_(freep) char *names = NULL;
	struct device_list gpus = { 0 };
	struct device *found = NULL;
	enum outcome outcome = command_all_gpus(&gpus);
	size_t n = 0;

	if (outcome != OUTCOME_DONE)
		return outcome;
	for (size_t i = 0; i < gpus.n; i++)
		if (gpus.items[i]->vendor == NVIDIA_ID) {
			text_append_item(&names, "%s", gpus.items[i]->address);
			n++;
			if (!found)
				found = TAKE_PTR(gpus.items[i]);
		}
	device_list_done(&gpus);
	if (n == 1) {
		*ret = found;
		return OUTCOME_DONE;
	}
	device_free(found);
	if (n)
		return command_usage("name one of the GPUs: %s", names ? names : "out of memory");
	log_msg(LOG_ERR, 0, "there is no GPU of NVIDIA's; --device 10de:1b38 is for one that is not here");
	return OUTCOME_FAILED;
}

static enum outcome find_gpu(const char *name, struct device **ret)
{
	_cleanup_(device_freep) struct device *gpu = NULL;
	enum outcome outcome = name ? command_device(name, &gpu) : find_only(&gpu);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (gpu->is_vf || !device_is_gpu(gpu) || gpu->vendor != NVIDIA_ID) {
		log_dev(gpu, LOG_ERR, 0, "%s: types of one's own are for NVIDIA's GPUs", gpu->is_vf ? "a virtual function" :
			device_is_gpu(gpu) ? "another vendor's GPU" : "not a GPU (PCI class 03)");
		return OUTCOME_UNSUPPORTED;
	}
	*ret = TAKE_PTR(gpu);
	return OUTCOME_DONE;
}

/* Returns the memory of a card by NVIDIA's own type for all of it, MiB; 0: none shows. */
static uint64_t memory_of_types(const struct device *gpu)
{
	struct mdev_types shown = { 0 };
	uint64_t most = 0;

	if (mdev_types_read(gpu, &shown) < 0)
		return 0;
	for (size_t i = 0; i < shown.n; i++) {
		const struct mdev_type *type = &shown.items[i];
		_cleanup_(freep) char *text = mdev_type_attribute(gpu, type->id, "description");
		const char *name = type->name ? type->name : "", *size = text ? strstr(text, "framebuffer=") : NULL;

		if (size && string_ends(text, "max_instance=1") &&
		    (strncmp(name, "GRID ", 5) == 0 || strncmp(name, "NVIDIA ", 7) == 0))
			most = MAX(most, strtoull(size + strlen("framebuffer="), NULL, 10));
	}
	mdev_types_done(&shown);
	return most;
}

/* Keeps a size that is known, and what says so. */
static void set_memory(struct card *card, uint64_t memory, const char *from)
{
	card->memory = memory;
	card->memory_from = from;
}

static void find_memory(struct card *card, uint64_t given)
{
	_cleanup_(record_done) struct record last = { 0 };
	struct guest whole;

	set_memory(card, given, "--memory");
	if (!card->memory && card->gpu && record_read(card->gpu->address, &last) == 0 && record_is_current(&last))
		set_memory(card, last.framebuffer, "what the driver told the last run");
	/* A card that passes for another one shows that one's types. */
	if (!card->memory && card->gpu && card->is_sold)
		set_memory(card, memory_of_types(card->gpu), "what NVIDIA's type for the whole card has");
	if (!card->memory && guest_largest(card->device, 0, &whole))
		set_memory(card, (uint64_t)whole.size * GIB, "what NVIDIA's largest vGPU of such a card has");
}

static void append_letters(struct card *card, const char *text, size_t n)
{
	size_t length = strlen(card->word);

	for (size_t i = 0; i < n && length + 1 < sizeof(card->word); i++)
		if (isalnum((unsigned char)text[i]))
			card->word[length++] = (char)toupper((unsigned char)text[i]);
	card->word[length] = '\0';
}

/* Makes the word for names: of "GP102GL [Tesla P40]" P40, of a name without brackets or of none the device ID. */
static void make_word(struct card *card)
{
	static const char *const brands[] = { "Tesla", "Quadro", "GeForce", "NVIDIA", "GRID" };
	const char *model = card->gpu && device_model(card->gpu) ? strchr(device_model(card->gpu), '[') : NULL;
	struct guest guest;

	if (!model && guest_largest(card->device, 0, &guest)) {
		const char *blank = strrchr(guest.name, ' '), *word = blank ? blank + 1 : guest.name;

		append_letters(card, word, (size_t)(strrchr(word, '-') - word));
	}
	for (const char *word = model ? model + 1 : ""; *word && !strchr("]/", *word);) {
		size_t n = strcspn(word, " ]/");
		char brand[16];

		snprintf(brand, sizeof(brand), "%.*s", (int)n, word);
		if (!string_in(brand, brands, ARRAY_SIZE(brands)))
			append_letters(card, word, n);
		word += n;
		word += strspn(word, " ");
	}
	if (!*card->word)
		snprintf(card->word, sizeof(card->word), "%04X", card->device);
}

/* Returns the most vGPUs that the driver of a GPU takes. */
static uint64_t most_instances(const struct device *gpu)
{
	const struct vendor *vendor = gpu && gpu->driver ? vendor_for_driver(gpu->driver) : NULL;
	struct diagnostics diag = { 0 };
	struct limits limits = { 0 };
	uint64_t most = INSTANCES_OF_ANY;

	if (vendor && vendor->pci == NVIDIA_ID && vendor->limits(gpu, NULL, &limits, &diag) == OUTCOME_DONE)
		most = limits.instances;
	diagnostics_done(&diag);
	return most;
}

static enum outcome find_folder(struct card *card)
{
	char address[] = "a GPU";
	const struct device elsewhere = { .address = address, .vendor = NVIDIA_ID, .device = card->device };
	struct diagnostics diag = { 0 };
	int r = catalog_folder("Nvidia", card->gpu ? card->gpu : &elsewhere, false, &diag, &card->folder);

	diagnostics_print(&diag);
	if (r == -ENOMEM)
		log_msg(LOG_ERR, r, "cannot find the card's architecture");
	return r < 0 ? r == -ENOMEM ? OUTCOME_FAILED : OUTCOME_REFUSED : OUTCOME_DONE;
}

enum outcome card_find(const struct card_request *request, struct card *ret)
{
	_cleanup_(card_done) struct card card = { 0 };
	enum outcome outcome;
	struct guest guest;

	if (request->device)
		card.device = request->device->first;
	outcome = request->device ? OUTCOME_DONE : find_gpu(request->name, &card.gpu);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (card.gpu)
		card.device = card.gpu->device;
	outcome = find_folder(&card);
	if (outcome != OUTCOME_DONE)
		return outcome;
	card.is_sold = guest_largest(card.device, 0, &guest) || guest_ids_are_of_older(card.device);
	card.by_functions = card.device >= ADA_FIRST || (card.device >= HOPPER_FIRST && card.device <= HOPPER_LAST) ||
		(card.gpu && mdev_is_vendor_vfio(card.gpu));
	card.instances = most_instances(card.gpu);
	find_memory(&card, request->memory);
	make_word(&card);

	*ret = card;
	card = (struct card){ 0 };
	return OUTCOME_DONE;
}

void card_done(struct card *card)
{
	device_free(card->gpu);
	free(card->folder);
}
