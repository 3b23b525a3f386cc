/* SPDX-License-Identifier: GPL-2.0-only */
#include "vendors/nvidia/encode.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"

#define MIB (UINT64_C(1) << 20)

/* The field of each key that is a number; sizes are MiB in a file and bytes in the driver. */
static const struct {
	enum info_field field;
	enum type_key key;
	uint64_t unit;
} numbers[] = {
	{ INFO_TYPE, TYPE_NUM, 1 },
	{ INFO_MAX_INSTANCE, TYPE_MAX_INSTANCES, 1 },
	{ INFO_NUM_HEADS, TYPE_NUM_HEADS, 1 },
	{ INFO_MAX_RESOLUTION_X, TYPE_MAX_RES_X, 1 },
	{ INFO_MAX_RESOLUTION_Y, TYPE_MAX_RES_Y, 1 },
	{ INFO_MAX_PIXELS, TYPE_MAX_PIXELS, 1 },
	{ INFO_FRL_CONFIG, TYPE_FRL_CONFIG, 1 },
	{ INFO_FRL_ENABLE, TYPE_FRL_ENABLE, 1 },
	{ INFO_CUDA_ENABLED, TYPE_CUDA, 1 },
	{ INFO_ECC_SUPPORTED, TYPE_ECC, 1 },
	{ INFO_MULTI_VGPU_SUPPORTED, TYPE_MULTI_MDEV, 1 },
	{ INFO_ENCODER_CAPACITY, TYPE_ENC_CAP, 1 },
	{ INFO_VDEV_ID, TYPE_VDEV_ID, 1 },
	{ INFO_PDEV_ID, TYPE_PDEV_ID, 1 },
	{ INFO_FB_LENGTH, TYPE_FB_LEN, MIB },
	{ INFO_FB_RESERVATION, TYPE_FB_RES, MIB },
	{ INFO_GSP_HEAP_SIZE, TYPE_GSP_HEAP_SIZE, MIB },
	{ INFO_MAPPABLE_VIDEO_SIZE, TYPE_MAP_VIDEO_SIZE, MIB },
	{ INFO_BAR1_LENGTH, TYPE_BAR1_LEN, 1 },
};

static const struct {
	enum info_field field;
	enum type_key key;
} texts[] = {
	{ INFO_NAME, TYPE_NAME },
	{ INFO_CLASS, TYPE_GPU_CLASS },
	{ INFO_LICENSE, TYPE_LICENSE },
};

void info_put(uint8_t *block, struct field field, uint64_t value)
{
	memcpy(block + field.offset, &value, field.size);
}

uint64_t info_get(const uint8_t *block, struct field field)
{
	uint64_t value = 0;

	memcpy(&value, block + field.offset, field.size);
	return value;
}

/* A signature has been found to have no other characters (profile.c). */
static unsigned hex_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

void info_encode(const struct abi *abi, const struct type *type, uint8_t *block)
{
	const struct field *fields = abi->info->fields, signature = fields[INFO_SIGNATURE];

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		info_put(block, fields[numbers[i].field], type->values[numbers[i].key].number * numbers[i].unit);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = type->values[texts[i].key].text;
		struct field field = fields[texts[i].field];

		memcpy(block + field.offset, text, strnlen(text, field.size - 1u));
	}

	for (size_t i = 0; i < signature.size; i++)
		block[signature.offset + i] = (uint8_t)(hex_digit(type->values[TYPE_SIGNATURE].text[2 * i]) << 4 |
							hex_digit(type->values[TYPE_SIGNATURE].text[2 * i + 1]));
	info_put(block, fields[INFO_PROFILE_SIZE], type_share(type) * MIB);
}

int info_decode(const struct abi *abi, const uint8_t *block, struct type *type)
{
	const struct field *fields = abi->info->fields;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct field field = fields[numbers[i].field];
		uint64_t number = info_get(block, field);

		/* The driver clears these two by its own rules (nvidia-rm-sequence, step 18): their 0 says nothing. */
		if (!field.size || (!number && (numbers[i].key == TYPE_MULTI_MDEV ||
						numbers[i].key == TYPE_FRL_ENABLE)))
			continue;
		/* Round up, so that half a MiB differs from the MiB below it. */
		number = number / numbers[i].unit + (number % numbers[i].unit != 0);
		type->values[numbers[i].key] = (struct value){ .origin = VALUE_READ, .number = number };
	}

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct field field = fields[texts[i].field];
		char *text = strndup((const char *)block + field.offset, field.size);

		if (!text)
			return -ENOMEM;
		type->values[texts[i].key] = (struct value){ .origin = VALUE_READ, .text = text };
	}
	return 0;
}

void info_copy(const struct abi *abi, const uint8_t *from, uint8_t *to)
{
	for (size_t i = 0; i < INFO_SENT_FIELDS; i++) {
		struct field field = abi->info->fields[i];

		if (i != INFO_SIGNATURE)
			memcpy(to + field.offset, from + field.offset, field.size);
	}
}
