#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# A driver that is busy, or does not come back: how long a run waits, on a clock of its own (RM_CLOCK).

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	types 1 >one.yaml
	new_world 550.90.07
	export RM_CLOCK=virtual
}

# waits: how long the run waited each time, in ms
waits() {
	sed -n 's/^- wait \([0-9]*\) ms.*/\1/p' "$world/transcript" | paste -sd ' '
}

# calls COMMAND: how often it was sent
calls() {
	grep -c "control cmd=$1 " "$world/transcript"
}

busy='NV_ERR_BUSY_RETRY 0x3: System is busy, retry later; the driver stayed busy, or is short of memory'
locked='NV_ERR_TIMEOUT_RETRY 0x66: Call timed out, please retry later; the driver stayed locked, or the GPU is still being started'

@test "busy: a call is tried again after 1, 2, 4 … 512 ms, and then it is told" {
	simulate inject 'control:0xa0810104*0=status:0x3'
	expect 1 "" "mdev-gpu: $gpu: cannot ask for the types: $busy" program apply "$gpu" -c one.yaml
	[ "$(waits)" = "1 2 4 8 16 32 64 128 256 512" ]
	[ "$(calls 0xa0810104)" -eq 11 ]
	closed
}

@test "busy: allocations are tried again, too, and so is the other retry status" {
	simulate inject 'alloc:0xa081*0=status:0x66'
	expect 1 "" "mdev-gpu: $gpu: cannot configure vGPUs on the GPU: $locked" program apply "$gpu" -c one.yaml
	[ "$(waits)" = "1 2 4 8 16 32 64 128 256 512" ]
	closed
}

@test "busy: a driver that is soon ready again is not mentioned, and each call begins with 1 ms" {
	simulate inject 'control:0xa0810104*3=status:0x3' 'control:0xa0810101*2=status:0x66'
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply "$gpu" -c one.yaml
	[ "$(waits)" = "1 2 4 1 2" ]
	[ "$(listed)" = 60001 ]
	closed
}

@test "busy: no other status is tried again" {
	local status
	for status in 0x1 0x2 0x4 0x1b 0x57 0x65 0x67; do
		simulate clear
		simulate inject "control:0xa0810104*0=status:$status"
		run -1 program apply "$gpu" -c one.yaml
		[ "$(waits)" = "" ]
		[ "$(calls 0xa0810104)" -eq 1 ]
	done
}

# 60 s are the run's, and 15 of them the most that it may keep others waiting for
@test "busy: the deadline ends the waiting" {
	simulate inject 'control:0x205=hang:59900' 'control:0xa0810104*0=status:0x3'
	expect 1 "" "mdev-gpu: $gpu: cannot ask for the types: $busy" program apply "$gpu" -c one.yaml
	[ "$(waits)" = "1 2 4 8 16 32 37" ]
	closed
}

@test "busy: where others wait for us, it ends after 15 s" {
	simulate inject 'control:0xa0810104=hang:14950' 'control:0xa0810102*0=status:0x3'
	expect 1 "" "mdev-gpu: $gpu: cannot count the GPU's vGPUs: $busy" program apply "$gpu" -c one.yaml
	[ "$(waits)" = "1 2 4 8 16 19" ]
	[ "$(sent)" -eq 0 ]
	closed
}

@test "busy: an answer that comes late, but comes, counts" {
	simulate inject 'control:0x205=hang:62000' 'control:0xa0810101=hang:1000'
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply "$gpu" -c one.yaml
	[ "$(waits)" = "" ]
	closed
}

@test "busy: a driver that never comes back ends the run, and that is logged" {
	simulate inject 'control:0x205=hang:90000'
	expect 1 "" "mdev-gpu: $gpu: the driver does not come back, so the run ends here; the GPU's next event tries again" \
		program apply "$gpu" -c one.yaml
	grep -qx 'result: "running"' "$state_folder/$gpu.yaml"
	program status --json "$gpu" | read_json 'it[0]["lastRun"]["result"] + ": " + it[0]["lastRun"]["message"]' |
		grep -qx "failed: the driver does not come back, so the run ends here; the GPU's next event tries again"
	simulate clear
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply "$gpu" -c one.yaml
}

@test "busy: plan ends, too, when the driver never comes back, and its lock is free then" {
	put auto.yaml 'gpus: [{mdevConfigs: [{num: 60001, maxInstances: 2, fbLen: auto, fbRes: auto}]}]'
	simulate inject 'open:ctl=hang:600000'
	expect 1 "" "mdev-gpu: $gpu: the driver does not come back, so the run ends here; the GPU's next event tries again" \
		program plan "$gpu" -c auto.yaml
	simulate clear
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply "$gpu" -c auto.yaml
	# which has recorded the memory: without that the driver is asked
	rm "$state_folder/$gpu.yaml"
	simulate inject 'open:ctl=hang:59000' 'control:0x20801301*0=status:0x3'
	expect 1 "" "mdev-gpu: $gpu: cannot ask for the GPU's memory: $busy" program plan "$gpu" -c auto.yaml
	[ "$(waits)" = "1 2 4 8 16 32 64 128 256 489" ]
}
