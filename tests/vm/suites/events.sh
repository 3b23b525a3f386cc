#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What happens to a GPU and its driver while the machine runs.
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

p40=0001:41:00.0
rtx6000=0001:42:00.0

# Both GPUs have what their folders say, and each was sent once.
expect_fresh() {	# RUNS
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
	expect_record "$p40"
	expect_record "$rtx6000"
	expect_runs 1 "$p40"
	expect_runs 1 "$rtx6000"
	expect_runs 2
	same "$({ configured Pascal; configured Turing; } | wc -l)" "$(sent)" "types sent"
}

modprobe_registers() {
	plug "$P40" "$RTX6000"
	expect_runs 0
	load
	expect_fresh
}
claim "modprobe: a Tesla P40 and a Quadro RTX 6000 get their types, one helper run for each GPU" modprobe_registers

properties() {	# ADDRESS
	udevadm info --query=property "$sys/devices/$1" | grep '^MDEV_GPU_' | sort
}

expect_properties() {	# ADDRESS FOLDER
	local first
	first=$(configured "$2" | sed 's/|.*//; q')
	same "MDEV_GPU_ARCHITECTURE=Nvidia/$2"$'\nMDEV_GPU_RESULT=done\n'"MDEV_GPU_TYPE=nvidia-$first" "$(properties "$1")" \
		"$1 in udev's database"
}

has_properties() {
	expect_properties "$p40" Pascal
	expect_properties "$rtx6000" Turing
}
claim "udevadm info has the architecture, the result and the first type of the registration" has_properties

first_types=6fce0bf7ef1a4cc6baf91686747cd1d4

