#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The simulated driver itself: its core against the facts, its front end against real programs. The helper has no part here.

# shellcheck disable=SC2154 # driver.bash sets them
load driver

### the core

@test "core: its own tests pass" {
	run -0 "$RM_LIBDIR/rm-test"
	[[ $output != *"not ok"* ]]
	[[ ${lines[-1]} == 1..* ]]
}

@test "core: its own tests pass under the sanitizers" {
	cd "$src"
	${CC:-cc} -fsanitize=address,undefined -x c - -o "$BATS_TEST_TMPDIR/a" <<<'int main(void){return 0;}' 2>/dev/null ||
		skip "no sanitizers in ${CC:-cc}"
	${CC:-cc} -std=gnu11 -g -fsanitize=address,undefined -fno-sanitize-recover=all -o "$BATS_TEST_TMPDIR/rm-test" rm.c rm-*.c
	run -0 "$BATS_TEST_TMPDIR/rm-test"
	[[ ${lines[-1]} == 1..* ]]
}

@test "core: its layouts are what the measured ones say" {
	run -0 "$src/gen-abi.py" --check
	sed 's/"vgpu_config_state":\[5432,4\]/"vgpu_config_state":[5428,4]/' "$src/../data/nvidia-rm-abi.json" \
		>"$BATS_TEST_TMPDIR/x.json"
	run -1 "$src/gen-abi.py" --check --json "$BATS_TEST_TMPDIR/x.json"
	is "gen-abi.py: rm-abi.c is not what x.json says"
}

# bcmp is what clang makes of a memcmp that only asks for equality; the kernel has it too
@test "core: needs nothing but a few string functions" {
	mkdir "$BATS_TEST_TMPDIR/o"
	for file in "$src"/rm.c "$src"/rm-*.c; do
		[[ $file == */rm-test.c ]] || ${CC:-cc} -std=gnu11 -O2 -fno-stack-protector -c "$file" \
			-o "$BATS_TEST_TMPDIR/o/$(basename "$file").o"
	done
	run -0 bash -c "nm -u '$BATS_TEST_TMPDIR'/o/*.o | awk '\$1 == \"U\" && \$2 !~ /^rm_|^_GLOBAL_OFFSET_TABLE_\$/ { print \$2 }' | sort -u"
	for symbol in $output; do
		[[ $symbol =~ ^(mem(cpy|set|cmp)|bcmp|str(len|ncmp))$ ]] || { echo "needs $symbol"; return 1; }
	done
}

### making worlds

@test "simulate: a driver that the facts do not cover is refused" {
	run -1 new 615.71.09
	is "simulate: the facts do not cover driver 615.71.09 (try --like)"
	new 615.71.09 --like 595.45.04
	[[ $(<"$world/sys/module/nvidia/version") == 615.71.09 ]]
}

@test "simulate: a driver of a vGPU host, whose number is not the public one's, is itself" {
	local release row
	while IFS=$'\t' read -r _ release row _; do
		# the public 515 and 520 are measured, and host nothing
		[[ $release != "host release" && $release != 515.* && $release != 520.* ]] || continue
		if [[ $row == - ]]; then
			run -1 new "$release"
		else
			new "$release"
			[[ $(<"$world/sys/module/nvidia/version") == "$release" ]]
		fi
	done <"$src/../data/nvidia-host-releases.tsv"
}

@test "simulate: words it does not know are refused" {
	run -1 new 570.86.15 --gpus x
	is "simulate: new: '--gpus' is not understood"
	run -1 new 570.86.15 --gpu 0000:65:00.0=10de:1b38,bf=1
	run -1 simulate nodes "$BATS_TEST_TMPDIR/nothing"
	run -1 simulate run "$BATS_TEST_TMPDIR/nothing" true
	new 570.86.15
	run -1 simulate inject "$world" any=explode
	is "simulate: any=explode: not a rule"
	simulate inject "$world" control=status:0x8b
	run -1 simulate inject "$world" control=status:DMA_XFER_FAILED
	run -1 simulate types "$world" 0000:65:00.0
	is "simulate: 0000:65:00.0: no such PCI function"
	run -2 simulate
}

