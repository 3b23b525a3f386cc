#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-gpu functions: virtual functions come, are registered, and get their types; and everything that can go wrong meanwhile.

# shellcheck disable=SC2030,SC2031,SC2119,SC2120,SC2154 # helpers.bash sets them, each test is a shell of its own, arguments are optional
load ../helpers

script=/usr/lib/nvidia/sriov-manage

# a wait is over at once
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export RM_CLOCK=virtual
}

# an L40S without virtual functions, and with NVIDIA's types
L40S=$gpu=10de:26b9:10de:1851,fb=49152

l40s() {
	new_world "${release:-570.86.15}" "${card:-$L40S}" "${@:---vendor-vfio}"
	simulate stock "$gpu" "NVIDIA L40S"
}

# entry LINE…: the administrator's file with one section for the L40S, each argument a line of it from line 3, column 3 on
entry() {
	{
		printf '%s\n' 'gpus:' '- filteredGpus: [{vendorId: 0x10de, deviceId: 0x26b9}]'
		printf '  %s\n' "$@"
	} >file.yaml
	put "$configuration/generate-vgpu-types.yaml" <file.yaml
}

# an A40's functions, and a type of our own on them
a40_with_one() {
	put "$configuration/generate-vgpu-types.yaml" <<-'END'
		gpus:
		- filteredGpus: [{vendorId: 0x10de, deviceId: 0x2235}]
		  virtualFunctions: all
		  mdevConfigs:
		  - {num: 60001, name: One, maxInstances: 24, fbLen: auto, fbRes: auto}
	END
}

eight() {
	entry 'virtualFunctions: all' 'vgpus:' '- {type: "NVIDIA L40S-4Q", count: 8}' "$@"
}

functions() {
	program functions "$gpu" "$@"
}

# to N PATH TEXT: somebody else writes to a file of virtfnN
somebody() {
	local function
	function=$(realpath "$world/sys/bus/pci/devices/$gpu/virtfn$1")
	simulate write "${function#"$world"}/$2" "$3"
}

# given: the types of all functions, on one line, in their order
given() {
	local number
	for ((number = 0; ; number++)); do
		[ -e "$world/sys/bus/pci/devices/$gpu/virtfn$number" ] || break
		cat "$world/sys/bus/pci/devices/$gpu/virtfn$number/nvidia/current_vgpu_type"
	done | paste -sd ' '
}

# written: what the program wrote to functions since the last "simulate clear", "PATH TEXT"
written() {
	sed -nE "s/^- write .*(numvfs|current_vgpu_type|vgpu_params) ('.*') errno=.*/\1 \2/p" "$world/transcript" | tr -d "'"
}

# runs N: how often the script was run
runs() {
	touch "$world/sriov-manage.log"
	[ "$(wc -l <"$world/sriov-manage.log")" -eq "$1" ]
}

# on DRIVER: the driver that the GPU has
on() {
	[ "$(basename "$(readlink "$world/sys/bus/pci/devices/$gpu/driver")")" = "$1" ]
}

@test "functions: they come, get their types, and a second run writes nothing" {
	l40s
	eight
	expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" "" functions
	[ "$(given)" = "1150 1150 1150 1150 1150 1150 1150 1150 0 0 0 0 0 0 0 0" ]
	runs 1
	on nvidia
	simulate clear
	expect 0 "$gpu: nothing to do: 16 virtual functions are there, 8 have the type wanted" "" functions
	expect 0 "" "<6>$gpu: nothing to do: 16 virtual functions are there, 8 have the type wanted" functions --unit
	[ -z "$(written)" ]
	runs 1
}

@test "functions: a dry run tells what would be done and writes nothing, in /run neither" {
	l40s
	eight
	expect 0 "$gpu: 16 virtual functions would be switched on: $script -e $gpu
$gpu: types are looked up once there are functions, which tell what they can be
$gpu: 16 virtual functions would be switched on" "" functions --dry-run
	runs 0
	[ -z "$(written)" ]
	[ ! -e "$state_folder" ]
	functions
	eight '- {type: NVIDIA L40S-4A, functions: [9], params: "frame_rate_limiter=0"}'
	rm -r "$state_folder"
	simulate clear
	expect 0 "$gpu: virtfn9 (0000:65:01.5) would become type 1160 NVIDIA L40S-4A, with frame_rate_limiter=0
$gpu: 16 virtual functions; 1 type would be given, 8 unchanged" "" functions --dry-run
	[ -z "$(written)" ]
	[ ! -e "$state_folder" ]
}

@test "functions: nothing is done for a GPU that no section names, and for what is none" {
	l40s
	expect 0 "$gpu: nothing to do: the configuration says nothing of this GPU's virtual functions" "" functions
	entry 'mdevConfigs: [{num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128}]'
	expect 0 "$gpu: nothing to do: the configuration says nothing of this GPU's virtual functions" "" functions
	eight
	sed -i s/0x26b9/0x26b5/ "$configuration/generate-vgpu-types.yaml"
	expect 0 "$gpu: nothing to do: the configuration says nothing of this GPU's virtual functions" "" functions
	expect 2 "" "mdev-gpu: functions takes one device; try --help" program functions
	expect 2 "" "mdev-gpu: functions takes one device; try --help" program functions "$gpu" "$gpu"
	expect 2 "" "mdev-gpu: functions does not take --all; try --help" program functions --all
	expect 1 "" "mdev-gpu: 0000:66:00.0: cannot find the device: No such device" program functions 0000:66:00.0
	runs 0
	eight
	functions
	expect 0 "0000:65:00.4: nothing to do: a virtual function; ask for its physical function" "" program functions 0000:65:00.4
}

@test "functions: only root switches anything on" {
	l40s
	eight
	run -1 --separate-stderr "$SIMULATE" run "$world" -- setpriv --reuid=65534 --clear-groups "$MDEV_GPU" --root "$root" functions "$gpu"
	[ "$stderr" = "mdev-gpu: only root can talk to a GPU's driver: Operation not permitted" ]
	runs 0
}

@test "functions: a mistake in the configuration is refused, and nothing is written" {
	l40s
	eight '- {type: "NVIDIA L40S-4Q", count: 0}'
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:6:37: gpus[0].vgpus[1].count: 0 is under 1
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	entry 'virtualFunctions: 8'
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:3:21: virtualFunctions: driver nvidia has all of a GPU's functions or none; write all
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	eight '- {type: 1148, count: 9}'
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:6:5: gpus[0].vgpus[1]: is for one function more than the 16 that this GPU has, counted with the entries before
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	eight '- {type: 1148, functions: [16]}'
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:6:5: gpus[0].vgpus[1]: function 16 is none of this GPU's, which are 0 to 15
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	chmod o+w "$configuration/generate-vgpu-types.yaml"
	run -3 functions --unit
	[[ $output == *"can be written by others than root"* ]]
	runs 0
	[ -z "$(written)" ]
}

@test "functions: two sections that are for one GPU must agree" {
	l40s
	put "$configuration/generate-vgpu-types.yaml" <<-'END'
		gpus:
		- filteredGpus: [{deviceId: 0x26b9}]
		  vgpus: [{type: 1150, functions: [1]}]
		- filteredGpus: [{bus: 0x65, slot: 0}]
		  virtualFunctions: all
		  vgpus: [{type: 1150, functions: [0, 1]}]
		- filteredGpus: [{deviceId: 0x26b5}]
		  vgpus: [{type: 1150, functions: [1]}]
	END
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:6:11: gpus[1].vgpus[0]: function 1 has a type already, at $configuration/generate-vgpu-types.yaml:3:11
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	sed -i 's/\[0, 1\]/[0]/' "$configuration/generate-vgpu-types.yaml"
	expect 0 "$gpu: 16 virtual functions switched on; 2 types given, 0 unchanged" "" functions
}

@test "functions: an entry that tells of functions only leaves the types to the catalog" {
	l40s
	folder Ada 10de:26b9
	eight
	run -0 --separate-stderr program plan "$gpu"
	[[ $output == *nvidia-60001* ]]
	eight
	sed -i 's/^  vgpus/  mdevConfigs: []\n  vgpus/' "$configuration/generate-vgpu-types.yaml"
	run -0 --separate-stderr program plan "$gpu"
	[[ $output != *nvidia-60001* ]]
}

## The script

