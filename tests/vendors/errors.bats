#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What a failed call is told by: the step, and errno in the system's words or the status by name, meaning and cause. Every
# status and errno at every call is make check-sweep's.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	types 1 >one.yaml
	new_world 550.90.07
}

# told RULE TEXT: a call that meets the rule ends the run with this
told() {
	simulate clear
	simulate inject "$1"
	expect 1 "" "mdev-gpu: $gpu: $2" program apply "$gpu" -c one.yaml
	closed
}

@test "errors: a number of the system and one of the driver are told in different words" {
	told control:0x205=errno:EINVAL "cannot ask for the GPU's instance: Invalid argument"
	told control:0x205=status:0x29 "cannot ask for the GPU's instance: NV_ERR_INVALID_FLAGS 0x29: Invalid flags passed"
}

@test "errors: a status that nobody knows is told by its number" {
	told control:0x205=status:0x1234 "cannot ask for the GPU's instance: status 0x1234"
}

@test "errors: a hint where the cause is known" {
	told alloc:0x80=status:0x1b "cannot attach to the GPU: NV_ERR_INSUFFICIENT_PERMISSIONS 0x1b: The requester does not have sufficient permissions; \
CAP_SYS_ADMIN of the initial user namespace is needed, and the GPU's own node open"
	told alloc:0xa081=status:0x56 "cannot configure vGPUs on the GPU: NV_ERR_NOT_SUPPORTED 0x56: Call not supported; \
this driver cannot host vGPUs: it is a guest's, or lacks the vGPU manager"
	told alloc:0xa081=status:0x57 "cannot configure vGPUs on the GPU: NV_ERR_OBJECT_NOT_FOUND 0x57: Requested object not found; \
the driver does not know the GPU as one that can host vGPUs"
	told control:0xa0810101=status:0x56 "cannot register nvidia-60001: NV_ERR_NOT_SUPPORTED 0x56: Call not supported; \
the GPU's list is full, or this driver cannot host vGPUs on it"
	told control:0xa0810101=status:0x1f "cannot register nvidia-60001: NV_ERR_INVALID_ARGUMENT 0x1f: Invalid argument to call; \
the driver expects other parameters than its release is known for"
	told control:0xa0810101=status:0x3a "cannot register nvidia-60001: NV_ERR_INVALID_PARAM_STRUCT 0x3a: Invalid structure parameter; \
the driver expects other parameters than its release is known for"
}

@test "errors: a driver that cannot host vGPUs, or a program without rights, is told from itself" {
	rm -rf "$world"
	new_world 545.29.06 --plain
	expect 1 "" "mdev-gpu: $gpu: the driver calls the GPU's virtualization mode 0, not 3 (vGPU host)
mdev-gpu: $gpu: cannot configure vGPUs on the GPU: NV_ERR_NOT_SUPPORTED 0x56: Call not supported; this driver cannot \
host vGPUs: it is a guest's, or lacks the vGPU manager" program apply "$gpu" -c one.yaml
	rm -rf "$world"
	# as a public driver of today answers on hardware: it refuses its list only
	new_world 580.159.04 --plain
	expect 1 "" "mdev-gpu: $gpu: the driver calls the GPU's virtualization mode 0, not 3 (vGPU host)
mdev-gpu: $gpu: cannot ask for the types: NV_ERR_NOT_SUPPORTED 0x56: Call not supported; this driver cannot host vGPUs: it is a \
guest's, or lacks the vGPU manager" program apply "$gpu" -c one.yaml
	run ! grep -q cmd=0xa0810101 "$world/transcript"
	rm -rf "$world"
	new_world 550.90.07 --nodes
	RM_CAPS=0 expect 1 "" "mdev-gpu: $gpu: cannot register nvidia-60001: NV_ERR_INSUFFICIENT_PERMISSIONS 0x1b: The requester does not have sufficient permissions; \
CAP_SYS_ADMIN of the initial user namespace is needed, and the GPU's own node open" program apply "$gpu" -c one.yaml
}

@test "errors: a GPU that cannot be started is told by its own status, without a hint that is about clients" {
	rm -rf "$world"
	new_world 550.90.07 "$P40,broken=0x56"
	expect 1 "" "mdev-gpu: $gpu: cannot open /dev/nvidia0: NV_ERR_NOT_SUPPORTED 0x56: Call not supported" program apply "$gpu" -c one.yaml
}

@test "errors: another virtualization mode is told and stops nothing" {
	rm -rf "$world"
	new_world 550.90.07 "$P40,virt=0"
	expect 0 "$gpu: 1 type registered, 0 unchanged" \
		"mdev-gpu: $gpu: the driver calls the GPU's virtualization mode 0, not 3 (vGPU host)" program apply "$gpu" -c one.yaml
}

@test "errors: a status by the meaning that its number has in the driver's release" {
	local release status said
	while read -r release status said; do
		rm -rf "$world"
		new_world "$release"
		told "control:0x205=status:$status" "cannot ask for the GPU's instance: $said"
	done <<-END
		590.48.01 0x8b NV_ERR_DMA_XFER_FAILED 0x8b: DMA transfer failed
		595.44.02 0x8b NV_ERR_OPERATION_ABORTED 0x8b: Operation has aborted
		595.44.02 0x8c NV_ERR_DMA_XFER_FAILED 0x8c: DMA transfer failed
		610.57.04 0x8d NV_ERR_RESOURCE_ACCOUNTING_HARD_LIMIT_EXCEEDED 0x8d: Hard limit of resource accounting exceeded
	END
}

@test "errors: a list that is refused though the build hosts vGPUs, as on unlocked boards, is read from sysfs" {
	local mode="mdev-gpu: $gpu: the driver calls the GPU's virtualization mode 0, not 3 (vGPU host)" release
	types 3 | sed 's/: 6000/: 6001/' >three.yaml
	for release in 535.104.05 550.90.07 570.195.03; do
		echo "$release"
		rm -rf "$world"
		new_world "$release" "$P40,virt=0,unlisted"
		expect 0 "$gpu: 1 type registered, 0 unchanged" "$mode" program apply "$gpu" -c one.yaml
		expect 0 "$gpu: nothing to do: 1 type is registered" "$mode" program apply "$gpu" -c one.yaml
		# what others have is seen, compared and put back
		simulate clear
		simulate inject 'control:0xa0810101#2=status:0x56'
		run -1 program apply "$gpu" -c three.yaml
		[[ $output == *"the 1 type that was there before is back" ]]
		[ "$(listed)" = 60001 ]
		sed 's/fbLen: 896/fbLen: 1920/' one.yaml >other.yaml
		run -1 program apply "$gpu" -c other.yaml
		[[ $output == *'nvidia-60001 is already defined otherwise: fbLen is 896, not 1920'* ]]
	done
}

# nothing in the answers tells whether it was heard: so what matters is that it comes first, and only where it is asked for
@test "multiMdev: several vGPUs in one VM are allowed before the first type is sent, once, and only where a type wants it" {
	program apply "$gpu" -c one.yaml
	run ! grep -q cmd=0xa0810119 "$world/transcript"
	simulate clear
	put multi.yaml < <(type 'multiMdev: true' | sed 's/num: 1$/num: 60002/')
	program apply "$gpu" -c multi.yaml
	[ "$(sed -n 's/.* cmd=\(0xa0810119\|0xa0810101\) .*/\1/p' "$world/transcript" | paste -sd ' ')" = "0xa0810119 0xa0810101" ]
}
