/* SPDX-License-Identifier: GPL-2.0-only */
/* The card that a profile is for, one of this host or not, as far as that is known without its driver. */
#pragma once

#include "base/pci.h"
#include "model/outcome.h"
#include "system/device.h"

struct card {
	struct device *gpu;      /* NULL: it is not here */
	uint16_t device;         /* of NVIDIA's */
	char *folder;            /* the catalog's, "Nvidia/Pascal"; NULL: none is for it */
	uint64_t memory;         /* MiB, 0: not known */
	const char *memory_from; /* what says so, for people */
	uint64_t instances;      /* the most that its driver takes; of a driver that is not known, that every one takes */
	bool by_functions;       /* its vGPUs are NVIDIA's own, given to virtual functions */
	bool is_sold;            /* NVIDIA sells it for vGPUs */
	char word[16];           /* for names of types, "P40" or "1B38" */
};

/* What a command line says of it; NULL or 0: nothing. */
struct card_request {
	const char *name;                 /* an address or a path below /sys */
	const struct pci_pattern *device; /* of a card that is not here */
	uint64_t memory;                  /* MiB */
};

/*
 * Finds the card, the host's only one where none is named. Its driver's nodes are not opened. Says what is wrong and
 * returns OUTCOME_USAGE, OUTCOME_UNSUPPORTED, OUTCOME_REFUSED or OUTCOME_FAILED otherwise.
 */
enum outcome card_find(const struct card_request *request, struct card *ret) _must_check_ _nonnull_all_;

void card_done(struct card *card);
