#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The driver's device nodes: made as its params say, and only where they allow it.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	types 2 >two.yaml
}

@test "node: made as the driver's params say, whatever the umask" {
	new_world 535.104.05 --modify-device-files=1
	umask 077
	run -0 program apply "$gpu" -c two.yaml
	[ "$(simulate nodes)" = $'nvidiactl 195:255 0666 0:0\nnvidia0 195:0 0666 0:0' ]
}

@test "node: owner, group and decimal mode come from the params" {
	world=$BATS_TEST_TMPDIR/world
	"$SIMULATE" new "$world" --driver 580.95.05 --params uid=7,gid=44,mode=432 --gpu "$P40"
	run -0 program apply "$gpu" -c two.yaml
	[ "$(simulate nodes)" = $'nvidiactl 195:255 0660 7:44\nnvidia0 195:0 0660 7:44' ]
}

@test "node: none is made where ModifyDeviceFiles forbids it" {
	new_world 535.104.05 --modify-device-files=0
	expect 1 "" "mdev-gpu: $gpu: cannot open /dev/nvidiactl: No such file or directory" program apply "$gpu" -c two.yaml
	[ -z "$(simulate nodes)" ]
}

@test "node: of a driver without a character device nothing is opened, and none is made" {
	new_world 535.104.05
	put "$world/proc/devices" $'Character devices:\n  1 mem\n195 nvidia-caps\n\nBlock devices:\n195 nvidia'
	expect 1 "" "mdev-gpu: $gpu: cannot open /dev/nvidiactl: No such device or address" program apply "$gpu" -c two.yaml
	[ -z "$(simulate nodes)" ]
	untouched
}

@test "node: a node of mode 0 gets owner and mode, unless ModifyDeviceFiles forbids it" {
	world=$BATS_TEST_TMPDIR/world
	"$SIMULATE" new "$world" --driver 580.95.05 --params uid=0,gid=44,mode=432 --gpu "$P40"
	simulate node nvidiactl 195:255 0
	run -0 program apply "$gpu" -c two.yaml
	[ "$(simulate nodes)" = $'nvidiactl 195:255 0660 0:44\nnvidia0 195:0 0660 0:44' ]
	# made without any rights, then given to whom it belongs, and only then opened to them
	[ "$(sed -n 's/^- \([a-z]* nvidia0\) .* mode=\(....\) .* gid=\([0-9]*\) .*/\1 \2 \3/p' "$world/transcript")" = 'mknod nvidia0 0000 0
chown nvidia0 0000 44
chmod nvidia0 0660 44' ]
	rm -rf "$world"
	new_world 580.95.05 --modify-device-files=0
	simulate node nvidiactl 195:255 0
	simulate clear
	run program apply "$gpu" -c two.yaml
	run ! grep -E 'mknod|chmod|chown' "$world/transcript"
}

@test "node: existing nodes are left unchanged" {
	new_world 535.104.05 --nodes
	simulate clear
	run -0 program apply "$gpu" -c two.yaml
	run ! grep -E 'mknod|chmod|chown' "$world/transcript"
}

@test "node: the GPU's own minor is opened, wherever the GPU stands in the list" {
	new_world 535.104.05 0000:17:00.0=10de:1b38 "$P40,minor=7"
	run -0 program apply "$gpu" -c two.yaml
	grep -q ' open nvidia7' "$world/transcript"
	run ! grep ' open nvidia0' "$world/transcript"
	[ "$(listed 0000:17:00.0)" = "" ]
}

@test "node: another device number in its place is refused" {
	new_world 535.104.05
	simulate node nvidiactl 195:254
	expect 1 "" "mdev-gpu: $gpu: cannot open /dev/nvidiactl: Wrong medium type" program apply "$gpu" -c two.yaml
}
