#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# settings.yaml: what holds for the whole host, for whoever starts a run.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

# said of the two layouts that no size tells apart
ambiguous="mdev-gpu: $gpu: the layout of 595.44.02 to 610.57.04 has the size of that of 580.94.02 to 590.48.01: which of them driver \
615.71.09 speaks cannot be verified"

setup() {
	settings=$configuration/settings.yaml
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/Nvidia/Pascal/one.yaml" < <(section 60001)
}

# unknown: a world with a driver of a release that nobody has measured
unknown() {
	new_world 615.71.09 --like=595.45.04
}

# refused MESSAGE…: check and apply tell the same mistakes, and the driver is not opened
refused() {
	local mistakes
	mistakes=$(printf "mdev-gpu: $settings:%s\n" "$@")
	expect 3 '' "$mistakes" mdev_gpu check
	expect 3 '' "$mistakes
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program apply "$gpu"
	untouched
}

@test "settings: for the release that a line names, its layout is spoken in automatic runs" {
	unknown
	expect 5 '' '' program apply --udev "$gpu"
	untouched
	put "$settings" 'driverAbi: {615.71.09: 610.57.04}'
	expect 0 '' '' program apply --udev "$gpu"
	same 'nvidia-60001 Arc GPU' <(shown) sysfs
	run -0 grep -E '^(result|version):' "$state_folder/$gpu.yaml"
	[ "$output" = $'version: "615.71.09"\nresult: "done"' ]
}

@test "settings: the same in commands" {
	unknown
	put "$settings" 'driverAbi: {615.71.09: 610.57.04}'
	expect 0 "$gpu: 1 type registered, 0 unchanged" "$ambiguous" program apply "$gpu"
	run -0 program status "$gpu"
	[[ $output == *'verdict       there: the type is there'*'1 set, 1 live'* ]]
	run -0 program explain "$gpu"
	[[ $output == "$gpu: there: "*"release        fine    615.71.09"*"settings.yaml:1:24:"*"insists on the layout of 610.57.04"* ]]
	expect 0 '3 files, 1 type: no mistakes' '' mdev_gpu check
}

@test "settings: without such a line the driver is refused, and explain says what a line would do" {
	unknown
	run -0 program explain "$gpu"
	[[ $output == "$gpu: release-unknown: "*'settings.yaml'* ]]
}

@test "settings: a line for another release changes nothing, and is said" {
	local line="mdev-gpu: $gpu: $settings:1:24: driverAbi.615.71.09: is not for driver 550.54.14, ignored"
	new_world 550.54.14
	put "$settings" 'driverAbi: {615.71.09: 610.57.04}'
	expect 0 "$gpu: 1 type registered, 0 unchanged" "$line" program apply "$gpu"
	run -0 --separate-stderr program plan "$gpu"
	[ "$stderr" = "$line" ]
	[[ $output != *'spoken to'* ]]
	run -0 program explain "$gpu"
	[[ $(tr -s '\n ' ' ' <<<"$output") == *'driverAbi.615.71.09: is not for driver 550.54.14, ignored'* ]]
	expect 0 '' '' program apply --udev "$gpu"
}

@test "settings: plan tells the layout, and with --origin the place that insists" {
	unknown
	put "$settings" $'driverAbi:\n  615.71.09: 610.57.04'
	run -0 program plan "$gpu"
	[[ $output == *$'\n  the driver is spoken to as to release 610.57.04\n'* ]]
	run -0 program plan --origin "$gpu"
	[[ $output == *"  the driver is spoken to as to release 610.57.04  $settings:2:14"$'\n'* ]]
	run -0 program plan --origin "$gpu" --driver-abi 595.45.04
	[[ $output == *$'  the driver is spoken to as to release 595.45.04  --driver-abi\n'* ]]
	[ "$(program plan --json "$gpu" | read_json 'it[0]["driverAbi"]')" = 610.57.04 ]
}

@test "settings: --driver-abi comes first, also before mistakes in the file" {
	unknown
	put "$settings" 'driverAbi: {615.71.09: 550.54.14}'
	expect 5 '' "mdev-gpu: $gpu: the driver does not speak the layout of 550.54.14, nothing was sent: NV_ERR_INVALID_ARGUMENT \
0x1f: Invalid argument to call; the driver expects other parameters than its release is known for" program apply "$gpu"
	put "$settings" 'driverAby: 3'
	expect 0 "$gpu: 1 type registered, 0 unchanged" "$ambiguous" program apply "$gpu" --driver-abi 610.57.04
}