@test "simulate: libudev sees the PCI functions" {
	command -v udevadm >/dev/null || skip "no udevadm"
	new 570.86.15 --gpu "$P40" --gpu 0000:00:02.0=8086:5912,class=0300 --gpu 0000:65:00.1=10de:10f0,class=0403
	run -0 bash -o pipefail -c '"$@" | sort' - "$RM_SIMULATE" run "$world" \
		udevadm info -q property /sys/bus/pci/devices/0000:65:00.0
	is "DEVPATH=/devices/pci0000:65/0000:65:00.0
DRIVER=nvidia
MODALIAS=pci:v000010DEd00001B38sv000010DEsd000011D9bc03sc02i00
PCI_CLASS=30200
PCI_ID=10DE:1B38
PCI_SLOT_NAME=0000:65:00.0
PCI_SUBSYS_ID=10DE:11D9
SUBSYSTEM=pci"
	[[ $(readlink "$world/sys/bus/pci/devices/0000:00:02.0/driver") == */i915 ]]
	[[ $(<"$world/sys/bus/pci/devices/0000:65:00.1/class") == 0x040300 ]]
}

@test "simulate: /proc says what the release says" {
	new 535.183.01 --gpu "$P40,minor=3" --modify-device-files=0 --params uid=5,gid=6,mode=432
	run -0 simulate run "$world" grep nvidia /proc/devices
	is $'195 nvidia-modeset\n195 nvidia-frontend'
	run -0 simulate run "$world" grep -h Device /proc/driver/nvidia/params
	is $'ModifyDeviceFiles: 0\nDeviceFileUID: 5\nDeviceFileGID: 6\nDeviceFileMode: 432'
	run -0 simulate run "$world" grep Minor /proc/driver/nvidia/gpus/0000:65:00.0/information
	is $'Device Minor: \t 3'
	new 545.23.06
	run -0 simulate run "$world" grep nvidia /proc/devices
	is $'195 nvidia-modeset\n195 nvidia\n195 nvidiactl'
	new 545.23.06 --unloaded
	run -1 simulate run "$world" grep nvidia /proc/devices
}

@test "simulate: a folder listing and access() are redirected too" {
	new 570.86.15 --gpu "$P40"
	run -0 simulate run "$world" python3 -c 'import os; print(os.listdir("/sys/bus/pci/devices"), os.access("/sys/module/nvidia", 0))'
	is "['0000:65:00.0'] True"
}

### nodes

@test "node: nobody makes it, mknod obeys the umask, chmod does not" {
	new 570.86.15 --gpu "$P40"
	umask 027
	run -1 probe ctl mknod:nvidiactl:195:255:0666 stat:nvidiactl chmod:nvidiactl:0666 chown:nvidiactl:7:8 stat:nvidiactl \
		ctl fstat mknod:nvidiactl:195:255:0666
	is "ctl: No such file or directory
mknod: 0
stat: chr 195:255 0640 0:0
chmod: 0
chown: 0
stat: chr 195:255 0666 7:8
ctl: 0
fstat: chr 195:255 0666 7:8
mknod: File exists"
	run -0 simulate nodes "$world"
	is "nvidiactl 195:255 0666 7:8"
	run -0 simulate transcript "$world"
	is "- open nvidiactl errno=2
- mknod nvidiactl dev=195:255 mode=0640 uid=0 gid=0
- chmod nvidiactl dev=195:255 mode=0666 uid=0 gid=0
- chown nvidiactl dev=195:255 mode=0666 uid=7 gid=8
1 open nvidiactl
- mknod nvidiactl errno=17
1 close nvidiactl leaked"
}

@test "node: a number that is not the driver's does not open" {
	new 570.86.15 --gpu "$P40"
	simulate node "$world" nvidiactl 10:255
	simulate node "$world" nvidia0 195:7
	run -1 probe ctl gpu:0
	is $'ctl: No such device or address\ngpu: No such device'
	simulate node "$world" nvidia0 gone
	simulate node "$world" nvidia0 195:0
	probe gpu:0
	simulate unload "$world"
	run -1 probe gpu:0
	is "gpu: No such device or address"
}

@test "node: rename, unlink, and what was opened by O_PATH" {
	new 570.86.15 --gpu "$P40"
	run -1 probe mknod:.nvidia0.tmp:195:0:0600 rename:.nvidia0.tmp:nvidia0 opath:nvidia0 stat:nvidia0 unlink:nvidia0 stat:nvidia0
	is "mknod: 0
rename: 0
opath: chr 195:0 0600 0:0
chmod: 0
close: 0
stat: chr 195:0 0600 0:0
unlink: 0
stat: No such file or directory"
}

