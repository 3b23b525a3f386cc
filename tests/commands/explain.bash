# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of explain share: situations, and what is said of them.

# shellcheck disable=SC2154 # helpers.bash sets them

own=Nvidia/Pascal/one.yaml
igpu=0000:00:02.0

# one folder for a Tesla P40, with one type, and the rule in its place
explain_setup() {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/$own" < <(section 60001)
	mkdir -p "$root$UDEVRULESDIR"
	cp "$RULES" "$root$UDEVRULESDIR/90-mdev-gpu.rules"
}

# verdict WORD TEXT [ADDRESS]: the first line of what explain says, whole; and nothing was touched
verdict() {
	local address=${3:-$gpu} before
	before=$(fingerprint)
	run -0 --separate-stderr program explain "$address"
	echo "$output"
	[ -z "$stderr" ]
	[ "${lines[0]}" = "$address: $1: $2" ] || {
		printf 'expected:\n%s\n' "$address: $1: $2"
		return 1
	}
	advised
	diff <(echo "$before") <(fingerprint)
	with_its_commands "$address"
	pasteable "$address"
}

# The commands that each cause comes with, in order; GPU is its address.
given_commands='
cannot-share|
discarded-by-others|mdev-gpu apply GPU
filtered-out|
hidden|
in-use|mdev-gpu apply GPU
no-device|lspci -D; echo 1 >/sys/bus/pci/rescan
no-driver|
no-driver|dmesg | grep -i nvidia; echo GPU >/sys/bus/pci/drivers/nvidia/bind
no-driver|echo >/sys/bus/pci/devices/GPU/driver_override; echo GPU >/sys/bus/pci/drivers/nvidia/bind
no-folder|
no-functions|
no-types|
node|dmesg | grep -i nvrm
node|mknod /dev/nvidia0 c 195 0
node|mknod /dev/nvidiactl c 195 255
node|rm /dev/nvidiactl
not-a-gpu|mdev-gpu explain
not-a-host|
not-run|mdev-gpu apply GPU
not-shown|dmesg | grep i915
other-driver|
passed-through|
refused|mdev-gpu check; mdev-gpu apply GPU
release-unknown|mdev-gpu abi
rule-masked|rm /etc/udev/rules.d/90-mdev-gpu.rules; udevadm control --reload; udevadm trigger /sys/devices/pci0000:65/GPU
rule-missing|udevadm control --reload; udevadm trigger /sys/devices/pci0000:65/GPU
run-failed|mdev-gpu apply GPU
running|mdev-gpu explain GPU
sharing-off|
sriov-off|/usr/lib/nvidia/sriov-manage -e GPU
stale-run|mdev-gpu apply GPU
switched-off|mdev-gpu apply GPU
taken|
taken|mdevctl list
untrusted|
vendor-vfio|cat /sys/bus/pci/devices/GPU/virtfn0/nvidia/creatable_vgpu_types
vfs-elsewhere|cat /sys/bus/pci/devices/GPU/virtfn0/driver_override; cat /sys/bus/pci/devices/GPU/sriov_drivers_autoprobe
virtual-function|mdev-gpu explain 0000:65:00.0
'

# with_its_commands ADDRESS: the first cause that explain has for it comes with its commands
with_its_commands() {
	local given
	given=$(program explain --json "$1" | read_json \
		"''.join([d['verdict'] + '|' + '; '.join(l['commands']) for d in it for l in d['chain'] if l['state'] == 'cause'][:1])")
	given=${given//"$root"/}
	[[ -z $given || $given_commands == *$'\n'"${given//"$1"/GPU}"$'\n'* ]] || {
		echo "given: $given"
		return 1
	}
}

# pasteable ADDRESS: every command that explain gives for it is alone on its line, whole, in whatever width, and does in the
# world what it is given for; in a copy, since it may change that
pasteable() {
	local address=$1 command
	local -r real=$world copy=$BATS_TEST_TMPDIR/copy
	world_programs "$BATS_TEST_TMPDIR/bin"
	program explain --json "$address" |
		read_json "''.join(c + '\\n' for d in it for l in d['chain'] for c in l['commands'])" >"$BATS_TEST_TMPDIR/commands"
	while IFS= read -r command; do
		[ -n "$command" ] || continue
		COLUMNS=40 program explain "$address" >"$BATS_TEST_TMPDIR/narrow"
		grep -qxF "$(printf '%28s%s' '' "$command")" "$BATS_TEST_TMPDIR/narrow"
		rm -rf "$copy"
		mkdir "$copy"
		cp -a "$world" "$root" "$copy"
		command=${command//"$root"/"$copy/root"}
		world=$copy/world pasted "${command//\/usr\/lib\/nvidia\//}"
	done <"$BATS_TEST_TMPDIR/commands"
	world=$real
}

# pasted COMMAND: as root has pasted it
pasted() {
	local status=0
	PATH=$BATS_TEST_TMPDIR/bin:$PATH in_world bash -c "$1" >"$BATS_TEST_TMPDIR/pasted" 2>&1 || status=$?
	case $1 in
	'mdev-gpu '*) [ "$status" -ne 2 ] && [ "$status" -lt 126 ] ;;
	*' | grep '*) [ "$status" -le 1 ] ;;
	'ln -s '*) [ "$status" -le 1 ] ;;
	*) [ "$status" -eq 0 ] ;;
	esac || {
		echo "pasted: $1: exit code $status"
		cat "$BATS_TEST_TMPDIR/pasted"
		return 1
	}
}

