#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-gpu status --format prometheus, read by Prometheus' own parser, and the unit that writes it for node_exporter.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

own=Nvidia/Pascal/one.yaml
unit=${abs_top_builddir:?}/systemd/mdev-gpu-metrics.service

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/$own" <<-'END'
		gpus:
		- discardPrevious: false
		  mdevConfigs:
		  - {num: 60001, name: Office, maxInstances: 24, fbLen: 896, fbRes: 128}
		  - {num: 60002, name: 'Ünï "quoted" \n', maxInstances: 2, fbLen: auto, fbRes: auto}
	END
}

metrics() {
	program status --format prometheus "$@"
}

# samples <METRICS, by Debian's Python, whose package the parser is: what Prometheus' parser finds, "NAME LABELS VALUE", one a line, but for times; every family has its help
samples() {
	/usr/bin/python3 -c '
import sys
from prometheus_client.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
assert len({it.name for it in families}) == len(families)
for it in families:
    assert it.type == "gauge" and it.documentation.endswith("."), it
    for s in it.samples:
        if s.name != "mdev_gpu_last_run_timestamp_seconds":
            print(s.name.removeprefix("mdev_gpu_"), " ".join(f"{k}={v}" for k, v in s.labels.items()), int(s.value))'
}

@test "metrics: a GPU with its types and its last run, some of them in use" {
	local before now
	new_world 535.104.05
	echo "ID_MODEL_FROM_DATABASE=GP102GL [Tesla P40]" >>"$(readlink -f "$world/sys/bus/pci/devices/$gpu")/uevent"
	before=$(date +%s)
	applied "$configuration/$own"
	now=$(date +%s)
	simulate vgpus "$gpu" 2 3
	run -0 --separate-stderr metrics
	[ -z "$stderr" ]
	expect 0 "gpus  1
info gpu=$gpu model=GP102GL [Tesla P40] driver=nvidia release=535.104.05 architecture=Nvidia/Pascal 1
verdict gpu=$gpu verdict=there 1
framebuffer_bytes gpu=$gpu 25769803776
types_configured gpu=$gpu 2
types_missing gpu=$gpu 0
type_configured gpu=$gpu type=nvidia-60001 name=Office 1
type_configured gpu=$gpu type=nvidia-60002 name=Ünï \"quoted\" \\n 1
type_registered gpu=$gpu type=nvidia-60001 name=Office 1
type_registered gpu=$gpu type=nvidia-60002 name=Ünï \"quoted\" \\n 1
type_framebuffer_bytes gpu=$gpu type=nvidia-60001 name=Office 1073741824
type_framebuffer_bytes gpu=$gpu type=nvidia-60002 name=Ünï \"quoted\" \\n 12884901888
type_instances_used gpu=$gpu type=nvidia-60001 name=Office 3
type_instances_used gpu=$gpu type=nvidia-60002 name=Ünï \"quoted\" \\n 0
type_instances_free gpu=$gpu type=nvidia-60001 name=Office 21
type_instances_free gpu=$gpu type=nvidia-60002 name=Ünï \"quoted\" \\n 0
type_instances_possible gpu=$gpu type=nvidia-60001 name=Office 24
type_instances_possible gpu=$gpu type=nvidia-60002 name=Ünï \"quoted\" \\n 2
last_run_result gpu=$gpu result=done by=command 1" "" samples <<<"$output"
	time=$(sed -n 's/^mdev_gpu_last_run_timestamp_seconds{.*} //p' <<<"$output")
	[ "$time" -ge "$before" ] && [ "$time" -le "$now" ]
	untouched
}

@test "metrics: types that are missing, and what is not known has no sample" {
	new_world 535.104.05 "$P40" 0000:66:00.0=10de:1b38:10de:11d9,driver=none
	run -0 metrics
	samples <<<"$output" >all
	grep -qx "gpus  2" all
	grep -qx "types_missing gpu=$gpu 2" all
	grep -qx "type_instances_possible gpu=$gpu type=nvidia-60001 name=Office 24" all
	grep -qx "verdict gpu=0000:66:00.0 verdict=no-driver 1" all
	[ "$(grep -c 0000:66:00.0 all)" -eq 2 ]
	run ! grep -E '^(framebuffer_bytes|type_instances_free|last_run|functions)' all
	put "$configuration/$own" bogus
	metrics "$gpu" | samples >all
	grep -qx "verdict gpu=$gpu verdict=refused 1" all
	run ! grep ^types_ all
}

