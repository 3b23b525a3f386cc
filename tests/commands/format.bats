#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What "mdev-gpu check" prints for editors and pipelines.

load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "check: --format=gcc is what editors read from compilers" {
	put a.yaml < <(type 'encCap: 101' 'gpuClass: Gaming')
	put b.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - &base {num: 1, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - *base
	END
	put c.yaml <<<'- gpus'
	expect 3 "a.yaml:7:13: error: gpus[0].mdevConfigs[0].encCap: 101 is over 100
a.yaml:8:15: warning: gpus[0].mdevConfigs[0].gpuClass: Gaming is none of Compute, Quadro, NVS, Geforce; it is sent as it is
b.yaml:3:17: error: gpus[0].mdevConfigs[1].num: 1 is taken, first at b.yaml:3:17
b.yaml:4:5: note: used here
c.yaml:1:1: error: must be a mapping (key: value); gpus: comes first, and the list stands below it
d.yaml:1:1: error: No such file or directory" "" mdev_gpu check --format=gcc a.yaml b.yaml c.yaml d.yaml
	put a.yaml < <(type 'gpuClass: Gaming')
	expect 0 "a.yaml:7:15: warning: gpus[0].mdevConfigs[0].gpuClass: Gaming is none of Compute, Quadro, NVS, Geforce; it is sent as it is" \
		"" mdev_gpu check -F gcc a.yaml
	put a.yaml < <(type)
	expect 0 "" "" mdev_gpu check --format gcc a.yaml
}

@test "check: --format=json is --json, --format=text what people read" {
	put a.yaml < <(type 'encCap: 101')
	run -3 mdev_gpu check --json a.yaml
	expect 3 "$output" "" mdev_gpu check --format=json a.yaml
	expect 3 "" "mdev-gpu: a.yaml:7:13: gpus[0].mdevConfigs[0].encCap: 101 is over 100" mdev_gpu check --format=text a.yaml
}

@test "check --json: a value that is used elsewhere has both places" {
	put a.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - &base {num: 1, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - {<<: [{encCap: 5}, *base], ecc: on}
	END
	run -3 mdev_gpu check --json a.yaml
	[ "$(read_json '[(m["line"], m["column"], m.get("usedLine"), m.get("usedColumn"), m["message"]) for m in it]' <<<"$output")" = \
		"[(3, 17, 4, 24, '1 is taken, first at a.yaml:3:17')]" ]
}

@test "check --json: is JSON, whatever a file is called" {
	local name=$'\xff"\n\x01\xc3\xa9\xed\xa0\x80\xf0\x9f\x98\x80\xc3.yaml'
	put "$name" 'gpus: 1'
	run -3 mdev_gpu check --json "$name"
	[ "$(read_json 'ascii(it[0]["file"])' <<<"$output")" = \
		"'\\ufffd\"\\n\\x01\\xe9\\ufffd\\ufffd\\ufffd\\U0001f600\\ufffd.yaml'" ]
}

@test "check: another format, or two, is wrong usage" {
	expect 2 "" "mdev-gpu: 'clang' is no format (text, json, gcc); try --help" mdev_gpu check --format=clang
	expect 2 "" "mdev-gpu: --json is a format, and --format names another one; try --help" mdev_gpu check --json --format=gcc
	expect 2 "" "mdev-gpu: plan does not take --format; try --help" mdev_gpu plan --all --format=gcc
}
