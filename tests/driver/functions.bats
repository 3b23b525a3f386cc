#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Virtual functions in the simulated driver: who makes them, what it takes, and the types of the vendor's VFIO.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # $p is the world's; driver.bash sets the rest, and each test is a shell of its own
load driver

L40S=10de:26b9:10de:1851,fb=49152

# in_world COMMAND…: sh, whose echo is a write(2)
in_world() {
	simulate run "$world" -- sh -c "cd / && p=/sys/bus/pci/devices/0000:65:00 && $1"
}

# functions RELEASE [OPTION]…: an L40S with 16 functions made by the script, and vgpud's types on them
functions() {
	local release=$1
	shift
	new "$release" --gpu "0000:65:00.0=$L40S" --vendor-vfio "$@"
	simulate stock "$world" 0000:65:00.0 "NVIDIA L40S"
	in_world '/usr/lib/nvidia/sriov-manage -e 0000:65:00.0'
}

# wrote ERRNO PATH TEXT: a write of it ends so; 0: well
wrote() {
	RM_TRACE=1 in_world "echo '$3' >$2" 2>/dev/null || :
	[[ $(grep ' write ' "$world/transcript" | tail -n 1) == *" '$3' errno=$1 pid="* ]] || {
		tail -n 1 "$world/transcript"
		return 1
	}
}

# type NUMBER: a function's
type_of() {
	cat "$world/sys/bus/pci/devices/0000:65:00.0/virtfn$1/nvidia/current_vgpu_type"
}

creatable() {
	cat "$world/sys/bus/pci/devices/0000:65:00.0/virtfn$1/nvidia/creatable_vgpu_types"
}

bound() {
	basename "$(readlink "$world/sys/bus/pci/devices/$1/driver")"
}

numvfs() {
	cat "$world/sys/bus/pci/devices/0000:65:00.0/sriov_numvfs"
}

@test "sriov_numvfs: the kernel's errors, in its order" {
	new 570.86.15 --gpu "0000:65:00.0=$L40S"
	wrote 22 '$p.0/sriov_numvfs' x
	wrote 22 '$p.0/sriov_numvfs' 65536
	wrote 34 '$p.0/sriov_numvfs' 17
	# as now: nobody is asked
	wrote 0 '$p.0/sriov_numvfs' 0
	# nvidia has no such callback, nor has nobody
	wrote 2 '$p.0/sriov_numvfs' 4
	simulate unbind "$world" 0000:65:00.0
	wrote 2 '$p.0/sriov_numvfs' 4
	wrote 0 /sys/bus/pci/drivers/pci-pf-stub/new_id '10de 26b9'
	[[ $(bound 0000:65:00.0) == pci-pf-stub ]]
	simulate function "$world" 0000:65:00.0 numvfs-errno=12
	wrote 12 '$p.0/sriov_numvfs' 4
	simulate function "$world" 0000:65:00.0 numvfs-errno=0
	wrote 0 '$p.0/sriov_numvfs' 0x4
	[[ $(numvfs) == 4 ]]
	wrote 16 '$p.0/sriov_numvfs' 5
	wrote 0 '$p.0/sriov_numvfs' 0
	simulate function "$world" 0000:65:00.0 numvfs-most=3
	wrote 0 '$p.0/sriov_numvfs' 4
	[[ $(numvfs) == 3 ]]
	[[ ! -e $world/sys/bus/pci/devices/0000:65:00.0/virtfn3 ]]
	[[ $(readlink "$world/sys/bus/pci/devices/0000:65:00.4/physfn") == ../0000:65:00.0 ]]
	# nobody makes a file in sysfs, and what is only read is not written
	run -2 in_world 'echo 1 >$p.0/sriov_new'
	[[ $output == *"Permission denied" ]]
	run -2 in_world 'echo 1 >$p.0/sriov_totalvfs'
	[[ $output == *"Permission denied" ]]
}

