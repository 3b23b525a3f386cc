/* SPDX-License-Identifier: GPL-2.0-only */
/* A vGPU type and the one table of its keys: a new key is a new row. Pure data. */
#pragma once

#include <stdint.h>

#include "model/diagnostics.h"

enum type_key {
	TYPE_NUM,
	TYPE_NAME,
	TYPE_GPU_CLASS,
	TYPE_MAX_INSTANCES,
	TYPE_VDEV_ID,
	TYPE_PDEV_ID,
	TYPE_NUM_HEADS,
	TYPE_MAX_RES_X,
	TYPE_MAX_RES_Y,
	TYPE_FRL_CONFIG,
	TYPE_FRL_ENABLE,
	TYPE_ECC,
	TYPE_MULTI_MDEV,
	TYPE_FB_LEN,
	TYPE_FB_RES,
	TYPE_MAP_VIDEO_SIZE,
	TYPE_ENC_CAP,
	TYPE_BAR1_LEN,
	TYPE_LICENSE,
	TYPE_SIGNATURE,
	TYPE_CUDA,
	TYPE_MAX_PIXELS,
	TYPE_GSP_HEAP_SIZE,
	TYPE_KEYS,
};

enum value_kind { VALUE_INTEGER, VALUE_BOOLEAN, VALUE_TEXT };

/* Where a key's value comes from when the file does not have the key. */
enum value_default {
	DEFAULT_NONE,  /* the key is required */
	DEFAULT_FIXED, /* number or text of the row */
	DEFAULT_GPU,   /* computed from the GPU or from other keys, in plan.c */
};

struct type_key_info {
	const char *name; /* as in the file, "virtDisplay." before the keys of that mapping */
	enum value_kind kind;
	enum value_default default_from;
	uint64_t min, max;   /* of a number; of a text: its length in bytes */
	uint64_t number;     /* default */
	const char *text;    /* default */
	const char *unit;    /* for people: "MiB", "percent"; NULL: none */
	bool automatic;      /* takes the word auto */
	const char *other;   /* vgpu_unlock's name for it, where that is no near misspelling */
};

/* One row per key, indexed by enum type_key. */
extern const struct type_key_info type_keys[TYPE_KEYS];

/* The longest name of a type's folder in sysfs that a file may ask for; and room for any that type_id() makes. */
#define TYPE_ID_MAX 63
#define TYPE_ID_SIZE 128

/* What num: auto multiplies the device ID by: the types of a file that have room between two devices, counted from 1. */
#define TYPE_PLACES 256

/* The signature as the driver takes it, in bytes; the key holds it in hexadecimal digits. */
#define TYPE_SIGNATURE_SIZE ((size_t)128)

enum value_origin {
	VALUE_ABSENT,
	VALUE_BROKEN,    /* written at place, and refused */
	VALUE_GIVEN,     /* written in a file, at place */
	VALUE_AUTO,      /* the file says auto; a number once plan.c or sizes.c has chosen it */
	VALUE_DEFAULTED, /* filled in by plan.c */
	VALUE_READ,      /* read back from the driver */
};

struct value {
	enum value_origin origin;
	uint64_t number; /* sizes in MiB, as in the file */
	char *text;
	struct location location;
};

struct type {
	struct location location;
	char *path; /* gpus[0].mdevConfigs[1], for messages; NULL for a type read from the driver */
	struct value values[TYPE_KEYS];
};

struct type_list {
	struct type *items;
	size_t n;
};

/* Adds an empty type; NULL when memory is out. The pointer holds until the next one is added. */
struct type *type_list_add(struct type_list *list) _must_check_ _nonnull_all_;

/* Adds a deep copy. 0 or -ENOMEM. */
int type_list_add_copy(struct type_list *list, const struct type *type) _must_check_ _nonnull_all_;

/* Removes one; the others keep their order. */
void type_list_remove(struct type_list *list, size_t i) _nonnull_all_;

/* Returns the type with this number, NULL where there is none. */
const struct type *type_list_find(const struct type_list *list, uint64_t num) _nonnull_all_;

void type_list_done(struct type_list *list);

static inline uint64_t type_num(const struct type *type)
{
	return type->values[TYPE_NUM].number;
}

/* Returns whether a value is there to be judged. */
static inline bool type_has(const struct type *type, enum type_key key)
{
	return type->values[key].origin > VALUE_BROKEN;
}

/* Formats the name of a type's folder in sysfs, "nvidia-531", the driver's name cut after 64 bytes. Returns id. */
const char *type_id(const char *driver, uint64_t num, char id[TYPE_ID_SIZE]) _nonnull_all_;

/* Returns what one vGPU takes of the GPU's memory, in MiB. */
uint64_t type_share(const struct type *type) _nonnull_all_;

/*
 * Returns what NVIDIA reserves of a share of so many MiB: of N GiB 64 * (N + 1) MiB, below one 96; exactly so in 412 of
 * its 442 types for GPUs without GSP (field.md, 4.2).
 */
uint64_t type_reservation(uint64_t share);

/* Returns whether fbLen or fbRes follows from the GPU's memory. */
bool type_is_auto(const struct type *type) _nonnull_all_;

static inline const char *type_name(const struct type *type)
{
	return type->values[TYPE_NAME].text;
}

/*
 * Report about one value of a type: at its own place where the file has it, else at the type. type_error() returns
 * -EINVAL. A warning about a default is dropped, since nobody can mend it; so is one about a value that was refused.
 */
int type_error(struct diagnostics *diag, const struct type *type, enum type_key key, const char *fmt, ...)
	_printf_(4, 5) _nonnull_(1, 2);
void type_warning(struct diagnostics *diag, const struct type *type, enum type_key key, const char *fmt, ...)
	_printf_(4, 5) _nonnull_(1, 2);

/* Returns whether a value differs between two types, as far as both have it. Numbers by number, texts by bytes. */
bool type_differs(const struct type *a, const struct type *b, enum type_key key) _nonnull_all_;
