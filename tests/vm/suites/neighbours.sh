#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that live on the types: mdevctl starts what an administrator defined,
# libvirt lists types and makes devices. And one that registers types of its own,
# as NVIDIA's daemons do, before, after and in the middle of ours.
# image: libvirt
# early: modprobe fakepci gpus=10de:1b38:10de:11d9,10de:1e30:10de:12ba
# early: modprobe nvidia
# early: mkdir -p /etc/mdevctl.d/0001:41:00.0
# early: echo '{"mdev_type":"nvidia-1783809","start":"auto"}' >/etc/mdevctl.d/0001:41:00.0/c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a01
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

p40=0001:41:00.0
node=pci_0001_41_00_0
auto=c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a01
own=c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a02
type=nvidia-1783809
devices=/sys/bus/mdev/devices

# ------------------------------------------------------------------ mdevctl

expect_started() {
	[ -e "$devices/$auto" ] || fail "mdevctl did not start $auto"
	same "$type" "$(basename "$(readlink "$devices/$auto/mdev_type")")" "type"
	same "$auto" "$(ls "$devices")" "devices"
}

after_boot() {
	settle
	expect_types "$p40" Pascal
	expect_runs 1 "$p40"
	expect_started
}
claim_of_boot "boot: a device that mdevctl has to start by itself is there" after_boot

reload() {
	unload
	same "" "$(ls "$devices")" "devices"
	load
	expect_runs 1 "$p40"
	expect_started
}
claim "rmmod and modprobe: mdevctl's device is there again, nobody called anything" reload

bind() {
	echo "$p40" >"$sys/drivers/nvidia/unbind"
	settle
	same "" "$(ls "$devices")" "devices"
	echo "$p40" >"$sys/drivers/nvidia/bind"
	settle
	expect_runs 1
	expect_started
}
claim "unbind and bind: mdevctl's device is there again" bind

trigger_in_use() {
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 1
	same 0 "$(sent)" "types sent"
	expect_started
}
claim "udevadm trigger: mdevctl's device stays" trigger_in_use

undefine() {
	mdevctl stop --uuid "$auto"
	mdevctl undefine --uuid "$auto"
	udevadm trigger --settle "$sys/devices/$p40"
	same "" "$(ls "$devices")" "devices"
}
claim "a device that mdevctl no longer has to start does not come" undefine

# ------------------------------------------------------------------ libvirt

# No configuration of its own, and of its drivers only the one for devices of the host.
export LC_ALL=C HOME=/root
libvirtd --daemon

virsh() {
	command virsh -q -c nodedev:///system "$@"
}

# "number|name" of the types in what libvirt tells of a GPU, in order.
types_in() {	# XML
	<<<"$1" sed -n "s/.*<type id='nvidia-\([0-9]*\)'>.*/\1/p; s/.* <name>\(GVM.*\)<\/name>.*/|\1/p" | paste -d '' - - | sort -n
}

# libvirtd hears of it from udevd, and looks when it has time.
lists() {	# CAPABILITY [NAME...]
	same "$(printf '%s\n' "${@:2}")" "$(virsh nodedev-list --cap "$1" | sort)" "what libvirt knows with $1"
}

libvirt_lists() {
	local xml
	eventually lists mdev_types "$node" pci_0001_42_00_0
	same "$(configured Turing)" "$(types_in "$(virsh nodedev-dumpxml pci_0001_42_00_0)")" "types"
	xml=$(virsh nodedev-dumpxml "$node")
	same "$(configured Pascal)" "$(types_in "$xml")" "types"
	same 3 "$(grep -c '<availableInstances>24<' <<<"$xml")" "types with 24 instances"
	same "$(configured Pascal | wc -l)" "$(grep -c '<deviceAPI>vfio-pci<' <<<"$xml")" "types of vfio-pci"
}
claim "libvirt lists both GPUs, with name and instances of every type" libvirt_lists

define_for_libvirt() {
	cat >/run/device.xml <<-END
	<device>
	  <parent>$node</parent>
	  <capability type='mdev'><type id='$type'/><uuid>$own</uuid></capability>
	</device>
	END
}

