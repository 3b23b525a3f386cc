#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# A release of each layout that a driver has had: registered, read back, and nothing to do the second time. The simulated
# driver refuses a wrong size and stores what a wrong offset holds, so that its list shows every field.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

# a value for every field that can be read back, none of them a default
profile() {
	type 'name: "All of it"' 'gpuClass: Quadro' 'vDevId: 0x1B3811E9' 'pDevId: 0x1b39' 'ecc: true' 'mapVideoSize: 4' \
		'virtDisplay: {numHeads: 4, maxResX: 5120, maxResY: 2880, frlConfig: 60, frlEnable: 1}' 'encCap: 50' \
		'bar1Len: 0x80' 'license: "GRID-Virtual-WS,2.0"' 'cuda: false' 'maxPixels: 18432000' |
		sed 's/num: 1$/num: 60001/; s/fbLen: .*/fbLen: 1856/; s/fbRes: .*/fbRes: 192/'
}

works() {
	new_world "$1"
	put "$BATS_TEST_TMPDIR/profile.yaml" < <(profile)
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply "$gpu" -c "$BATS_TEST_TMPDIR/profile.yaml"
	closed
	[ "$(sent)" -eq 1 ]
	[ "$(shown)" = "nvidia-60001 All of it" ]
	[[ $(simulate types "$gpu") == "60001 name='All of it' class='Quadro' max_instance=2 heads=4 resolution=5120x2880 frl=60 fb=1856 reserved=192 profile=2048 "*" ignored=0" ]]
	simulate clear
	expect 0 "$gpu: nothing to do: 1 type is registered" "" program apply "$gpu" -c "$BATS_TEST_TMPDIR/profile.yaml"
	closed
	[ "$(sent)" -eq 0 ]
}

@test "driver 525.60.11: registered, verified, and unchanged the second time" {
	works 525.60.11
}

@test "driver 530.41.03: registered, verified, and unchanged the second time" {
	works 530.41.03
}

@test "driver 535.104.05: registered, verified, and unchanged the second time" {
	works 535.104.05
}

@test "driver 545.29.06: registered, verified, and unchanged the second time" {
	works 545.29.06
}

@test "driver 550.54.14: registered, verified, and unchanged the second time" {
	works 550.54.14
}

@test "driver 550.90.07: registered, verified, and unchanged the second time" {
	works 550.90.07
}

@test "driver 555.58.02: registered, verified, and unchanged the second time" {
	works 555.58.02
}

@test "driver 560.35.03: registered, verified, and unchanged the second time" {
	works 560.35.03
}

@test "driver 565.57.01: registered, verified, and unchanged the second time" {
	works 565.57.01
}

@test "driver 570.86.15: registered, verified, and unchanged the second time" {
	works 570.86.15
}

@test "driver 575.64.05: registered, verified, and unchanged the second time" {
	works 575.64.05
}

@test "driver 580.65.06: registered, verified, and unchanged the second time" {
	works 580.65.06
}

@test "driver 580.95.05: registered, verified, and unchanged the second time" {
	works 580.95.05
}

@test "driver 590.48.01: registered, verified, and unchanged the second time" {
	works 590.48.01
}

@test "driver 595.45.04: registered, verified, and unchanged the second time" {
	works 595.45.04
}

@test "driver 510.47.03: registered, shown in sysfs, and unchanged the second time" {
	new_world 510.47.03
	put "$BATS_TEST_TMPDIR/profile.yaml" < <(profile)
	expect 0 "$gpu: 1 type registered, 0 unchanged; sysfs shows them, driver 510.47.03 gives nothing else back" "" \
		program apply "$gpu" -c "$BATS_TEST_TMPDIR/profile.yaml"
	closed
	[ "$(shown)" = "nvidia-60001 All of it" ]
	simulate clear
	expect 0 "$gpu: nothing to do: 1 type is registered; sysfs shows them, driver 510.47.03 gives nothing else back" "" \
		program apply "$gpu" -c "$BATS_TEST_TMPDIR/profile.yaml"
	closed
	[ "$(sent)" -eq 0 ]
}

# cleared KEY: a type with this key, which the driver clears, is registered once
cleared() {
	put cleared.yaml < <(type "$1" | sed 's/num: 1$/num: 60001/')
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" mistakes program apply "$gpu" -c cleared.yaml
	expect 0 "$gpu: nothing to do: 1 type is registered" "" mistakes program apply "$gpu" -c cleared.yaml
}

@test "drivers: a frame rate limiter, or several vGPUs in one VM, that the driver has cleared is no difference" {
	cd "$BATS_TEST_TMPDIR"
	new_world 535.104.05 --frl-off
	cleared 'virtDisplay: {frlConfig: 60, frlEnable: 1}'
	new_world 535.104.05
	cleared 'multiMdev: true'
}

@test "drivers: a 0 that the driver gives back is a difference for every other key, and so is its 1 for these" {
	cd "$BATS_TEST_TMPDIR"
	new_world 535.104.05
	put one.yaml < <(type 'ecc: false' 'virtDisplay: {frlConfig: 60, frlEnable: 1}' | sed 's/num: 1$/num: 60001/')
	applied one.yaml
	put other.yaml < <(type 'ecc: true' 'virtDisplay: {frlConfig: 60, frlEnable: 0}' | sed 's/num: 1$/num: 60001/')
	run -1 program apply "$gpu" -c other.yaml
	echo "$output"
	[[ $output == *"ecc is 0, not 1"* && $output == *"frlEnable is 1, not 0"* ]]
}
