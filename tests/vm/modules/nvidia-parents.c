// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which types each bound function shows. The resource manager says when they
 * change; nvidia-vgpu-vfio, if it is there, makes the function an mdev parent.
 *
 * The mdev core takes a parent's types once, at registration: a changed list
 * means leaving and coming back. So a caller that announces more types to come
 * (config state "in progress") is waited for, and a function with vGPUs keeps
 * what it shows. sysfs is never touched under the resource manager's lock.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "nvidia.h"
#include "nvidia-vgpu-vfio.h"
#include "rm-core.h"

#define CONFIG_STATE_IN_PROGRESS 1

struct function {
	struct list_head list;
	struct pci_dev *pdev;
	int gpu;			/* < 0: the physical function is not there */
	bool shows;
	bool registered;		/* a virtual one: sometime after its bind */
	struct delayed_work work;
	struct nvidia_vgpu_parent *parent;	/* NULL: shows nothing now */
	struct nvidia_vf *vf;		/* the same, for the vendor's files */
};

/* Outside the resource manager's lock. Guards all that follows. */
static DEFINE_MUTEX(parents_lock);
static LIST_HEAD(functions);
static const struct nvidia_vgpu_vfio_ops *vfio;
static struct nvidia_vgpu_type types[RM_MAX_GPU_TYPES];

/* Under the resource manager's lock. */
static u64 changed;

void nvidia_types_changed(void *ctx, unsigned int gpu)
{
	changed |= BIT_ULL(gpu);
}

static unsigned int read_types(unsigned int gpu)
{
	struct rm_type_view view;
	unsigned int n;

	memset(types, 0, sizeof(types));
	mutex_lock(&nvidia_rm_lock);
	for (n = 0; !rm_visible_get(nvidia_rm, gpu, n, &view); n++) {
		types[n].id = view.id;
		types[n].max_instance = view.max_instance;
		strscpy(types[n].name, view.name, sizeof(types[n].name));
		rm_type_description(types[n].description,
				    sizeof(types[n].description), &view);
	}
	mutex_unlock(&nvidia_rm_lock);
	return n;
}

static void hide(struct function *f)
{
	if (f->parent)
		vfio->hide(f->parent);
	f->parent = NULL;
	if (f->vf)
		nvidia_vf_hide(f->vf);
	f->vf = NULL;
}

static void show_files(struct function *f)
{
	if (!f->vf && f->pdev->is_virtfn)
		f->vf = nvidia_vf_show(f->pdev, f->gpu);
}

static void sync(struct function *f)
{
	unsigned int n;

	if (!vfio || !f->shows || f->gpu < 0 || (f->pdev->is_virtfn && !f->registered))
		return;
	if (nvidia_vendor_vfio) {
		show_files(f);
		return;
	}

	n = read_types(f->gpu);
	if (f->parent && vfio->same(f->parent, types, n))
		return;
	if (f->parent && vfio->created(f->parent)) {
		pci_info(f->pdev, "has vGPUs: shows its old types\n");
		return;
	}
	hide(f);
	if (n)
		f->parent = vfio->show(&f->pdev->dev, f->gpu, types, n);
}

static u64 take_changed(bool all)
{
	u64 ready = 0;
	unsigned int gpu;

	mutex_lock(&nvidia_rm_lock);
	for (gpu = 0; gpu < RM_MAX_GPUS; gpu++)
		if (all || nvidia_rm->gpu[gpu].config_state != CONFIG_STATE_IN_PROGRESS)
			ready |= changed & BIT_ULL(gpu);
	changed &= ~ready;
	mutex_unlock(&nvidia_rm_lock);
	return ready;
}

void nvidia_parents_sync(bool all)
{
	struct function *f;
	u64 ready;

	mutex_lock(&parents_lock);
	ready = take_changed(all);
	if (ready)
		list_for_each_entry(f, &functions, list)
			if (f->gpu >= 0 && ready & BIT_ULL(f->gpu))
				sync(f);
	mutex_unlock(&parents_lock);
}

int nvidia_vgpu_may_start(unsigned int gpu, u32 type)
{
	u32 status;

	mutex_lock(&nvidia_rm_lock);
	status = rm_create_status(nvidia_rm, gpu, type);
	mutex_unlock(&nvidia_rm_lock);
	return status ? -EIO : 0;
}
EXPORT_SYMBOL(nvidia_vgpu_may_start);