@test "node: without rights there is no mknod and no forbidden open" {
	new 570.86.15 --gpu "$P40"
	RM_CAPS=0 run -1 probe mknod:nvidiactl:195:255:0666
	is "mknod: Operation not permitted"
	simulate node "$world" nvidiactl 195:255 0000
	RM_CAPS=0 run -1 probe ctl
	is "ctl: Permission denied"
	RM_CAPS=1 probe ctl
}

### descriptors

@test "descriptor: closed is closed, and nothing of ours stays open" {
	new 570.86.15 --gpu "$P40" --nodes
	run -0 probe fds ctl gpu:0 fds close fds
	before=${lines[0]#fds: }
	[[ ${lines[3]} == "fds: $((before + 2))" && ${lines[-1]} == "fds: $before" ]]
	run -0 simulate transcript "$world"
	[[ $output != *leaked* ]]
}

@test "descriptor: one that is left at the end is a leak" {
	new 570.86.15 --gpu "$P40" --nodes
	probe ctl gpu:0
	run -0 simulate transcript "$world"
	[[ $output == *"close nvidiactl leaked"*"close nvidia0 leaked"* ]]
}

@test "descriptor: after SIGKILL the driver lets go" {
	new 570.86.15 --gpu "$P40" --nodes
	run -137 probe ctl gpu:0 client:0-65-0 die
	run -0 simulate transcript "$world"
	[[ $output == *"close nvidiactl leaked"* ]]
	simulate reload "$world"
}

@test "descriptor: dup keeps the file open, fork and exec do not hold it" {
	new 570.86.15 --gpu "$P40" --nodes
	run -0 probe "${all[@]}" dup fork virt close exec
	[[ ${lines[-1]} == "close: 0" && $output == *"virt: 3"* ]]
	run -0 simulate transcript "$world"
	[[ $(grep -c close <<<"$output") == 2 && $output != *leaked* ]]
}

@test "descriptor: an open without O_CLOEXEC is written down" {
	new 570.86.15 --gpu "$P40" --nodes
	probe ctl leaky:0 close
	run -0 simulate transcript "$world"
	[[ $(grep -c 'note open without O_CLOEXEC' <<<"$output") == 1 ]]
}

### the driver through the front end

@test "run: the whole sequence, and its transcript" {
	new 580.95.05 --gpu "$P40" --nodes
	simulate clear "$world"
	run -0 probe "${all[@]}" virt set:50001:4 set:50002:8 list update free close
	is "ctl: 0
gpu: 0
client: 0
virt: 3
set: 0
set: 0
list: 50001 50002
update: 0
free: 0
close: 0
close: 0"
	run -0 simulate transcript "$world"
	is "1 open nvidiactl
2 open nvidia0
3 alloc class=0x41 status=0x0
4 control cmd=0x205 size=32 status=0x0
5 alloc class=0x80 status=0x0
6 alloc class=0x2080 status=0x0
7 alloc class=0xa081 status=0x0
8 control cmd=0x800289 size=8 status=0x0
9 control cmd=0xa0810101 size=5440 status=0x0
10 control cmd=0xa0810101 size=5440 status=0x0
11 control cmd=0xa0810104 size=524 status=0x0
12 control cmd=0xa0810109 size=0 status=0x0
13 free status=0x0
13 close nvidia0
13 close nvidiactl"
	[[ $(stat -c %s "$world/blocks/00009-a0810101.bin") == 5440 ]]
	[[ $(od -An -tu4 -j8 -N4 "$world/blocks/00010-a0810101.bin") -eq 50002 ]]
	run -0 simulate types "$world" 0000:65:00.0
	[[ ${lines[0]} == "50001 name='Type 50001' class='' max_instance=4 "*" profile=1024 creatable=1 ignored=0" ]]
	run -0 simulate calls "$world"
	is 13
	simulate clear "$world"
	[[ ! -s $world/transcript && -z $(ls "$world/blocks") && $(simulate calls "$world") == 0 ]]
}

@test "run: what a program does not own is EFAULT, not a crash" {
	new 580.95.05 --gpu "$P40" --nodes
	run -1 probe ctl bad
	is $'ctl: 0\nbad: Bad address'
}

@test "run: rights follow the caller" {
	new 580.95.05 --gpu "$P40" --nodes
	RM_CAPS=0 run -0 probe "${all[@]}" set:1:1
	[[ $output == *"set: 27"* ]]
}

@test "run: RM_TRACE decides how much is written" {
	new 580.95.05 --gpu "$P40" --nodes
	simulate clear "$world"
	RM_TRACE=0 probe ctl close
	[[ ! -s $world/transcript ]]
	RM_TRACE=1 probe "${all[@]}"
	[[ -s $world/transcript && -z $(ls "$world/blocks") ]]
	RM_TRACE=3 probe "${all[@]}"
	ls "$world"/blocks/*.out "$world"/blocks/*.bin
}

@test "sysfs: on 550.54 types appear with 0xA0810109 and not before" {
	new 550.54.14 --gpu "$P40" --nodes
	probe "${all[@]}" set:1:4
	[[ -z $(types_of 0000:65:00.0) ]]
	probe "${all[@]}" update
	[[ $(types_of 0000:65:00.0) == nvidia-1 ]]
	probe "${all[@]}" set:2:4
	[[ $(types_of 0000:65:00.0) == nvidia-1 ]]
	probe "${all[@]}" update
	[[ $(types_of 0000:65:00.0) == $'nvidia-1\nnvidia-2' ]]
}

@test "sysfs: on 580 types appear at once, with all their files" {
	new 580.95.05 --gpu "$P40" --nodes
	probe "${all[@]}" set:1:4 set:2:3:discard
	[[ $(types_of 0000:65:00.0) == nvidia-2 ]]
	cd "$world/sys/class/mdev_bus/0000:65:00.0/mdev_supported_types/nvidia-2"
	run -0 cat name device_api available_instances description
	is "Type 2
vfio-pci
3
num_heads=0, frl_config=0, framebuffer=1024M, max_resolution=0x0, max_instance=3"
	[[ -e create && -d devices ]]
}

@test "sysfs: with SR-IOV the VFs list the types and the PF never" {
	new 580.95.05 --gpu "$A6000,vfs=6" --nodes
	probe ctl gpu:0 client:0-66-0 set:1:4
	[[ -z $(types_of 0000:66:00.0) ]]
	[[ $(types_of 0000:66:00.4) == nvidia-1 && $(types_of 0000:66:01.1) == nvidia-1 ]]
	[[ $(readlink "$world/sys/bus/pci/devices/0000:66:01.1/physfn") == ../0000:66:00.0 ]]
	[[ $(<"$world/sys/bus/pci/devices/0000:66:00.0/sriov_numvfs") == 6 ]]
	simulate vgpus "$world" 0000:66:00.0 1
	[[ $(<"$world/sys/bus/pci/devices/0000:66:00.4/mdev_supported_types/nvidia-1/available_instances") == 0 ]]
	[[ $(<"$world/sys/bus/pci/devices/0000:66:00.5/mdev_supported_types/nvidia-1/available_instances") == 1 ]]
}

@test "sysfs: SR-IOV is the card's: without VFs it shows nothing" {
	new 580.95.05 --gpu "$A6000" --gpu 0000:67:00.0=10de:1eb8,totalvfs=16 --gpu 0000:68:00.0=10de:2204,class=0300 --nodes
	cd "$world/sys/bus/pci/devices"
	[[ $(<0000:66:00.0/sriov_totalvfs) == 16 && $(<0000:66:00.0/sriov_numvfs) == 0 ]]
	probe ctl gpu:0 client:0-66-0 set:1:4
	[[ -z $(types_of 0000:66:00.0) ]]
	# Turing has SR-IOV, and its types on the PF
	[[ $(<0000:67:00.0/sriov_totalvfs) == 16 ]]
	probe ctl gpu:1 client:0-67-0 set:1:4
	[[ $(types_of 0000:67:00.0) == nvidia-1 ]]
	[[ ! -e 0000:68:00.0/sriov_totalvfs ]]
	probe ctl gpu:2 client:0-68-0 set:1:4
	[[ $(types_of 0000:68:00.0) == nvidia-1 ]]
}

@test "sysfs: vendor VFIO has its own folder under each VF" {
	new 580.95.05 --vendor-vfio --gpu 0000:66:00.0=10de:26b5,vfs=2 --nodes
	probe ctl gpu:0 client:0-66-0 set:941:4
	[[ $(<"$world/sys/bus/pci/devices/0000:66:00.4/nvidia/creatable_vgpu_types") == $'ID    : vGPU Name\n941   : Type 941' ]]
	[[ $(<"$world/sys/bus/pci/devices/0000:66:00.4/nvidia/current_vgpu_type") == 0 ]]
	[[ -z $(types_of 0000:66:00.4) && ! -e $world/sys/class/mdev_bus ]]
	simulate vgpus "$world" 0000:66:00.0 1
	[[ $(<"$world/sys/bus/pci/devices/0000:66:00.4/nvidia/current_vgpu_type") == 941 ]]
}

@test "sysfs: without nvidia-vgpu-vfio nothing appears until it comes" {
	new 580.95.05 --no-vfio --gpu "$P40" --nodes
	probe "${all[@]}" set:1:4
	[[ -z $(types_of 0000:65:00.0) && ! -e $world/sys/module/nvidia_vgpu_vfio ]]
	simulate vfio "$world" on
	[[ $(types_of 0000:65:00.0) == nvidia-1 && -e $world/sys/module/nvidia_vgpu_vfio ]]
}

@test "vgpus: what exists is seen in sysfs and by the driver" {
	new 580.95.05 --gpu "$P40" --nodes
	probe "${all[@]}" set:1:4
	simulate vgpus "$world" 0000:65:00.0 1 2
	[[ $(<"$world/sys/bus/pci/devices/0000:65:00.0/mdev_supported_types/nvidia-1/available_instances") == 2 ]]
	run -0 ls "$world/sys/bus/mdev/devices"
	[[ ${#lines[@]} == 2 ]]
	[[ $(readlink -f "$world/sys/bus/mdev/devices/${lines[0]}/mdev_type") == */mdev_supported_types/nvidia-1 ]]
	run -0 simulate state "$world" 0000:65:00.0
	is "minor=0 config_state=0 types=1 active=1 open=0 fractional=0"
	probe "${all[@]}" set:1:4:discard
	run -1 simulate oops "$world"
	is "discard with running vGPUs: gpu 0 type 0 value 1"
	simulate vgpus "$world" 0000:65:00.0 0
	[[ -z $(ls "$world/sys/bus/mdev/devices") ]]
}