@test "functions: a script that is missing, or that others than root could have written, is not run" {
	l40s
	eight
	mv "$world$script" kept
	expect 1 "" "mdev-gpu: $gpu: $script is missing; it comes with NVIDIA's vGPU host driver (vgpu-kvm)" functions
	expect 1 "" "mdev-gpu: $gpu: $script is missing; it comes with NVIDIA's vGPU host driver (vgpu-kvm)" functions --dry-run
	cp kept "$world$script"
	chmod 775 "$world$script"
	expect 1 "" "mdev-gpu: $gpu: $script can be written by others than root; it comes with NVIDIA's vGPU host driver (vgpu-kvm)" functions
	chmod 757 "$world$script"
	expect 1 "" "mdev-gpu: $gpu: $script can be written by others than root; it comes with NVIDIA's vGPU host driver (vgpu-kvm)" functions
	chmod 644 "$world$script"
	expect 1 "" "mdev-gpu: $gpu: $script cannot be executed; it comes with NVIDIA's vGPU host driver (vgpu-kvm)" functions
	chmod 755 "$world$script"
	chmod o+w "${world}${script%/*}"
	expect 1 "" "mdev-gpu: $gpu: $script lies in a folder that others than root can write; it comes with NVIDIA's vGPU host driver (vgpu-kvm)" functions
	chmod o-w "${world}${script%/*}"
	mv "$world$script" kept
	ln -s "$PWD/kept" "$world$script"
	expect 1 "" "mdev-gpu: $gpu: $script is not a regular file; it comes with NVIDIA's vGPU host driver (vgpu-kvm)" functions
	rm "$world$script"
	mv kept "$world$script"
	[ "$(id -u)" -ne 0 ] || {
		chown 65534 "$world$script"
		expect 1 "" "mdev-gpu: $gpu: $script belongs to somebody else than root; it comes with NVIDIA's vGPU host driver (vgpu-kvm)" functions
		chown 0 "$world$script"
	}
	runs 0
	on nvidia
	expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" "" functions
}

@test "functions: exit 0 and nothing done is no success, is tried again, and not by itself for ever" {
	l40s
	eight
	simulate manage lie
	local said="$script has ended without an error, but sriov_numvfs is 0: the driver makes no functions for this GPU, SR-IOV is off in the firmware's setup, or nvidia-vgpu-mgr is not up"
	expect 1 "" "mdev-gpu: $gpu: $said" functions
	runs 5
	[ "$(grep -c '^- wait 5000 ms' "$world/transcript")" -eq 4 ]
	# nothing that is called by itself repeats it; who asks by hand does
	expect 1 "" "<3>$gpu: functions were to be switched on before with this load of the driver, and that has failed ($said); it is not repeated by itself, but by hand: mdev-gpu functions $gpu" functions --unit
	expect 1 "" "<3>$gpu: functions were to be switched on before with this load of the driver, and that has failed ($said); it is not repeated by itself, but by hand: mdev-gpu functions $gpu" functions --unit
	runs 5
	simulate manage lie 7
	expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" "" functions
	runs 8
}

@test "functions: a GPU that is held is tried five times, a second apart, and who holds it is named" {
	l40s
	eight
	simulate manage refuse 4
	expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" "" functions
	runs 5
	[ "$(grep -c '^- wait 1000 ms' "$world/transcript")" -eq 4 ]
}

@test "functions: a client that never lets go is named, and the next event may try again" {
	l40s --vendor-vfio --nodes
	eight
	in_world env -u RM_CLOCK bash -c 'exec sleep 60 <>/dev/nvidia0' 3>&- &
	sleep 0.5
	run -4 --separate-stderr functions
	echo "$stderr"
	[[ $stderr =~ ^"mdev-gpu: $gpu: in use: the GPU is held, 5 tries in a row, by sleep ("([0-9]+)"), who has to let go before functions can be switched on"$ ]]
	kill "${BASH_REMATCH[1]}"
	wait || :
	simulate transcript >/dev/null # the driver closes what the process left open
	runs 5
	on nvidia
	expect 0 "" "<6>$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" functions --unit
}

@test "functions: with its unit's rights a run names who holds the GPU as another user, too" {
	l40s --vendor-vfio --nodes
	eight
	in_world env -u RM_CLOCK bash -c 'exec env -u LD_PRELOAD setpriv --reuid=65534 --clear-groups sleep 60 <>/dev/nvidia0' 3>&- &
	sleep 0.5
	local rights
	rights=$(sed -n 's/^CapabilityBoundingSet=//p' "${abs_top_srcdir:?}/systemd/mdev-gpu-functions@.service.in" | tr '[:upper:]' '[:lower:]' | sed 's/cap_/+/g; s/ /,/g')
	run -4 in_world setpriv --inh-caps=-all --bounding-set="-all,$rights" "$MDEV_GPU" --root "$root" functions --unit "$gpu"
	echo "$output"
	[[ $output =~ "in use: the GPU is held, 5 tries in a row, by sleep ("([0-9]+)")" ]]
	kill "${BASH_REMATCH[1]}"
	wait || :
}

@test "functions: a GPU that the script has left without its driver is bound again" {
	l40s
	eight
	simulate manage bare
	expect 1 "" "mdev-gpu: $gpu: $script has left the GPU without a driver; it is bound to nvidia again
mdev-gpu: $gpu: $script has failed (137)" functions
	on nvidia
	simulate manage die
	expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" \
		"mdev-gpu: $gpu: $script has left the GPU to pci-pf-stub; it is bound to nvidia again" functions
	on nvidia
}

@test "functions: a GPU that had to be bound again was not only held, and its new bind starts nothing" {
	l40s
	eight
	# shellcheck disable=SC2016 # the script's
	printf '#!/bin/sh\necho "$2" >/sys/bus/pci/drivers/nvidia/unbind\necho "Cannot obtain unbindLock" >&2\necho >>"$RM_DIR/sriov-manage.log"\nexit 1\n' >"$world$script"
	expect 1 "" "mdev-gpu: $gpu: $script has left the GPU without a driver; it is bound to nvidia again
mdev-gpu: $gpu: $script has failed (1): Cannot obtain unbindLock" functions
	on nvidia
	runs 1
	run -1 functions --unit
	[[ $output == *"it is not repeated by itself"* ]]
	runs 1
}

# the_script LINE…: what NVIDIA's script does instead of its work, by the name of "driver"
the_script() {
	printf '%s\n' '#!/bin/sh' "driver() { '$RM_LIBDIR/rm-ctl' '$world' \"\$@\"; }" "$@" 'exit 1' >"$world$script"
}

@test "functions: a GPU that the script has left to another driver is left there, and one that cannot be bound again is named" {
	l40s
	eight
	the_script "driver unbind $gpu" "driver bind $gpu vfio-pci"
	expect 1 "" "mdev-gpu: $gpu: $script has left the GPU to driver vfio-pci, which is not touched
mdev-gpu: $gpu: $script has failed (1)" functions
	on vfio-pci
	simulate unbind "$gpu"
	simulate bind "$gpu"
	the_script "driver unbind $gpu" "driver unload"
	expect 1 "" "mdev-gpu: $gpu: $script has left the GPU without a driver, and it cannot be bound to nvidia again: No such device
mdev-gpu: $gpu: $script has failed (1)" functions
}

@test "functions: what the script has left so is not tried again, content as it may be" {
	l40s
	eight
	the_script "driver unbind $gpu" "driver bind $gpu vfio-pci" "exit 0"
	run -1 functions
	[ "$(grep -c "left the GPU to driver vfio-pci" <<<"$output")" -eq 1 ]
	on vfio-pci
	simulate unbind "$gpu"
	simulate bind "$gpu"
	the_script "driver unbind $gpu" "driver unload" "exit 0"
	run -1 functions
	[ "$(grep -c "cannot be bound to nvidia again" <<<"$output")" -eq 1 ]
}

@test "functions: a GPU that was found so is named, and left so" {
	l40s
	eight
	simulate unbind "$gpu"
	expect 1 "" "mdev-gpu: $gpu: no driver is bound; if switching functions on has left it so, bind its driver again (echo $gpu >/sys/bus/pci/drivers/DRIVER/bind): No such device" functions
	simulate bind "$gpu" pci-pf-stub
	expect 1 "" "mdev-gpu: $gpu: pci-pf-stub has the GPU: somebody's sriov-manage has died half-way; unbind it, and bind the GPU's own driver again (echo $gpu >/sys/bus/pci/drivers/pci-pf-stub/unbind)" functions
	on pci-pf-stub
	runs 0
}

