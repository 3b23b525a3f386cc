#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Virtual functions and their types under the vendor's VFIO, from a file alone. The kernel makes the functions; sriov-manage is
# a stand-in of the same name that does what NVIDIA's does.
# early: modprobe fakeiommu
# early: modprobe fakepci gpus=10de:26b9:10de:1851/v4,10de:26b9:10de:1851/v4 absent=2
# early: modprobe nvidia version=570.86.15 fb_mib=49152 vendor_vfio=1 register_ms=1500
# early: printf 'gpus:\n- filteredGpus: [{vendorId: 0x10de, deviceId: 0x26b9}]\n  virtualFunctions: all\n' >/etc/gvm/mdev-gpu/generate-vgpu-types.yaml
# early: printf '  vgpus:\n  - {type: "NVIDIA L40S-4Q", count: 2}\n' >>/etc/gvm/mdev-gpu/generate-vgpu-types.yaml
# early: printf '  - {type: "NVIDIA L40S-4A", functions: [2], params: "frame_rate_limiter=0"}\n' >>/etc/gvm/mdev-gpu/generate-vgpu-types.yaml
# early: echo card='"NVIDIA L40S"' >/etc/vgpud
# early: cd /etc/systemd/system
# early: printf '[Service]\nType=oneshot\nExecStart=/usr/lib/vm/vgpud\n' >nvidia-vgpud.service
# early: printf '[Unit]\nAfter=nvidia-vgpud.service\n[Service]\nExecStart=sleep infinity\n' >nvidia-vgpu-mgr.service
# early: ln -s ../nvidia-vgpud.service ../nvidia-vgpu-mgr.service multi-user.target.wants
# early: printf '[Unit]\nWants=mdev-gpu.target\nAfter=mdev-gpu.target\n[Service]\nType=oneshot\n' >observe.service
# early: echo 'ExecStart=sh -c "cat /sys/bus/pci/devices/*/nvidia/current_vgpu_type >/run/observed"' >>observe.service
# early: ln -s ../observe.service multi-user.target.wants
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

pf=0001:41:00.0
unit=mdev-gpu-functions@$pf.service
script=/usr/lib/nvidia/sriov-manage
file=$conf/generate-vgpu-types.yaml
log_of_script=/run/sriov-manage.log
as_filed=$'1150\n1150\n1160\n0'

function_folder() {	# NUMBER [ADDRESS]
	readlink -f "$sys/devices/${2:-$pf}/virtfn$1/nvidia"
}

types_of() {	# [ADDRESS]
	cat "$sys/devices/${1:-$pf}"/virtfn*/nvidia/current_vgpu_type 2>&1
}

expect_types_of() {	# TYPES [ADDRESS]
	same "$1" "$(types_of "${2:-$pf}")" "types of the functions of ${2:-$pf}"
}

# Written by a hand of its own, which no unit knows.
set_type() {	# NUMBER TYPE
	echo "$2" >"$(function_folder "$1")/current_vgpu_type"
}

expect_functions() {	# COUNT [ADDRESS]
	local address=${2:-$pf} vf
	same nvidia "$(bound "$address")" "driver of $address"
	same "$1" "$(<"$sys/devices/$address/sriov_numvfs")" "virtual functions of $address"
	for vf in "$sys/devices/$address"/virtfn*; do
		[ "$1" -eq 0 ] || same nvidia "$(bound "$(basename "$(readlink "$vf")")")" "driver of $vf"
	done
}

# How often NVIDIA's script was started since the mark, whoever did it.
script_runs() {	# COUNT
	touch "$log_of_script"
	same "$1" "$(wc -l <"$log_of_script")" "runs of the script"
}

function_runs() {	# COUNT
	same "$1" "$(count " functions --unit ")" "runs for functions"
}

# The bind with which the script ends is an event as any other: where it is waited until after the first run, a second one looks.
one_that_works() {
	[ "$(count " functions --unit ")" -le 2 ] || fail "runs for functions: $(count " functions --unit ")"
	script_runs 1
}

# The unit has ended, and what that led to is done.
functions_settle() {	# [ADDRESS]
	settle
	eventually has_ended "mdev-gpu-wait@${1:-$pf}.service"
	eventually no_jobs
	eventually is_through "mdev-gpu-functions@${1:-$pf}.service"
	settle_units
}

has_ended() {	# UNIT
	[[ $(systemctl is-active "$1") =~ ^(inactive|failed)$ ]]
}

# Ended, or done with and still there.
is_through() {	# UNIT
	[[ $(systemctl is-active "$1") =~ ^(inactive|failed|active)$ ]]
}

# Whatever the last claim has left.
cp "$file" "$script" /run
fresh_claim() {
	cp "/run/${file##*/}" "$file"
	cp "/run/${script##*/}" "$script"
	rm -f "$log_of_script" /run/sriov-manage.mode
	systemctl unmask --runtime --quiet "$unit"
	if [ -e "$sys/drivers/nvidia" ] && [ ! -e "$sys/devices/$pf/driver" ]; then
		echo "$pf" >"$sys/drivers/nvidia/bind"
		functions_settle
	fi
}