@test "oops: a kernel that would have died says so" {
	new 580.95.05 --gpu 0000:65:00.0=10de:26b5 --nodes
	run -0 simulate oops "$world"
	run -1 probe "${all[@]}" set:1:0 update list
	[[ $output == *"set: 0"*"update: Input/output error"*"list: Input/output error" ]]
	run -1 simulate oops "$world"
	is "divide error by maxInstance 0: gpu 0 type 1 value 0
the kernel is dead: divide error by maxInstance 0"
}

@test "oops: 595 divides by the size of a region and of a share on GB100" {
	local GB100=0000:65:00.0=10de:2901
	new 610.57.04 --gpu "$GB100" --nodes
	run -1 probe "${all[@]}" share:1:4:2048 update
	run -1 simulate oops "$world"
	is "divide error by a region without a type of one instance: gpu 0 type 1 value 0
the kernel is dead: divide error by a region without a type of one instance"
	new 595.58.02 --gpu "$GB100" --nodes
	run -1 probe "${all[@]}" share:1:1:8192 share:2:16:512 update
	run -1 simulate oops "$world"
	is "divide error by a share under 1 GiB: gpu 0 type 2 value 512
the kernel is dead: divide error by a share under 1 GiB"
	new 610.57.04 --gpu "$GB100" --nodes
	probe "${all[@]}" share:1:1:8192 share:2:4:2048 update
	run -0 simulate oops "$world"
}