@test "sriov_numvfs: xe takes it, and its functions unless they are not to be probed; i915 does not" {
	new 570.86.15 --gpu 0000:65:00.0=8086:56c0,driver=xe,totalvfs=7 --gpu 0000:66:00.0=8086:5693,driver=i915,totalvfs=7
	wrote 0 '$p.0/sriov_numvfs' 2
	[[ $(bound 0000:65:00.5) == xe ]]
	wrote 0 '$p.0/sriov_numvfs' 0
	wrote 0 '$p.0/sriov_drivers_autoprobe' 0
	wrote 0 '$p.0/sriov_numvfs' 7
	[[ -e $world/sys/bus/pci/devices/0000:65:01.2 && ! -e $world/sys/bus/pci/devices/0000:65:01.2/driver ]]
	wrote 2 /sys/bus/pci/devices/0000:66:00.0/sriov_numvfs 2
}

@test "pci-pf-stub: an id is a device's, not a card's" {
	new 570.86.15 --gpu "0000:65:00.0=$L40S" --gpu "0000:66:00.0=$L40S"
	wrote 19 /sys/bus/pci/drivers/pci-pf-stub/bind 0000:65:00.0
	simulate unbind "$world" 0000:65:00.0
	simulate unbind "$world" 0000:66:00.0
	wrote 0 /sys/bus/pci/drivers/pci-pf-stub/new_id '10de 26b9'
	[[ $(bound 0000:65:00.0) == pci-pf-stub && $(bound 0000:66:00.0) == pci-pf-stub ]]
	wrote 17 /sys/bus/pci/drivers/pci-pf-stub/new_id '10de 26b9'
	wrote 0 /sys/bus/pci/drivers/pci-pf-stub/remove_id '10de 26b9'
	wrote 19 /sys/bus/pci/drivers/pci-pf-stub/remove_id '10de 26b9'
	wrote 16 /sys/bus/pci/drivers/nvidia/bind 0000:65:00.0
	wrote 19 /sys/bus/pci/drivers/nvidia/unbind 0000:65:00.0
	wrote 0 /sys/bus/pci/drivers/pci-pf-stub/unbind 0000:65:00.0
	wrote 0 /sys/bus/pci/drivers/nvidia/bind 0000:65:00.0
	[[ $(bound 0000:65:00.0) == nvidia ]]
}

@test "sriov-manage: all functions, the GPU back with its driver, in this order; and off again" {
	functions 570.86.15
	run -0 sed -n '/ write /s/ pid=.*//p' "$world/transcript"
	is "$(cat <<-'END'
		- write proc/driver/nvidia/gpus/0000:65:00.0/unbindLock '1' errno=0
		- write sys/bus/pci/drivers/nvidia/unbind '0000:65:00.0' errno=0
		- write sys/bus/pci/drivers/pci-pf-stub/new_id '0x10de 0x26b9' errno=0
		- write sys/bus/pci/drivers/pci-pf-stub/remove_id '0x10de 0x26b9' errno=0
		- write sys/devices/pci0000:65/0000:65:00.0/sriov_numvfs '16' errno=0
		- write sys/bus/pci/drivers/pci-pf-stub/unbind '0000:65:00.0' errno=0
		- write sys/bus/pci/drivers/nvidia/bind '0000:65:00.0' errno=0
	END
	)"
	[[ $(numvfs) == 16 && $(bound 0000:65:00.0) == nvidia && $(bound 0000:65:02.3) == nvidia ]]
	in_world '/usr/lib/nvidia/sriov-manage -e ALL'
	[[ $(numvfs) == 16 ]]
	in_world '/usr/lib/nvidia/sriov-manage -d ALL'
	[[ $(numvfs) == 0 && $(bound 0000:65:00.0) == nvidia && ! -e $world/sys/bus/pci/devices/0000:65:00.4 ]]
	# not SR-IOV: skipped
	rm -rf "$world"
	new 570.86.15 --gpu "$P40"
	in_world '/usr/lib/nvidia/sriov-manage -e 0000:65:00.0'
	[[ $(<"$world/sriov-manage.log") == "-e 0000:65:00.0" ]]
}

