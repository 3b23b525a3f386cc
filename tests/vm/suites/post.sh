#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The boot of coldplug in the old manner: no rule, and mdev-post.service enabled, with the administrator's file.
# early: modprobe fakepci gpus=10de:1b38:10de:11d9,10de:1e30:10de:12ba
# early: modprobe nvidia
# early: ln -s /dev/null /etc/udev/rules.d/90-mdev-gpu.rules
# early: cp /etc/gvm/mdev-gpu/Nvidia/Pascal/Open_vPascal.yaml /etc/gvm/mdev-gpu/generate-vgpu-types.yaml
# early: ln -s /usr/lib/systemd/system/mdev-post.service /etc/systemd/system/multi-user.target.wants
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

after_boot() {
	eventually is_unit active mdev-post.service
	expect_types 0001:41:00.0 Pascal
	expect_runs 0
	same 1 "$(count ' apply --all --unit ')" "runs of the unit"
}
claim_of_boot "driver bound before udevd starts, no rule, mdev-post.service enabled: the types are there after boot" after_boot
tell_times "boot by mdev-post.service" 'mdev-gpu" a1="apply"'

finish
