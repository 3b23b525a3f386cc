/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the simulated nvidia module know of each other. The driver
 * behind the device nodes is the simulated resource manager of tests/driver; here
 * is only what ties it to a kernel.
 */
#ifndef NVIDIA_H
#define NVIDIA_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/pci.h>

#include "rm.h"

/*
 * main: the one resource manager. Everything that takes the state holds the
 * lock; it is the innermost one.
 */
extern struct rm_state *nvidia_rm;
extern struct mutex nvidia_rm_lock;
extern unsigned int nvidia_probe_ms;
extern unsigned int nvidia_fb_mib;
extern unsigned int nvidia_register_ms;
extern bool nvidia_vendor_vfio;
extern bool nvidia_unloading;

struct rm_caller nvidia_caller(void);

/* pci: binds the GPUs and their virtual functions. */
extern struct pci_driver nvidia_pci_driver;

/* parents: which types each bound function shows through mdev, or whether it has the vendor's files. */
/* gpu < 0: a virtual function whose physical one is still to come */
int nvidia_parent_add(struct pci_dev *pdev, int gpu, bool shows);
void nvidia_parent_remove(struct pci_dev *pdev);
int nvidia_parent_gpu(struct pci_dev *pdev);	/* index in the RM or -ENODEV */
void nvidia_types_changed(void *ctx, unsigned int gpu);
void nvidia_parents_sync(bool all);

/* vfio: the vendor's files of a virtual function; NULL if they cannot be made. */
struct nvidia_vf;
int nvidia_vfio_init(void);
void nvidia_vfio_exit(void);
struct nvidia_vf *nvidia_vf_show(struct pci_dev *pdev, unsigned int gpu);
void nvidia_vf_hide(struct nvidia_vf *vf);

/* chardev: /dev/nvidiactl and /dev/nvidiaN, which nobody makes. */
int nvidia_chardev_init(const char *version);
void nvidia_chardev_exit(void);

/* proc: /proc/driver/nvidia. */
int nvidia_proc_init(const char *version);
void nvidia_proc_exit(void);
int nvidia_proc_add(struct pci_dev *pdev);
void nvidia_proc_remove(struct pci_dev *pdev);
bool nvidia_is_locked(unsigned int minor);	/* somebody has the GPU's unbindLock; under the RM's lock */

/* trace: counters, the transcript and injected faults. */
int nvidia_trace_init(void);
void nvidia_trace_exit(void);
void nvidia_trace(void *ctx, const struct rm_event *ev);

#endif