@test "sriov-manage: it lies, dies, is refused, and needs a kernel with pci-pf-stub" {
	local manage='/usr/lib/nvidia/sriov-manage -e 0000:65:00.0'
	new 570.86.15 --gpu "0000:65:00.0=$L40S"
	simulate manage "$world" lie 1
	in_world "$manage"
	[[ $(numvfs) == 0 ]]
	simulate manage "$world" refuse
	run -1 in_world "$manage"
	is "Cannot obtain unbindLock for 0000:65:00.0"
	[[ $(numvfs) == 0 && $(bound 0000:65:00.0) == nvidia ]]
	simulate manage "$world" die
	run -137 in_world "$manage"
	[[ $(numvfs) == 16 && $(bound 0000:65:00.0) == pci-pf-stub ]]
	simulate unbind "$world" 0000:65:00.0
	simulate bind "$world" 0000:65:00.0
	simulate manage "$world"
	in_world '/usr/lib/nvidia/sriov-manage -d 0000:65:00.0'
	simulate manage "$world" bare
	run -137 in_world "$manage"
	[[ ! -e $world/sys/bus/pci/devices/0000:65:00.0/driver ]]
	rm "$world/usr/lib/nvidia/sriov-manage"
	run -127 in_world "$manage"
	rm -rf "$world"
	new 570.86.15 --gpu "0000:66:00.0=$L40S" --no-stub
	run -1 in_world '/usr/lib/nvidia/sriov-manage -e 0000:66:00.0'
	[[ ! -e $world/sys/bus/pci/devices/0000:66:00.0/driver ]]
}

@test "sriov-manage: it is the world's for whoever looks at it, step by step too" {
	new 570.86.15
	rm "$world/usr/lib/nvidia/sriov-manage"
	put_script() { printf '#!/bin/sh\necho "ours: $1 $RM_TEST"\n' >"$world/usr/lib/nvidia/sriov-manage" && chmod 755 "$world/usr/lib/nvidia/sriov-manage"; }
	put_script
	run -0 simulate run "$world" -- python3 -u -c 'import os, subprocess
d = os.open("/usr/lib", os.O_PATH)
n = os.open("nvidia", os.O_PATH | os.O_DIRECTORY, dir_fd=d)
f = os.open("sriov-manage", os.O_RDONLY, dir_fd=n)
path = "/usr/lib/nvidia/sriov-manage"
print(os.fstat(f).st_ino == os.stat(path).st_ino == os.lstat(path).st_ino, os.access(path, os.X_OK))
subprocess.run([path, "a"], env={"RM_TEST": "1"})
os.posix_spawn(path, [path, "b"], {"RM_TEST": "2"})
os.wait()
os.execv(path, [path, "c"])'
	is $'True True\nours: a 1\nours: b 2\nours: c '
}

@test "unbindLock: looked at when it is closed, refused while somebody has the GPU" {
	new 570.86.15 --gpu "0000:65:00.0=$L40S" --nodes
	run -0 in_world 'l=/proc/driver/nvidia/gpus/0000:65:00.0/unbindLock; cat $l
exec 8>$l; echo 1 >&8; cat $l; exec 8>&-; cat $l; cat /dev/nvidia0; echo 0 >$l; cat $l
exec 9<>/dev/nvidia0; echo 1 >$l; cat $l; exec 9>&-; cat $l; echo 1 >$l; cat $l; echo yes >$l; cat $l'
	is $'0\n0\n1\ncat: /dev/nvidia0: No such device\n0\n0\n0\n1\n1'
	grep -q 'NVRM: Could not acquire UnbindLock' "$world/kmsg"
	# it ends with the unbind
	simulate unbind "$world" 0000:65:00.0
	simulate bind "$world" 0000:65:00.0
	run -0 in_world 'cat /proc/driver/nvidia/gpus/0000:65:00.0/unbindLock'
	is 0
	rm -rf "$world"
	new 570.86.15 --gpu "0000:67:00.0=$L40S" --plain
	[[ ! -e $world/proc/driver/nvidia/gpus/0000:67:00.0/unbindLock ]]
}

