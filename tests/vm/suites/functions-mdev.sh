#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Virtual functions on a host where vGPUs are still mediated devices: functions, then types, then mdevctl's devices.
# early: modprobe fakeiommu
# early: modprobe fakepci gpus=10de:26b9:10de:1851/v4
# early: modprobe nvidia version=570.86.15 fb_mib=49152 register_ms=1500
# early: cd /etc/gvm/mdev-gpu
# early: printf 'gpus:\n- filteredGpus: [{vendorId: 0x10de, deviceId: 0x26b9}]\n  virtualFunctions: all\n' >generate-vgpu-types.yaml
# early: printf '  discardPrevious: false\n  mdevConfigs: [{num: 60001, name: Own-4, maxInstances: 12, fbLen: 3776, fbRes: 320}]\n' >>generate-vgpu-types.yaml
# early: mkdir -p /etc/mdevctl.d/0001:41:00.4 /etc/mdevctl.d/0001:41:00.7
# early: echo '{"mdev_type":"nvidia-1150","start":"auto"}' >/etc/mdevctl.d/0001:41:00.4/c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a04
# early: echo '{"mdev_type":"nvidia-60001","start":"auto"}' >/etc/mdevctl.d/0001:41:00.7/c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a07
# early: echo card='"NVIDIA L40S"' >/etc/vgpud
# early: cd /etc/systemd/system
# early: printf '[Service]\nType=oneshot\nExecStart=/usr/lib/vm/vgpud\n' >nvidia-vgpud.service
# early: printf '[Unit]\nAfter=nvidia-vgpud.service\n[Service]\nExecStart=sleep infinity\n' >nvidia-vgpu-mgr.service
# early: ln -s ../nvidia-vgpud.service ../nvidia-vgpu-mgr.service multi-user.target.wants
# early: printf '[Unit]\nWants=mdev-gpu.target\nAfter=mdev-gpu.target\n[Service]\nType=oneshot\n' >observe.service
# early: echo 'ExecStart=sh -c "cat /sys/bus/pci/devices/*/mdev_supported_types/nvidia-60001/name >/run/observed"' >>observe.service
# early: ln -s ../observe.service multi-user.target.wants
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

pf=0001:41:00.0
unit=mdev-gpu-functions@$pf.service
uuid=c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a0	# and a function's number

functions_settle() {
	settle
	eventually has_ended "mdev-gpu-wait@$pf.service"
	eventually has_ended "$unit"
	settle_units
}

has_ended() {	# UNIT
	[[ $(systemctl is-active "$1") =~ ^(inactive|failed)$ ]]
}

is_started() {	# FUNCTION TYPE
	same "$2" "$(basename "$(readlink "/sys/bus/mdev/devices/$uuid$1/mdev_type")")" "type of mdevctl's device on function $1"
	[[ $(readlink -f "/sys/bus/mdev/devices/$uuid$1") == *"/0001:41:00.$1/"* ]] || fail "it is somewhere else"
}

expect_all() {
	local n
	same 4 "$(<"$sys/devices/$pf/sriov_numvfs")" "virtual functions"
	expect_no_types "$pf"
	for n in 4 5 6 7; do
		same nvidia "$(bound "0001:41:00.$n")" "driver of function $n"
		same $'1150|NVIDIA L40S-4Q\n60001|Own-4' "$(shown "0001:41:00.$n" | grep -E '^(1150|60001)\|')" "types of function $n"
	done
	eventually is_started 4 nvidia-1150
	eventually is_started 7 nvidia-60001
}

script_runs() {	# COUNT
	touch /run/sriov-manage.log
	same "$1" "$(wc -l </run/sriov-manage.log)" "runs of the script"
	rm /run/sriov-manage.log
}

after_boot() {
	eventually test -s /run/observed
	functions_settle
	same "$(printf 'Own-4\n%.0s' 1 2 3 4)" "$(</run/observed)" "our type on each function when the target was reached"
	expect_all
	script_runs 1
	expect_unit inactive "$unit"
}
claim_of_boot "mdev: boot: functions, types on them, and mdevctl's devices of a type of NVIDIA's and of ours" after_boot

reloaded() {
	unload
	systemctl restart --no-block nvidia-vgpud.service
	load version=570.86.15 fb_mib=49152 register_ms=1500
	functions_settle
	expect_all
	script_runs 1
}
claim "mdev: the driver is reloaded: all of it again" reloaded

bound_again() {
	echo "$pf" >"$sys/drivers/nvidia/unbind"
	settle
	echo "$pf" >"$sys/drivers/nvidia/bind"
	functions_settle
	expect_all
	script_runs 0
}
claim "mdev: the physical function is bound again: types and devices return, without the script" bound_again

finish
