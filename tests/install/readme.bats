#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What README.md and docs/ tell people to write and to run is taken out of them, and held against whoever reads it.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

readme=${abs_top_srcdir:?}/README.md
hardware=$abs_top_srcdir/docs/hardware.md
uuid=4b0b9d6c-30f4-4a86-8e4c-3a7b1c2b9f10

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# example TEXT [N]: the Nth block, fenced or indented, below the first line of README that begins with TEXT
example() {
	awk -v text="$1" -v wanted="${2:-1}" '
		!found { found = index($0, text) == 1; next }
		/^```/ { inside = !inside; n += inside; next }
		/^    / && !inside { n += !before; before = 1; if (n == wanted) print substr($0, 5); next }
		{ before = 0 }
		inside && n == wanted' "$readme"
}

# type_of_readme: number and name of the type that README's first profile defines, as NUMBER|NAME
type_of_readme() {
	example '## Configuration' >profile.yaml
	python3 -c 'import sys, yaml; it = yaml.safe_load(sys.stdin)["gpus"][0]["mdevConfigs"][0]
print(it["num"], it["name"], sep="|")' <profile.yaml
}

@test "README: each architecture of the catalog is in its first table" {
	local folder name table
	table=$(sed -n '/^| card /,/^$/p' "$readme" | cut -d '|' -f 2)
	for folder in "$CATALOG"/Nvidia/*/ "$CATALOG"/AMD "$CATALOG"/Tenstorrent; do
		name=$(basename "$folder")
		[ "$name" = Generic ] || grep -qw "$name" <<<"$table"
	done
	# Intel's are a range: its ends
	grep -q "Intel Broadwell to Comet Lake" <<<"$table"
	[ -d "$CATALOG/Intel/Broadwell" ] && [ -d "$CATALOG/Intel/CometLake" ]
}

@test "README: the releases of NVIDIA's driver in it are those that have a layout" {
	local old branches
	run -0 "$MDEV_GPU" abi --json
	IFS='|' read -r old branches < <(read_json '"|".join((it[0]["first"], it[1]["first"][:3] + " to " + it[-1]["last"][:3]))' <<<"$output")
	[ "$old" = "$(read_json 'it[0]["last"]' <<<"$output")" ]
	grep -qF "NVIDIA's driver $old, and the branches from $branches whose layout is known" "$readme"
	grep -qF "| vGPU host, $old, and ${branches% to*} and up;" "$readme"
	grep -qF "| vGPU host, $old, ${branches% to*} and 535 |" "$readme"
}

@test "README: its picture is what status shows in a terminal" {
	local first=0000:41:00.0 folder card
	new_world 535.104.05 "$first=10de:1b38:10de:11d9,fb=24576" 0000:65:00.0=10de:1e30:10de:12ba,fb=24576 \
		0000:a1:00.0=10de:2235:10de:145a,fb=49152,bar1=65536,vfs=4
	for card in "$first:GP102GL [Tesla P40]" "0000:65:00.0:TU102GL [Quadro RTX 6000/8000]" "0000:a1:00.0:GA102GL [A40]"; do
		folder=$(readlink -f "$world/sys/bus/pci/devices/${card:0:12}")
		echo "ID_MODEL_FROM_DATABASE=${card:13}" >>"$folder/uevent"
	done
	mkdir -p "${configuration%/*}"
	cp -r "$CATALOG" "$configuration"
	program apply --all
	simulate vgpus "$first" 2 3
	terminal() {
		echo "$ mdev-gpu ${*:2}"
		env -u NO_COLOR -u COLUMNS TERM=linux "${as_root[@]}" "$SIMULATE" run "$world" -- \
			"$abs_top_srcdir/tests/tools/pty" "$1" "$MDEV_GPU" --root "$root" "${@:2}"
	}
	{ terminal 100 status && echo && terminal 100 status "${first#0000:}"; } |
		sed -E "s|$root$CONFDIR|/etc/gvm/mdev-gpu|; s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}/2026-11-27 08:00:00/" |
		"$abs_top_srcdir/tests/tools/terminal-svg" 100 >status.svg
	xmllint --noout status.svg
	# where this fails because status shows more than before, the new picture is the one printed
	cmp status.svg "$abs_top_srcdir/docs/status.svg" || { cat status.svg; return 1; }
}

@test "README: libvirt takes the vGPU into a virtual machine" {
	cat >domain.xml <<-END
		<domain type='test'>
		<name>vm</name>
		<memory>1048576</memory>
		<os><type>hvm</type></os>
		<devices>
		$(example '**libvirt**')
		</devices>
		</domain>
	END
	grep -q "address uuid='$uuid'" domain.xml
	virsh --quiet --connect test:///default 'define --validate domain.xml; dumpxml vm' >defined.xml
	[ "$(xmllint --xpath 'string(//hostdev[@type="mdev"]/source/address/@uuid)' defined.xml)" = "$uuid" ]
	# what libvirt takes is no accident
	sed -i "s/ model='vfio-pci'/ model='vfio'/" domain.xml
	run ! virsh --quiet --connect test:///default 'define --validate domain.xml'
}

@test "README: libvirt's schema takes the vGPU that libvirt makes" {
	example '**libvirt**' 2 >device.xml
	# the schema is that of a device that has its name already
	sed -i 's|<parent>|<name>mdev</name>&|' device.xml
	virt-xml-validate device.xml nodedev
	[ "$(xmllint --xpath 'string(//capability/type/@id)' device.xml)" = "nvidia-$(type_of_readme | cut -d '|' -f 1)" ]
	[ "$(xmllint --xpath 'string(//parent)' device.xml)" = pci_0000_65_00_0 ]
	sed -i 's/<type id/<sort id/' device.xml
	run ! virt-xml-validate device.xml nodedev
}

@test "README: QEMU takes the options, and misses the device alone" {
	local words
	example '**QEMU**' | sed 's/accel kvm/accel tcg/; s/-m 8G/-m 64M/' >qemu.sh
	# shellcheck source=/dev/null disable=SC2317 # what the file calls
	words=$(qemu-system-x86_64() { printf '%q ' "$@"; }; . ./qemu.sh)
	run -1 bash -c "timeout 60 qemu-system-x86_64 $words -display none -S"
	[[ $output == *"vfio /sys/bus/mdev/devices/$uuid: no such host device"* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "README: mdevctl and Proxmox name the type and the GPU of the examples" {
	local number
	number=$(type_of_readme | cut -d '|' -f 1)
	example '## From type to virtual machine' >commands
	[ "$(<commands)" = "mdevctl define --auto --uuid $uuid --parent 0000:65:00.0 --type nvidia-$number
mdevctl start --uuid $uuid" ]
	[ "$(example '**Proxmox**')" = "qm set 100 --hostpci0 0000:65:00.0,mdev=nvidia-$number" ]
}

@test "README: Nova's options enable the type on the GPU" {
	local number
	number=$(type_of_readme | cut -d '|' -f 1)
	example '**Nova**' >nova.conf
	run -0 python3 -c 'import configparser; it = configparser.ConfigParser(); it.read("nova.conf")
print(it["devices"]["enabled_mdev_types"], it.sections(), it[it.sections()[1]]["device_addresses"])'
	[ "$output" = "nvidia-$number ['devices', 'mdev_nvidia-$number'] 0000:65:00.0" ]
}

@test "README: KubeVirt's selector is the type's name, and its resource a name that Kubernetes takes" {
	local number name resource
	IFS='|' read -r number name < <(type_of_readme)
	example '**KubeVirt**' >kubevirt.yaml
	run -0 python3 -c 'import yaml; it = yaml.safe_load(open("kubevirt.yaml"))["spec"]["configuration"]
device, = it["permittedHostDevices"]["mediatedDevices"]
print(*it["mediatedDevicesConfiguration"]["mediatedDeviceTypes"], *device.values(), sep="\n")'
	[ "${lines[0]}" = "nvidia-$number" ]
	[ "${lines[1]}" = "$name" ]
	resource=${lines[2]}
	[ "$resource" = "nvidia.com/${name// /_}" ]
	[[ ${resource#*/} =~ ^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$ ]]
}

@test "README: recipes that nobody has run say so" {
	local name
	for name in Proxmox Nova KubeVirt; do
		grep -q "^\*\*$name\*\* (parsed, not run)" "$readme"
	done
}

# steps N: the commands of the Nth block of docs/hardware.md, here, in a world
steps() {
	awk -v wanted="$1" '
		/^    / { n += !before; before = 1; if (n == wanted) print substr($0, 5); next }
		!/^$/ { before = 0 }' "$hardware" >steps
	mkdir bin
	printf '#!/bin/sh\nexec %s --root %s "$@"\n' "$MDEV_GPU" "$root" >bin/mdev-gpu
	printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
	printf '#!/bin/sh\necho "NVRM: loaded"\n' >bin/dmesg
	printf '#!/bin/sh\necho "65:00.0 3D controller"\n' >bin/lspci
	chmod +x bin/*
	PATH=$PWD/bin:$PATH in_world bash ./steps
}

@test "hardware: the read-only steps run, write what is to be sent, and change nothing" {
	local file
	new_world 535.104.05
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	section 60001 >"$configuration/Nvidia/Pascal/types.yaml"
	mkdir -p "$world/proc/driver/nvidia"
	steps 1
	for file in explain.json status.json abi.json; do
		read_json it <"$file" >/dev/null
	done
	for file in plan.txt dry-run.txt host.txt dmesg.txt; do
		[ -s "$file" ]
	done
	[ "$(sent)" -eq 0 ]
	[ -z "$(listed)" ]
}

@test "hardware: what a card answers is compared with what the simulated driver does" {
	new_world 550.90.07 --nodes "$gpu=10de:1e30:10de:12ba,fb=8192"
	program report --probe -o report.yaml
	ln -s "$abs_top_srcdir/tests" tests
	ln -s "${abs_top_builddir:?}" build
	awk '/^```/ { inside = !inside; n += inside; next } inside && n == 2' "$hardware" >compare.sh
	[ "$(wc -l <compare.sh)" -eq 4 ]
	expect 0 "" "" "${as_root[@]:-env}" bash -e ./compare.sh
	[ "$(wc -l <simulated.probe)" -gt 20 ]
	grep -q '8192 MiB' simulated.probe
	# a card that differs is seen
	sed -i 's/ok, mode 3/ok, mode 0/' report.probe
	run -1 diff report.probe simulated.probe
}

@test "hardware: the step that adds a type adds it" {
	new_world 535.104.05
	mkdir -p "$root"
	steps 2
	[ "$(listed)" = 60001 ]
	read_json 'it' <after.json >/dev/null
}