@test "placement: what comes after the first 0xA0810109 has no place until the module is reloaded" {
	new 580.105.08 --gpu 0000:65:00.0=10de:26b5,vfs=4 --nodes
	run -0 probe "${all[@]}" share:1:1:8192 share:2:4:2048 place:2 update place:2 share:3:8:1024 update place:3
	is "ctl: 0
gpu: 0
client: 0
set: 0
set: 0
place: size 0, homogeneous 0, heterogeneous 0
update: 0
place: size 2, homogeneous 4, heterogeneous 4
set: 0
update: 0
place: size 0, homogeneous 0, heterogeneous 0"
	simulate create "$world" 0000:65:00.0 2
	run -1 simulate create "$world" 0000:65:00.0 3
	is "simulate: 0000:65:00.0: nvidia-3: status 0x40"
	simulate reload "$world"
	run -0 probe "${all[@]}" share:3:8:1024 share:1:1:8192 update place:3
	[[ ${lines[-1]} == "place: size 1, homogeneous 8, heterogeneous 8" ]]
	simulate create "$world" 0000:65:00.0 3
	simulate vgpus "$world" 0000:65:00.0 1
}

@test "vgpus: where the first type has no place, none runs" {
	new 580.105.08 --gpu 0000:65:00.0=10de:26b5,vfs=4 --nodes
	probe "${all[@]}" share:1:1:8192 update share:2:4:2048 share:3:4:2048 set:4:4:discard
	run -1 simulate vgpus "$world" 0000:65:00.0 1
	is "simulate: 0000:65:00.0: its first type has no placement id"
	[[ $(simulate state "$world" 0000:65:00.0) == *active=0* ]]
}