has_entries() {
	local gpu found
	for gpu in "$p40" "$rtx6000"; do
		found=$(read_journal -o json MESSAGE_ID="$first_types" MDEV_GPU_DEVICE="$gpu")
		echo "$found"
		same 1 "$(grep -c . <<<"$found")" "entries for $gpu"
		[[ $found == *'"MDEV_GPU_RESULT":"done"'* && $found == *'"PRIORITY":"6"'* ]]
		[[ $found =~ \"MESSAGE\":\"$gpu:\ [0-9]+\ types\ registered,\ 0\ unchanged(;\ 1\ left\ out,\ the\ GPU\ has\ no\ room\ for\ it)?,\ [0-9]+\ ms\" ]]
	done
}
claim "journalctl MESSAGE_ID=... finds one entry for each GPU, with its fields" has_entries

no_loop() {
	sleep 3
	settle
	expect_runs 0
	same 0 "$(opened)" "opens of nvidiactl"
}
claim "modprobe: the registration's own event starts nothing, no loop" no_loop

mdevctl_types() {
	local list name
	list=$(mdevctl types)
	echo "$list"
	while IFS='|' read -r _ name; do
		grep -qF "$name" <<<"$list" || fail "mdevctl does not name $name"
	done < <(configured Pascal; configured Turing)
	grep -q "^$p40" <<<"$list"
	grep -q "^$rtx6000" <<<"$list"
}
claim "mdevctl types prints the names of all types, for both GPUs" mdevctl_types

descriptions() {
	local type size
	for type in "$sys/devices/$p40"/mdev_supported_types/*; do
		size=$(sed 's/.*framebuffer=\([0-9]*\)M.*/\1/' "$type/description")
		same $((24576 / size)) "$(<"$type/available_instances")" "instances of $type"
		same vfio-pci "$(<"$type/device_api")" "API of $type"
		grep -q "max_instance=$((24576 / size))" "$type/description"
	done
}
claim "the types in sysfs have as many instances as the card has memory for" descriptions

rmmod_starts_nothing() {
	unload
	expect_runs 0
	expect_no_types "$p40"
	expect_no_record "$p40"
	expect_no_record "$rtx6000"
}
claim "rmmod: no helper run, and the records of the GPUs go" rmmod_starts_nothing

modprobe_again() {
	load
	expect_fresh
}
claim "rmmod and modprobe: the same types again, nobody called anything" modprobe_again

five_times() {
	for _ in 1 2 3 4 5; do
		unload
		load
		expect_types "$p40" Pascal
		expect_types "$rtx6000" Turing
	done
	expect_runs 10
}
claim "five reloads: the types each time, one helper run for each GPU and reload" five_times

trigger() {
	local before=$1
	shift
	udevadm trigger "$@" --settle "$sys/devices/$p40" "$sys/devices/$rtx6000"
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
	expect_runs 1 "$p40"
	expect_runs 1 "$rtx6000"
	expect_runs 2
	same 0 "$(sent)" "types sent"
	same "$before" "$(parents_registered)" "registrations with the mdev core"
}

# Every registration of an mdev parent is announced by the mdev core.
parents_registered() {
	read_journal -k | grep -c 'MDEV: Registered' || true
}

claim "udevadm trigger: one helper run for each GPU, nothing sent twice, nothing duplicated" \
	trigger "$(parents_registered)"
claim "udevadm trigger --action=add: the same" trigger "$(parents_registered)" --action=add

# How many lines the helper has said.
lines() {
	read_journal -o cat -t mdev-gpu | wc -l
}

trigger_everything() {
	local before devices n=0
	devices=$(udevadm trigger --dry-run --verbose | wc -l)
	[ "$devices" -ge 200 ] || fail "only $devices devices"
	before=$(lines)
	while [ $((n * devices)) -lt 1000 ]; do
		udevadm trigger
		settle
		n=$((n + 1))
	done
	same $((before + 2 * n)) "$(lines)" "lines in the journal"
	expect_runs $((2 * n))
	same 0 "$(sent)" "types sent"
}
claim "udevadm trigger of the whole machine, a thousand events: one helper run and one line for each GPU and trigger" trigger_everything

unbind() {
	echo "$p40" >"$sys/drivers/nvidia/unbind"
	settle
	expect_runs 0
	expect_no_types "$p40"
	expect_no_record "$p40"
	[ ! -e "/run/mdev-gpu/$p40.properties" ]
	same "" "$(properties "$p40")" "$p40 in udev's database"
	expect_types "$rtx6000" Turing
	expect_record "$rtx6000"
}
claim "unbind: no helper run, the GPU's types and record go, the other GPU keeps its own" unbind

trigger_unbound() {
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 0
}
claim "udevadm trigger of an unbound GPU: no helper run" trigger_unbound

bind() {
	echo "$p40" >"$sys/drivers/nvidia/bind"
	settle
	expect_types "$p40" Pascal
	expect_runs 1 "$p40"
	expect_runs 1
	same 0 "$(sent)" "types sent"
}
claim "bind: the GPU's types, which the driver kept, are back, one helper run that sends none" bind

remove() {
	echo 1 >"$sys/devices/$rtx6000/remove"
	settle
	[ ! -e "$sys/devices/$rtx6000" ]
	expect_runs 0
	expect_no_record "$rtx6000"
	expect_types "$p40" Pascal
}
claim "hot-remove: no helper run, the GPU's record goes" remove

rescan() {
	echo 1 >"$sys/rescan"
	settle
	same nvidia "$(bound "$rtx6000")" "driver"
	expect_types "$rtx6000" Turing
	expect_runs 1 "$rtx6000"
	expect_runs 1
}
claim "rescan: the GPU's types are back, one helper run" rescan

# The minor that the first GPU had is free when it comes back last.
swapped_minors() {
	echo "$p40" >"$sys/drivers/nvidia/unbind"
	echo "$rtx6000" >"$sys/drivers/nvidia/unbind"
	echo "$rtx6000" >"$sys/drivers/nvidia/bind"
	echo "$p40" >"$sys/drivers/nvidia/bind"
	settle
	grep -q "Device Minor:.*0" "/proc/driver/nvidia/gpus/$rtx6000/information"
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
	expect_runs 2
}
claim "GPUs whose minors are not in PCI order each get their own types" swapped_minors

added() {
	reset
	plug "$P40" "$RTX6000" absent=2
	load
	expect_types "$p40" Pascal
	expect_runs 1
	[ ! -e "$sys/devices/$rtx6000" ]
	mark
	echo 0 >/sys/module/fakepci/parameters/absent
	echo 1 >"$sys/rescan"
	settle
	expect_types "$rtx6000" Turing
	expect_types "$p40" Pascal
	expect_runs 1 "$rtx6000"
	expect_runs 1
	same "$(configured Turing | wc -l)" "$(sent)" "types sent"
}
claim "a second GPU added while running gets its types, the first is left alone" added

vgpu=c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a01

mdevctl_start() {
	local type
	type=nvidia-$(configured Pascal | head -n 1 | cut -d'|' -f1)
	mdevctl start --uuid "$vgpu" --parent "$p40" --type "$type"
	[ -e "/sys/bus/mdev/devices/$vgpu" ]
	same "$type" "$(basename "$(readlink "/sys/bus/mdev/devices/$vgpu/mdev_type")")" "type"
	mdevctl list | grep "^$vgpu $p40 $type"
	same 23 "$(<"$sys/devices/$p40/mdev_supported_types/$type/available_instances")" "instances left"
	expect_runs 0
}
claim "mdevctl start: a device of a registered type exists" mdevctl_start

trigger_in_use() {
	udevadm trigger --settle "$sys/devices/$p40"
	expect_runs 1
	same 0 "$(sent)" "types sent"
	[ -e "/sys/bus/mdev/devices/$vgpu" ]
	mdevctl stop --uuid "$vgpu"
	[ ! -e "/sys/bus/mdev/devices/$vgpu" ]
	expect_types "$p40" Pascal
}
claim "udevadm trigger while a device exists leaves it alone" trigger_in_use

# Driver and result of each line. Between bind and the run's end there are moments that it may see or not.
told() {
	sed 's/.*"driver":null.*/none/; s/.*"driver":"nvidia".*"lastRun":null.*/bound/
		s/.*"driver":\([^,]*\),"release".*"result":\([^,]*\),.*/\1 \2/' /tmp/watched | grep -vx -e bound -e '"nvidia" "running"'
}

tells() {	# DRIVER AND RESULT
	same "$1" "$(told | tail -n 1)" "what is shown"
}

# Line by line: before, without the driver, with it.
watched() {
	local watcher
	mdev-gpu status --watch --json "$p40" >/tmp/watched &
	watcher=$!
	eventually tells '"nvidia" "done"'
	echo "$p40" >"$sys/drivers/nvidia/unbind"
	settle
	eventually tells none
	echo "$p40" >"$sys/drivers/nvidia/bind"
	settle
	eventually tells '"nvidia" "done"'
	kill -TERM "$watcher"
	wait "$watcher"
	told
	same $'"nvidia" "done"\nnone\n"nvidia" "done"' "$(told | uniq)" "what was shown"
	expect_runs 1
}
claim "status --watch shows the driver go and come back, with the new run's result" watched

mistake() {
	local profile=$conf/Nvidia/Pascal/zz-mistake.yaml
	reset
	echo 'gpus: [{mdevConfigs: [{num: 7, maxInstances: 1, fbLenn: 1, fbRes: 1}]}]' >"$profile"
	plug "$P40"
	load
	expect_runs 1
	expect_no_types "$p40"
	same 0 "$(sent)" "types sent"
	# no echo came; the next event brings it
	same "" "$(properties "$p40")" "$p40 in udev's database"
	udevadm trigger --settle "$sys/devices/$p40"
	same $'MDEV_GPU_ARCHITECTURE=Nvidia/Pascal\nMDEV_GPU_RESULT=refused' "$(properties "$p40")" "$p40 in udev's database"
	expect_error 'zz-mistake.yaml:1:.*fbLenn'
	rm "$profile"
}
claim "a mistake in a profile: nothing is sent, and the journal says where it is" mistake

finish