@test "functions: a script that does not end is ended, and the GPU looked after" {
	l40s
	eight
	local first
	for first in ':' 'trap "" TERM'; do
		# shellcheck disable=SC2016 # the script's
		printf '#!/bin/sh\n%s\necho $$ >"$RM_DIR/process"\necho before\necho "after  " >&2\nwhile :; do :; done\n' "$first" >"$world$script"
		expect 1 "" "mdev-gpu: $gpu: $script was ended after 120 s: before; after" functions
		on nvidia
		run ! kill -0 "$(<"$world/process")"
	done
}

@test "functions: who ends the run while the script is at work leaves the GPU with its driver" {
	local signal ended
	for signal in 1 2 3 15; do
		rm -rf "$world" "$state_folder"
		l40s
		eight
		# shellcheck disable=SC2016 # the script's
		printf '#!/bin/sh\necho "$2" >/sys/bus/pci/drivers/nvidia/unbind\necho >>"$RM_DIR/sriov-manage.log"\nsleep 2\nexit 1\n' >"$world$script"
		# shellcheck disable=SC2016 # the inner shell's; one in the background would ignore SIGINT and SIGQUIT
		in_world env -u RM_CLOCK --default-signal bash -c 'echo $$ >"$RM_DIR/process"; exec "$@"' bash "$MDEV_GPU" --root "$root" \
			functions "$gpu" >said 2>&1 3>&- &
		until [ -s "$world/sriov-manage.log" ]; do sleep 0.05; done
		kill "-$signal" "$(<"$world/process")"
		ended=0
		wait $! || ended=$?
		echo "signal $signal: exit code $ended"
		cat said
		[ "$ended" -eq $((128 + signal)) ]
		on nvidia
		grep -qx 'switching: "failed"' "$state_folder/$gpu.functions.yaml"
	done
}

@test "functions: what a run that was killed has left is told, and not repeated by itself" {
	l40s
	eight
	# shellcheck disable=SC2016 # the script's
	printf '#!/bin/sh\necho >>"$RM_DIR/sriov-manage.log"\nsleep 1\n' >"$world$script"
	# shellcheck disable=SC2016 # the inner shell's
	in_world env -u RM_CLOCK bash -c 'echo $$ >"$RM_DIR/process"; exec "$@"' bash "$MDEV_GPU" --root "$root" functions "$gpu" 3>&- &
	until [ -s "$world/sriov-manage.log" ]; do sleep 0.05; done
	kill -KILL "$(<"$world/process")"
	wait || :
	expect 1 "" "<3>$gpu: functions were to be switched on before with this load of the driver, and that has not ended (functions are being switched on); it is not repeated by itself, but by hand: mdev-gpu functions $gpu" functions --unit
	runs 1
}

@test "functions: a kernel without pci-pf-stub is named" {
	l40s --vendor-vfio --no-stub
	eight
	run -1 --separate-stderr functions
	echo "$stderr"
	[[ $stderr == *"$script has failed (1), and module pci-pf-stub, which it needs, is not installed for this kernel: it comes with the package of the kernel's other modules"* ]]
	on nvidia
}

@test "functions: without an IOMMU, without SR-IOV, and beside a vGPU nothing is switched on" {
	l40s --vendor-vfio --no-iommu
	eight
	expect 1 "" "mdev-gpu: $gpu: the IOMMU is off: the driver takes no functions without (intel_iommu=on or amd_iommu=on, and the firmware's setup)" functions
	runs 0
	rm -r "$world"
	card=$L40S,totalvfs=0 l40s
	expect 5 "" "mdev-gpu: $gpu: the GPU has no virtual functions to switch on (no sriov_totalvfs): SR-IOV is off in the firmware's setup, or the board is in a display mode, or has none" functions
	runs 0
}

@test "functions: what cannot be written down is not begun" {
	l40s
	eight
	put "$root$(dirname "$RUNDIR")/$(basename "$RUNDIR")" "a file in the folder's place"
	run -1 --separate-stderr functions
	echo "$stderr"
	[[ $stderr == "mdev-gpu: $gpu: cannot read the GPU's state: Not a directory"* ]]
	runs 0
	rm "$state_folder"
	# the lock is there, the record cannot be
	mkdir -p "$state_folder/$gpu.functions.yaml/in-the-way"
	expect 1 "" "mdev-gpu: $gpu: nothing is switched on: that cannot be written down: Is a directory
mdev-gpu: $gpu: cannot write down the result: Is a directory" functions
	runs 0
	on nvidia
}

@test "functions: one GPU at a time on the host, and one run at a time on a GPU" {
	l40s
	eight
	mkdir -p "$state_folder"
	local lock
	for lock in functions "$gpu.functions"; do
		flock --no-fork "$state_folder/$lock.lock" sleep 60 3>&- &
		local holder=$!
		sleep 0.3
		RM_CLOCK='' run -124 timeout 2 "${as_root[@]}" "$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" functions "$gpu"
		kill "$holder"
		wait || :
		runs 0
	done
}

@test "functions: those that come late are waited for, and those that never come are named" {
	card=$L40S l40s --vendor-vfio --delay=700
	eight
	RM_CLOCK='' expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" "" functions
	rm -r "$world"
	l40s --vendor-vfio --delay=60000
	run -1 --separate-stderr functions
	echo "$stderr"
	[[ $stderr == "mdev-gpu: $gpu: functions are not as they should be after 30 s: virtfn0 (0000:65:00.4) and 15 more: neither nvidia/ nor mdev_supported_types; does nvidia-vgpu-mgr run? (systemctl status nvidia-vgpu-mgr)" ]]
	run ! grep -q current_vgpu_type "$world/transcript"
}

@test "functions: those that are elsewhere are told and left there; what needs them is refused" {
	card=$L40S,vfs=4 l40s
	entry 'vgpus:' '- {type: "NVIDIA L40S-4Q", count: 2}'
	simulate unbind 0000:65:00.4
	simulate unbind 0000:65:00.5
	simulate bind 0000:65:00.5 vfio-pci
	expect 0 "$gpu: 4 virtual functions; 2 types given, 0 unchanged" \
		"mdev-gpu: $gpu: functions that nvidia does not have take no types, and are left where they are: virtfn0 (0000:65:00.4): no driver, virtfn1 (0000:65:00.5): on vfio-pci" functions
	entry 'vgpus:' '- {type: "NVIDIA L40S-4Q", functions: [1, 2, 3]}'
	expect 1 "" "mdev-gpu: $gpu: functions that nvidia does not have take no types, and are left where they are: virtfn0 (0000:65:00.4): no driver, virtfn1 (0000:65:00.5): on vfio-pci
mdev-gpu: $gpu: virtfn1 (0000:65:00.5) takes no type: driver vfio-pci" functions
	[ "$(given)" = "1150 1150" ] || given
}

@test "functions: another number of functions than is there is left to the administrator" {
	card=$L40S,vfs=4 l40s
	eight
	expect 4 "" "mdev-gpu: $gpu: in use: there are 4 virtual functions, not 16; their number changes only after all are switched off, which is left to you" functions
	entry 'vgpus: [{type: 1150, count: 1}]'
	expect 0 "$gpu: 4 virtual functions; 1 type given, 0 unchanged" "" functions
	runs 0
}

@test "functions: hands off where virtualFunctions is not said" {
	l40s
	entry 'vgpus: [{type: 1150, count: 1}]'
	expect 1 "" "mdev-gpu: $gpu: there are no virtual functions to give types to, and virtualFunctions does not say that they are to be switched on here" functions
	runs 0
}

## Types

# with_functions [OPTION…]: the L40S with eight functions already
with_functions() {
	card=$L40S,vfs=8 l40s "${@:---vendor-vfio}"
}

# wanted LINE…: vgpus of these entries
wanted() {
	entry "vgpus: [$(printf '%s, ' "$@")]"
}

