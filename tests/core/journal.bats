#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What is left of a run that nobody sits at: one line, in the journal with its fields, else in syslog.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

own=Nvidia/Pascal/own.yaml

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/$own" < <(types 3)
	chmod -R go-w "$root"
	new_world 535.104.05
}

# said STATUS [--journal] TEXT: a run of the rule, with the options in answer=, prints nothing, and this is all that it says; milliseconds are MS
said() {
	local status=$1 journal=()
	shift
	[ "$1" != --journal ] || { journal=(--journal) && shift; }
	expect "$status" "" "" "${as_root[@]:-env}" "$abs_top_srcdir/tests/tools/syslog" "${journal[@]}" log \
		"$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" apply --udev ${answer:+"$answer"} "$gpu"
	sed -i -E 's/[0-9]+ ms\b/MS ms/; s/(MILLISECONDS=)[0-9]+/\1MS/' log
	same "$1" log "in the log"
}

# entry ID PRIORITY RESULT TYPES REGISTERED MESSAGE [RELEASE]: of the journal; what is not known of a driver has no release
entry() {
	printf '%s\n' journal SYSLOG_FACILITY=3 SYSLOG_IDENTIFIER=mdev-gpu "PRIORITY=$2" "MESSAGE_ID=$1" "MDEV_GPU_DEVICE=$gpu" \
		"MDEV_GPU_RESULT=$3" MDEV_GPU_DRIVER=nvidia
	[ -z "${7-}" ] || echo "MDEV_GPU_RELEASE=$7"
	printf '%s\n' "MDEV_GPU_TYPES=$4" "MDEV_GPU_REGISTERED=$5" MDEV_GPU_MILLISECONDS=MS "MESSAGE=$gpu: $6" ''
}

@test "journal: a success is one entry, with how many types and how long" {
	said 0 --journal "$(entry 6fce0bf7ef1a4cc6baf91686747cd1d4 6 "done" 3 3 '3 types registered, 0 unchanged, MS ms' 535.104.05)"$'\n'
	said 0 --journal "$(entry 8642f4981b414647b5b85b897794d48a 6 "done" 3 0 'nothing to do: 3 types are registered, MS ms' 535.104.05)"$'\n'
}

@test "journal: without one, syslog has the same line" {
	said 0 "6 mdev-gpu: $gpu: 3 types registered, 0 unchanged, MS ms"
	said 0 "6 mdev-gpu: $gpu: nothing to do: 3 types are registered, MS ms"
}

@test "udev: a run of the rule registers, and its record names the rule" {
	said 0 "6 mdev-gpu: $gpu: 3 types registered, 0 unchanged, MS ms"
	[ "$(listed)" = "60001 60002 60003" ]
	[ "$(shown | wc -l)" -eq 3 ]
	grep -qx 'by: "udev"' "$state_folder/$gpu.yaml"
}

@test "udev: runs that answer another program's discard are counted until the driver binds anew, and the last one says so" {
	local answer=--answer n
	for n in 1 2; do
		said 0 "6 mdev-gpu: $gpu: $([ $n -gt 1 ] && echo 'nothing to do: 3 types are registered' || echo '3 types registered, 0 unchanged'), MS ms"
		grep -qx "MDEV_GPU_ANSWERS=$n" "$state_folder/$gpu.properties"
	done
	answer='' said 0 "6 mdev-gpu: $gpu: nothing to do: 3 types are registered, MS ms"
	grep -qx "MDEV_GPU_ANSWERS=2" "$state_folder/$gpu.properties"
	said 0 "4 mdev-gpu: $gpu: nothing to do: 3 types are registered, MS ms; another program keeps discarding types here: that is answered no more until the driver binds anew"
	# the rule's own bound
	grep -q 'ENV{MDEV_GPU_ANSWERS}!="3", .* GOTO="mdev_gpu_answer"' "$RULES"
	grep -qx "MDEV_GPU_ANSWERS=3" "$state_folder/$gpu.properties"
	answer='' said 0 "6 mdev-gpu: $gpu: nothing to do: 3 types are registered, MS ms"
	# of another boot
	sed -i 's/^boot: .*/boot: "00000000-0000-0000-0000-000000000000"/' "$state_folder/$gpu.yaml"
	said 0 "6 mdev-gpu: $gpu: nothing to do: 3 types are registered, MS ms"
	grep -qx "MDEV_GPU_ANSWERS=1" "$state_folder/$gpu.properties"
	rm "$state_folder/$gpu".*
	answer='' said 0 "6 mdev-gpu: $gpu: nothing to do: 3 types are registered, MS ms"
	run ! grep MDEV_GPU_ANSWERS "$state_folder/$gpu.properties"
}

