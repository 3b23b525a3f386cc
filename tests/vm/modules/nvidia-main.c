// SPDX-License-Identifier: GPL-2.0-only
/*
 * nvidia: looks to user space like NVIDIA's vGPU host driver of the release
 * named by the parameter "version".
 */
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "nvidia.h"

#define DEFAULT_VERSION "535.104.05"

static char *version = DEFAULT_VERSION;
module_param(version, charp, 0444);
MODULE_PARM_DESC(version, "release that the driver says it is");

static char *like;
module_param(like, charp, 0444);
MODULE_PARM_DESC(like, "release that it behaves like, if another one");

static char *inject = "";
module_param(inject, charp, 0444);
MODULE_PARM_DESC(inject, "faults from the start, see rm_inject_text(); separated by blanks");

unsigned int nvidia_probe_ms;
module_param_named(probe_ms, nvidia_probe_ms, uint, 0644);
MODULE_PARM_DESC(probe_ms, "how long binding a GPU takes");

unsigned int nvidia_fb_mib = 24576;
module_param_named(fb_mib, nvidia_fb_mib, uint, 0644);
MODULE_PARM_DESC(fb_mib, "framebuffer of GPUs bound from now on");

bool nvidia_vendor_vfio;
module_param_named(vendor_vfio, nvidia_vendor_vfio, bool, 0444);
MODULE_PARM_DESC(vendor_vfio, "virtual functions have the vendor's VFIO files, not mdev's");

unsigned int nvidia_register_ms;
module_param_named(register_ms, nvidia_register_ms, uint, 0644);
MODULE_PARM_DESC(register_ms, "from a virtual function's bind to its types");

static unsigned int kills;
module_param(kills, uint, 0444);
MODULE_PARM_DESC(kills, "how many callers an injected fault has killed");

bool nvidia_unloading;

struct rm_state *nvidia_rm;
DEFINE_MUTEX(nvidia_rm_lock);

static int copy_in(void *ctx, void *dst, u64 user, size_t len)
{
	return copy_from_user(dst, u64_to_user_ptr(user), len) ? -EFAULT : 0;
}

static int copy_out(void *ctx, u64 user, const void *src, size_t len)
{
	return copy_to_user(u64_to_user_ptr(user), src, len) ? -EFAULT : 0;
}

/* The lock stays held, as the real resource manager's would: every hang is one at a time. */
static void hang(void *ctx, unsigned int ms)
{
	schedule_timeout_killable(msecs_to_jiffies(ms));
}

static void kill_caller(void *ctx)
{
	kills++;
	send_sig(SIGKILL, current, 1);
}

/* Takes effect on the way back to user space, without the lock. */
static void signal_caller(void *ctx, unsigned int number)
{
	send_sig(number ? number : SIGSTOP, current, 1);
}

static const struct rm_ops rm_ops = {
	.copy_in = copy_in,
	.copy_out = copy_out,
	.types_changed = nvidia_types_changed,
	.trace = nvidia_trace,
	.sleep = hang,
	.queue = hang,
	.kill = kill_caller,
	.signal = signal_caller,
};

struct rm_caller nvidia_caller(void)
{
	return (struct rm_caller) {
		.ops = &rm_ops,
		.owner = task_tgid_nr(current),
		.privileged = capable(CAP_SYS_ADMIN),
	};
}

/*
 * /sys/module/nvidia/version shows what MODULE_VERSION left here. One build
 * serves every release, so the text is exchanged before anything is announced.
 */
static int show_version(const char *text)
{
	char *copy = kstrdup(text, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	kfree(THIS_MODULE->version);
	THIS_MODULE->version = copy;
	return 0;
}

static int inject_all(const char *text)
{
	char *list = kstrdup(text, GFP_KERNEL);
	char *rest = list;
	char *rule;
	int r = 0;

	if (!list)
		return -ENOMEM;
	while (!r && (rule = strsep(&rest, " ")))
		if (*rule)
			r = rm_inject_text(nvidia_rm, rule);
	kfree(list);
	return r;
}

static int start_rm(void)
{
	int r;

	nvidia_rm = vzalloc(sizeof(*nvidia_rm));
	if (!nvidia_rm)
		return -ENOMEM;

	r = rm_init(nvidia_rm, version, like, RM_WORLD_NO_VFIO);
	if (r < 0)
		pr_err("nvidia: release %s is not known\n", like ?: version);
	else
		r = inject_all(inject);
	if (r < 0)
		vfree(nvidia_rm);
	return r;
}

static int __init nvidia_init(void)
{
	int r = start_rm();

	if (r < 0)
		return r;
	r = show_version(version);
	if (r < 0)
		goto free_rm;
	r = nvidia_trace_init();
	if (r < 0)
		goto free_rm;
	r = nvidia_proc_init(version);
	if (r < 0)
		goto exit_trace;
	r = nvidia_chardev_init(like ?: version);
	if (r < 0)
		goto exit_proc;
	r = nvidia_vfio_init();
	if (r < 0)
		goto exit_chardev;
	r = pci_register_driver(&nvidia_pci_driver);
	if (r < 0)
		goto exit_vfio;
	return 0;

exit_vfio:
	nvidia_vfio_exit();
exit_chardev:
	nvidia_chardev_exit();
exit_proc:
	nvidia_proc_exit();
exit_trace:
	nvidia_trace_exit();
free_rm:
	vfree(nvidia_rm);
	return r;
}

static void __exit nvidia_exit(void)
{
	nvidia_unloading = true;
	pci_unregister_driver(&nvidia_pci_driver);
	nvidia_vfio_exit();
	nvidia_chardev_exit();
	nvidia_proc_exit();
	nvidia_trace_exit();
	vfree(nvidia_rm);
}

module_init(nvidia_init);
module_exit(nvidia_exit);
MODULE_DESCRIPTION("simulated NVIDIA vGPU host driver");
MODULE_VERSION(DEFAULT_VERSION);
MODULE_LICENSE("GPL");