@test "metrics: types that sysfs cannot tell of are not counted as missing" {
	new_world 535.104.05 "$gpu=10de:2235:10de:145a,fb=49152,totalvfs=16"
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:2235'
	metrics | samples >all
	grep -qx "types_missing gpu=$gpu 0" all
	run ! grep ^type_registered all
}

@test "metrics: a driver whose release is not known" {
	new_world 999.1 --like=595.71.05 "$P40"
	metrics | samples >all
	grep -qx "verdict gpu=$gpu verdict=release-unknown 1" all
}

@test "metrics: a record of another boot counts for nothing" {
	new_world 535.104.05
	applied "$configuration/$own"
	sed -i 's/^boot: .*/boot: "0"/' "$state_folder/$gpu.yaml"
	metrics | samples >all
	run ! grep -E '^(last_run|framebuffer)' all
}

@test "metrics: virtual functions" {
	new_world 570.86.15 "$gpu=10de:26b9:10de:1851,fb=49152" --vendor-vfio
	simulate stock "$gpu" "NVIDIA L40S"
	put "$configuration/generate-vgpu-types.yaml" <<-'END'
		gpus:
		- filteredGpus: [{deviceId: 0x26b9}]
		  virtualFunctions: all
		  vgpus: [{type: "NVIDIA L40S-4Q", count: 3}]
	END
	RM_CLOCK=virtual program functions "$gpu"
	metrics | samples >all
	[ "$(grep ^functions all)" = "functions gpu=$gpu 16
functions_with_type gpu=$gpu 3
functions_wanted gpu=$gpu 3" ]
}

@test "metrics: names of others cannot end a label or a line" {
	new_world 535.104.05
	applied "$configuration/$own"
	printf '%s\n' $'a"} 7\\' b >"$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-60001/name"
	printf 'x\33[31m\n' >"$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-60002/name"
	put "$configuration/$own" 'gpus: []'
	metrics | samples >all
	grep -qxF "type_registered gpu=$gpu type=nvidia-60001 name=a\"} 7\\ 1" all
	grep -qxF "type_registered gpu=$gpu type=nvidia-60002 name=x?[31m 1" all
}

@test "metrics: usage" {
	new_world 535.104.05
	expect 2 "" "mdev-gpu: '$gpu' is no format (text, json, prometheus); try --help" program status --format "$gpu"
	expect 2 "" "mdev-gpu: --json is a format, and --format names another one; try --help" program status --json --format prometheus
	expect 2 "" "mdev-gpu: --watch shows text or JSON; try --help" program status --watch --format prometheus
	expect 1 "" "mdev-gpu: 0000:67:00.0: cannot find the device: No such device" program status --format prometheus "$gpu" 0000:67:00.0
	[ "$(program status --format json)" = "$(program status --json)" ]
	[ "$(program status --format text)" = "$(program status)" ]
}

# started NAME [FOLDER]: what the unit's line of this name runs, in the world
started() {
	local command
	command=$(sed -n "s|^$1=/bin/sh -c '\(.*\)'$|\1|p" "$unit")
	[ -n "$command" ]
	FOLDER=${2-folder} in_world /bin/sh -c "${command//"$BINDIR/mdev-gpu"/"$MDEV_GPU --root $root"}"
}

@test "metrics: the unit writes the file whole, or leaves the old one" {
	new_world 535.104.05
	run -1 started ExecCondition
	mkdir -p folder "$root"
	started ExecCondition
	started ExecStart
	[ "$(ls -A folder)" = mdev-gpu.prom ]
	[ "$(stat -c %a folder/mdev-gpu.prom)" = 644 ]
	samples <folder/mdev-gpu.prom | grep -qx "gpus  1"
	echo old >folder/mdev-gpu.prom
	# a /sys that cannot be read to its end
	mv "$world/sys" "$world/gone"
	run ! started ExecStart
	[ "$(<folder/mdev-gpu.prom)" = old ]
}

@test "metrics: the unit's folder is one, and its timer is off until somebody wants it" {
	[ "$(sed -n 's/^Environment=FOLDER=//p' "$unit")" = "$(sed -n 's/^ReadWritePaths=-//p' "$unit")" ]
	grep -qx 'disable mdev-gpu-metrics.timer' "$abs_top_srcdir/packaging/debian/mdev-gpu.preset"
	systemd-analyze verify --man=no "$unit" "${unit%.service}.timer"
}