@test "types: functions that have the type count, and the lowest free ones get it" {
	with_functions
	somebody 3 nvidia/current_vgpu_type 1150
	somebody 1 nvidia/current_vgpu_type 1160
	simulate clear
	wanted '{type: NVIDIA L40S-4Q, count: 3}'
	expect 0 "$gpu: 8 virtual functions; 2 types given, 1 unchanged" "" functions
	[ "$(given)" = "1150 1160 1150 1150 0 0 0 0" ]
	[ "$(written)" = "current_vgpu_type 1150"$'\n'"current_vgpu_type 1150" ]
}

@test "types: functions that an entry names, and what count takes beside them" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, count: 3}' '{type: 1160, functions: [7, 0]}' '{type: NVIDIA L40S-4C, count: 1}'
	expect 0 "$gpu: 8 virtual functions; 6 types given, 0 unchanged" "" functions
	[ "$(given)" = "1160 1150 1150 1150 1167 0 0 1160" ]
	# a lower entry takes nothing that a later one has already
	wanted '{type: NVIDIA L40S-4C, count: 2}' '{type: NVIDIA L40S-4Q, count: 3}' '{type: 1160, functions: [7, 0]}'
	expect 0 "$gpu: 8 virtual functions; 1 type given, 6 unchanged" "" functions
	[ "$(given)" = "1160 1150 1150 1150 1167 1167 0 1160" ]
}

@test "types: where no function offers anything any more, each name is known by the last run's record" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, count: 3}' '{type: NVIDIA L40S-4A, count: 3}' '{type: NVIDIA L40S-4C, count: 2}'
	expect 0 "$gpu: 8 virtual functions; 8 types given, 0 unchanged" "" functions
	expect 0 "$gpu: nothing to do: 8 virtual functions are there, 8 have the type wanted" "" functions
}

@test "types: somebody else's type is named and left; where too few are free, nothing is written" {
	with_functions
	somebody 0 nvidia/current_vgpu_type 1160
	somebody 5 nvidia/current_vgpu_type 1160
	simulate clear
	wanted '{type: NVIDIA L40S-4Q, count: 7}'
	expect 4 "" "mdev-gpu: $gpu: in use: 1 function too few is free: virtfn0 (0000:65:00.4) has type 1160, virtfn5 (0000:65:01.1) has type 1160, which somebody else has set; nothing was written" functions
	expect 4 "" "mdev-gpu: $gpu: in use: 1 function too few is free: virtfn0 (0000:65:00.4) has type 1160, virtfn5 (0000:65:01.1) has type 1160, which somebody else has set; nothing was written" functions --force
	wanted '{type: NVIDIA L40S-4Q, functions: [4, 5]}'
	expect 4 "" "mdev-gpu: $gpu: in use: functions that the configuration names have other types: virtfn5 (0000:65:01.1) has type 1160, which somebody else has set; nothing was written" functions --force
	[ -z "$(written)" ]
	wanted '{type: NVIDIA L40S-4Q, count: 6}'
	expect 0 "$gpu: 8 virtual functions; 6 types given, 0 unchanged" "" functions
	[ "$(given)" = "1160 1150 1150 1150 1150 1160 1150 1150" ]
}

@test "types: a changed configuration is told, and carried out by --force only" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1, 2]}'
	functions
	simulate clear
	wanted '{type: NVIDIA L40S-4A, functions: [0, 1]}'
	expect 4 "" "mdev-gpu: $gpu: in use: functions that the configuration names have other types: virtfn0 (0000:65:00.4) has type 1150, virtfn1 (0000:65:00.5) has type 1150, from an earlier configuration; nothing was written (mdev-gpu functions --force takes away what no VM holds)" functions
	[ -z "$(written)" ]
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
	expect 0 "$gpu: nothing to do: 8 virtual functions are there, 2 have the type wanted" "mdev-gpu: $gpu: left as they are, though the configuration no longer has them: virtfn2 (type 1150) (mdev-gpu functions --force takes away what no VM holds)" functions
	[ -z "$(written)" ]
	wanted '{type: NVIDIA L40S-4A, functions: [0, 1]}'
	expect 0 "$gpu: virtfn0 (0000:65:00.4) would become type 1160 NVIDIA L40S-4A
$gpu: virtfn1 (0000:65:00.5) would become type 1160 NVIDIA L40S-4A
$gpu: virtfn2 (0000:65:00.6) would lose type 1150
$gpu: 8 virtual functions; 2 types would be given, 0 unchanged, 1 would be taken away" "" functions --force --dry-run
	[ -z "$(written)" ]
	expect 0 "$gpu: 8 virtual functions; 2 types given, 0 unchanged, 1 taken away" "" functions --force
	[ "$(given)" = "1160 1160 0 0 0 0 0 0" ]
	# another boot's record makes nothing ours
	sed -i 's/^boot: .*/boot: "another"/' "$state_folder/$gpu.functions.yaml"
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
	run -4 --separate-stderr functions --force
	[[ $stderr == *"which somebody else has set; nothing was written" ]]
	[ "$(given)" = "1160 1160 0 0 0 0 0 0" ]
}

@test "types: a configuration without a section for the GPU any more is a changed one, too" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
	functions
	somebody 4 nvidia/current_vgpu_type 1150
	simulate clear
	sed 's/0x26b9/0x26b5/' "$configuration/generate-vgpu-types.yaml" >other.yaml
	rm "$configuration/generate-vgpu-types.yaml"
	run functions -c other.yaml --force
	[ "$(given)" = "1150 1150 0 0 1150 0 0 0" ]
	expect 0 "$gpu: nothing to do: 8 virtual functions are there" "mdev-gpu: $gpu: left as they are, though the configuration no longer has them: virtfn0 (type 1150), virtfn1 (type 1150) (mdev-gpu functions --force takes away what no VM holds)" functions
	[ -z "$(written)" ]
	expect 0 "$gpu: 8 virtual functions; 0 types given, 0 unchanged, 2 taken away" "" functions --force
	[ "$(given)" = "0 0 0 0 1150 0 0 0" ]
	expect 0 "$gpu: nothing to do: the configuration says nothing of this GPU's virtual functions" "" functions --force
}

@test "types: what a VM holds is not taken away" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
	functions
	simulate clear
	local node
	node=$(basename "$world/sys/bus/pci/devices/$gpu/virtfn1/vfio-dev/"vfio*)
	in_world env -u RM_CLOCK bash -c "exec sleep 60 <>/dev/vfio/devices/$node" 3>&- &
	sleep 0.5
	wanted '{type: NVIDIA L40S-4A, functions: [0, 1]}'
	run -4 --separate-stderr functions --force
	echo "$stderr"
	[[ $stderr =~ ^"mdev-gpu: $gpu: in use: virtfn1 (0000:65:00.5) is held by sleep ("([0-9]+)"); nothing was written"$ ]]
	[ -z "$(written)" ]
	kill "${BASH_REMATCH[1]}"
	wait || :
	expect 0 "$gpu: 8 virtual functions; 2 types given, 0 unchanged" "" functions --force
}

@test "types: a name that nothing offers is refused, with the one that was meant" {
	with_functions
	wanted '{type: NVIDIA L40S-4X, count: 1}' '{type: Tesla V100-16Q, count: 1}'
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:3:18: gpus[0].vgpus[0]: type: \"NVIDIA L40S-4X\" is offered by no function (did you mean \"NVIDIA L40S-4Q\"?)
mdev-gpu: $configuration/generate-vgpu-types.yaml:3:52: gpus[0].vgpus[1]: type: \"Tesla V100-16Q\" is offered by no function: the driver has no such type for this card, or no room for one; in MIG mode, no instance for it
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	wanted '{type: 4711, count: 1}'
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:3:18: gpus[0].vgpus[0]: type: virtfn0 does not offer type 4711: the driver has no such type for this card, or no room for one; in MIG mode, no instance for it
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	[ -z "$(written)" ]
}

@test "types: one of our own is found by its name, and whether it can be is the driver's word" {
	with_functions
	entry 'mdevConfigs: [{num: 60001, name: Mine, maxInstances: 4, fbLen: auto, fbRes: auto}]' 'vgpus: [{type: Mine, functions: [3]}]'
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:4:18: gpus[0].vgpus[0]: type: virtfn3 does not offer type 60001 Mine: the driver has no such type for this card, or no room for one; in MIG mode, no instance for it
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	program apply "$gpu" >/dev/null
	expect 0 "$gpu: 8 virtual functions; 1 type given, 0 unchanged" "" functions
	[ "$(given)" = "0 0 0 60001 0 0 0 0" ]
}