@test "lists: an unlocked board's driver refuses them, a virtualization mode does not" {
	new 580.95.05 --gpu "$P40,virt=0" --nodes
	run -0 probe "${all[@]}" virt set:1:4 list
	[[ $output == *"virt: 0"*"list: 1" ]]
	new 580.95.05 --gpu "$P40,virt=0,unlisted" --nodes
	run -0 probe "${all[@]}" set:1:4 list place:1
	[[ $output == *"set: 0"*"list: 86"*"place: size 0,"* ]]
	[[ $(types_of 0000:65:00.0) == nvidia-1 ]]
}

### the life of a driver

@test "reload: types are gone, and an open node prevents it" {
	new 580.95.05 --gpu "$P40" --nodes
	probe "${all[@]}" set:1:4
	simulate inject "$world" ioctl=hang:2000
	probe ctl gpu:0 client:0-65-0 >/dev/null &
	sleep 0.5
	run -1 simulate reload "$world"
	is "simulate: unload: Device or resource busy"
	wait
	simulate reload "$world"
	[[ -z $(types_of 0000:65:00.0) && ! -e $world/sys/class/mdev_bus/0000:65:00.0 ]]
	run -0 probe "${all[@]}" list
	[[ ${lines[-1]} == "list:" ]]
}

@test "reload: minors can come in another order" {
	new 580.95.05 --gpu "$P40" --gpu "$A6000"
	[[ $(simulate state "$world" 0000:65:00.0) == minor=0* && $(simulate state "$world" 0000:66:00.0) == minor=1* ]]
	simulate reload "$world" reverse
	[[ $(simulate state "$world" 0000:65:00.0) == minor=1* && $(simulate state "$world" 0000:66:00.0) == minor=0* ]]
	grep -q $'Device Minor: \t 1' "$world/proc/driver/nvidia/gpus/0000:65:00.0/information"
}

@test "unbind, bind, remove, add: sysfs and driver agree" {
	new 580.95.05 --gpu "$P40" --gpu "$A6000" --nodes
	probe "${all[@]}" set:1:4
	simulate unbind "$world" 0000:65:00.0
	[[ -z $(types_of 0000:65:00.0) && ! -e $world/sys/bus/pci/devices/0000:65:00.0/driver ]]
	[[ ! -e $world/proc/driver/nvidia/gpus/0000:65:00.0 && $(head -n1 "$world/sys/bus/pci/devices/0000:65:00.0/uevent") != DRIVER=* ]]
	run -1 probe gpu:0
	is "gpu: No such device"
	simulate bind "$world" 0000:65:00.0 vfio-pci
	[[ $(readlink "$world/sys/bus/pci/devices/0000:65:00.0/driver") == */vfio-pci ]]
	simulate unbind "$world" 0000:65:00.0
	simulate bind "$world" 0000:65:00.0
	run -0 probe "${all[@]}" list
	[[ ${lines[-1]} == "list: 1" ]]
	simulate remove "$world" 0000:65:00.0
	[[ ! -e $world/sys/bus/pci/devices/0000:65:00.0 ]]
	simulate add "$world" 0000:67:00.0=10de:1eb8
	[[ $(simulate state "$world" 0000:67:00.0) == minor=0* ]]
}

@test "unbind: the driver keeps the list of the address, for whatever is bound there next" {
	new 580.95.05 --gpu "$P40" --nodes
	probe "${all[@]}" set:1:4
	simulate unbind "$world" 0000:65:00.0
	[[ -z $(types_of 0000:65:00.0) ]]
	simulate bind "$world" 0000:65:00.0
	[[ $(types_of 0000:65:00.0) == nvidia-1 ]]
	simulate remove "$world" 0000:65:00.0
	simulate add "$world" 0000:65:00.0=10de:1eb8
	[[ $(types_of 0000:65:00.0) == nvidia-1 ]]
	simulate reload "$world"
	run -0 probe "${all[@]}" list
	[[ ${lines[-1]} == "list:" ]]
}

