#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-gpu report: what is in it, what is not, what becomes of it, and what the driver is asked for it.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers
load explain

reports=${abs_top_srcdir:?}/tests/data/reports

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	explain_setup
	# what a host's own programs would say
	put bin/dpkg-query $'#!/bin/sh\necho mdev-gpu 0.1.0-1; echo bash 5.2; cat packages 2>/dev/null || :'
	put bin/dmesg $'#!/bin/sh\necho "usb 1-1: new device"; cat kernel 2>/dev/null || :'
	put bin/journalctl $'#!/bin/sh\necho "$*" >journalctl.words; cat journal 2>/dev/null || :'
	chmod +x bin/*
	PATH=$PWD/bin:$PATH
}

# read_yaml EXPRESSION <REPORT: what Python finds in it, the document being "it"
read_yaml() {
	python3 -c 'import sys, yaml; it = yaml.load(sys.stdin, getattr(yaml, "CSafeLoader", yaml.SafeLoader)); print(eval(sys.argv[1]))' "$1"
}

# conversation <REPORT: the lines of the probe
conversation() {
	read_yaml '"\n".join(step["step"] for gpu in it["probe"] for step in gpu["conversation"])'
}

# again FILE ARGUMENT…: the program in the world of a report
again() {
	local file=$1
	shift
	rm -rf again
	"$SIMULATE" from-report "$file" "$PWD/again"
	"${as_root[@]}" "$SIMULATE" run again -- "$MDEV_GPU" --root "$PWD/again/root" "$@"
}

@test "report: its parts" {
	new_world 535.104.05 --nodes
	program apply "$gpu"
	put "$root$UDEVRULESDIR/80-others.rules" '#'
	run -0 --separate-stderr program report
	[ -z "$stderr" ]
	[ "$(read_yaml 'list(it)' <<<"$output")" = "['report', 'program', 'time', 'replaced', 'not replaced', 'host', 'commands', \
'configuration', 'state', 'rules', 'devices', 'modules', 'proc', 'nodes', 'logs']" ]
	[ "$(read_yaml '[c["command"] for c in it["commands"]]' <<<"$output")" = "['mdev-gpu explain', 'mdev-gpu status', 'mdev-gpu check']" ]
	[ "$(read_yaml 'it["commands"][0]["output"]' <<<"$output" | head -n 1)" = "$gpu: there: the type is there" ]
	[ "$(read_yaml '[f["text"] for f in it["configuration"] if f["path"].endswith("one.yaml")][0]' <<<"$output")" = "$(<"$configuration/$own")" ]
	[ "$(read_yaml '[f["path"] for f in it["state"]]' <<<"$output")" = "['$RUNDIR/$gpu.lock', '$RUNDIR/$gpu.properties', '$RUNDIR/$gpu.yaml', '$RUNDIR/driver.lock']" ]
	[ "$(read_yaml '[f["path"] for f in it["rules"]]' <<<"$output")" = "['$UDEVRULESDIR/90-mdev-gpu.rules']" ]
	[ "$(read_yaml 'it["devices"][0]["attributes"]["mdev_supported_types/nvidia-60001/available_instances"]' <<<"$output")" = 2 ]
	[ "$(read_yaml 'it["devices"][0]["driver"], it["host"]["packages"], [n["path"] for n in it["nodes"]]' <<<"$output")" = \
		"('nvidia', 'mdev-gpu 0.1.0-1\\n', ['/dev/nvidiactl', '/dev/nvidia0'])" ]
	[ "$(read_yaml '[m["version"] for m in it["modules"] if m["module"] == "nvidia"]' <<<"$output")" = "['535.104.05']" ]
	grep -q 'identifier=mdev-gpu' journalctl.words
}

@test "report: of the system's own folders, what the program says is what it says to everybody" {
	new_world 535.104.05
	run -0 in_world "$MDEV_GPU" report
	[ "$(read_yaml '[c["exit"] for c in it["commands"]][:2]' <<<"$output")" = '[0, 0]' ]
	[[ $(read_yaml 'it["commands"][0]["output"]' <<<"$output") == "$gpu: "* ]]
}

@test "report: profiles of folders that are for no GPU here are told of, without their texts" {
	new_world 535.104.05
	folder Turing 10de:1e30
	put "$configuration/AMD/x.yaml" 'gpus: []'
	put "$configuration/README.md" hello
	program report >report.yaml
	[ "$(read_yaml '[f["path"].split("mdev-gpu/")[1] for f in it["configuration"] if "text" in f]' <report.yaml)" = \
		"['Nvidia/Pascal/devices.yaml', 'Nvidia/Pascal/one.yaml', 'Nvidia/Turing/devices.yaml']" ]
	[ "$(read_yaml '[f["path"].split("mdev-gpu/")[1] for f in it["configuration"] if "text" not in f]' <report.yaml)" = \
		"['AMD/x.yaml', 'Nvidia/Turing/types.yaml', 'README.md']" ]
}

@test "report: of a flood of files the first two thousand, with how many more there are" {
	new_world 535.104.05
	mkdir -p "$configuration/AMD"
	(cd "$configuration/AMD" && seq -f %.0f.yaml 2345 | xargs touch)
	program report >report.yaml
	[ "$(read_yaml 'len(it["configuration"])' <report.yaml)" -eq 2000 ]
	grep -qxE '# and 3[0-9]{2} more' report.yaml
}

@test "report: any text stays a text" {
	local tricky=$'  begins with blanks\n- a: |\n\ttab "quoted" \\\n\n\e[31mred\x01\xff\n...\n---\n'
	new_world 535.104.05
	printf '%s' "$tricky" >journal
	printf 'a: b # "c"' >"$configuration/settings.yaml"
	printf '\n\n' >"$configuration/empty.yaml"
	program report >report.yaml
	[ "$(read_yaml 'it["logs"]["journal"]' <report.yaml)" = $'  begins with blanks\n- a: |\n\ttab "quoted" \\\n?[31mred??\n...\n---' ]
	[ "$(read_yaml '[f["text"] for f in it["configuration"] if f["path"].endswith("settings.yaml")]' <report.yaml)" = "['a: b # \"c\"']" ]
	[ "$(read_yaml '[f["text"] for f in it["configuration"] if f["path"].endswith("empty.yaml")]' <report.yaml)" = "['\\n\\n']" ]
}

@test "report: of a long log the last lines, of the kernel's those of drivers" {
	new_world 535.104.05
	seq -f 'run %.0f' 1 60000 >journal
	printf 'NVRM: one\nusb: two\nvfio: three\n' >kernel
	program report >report.yaml
	[ "$(read_yaml 'it["logs"]["journal"].split("\n")[0], it["logs"]["journal"].split("\n")[-2]' <report.yaml)" = "('run 59601', 'run 60000')" ]
	[ "$(read_yaml 'it["logs"]["kernel"]' <report.yaml)" = $'NVRM: one\nvfio: three' ]
	put bin/journalctl $'#!/bin/sh\necho "No journal files"; exit 1'
	[ "$(program report | read_yaml 'it["logs"]["journal"]')" = "not read: journalctl, exit code 1" ]
	# as a shell says it: one that cannot be run, and one that is not there
	ln -sf journalctl bin/journalctl
	[ "$(program report | read_yaml 'it["logs"]["journal"]')" = "not read: journalctl, exit code 126" ]
	rm bin/journalctl
	[ "$(in_world env PATH="$PWD/bin" "$MDEV_GPU" --root "$root" report | read_yaml 'it["logs"]["journal"]')" = "not read: journalctl, exit code 127" ]
}

@test "report: of the kernel's command line what can matter to a GPU, and how much else there is" {
	local text
	new_world 535.104.05
	put "$world/proc/cmdline" 'BOOT_IMAGE=/vmlinuz quiet  intel_iommu=on iommu=pt pci=realloc rd.luks.name=secret vfio-pci.ids=10de:1b38 xenon=1'
	text=$(program report)
	[ "$(read_yaml 'it["host"]["cmdline"]' <<<"$text")" = "intel_iommu=on iommu=pt pci=realloc vfio-pci.ids=10de:1b38" ]
	[ "$(read_yaml 'it["host"]["cmdline left out"]' <<<"$text")" = "4 words" ]
	put "$world/proc/cmdline" 'quiet'
	[ "$(program report | read_yaml 'it["host"]["cmdline"], it["host"]["cmdline left out"]')" = "('', '1 words')" ]
}

# each of these is planted, and may not come out; lower case, as they are looked for
uuid=4b0b9d6c-30f4-4a86-8e4c-3a7b1c2b9f10
secrets=(web17 example.org alice liddell bob 0324217000123 sn77421x "$uuid" 0123456789abcdef0123456789abcdef)
line="web17 WEB17.example.org by alice, Alice Liddell, in /home/bob/x on board SN77421X, Serial Number: 0324217000123, GPU-$uuid \
0123456789abcdef0123456789abcdef"
without="host1 host1.example by user1, user1 user1, in /home/user2/x on board serial1, Serial Number: serial2, GPU-00000000-0000-4000-8000-"

@test "report: names of hosts and users, serials and UUIDs come out of no source" {
	local secret
	new_world 570.86.15 "$gpu=10de:26b9:10de:1851,fb=49152,vfs=2" --vendor-vfio
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:26b9'
	put "$root/etc/hostname" web17.example.org
	put "$root/etc/passwd" $'root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000:Alice Liddell,,,:/home/alice:/bin/bash\nvfio:x:1001:1001::/:/bin/sh'
	put "$world/sys/class/dmi/id/product_serial" SN77421X
	put "$world/sys/class/dmi/id/board_serial" 'To be filled by O.E.M. 1'
	# a line in each source
	put "$root/etc/os-release" "PRETTY_NAME=\"os $line\""
	put "$world/proc/cmdline" "quiet vfio-pci.x=cmdline,${line// /,}"
	put packages "mdev-packages $line"
	put "$configuration/$own" "# configuration $line"
	put "$configuration/Nvidia/alice.yaml" 'gpus: []'
	put "$state_folder/$gpu.yaml" "# state $line"
	put "$root/etc/udev/rules.d/90-mdev-web17.rules" '#'
	ln -s "/home/bob/link" "$root/etc/udev/rules.d/91-mdev.rules"
	put "$world/sys/bus/pci/devices/$gpu/driver_override" "sysfs $line"
	put "$world/sys/module/nvidia/parameters/NVreg_RegistryDwords" "parameter $line"
	put "$world/sys/module/nvidia/srcversion" "module $line"
	put "$world/proc/driver/nvidia/gpus/$gpu/information" "proc $line"
	put "$world/proc/devices" "195 nvidia-$line"
	put journal "journal $line"
	put kernel "NVRM: kernel $line"
	program report -o report.yaml
	for secret in "${secrets[@]}"; do
		echo "$secret"
		run ! grep -i "$secret" report.yaml
	done
	for source in os cmdline mdev-packages configuration state sysfs parameter module proc nvidia- journal kernel; do
		echo "$source"
		tr , ' ' <report.yaml | grep -qF "$(tr , ' ' <<<"$without")" # the line as it has become
		sed 's/,/ /g; s/  / /g' report.yaml | grep -qE "$source.*host1 host1\.example by user1 user1 user1 in /home/user2/x on board serial1 Serial Number: serial2 GPU-00000000-0000-4000-8000-0000000000[0-9a-f]{2} 0{30}[0-9a-f]{2}"
	done
	grep -q 'Nvidia/user1.yaml"$' report.yaml
	grep -q '90-mdev-host1.rules"$' report.yaml
	grep -q 'link: "/home/user2/link"$' report.yaml
	# a name that a report cannot do without is told instead
	[ "$(read_yaml '"vfio" in it["not replaced"], it["replaced"]["users"], it["replaced"]["serials"]' <report.yaml)" = "(True, 2, 2)" ]
	# the same UUID is the same one everywhere
	[ "$(grep -oE 'GPU-0+-0000-4000-8000-0+[0-9a-f]+' report.yaml | sort -u | wc -l)" -eq 1 ]
}

@test "report: a word is a secret as a whole only, and what is no serial stays" {
	new_world 535.104.05
	put "$root/etc/passwd" $'bob:x:1000:1000::/home/bob:/bin/sh\nal:x:1001:1001::/home/al:/bin/sh'
	printf '%s\n' 'bobsled Bob-1 bob_x al all' 'serial console, Serial: none, serial: 12' '8086:1b38 deadbeef-1234' >journal
	program report >report.yaml
	[ "$(read_yaml 'it["logs"]["journal"]' <report.yaml)" = $'bobsled user1-1 bob_x al all\nserial console, Serial: none, serial: 12\n8086:1b38 deadbeef-1234' ]
	[[ "$(read_yaml 'it["not replaced"]' <report.yaml)" == *"'al'"* ]]
}

@test "report: a file for its owner alone, whole or not at all" {
	new_world 535.104.05
	put report.yaml old
	chmod 644 report.yaml
	umask 0
	expect 0 "" "" program report -o report.yaml
	[ "$(stat -c %a report.yaml)" = 600 ]
	[ "$(read_yaml 'it["report"]' <report.yaml)" = 1 ]
	[ ! -e report.yaml.new ]
	expect 1 "" "mdev-gpu: nowhere/report.yaml: cannot make the report: No such file or directory" program report --output nowhere/report.yaml
	mkdir folder
	expect 1 "" "mdev-gpu: folder: cannot make the report: Is a directory" program report --output folder
	[ ! -e folder.new ]
	run -1 --separate-stderr bash -c "'$MDEV_GPU' --root '$root' report >/dev/full"
	[ "$stderr" = "mdev-gpu: cannot write all of the output" ]
}

@test "report: of many devices the first 160" {
	local -i i
	new_world 535.104.05
	for ((i = 0; i < 160; i++)); do
		put "$world/sys/bus/pci/devices/$(printf '0001:%02x:00.0' "$i")/class" 0x030000
	done
	run -0 --separate-stderr program report
	[ "$(read_yaml 'len(it["devices"]), it["devices"][0]["address"], it["devices"][159]["address"]' <<<"$output")" = "(160, '$gpu', '0001:9e:00.0')" ]
}

@test "report: usage" {
	expect 2 "" "mdev-gpu: unrecognized option '--bogus'
mdev-gpu: wrong usage; try --help" mdev_gpu report --bogus
	expect 2 "" "mdev-gpu: 'x' is one word too many; try --help" mdev_gpu report x
	expect 2 "" "mdev-gpu: report does not take --all; try --help" mdev_gpu --all report
	run -0 mdev_gpu report --help
	[ "${lines[0]}" = "Usage: mdev-gpu report [-o FILE] [--probe]" ]
	[[ $output == *"--output FILE"*"--probe"* ]]
	cp "$MDEV_GPU" alone
	expect 1 "" "mdev-gpu: cannot start mdev-gpu-report: No such file or directory" ./alone report
}

@test "report: without a GPU, and without a right to anything, there is one all the same" {
	new_world 535.104.05 0000:65:00.1=10de:10f0:10de:11d9,class=0403
	program report >report.yaml
	[ "$(read_yaml 'it["devices"], it["commands"][0]["output"]' <report.yaml)" = "(None, 'there is no GPU (PCI class 03)\\n')" ]
}

## A world again

@test "from-report: a report of each kind of verdict becomes a world with the same one" {
	local file verdict n=0
	for file in "$reports"/*.yaml; do
		verdict=${file##*/}
		verdict=${verdict%.yaml}
		echo "$verdict"
		again "$file" explain >explained
		# what the host's explain said of each GPU
		grep -oE '^    0000:[^ ]*: [a-z-]+: ' "$file" | sed 's/^    //' >expected
		[ "$(cut -d ' ' -f 2 expected)" = "$verdict:" ]
		grep -oE '^0000:[^ ]*: [a-z-]+: ' explained | diff expected -
		n=$((n + 1))
	done
	[ "$n" -eq 30 ]
	# every verdict is there, but for those that no world, or no report, can hold
	[ "$(comm -3 <(table causes | sort) <(cd "$reports" && printf '%s\n' *.yaml | sed 's/\.yaml$//' | sort) | paste -sd ' ')" = \
		"module-blocked module-not-loaded no-device not-a-gpu running unknown virtual-function" ]
	# of devices that are asked for by name
	again "$reports/sriov-off.yaml" explain 0000:65:00.1 0000:66:00.0 >explained
	grep -q '^0000:65:00.1: not-a-gpu: ' explained
	grep -q '^0000:66:00.0: no-device: ' explained
	again "$reports/vendor-vfio.yaml" explain 0000:65:00.4 | grep -q '^0000:65:00.4: virtual-function: '
}