/* What was copied before a virtual function was there was not copied to it: it waits for the next 0xa0810109. */
static bool shows_from_start(struct pci_dev *pdev)
{
	bool shows;

	mutex_lock(&nvidia_rm_lock);
	shows = !pdev->is_virtfn || nvidia_vendor_vfio || rm_types_show_at_once(nvidia_rm);
	mutex_unlock(&nvidia_rm_lock);
	return shows;
}

/* Some releases do this in the probe, others from elsewhere, later. */
static void register_now(struct function *f)
{
	f->registered = true;
	if (shows_from_start(f->pdev))
		sync(f);
}

static void register_later(struct work_struct *work)
{
	struct function *f = container_of(to_delayed_work(work), struct function, work);

	mutex_lock(&parents_lock);
	if (f->gpu >= 0)
		register_now(f);
	mutex_unlock(&parents_lock);
}

static void attach(struct function *f, int gpu)
{
	f->gpu = gpu;
	if (gpu < 0)
		return;
	if (nvidia_register_ms && f->pdev->is_virtfn && rm_types_show_at_once(nvidia_rm))
		schedule_delayed_work(&f->work, msecs_to_jiffies(nvidia_register_ms));
	else
		register_now(f);
}

/* A physical function that comes revives those of its virtual ones that the driver has. */
static void attach_virtual(struct pci_dev *pf, int gpu)
{
	struct function *f;

	list_for_each_entry(f, &functions, list)
		if (f->pdev->is_virtfn && pci_physfn(f->pdev) == pf)
			attach(f, gpu);
}

/* One that goes takes them all out of nvidia-vgpu-vfio first. */
static void detach_virtual(struct pci_dev *pf)
{
	struct function *f;

	list_for_each_entry(f, &functions, list)
		if (f->pdev->is_virtfn && pci_physfn(f->pdev) == pf) {
			hide(f);
			f->registered = false;
			f->gpu = -ENODEV;
		}
}

int nvidia_parent_add(struct pci_dev *pdev, int gpu, bool shows)
{
	struct function *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;

	f->pdev = pdev;
	f->shows = shows;
	INIT_DELAYED_WORK(&f->work, register_later);
	mutex_lock(&parents_lock);
	list_add_tail(&f->list, &functions);
	attach(f, gpu);
	if (!pdev->is_virtfn)
		attach_virtual(pdev, gpu);
	mutex_unlock(&parents_lock);
	return 0;
}

static struct function *find(struct pci_dev *pdev)
{
	struct function *f;

	list_for_each_entry(f, &functions, list)
		if (f->pdev == pdev)
			return f;
	return NULL;
}

void nvidia_parent_remove(struct pci_dev *pdev)
{
	struct function *f;

	mutex_lock(&parents_lock);
	f = find(pdev);
	if (f) {
		hide(f);
		list_del(&f->list);
		f->gpu = -ENODEV;
		if (!pdev->is_virtfn)
			detach_virtual(pdev);
	}
	mutex_unlock(&parents_lock);
	/* Its work wants the lock. */
	if (f)
		cancel_delayed_work_sync(&f->work);
	kfree(f);
}

int nvidia_parent_gpu(struct pci_dev *pdev)
{
	struct function *f;
	int gpu;

	mutex_lock(&parents_lock);
	f = find(pdev);
	gpu = f ? f->gpu : -ENODEV;
	mutex_unlock(&parents_lock);
	return gpu;
}

/*
 * Releases that ask the resource manager when sysfs is read show what it knows
 * at once. The others have told nobody: their types wait for the next
 * 0xa0810109.
 */
static void set_world(bool there)
{
	unsigned int gpu;

	mutex_lock(&nvidia_rm_lock);
	nvidia_rm->world &= ~RM_WORLD_NO_VFIO;
	if (!there)
		nvidia_rm->world |= RM_WORLD_NO_VFIO;
	else if (!rm_types_show_at_once(nvidia_rm))
		for (gpu = 0; gpu < RM_MAX_GPUS; gpu++)
			nvidia_rm->gpu[gpu].visibles = 0;
	mutex_unlock(&nvidia_rm_lock);
}

void nvidia_vgpu_vfio_set_ops(const struct nvidia_vgpu_vfio_ops *ops)
{
	struct function *f;

	mutex_lock(&parents_lock);
	if (!ops)
		list_for_each_entry(f, &functions, list)
			hide(f);
	vfio = ops;
	set_world(ops);
	list_for_each_entry(f, &functions, list)
		sync(f);
	mutex_unlock(&parents_lock);
}
EXPORT_SYMBOL(nvidia_vgpu_vfio_set_ops);