# As people reload a vGPU host: its daemons with it.
reload() {	# [PARAMETER...]
	unload
	systemctl restart --no-block nvidia-vgpud.service
	load "$@"
	functions_settle
}

as_boot=(version=570.86.15 fb_mib=49152 vendor_vfio=1 register_ms=1500)

# ------------------------------------------------------------------ at boot

after_boot() {
	functions_settle
	eventually test -s /run/observed
	same "$as_filed" "$(</run/observed)" "types when the target was reached"
	expect_functions 4
	expect_types_of "$as_filed"
	same frame_rate_limiter=0 "$(<"$(function_folder 2)/vgpu_params")" "parameters of function 2"
	one_that_works
}
claim_of_boot "boot: functions and their types are there, by one run of the script; mdev-gpu.target waits for them" after_boot

no_loop() {
	fresh_claim
	udevadm trigger --settle "$sys/devices/$pf"
	functions_settle
	sleep 1
	functions_settle
	expect_types_of "$as_filed"
	script_runs 0
	function_runs 1
	expect_runs 1
}
claim "triggered: looked at once, and nothing runs in circles" no_loop

reloaded() {
	fresh_claim
	reload "${as_boot[@]}"
	expect_functions 4
	expect_types_of "$as_filed"
	one_that_works
}
claim "the driver is reloaded: functions and types come back" reloaded

bound_again() {
	fresh_claim
	echo "$pf" >"$sys/drivers/nvidia/unbind"
	settle
	same 4 "$(<"$sys/devices/$pf/sriov_numvfs")" "functions without their driver"
	echo "$pf" >"$sys/drivers/nvidia/bind"
	functions_settle
	expect_functions 4
	expect_types_of "$as_filed"
	script_runs 0
	function_runs 1
}
claim "the physical function is bound again: its functions have stayed, and get their types" bound_again

hot_added() {
	fresh_claim
	echo 0 >/sys/module/fakepci/parameters/absent
	echo 1 >/sys/bus/pci/rescan
	settle
	# of a card that comes later only vgpud's next run knows
	systemctl restart --no-block nvidia-vgpud.service
	eventually expect_types_of "$as_filed" 0001:42:00.0
	functions_settle 0001:42:00.0
	expect_functions 4 0001:42:00.0
	expect_types_of "$as_filed" 0001:42:00.0
	expect_functions 4
	expect_types_of "$as_filed"
	same "-e 0001:42:00.0" "$(cat "$log_of_script")" "what the script was asked for"
}
claim "a second card of the kind comes: its functions and types are there, and the first keeps its own" hot_added

# --------------------------------------------------- others, and their types

foreign() {
	local code=0
	fresh_claim
	set_type 0 0
	set_type 1 0
	set_type 0 1160
	set_type 1 1160
	mark
	mdev-gpu functions "$pf" || code=$?
	same 4 "$code" "exit code"
	expect_types_of $'1160\n1160\n1160\n0'
	script_runs 0
	set_type 0 0
	set_type 1 0
	mdev-gpu functions "$pf"
	expect_types_of "$as_filed"
}
claim "others' types leave too few functions: nothing is written; once they are gone, all is" foreign

held() {
	local code=0 device
	fresh_claim
	device=$(basename "$(function_folder 0)/../vfio-dev/"*)
	sed -i 's/L40S-4Q", count: 2/L40S-4C", count: 2/' "$file"
	exec 9<>"/dev/vfio/devices/$device"
	mdev-gpu functions "$pf" || code=$?
	expect_types_of "$as_filed"
	same 4 "$code" "exit code"
	code=0
	mdev-gpu functions --force "$pf" || code=$?
	[ "$code" -ne 0 ] || fail "success, with a VM on function 0"
	same 1150 "$(<"$(function_folder 0)/current_vgpu_type")" "type of the function that a VM has"
	exec 9<&-
	cp "/run/${file##*/}" "$file"
	mdev-gpu functions --force "$pf"
	expect_types_of "$as_filed"
}
claim "a VM has a function: its type stays, whatever the configuration says now" held

# ------------------------------------------------------------ the script

mode() {	# WORD...
	echo "$*" >/run/sriov-manage.mode
}

lies() {
	local tries
	fresh_claim
	reset
	plug 10de:26b9:10de:1851/v4
	mode lie
	reload "${as_boot[@]}"
	expect_functions 0
	expect_unit failed "$unit"
	expect_error 'sriov_numvfs is 0'
	tries=$(wc -l <"$log_of_script")
	mark
	udevadm trigger --settle "$sys/devices/$pf"
	functions_settle
	script_runs "$tries"
	function_runs 1
}
claim "the script says that it has done it, and has not: that is said, and not tried again by itself" lies