@test "settings: every mistake is told with its place, and nothing is sent" {
	unknown
	put "$settings" 'drvierAbi: {615.71.09: 610.57.04}'
	refused '1:1: drvierAbi: unknown key (did you mean driverAbi?)'
	put "$settings" 'driverAbi: [615.71.09]'
	refused '1:12: driverAbi: must be a mapping (key: value)'
	put "$settings" $'driverAbi:\n  615: 610.57.04\n  x.1: 610.57.04\n  615.71.09: newest\n  610.99: [610.57.04]\ngpus: []'
	refused "2:3: driverAbi.615: '615' is no driver's release (580.95.05)" \
		"3:3: driverAbi.x.1: 'x.1' is no driver's release (580.95.05)" \
		"4:14: driverAbi.615.71.09: 'newest' is no driver's release (580.95.05)" \
		'5:11: driverAbi.610.99: must be a single value' \
		'6:1: gpus: does not stand here but in a profile'
	put "$settings" $'driverAbi: {615.71.09: 610.57.04}\n- x'
	run -3 program apply --udev "$gpu"
	untouched
}

@test "settings: a key of theirs in a profile is sent home" {
	put "$configuration/Nvidia/Pascal/one.yaml" 'driverAbi: {615.71.09: 610.57.04}'
	expect 3 '' "mdev-gpu: $configuration/Nvidia/Pascal/one.yaml:1:1: driverAbi: does not stand here but in settings.yaml" \
		mdev_gpu check
}

@test "settings: a layout that may not be insisted on is refused, and check judges lines of other releases as well" {
	unknown
	put "$settings" $'driverAbi:\n  615.71.09: 999.1'
	refused '2:14: driverAbi.615.71.09: 999.1 is not a known release; see mdev-gpu abi'
	put "$settings" $'driverAbi:\n  615.71.09: 510.47.03'
	refused '2:14: driverAbi.615.71.09: no call that only reads is known of 510.47.03, so it cannot be tried whether driver 615.71.09 speaks its layout'
	put "$settings" $'driverAbi:\n  595.58.03: 590.48.01\n  595.1: 590.48.01\n  610.1: 610.57.04'
	expect 3 '' "mdev-gpu: $settings:2:14: driverAbi.595.58.03: driver 595.58.03 is known, it does not speak the layout of 590.48.01
mdev-gpu: $settings:3:10: driverAbi.595.1: driver 595.1 is of a known branch, it does not speak the layout of 590.48.01" mdev_gpu check
}

@test "settings: an empty file, a masked one and none are the same; a link that leads nowhere is a mistake" {
	new_world 550.54.14
	: >"$settings"
	expect 0 "$gpu: 1 type registered, 0 unchanged" '' program apply "$gpu"
	put "$settings" 'driverAbi:'
	expect 0 "$gpu: nothing to do: 1 type is registered" '' program apply "$gpu"
	ln -sf /dev/null "$settings"
	expect 0 "$gpu: nothing to do: 1 type is registered" '' program apply "$gpu"
	ln -sf nowhere "$settings"
	run -3 program apply "$gpu"
}

@test "settings: what somebody else can write is refused in automatic runs, and check says so" {
	unknown
	put "$settings" 'driverAbi: {615.71.09: 610.57.04}'
	chmod 0666 "$settings"
	expect 3 '' '' program apply --udev "$gpu"
	untouched
	run -0 grep '^message' "$state_folder/$gpu.yaml"
	[ "$output" = "message: \"$settings: can be written by others than root\"" ]
	expect 0 '3 files, 1 type: no mistakes' \
		"mdev-gpu: $settings: warning: can be written by others than root: automatic runs refuse it" mdev_gpu check
	run -0 program explain "$gpu"
	[[ $output == "$gpu: untrusted: "* ]]
}