@test "unbind: on 550.54 the list is kept, and shown with the next 0xA0810109" {
	new 550.54.14 --gpu "$P40" --nodes
	probe "${all[@]}" set:1:4 update
	simulate unbind "$world" 0000:65:00.0
	simulate bind "$world" 0000:65:00.0
	[[ -z $(types_of 0000:65:00.0) ]]
	probe "${all[@]}" update
	[[ $(types_of 0000:65:00.0) == nvidia-1 ]]
}

@test "unbind: --forget-lists is for the other reading" {
	new 580.95.05 --gpu "$P40" --nodes --forget-lists
	probe "${all[@]}" set:1:4
	simulate unbind "$world" 0000:65:00.0
	simulate bind "$world" 0000:65:00.0
	run -0 probe "${all[@]}" list
	[[ ${lines[-1]} == "list:" && -z $(types_of 0000:65:00.0) ]]
}

@test "snapshot: a state comes back, sysfs with it" {
	new 580.95.05 --gpu "$P40" --nodes
	probe "${all[@]}" set:1:4
	simulate snapshot "$world" "$BATS_TEST_TMPDIR/saved"
	probe "${all[@]}" set:2:4
	simulate node "$world" nvidiactl gone
	simulate restore "$world" "$BATS_TEST_TMPDIR/saved"
	[[ $(types_of 0000:65:00.0) == nvidia-1 ]]
	run -0 probe "${all[@]}" list
	[[ ${lines[-1]} == "list: 1" ]]
}

### faults

@test "inject: errno, status, short, vanish by rule" {
	new 580.95.05 --gpu "$P40" --nodes
	simulate inject "$world" open:ctl=errno:EACCES control:0xa0810101#2=status:0x56 control:0x800289=vanish
	run -1 probe ctl
	is "ctl: Permission denied"
	run -1 probe "${all[@]}" set:1:1 set:2:1 list virt gpu:0
	is "ctl: 0
gpu: 0
client: 0
set: 0
set: 86
list: 1
virt: 15
gpu: No such device"
	run -0 simulate transcript "$world"
	[[ $output == *"inject errno"*"inject status"*"inject vanish"* ]]
}

@test "inject: the nth call of all dies, the world lives on" {
	new 580.95.05 --gpu "$P40" --nodes
	probe "${all[@]}" set:1:4 free close
	calls=$(simulate calls "$world")
	[[ $calls == 9 ]]
	simulate clear "$world"
	simulate snapshot "$world" "$BATS_TEST_TMPDIR/saved"
	for ((n = 1; n <= calls; n++)); do
		simulate restore "$world" "$BATS_TEST_TMPDIR/saved"
		simulate inject "$world" "any#$n=kill"
		run -137 probe "${all[@]}" set:1:4 free close
		run -0 timeout 10 "$RM_SIMULATE" state "$world" 0000:65:00.0
		[[ $output == *open=0* ]]
	done
}

@test "inject: a program killed in a hanging call leaves no lock behind" {
	new 580.95.05 --gpu "$P40" --nodes
	simulate inject "$world" control:0x205=hang:60000
	run -137 timeout -s KILL 1 "$RM_SIMULATE" run "$world" -- "$RM_LIBDIR/rm-probe" "${all[@]}"
	run -0 timeout 10 "$RM_SIMULATE" run "$world" -- "$RM_LIBDIR/rm-probe" "${all[@]}" list
}

@test "inject: others go on while one hangs" {
	new 580.95.05 --gpu "$P40" --gpu "$A6000" --nodes
	simulate inject "$world" control:0x205=hang:2000
	probe "${all[@]}" list >"$BATS_TEST_TMPDIR/slow" &
	sleep 0.3
	SECONDS=0
	run -0 probe ctl gpu:1 client:0-66-0 list
	((SECONDS < 2))
	wait %1
	[[ $(tail -n1 "$BATS_TEST_TMPDIR/slow") == list:* ]]
}

@test "inject: one at a time in a queue, on a clock that goes ten times as fast" {
	new 580.95.05 --gpu "$P40" --gpu "$A6000" --nodes
	simulate inject "$world" control:0x205*0=queue:5000
	local -i begun=${EPOCHREALTIME/[.,]/}
	RM_CLOCK=10 probe "${all[@]}" list >"$BATS_TEST_TMPDIR/first" &
	RM_CLOCK=10 probe ctl gpu:1 client:0-66-0 list >"$BATS_TEST_TMPDIR/second" &
	wait
	((${EPOCHREALTIME/[.,]/} - begun >= 1000000 && ${EPOCHREALTIME/[.,]/} - begun < 5000000))
	[[ $(tail -qn1 "$BATS_TEST_TMPDIR"/{first,second}) == list:*$'\n'list:* ]]
}

