#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# nvidia-vgpud as the suite vgpud has it, but for what differs at boot: its unit is oneshot, it ends with 6, a command of its own
# fails when it stops; and one GPU's types are to be the only ones.
# early: modprobe fakepci gpus=10de:1b38:10de:11d9,10de:1e30:10de:12ba
# early: modprobe nvidia
# early: sed -i 's/discardPrevious: false/discardPrevious: true/' /etc/gvm/mdev-gpu/Nvidia/Pascal/Open_vPascal.yaml
# early: cd /etc/systemd/system
# early: mkdir sys-subsystem-pci-devices-0001:42:00.0.device.wants
# early: ln -s /lib/systemd/system/mdev-gpu@.service sys-subsystem-pci-devices-0001:42:00.0.device.wants/mdev-gpu@0001:42:00.0.service
# early: printf '[Service]\nType=oneshot\nExecStart=/usr/lib/vm/vgpud\nExecStopPost=false\n' >nvidia-vgpud.service
# early: echo status=6 >/etc/vgpud
# early: ln -s ../nvidia-vgpud.service multi-user.target.wants
# early: printf '[Unit]\nWants=mdev-gpu.target\nAfter=mdev-gpu.target\n[Service]\nType=oneshot\n' >observe.service
# early: echo 'ExecStart=sh -c "ls -d /sys/bus/pci/devices/*/mdev_supported_types/* | wc -l >/run/observed"' >>observe.service
# early: ln -s ../observe.service multi-user.target.wants
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

p40=0001:41:00.0
rtx6000=0001:42:00.0

after_boot() {
	local its
	settle_units
	eventually test -s /run/observed
	expect_unit failed nvidia-vgpud.service
	expect_types "$p40" Pascal
	its=$({ printf '%s|Type %s\n' 900 900 901 901; configured Turing; } | sort -n)
	same "$its" "$(shown "$rtx6000")" "types of $rtx6000"
	same "$({ configured Pascal; echo "$its"; } | wc -l)" "$(</run/observed)" "types when the target was reached"
	expect_runs 1 "$p40"
	expect_unit_runs 1 "$rtx6000"
	expect_runs 1
	expect_unit_runs 1
}
claim_of_boot "boot: nvidia-vgpud is oneshot, ends with 6 and stops badly: our types are there when the target is reached" after_boot

finish
