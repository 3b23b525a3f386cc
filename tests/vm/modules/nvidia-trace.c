// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test wants to know of the driver and to do to it:
 *
 *	/sys/module/nvidia/parameters/opens	successful opens of nvidiactl
 *	/sys/module/nvidia/parameters/set_info	types sent, accepted or not
 *	/sys/module/nvidia/parameters/discards	how many of these said "discard"
 *	/sys/module/nvidia/parameters/calls	opens and ioctls
 *	/sys/module/nvidia/parameters/handles	nodes that are open
 *	/sys/module/nvidia/parameters/leaks	nodes that a program's end has closed, and not the program
 *	/sys/kernel/debug/nvidia/transcript	every call, one line each
 *	/sys/kernel/debug/nvidia/inject		write a rule of rm_inject_text()
 *	/sys/kernel/debug/nvidia/clear		write: forget rules
 *	/sys/kernel/debug/nvidia/vgpus		write "ADDRESS N": N vGPUs run there
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "nvidia.h"

#define TRANSCRIPT_SIZE (1024 * 1024)	/* then it ends */
#define CMD_SET_INFO 0xa0810101

static unsigned int opens;
module_param(opens, uint, 0444);
static unsigned int set_info;
module_param(set_info, uint, 0444);
static unsigned int discards;
module_param(discards, uint, 0444);
static unsigned int calls;
module_param(calls, uint, 0444);
static unsigned int handles;
module_param(handles, uint, 0444);
static unsigned int leaks;
module_param(leaks, uint, 0444);

static struct dentry *dir;
static struct debugfs_blob_wrapper transcript;

static bool is_discard(const struct rm_event *ev)
{
	u32 discard;	/* the first word, in every layout */

	if (ev->in_len < sizeof(discard))
		return false;
	memcpy(&discard, ev->in, sizeof(discard));
	return discard;
}

static void count(const struct rm_event *ev)
{
	switch (ev->kind) {
	case RM_EV_OPEN:
		calls++;
		handles += !ev->error;
		if (!ev->error && ev->minor == RM_MINOR_CTL)
			opens++;
		break;
	case RM_EV_CONTROL:
		calls++;
		if (ev->code == CMD_SET_INFO) {
			set_info++;
			discards += is_discard(ev);
		}
		break;
	case RM_EV_IOCTL:
	case RM_EV_ALLOC:
	case RM_EV_FREE:
		calls++;
		break;
	case RM_EV_CLOSE:
		handles--;
		leaks += ev->leaked;
		break;
	case RM_EV_NOTE:
	case RM_EV_DANGER:
	case RM_EV_INJECT:
		break;
	}
}

/* Under the resource manager's lock. */
void nvidia_trace(void *ctx, const struct rm_event *ev)
{
	char *end = (char *)transcript.data + transcript.size;

	count(ev);
	if (ev->kind == RM_EV_DANGER)
		pr_err("nvidia: DANGER: %s\n", ev->text ?: "");
	if (TRANSCRIPT_SIZE - transcript.size < RM_LINE_MAX + 1)
		return;
	transcript.size += rm_event_format(end, RM_LINE_MAX, ev);
	((char *)transcript.data)[transcript.size++] = '\n';
}

static int copy_text(char *text, size_t size, const char __user *user, size_t len)
{
	if (len >= size)
		return -EINVAL;
	if (copy_from_user(text, user, len))
		return -EFAULT;
	text[len] = '\0';
	strim(text);
	return 0;
}

static ssize_t inject_write(struct file *file, const char __user *user,
			    size_t len, loff_t *pos)
{
	char text[128];
	int r = copy_text(text, sizeof(text), user, len);

	if (r < 0)
		return r;
	mutex_lock(&nvidia_rm_lock);
	r = rm_inject_text(nvidia_rm, text);
	mutex_unlock(&nvidia_rm_lock);
	return r < 0 ? r : len;
}

static ssize_t clear_write(struct file *file, const char __user *user,
			   size_t len, loff_t *pos)
{
	mutex_lock(&nvidia_rm_lock);
	rm_clear(nvidia_rm);
	mutex_unlock(&nvidia_rm_lock);
	return len;
}

static ssize_t vgpus_write(struct file *file, const char __user *user,
			   size_t len, loff_t *pos)
{
	unsigned int domain, bus, slot, function, active;
	char text[64];
	int r = copy_text(text, sizeof(text), user, len);

	if (r < 0)
		return r;
	if (sscanf(text, "%x:%x:%x.%x %u", &domain, &bus, &slot, &function, &active) != 5)
		return -EINVAL;
	mutex_lock(&nvidia_rm_lock);
	r = rm_find_gpu(nvidia_rm, domain, bus, slot);
	if (r >= 0)
		r = rm_set_vgpus(nvidia_rm, r, active);
	mutex_unlock(&nvidia_rm_lock);
	return r < 0 ? r : len;
}

#define WRITE_ONLY(name)						\
static const struct file_operations name##_fops = {			\
	.owner = THIS_MODULE,						\
	.open = simple_open,						\
	.write = name##_write,						\
}

WRITE_ONLY(inject);
WRITE_ONLY(clear);
WRITE_ONLY(vgpus);

int nvidia_trace_init(void)
{
	transcript.data = vzalloc(TRANSCRIPT_SIZE);
	if (!transcript.data)
		return -ENOMEM;

	dir = debugfs_create_dir("nvidia", NULL);
	debugfs_create_blob("transcript", 0400, dir, &transcript);
	debugfs_create_file("inject", 0200, dir, NULL, &inject_fops);
	debugfs_create_file("clear", 0200, dir, NULL, &clear_fops);
	debugfs_create_file("vgpus", 0200, dir, NULL, &vgpus_fops);
	return 0;
}

void nvidia_trace_exit(void)
{
	debugfs_remove(dir);
	vfree(transcript.data);
}
