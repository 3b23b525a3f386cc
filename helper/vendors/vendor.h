/* SPDX-License-Identifier: GPL-2.0-only */
/* The interface of a vendor's backend: what the program needs from a GPU's driver. */
#pragma once

#include "model/diagnostics.h"
#include "model/finding.h"
#include "model/outcome.h"
#include "model/type.h"
#include "system/device.h"

/* The bounds of a driver release. */
struct limits {
	char release[64];   /* "535.104.05"; "" where no driver was asked */
	char driver[80];    /* for messages: "driver 535.104.05", "any known driver" */
	uint64_t types;     /* most types on one GPU; 0: its types are its own, it takes none */
	uint64_t instances; /* most vGPUs on one GPU */
	uint64_t text;      /* most bytes of name and class */
	bool gsp_heap;      /* gspHeapSize means something */
	bool reads_back;    /* what is registered can be asked, contents and all */
	const void *layout; /* the vendor's own row for the release; NULL where it needs none */
	const char *insisted; /* the release whose layout is insisted on, kept; NULL: the driver's own */
};

/* Somebody's wish to speak to a driver in the layout of another release than its own. */
struct insisted {
	const char *layout;              /* that release; NULL: nobody insists */
	const struct location *location; /* of the line in the settings that says so; NULL: --driver-abi does */
	const char *path;                /* of that line, for messages */
};

/* The vGPUs that a change could disturb. */
struct usage {
	size_t active;  /* vGPUs that run, by the driver's own count */
	size_t created; /* vGPUs that exist by sysfs, running or not */
	bool uncounted; /* the driver does not count: each that exists may run */
};

/* A check of explain's chain that only this vendor can judge. Changes nothing, opens no node of the driver. */
struct vendor_check {
	const char *name;
	void (*judge)(const struct device *device, struct finding *ret); /* *ret untouched: nothing to say */
};

/*
 * How virtual functions are switched on. A row for each kernel driver, also for those that have no backend for types: what
 * one driver of a vendor can, another one cannot.
 */
struct functions_backend {
	const char *driver;
	const char *folder;  /* of the catalog, where the configuration of its GPUs is */
	bool all_or_none;    /* it takes no number of functions */
	bool on_driver;      /* functions have to be bound to the driver itself */
	const char *instead; /* why it is not done, and what is; NULL: it is done */

	/* Returns what would be done, for people: "/usr/lib/nvidia/sriov-manage -e 0000:65:00.0". To be freed. */
	char *(*describe)(const struct device *device, unsigned n);

	/* Judges whether what it takes is installed. May be NULL: nothing is. */
	enum outcome (*prepared)(struct diagnostics *diag);

	/*
	 * Switches n functions of a GPU on, that has none. May unbind the GPU and bind it again. OUTCOME_DONE: there are some;
	 * how many, and how they are bound, is not looked at yet. OUTCOME_IN_USE: somebody holds the GPU, and nothing was changed.
	 */
	enum outcome (*enable)(const struct device *device, unsigned n, struct diagnostics *diag);

	/*
	 * Finds in what the kernel said meanwhile why the driver refused a type; to be freed, NULL where that is not told.
	 * The driver answers EIO whatever it was. NULL: the functions have no types.
	 */
	char *(*refusal)(const char *kernel_log);

	/* Returns how much of the GPU's memory a type takes by its name, in MiB; 0: the name does not tell. NULL likewise. */
	uint64_t (*type_size)(const char *name);
};

/* An open connection to a driver for one GPU. Each backend defines its own. */
struct session;

/*
 * A driver can be given types, or it brings its own, or both. Functions that only the other kind needs are NULL: the
 * plan has nothing for them, see limits.types.
 *
 * Every function that returns an outcome has said in diag why it is not OUTCOME_DONE, but for possible().
 */