# by_unit: what a run of a unit prints; without the time it took
by_unit() {
	local status=0
	program apply --unit "$gpu" 2>said || status=$?
	sed -E 's/[0-9]+ ms$/MS ms/' said >&2
	return "$status"
}

@test "unit: a run prints what systemd makes journal lines of, and trusts no more files than the rule" {
	expect 0 "" "<6>$gpu: 3 types registered, 0 unchanged, MS ms" by_unit
	[ "$(shown | wc -l)" -eq 3 ]
	grep -qx 'by: "unit"' "$state_folder/$gpu.yaml"
	chmod o+w "$configuration/Nvidia/Pascal"
	expect 3 "" "<3>$gpu: refused: $configuration/Nvidia/Pascal/devices.yaml: $configuration/Nvidia/Pascal: can be written by others than root" by_unit
}

@test "udev: a run that the driver does not let go on says so in the system's log, and its record says that it began" {
	simulate inject "control:0xa0810101=hang:100000"
	RM_CLOCK=virtual said 1 \
		"3 mdev-gpu: $gpu: the driver does not come back, so the run ends here; the GPU's next event tries again"
	grep -qx 'result: "running"' "$state_folder/$gpu.yaml"
	grep -qx 'types: \[60001, 60002, 60003\]' "$state_folder/$gpu.yaml"
	said 0 "6 mdev-gpu: $gpu: 3 types registered, 0 unchanged, MS ms"
}