@test "types: two sizes in equal-size mode are refused, before or after the first write, and nothing stays" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, count: 1}' '{type: NVIDIA L40S-8Q, count: 1}'
	expect 3 "" "mdev-gpu: $gpu: virtfn0 (0000:65:00.4) no longer offers type 1150 NVIDIA L40S-4Q: a card in equal-size mode takes one frame buffer size only (mixed sizes have to be switched on before: nvidia-smi vgpu -shm 1); what was written is taken back" functions
	[ "$(given)" = "0 0 0 0 0 0 0 0" ]
	[ "$(written)" = "current_vgpu_type 1152"$'\n'"current_vgpu_type 0" ]
	somebody 6 nvidia/current_vgpu_type 1150
	simulate clear
	wanted '{type: NVIDIA L40S-8Q, count: 1}'
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:3:18: gpus[0].vgpus[0]: type: \"NVIDIA L40S-8Q\" is offered by no function: a card in equal-size mode takes one frame buffer size only, and there are vGPUs of another one (mixed sizes have to be switched on before: nvidia-smi vgpu -shm 1)
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	wanted '{type: 1152, count: 1}'
	run -3 --separate-stderr functions
	echo "$stderr"
	[[ $stderr == *": type: virtfn0 does not offer type 1152: "* ]]
	[ -z "$(written)" ]
}

@test "types: in mixed-size mode the largest comes first" {
	with_functions --vendor-vfio --mixed-sizes
	wanted '{type: NVIDIA L40S-4Q, count: 2}' '{type: NVIDIA L40S-16Q, count: 1}' '{type: NVIDIA L40S-8A, functions: [7]}'
	expect 0 "$gpu: 8 virtual functions; 4 types given, 0 unchanged" "" functions
	[ "$(written | tr '\n' ' ')" = "current_vgpu_type 1154 current_vgpu_type 1162 current_vgpu_type 1150 current_vgpu_type 1150 " ]
}

@test "types: both printed forms of the list, an empty one, and one that is cut" {
	local option
	for option in --guide-list --empty-list --page=70; do
		rm -rf "$world" "$state_folder"
		with_functions --vendor-vfio "$option"
		cat "$world/sys/bus/pci/devices/$gpu/virtfn0/nvidia/creatable_vgpu_types"
		wanted '{type: NVIDIA L40S-1Q, count: 2}'
		expect 0 "$gpu: 8 virtual functions; 2 types given, 0 unchanged" "" functions
		[ "$(given)" = "1147 1147 0 0 0 0 0 0" ]
	done
}

@test "types: of a list that is cut, what is not on its page is found by number" {
	with_functions
	wanted '{type: NVIDIA L40S-8Q, count: 2}'
	# a page is what the kernel of this machine has: the list is made as long
	local offers="$world/sys/bus/pci/devices/$gpu/virtfn0/nvidia/creatable_vgpu_types" number
	for number in 0 1 2 3 4 5 6 7; do
		head -c 4095 < <(echo 'ID    : vGPU Name'; seq -f '%-6.0f: NVIDIA L40S-99Q' 2001 2400) >"${offers/virtfn0/virtfn$number}"
	done
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:3:18: gpus[0].vgpus[0]: type: \"NVIDIA L40S-8Q\" is not on the page that the driver's list is cut to; write its number
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	wanted '{type: 1152, count: 1}'
	expect 0 "$gpu: 8 virtual functions; 1 type given, 0 unchanged" "" functions
}

@test "types: params follow each type, and are read back" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, count: 2, params: "frame_rate_limiter=0, disable_vnc=1"}'
	expect 0 "$gpu: 8 virtual functions; 2 types given, 0 unchanged" "" functions
	[ "$(written | sort -u)" = "current_vgpu_type 1150"$'\n'"vgpu_params frame_rate_limiter=0, disable_vnc=1" ]
	[ "$(<"$world/sys/bus/pci/devices/$gpu/virtfn1/nvidia/vgpu_params")" = "frame_rate_limiter=0, disable_vnc=1" ]
	simulate clear
	expect 0 "$gpu: nothing to do: 8 virtual functions are there, 2 have the type wanted" "" functions
	[ -z "$(written)" ]
}

@test "types: EIO comes with the kernel's reason, and what was given before is taken back" {
	with_functions
	simulate function 0000:65:00.6 refuse=0x40
	wanted '{type: NVIDIA L40S-4Q, count: 4}'
	run -1 --separate-stderr functions
	echo "$stderr"
	[ "$stderr" = "mdev-gpu: $gpu: virtfn2 (0000:65:00.6) refuses type 1150 NVIDIA L40S-4Q (status 0x40 NV_ERR_INVALID_STATE: no placement is free for it): Input/output error" ]
	[ "$(given)" = "0 0 0 0 0 0 0 0" ]
	[ "$(written | tr '\n' ' ')" = "current_vgpu_type 1150 current_vgpu_type 1150 current_vgpu_type 1150 current_vgpu_type 0 current_vgpu_type 0 " ]
	expect 0 "$gpu: 8 virtual functions; 4 types given, 0 unchanged" "" functions
}

@test "types: what the driver takes without an error is read back, params too, and taken back where it is not there" {
	with_functions
	simulate function 0000:65:00.5 lost-types=1
	wanted '{type: NVIDIA L40S-4Q, count: 3, params: "disable_vnc=1"}'
	expect 1 "" "mdev-gpu: $gpu: virtfn1 (0000:65:00.5) refuses type 1150 NVIDIA L40S-4Q: No data available" functions
	[ "$(given)" = "0 0 0 0 0 0 0 0" ]
	simulate function 0000:65:00.5 lost-params=1
	expect 1 "" "mdev-gpu: $gpu: virtfn1 (0000:65:00.5) does not show the params that were written" functions
	[ "$(given)" = "0 0 0 0 0 0 0 0" ]
}

@test "types: what a function offers is looked at again before each write" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
	functions
	simulate clear
	wanted '{type: 4711, functions: [0, 1]}'
	expect 1 "" "mdev-gpu: $gpu: virtfn0 (0000:65:00.4) no longer offers type 4711: the card has no room for one more beside the vGPUs that there are, or takes only types of their size" functions --force
	[ "$(given)" = "1150 1150 0 0 0 0 0 0" ]
	[[ $(written) != *4711* ]]
}

@test "types: a function that its driver no longer has in hand is named, with what helps" {
	with_functions
	simulate unbind 0000:65:00.5
	simulate bind 0000:65:00.5
	wanted '{type: NVIDIA L40S-4Q, count: 2}'
	expect 1 "" "mdev-gpu: $gpu: virtfn1 (0000:65:00.5) refuses type 1150 NVIDIA L40S-4Q (it is not registered with the kernel's VFIO; only switching functions off and on helps (sriov-manage -d, -e)): Invalid argument" functions
	[ "$(given)" = "0 0 0 0 0 0 0 0" ]
}

@test "types: EBUSY is tried again" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, count: 1}'
	functions
	simulate function 0000:65:00.4 busy=3
	wanted '{type: NVIDIA L40S-4A, functions: [0]}'
	expect 0 "$gpu: 8 virtual functions; 1 type given, 0 unchanged" "" functions --force
	simulate function 0000:65:00.4 busy=30
	wanted '{type: NVIDIA L40S-4Q, functions: [0]}'
	expect 1 "" "mdev-gpu: $gpu: virtfn0 (0000:65:00.4) refuses to give its type up (its last VM is still being taken down): Device or resource busy" functions --force
	[ "$(given)" = "1160 0 0 0 0 0 0 0" ]
}

@test "types: where one of several cannot be taken, those before it have theirs again" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1, 2]}'
	functions
	simulate function 0000:65:00.6 busy=30
	wanted '{type: NVIDIA L40S-4A, functions: [0, 1, 2]}'
	expect 1 "" "mdev-gpu: $gpu: virtfn2 (0000:65:00.6) refuses to give its type up (its last VM is still being taken down): Device or resource busy" functions --force
	[ "$(given)" = "1150 1150 1150 0 0 0 0 0" ]
	# and are ours as before
	simulate function 0000:65:00.6 busy=0
	expect 0 "$gpu: 8 virtual functions; 3 types given, 0 unchanged" "" functions --force
	[ "$(given)" = "1160 1160 1160 0 0 0 0 0" ]
}

