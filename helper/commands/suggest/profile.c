/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Of a card whose memory is known, sizes and instances are numbers; else they are auto, and follow when a run asks the
 * driver. A card whose vGPUs are NVIDIA's own gets a section for its virtual functions.
 */
#include "commands/suggest/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/string-util.h"
#include "commands/suggest/free-numbers.h"
#include "commands/suggest/guest.h"
#include "config/vgpus.h"
#include "model/type.h"
#include "vendors/nvidia/chips.h"

#define GIB UINT64_C(1024) /* in MiB */
#define HALF (GIB / 2)

/* What is taken for the size of a share that is not known yet, and wished by nobody: a desktop has enough of it. */
#define SIZE_UNKNOWN (2 * GIB)

/* The displays of a type whose share is below so many MiB. */
struct display {
	uint64_t below;
	unsigned heads, width, height;
	uint64_t pixels; /* of all heads */
};

static const struct display workstation[] = {
	{ GIB, 2, 2560, 1600, 8192000 },      { 2 * GIB, 4, 5120, 2880, 18432000 }, { 4 * GIB, 4, 7680, 4320, 36864000 },
	{ 8 * GIB, 4, 7680, 4320, 58982400 }, { UINT64_MAX, 4, 7680, 4320, 66355200 },
};
static const struct display office[] = { { GIB, 2, 2560, 1600, 8192000 }, { UINT64_MAX, 4, 5120, 2880, 16384000 } };
static const struct display compute[] = { { UINT64_MAX, 1, 4096, 2160, 8847360 } };

struct class {
	const char *name; /* as gpuClass has it */
	char letter;      /* in the names of types: that of NVIDIA's series, but A for Geforce, which has none */
	const char *guest; /* what it is for */
	const struct display *displays;
	unsigned frames;
	bool cuda, ecc;
};

static const struct class classes[] = {
	{ "Quadro", 'Q', "the desktop of a workstation, and CUDA", workstation, 60, true, true },
	{ "Compute", 'C', "CUDA without a desktop", compute, 60, true, true },
	{ "NVS", 'B', "the desktop of an office", office, 45, false, false },
	{ "Geforce", 'A', "games", workstation, 60, true, false },
};

/* The sizes of NVIDIA's own series (field.md, 4.2), in GiB; the whole card comes behind. */
static const unsigned ladder[] = { 1, 2, 3, 4, 6, 8, 12, 16, 24, 48 };

const struct class *class_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (strcasecmp(classes[i].name, name) == 0)
			return &classes[i];
	return NULL;
}

/* Returns the letter of NVIDIA's series for a class, 0: it has none. Its A are for applications, not for games. */
static char series_of(const struct class *class)
{
	return class->letter == 'A' ? 0 : class->letter;
}

/* Returns the class that suits a card: that of a desktop, but where NVIDIA's own vGPUs of it have none. */
static const struct class *class_of(const struct card *card)
{
	struct guest guest;

	return guest_largest(card->device, 'C', &guest) && !guest_largest(card->device, 'Q', &guest) ? class_find("Compute") :
		class_find("Quadro");
}

/* Prints a line and, behind it, why. */
static void put(const char *why, const char *fmt, ...) _printf_(2, 3);

static void put(const char *why, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_format_va(fmt, ap);
	va_end(ap);
	print_text("%-40s # %s\n", text ? text : "out of memory", why);
}

static void put_head(const struct card *card)
{
	const struct device *gpu = card->gpu;

	print_text("# Made by mdev-gpu suggest for %s%s10de:%04x%s%s", gpu ? gpu->address : "", gpu ? ", " : "", card->device,
		   gpu && device_model(gpu) ? " " : "", gpu && device_model(gpu) ? device_model(gpu) : "");
	if (card->memory)
		printf(", with %" PRIu64 " MiB (%s).\n", card->memory, card->memory_from);
	else
		printf(", whose memory is not known before its driver is asked: what follows from it is auto.\n");
	if (card->by_functions)
		printf("# In %s it is carried out by mdev-gpu functions, and at every boot.\n", CONFDIR "/generate-vgpu-types.yaml");
	else
		printf("# In %s it takes the place of the catalog for these cards.\n", CONFDIR "/generate-vgpu-types.yaml");
	if (!card->by_functions && card->folder && strcmp(card->folder, "Nvidia/Ampere") == 0)
		printf("# Types of Ampere show on virtual functions (virtualFunctions: all), and nowhere with NVIDIA's own VFIO.\n");
	printf("gpus:\n"
	       "- filteredGpus:\n");
	put("every card of this model", "  - {vendorId: 0x10de, deviceId: 0x%04x}", card->device);
}

/* What one type is: its share in MiB, 0 for what auto makes of the card; and how many, 0 for auto. */
struct share {
	uint64_t size, instances;
};

static void put_display(const struct class *class, uint64_t size)
{
	const struct display *display = class->displays;

	while (size >= display->below)
		display++;
	printf("    # displays as NVIDIA's types of the class and size have them, with so many pixels in all\n"
	       "    virtDisplay: {numHeads: %u, maxResX: %u, maxResY: %u, frlConfig: %u, frlEnable: 1}\n"
	       "    maxPixels: %" PRIu64 "\n", display->heads, display->width, display->height, class->frames, display->pixels);
}

