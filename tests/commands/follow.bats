#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-gpu follow: a driver's module came, or a daemon that discards types has ended, and the GPUs that lack types get an event.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

other=0000:66:00.0

# Two GPUs that are served while nvidia-vgpu-vfio is missing; then it comes, and shows nothing by itself.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	types 2 >two.yaml
	new_world 535.104.05 "$P40" "$other=10de:1b38:10de:11d9,fb=24576"
	vfio=$world/sys/module/nvidia_vgpu_vfio
}

# without_module: both GPUs have been served, and the module that shows their types is away
without_module() {
	run -0 program apply --all -c two.yaml
	mv "$vfio" "$vfio.old" # so that what comes next is another one
	simulate vfio off
	rm -r "$world"/sys/bus/pci/devices/*/mdev_supported_types
	forget_events
}

forget_events() {
	local address
	for address in "$gpu" "$other"; do
		put "$(uevent "$address")" "none"
	done
}

uevent() {
	echo "$world/sys/bus/pci/devices/$1/uevent"
}

module_comes() {
	put "$vfio/initstate" "${1-live}"
}

# triggered [ADDRESS…]: these GPUs got an event, and no others
triggered() {
	local address want
	for address in "$gpu" "$other"; do
		want=none
		[[ " $* " != *" $address "* ]] || want=change
		[ "$(<"$(uevent "$address")")" = "$want" ] || {
			echo "$address: $(<"$(uevent "$address")"), expected: $want"
			return 1
		}
	done
}

follow() {
	expect 0 "" "" program follow nvidia_vgpu_vfio
}

@test "follow: GPUs whose types do not show get an event" {
	without_module
	module_comes
	follow
	triggered "$gpu" "$other"
}

@test "follow: GPUs whose types show are left alone" {
	run -0 program apply --all -c two.yaml
	forget_events
	module_comes
	follow
	triggered
}

@test "follow: one GPU's result does not decide for another" {
	without_module
	module_comes
	mkdir -p "$world/sys/bus/pci/devices/$other/mdev_supported_types/nvidia-6000"{1,2}
	follow
	triggered "$gpu"
}

@test "follow: a GPU without a record is left to its own event" {
	without_module
	module_comes
	rm "$state_folder/$gpu.yaml"
	follow
	triggered "$other"
}

@test "follow: a record of another boot is ignored" {
	without_module
	module_comes
	sed -i 's/^boot: .*/boot: "00000000-0000-0000-0000-000000000000"/' "$state_folder/$gpu.yaml"
	follow
	triggered "$other"
}

@test "follow: a run that failed because the module was missing is repeated" {
	simulate vfio off
	run -1 program apply "$gpu" -c two.yaml
	forget_events
	module_comes
	follow
	triggered "$gpu"
}

@test "follow: a run that was killed is repeated" {
	simulate inject "control:0xa0810101=kill"
	simulate vfio off
	run -137 program apply "$gpu" -c two.yaml
	forget_events
	module_comes
	follow
	triggered "$gpu"
}

@test "follow: a run that had the module and failed all the same is not repeated, unless the module is another one" {
	simulate vfio off
	run -1 program apply "$gpu" -c two.yaml
	forget_events
	module_comes
	echo "module: $(stat -c %i "$vfio")" >>"$state_folder/$gpu.yaml"
	follow
	triggered
	mv "$vfio" "$vfio.old"
	module_comes
	follow
	triggered "$gpu"
}

@test "follow: a refused configuration is not tried again" {
	put two.yaml 'gpus: 1'
	run -3 program apply "$gpu" -c two.yaml
	forget_events
	module_comes
	follow
	triggered
}

@test "follow: a run at work is waited for, and the other GPU is not kept waiting" {
	without_module
	module_comes
	flock "$state_folder/$gpu.lock" sh -c "sleep 1; cat '$(uevent "$gpu")' '$(uevent "$other")' >meanwhile" &
	sleep 0.2
	follow
	triggered "$gpu" "$other"
	[ "$(<meanwhile)" = $'none\nchange' ]
}