@test "functions: without an IOMMU nvidia takes none, until 550.78 none while another driver has the GPU" {
	new 570.86.15 --gpu "0000:65:00.0=$L40S" --vendor-vfio --no-iommu
	run in_world '/usr/lib/nvidia/sriov-manage -e 0000:65:00.0'
	[[ $(numvfs) == 16 && ! -e $world/sys/bus/pci/devices/0000:65:00.4/driver && ! -e $world/sys/class/iommu ]]
	grep -q 'Aborting probe for VF' "$world/kmsg"
	rm -rf "$world"
	functions 550.54.14
	grep -q 'PF is not bound' "$world/kmsg"
	[[ $(bound 0000:65:00.4) == nvidia && -e $world/sys/bus/pci/devices/0000:65:00.4/nvidia ]]
	rm -rf "$world"
	functions 550.90.07
	[[ ! -s $world/kmsg && -e $world/sys/bus/pci/devices/0000:65:00.4/nvidia ]]
	[[ $(readlink "$world/sys/bus/pci/devices/0000:65:00.4/iommu_group") != "$(readlink "$world/sys/bus/pci/devices/0000:65:00.5/iommu_group")" ]]
}

@test "functions: their files come after a delay, by the clock or by waits that are none" {
	functions 570.86.15 --delay=60000
	[[ $(bound 0000:65:00.4) == nvidia ]]
	run -2 in_world 'ls $p.4/nvidia'
	run -0 env RM_CLOCK=virtual "$RM_SIMULATE" run "$world" -- "$RM_LIBDIR/rm-probe" nap:30000
	run -2 in_world 'ls $p.4/nvidia'
	run -0 env RM_CLOCK=virtual "$RM_SIMULATE" run "$world" -- "$RM_LIBDIR/rm-probe" nap:30000
	run -0 in_world 'ls $p.4/nvidia'
	is $'creatable_vgpu_types\ncurrent_vgpu_type\nvgpu_params'
	rm -rf "$world"
	functions 570.86.15 --delay=300
	until in_world 'test -d $p.4/nvidia'; do sleep 0.1; done
	# in mdev's world the types do
	rm -rf "$world"
	new 570.86.15 --gpu "0000:65:00.0=$L40S" --delay=60000
	simulate stock "$world" 0000:65:00.0 "NVIDIA L40S" 700
	in_world '/usr/lib/nvidia/sriov-manage -e 0000:65:00.0'
	run -2 in_world 'ls $p.4/mdev_supported_types'
	RM_CLOCK=virtual simulate run "$world" -- "$RM_LIBDIR/rm-probe" nap:60000
	run -0 in_world 'cat $p.4/mdev_supported_types/nvidia-703/name'
	is "NVIDIA L40S-4Q"
}

@test "types: what is set, with which errors" {
	functions 570.86.15
	local file='$p.4/nvidia/current_vgpu_type'
	[[ $(type_of 0) == 0 ]]
	wrote 22 "$file" x
	wrote 22 "$file" 0x47e
	wrote 34 "$file" 99999999999
	wrote 1 "$file" 0
	wrote 5 "$file" 999
	[[ $(type_of 0) == 0 ]]
	wrote 0 "$file" 1150
	[[ $(type_of 0) == 1150 ]]
	wrote 1 "$file" 1150
	wrote 1 "$file" 1151
	exec 9<>"$world/.rm/vfio/devices/$(ls "$world/sys/bus/pci/devices/0000:65:00.4/vfio-dev")"
	wrote 1 "$file" 0
	exec 9>&-
	simulate function "$world" 0000:65:00.4 busy=1
	wrote 16 "$file" 0
	wrote 0 "$file" 0
	wrote 1 "$file" 0
	simulate function "$world" 0000:65:00.4 refuse=0x66
	wrote 5 "$file" 1150
	wrote 0 "$file" 1150
	[[ $(sed 's/.*;//' "$world/kmsg") == $'NVRM: Failed to add vgpu create request: 0x57\nNVRM: Failed to add vgpu create request: 0x66' ]]
	# a function that was unbound and bound again is dead until all are made anew
	wrote 0 /sys/bus/pci/drivers/nvidia/unbind 0000:65:00.4
	[[ ! -e $world/sys/bus/pci/devices/0000:65:00.4/nvidia ]]
	wrote 0 /sys/bus/pci/drivers/nvidia/bind 0000:65:00.4
	[[ $(type_of 0) == 0 ]]
	wrote 22 "$file" 1150
	in_world '/usr/lib/nvidia/sriov-manage -d ALL; /usr/lib/nvidia/sriov-manage -e ALL'
	wrote 0 "$file" 1150
}

