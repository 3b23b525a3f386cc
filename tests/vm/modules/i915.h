/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the two simulated modules: kvmgt shows what i915 lets it. */
#ifndef SIMULATED_I915_H
#define SIMULATED_I915_H

#include <linux/pci.h>

/* A GPU that i915 shares, by GVT-g's own names: V4 or V5, and how much of its aperture guests can have. */
struct i915_gvt {
	unsigned int version;
	unsigned int aperture_mib;
};

struct i915_gvt_ops {
	void *(*show)(struct pci_dev *pdev, const struct i915_gvt *gvt);	/* NULL: it cannot be shown */
	void (*hide)(void *shown);
};

/* Shows every GPU that is bound, now and later; NULL hides them. */
void i915_gvt_set_ops(const struct i915_gvt_ops *ops);

#endif