### company

@test "run: many programs at once" {
	gpus=()
	for ((i = 0; i < 24; i++)); do
		printf -v bdf '0000:%02x:00.0' $((i + 1))
		gpus+=(--gpu "$bdf=10de:1b38")
	done
	new 580.95.05 "${gpus[@]}" --nodes
	for ((i = 0; i < 24; i++)); do
		printf -v bus '%x' $((i + 1))
		probe ctl "gpu:$i" "client:0-$bus-0" "set:$((1000 + i)):4" list update free close >"$BATS_TEST_TMPDIR/out.$i" &
	done
	wait
	for ((i = 0; i < 24; i++)); do
		grep -qx "list: $((1000 + i))" "$BATS_TEST_TMPDIR/out.$i" || { cat "$BATS_TEST_TMPDIR/out.$i"; return 1; }
	done
	run -0 simulate transcript "$world"
	[[ $output != *leaked* ]]
}

@test "run: a program with sanitizers in it" {
	${CC:-cc} -fsanitize=address -x c - -o "$BATS_TEST_TMPDIR/a" <<<'int main(void){return 0;}' 2>/dev/null ||
		skip "no sanitizers in ${CC:-cc}"
	new 580.95.05 --gpu "$P40" --nodes
	sources=()
	for file in "$src"/rm.c "$src"/rm-*.c; do
		[[ $file == */rm-test.c ]] || sources+=("$file")
	done
	${CC:-cc} -std=gnu11 -g -fsanitize=address -o "$BATS_TEST_TMPDIR/probe" "$src/probe.c" "$src/stock.c" "${sources[@]}"
	run -0 simulate run "$world" -- "$BATS_TEST_TMPDIR/probe" "${all[@]}" set:1:4 list update free close
	[[ $output == *"list: 1"* ]]
}

@test "run: a program under valgrind" {
	command -v valgrind >/dev/null || skip "no valgrind"
	new 580.95.05 --gpu "$P40" --nodes
	run -0 simulate run "$world" -- valgrind -q --error-exitcode=9 "$RM_LIBDIR/rm-probe" "${all[@]}" set:1:4 list update free close
	[[ $output == *"list: 1"* ]]
}

# version_check BYTES INIT: a program that asks the driver with a block of BYTES, of which it writes INIT
version_check() {
	cat <<END
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
int main(void)
{
	int fd = open("/dev/nvidiactl", O_RDWR | O_CLOEXEC);
	char *block = malloc($1);

	memset(block, 0, $2);
	block[0] = '2';
	return ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 'F', 210, 72), block) != 0;
}
END
}

@test "run: sanitizers see a block that is too short" {
	new 580.95.05 --gpu "$P40" --nodes
	version_check 40 40 | ${CC:-cc} -g -fsanitize=address -x c - -o "$BATS_TEST_TMPDIR/a" 2>/dev/null ||
		skip "no sanitizers in ${CC:-cc}"
	run -99 env ASAN_OPTIONS=exitcode=99 "$RM_SIMULATE" run "$world" -- "$BATS_TEST_TMPDIR/a"
	[[ $output == *heap-buffer-overflow* ]]
	version_check 72 72 | ${CC:-cc} -g -fsanitize=address -x c - -o "$BATS_TEST_TMPDIR/a"
	run -0 env ASAN_OPTIONS=detect_leaks=0 "$RM_SIMULATE" run "$world" -- "$BATS_TEST_TMPDIR/a"
}

@test "run: valgrind sees bytes that were never written" {
	command -v valgrind >/dev/null || skip "no valgrind"
	new 580.95.05 --gpu "$P40" --nodes
	version_check 72 40 | ${CC:-cc} -g -x c - -o "$BATS_TEST_TMPDIR/a"
	run -9 simulate run "$world" -- valgrind -q --error-exitcode=9 "$BATS_TEST_TMPDIR/a"
	[[ $output == *"uninitialised byte"* ]]
	version_check 72 72 | ${CC:-cc} -g -x c - -o "$BATS_TEST_TMPDIR/a"
	run -0 simulate run "$world" -- valgrind -q --error-exitcode=9 "$BATS_TEST_TMPDIR/a"
}