struct vendor {
	const char *driver; /* the kernel driver's name, also the prefix of its types in sysfs */
	uint16_t pci;       /* the vendor ID of its GPUs */
	const char *folder; /* its folder in the catalog */
	uint16_t new_from;  /* GPUs from this device ID on are too new for a catalog to take together; 0: none */
	const char *module; /* shows the types to the Mediated Core; loaded where it is installed and missing */
	const char *daemon; /* registers types of its own once per boot, and empties each GPU's list before; NULL: none does */
	const char *without_module; /* what it means where it is not installed: "this … cannot …" */
	const char *host_package;   /* what has to be installed: "NVIDIA's vGPU host driver" */
	const struct vendor_check *checks; /* ends with a NULL name; may be NULL */

	/*
	 * Finds the limits by the driver's release only; opens nothing. OUTCOME_UNSUPPORTED for an unknown release,
	 * unless layout names the release whose layout is to be spoken (NULL: its own). Without a device: the most that
	 * any known release takes, which never fails, and diag may be NULL.
	 */
	enum outcome (*limits)(const struct device *device, const char *layout, struct limits *ret,
			       struct diagnostics *diag);

	/*
	 * Judges whether by->layout may be insisted on for a release of the driver, which need not be the one that runs.
	 * OUTCOME_REFUSED: a mistake in the settings; as an option it is OUTCOME_USAGE, or OUTCOME_UNSUPPORTED where the
	 * driver is one that cannot be tried. NULL: all of its releases speak the same.
	 */
	enum outcome (*insist)(const char *release, const struct insisted *by, struct diagnostics *diag);

	/* Types of the driver's own. */

	/* True if the host is set up not to share the GPU, which is the usual case: then no types are waited for. */
	bool (*is_off)(const struct device *device);

	/* Judges whether the GPU can have types at all; why is untouched if so. Changes nothing. May be NULL. */
	enum outcome (*possible)(const struct device *device, char *why, size_t size);

	/* Formats why one type may be missing beside others; why is untouched where that is not known. May be NULL. */
	void (*missing_reason)(const struct device *device, const char *id, char *why, size_t size);

	/* Types that are given to the driver. */

	/* Returns whether the GPU's types show on its virtual functions only. May be NULL: none's do. */
	bool (*needs_functions)(const struct device *device);

	/* Warns about what the driver takes without a word and people rarely mean. device may be NULL. */
	void (*lint)(const struct type_list *types, const struct device *device, struct diagnostics *diag);

	/* The same of what the GPU's memory in MiB tells. May be NULL. */
	void (*lint_memory)(const struct type_list *types, const struct device *device, uint64_t framebuffer,
			    struct diagnostics *diag);

	/* Opens the driver. The session keeps limits, those of the device, and diag, where it says everything. */
	enum outcome (*open)(const struct device *device, const struct limits *limits, struct diagnostics *diag,
			     struct session **ret);
	void (*close)(struct session *session); /* takes NULL */

	/* Asks for the GPU's memory in MiB. */
	enum outcome (*framebuffer)(struct session *session, uint64_t *ret);

	/* Asks for the types that the GPU has, with the values that the driver gives back. */
	enum outcome (*registered)(struct session *session, struct type_list *ret);

	/* Adds the type's definition to *ret if the driver knows the number on any GPU. */
	enum outcome (*defined)(struct session *session, uint64_t num, struct type_list *ret);

	/* Counts the GPU's vGPUs. */
	enum outcome (*usage)(struct session *session, struct usage *ret);

	/*
	 * Registers types in order. discard: the GPU's list becomes these and nothing else; where that fails half-way,
	 * the types that were there are put back as far as the driver allows.
	 */
	enum outcome (*add)(struct session *session, const struct type_list *types, bool discard);

	/* Has the driver show its list in sysfs, where its release wants to be told. */
	enum outcome (*publish)(struct session *session);

	/* Judges whether vGPUs of types that are registered and published can be created. May be NULL: they can. */
	enum outcome (*creatable)(struct session *session, const struct type_list *types);
};