# Functions are off, this has gone wrong, and a person asks for them. No unit comes between.
by_hand() {	# CODE MESSAGE [COMMAND...]
	local code=0 said
	fresh_claim
	systemctl mask --runtime --quiet "$unit"
	"$script" -d "$pf"
	settle
	rm "$log_of_script"
	"${@:3}"
	said=$(mdev-gpu functions "$pf" 2>&1) || code=$?
	systemctl unmask --runtime --quiet "$unit"
	grep -e "$2" <<<"$said" || fail "it said: $said"
	same "$1" "$code" "exit code"
	same nvidia "$(bound "$pf")" "driver"
}

again() {
	by_hand 0 '4 virtual functions switched on; 3 types given'
	expect_functions 4
	expect_types_of "$as_filed"
}
claim "by hand it is tried again" again

dies_late() {
	by_hand 0 'has left the GPU to pci-pf-stub; it is bound to nvidia again' mode die
	script_runs 1
	expect_types_of "$as_filed"
}
claim "the script dies when pci-pf-stub has the GPU and its functions: it is bound again, and they get their types" dies_late

dies_early() {
	by_hand 1 'has left the GPU without a driver; it is bound to nvidia again' mode bare
	script_runs 1
	expect_functions 0
}
claim "the script dies when the GPU has no driver: it is bound again" dies_early

missing() {
	by_hand 1 "$script" rm "$script"
	expect_functions 0
}
claim "the script is not there: that is said" missing

# A client that has the GPU's node open.
hold() {	# SECONDS
	[ -e /dev/nvidia0 ] || mknod /dev/nvidia0 c 195 0
	sleep "$1" <>/dev/nvidia0 &
	holder=$!
}

held_for_a_while() {
	by_hand 0 '4 virtual functions switched on; 3 types given' hold 3
	expect_functions 4
	[ "$(wc -l <"$log_of_script")" -gt 1 ] || fail "it was not tried again"
}
claim "a client has the GPU for three seconds: it is tried until that is over" held_for_a_while

held_for_ever() {
	holder=''
	by_hand 4 'held, 5 tries in a row, by sleep' hold infinity
	kill "$holder"
	script_runs 5
	expect_functions 0
}
claim "a client has the GPU for ever: after five tries it is named" held_for_ever

second_owner() {
	fresh_claim
	printf '[Unit]\nAfter=mdev-gpu-wait@%s.service\n[Service]\nType=oneshot\nExecStart=%s -e ALL\n' "$pf" "$script" \
		>/etc/systemd/system/owner.service
	systemctl daemon-reload
	unload
	systemctl restart --no-block nvidia-vgpud.service
	load "${as_boot[@]}"
	systemctl start --no-block owner.service
	functions_settle
	eventually has_ended owner.service
	functions_settle
	expect_functions 4
	expect_types_of "$as_filed"
}
claim "another unit runs the same script at the same time: functions and types are there" second_owner

# ------------------------------------------------------------- who did not ask

# What the helper writes to sysfs, from now on.
traced=/sys/kernel/tracing/instances/writes
watch_writes() {
	mkdir -p "$traced"
	echo 'p:vm/write kernfs_fop_write_iter' >>/sys/kernel/tracing/kprobe_events
	echo 'comm == "mdev-gpu"' >"$traced/events/vm/write/filter"
	echo 1 >"$traced/events/vm/write/enable"
}

writes() {
	grep -vc '^#' "$traced/trace" || :
}

nothing_more() {
	fresh_claim
	unload
	rm "$file"
	systemctl stop nvidia-vgpud.service nvidia-vgpu-mgr.service
	systemctl disable --quiet nvidia-vgpud.service
	settle
	watch_writes
	mark
	load "${as_boot[@]}"
	"$script" -e "$pf"
	settle_units
	udevadm trigger --settle "$sys/devices/$pf"
	settle_units
	# the driver came, and its module; the script bound it again; somebody asked
	same "/usr/bin/mdev-gpu apply --udev $pf
/usr/bin/mdev-gpu apply --udev $pf
/usr/bin/mdev-gpu apply --udev $pf
/usr/bin/mdev-gpu follow --udev nvidia_vgpu_vfio" "$(executions | sort)" "starts of the helper"
	same 0 "$(writes)" "writes of the helper to sysfs"
	same "" "$(systemctl list-units --all --no-legend 'mdev-gpu-functions@*')" "units"
	eventually expect_types_of $'0\n0\n0\n0'
	script_runs 1
	# that they are counted
	cp "/run/${file##*/}" "$file"
	/usr/lib/vm/rm-probe ctl gpu:0 client:1-41-0 "stock:NVIDIA L40S:48" update free close
	mdev-gpu functions "$pf"
	same 4 "$(writes)" "writes for three types, one with parameters"
}
claim "a host whose configuration does not ask for it sees no write, no unit and no run more" nothing_more

finish