static void put_guest(const struct card *card, const struct class *class, uint64_t size)
{
	_cleanup_(freep) char *why = NULL;
	char series = series_of(class) ? series_of(class) : 'Q';
	struct guest guest;

	if (!guest_nearest(card->device, card->folder, series, (unsigned)(size / GIB), &guest)) {
		printf("    # no vDevId: the guest sees the card's own ID, since no vGPU of such a card is known\n");
		return;
	}
	why = text_format("the guest sees %s%s", guest.name, guest.letter == series && guest.size == size / GIB ? "" :
			  ", the nearest that is known to guest drivers");
	put(why ? why : "", "    vDevId: 0x%08X", guest.id);
}

static void put_sizes(const struct card *card, const struct share *share)
{
	_cleanup_(freep) char *fits = NULL, *reserved = NULL;
	uint64_t reservation = type_reservation(share->size);

	if (!share->size) {
		put(share->instances == 1 ? "the whole card" : "as many share it",
		    "    maxInstances: %" PRIu64, share->instances);
		put("its share of the card's memory, in whole GiB", "    fbLen: auto");
		put("64 * (N + 1) MiB of N GiB, as NVIDIA reserves", "    fbRes: auto");
		return;
	}
	if (share->instances) {
		fits = text_format("%" PRIu64 " x %" PRIu64 " of %" PRIu64 " MiB", share->instances, share->size, card->memory);
		put(fits ? fits : "", "    maxInstances: %" PRIu64, share->instances);
	} else {
		put("as many as the card has memory for", "    maxInstances: auto");
	}
	reserved = share->size < GIB ? text_format("MiB that NVIDIA reserves of half a GiB") :
		text_format("MiB that NVIDIA reserves: 64 * (%" PRIu64 " + 1)", share->size / GIB);
	put("MiB for the guest: the share without fbRes", "    fbLen: %" PRIu64, share->size - reservation);
	put(reserved ? reserved : "", "    fbRes: %" PRIu64, reservation);
}

static void put_abilities(const struct card *card, const struct class *class, uint64_t size)
{
	bool is_maxwell = card->folder && strcmp(card->folder, "Nvidia/Maxwell") == 0;
	bool cuda = class->cuda && !(is_maxwell && size <= 4 * GIB);
	bool ecc = class->ecc && card->is_sold && card->device != TESLA_M10;

	put(cuda ? "NVIDIA's types of the class have it" : class->cuda ? "NVIDIA has it for more than 4 GiB of a Maxwell" :
	    "NVIDIA's types of the class have none", "    cuda: %s", cuda ? "true" : "false");
	put(ecc ? "the board has ECC memory" : class->ecc ? "not every such board has ECC memory" :
	    "NVIDIA's types of the class have none", "    ecc: %s", ecc ? "true" : "false");
	put("MiB, as all of NVIDIA's types", "    mapVideoSize: 4");
	put("256 MiB, as all of NVIDIA's types for desktops", "    bar1Len: 0x100");
}

static void put_type(const struct card *card, const struct class *class, const struct share *share, uint64_t number)
{
	_cleanup_(freep) char *id = text_format("nvidia-%" PRIu64 " in sysfs; nothing on this host has it", number);
	uint64_t size = share->size ? share->size : SIZE_UNKNOWN;

	put(id ? id : "", "  - num: %" PRIu64, number);
	put("the last word is what vgpu-device-manager takes", "    name: \"Own %s-%" PRIu64 "%c\"", card->word,
	    share->size / GIB, class->letter);
	put(class->guest, "    gpuClass: %s", class->name);
	put("what NVIDIA's types of the class ask for", "    license: auto");
	put_guest(card, class, size);
	put_sizes(card, share);
	put_display(class, size);
	put_abilities(card, class, size);
}

/* Say what is wrong, with the card in front where it is here. */
#define tell(card, ...) log_subject((card)->gpu ? (card)->gpu->address : NULL, LOG_ERR, 0, __VA_ARGS__)
#define no_room(card, ...) (tell(card, "no room: " __VA_ARGS__), OUTCOME_FAILED)
#define unsupported(card, ...) (tell(card, __VA_ARGS__), OUTCOME_UNSUPPORTED)

/* Returns what of the card's memory is whole GiB, or half a one. */
static uint64_t whole(uint64_t memory)
{
	return memory < GIB ? memory - memory % HALF : memory - memory % GIB;
}

/* Makes the one share that is wished; without a wish 2 GiB, or all of a card that has less. */
static enum outcome one_share(const struct card *card, const struct wish *wish, struct share *ret)
{
	uint64_t size = wish->size;