@test "types: those of functions that stay are lost when the GPU is bound again, and all with the module" {
	functions 570.86.15
	wrote 0 '$p.4/nvidia/current_vgpu_type' 1150
	simulate unbind "$world" 0000:65:00.0
	[[ $(numvfs) == 16 && ! -e $world/sys/bus/pci/devices/0000:65:00.4/nvidia ]]
	simulate bind "$world" 0000:65:00.0
	[[ $(numvfs) == 16 && $(type_of 0) == 0 ]]
	# and another driver does not take a GPU that has some
	simulate unbind "$world" 0000:65:00.0
	run -1 simulate bind "$world" 0000:65:00.0 vfio-pci
	is "simulate: 0000:65:00.0: Device or resource busy"
	simulate bind "$world" 0000:65:00.0
	simulate reload "$world"
	[[ $(numvfs) == 0 ]]
}

@test "types: what can be created is the moment's: one's own, the siblings' sizes, the card's memory" {
	local n
	functions 570.86.15
	creatable 0 | head -n 2 | diff - <(printf 'ID    : vGPU Name\n1147  : NVIDIA L40S-1Q\n')
	[[ $(creatable 0 | wc -l) == 28 ]]
	wrote 0 '$p.4/nvidia/current_vgpu_type' 1150
	creatable 0 | diff - <(echo 'ID    : vGPU Name')
	# the same size of each series, and no other
	creatable 1 | diff - <(printf 'ID    : vGPU Name\n1150  : NVIDIA L40S-4Q\n1160  : NVIDIA L40S-4A\n1167  : NVIDIA L40S-4C\n')
	wrote 5 '$p.5/nvidia/current_vgpu_type' 1148
	[[ $(tail -n 1 "$world/kmsg") == *0x56 ]]
	for ((n = 1; n < 12; n++)); do
		simulate write "$world" "$(in_world "readlink -f \$p.0/virtfn$n")/nvidia/current_vgpu_type" 1160
	done
	creatable 12 | diff - <(echo 'ID    : vGPU Name')
	run -1 simulate write "$world" "$(in_world 'readlink -f $p.0/virtfn12')/nvidia/current_vgpu_type" 1160
	is "simulate: $(in_world 'readlink -f $p.0/virtfn12')/nvidia/current_vgpu_type: Input/output error"
	[[ $(tail -n 1 "$world/kmsg") == *0x1a ]]
	rm -rf "$world"
	functions 570.86.15 --mixed-sizes
	wrote 0 '$p.4/nvidia/current_vgpu_type' 1155
	wrote 0 '$p.5/nvidia/current_vgpu_type' 1154
	creatable 2 | grep -q 'L40S-8Q$'
	run -1 grep -q 'L40S-12Q$' <(creatable 2)
}

