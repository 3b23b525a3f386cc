#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What sysfs says of a device is read as it is, or not at all: nothing that cannot be read is taken for a 0.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	types 1 >"$configuration/Nvidia/Pascal/own.yaml"
	put "$configuration/Nvidia/Generic/devices.yaml" '- 10de:*'
	section 60009 >"$configuration/Nvidia/Generic/own.yaml"
	chmod -R go-w "$root"
	new_world 535.104.05
	folder=$(readlink -f "$world/sys/bus/pci/devices/$gpu") sys=/sys/devices/pci0000:65/$gpu
}

# refused ATTRIBUTE WHY: a run says that it cannot be read, and gives nothing to the driver
refused() {
	local said="mdev-gpu: $sys/$1 cannot be read: $2"
	expect 1 "" "$said
mdev-gpu: $gpu: cannot find the device: $2" program apply "$gpu"
	expect 1 "" "$said
mdev-gpu: cannot list the GPUs of /sys: $2" program apply --all
	[ "$(sent)" -eq 0 ]
}

@test "device: an identity that is not a number, or too large a one, is an error" {
	local attribute text
	for attribute in vendor device subsystem_vendor subsystem_device class; do
		cp "$folder/$attribute" kept
		for text in '' 0x zz 0x10dez 0x1234567 -1; do
			echo "$attribute: '$text'"
			printf '%s\n' "$text" >"$folder/$attribute"
			refused "$attribute" "Numerical result out of range"
		done
		cp kept "$folder/$attribute"
	done
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply "$gpu"
}

@test "device: an identity that cannot be read is an error" {
	local attribute
	for attribute in vendor device subsystem_vendor subsystem_device class; do
		mv "$folder/$attribute" kept
		refused "$attribute" "No such file or directory"
		mv kept "$folder/$attribute"
	done
}

@test "device: more virtual functions than there can be are an error, and nothing loops over them" {
	local attribute command
	for attribute in sriov_numvfs sriov_totalvfs; do
		for number in 65536 4294967295 4294967296 99999999999999999999 x; do
			echo "$number" >"$folder/$attribute"
			for command in status explain plan; do
				run -1 timeout 20 "${as_root[@]}" "$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" "$command" "$gpu"
				[ "${lines[0]}" = "mdev-gpu: $sys/$attribute cannot be read: Numerical result out of range" ]
			done
		done
		rm "$folder/$attribute"
	done
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply "$gpu"
}

@test "device: a run of the rule is about the device that the event names" {
	local event
	for event in PCI_ID=10DE:1B39 PCI_ID=8086:1B38 PCI_ID= PCI_CLASS=30000 PCI_CLASS=; do
		run -1 "${as_root[@]:-env}" "$abs_top_srcdir/tests/tools/syslog" log env "$event" "$SIMULATE" run "$world" -- \
			"$MDEV_GPU" --root "$root" apply --udev "$gpu"
		grep -q "^3 mdev-gpu: $gpu: sysfs says that the GPU is 10DE:1B38 30200, and the event says .*; nothing was done$" log
	done
	untouched
	run -0 "${as_root[@]:-env}" "$abs_top_srcdir/tests/tools/syslog" log env PCI_ID=10DE:1B38 PCI_CLASS=30200 "$SIMULATE" run "$world" -- \
		"$MDEV_GPU" --root "$root" apply --udev "$gpu"
	[ "$(listed)" = 60001 ]
}