# world_programs FOLDER: the programs that explain sends people to, as far as the world has what they do
world_programs() {
	local name
	[ ! -d "$1" ] || return 0
	for name in dmesg lspci mdevctl modprobe; do
		put "$1/$name" '#!/bin/sh'
	done
	put "$1/mdev-gpu" <<-END
		#!/bin/sh
		exec "$MDEV_GPU" --root "$BATS_TEST_TMPDIR/copy/root" "\$@"
	END
	put "$1/sriov-manage" <<-'END'
		#!/bin/sh
		[ $# -eq 2 ] && [ "$1" = -e ] && [ -e "/sys/bus/pci/devices/$2/sriov_numvfs" ]
	END
	put "$1/udevadm" <<-'END'
		#!/bin/sh
		case $1 in
		control) [ "$*" = 'control --reload' ] ;;
		trigger) [ $# -eq 2 ] && [ -e "$2/uevent" ] ;;
		*) exit 1 ;;
		esac
	END
	chmod +x "$1"/*
}

# advised: every cause in $output says what to do
advised() {
	awk '/^  [^ ]/ { if (cause && !told) exit; told = 0; cause = substr($0, 18, 5) == "cause" }
		/^ *-> / { told = 1 }
		END { if (cause && !told) { print "no advice"; exit 1 } }' <<<"$output"
}

# fingerprint: what explain must not change: the driver, its nodes, sysfs, configuration and records
fingerprint() {
	simulate transcript full
	simulate nodes
	find "$world" "$root" ! -path "$world/.rm/*" -printf '%p %s %T@\n' | sort
}

# links [ADDRESS]: the names of what was looked at, on one line
links() {
	program explain --json "${1:-$gpu}" | read_json "' '.join(l['link'] for l in it[0]['chain'])"
}

# commands LINK [ADDRESS]: the commands that explain gives at a link
commands() {
	program explain --json "${2:-$gpu}" | read_json "'\\n'.join([l for l in it[0]['chain'] if l['link'] == '$1'][0]['commands'])"
}

# advice LINK [ADDRESS]: what explain advises at a link, in words
advice() {
	program explain --json "${2:-$gpu}" | read_json "[l for l in it[0]['chain'] if l['link'] == '$1'][0]['advice']"
}

# seen LINK [ADDRESS]: "STATE TEXT" of a link, and its other lines
seen() {
	program explain --json "${2:-$gpu}" |
		read_json "'\\n'.join([l['state'] + ' ' + l['seen'] + ''.join('\\n' + m for m in l['more']) for l in it[0]['chain'] if l['link'] == '$1'])"
}

# failing COMMAND…: a run that is expected to fail, and is none of what is tested
failing() {
	run ! program "$@"
}

# syspath [ADDRESS]
syspath() {
	local path
	path=$(readlink -f "$world/sys/bus/pci/devices/${1:-$gpu}")
	echo "${path#"$world"}"
}

# catalog VENDOR/FOLDER…: the shipped ones
catalog() {
	local folder
	for folder; do
		mkdir -p "$configuration/$folder"
		cp -rT "$CATALOG/$folder" "$configuration/$folder"
	done
	chmod -R go-w "$configuration"
}

# intel_world DEVICE: an Intel GPU with GVT-g on, as far as i915's parameters go
intel_world() {
	new_world 535.104.05 "$igpu=8086:$1,class=0300,driver=i915"
	catalog Intel
	put "$world/sys/module/i915/parameters/enable_gvt" Y
	put "$world/sys/module/i915/parameters/enable_guc" -1
	put "$world/sys/module/i915/initstate" live
	put "$world/sys/module/kvmgt/initstate" live
}

# gvt_types ID…: what i915 shows, without a name attribute
gvt_types() {
	local id
	for id; do
		put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/$id/available_instances" 1
	done
}