@test "from-report: status, vGPUs and functions are there again, and so are refusals" {
	again "$reports/taken.yaml" status >shown
	grep -qE '^  nvidia-60001 Arc GPU 1024   2 yes yes     2    0 ##' shown
	again "$reports/vendor-vfio.yaml" status >shown
	[ "$(grep -c ' virtfn' shown)" -eq 4 ]
	run -3 again "$reports/untrusted.yaml" apply --all --unit
	expect 1 "" "simulate: $configuration/$own is no report of this form" "$SIMULATE" from-report "$configuration/$own" "$PWD/again"
}

## What the driver is asked

@test "report --probe: the driver's answers, in the blocks of every layout, of which it takes its own" {
	new_world 535.104.05 --nodes
	program apply "$gpu"
	simulate clear
	program report --probe -o report.yaml
	[ "$(conversation <report.yaml)" = "open /dev/nvidiactl: ok
release: ok, 535.104.05
card: ok, id 0x6500, minor 0
open /dev/nvidia0: ok
client, class 0x41: ok
instance, 0x205: ok, device 0, subdevice 0
device, class 0x80: ok
subdevice, class 0x2080: ok
memory, 0x20801301: ok, 24576 MiB
virtualization mode, 0x800289, 4 bytes: ok, mode 3
virtualization mode, 0x800289, 8 bytes: NV_ERR_INVALID_PARAM_STRUCT 0x3a
vGPU configuration, class 0xa081: ok
type 0, 0xa0810103, 4960 bytes: NV_ERR_OBJECT_NOT_FOUND 0x57
type 0, 0xa0810103, 5096 bytes: NV_ERR_INVALID_PARAM_STRUCT 0x3a
type 0, 0xa0810103, 5232 bytes: NV_ERR_INVALID_PARAM_STRUCT 0x3a
type 0, 0xa0810103, 5424 bytes: NV_ERR_INVALID_PARAM_STRUCT 0x3a
type 0, 0xa0810103, 5432 bytes: NV_ERR_INVALID_PARAM_STRUCT 0x3a
list, 0xa0810104, 264 bytes: ok, state 2, 1 types: 60001
list, 0xa0810104, 412 bytes: NV_ERR_INVALID_PARAM_STRUCT 0x3a
list, 0xa0810104, 524 bytes: NV_ERR_INVALID_PARAM_STRUCT 0x3a
vGPUs, 0xa0810102, 10760 bytes: ok, 0 run
vGPUs, 0xa0810102, 19592 bytes: NV_ERR_INVALID_PARAM_STRUCT 0x3a
free: ok" ]
	closed
	# nothing but questions
	run ! grep -vE ' (open|close) nvidia| (alloc class=0x(41|80|2080|a081)|free|card-info|check-version|version) | control cmd=0x(205|20801301|800289|a081010[234]) | ioctl nvidiactl nr=(200|210) ' \
		"$world/transcript"
	[ "$(listed)" = 60001 ]
}

@test "report --probe: a world that is made of it answers the same" {
	new_world 550.90.07 --nodes "$gpu=10de:1e30:10de:12ba,fb=24576" 0000:66:00.0=10de:1b38:10de:11d9,fb=8192
	program report --probe -o report.yaml
	again report.yaml report --probe -o "$PWD/second.yaml"
	conversation <report.yaml >first
	[ "$(wc -l <first)" -eq 46 ]
	grep -q '8192 MiB' first
	conversation <second.yaml | diff first -
	# no vGPU host, of the two kinds that there are, and a mode that is only told
	local release
	for release in 545.29.06 580.159.04; do
		rm -rf "$world" second.yaml
		new_world "$release" --plain --nodes "$gpu=10de:2335:10de:18bf,fb=143771,virt=1"
		program report --probe -o report.yaml
		again report.yaml report --probe -o "$PWD/second.yaml"
		conversation <report.yaml >first
		grep -q 'NV_ERR_NOT_SUPPORTED' first
		conversation <second.yaml | diff first -
	done
}

@test "report --probe: of a driver whose release is not known, which sizes it takes" {
	new_world 999.1 --like=595.71.05 --nodes
	program report --probe >report.yaml
	[ "$(conversation <report.yaml | grep -E '^(type 0|list|vGPUs).*(: ok|0x57)')" = "type 0, 0xa0810103, 5432 bytes: NV_ERR_OBJECT_NOT_FOUND 0x57
list, 0xa0810104, 524 bytes: ok, state 0, 0 types:
vGPUs, 0xa0810102, 19592 bytes: ok, 0 run" ]
	[ "$(read_yaml 'it["probe"][0]["layout"]' <report.yaml)" = "not known" ]
	# the whole GPU's list, and no MIG instance's
	[ "$(od -An -v -tx4 -w4 "$world"/blocks/*-a0810104.bin | sort | uniq -c | xargs)" = "130 00000000 1 ffffffff" ]
}

@test "report --probe: no node is made, and what fails is told" {
	new_world 535.104.05
	program report --probe >report.yaml
	[ "$(conversation <report.yaml)" = "open /dev/nvidiactl: is missing, and is not made for a probe" ]
	untouched
	new_world 535.104.05 --nodes
	simulate inject open:gpu=errno:EIO
	program report --probe >report.yaml
	[ "$(conversation <report.yaml | tail -n 2)" = "open /dev/nvidia0: Input/output error
why the GPU does not open: ok, nothing is told" ]
	# one that is ended leaves what it was told until then
	simulate inject 'control:0x20801301=kill'
	program report --probe >report.yaml
	[ "$(conversation <report.yaml | tail -n 1)" = "subdevice, class 0x2080: ok" ]
	simulate inject 'alloc:0xa081=status:0x56'
	program report --probe >report.yaml
	[ "$(conversation <report.yaml | tail -n 2)" = "vGPU configuration, class 0xa081: NV_ERR_NOT_SUPPORTED 0x56
free: ok" ]
}

@test "report --probe: is root's, and leaves alone who has no driver of NVIDIA's" {
	local nobody=()
	new_world 535.104.05 "$P40,driver=vfio-pci"
	[ "$(program report --probe | read_yaml 'it["probe"]')" = None ]
	[ "$(id -u)" -ne 0 ] || nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	expect 1 "" "mdev-gpu: only root can talk to a GPU's driver: Operation not permitted" \
		"$SIMULATE" run "$world" -- "${nobody[@]}" "$MDEV_GPU" --root "$root" report --probe
}