@test "types: what cannot be taken back, or given back, is told" {
	local refuses="mdev-gpu: $gpu: virtfn1 (0000:65:00.5) refuses type 1150 NVIDIA L40S-4Q (status 0x40 NV_ERR_INVALID_STATE: no placement is free for it): Input/output error"
	with_functions
	simulate function 0000:65:00.4 busy=30
	simulate function 0000:65:00.5 refuse=0x40
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
	expect 1 "" "$refuses
mdev-gpu: $gpu: virtfn0 (0000:65:00.4) cannot be made as it was: Device or resource busy" functions
	[ "$(given)" = "1150 0 0 0 0 0 0 0" ]

	rm -rf "$world" "$state_folder"
	with_functions
	wanted '{type: NVIDIA L40S-4A, functions: [0, 1]}'
	functions
	simulate function 0000:65:00.5 refuse=0x40
	simulate function 0000:65:00.5 lost-types=1
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
	expect 1 "" "$refuses
mdev-gpu: $gpu: virtfn1 (0000:65:00.5) cannot be made as it was: No data available" functions --force
	[ "$(given)" = "1160 0 0 0 0 0 0 0" ]
}

@test "types: who ends the run while types are written leaves all of them written" {
	local ended=0
	with_functions
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
	functions
	simulate clear
	simulate function 0000:65:00.5 busy=2
	wanted '{type: NVIDIA L40S-4C, functions: [0, 1]}'
	# shellcheck disable=SC2016 # the inner shell's
	in_world env -u RM_CLOCK bash -c 'echo $$ >"$RM_DIR/process"; exec "$@"' bash "$MDEV_GPU" --root "$root" functions --force "$gpu" >said 2>&1 3>&- &
	until grep -q 'errno=EBUSY\|errno=16' "$world/transcript"; do sleep 0.05; done
	kill "$(<"$world/process")"
	wait $! || ended=$?
	cat said
	[ "$ended" -eq 143 ]
	given
	[ "$(given | cut -d ' ' -f 1)" -ne 1150 ]
	[ "$(given | cut -d ' ' -f 1)" = "$(given | cut -d ' ' -f 2)" ]
}

@test "types: what somebody else sets between a look and a write is his, and not cleared, even where it is the same" {
	local rival
	for rival in 1160 1150; do
		rm -rf "$world" "$state_folder"
		with_functions
		simulate function 0000:65:00.5 "rival=$rival"
		wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
		expect 1 "" "mdev-gpu: $gpu: virtfn1 (0000:65:00.5) refuses type 1150 NVIDIA L40S-4Q (it has a type already, or a VM has it open): Operation not permitted" functions
		[ "$(given)" = "0 $rival 0 0 0 0 0 0" ]
		# nor does the record have it
		wanted '{type: NVIDIA L40S-4C, functions: [1]}'
		run -4 --separate-stderr functions --force
		[[ $stderr == *"virtfn1 (0000:65:00.5) has type $rival, which somebody else has set; nothing was written" ]]
	done
}

@test "types: what somebody else sets while the driver is busy with ours is his, and not cleared" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, functions: [0]}'
	functions
	simulate function 0000:65:00.4 busy=30
	(
		until grep -q 'errno=EBUSY\|errno=16' "$world/transcript"; do sleep 0.05; done
		simulate function 0000:65:00.4 busy=0
		somebody 0 nvidia/current_vgpu_type 0
		somebody 0 nvidia/current_vgpu_type 1160
	) 3>&- &
	wanted '{type: NVIDIA L40S-4C, functions: [0]}'
	RM_CLOCK='' expect 1 "" "mdev-gpu: $gpu: virtfn0 (0000:65:00.4) refuses to give its type up (somebody else has set another one meanwhile): File exists" functions --force
	wait
	[ "$(given)" = "1160 0 0 0 0 0 0 0" ]
}

@test "types: a change that fails half-way is taken back in full: the old types beside none of the new ones, their params, and their names" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1], params: "disable_vnc=1"}'
	functions
	simulate function 0000:65:00.5 refuse=0x40
	wanted '{type: 1152, functions: [0, 1]}'
	expect 1 "" "mdev-gpu: $gpu: virtfn1 (0000:65:00.5) refuses type 1152 (status 0x40 NV_ERR_INVALID_STATE: no placement is free for it): Input/output error" functions --force
	[ "$(given)" = "1150 1150 0 0 0 0 0 0" ]
	local number
	for number in 0 1; do
		[ "$(<"$world/sys/bus/pci/devices/$gpu/virtfn$number/nvidia/vgpu_params")" = "disable_vnc=1" ]
		grep -qx -- "- \"$number 1150 NVIDIA L40S-4Q\"" "$state_folder/$gpu.functions.yaml"
	done
	# they are ours as before
	expect 0 "$gpu: 8 virtual functions; 2 types given, 0 unchanged" "" functions --force
	[ "$(given)" = "1152 1152 0 0 0 0 0 0" ]
}

@test "types: on a host with mdev they are mdevctl's" {
	card=$L40S,vfs=8 l40s --frl-off
	wanted '{type: NVIDIA L40S-4Q, count: 1}'
	expect 5 "" "mdev-gpu: $gpu: vgpus cannot be: on this host functions show their types through mdev; mdevctl defines vGPUs that persist" functions
	rm -r "$world"
	l40s --frl-off
	entry 'virtualFunctions: all'
	expect 0 "$gpu: 16 virtual functions switched on" "" functions
}

## status, explain and plan

@test "functions: plan shows what is to be done, and where it stands" {
	l40s
	eight '- {type: 1160, functions: [12, 13], params: "frame_rate_limiter=0"}'
	local file="$configuration/generate-vgpu-types.yaml"
	expect 0 "$gpu 10de:26b9, driver nvidia 570.86.15
  from $file
  nothing to do: no configuration defines types for this GPU
  all virtual functions are switched on (mdev-gpu functions); there are 0 of 16
  \"NVIDIA L40S-4Q\" for 8 functions
  type 1160 for virtfn12, virtfn13, with frame_rate_limiter=0" "" program plan "$gpu"
	run -0 --separate-stderr program plan --origin "$gpu"
	[ "${lines[3]}" = "  all virtual functions are switched on (mdev-gpu functions); there are 0 of 16  $file:3:21" ]
	[ "${lines[4]}" = "  \"NVIDIA L40S-4Q\" for 8 functions  $file:5:5" ]
	run -0 --separate-stderr program plan --json "$gpu"
	[ "$(read_json 'it[0]["virtualFunctions"], it[0]["vgpus"]' <<<"$output")" = "('all', [{'type': 'NVIDIA L40S-4Q', 'count': 8}, {'type': 1160, 'functions': [12, 13], 'params': 'frame_rate_limiter=0'}])" ]
	rm "$file"
	folder Ada 10de:26b9
	run -0 --separate-stderr program plan --json "$gpu"
	[[ $output != *virtualFunctions* ]]
}

@test "functions: status shows each function, its type and who holds it" {
	card=$L40S,vfs=4 l40s
	entry 'vgpus: [{type: "NVIDIA L40S-4Q", functions: [0, 1]}]'
	functions
	simulate unbind 0000:65:00.6
	simulate unbind 0000:65:00.7
	simulate bind 0000:65:00.7 vfio-pci
	local node
	node=$(basename "$world/sys/bus/pci/devices/$gpu/virtfn1/vfio-dev/"vfio*)
	in_world env -u RM_CLOCK bash -c "exec sleep 60 <>/dev/vfio/devices/$node" 3>&- &
	sleep 0.5
	run -0 --separate-stderr program status "$gpu"
	[[ ${lines[-3]} =~ ^"  virtfn1    0000:65:00.5  1150 NVIDIA L40S-4Q           sleep ("([0-9]+)\)$ ]]
	local holder=${BASH_REMATCH[1]}
	[ "$(tail -n 5 <<<"$output")" = "  function   address       type                          in use
  virtfn0    0000:65:00.4  1150 NVIDIA L40S-4Q           no
  virtfn1    0000:65:00.5  1150 NVIDIA L40S-4Q           sleep ($holder)
  virtfn2    0000:65:00.6  no driver                     no
  virtfn3    0000:65:00.7  on vfio-pci                   no" ]
	[[ $output == *"functions     done: 4 virtual functions; 2 types given, 0 unchanged"* ]]
	run -0 --separate-stderr program status --json "$gpu"
	kill "$holder"
	wait || :
	[ "$(read_json 'it[0]["functions"][1]' <<<"$output")" = "{'function': 1, 'address': '0000:65:00.5', 'driver': 'nvidia', 'world': 'vfio', 'type': 1150, 'name': 'NVIDIA L40S-4Q', 'heldBy': 'sleep ($holder)'}" ]
	[ "$(read_json 'it[0]["functions"][3]' <<<"$output")" = "{'function': 3, 'address': '0000:65:00.7', 'driver': 'vfio-pci', 'world': None, 'type': None, 'name': None, 'heldBy': None}" ]
}

