/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A survey of a GPU: what it should have, what sysfs shows of that, how the last run ended. Changes nothing and opens
 * no driver's node: an open node would wake the GPU and stand in the way of rmmod.
 */
#pragma once

#include "core/functions-record.h"
#include "core/record.h"
#include "core/target.h"
#include "system/mdev.h"
#include "system/sriov.h"

enum tristate { NO, YES, UNKNOWN };

struct survey_type {
	char *id;   /* "nvidia-531" */
	char *name; /* NULL where the vendor has none */
	bool wanted, shown; /* by the plan; in sysfs */
	enum tristate configured; /* wanted; UNKNOWN where the configuration does not count */
	enum tristate registered; /* shown, or vGPUs are made of it; UNKNOWN where no function could show it */
	uint64_t in_use, available; /* available: 0 unless registered */
	uint64_t size;          /* of the GPU's memory, for one instance, in MiB; 0: not known */
	uint64_t max_instances; /* 0: not known */
};

struct survey {
	const struct device *gpu;
	enum service service;
	struct target target;      /* as an automatic run has it, as far as it comes; vendor NULL: not served */
	char *no_release;          /* why the driver's release is not known; NULL: it is */
	struct diagnostics diag;   /* of the configuration, sorted for people */
	int planned;               /* 0, or the negative errno of a mistake: then there is no plan */
	struct record last;        /* of this boot or another one */
	const char *no_record;     /* why the record cannot be read; NULL: it was, or there is none */
	bool has_record, is_this_boot;
	bool is_current;           /* it is of this boot, this driver and this release of it */
	uint64_t framebuffer;      /* MiB, of a record of this boot; 0: not known */
	struct mdev_types shown;
	struct survey_type *types; /* wanted ones first, in their order, then what else sysfs shows */
	size_t n, n_wanted, n_missing;
	size_t devices;            /* mediated devices on the GPU */
	struct function_list functions;        /* its virtual functions; empty without, or where they cannot be read */
	struct functions_record functions_run; /* the last run on them, of this boot and this load of the driver */
};

/* Surveys a GPU with the configuration that an automatic run reads. 0, or -ENOMEM with *ret untouched. */
int survey_read(const struct device *gpu, struct survey *ret) _must_check_ _nonnull_all_;

/* The same with the configuration that options name; they are kept. */
int survey_read_as(const struct device *gpu, const struct target_options *options, struct survey *ret) _must_check_ _nonnull_all_;

/* The same for the plan of a target that has been found; it stays the caller's. */
int survey_target(const struct target *target, struct survey *ret) _must_check_ _nonnull_all_;

/* Returns why the configuration does not count, one line to be freed; NULL: it does. */
char *survey_problem(const struct survey *survey) _must_check_ _nonnull_all_;

/* Returns whether there are wanted types and all of them are in sysfs. */
static inline bool survey_is_complete(const struct survey *survey)
{
	return survey->n_wanted && !survey->n_missing;
}

/* Returns whether the last run, with this driver, succeeded. */
static inline bool survey_was_done(const struct survey *survey)
{
	return survey->is_current && record_is_done(&survey->last);
}

/* Returns whether nothing is for a GPU that is newer than the catalog: nobody can say how it shows types. */
bool survey_is_unknown_gpu(const struct survey *survey) _nonnull_all_;

/* Returns whether types are missing that no run has tried to give: then what keeps runs from happening is the cause. */
static inline bool survey_is_waiting(const struct survey *survey)
{
	return survey->n_wanted && survey->n_missing && !survey->is_current;
}

/* Returns the name of the type that a virtual function has, "" where nothing tells it. Lives as long as the survey. */
const char *survey_function_type(const struct survey *survey, const struct function *function) _nonnull_all_;

/* Returns how many virtual functions have a type, and in *wanted how many are to have one. */
size_t survey_functions_given(const struct survey *survey, uint64_t *wanted) _nonnull_all_;

void survey_done(struct survey *survey);

/*
 * Returns whether a run of this boot wanted types on the GPU that sysfs does not show where it should, and did not have
 * this load of the vendor's module (module_instance()). A run that had it has succeeded, or failed for another reason;
 * a GPU without a record has its own event still to come, or is not served.
 */
bool survey_lacks_recorded(const struct device *gpu, uint64_t module) _nonnull_all_;

/*
 * The same whatever module the run had, when somebody may have emptied the GPU's list; true also where sysfs cannot tell
 * that: it shows none of the GPU's types, or has to keep those that vGPUs are made of.
 */
bool survey_may_lack_recorded(const struct device *gpu) _nonnull_all_;

/*
 * Returns whether no run of this boot has served a GPU as it is now: there was none, or it was killed, or found no configuration
 * at all, or the types that it saw have gone with its driver.
 */
bool survey_is_unserved(const struct device *gpu) _nonnull_all_;

/* Returns whether a GPU is handed to its unit by "systemctl enable", as the rule has it. */
bool survey_has_unit(const char *address) _nonnull_all_;
