#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One driver release of each layout, and of each way in which types get visible.
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

release() {	# VERSION
	unload
	load "version=$1"
	same "$1" "$(</sys/module/nvidia/version)" "the module's version"
	expect_types 0001:41:00.0 Pascal
	expect_types 0001:42:00.0 Turing
	expect_runs 2
	[ "$(stat -c %t,%T /dev/nvidiactl)" = c3,ff ]
	grep -q "$1" /run/mdev-gpu/0001:41:00.0.yaml
}

plug "$P40" "$RTX6000"
for version in 525.60.13 530.41.03 535.104.05 535.216.01 545.29.06 550.54.14 \
	550.90.07 555.58.02 560.35.03 565.77 570.86.15 570.211.01 575.57.08 \
	580.65.06 580.95.05 590.48.01 595.45.04; do
	claim "driver $version: the types are registered" release "$version"
done

unknown() {
	unload
	load version=999.10.01 like=595.45.04
	expect_runs 2
	expect_no_types 0001:41:00.0
	same 0 "$(sent)" "types sent"
	expect_error 999.10.01
	mdev-gpu explain 0001:41:00.0 | sed -n 1p | grep -q ': release-unknown: NVIDIA driver 999.10.01 is not known'
}
claim "an unknown driver release: nothing is sent, and the journal names it" unknown

# The part that shows types was not there; the helper finds that out by itself.
vgpu_vfio_missing() {	# VERSION
	unload
	sed -i /softdep/d /etc/modprobe.d/vm.conf
	load "version=$1"
	expect_types 0001:41:00.0 Pascal
	expect_types 0001:42:00.0 Turing
	expect_runs 2
}
claim "nvidia-vgpu-vfio is not loaded: the helper loads it (535.104.05)" vgpu_vfio_missing 535.104.05
claim "nvidia-vgpu-vfio is not loaded: the helper loads it (595.45.04)" vgpu_vfio_missing 595.45.04

finish