# verdict WORD TEXT: what explain says
verdict() {
	run -0 --separate-stderr program explain --json "$gpu"
	[ "$(read_json 'it[0]["verdict"] + ": " + it[0]["text"]' <<<"$output")" = "$1: $2" ] || {
		echo "$output"
		return 1
	}
}

@test "functions: explain's verdicts do not depend on whether the catalog knows the card" {
	local folder
	for folder in '' Ada; do
		rm -rf "$world" "$root"
		[ -z "$folder" ] || folder Ada 10de:26b9
		l40s
		verdict sriov-off 'types show on virtual functions only, and SR-IOV is off (sriov_numvfs is 0 of 16)'
		in_world sh -c '"$@"' sh "$script" -e "$gpu"
		verdict vendor-vfio "vGPUs are made through the vendor's own VFIO files here, not through mdev"
		entry 'vgpus: [{type: "NVIDIA L40S-4Q", count: 2}]'
		verdict vendor-vfio "vGPUs are made through the vendor's own VFIO files here, and 0 of the 2 functions that vgpus has types for have one (no run has given any)"
		functions
		run -0 --separate-stderr program explain --json "$gpu"
		[[ $output == *"the vendor's own VFIO, and 2 of 16 virtual functions have the types that vgpus gives them"* ]]
		rm -rf "$world"
		card=$L40S,vfs=2 l40s
		simulate unbind 0000:65:00.4
		simulate unbind 0000:65:00.5
		verdict vfs-elsewhere '2 virtual functions are there, but no driver has the first one, not nvidia'
		simulate bind 0000:65:00.4 vfio-pci
		verdict vfs-elsewhere '2 virtual functions are there, but vfio-pci has the first one, not nvidia'
	done
}

## What starts it

@test "functions: the rule's run leaves a note and sends an event, where a section is about the GPU's functions, and writes to none" {
	l40s --vendor-vfio
	folder Ada 10de:26b9
	local uevent="$world/sys/bus/pci/devices/$gpu/uevent" before
	before=$(<"$uevent")
	program apply --udev "$gpu"
	[ "$(<"$uevent")" = "$before" ]
	[ ! -e "$state_folder/$gpu.functions" ]
	eight
	program apply "$gpu" >/dev/null
	[ "$(<"$uevent")" = "$before" ]
	[ ! -e "$state_folder/$gpu.functions" ]
	program apply --unit "$gpu"
	[ "$(<"$uevent")" = "$before" ]
	[ -e "$state_folder/$gpu.functions" ]
	program apply --udev "$gpu"
	[[ $(<"$uevent") =~ ^"change "[0-9a-f-]{36}" MDEVGPU=functions" ]]
	runs 0
	[ -z "$(written)" ]
	# a run on the functions brought the event about
	echo "$before" >"$uevent"
	flock "$state_folder/$gpu.functions.lock" env -C "$PWD" bash -c "$(declare -f program in_world); $(declare -p as_root SIMULATE MDEV_GPU root world gpu 2>/dev/null | sed 's/^declare -[a-z]* /declare /'); program apply --udev \"\$gpu\""
	[ "$(<"$uevent")" = "$before" ]
	# nothing to do any more
	rm "$configuration/generate-vgpu-types.yaml"
	expect 0 "$gpu: nothing to do: the configuration says nothing of this GPU's virtual functions" "" functions
	[ ! -e "$state_folder/$gpu.functions" ]
}

## Other drivers

@test "functions: xe takes the number itself, without a host driver for the functions, and says why where it does not" {
	new_world 570.86.15 "$gpu=8086:b080,driver=xe,totalvfs=7"
	put "$configuration/generate-vgpu-types.yaml" $'gpus:\n- filteredGpus: [{vendorId: 0x8086, deviceId: 0xb080}]\n  virtualFunctions: 4'
	expect 0 "$gpu: 4 virtual functions would be switched on: sriov_numvfs = 4, without a host driver for the functions (sriov_drivers_autoprobe = 0)
$gpu: 4 virtual functions would be switched on" "" functions --dry-run
	expect 0 "$gpu: 4 virtual functions switched on" "" functions
	[ "$(<"$world/sys/bus/pci/devices/$gpu/sriov_drivers_autoprobe")" = 0 ]
	[ "$(<"$world/sys/bus/pci/devices/$gpu/sriov_numvfs")" = 4 ]
	expect 0 "$gpu: nothing to do: 4 virtual functions are there" "" functions
	sed -i 's/virtualFunctions: 4/virtualFunctions: 5/' "$configuration/generate-vgpu-types.yaml"
	expect 4 "" "mdev-gpu: $gpu: in use: there are 4 virtual functions, not 5; their number changes only after all are switched off, which is left to you" functions
	cp "$configuration/generate-vgpu-types.yaml" five
	printf '%s\n' '- filteredGpus: [{bus: 0x65, slot: 0}]' '  virtualFunctions: 4' >>"$configuration/generate-vgpu-types.yaml"
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:5:21: virtualFunctions: is another number than at $configuration/generate-vgpu-types.yaml:3:21
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	cp five "$configuration/generate-vgpu-types.yaml"
	sed -i 's/virtualFunctions: 5/virtualFunctions: 8/' "$configuration/generate-vgpu-types.yaml"
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:3:21: virtualFunctions: is over 7, the most of this GPU
mdev-gpu: $gpu: configuration refused, nothing was written" functions
	sed -i 's/virtualFunctions: 8/vgpus: [{type: 4, count: 1}]/' "$configuration/generate-vgpu-types.yaml"
	expect 3 "" "mdev-gpu: $configuration/generate-vgpu-types.yaml:3:11: gpus[0].vgpus[0]: the functions of driver xe have no types: they are given to VMs as they are
mdev-gpu: $gpu: configuration refused, nothing was written" functions
}

@test "functions: each errno of sriov_numvfs has its words" {
	local errno words
	while read -r errno words; do
		rm -rf "$world" "$root"
		new_world 570.86.15 "$gpu=8086:b080,driver=xe,totalvfs=7"
		put "$configuration/generate-vgpu-types.yaml" $'gpus:\n- filteredGpus: [{vendorId: 0x8086, deviceId: 0xb080}]\n  virtualFunctions: all'
		simulate function "$gpu" "numvfs-errno=$errno"
		expect 1 "" "mdev-gpu: $gpu: cannot switch 7 functions on$words" functions
		[ "$(<"$world/sys/bus/pci/devices/$gpu/sriov_drivers_autoprobe")" = 1 ]
	done <<-'END'
		2 : no driver is bound, or this one cannot switch functions on through sysfs: No such file or directory
		5 : the card's SR-IOV numbers contradict each other (InitialVFs): Input/output error
		12 : the firmware or the bridge above has no room for them: memory (above 4G decoding) or bus numbers (ARI): Cannot allocate memory
		16 : there are functions already: their number changes only after a 0: Device or resource busy
		19 : its driver does not let it be a physical function: its parameters (max_vfs), or the firmware: No such device
		22 : Invalid argument
		34 : the driver takes fewer (sriov_totalvfs says how many the card has): Numerical result out of range
	END
	rm -rf "$world" "$root"
	new_world 570.86.15 "$gpu=8086:b080,driver=xe,totalvfs=7"
	put "$configuration/generate-vgpu-types.yaml" $'gpus:\n- filteredGpus: [{vendorId: 0x8086, deviceId: 0xb080}]\n  virtualFunctions: all'
	simulate function "$gpu" numvfs-most=3
	expect 1 "" "mdev-gpu: $gpu: the driver took the number of functions without an error, but has made 3 of 7" functions
}

