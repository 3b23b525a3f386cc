/* SPDX-License-Identifier: GPL-2.0-only */
/* rm-core.h - what the files of the core know of each other; front ends include rm.h */
#ifndef RM_CORE_H
#define RM_CORE_H

#include "rm.h"
#include "rm-abi.h"

#define RM_NONE		0xffffffffU
#define RM_GONE		0xfffffffeU	/* index of a GPU that was taken away */
#define RM_MIB_SHIFT	20
#define RM_GIB_SHIFT	30

/* One running open or ioctl. */
struct rm_call {
	struct rm_state *rm;
	const struct rm_caller *c;
	u32 file;
	u32 gpu;		/* of the object or node, RM_NONE */
	bool no_params_back;	/* injected: short answer */
	const struct rm_rule *rule;	/* injected rule that met this call */
	struct rm_event ev;
};

/* rm-field.c: values by name in the layout of the release */
const struct rm_layout *rm_layout(const struct rm_state *rm);
const struct rm_struct *rm_struct(const struct rm_state *rm, u32 id);
u32 rm_struct_size(const struct rm_state *rm, u32 id);	/* 0: not in this release */
const struct rm_field *rm_field(const struct rm_state *rm, u32 id);	/* NULL: not there */
u64 rm_get(const struct rm_state *rm, const void *block, u32 id);	/* 0 if absent */
void rm_put(const struct rm_state *rm, void *block, u32 id, u64 value);
void rm_put_element(const struct rm_state *rm, void *block, u32 id, u32 n, u32 value);
u32 rm_element(const struct rm_state *rm, const void *block, u32 id, u32 n);
u32 rm_constant(const struct rm_state *rm, u32 id);
/* Offset of the first nonzero byte outside all named fields, or RM_NONE. Uses rm->spare. */
u32 rm_stray_byte(struct rm_state *rm, const void *block, u32 struct_id);

/* rm-release.c: what differs from release to release, beside the layouts */
bool rm_find_release(const char *version, u32 *release, u32 *layout);	/* false: facts do not cover it */
u32 rm_wrong_size_status(const struct rm_state *rm);
bool rm_has_vgpu_class(const struct rm_state *rm);
bool rm_config_is_stub(const struct rm_state *rm);	/* the vGPU class is there and cannot be had */
bool rm_set_info_privileged(const struct rm_state *rm);
bool rm_update_places(const struct rm_state *rm);	/* 0xa0810109 computes placement ids */
bool rm_places_once(const struct rm_state *rm);
bool rm_region_is_largest(const struct rm_state *rm);	/* of all types with one instance that the GPU ever had */
bool rm_divides_by_region(const struct rm_state *rm);
bool rm_hides_shared_instances(const struct rm_state *rm);
bool rm_take_status(const struct rm_state *rm, const char **text, u32 *number);	/* by name */
bool rm_checks_table_first(const struct rm_state *rm);
bool rm_version_query(const struct rm_state *rm);	/* cmd '2' answers with the version */

/* rm-gpu.c */
struct rm_gpu *rm_gpu_by_id(struct rm_state *rm, u32 id);
struct rm_gpu *rm_gpu_by_minor(struct rm_state *rm, u32 minor);
bool rm_gpu_listed(const struct rm_gpu *gpu);		/* bound and not excluded */
u32 rm_gpu_index(const struct rm_state *rm, const struct rm_gpu *gpu);
int rm_gpu_get(struct rm_state *rm, struct rm_gpu *gpu);	/* first user initialises */
void rm_gpu_release(struct rm_gpu *gpu);
bool rm_gpu_lost(const struct rm_state *rm, u32 index);
bool rm_holds_gpu(const struct rm_state *rm, u32 index, u32 owner);	/* an open node */
bool rm_is_ada_or_later(const struct rm_gpu *gpu);
bool rm_is_gb100_or_later(const struct rm_gpu *gpu);
bool rm_gpu_places(const struct rm_state *rm, const struct rm_gpu *gpu);

/* rm-object.c */
struct rm_object *rm_find_object(struct rm_state *rm, u32 client, u32 handle);
u32 rm_find_client(struct rm_call *call, u32 client, struct rm_object **ret);
u32 rm_alloc(struct rm_call *call, u32 root, u32 parent, u32 *handle, u32 class_id, u64 params);
u32 rm_free(struct rm_call *call, u32 root, u32 parent, u32 object);
void rm_free_file(struct rm_state *rm, u32 file);

/* rm-escape.c */
int rm_escape(struct rm_call *call, u32 nr, u32 size);
void rm_escape_describe(struct rm_call *call, u32 nr, u32 size);
void rm_escape_put_status(struct rm_call *call, u32 size);
bool rm_escape_known(const struct rm_state *rm, u32 nr, u32 size);

/* rm-control.c; handlers read rm->in and answer in rm->out, a copy of it */
u32 rm_control(struct rm_call *call, u32 client, u32 object, u32 cmd, u32 flags, u64 params, u32 size);

/* rm-vgpu.c */
u32 rm_vgpu_set_info(struct rm_call *call);
u32 rm_vgpu_enumerate(struct rm_call *call);
u32 rm_vgpu_type_info(struct rm_call *call);
u32 rm_vgpu_supported(struct rm_call *call);
u32 rm_vgpu_creatable(struct rm_call *call);
u32 rm_vgpu_update(struct rm_call *call);
u32 rm_vgpu_set_pgpu(struct rm_call *call);
void rm_vgpu_failed(struct rm_call *call);	/* with a status that a rule gave it */
bool rm_has_place(const struct rm_state *rm, const struct rm_gpu *gpu, u32 slot);
void rm_vgpu_forget(struct rm_gpu *gpu);

/* rm-placement.c */
void rm_place(struct rm_call *call, struct rm_gpu *gpu);
void rm_widen_region(const struct rm_state *rm, struct rm_gpu *gpu, const struct rm_type *type);
bool rm_places_homogeneous(const struct rm_state *rm, const struct rm_gpu *gpu);
bool rm_places_heterogeneous(const struct rm_state *rm, const struct rm_gpu *gpu);
u32 rm_placement_id(const struct rm_state *rm, const struct rm_gpu *gpu, const struct rm_type *type, u32 n);

/* rm-inject.c */
const struct rm_rule *rm_rule_for(struct rm_state *rm, const struct rm_event *ev);
void rm_spoil(const struct rm_call *call, void *answer, u32 size);	/* as a rule wants it */

/* rm-event.c */
void rm_trace(struct rm_call *call);
void rm_note(struct rm_call *call, const char *text, u32 value);
void rm_danger(struct rm_call *call, u32 kind, u32 type, u32 value, bool fatal);

#endif