	if (!size && wish->instances)
		size = whole(card->memory / wish->instances);
	else if (!size)
		size = card->memory && card->memory < SIZE_UNKNOWN ? whole(card->memory) : SIZE_UNKNOWN;
	if (wish->instances > card->instances)
		return no_room(card, "the driver takes %" PRIu64 " instances", card->instances);
	if (card->memory && !size)
		return no_room(card, "of %" PRIu64 " MiB each of %" PRIu64 " has %" PRIu64 ", and 512 is the least", card->memory,
			       wish->instances ? wish->instances : 1, card->memory / (wish->instances ? wish->instances : 1));
	if (card->memory && size > card->memory)
		return no_room(card, "%" PRIu64 " MiB are more than the card's %" PRIu64, size, card->memory);
	/* Without a known memory either of the two is auto. */
	*ret = (struct share){ .size = size, .instances = wish->instances };
	if (card->memory && !wish->instances)
		ret->instances = MIN(card->memory / size, card->instances);
	else if (!card->memory && wish->instances)
		ret->size = 0;
	return OUTCOME_DONE;
}

/* Prints a type for each size of the ladder, and one for the whole card. */
static void put_ladder(const struct card *card, const struct class *class, struct free_numbers *numbers)
{
	struct share all = { .size = whole(card->memory), .instances = 1 };

	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++) {
		struct share share = { .size = (uint64_t)ladder[i] * GIB };

		if (card->memory && share.size >= all.size)
			break;
		if (card->memory)
			share.instances = MIN(card->memory / share.size, card->instances);
		put_type(card, class, &share, free_numbers_next(numbers));
	}
	put_type(card, class, &all, free_numbers_next(numbers));
}

static enum outcome print_types(const struct card *card, const struct class *class, const struct wish *wish)
{
	_cleanup_(free_numbers_done) struct free_numbers numbers = { 0 };
	struct share share = { 0 };
	enum outcome outcome = wish->ladder ? OUTCOME_DONE : one_share(card, wish, &share);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (wish->ladder && card->memory && !whole(card->memory))
		return no_room(card, "the card has %" PRIu64 " MiB, and 512 is the least", card->memory);
	if (free_numbers_read(&numbers) < 0) {
		log_msg(LOG_ERR, -ENOMEM, "cannot find a number");
		return OUTCOME_FAILED;
	}
	put_head(card);
	put("types of others stay", "  discardPrevious: false");
	printf("  mdevConfigs:\n");
	if (wish->ladder)
		put_ladder(card, class, &numbers);
	else
		put_type(card, class, &share, free_numbers_next(&numbers));
	return OUTCOME_DONE;
}

/* Finds NVIDIA's vGPU of the size that is wished, or the largest of what so many instances leave each. */
static enum outcome find_own(const struct card *card, const struct class *class, const struct wish *wish, struct guest *ret)
{
	uint64_t size = wish->size;
	char series = series_of(class);

	if (!size)
		size = wish->instances ? card->memory / wish->instances : MIN(SIZE_UNKNOWN, card->memory);
	if (series && guest_nearest(card->device, card->folder, series, (unsigned)(size / GIB), ret) &&
	    ret->letter == series && ret->id >> 16 == card->device &&
	    (wish->size ? ret->size == size / GIB : ret->size <= size / GIB))
		return OUTCOME_DONE;
	return unsupported(card, "10de:%04x has vGPUs of NVIDIA's own only, and none of class %s with %" PRIu64 " MiB is known",
			   card->device, class->name, size);
}

/* Prints a section for a card whose functions get NVIDIA's own vGPUs. */
static enum outcome print_functions(const struct card *card, const struct class *class, const struct wish *wish)
{
	_cleanup_(freep) char *of = text_format("NVIDIA's own, for %s", class->guest), *fits = NULL;
	struct guest guest;
	enum outcome outcome;
	uint64_t count;

	if (!guest_largest(card->device, 0, &guest))
		outcome = unsupported(card, "10de:%04x is of a generation that has vGPUs of NVIDIA's own only, and NVIDIA has none "
				      "for it", card->device);
	else if (wish->ladder)
		outcome = unsupported(card, "10de:%04x has vGPUs of NVIDIA's own only: --size takes one of their sizes", card->device);
	else
		outcome = find_own(card, class, wish, &guest);
	if (outcome != OUTCOME_DONE)
		return outcome;
	count = card->memory / (guest.size ? guest.size * GIB : HALF);
	if (wish->instances)
		count = MIN(count, wish->instances);
	if (card->gpu && card->gpu->vfs_possible)
		count = MIN(count, card->gpu->vfs_possible);
	if (!count)
		return no_room(card, "%s is more than the card's %" PRIu64 " MiB", guest.name, card->memory);

	put_head(card);
	put("vGPUs are made on functions, which are gone after every boot", "  virtualFunctions: all");
	printf("  vgpus:\n");
	put(of ? of : "", "  - type: \"%s\"", guest.name);
	fits = text_format("%" PRIu64 " x %" PRIu64 " of %" PRIu64 " MiB", count, guest.size ? guest.size * GIB : HALF, card->memory);
	put(fits ? fits : "", "    count: %" PRIu64, MIN(count, (uint64_t)VIRTUAL_FUNCTIONS_MAX));
	return OUTCOME_DONE;
}

enum outcome profile_print(const struct card *card, const struct wish *wish)
{
	const struct class *class = wish->class ? wish->class : class_of(card);

	return card->by_functions ? print_functions(card, class, wish) : print_types(card, class, wish);
}