libvirt_creates() {
	local name=mdev_${own//-/_}_0001_41_00_0 xml
	define_for_libvirt
	virsh nodedev-create /run/device.xml
	[ -e "$devices/$own" ]
	eventually lists mdev "$name"
	xml=$(virsh nodedev-dumpxml "$node")
	same 1 "$(grep -c '<availableInstances>23<' <<<"$xml")" "types with 23 instances left"
	virsh nodedev-destroy "$name"
	same "" "$(ls "$devices")" "devices"
	expect_runs 0
}
claim "libvirt's nodedev-create makes a device of our type, nodedev-destroy removes it" libvirt_creates

libvirt_follows() {
	unload
	eventually lists mdev_types
	load
	eventually lists mdev_types "$node" pci_0001_42_00_0
	same "$(configured Pascal)" "$(types_in "$(virsh nodedev-dumpxml "$node")")" "types"
}
claim "libvirt sees the types go with rmmod, and come with modprobe" libvirt_follows

libvirt_autostart() {
	local name=mdev_${own//-/_}_0001_41_00_0
	define_for_libvirt
	virsh nodedev-define /run/device.xml
	virsh nodedev-autostart "$name"
	unload
	load
	[ -e "$devices/$own" ]
	eventually lists mdev "$name"
	virsh nodedev-destroy "$name"
	virsh nodedev-undefine "$name"
}
claim "a device that libvirt has to start by itself is there after rmmod and modprobe" libvirt_autostart

# ----------------------------------------------- another program's own types

# It knows the driver, and neither the helper nor its lock.
theirs() {	# WORD...
	local minor
	minor=$(sed -n 's/^Device Minor:[ \t]*//p' "/proc/driver/nvidia/gpus/$p40/information")
	/usr/lib/vm/rm-probe ctl "gpu:$minor" client:1-41-0 "$@" update free close >/dev/null
}

with_theirs() {	# NUMBER...
	{ configured Pascal; printf '%s\n' "${@/%/|}" | sed 's/\(.*\)|/\1|Type \1/'; } | sort -n
}

before_ours() {
	reset
	plug "$P40"
	udevadm control --stop-exec-queue
	modprobe nvidia
	theirs set:900:4
	same "900|Type 900" "$(shown "$p40")" "types of $p40"
	udevadm control --start-exec-queue
	settle
	expect_runs 1
	same "$(with_theirs 900)" "$(shown "$p40")" "types of $p40"
}
claim "another program was first: its types stay, ours come to them" before_ours

after_ours() {
	theirs set:901:4:discard
	settle
	expect_runs 1
	same "$(with_theirs 901)" "$(shown "$p40")" "types of $p40"
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 2
	same "$(configured Pascal | wc -l)" "$(($(sent) - 1))" "types sent"
}
claim "another program discards ours: one helper run brings them back, and udevadm trigger finds them there" after_ours

replaced() {
	local profile=$conf/Nvidia/Pascal/Open_vPascal.yaml
	sed -i 's/discardPrevious: false/discardPrevious: true/' "$profile"
	udevadm trigger --settle "$sys/devices/$p40"
	sed -i 's/discardPrevious: true/discardPrevious: false/' "$profile"
	expect_runs 1
	expect_types "$p40" Pascal
}
claim "discardPrevious: true takes away what another program registered" replaced

stopped() {
	local _ pid=''
	for _ in {1..1200}; do
		pid=$(ps -C mdev-gpu -o state=,pid= | sed -n 's/^T *//p')
		[ -z "$pid" ] || break
		sleep 0.1
	done
	[ -n "$pid" ] || fail "no helper was stopped"
	echo "$pid"
}

in_between() {
	local pid
	unload
	modprobe nvidia inject=control:0xa0810101#2=stop
	pid=$(stopped)
	theirs set:902:4:discard
	kill -CONT "$pid"
	settle
	expect_runs 1
	expect_error 'the driver took 2 types without an error, but does not list them'
	mark
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 1
	same "$(with_theirs 902)" "$(shown "$p40")" "types of $p40"
}
claim "another program discards in the middle of a run: the run says so, the next event repairs it" in_between

# Whatever the order, nothing is called done that is not, and nothing hangs.
at_once() {
	local n status
	for n in {1..12}; do
		theirs "set:$((910 + n)):4:discard" &
		status=0
		mdev-gpu apply "$p40" >/run/said 2>&1 || status=$?
		wait $!
		echo "$n: $status, $(shown "$p40" | cut -d '|' -f 1 | paste -sd ' '): $(</run/said)"
		[ "$status" -eq 0 ] || grep 'apply again' /run/said
	done
	settle
	same 0 "$(pgrep -c mdev-gpu || true)" "helpers left"
	mark
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 1
	same "$(with_theirs 922)" "$(shown "$p40")" "types of $p40"
	same "" "$(read_journal -k | grep -E 'DANGER|cut here|mdev parent:' || true)" "complaints of the kernel"
}
claim "another program discards twelve times, each time beside a run: none lies, and the last event has all types" at_once

finish
