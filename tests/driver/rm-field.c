// SPDX-License-Identifier: GPL-2.0-only
/* rm-field.c - values by name; no offset stands outside rm-abi.c */
#include "rm-core.h"

const struct rm_layout *rm_layout(const struct rm_state *rm)
{
	return &rm_layouts[rm->layout];
}

const struct rm_struct *rm_struct(const struct rm_state *rm, u32 id)
{
	return rm_layout(rm)->structs[id];
}

u32 rm_struct_size(const struct rm_state *rm, u32 id)
{
	const struct rm_struct *s = rm_struct(rm, id);

	return s ? s->size : 0;
}

const struct rm_field *rm_field(const struct rm_state *rm, u32 id)
{
	const struct rm_struct *s = rm_struct(rm, id >> 8);
	const struct rm_field *f;

	if (!s)
		return NULL;
	f = &s->field[id & 0xff];
	return f->size ? f : NULL;
}

static u64 load(const u8 *at, u32 size)
{
	u64 value = 0;
	u32 i;

	for (i = 0; i < size; i++)
		value |= (u64)at[i] << (8 * i);
	return value;
}

static void store(u8 *at, u32 size, u64 value)
{
	u32 i;

	for (i = 0; i < size; i++)
		at[i] = (u8)(value >> (8 * i));
}

u64 rm_get(const struct rm_state *rm, const void *block, u32 id)
{
	const struct rm_field *f = rm_field(rm, id);

	return f ? load((const u8 *)block + f->offset, f->size) : 0;
}

void rm_put(const struct rm_state *rm, void *block, u32 id, u64 value)
{
	const struct rm_field *f = rm_field(rm, id);

	if (f)
		store((u8 *)block + f->offset, f->size, value);
}

u32 rm_element(const struct rm_state *rm, const void *block, u32 id, u32 n)
{
	const struct rm_field *f = rm_field(rm, id);

	return f && n < f->count ? (u32)load((const u8 *)block + f->offset + 4 * n, 4) : 0;
}

void rm_put_element(const struct rm_state *rm, void *block, u32 id, u32 n, u32 value)
{
	const struct rm_field *f = rm_field(rm, id);

	if (f && n < f->count)
		store((u8 *)block + f->offset + 4 * n, 4, value);
}

u32 rm_constant(const struct rm_state *rm, u32 id)
{
	return rm_layout(rm)->constant[id];
}

u32 rm_stray_byte(struct rm_state *rm, const void *block, u32 struct_id)
{
	const struct rm_struct *s = rm_struct(rm, struct_id);
	u32 i;

	memcpy(rm->spare, block, s->size);
	for (i = 0; i < s->fields; i++)
		memset(rm->spare + s->field[i].offset, 0, s->field[i].size);
	for (i = 0; i < s->size; i++)
		if (rm->spare[i])
			return i;
	return RM_NONE;
}