@test "follow: a run that does not end is waited for no longer than a minute" {
	without_module
	module_comes
	flock "$state_folder/$gpu.lock" sleep 100 &
	sleep 0.2
	RM_CLOCK=virtual follow
	triggered "$gpu" "$other"
	pkill -P $!
}

@test "follow: a module that is still starting is waited for" {
	without_module
	module_comes coming
	(sleep 0.5; cat "$(uevent "$gpu")" >meanwhile; module_comes live) &
	follow
	wait
	triggered "$gpu" "$other"
	[ "$(<meanwhile)" = none ]
}

@test "follow: a module that never ends to start is an error" {
	without_module
	module_comes coming
	RM_CLOCK=virtual expect 1 "" "mdev-gpu: nvidia-vgpu-vfio: cannot look after its GPUs: Connection timed out" \
		program follow nvidia_vgpu_vfio
	triggered
}

@test "follow: a module that has gone again" {
	without_module
	expect 0 "nvidia-vgpu-vfio: nothing to do: it is not loaded" "" program follow nvidia-vgpu-vfio
	triggered
}

@test "follow: GPUs of another driver are left alone" {
	without_module
	put "$world/sys/module/kvmgt/initstate" live
	expect 0 "" "" program follow kvmgt
	triggered
}

@test "follow: an SR-IOV GPU without virtual functions shows no types, and wants no event for that" {
	new_world 550.54.14 "$gpu=10de:2235:10de:145a" "$other=10de:1b38:10de:11d9,fb=24576"
	put "$world/sys/bus/pci/devices/$gpu/sriov_totalvfs" 16
	put "$world/sys/bus/pci/devices/$gpu/sriov_numvfs" 0
	run -0 program apply "$gpu" -c two.yaml
	forget_events
	mv "$vfio" "$vfio.old"
	module_comes
	follow
	triggered
}

@test "follow: a GPU that the vendor's VFIO serves shows no types where all functions have one, and wants no event for that" {
	local function
	new_world 570.86.15 --vendor-vfio "$gpu=10de:26b9:10de:1851,fb=46068,vfs=1" "$other=10de:1b38:10de:11d9,fb=24576"
	run -0 program apply "$gpu" -c two.yaml
	function=$(realpath "$world/sys/bus/pci/devices/$gpu/virtfn0")
	simulate write "${function#"$world"}/nvidia/current_vgpu_type" 60001
	forget_events
	mv "$vfio" "$vfio.old"
	module_comes
	follow
	triggered
}

# daemon [ARGUMENT…]: nvidia-vgpud is followed
daemon() {
	expect 0 "" "" program follow "$@" nvidia-vgpud
}

# noted: its work is known to be done in this boot
noted() {
	same "$(</proc/sys/kernel/random/boot_id)" "$state_folder/nvidia-vgpud.done" "the note"
}

# discarded [ADDRESS…]: both GPUs have been served, and then another program has emptied these GPUs' lists
discarded() {
	local address
	run -0 program apply --all -c two.yaml
	forget_events
	for address; do
		rm -r "$world/sys/bus/pci/devices/$address/mdev_supported_types"
	done
}

@test "follow: a daemon has ended, and GPUs whose types it has discarded get an event" {
	discarded "$gpu"
	daemon
	triggered "$gpu"
	noted
}

@test "follow: a daemon has ended, a type of its own beside ours is no reason, one of ours lacking is" {
	discarded
	mkdir "$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-900"
	rm -r "$world/sys/bus/pci/devices/$other/mdev_supported_types/nvidia-60002"
	daemon --process=
	triggered "$other"
}

@test "follow: a daemon has ended, and a GPU without a record, or with another boot's, is left to its own event" {
	discarded "$gpu" "$other"
	rm "$state_folder/$gpu.yaml"
	sed -i 's/^boot: .*/boot: "00000000-0000-0000-0000-000000000000"/' "$state_folder/$other.yaml"
	daemon
	triggered
}