@test "journal: a failure is one entry with its first cause, though more was found" {
	put "$configuration/$own" <<<'gpus: [{mdevConfigs: [{num: 1, maxInstances: 1, fbLenn: 1, fbRes: 1}]}, {discard: true}]'
	run -3 program apply "$gpu"
	[ "${#lines[@]}" -ge 3 ]
	said 3 --journal "$(entry 179765b7405a4c2cb740da374ce953da 3 refused 0 0 \
		"refused: ${lines[0]#mdev-gpu: }" 535.104.05)"$'\n'
}

@test "journal: a driver's failure is one entry, with status and hint" {
	simulate inject 'control:0xa0810101=status:0x56'
	said 1 --journal "$(entry 93e19bfd363642fa9f03438625db9fe1 3 failed 3 0 "failed: cannot register nvidia-60001: \
NV_ERR_NOT_SUPPORTED 0x56: Call not supported; the GPU's list is full, or this driver cannot host vGPUs on it" 535.104.05)"$'\n'
}

# cause: the first line that a run by hand complains with
cause() {
	program apply "$gpu" 2>&1 >/dev/null | sed -n "1s/^mdev-gpu: $gpu: //p"
}

@test "journal: in use is one entry, with its cause" {
	applied "$configuration/$own"
	simulate vgpus "$gpu" 1 1
	put "$configuration/$own" < <(section 60009)
	said 4 --journal "$(entry 4a528f75a23844528717871b0e6c69e8 3 'in use' 1 0 "in use: $(cause || true)" 535.104.05)"$'\n'
	[[ $(<log) == *'in use: 1 vGPU runs '* ]]
}

@test "journal: an unknown release is one entry, without a release" {
	new_world 999.1.1 --like=595.45.04
	said 5 --journal "$(entry 39d02a5fa5a64e6c913eb5cb7700ca35 3 unsupported 0 0 "unsupported: $(cause || true)")"$'\n'
	[[ $(<log) == *'999.1.1 is not known'* ]]
}

@test "journal: a success with a remark is still one line, and as urgent as the remark" {
	new_world 550.90.07 "$gpu=10de:1b38:10de:11d9,fb=49152,totalvfs=16"
	said 0 "5 mdev-gpu: $gpu: 3 types registered, 0 unchanged, MS ms; the types show once SR-IOV is on (sriov_numvfs is 0 of 16)"
}

@test "journal: a line break in a file's name makes no field of its own" {
	mv "$configuration/$own" "$configuration/Nvidia/Pascal/a"$'\n'MESSAGE_ID=b.yaml
	chmod 0666 "$configuration/Nvidia/Pascal"/a*
	said 3 --journal "$(entry 179765b7405a4c2cb740da374ce953da 3 refused 0 0 \
		"refused: $configuration/Nvidia/Pascal/a MESSAGE_ID=b.yaml: can be written by others than root" 535.104.05)"$'\n'
}

@test "journal: a function that is not ours says nothing" {
	new_world 535.104.05 "0000:65:00.1=10de:10f0:10de:11d9,class=0403,driver=snd_hda_intel"
	gpu=0000:65:00.1 said 0 --journal ''
}

@test "journal: the GPU's memory is asked for status, and a run does without the answer" {
	said 0 "6 mdev-gpu: $gpu: 3 types registered, 0 unchanged, MS ms"
	grep -qx 'framebuffer: 24576' "$state_folder/$gpu.yaml"
	simulate inject 'control:0x20801301=status:0x56'
	said 0 "6 mdev-gpu: $gpu: nothing to do: 3 types are registered, MS ms"
	run ! grep -q framebuffer "$state_folder/$gpu.yaml"
	# what fails afterwards is the cause
	put "$configuration/$own" < <(types 4)
	simulate clear
	simulate inject 'control:0x20801301=status:0x56' 'control:0xa0810101=status:0x56'
	said 1 "3 mdev-gpu: $gpu: failed: cannot register nvidia-60004: NV_ERR_NOT_SUPPORTED 0x56: Call not supported; the GPU's \
list is full, or this driver cannot host vGPUs on it"
}

@test "journal: every ID stands in the manual once" {
	local id n=0
	while read -r id; do
		echo "$id"
		[ "$(grep -cx "\.It Li $id" "$abs_top_srcdir/man/mdev-gpu.8")" -eq 1 ]
		n=$((n + 1))
	done < <(table events | sort -u)
	[ "$n" -eq 7 ]
}

@test "journal: a driver that does not come back is one entry with its own ID" {
	simulate inject "control:0xa0810101=hang:100000"
	RM_CLOCK=virtual said 1 --journal "journal
SYSLOG_FACILITY=3
SYSLOG_IDENTIFIER=mdev-gpu
PRIORITY=3
MESSAGE_ID=8f11bf9391ec47a5a796a3a38958e4d7
MDEV_GPU_DEVICE=$gpu
MESSAGE=$gpu: the driver does not come back, so the run ends here; the GPU's next event tries again
"
}

@test "journal: types that the driver brings count as types" {
	local igpu=0000:00:02.0
	new_world 535.104.05 "$igpu=8086:5912,class=0300,driver=i915"
	put "$configuration/generate-vgpu-types.yaml" 'gpus: [{expectTypes: [i915-GVTg_V5_8, i915-GVTg_V5_4]}]'
	chmod -R go-w "$root"
	put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_8/available_instances" 1
	put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/i915-GVTg_V5_4/available_instances" 1
	gpu=$igpu said 0 --journal "$(gpu=$igpu entry 8642f4981b414647b5b85b897794d48a 6 "done" 2 0 \
		'nothing to do: 2 expected types are there, MS ms' "$(uname -r)" | sed s/=nvidia$/=i915/)"$'\n'
}