@test "settings: elsewhere in the tree the file is read by no run" {
	put "$configuration/Nvidia/settings.yaml" 'gpus: []'
	run -0 --separate-stderr mdev_gpu check
	[[ $stderr == *'Nvidia/settings.yaml: warning: is read by no run: '* ]]
}

# Releases that no call asks for their layout: sysfs tells.

@test "settings: 510.85 is tried by one type, and where sysfs shows it as it was sent the others follow" {
	put "$configuration/Nvidia/Pascal/one.yaml" < <(types 3)
	put "$settings" 'driverAbi: {510.85.02: 510.47.03}'
	new_world 510.85.02 --like=510.47.03
	expect 0 "$gpu: 3 types registered, 0 unchanged; sysfs shows them, driver 510.85.02 gives nothing else back" \
		"mdev-gpu: $gpu: driver 510.85.02 is spoken to in the layout of 510.47.03: sysfs shows nvidia-60001 as it was sent, the rest \
of it cannot be verified" program apply "$gpu"
	[ "$(listed)" = '60001 60002 60003' ]
	expect 0 "$gpu: nothing to do: 3 types are registered; sysfs shows them, driver 510.85.02 gives nothing else back" '' \
		program apply "$gpu"
}

# another GPU's type of that number is what sysfs goes on showing, as a driver that reads the block otherwise would show another
@test "settings: 510.85 that does not show what was sent gets nothing more, and others' types stay" {
	new_world 510.85.02 --like=510.47.03 "$P40" 0000:b3:00.0=10de:1b38:10de:11d9,fb=24576
	put "$settings" 'driverAbi: {510.85.02: 510.47.03}'
	put other.yaml < <(section 60009)
	applied other.yaml
	put other.yaml < <(type | sed 's/num: 1/num: 60001/; s/fbLen: 896/fbLen: 1920/')
	program apply 0000:b3:00.0 -c other.yaml
	put "$configuration/Nvidia/Pascal/one.yaml" < <(types 3)
	simulate clear
	expect 1 '' "mdev-gpu: $gpu: driver 510.85.02 does not speak the layout of 510.47.03, or knew nvidia-60001 before: sysfs shows it as \
\"Arc GPU\", num_heads=1, frl_config=120, framebuffer=1920M, max_resolution=1024x1024, max_instance=2; nothing more was sent; reload \
the driver to clear it" program apply "$gpu"
	[ "$(sent)" -eq 1 ]
	[ "$(listed)" = '60009 60001' ]
}

@test "settings: 510.85 whose sysfs shows nothing gets nothing more" {
	new_world 510.85.02 --like=510.47.03
	put "$settings" 'driverAbi: {510.85.02: 510.47.03}'
	put "$configuration/Nvidia/Pascal/one.yaml" < <(types 3)
	simulate vfio off
	RM_CLOCK=virtual run -1 program apply "$gpu"
	[[ $output == *"sysfs does not show nvidia-60001, so whether driver 510.85.02 speaks the layout of 510.47.03 cannot be seen: \
nothing more was sent; reload the driver to clear it" ]]
	[ "$(sent)" -eq 1 ]
	[ "$(grep -c ' wait 20 ms' "$world/transcript")" -eq 250 ]
}

@test "settings: 510.85 whose sysfs says it otherwise gets nothing more" {
	local folder said
	new_world 510.85.02 --like=510.47.03 --no-vfio
	put "$settings" 'driverAbi: {510.85.02: 510.47.03}'
	put "$configuration/Nvidia/Pascal/one.yaml" < <(types 3)
	folder=$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-60001
	for said in 'heads=1' 'num_heads=1, frl_config=60, framebuffer=M'; do
		(
			until grep -q cmd=0xa0810101 "$world/transcript"; do sleep 0.05; done
			put "$folder/description" "$said"
			put "$folder/.name" 'Arc GPU'
			mv "$folder/.name" "$folder/name" # whole, as the kernel shows it
		) 3>&- &
		expect 1 '' "mdev-gpu: $gpu: driver 510.85.02 does not speak the layout of 510.47.03, or knew nvidia-60001 before: sysfs shows it as \
\"Arc GPU\", $said; nothing more was sent; reload the driver to clear it" program apply "$gpu"
		wait
		[ "$(sent)" -eq 1 ]
		rm -r "$folder"
		simulate reload
		simulate clear
	done
}