@test "follow: a daemon's process is waited for" {
	discarded "$gpu"
	sh -c 'sleep 1; cat "$1" >meanwhile; [ ! -e "$2/nvidia-vgpud.done" ]' daemon "$(uevent "$gpu")" "$state_folder" &
	daemon --process=$!
	wait $!
	[ "$(<meanwhile)" = none ]
	triggered "$gpu"
	noted
}

@test "follow: a daemon's process that does not end is waited for no longer than forty seconds, and is not done" {
	discarded "$gpu"
	sleep 100 &
	RM_CLOCK=virtual expect 0 "" "mdev-gpu: nvidia-vgpud: its process $! has not ended in 40 s, and is waited for no longer" \
		program follow --process=$! nvidia-vgpud
	kill $!
	triggered "$gpu"
	[ ! -e "$state_folder/nvidia-vgpud.done" ]
}

@test "follow: that a daemon is done cannot be noted, GPUs get their event all the same" {
	discarded "$gpu"
	mkdir "$state_folder/nvidia-vgpud.done"
	expect 0 "" "mdev-gpu: nvidia-vgpud: cannot note that its work is done: Is a directory" program follow nvidia-vgpud
	triggered "$gpu"
}

@test "follow: a daemon has ended, and sysfs cannot tell what it left on a GPU with vGPUs: an event" {
	discarded
	simulate vgpus "$gpu" 1
	daemon
	triggered "$gpu"
}

@test "follow: a daemon has ended, and sysfs cannot tell what it left on an SR-IOV GPU without virtual functions: an event" {
	new_world 550.54.14 "$gpu=10de:2235:10de:145a" "$other=10de:1b38:10de:11d9,fb=24576"
	put "$world/sys/bus/pci/devices/$gpu/sriov_totalvfs" 16
	put "$world/sys/bus/pci/devices/$gpu/sriov_numvfs" 0
	discarded
	daemon
	triggered "$gpu"
}

@test "follow: an unknown module, and no module, are wrong usage" {
	expect 2 "" "mdev-gpu: 'nvidia' is no module or daemon that mdev-gpu knows; try --help" program follow nvidia
	expect 2 "" "mdev-gpu: follow takes the name of one module or daemon; try --help" program follow
	expect 2 "" "mdev-gpu: follow takes the name of one module or daemon; try --help" program follow kvmgt nvidia-vgpud
}

@test "follow: only a daemon has a process, and that has a number" {
	local word
	for word in 0 -1 1.5 2147483648 all; do
		expect 2 "" "mdev-gpu: --process takes the number of a daemon's process; try --help" \
			program follow --process=$word nvidia-vgpud
	done
	expect 2 "" "mdev-gpu: --process takes the number of a daemon's process; try --help" program follow --process=1 kvmgt
}

# unserved [ADDRESS…]: at the end of boot these GPUs get an event, and no others
unserved() {
	local address said=
	forget_events
	for address; do
		said+=${said:+$'\n'}"mdev-gpu: $address: no run has served the GPU since its driver bound: its event is sent again"
	done
	expect 0 "" "$said" program follow --all
	triggered "$@"
}

@test "follow: at the end of boot GPUs that no run has served get an event" {
	unserved "$gpu" "$other"
	run -0 program apply --all -c two.yaml
	unserved
	# a run of an earlier boot
	sed -i 's/^boot: .*/boot: "00000000-0000-0000-0000-000000000000"/' "$state_folder/$gpu.yaml"
	unserved "$gpu"
	# one that was killed with udevd, and one that is at work
	run -0 program apply --all -c two.yaml
	sed -i 's/^result: .*/result: "running"/' "$state_folder/$other.yaml"
	unserved "$other"
	echo 'ended: "the driver does not come back"' >>"$state_folder/$other.yaml"
	unserved "$other"
	sed -i '$d' "$state_folder/$other.yaml"
	flock "$state_folder/$other.lock" sleep 0.5 &
	sleep 0.2
	sed -i 's/^result: .*/result: "done"/' "$state_folder/$other.yaml"
	unserved
	wait
	# types that went with a driver, whose leaving and coming back nobody saw
	rm -r "$world/sys/bus/pci/devices/$gpu/mdev_supported_types"
	unserved "$gpu"
}