@test "functions: for every other driver one line says what to use" {
	local driver id folder words
	while IFS='|' read -r driver id folder words; do
		rm -rf "$world" "$root"
		new_world 570.86.15 "$gpu=$id,driver=$driver,totalvfs=7"
		put "$configuration/generate-vgpu-types.yaml" "gpus: [{filteredGpus: [{deviceId: 0x${id#*:}}], virtualFunctions: all}]"
		expect 5 "" "mdev-gpu: $gpu: $words" functions
	done <<-'END'
		i915|8086:4680||the kernel's i915 switches no virtual functions on; use xe where it has this GPU (xe.force_probe, Linux 6.17 or later), or i915-sriov-dkms with its own max_vfs and sysfs setting
		amdgpu|1002:740f||amdgpu switches no virtual functions on; use AMD's gim, which makes them itself when it is loaded (vf_num=)
		gim|1002:740f||gim makes virtual functions itself when it is loaded; use its parameter vf_num
		vfio-pci|10de:26b9||driver vfio-pci is bound, whose virtual functions mdev-gpu cannot switch on
		nouveau|10de:26b9||driver nouveau is bound, whose virtual functions mdev-gpu cannot switch on
	END
}

## With mdev, and beside a second owner

@test "functions: with mdev the functions show the types of the configuration, whatever the driver made of its list meanwhile" {
	local option
	for option in --frl-off --forget-lists; do
		rm -rf "$world" "$root"
		new_world 550.90.07 "$gpu=10de:2235:10de:145a,fb=49152" "$option"
		a40_with_one
		# as the rule has them: for the driver's bind, for functions, and for the bind that comes of that
		program apply --udev "$gpu"
		(
			until [ -s "$world/sriov-manage.log" ] && on nvidia && [ -e "$world/sys/bus/pci/devices/$gpu/virtfn15/driver" ]; do sleep 0.05; done
			program apply --udev "$gpu"
		) 3>&- &
		RM_CLOCK='' expect 0 "$gpu: 16 virtual functions switched on" "" functions
		wait
		[ "$(shown 0000:65:00.4)" = "nvidia-60001 One" ]
		[ "$(shown 0000:65:01.5)" = "nvidia-60001 One" ]
		runs 1
		expect 0 "$gpu: nothing to do: 16 virtual functions are there" "" functions
	done
}

@test "functions: a driver that shows its list only when it is told is told again once they are there" {
	local release
	for release in 525.147.05 535.104.05 550.54.14 550.90.07; do
		echo "$release"
		rm -rf "$world" "$root"
		new_world "$release" "$gpu=10de:2235:10de:145a,fb=49152"
		a40_with_one
		program apply "$gpu"
		expect 0 "$gpu: 16 virtual functions switched on" "" functions
		[ "$(shown 0000:65:00.4)" = "nvidia-60001 One" ]
		[ "$(shown 0000:65:01.5)" = "nvidia-60001 One" ]
	done
	# types of NVIDIA's own only, and functions that somebody else has switched on
	rm -rf "$world" "$root"
	card=$gpu=10de:26b9:10de:1851,fb=49152 release=535.104.05 l40s --delay=0
	entry 'virtualFunctions: all'
	in_world sh -c "$script -e $gpu"
	expect 0 "$gpu: nothing to do: 16 virtual functions are there" "" functions
	[[ $(shown 0000:65:00.4) == *"NVIDIA L40S-4Q"* ]]
	simulate clear
	expect 0 "$gpu: nothing to do: 16 virtual functions are there" "" functions
	run ! grep -q cmd=0xa0810109 "$world/transcript"
}

@test "functions: the run that follows from the new bind is waited for, so that it starts no other one" {
	l40s
	eight
	program apply --udev "$gpu"
	local uevent="$world/sys/bus/pci/devices/$gpu/uevent"
	(
		until [ "$(<"$world/sys/bus/pci/devices/$gpu/sriov_numvfs")" = 16 ] && on nvidia; do sleep 0.05; done
		# what the rule does when the driver leaves, and when it is back
		rm "$state_folder/$gpu.yaml" "$state_folder/$gpu.functions"
		sleep 1
		echo quiet >"$uevent"
		program apply --udev "$gpu"
		cp "$uevent" after
	) 3>&- &
	RM_CLOCK='' expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" "" functions
	[ -e after ] || sleep 0.2
	[ "$(<after)" = quiet ]
	[ -e "$state_folder/$gpu.functions" ]
	wait
}

@test "functions: a second owner that has the GPU just now is waited for by who is started by itself" {
	l40s
	eight
	simulate unbind "$gpu"
	simulate bind "$gpu" pci-pf-stub
	(
		sleep 1
		simulate unbind "$gpu"
		simulate bind "$gpu" nvidia
	) &
	RM_CLOCK='' expect 0 "" "<6>$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" functions --unit
	wait
}

@test "functions: what somebody has switched off is switched on again by hand only, or when the driver is loaded anew" {
	l40s
	eight
	functions
	in_world sh -c '"$@"' sh "$script" -d "$gpu"
	[ "$(<"$world/sys/bus/pci/devices/$gpu/sriov_numvfs")" = 0 ]
	expect 1 "" "<3>$gpu: functions were switched on before with this load of the driver, and somebody has switched them off since; they are switched on by hand: mdev-gpu functions $gpu" functions --unit
	[ "$(<"$world/sys/bus/pci/devices/$gpu/sriov_numvfs")" = 0 ]
	expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" "" functions
	in_world sh -c '"$@"' sh "$script" -d "$gpu"
	simulate unload
	mkdir "$world/sys/module/another" # takes the number that the next load must not have
	simulate load
	simulate stock "$gpu" "NVIDIA L40S"
	expect 0 "" "<6>$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" functions --unit
}

@test "functions: a vGPU on the GPU itself keeps them off" {
	l40s
	eight
	put "$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-1/devices/c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a01" ''
	expect 4 "" "mdev-gpu: $gpu: in use: there are vGPUs on the GPU itself, which switching functions on would end" functions
	runs 0
}

@test "functions: nvidia-vgpud's work comes first, for 50 s at most" {
	l40s
	eight
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	touch "$root/etc/systemd/system/multi-user.target.wants/nvidia-vgpud.service"
	expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" \
		"mdev-gpu: $gpu: nvidia-vgpud is enabled, but its work is not done after 50 s; going on without" functions
	[ "$(grep -c '^- wait 100 ms' "$world/transcript")" -ge 500 ]
	rm -r "$world" "$state_folder"
	l40s
	program follow nvidia-vgpud
	expect 0 "$gpu: 16 virtual functions switched on; 8 types given, 0 unchanged" "" functions
	[ "$(grep -c '^- wait 100 ms' "$world/transcript")" -lt 100 ]
}

@test "types: what was lost meanwhile is no longer ours" {
	with_functions
	wanted '{type: NVIDIA L40S-4Q, functions: [0, 1]}'
	functions
	# another type in its place is somebody else's at once
	somebody 1 nvidia/current_vgpu_type 0
	somebody 1 nvidia/current_vgpu_type 1160
	expect 4 "" "mdev-gpu: $gpu: in use: functions that the configuration names have other types: virtfn1 (0000:65:00.5) has type 1160, which somebody else has set; nothing was written" functions --force
	somebody 1 nvidia/current_vgpu_type 0
	functions
	somebody 0 nvidia/current_vgpu_type 0
	wanted '{type: NVIDIA L40S-4Q, functions: [1]}'
	functions
	somebody 0 nvidia/current_vgpu_type 1150
	simulate clear
	wanted '{type: NVIDIA L40S-4A, functions: [0]}'
	expect 4 "" "mdev-gpu: $gpu: in use: functions that the configuration names have other types: virtfn0 (0000:65:00.4) has type 1150, which somebody else has set; nothing was written" functions --force
	[ -z "$(written)" ]
}

@test "functions: the unit's lines quote nothing of a file that not everybody may read" {
	l40s
	entry 'virtualFunctions: hush'
	chmod 0640 "$configuration/generate-vgpu-types.yaml"
	run -3 functions --unit
	[[ $output == "<3>$configuration/generate-vgpu-types.yaml:"*"(who may read the file is told more)"* && $output != *hush* ]]
	run -3 functions
	[[ $output == *hush* ]]
}