@test "types: the list as NVIDIA's guide prints it, without a line, and cut" {
	functions 570.86.15 --guide-list
	[[ $(creatable 0 | head -n 1) == "NVIDIA L40S-1Q   1147" ]]
	wrote 0 '$p.4/nvidia/current_vgpu_type' 1150
	[[ -z $(creatable 0) ]]
	rm -rf "$world"
	functions 570.86.15 --empty-list
	[[ $(creatable 0 | head -n 1) == "ID    : vGPU Name" ]]
	wrote 0 '$p.4/nvidia/current_vgpu_type' 1150
	[[ ! -s $world/sys/bus/pci/devices/0000:65:00.4/nvidia/creatable_vgpu_types ]]
	rm -rf "$world"
	functions 570.86.15 --page=30
	creatable 0 | diff - <(printf 'ID    : vGPU Name\n1147  : NVID')
}

@test "vgpu_params: with a type only, gone with it, and not while a VM has it" {
	local file='$p.4/nvidia/vgpu_params'
	functions 570.86.15
	wrote 6 "$file" a=1
	run -0 simulate run "$world" -- python3 -c 'import os
try: os.read(os.open("/sys/bus/pci/devices/0000:65:00.4/nvidia/vgpu_params", os.O_RDONLY), 9)
except OSError as e: print(e.errno)'
	is 6
	wrote 0 '$p.4/nvidia/current_vgpu_type' 1150
	wrote 0 "$file" 'a=1, b=2'
	run -0 in_world "cat $file"
	is 'a=1, b=2'
	run -1 simulate write "$world" /sys/devices/pci0000:65/0000:65:00.4/nvidia/vgpu_params "$(printf '%01100d' 0)"
	[[ $output == *"Argument list too long" ]]
	exec 9<>"$world/.rm/vfio/devices/$(ls "$world/sys/bus/pci/devices/0000:65:00.4/vfio-dev")"
	wrote 1 "$file" c=3
	exec 9>&-
	wrote 0 "$file" ' '
	run -0 in_world "cat $file"
	is ''
	wrote 0 "$file" c=3
	wrote 0 '$p.4/nvidia/current_vgpu_type' 0
	wrote 0 '$p.4/nvidia/current_vgpu_type' 1150
	run -0 in_world "cat $file"
	is ''
	rm -rf "$world"
	functions 535.216.01
	[[ ! -e $world/sys/bus/pci/devices/0000:65:00.4/nvidia/vgpu_params ]]
}

@test "writes: what goes round write(2) changes nothing" {
	functions 570.86.15
	run simulate run "$world" -- bash -c 'echo 1150 >/sys/bus/pci/devices/0000:65:00.4/nvidia/current_vgpu_type'
	[[ $(type_of 0) == 0 ]]
	run -0 simulate run "$world" -- python3 -c 'import os
f = os.open("/sys/bus/pci/devices/0000:65:00.4/nvidia", os.O_PATH)
os.writev(os.open("current_vgpu_type", os.O_WRONLY, dir_fd=f), [b"11", b"50\n"])
os.pwrite(os.open("vgpu_params", os.O_WRONLY | os.O_TRUNC, dir_fd=f), b"a=1\n", 0)'
	[[ $(type_of 0) == 1150 && $(<"$world/sys/bus/pci/devices/0000:65:00.4/nvidia/vgpu_params") == a=1 ]]
}

@test "holders: /proc names the nodes that others have, and the kernel's log comes record by record" {
	functions 570.86.15
	simulate node "$world" nvidia0 195:0
	run -0 in_world "exec 8<>/dev/nvidia0 9<>/dev/vfio/devices/\$(ls \$p.4/vfio-dev); readlink /proc/\$\$/fd/8 /proc/\$\$/fd/9"
	[[ $output == $'/dev/nvidia0\n/dev/vfio/devices/vfio'[0-9]* ]]
	wrote 5 '$p.4/nvidia/current_vgpu_type' 7
	wrote 5 '$p.4/nvidia/current_vgpu_type' 8
	run -0 simulate run "$world" -- python3 -c 'import os
f = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
print([os.read(f, 8192).split(b";")[1], os.read(f, 8192).split(b";")[1]])
try: os.read(f, 8192)
except BlockingIOError: print("no more")'
	is "[b'NVRM: Failed to add vgpu create request: 0x57\\n', b'NVRM: Failed to add vgpu create request: 0x57\\n']
no more"
}