@test "follow: at the end of boot a run that has failed is not repeated, unless there was no configuration" {
	simulate inject open:ctl=errno:EACCES
	run -1 program apply "$gpu" -c two.yaml
	put bad.yaml 'gpus: 1'
	run -3 program apply "$other" -c bad.yaml
	unserved
	rm -rf "$configuration"
	run -1 program apply --unit "$gpu"
	unserved "$gpu"
	# nothing to do is done
	mkdir -p "$configuration"
	run -0 program apply --unit "$gpu"
	unserved
}

@test "follow: at the end of boot a GPU without a vendor's driver is left alone, and one that waits for the vendor's daemon" {
	put "$root/etc/systemd/system/multi-user.target.wants/nvidia-vgpud.service" ""
	unserved
	rm "$root/etc/systemd/system/multi-user.target.wants/nvidia-vgpud.service"
	# its unit is at work, or will be
	local unit=$root/run/systemd/system/sys-subsystem-pci-devices-$gpu.device.wants/mdev-gpu@$gpu.service
	put "$unit" ""
	unserved "$other"
	rm "$unit"
	local group="$world/sys/fs/cgroup/system.slice/system-mdev\\x2dgpu\\x2dwait.slice/mdev-gpu-wait@$other.service"
	mkdir -p "$group"
	echo 1234 >"$group/cgroup.procs"
	unserved "$gpu"
	# which has ended, and its group has not gone yet
	: >"$group/cgroup.procs"
	unserved "$gpu" "$other"
	rm -r "$world/sys/fs/cgroup"
	rm "$world/sys/bus/pci/devices/$gpu/driver"
	unserved "$other"
	expect 2 "" "mdev-gpu: follow takes the name of one module or daemon; try --help" program follow --all kvmgt
}

@test "follow: an event that cannot be sent is a failure, and keeps no other GPU from its own" {
	without_module
	module_comes
	# shellcheck disable=SC2016 # expanded by the inner shell
	expect 1 "" "mdev-gpu: $gpu: cannot have the kernel send its event again: Read-only file system" \
		"${as_root[@]:-env}" unshare --mount sh -euc 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; exec "$@"' read-only \
		"$(uevent "$gpu")" "$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" follow nvidia_vgpu_vfio
	triggered "$other"
}

@test "follow: GPUs that cannot be listed are a failure" {
	without_module
	module_comes
	rm "$(dirname "$(uevent "$gpu")")/class"
	mkdir "$(dirname "$(uevent "$gpu")")/class"
	expect 1 "" "mdev-gpu: /sys/devices/pci0000:65/$gpu/class cannot be read: Is a directory
mdev-gpu: nvidia-vgpu-vfio: cannot look after its GPUs: Is a directory" program follow nvidia_vgpu_vfio
}

@test "follow: expected types that do not show are missing types" {
	local igpu=0000:00:02.0
	new_world 535.104.05 "$igpu=8086:5912,class=0300,driver=i915"
	gpu=$igpu
	put "$world/sys/module/i915/initstate" live
	put "$world/sys/module/i915/parameters/enable_gvt" Y
	put "$BATS_TEST_TMPDIR/expected.yaml" 'gpus: [{expectTypes: [i915-GVTg_V5_8, i915-GVTg_V5_4]}]'
	put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_8/available_instances" 1
	put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_4/available_instances" 1
	run -0 program apply "$igpu" -c expected.yaml
	put "$(uevent "$igpu")" none
	put "$world/sys/module/kvmgt/initstate" live
	expect 0 "" "" program follow kvmgt
	[ "$(<"$(uevent "$igpu")")" = none ]
	rm -r "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_4"
	expect 0 "" "" program follow --udev kvmgt
	[ "$(<"$(uevent "$igpu")")" = change ]
}
