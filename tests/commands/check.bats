#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What "mdev-gpu check" tells of one file, of many and of a whole catalog, and how it prints that for people, editors and
# pipelines.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "check: all mistakes of all files in one run, by file, line and column" {
	put one.yaml <<<$'gpus:\n- mdevConfigs:\n  - {fbRes: x, num: 0, maxInstances: 1, fbLen: 896}\n  what: 1'
	put two.yaml <<<'gpus: 1'
	put three.yaml < <(type 'gpuClass: Quadros')
	put four.yaml < <(type)
	expect 3 "" "mdev-gpu: one.yaml:3:13: gpus[0].mdevConfigs[0].fbRes: 'x' is not a whole number
mdev-gpu: one.yaml:3:21: gpus[0].mdevConfigs[0].num: 0 is under 1
mdev-gpu: one.yaml:4:3: gpus[0].what: unknown key
mdev-gpu: two.yaml:1:7: gpus: must be a list (- entry)
mdev-gpu: three.yaml:7:15: warning: gpus[0].mdevConfigs[0].gpuClass: Quadros is none of Compute, Quadro, NVS, Geforce (did you mean Quadro?); it is sent as it is" \
		mdev_gpu check one.yaml two.yaml three.yaml four.yaml
}

@test "check: one mistake hides no other, of the same file or another, and has no echo" {
	mkdir Card
	put Card/devices.yaml $'- 10de:1b38\n- 10de:xyz\n- &a 10de:1b39\n- *b'
	put Card/a.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - {num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128, fbLenn: 4, ecc: on, ecc: off}
		  - {num: 60001, maxInstances: 49, fbLen: "896", fbRes: 128, gpuClass: GeForce, vDevId: "0x1B38"}
		  - {<<: *nowhere, encCap: 101}
		  - {num: 12, maxInstances: 2, fblen: 896, fbRes: 128}
		  - {num: 6O002, maxInstances: 2, fbLen: 1024, fbRes: 0}
		  - {nun: 60001, maxInstances: 2, fbLen: 896, fbRes: 128, name: !include x, ? [1] : 2}
	END
	put Card/b.yaml 'gpus: ['
	put Card/c.yaml <<-'END'
		gpus:
		- filteredGPUs: [{bus: 1}]
		  mdevConfigs: [{num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128}]
		- mdevConfigs: [{num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128}]
		---
		more
	END
	put Card/d.yaml '? [1]'
	expect 3 '' "$(printf 'mdev-gpu: Card/%s\n' \
		"devices.yaml:2:3: [1]: '10de:xyz' is no PCI ID pattern (10de:1b38, 10de:1b00-1b7f, 10de:1b38:10de:11d9, 10de:*)" \
		'devices.yaml:4:3: alias *b has no anchor before it' \
		'a.yaml:3:59: gpus[0].mdevConfigs[0].fbLenn: unknown key (did you mean fbLen?)' \
		'a.yaml:3:79: key ecc stands here twice, first at 3:70' \
		'a.yaml:4:11: gpus[0].mdevConfigs[1].num: 60001 is taken, first at Card/a.yaml:3:11' \
		'a.yaml:4:32: gpus[0].mdevConfigs[1].maxInstances: 49 is over 48, the most of any known driver' \
		'a.yaml:4:43: gpus[0].mdevConfigs[1].fbLen: "896" is a text; a number stands without quotes' \
		'a.yaml:4:72: warning: gpus[0].mdevConfigs[1].gpuClass: GeForce is none of Compute, Quadro, NVS, Geforce (did you mean Geforce?); it is sent as it is' \
		'a.yaml:4:89: gpus[0].mdevConfigs[1].vDevId: "0x1B38" is a text; a number stands without quotes' \
		'a.yaml:5:10: alias *nowhere has no anchor before it' \
		'a.yaml:5:28: gpus[0].mdevConfigs[2].encCap: 101 is over 100' \
		"a.yaml:6:11: warning: gpus[0].mdevConfigs[3].num: 12 may be one of NVIDIA's own numbers (11 to 1600): whoever registers it first defines it" \
		'a.yaml:6:32: gpus[0].mdevConfigs[3].fblen: unknown key (did you mean fbLen?)' \
		"a.yaml:7:11: gpus[0].mdevConfigs[4].num: '6O002' is not a whole number" \
		'a.yaml:7:55: warning: gpus[0].mdevConfigs[4].fbRes: 0 MiB are less than the 128 that NVIDIA reserves of 1024: the guest may not start' \
		'a.yaml:8:6: gpus[0].mdevConfigs[5].nun: unknown key (did you mean num?)' \
		'a.yaml:8:65: tag !include is not known here' \
		'a.yaml:8:79: a key must be a plain word' \
		'b.yaml:2:1: broken YAML: a value or a closing ] is missing before this, in what begins at line 1' \
		'c.yaml:2:3: gpus[0].filteredGPUs: unknown key (did you mean filteredGpus?)' \
		'c.yaml:4:23: gpus[1].mdevConfigs[0].num: 60001 is taken, first at Card/a.yaml:3:11' \
		'c.yaml:5:1: a second document; a file holds one' \
		'd.yaml:1:3: a key must be a plain word')" mdev_gpu check Card
	refuses "2:17: gpus[0].expectTypes[0]: 'x' is no type's name in sysfs (DRIVER-NAME, as i915-GVTg_V5_4)" \
		'2:25: alias *b has no anchor before it' '3:16: gpus[1].expectTypes: must be a list (- entry)' <<-'END'
		gpus:
		- expectTypes: [x, a-b, *b, c-d, a-b]
		- expectTypes: 4
	END
}

@test "check: a mistake is one line, whatever the file holds" {
	refuses '3:6: gpus[0].mdevConfigs[0].a?mdev-gpu: fake?[31m??: unknown key (it has a character beyond ASCII)' \
		'3:51: gpus[0].mdevConfigs[0].num: "x?yé" is a text; a number stands without quotes' \
		'3:79: gpus[0].mdevConfigs[0].maxInstances: has no value' <<-'END'
			gpus:
			- mdevConfigs:
			  - {"a\nmdev-gpu: fake\e[31m\x9b": ignored, num: "x\ny\u00e9", maxInstances: ~, fbLen: 896, fbRes: 128}
		END
	run -3 mdev_gpu check --format=gcc bad.yaml
	[ "${#lines[@]}" -eq 3 ]
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

@test "check --json: the same mistakes, for programs" {
	put bad.yaml < <(type 'ecc: "a\b"' 'gpuClass: X' 'x: 1')
	put worse.yaml 'gpus: ['
	run -3 --separate-stderr mdev_gpu check --json bad.yaml worse.yaml none.yaml
	[ -z "$stderr" ]
	[ "$(read_json '[list(m.values())[1:] for m in it]' <<<"$output")" = "$(
		cat <<-'END' | paste -sd' '
			[['bad.yaml', 7, 10, 'gpus[0].mdevConfigs[0].ecc', 'error', '"a?" is a text; true and false stand without quotes'],
			['bad.yaml', 8, 15, 'gpus[0].mdevConfigs[0].gpuClass', 'warning', 'X is none of Compute, Quadro, NVS, Geforce; it is sent as it is'],
			['bad.yaml', 9, 5, 'gpus[0].mdevConfigs[0].x', 'error', 'unknown key'],
			['worse.yaml', 2, 1, '', 'error', 'broken YAML: a value or a closing ] is missing before this, in what begins at line 1'],
			['none.yaml', 0, 0, '', 'error', 'No such file or directory']]
		END
	)" ]
	[ "$(read_json 'list(it[0])' <<<"$output")" = "['version', 'file', 'line', 'column', 'path', 'severity', 'message']" ]
}

@test "check, plan: - is standard input, read once for all GPUs" {
	expect 0 "1 file, 1 type: no mistakes" "" mdev_gpu check - < <(type)
	expect 3 "" "mdev-gpu: -:7:13: gpus[0].mdevConfigs[0].encCap: 101 is over 100" mdev_gpu check - < <(type 'encCap: 101')
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1b38:10de:11d9
	expect 0 "$gpu: 1 type registered, 0 unchanged
0000:b3:00.0: 1 type registered, 0 unchanged" "" program apply --all -c - < <(section 60001)
}

@test "check --json: a warning is no failure, and no mistakes are an empty list" {
	put warn.yaml < <(type 'gpuClass: X')
	run -0 --separate-stderr mdev_gpu check --json warn.yaml
	[ "$(read_json '[m["severity"] for m in it]' <<<"$output")" = "['warning']" ]
	put p.yaml < <(section 60001 | sed 's/num:/name: "2 [GiB]", num:/')
	run -0 --separate-stderr mdev_gpu check --strict --json p.yaml
	[ "$(read_json '[m["severity"] for m in it]' <<<"$output")" = "['note']" ]
	put good.yaml < <(type)
	expect 0 '[]' '' mdev_gpu check --json good.yaml
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

@test "check: what people paste, told so that nobody has to look twice" {
	local file
	local -i n=0
	cp "${abs_top_srcdir:?}"/tests/data/corpus/forum/* .
	for file in *.yaml; do
		mdev_gpu check "$file" >"$file.said" 2>&1 || [ "$?" -eq 3 ]
		same "$(<"${file%.yaml}.expected")" "$file.said" "$file"
		n+=1
	done
	[ "$n" -ge 30 ]
	[ "$(find . -name '*.expected' | wc -l)" -eq "$n" ]
}

## The catalog

@test "check: a folder without patterns, and files that no run reads" {
	new_world 535.104.05
	local path="mdev-gpu: $configuration" unread='warning: is read by no run: files lie in an architecture folder, as Nvidia/Pascal'
	folder Card 10de:1b38
	put "$configuration/generate-vgpu-types.yaml" < <(section 60001)
	expect 0 '3 files, 2 types: no mistakes' '' mdev_gpu check
	put "$configuration/mine.yaml" < <(section 60001)
	put "$configuration/Nvidia/mine.yaml" < <(section 60001)
	put "$configuration/Nvidia/Card/old/mine.yaml" < <(section 60001)
	expect 0 '6 files, 5 types: no mistakes' "$path/mine.yaml: $unread
$path/Nvidia/mine.yaml: $unread
$path/Nvidia/Card/old/mine.yaml: $unread" mdev_gpu check
	expect 0 '6 files, 5 types: no mistakes' "$path//mine.yaml: $unread
$path//Nvidia/mine.yaml: $unread
$path//Nvidia/Card/old/mine.yaml: $unread" mdev_gpu check "$configuration/"
	# outside of the tree any file is looked at, and used by whoever names it
	cp -r "$configuration" "$BATS_TEST_TMPDIR/elsewhere"
	expect 0 '6 files, 5 types: no mistakes' '' mdev_gpu check "$BATS_TEST_TMPDIR/elsewhere"

	rm -r "$configuration/Nvidia/Card/old" "$configuration"/{,Nvidia/}mine.yaml "$configuration/generate-vgpu-types.yaml"
	put "$configuration/Nvidia/New/types.yaml" < <(section 60001)
	expect 3 '' "$path/Nvidia/New/devices.yaml: No such file or directory" mdev_gpu check
	expect 3 '' "$path/Nvidia/New/devices.yaml: No such file or directory
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu"
}

@test "check: a number that another folder or the own file defines otherwise" {
	local path="mdev-gpu: $configuration" said='for all GPUs of a host the driver keeps one definition of a number'
	folder A 10de:1b38
	folder B 10de:1b39
	expect 0 '4 files, 2 types: no mistakes' '' mdev_gpu check
	sed -i 's/896/832/; s/128/192/' "$configuration/Nvidia/B/types.yaml"
	local told="$path/Nvidia/B/types.yaml:2:23: warning: gpus[0].mdevConfigs[0].num: 60001 has another fbLen at $configuration/Nvidia/A/types.yaml:2:23; $said"
	expect 0 '4 files, 2 types: no mistakes' "$told" mdev_gpu check
	expect 3 '' "$told" mdev_gpu check --strict "$configuration/Nvidia"
	expect 0 '2 files, 2 types: no mistakes' '' mdev_gpu check "$configuration"/Nvidia/{A,B}/types.yaml

	rm -r "$configuration/Nvidia/B"
	put "$configuration/generate-vgpu-types.yaml" < <(section 60001 'filteredGpus: [{bus: 0xb3}]' | sed 's/2,/3,/')
	expect 0 '3 files, 2 types: no mistakes' "$path/Nvidia/A/types.yaml:2:23: warning: gpus[0].mdevConfigs[0].num: 60001 has another maxInstances at $configuration/generate-vgpu-types.yaml:2:23; $said" mdev_gpu check
	# it leaves no GPU to the folder now
	put "$configuration/generate-vgpu-types.yaml" < <(section 60001 | sed 's/2,/3,/')
	expect 0 '3 files, 2 types: no mistakes' '' mdev_gpu check
}

@test "check: numbers that are auto, in two files of a folder and beside one that is not" {
	local path="mdev-gpu: $configuration" said='for all GPUs of a host the driver keeps one definition of a number'
	local auto='gpus: [{mdevConfigs: [{num: auto, maxInstances: auto, fbLen: 896, fbRes: 128}]}]'
	folder A 10de:1b38
	put "$configuration/Nvidia/A/types.yaml" "$auto"
	folder B 10de:1b39
	put "$configuration/Nvidia/B/types.yaml" "${auto/896/1920}"
	expect 0 '4 files, 2 types: no mistakes' '' mistakes mdev_gpu check
	# its place is no number that another type could have
	put "$BATS_TEST_TMPDIR/places.yaml" "gpus: [{mdevConfigs: [{num: auto, maxInstances: 2, fbLen: 896, fbRes: 128}, {num: 1, maxInstances: 2, fbLen: 896, fbRes: 128}]}]"
	expect 0 '1 file, 2 types: no mistakes' '' mistakes mdev_gpu check "$BATS_TEST_TMPDIR/places.yaml"
	# of one folder, both are for its GPUs
	put "$configuration/Nvidia/A/more.yaml" "$auto"
	expect 3 '' "$path/Nvidia/A/types.yaml:1:29: gpus[0].mdevConfigs[0].num: auto for type 1 is taken, first at $configuration/Nvidia/A/more.yaml:1:29" \
		mistakes mdev_gpu check
	new_world 535.104.05
	expect 3 '' "$path/Nvidia/A/types.yaml:1:29: gpus[0].mdevConfigs[0].num: 1783809 is taken, first at $configuration/Nvidia/A/more.yaml:1:29
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu"
	# a number of one's own that is the one of a device
	put "$configuration/Nvidia/A/more.yaml" < <(section 0x1b3801)
	expect 0 '3 files, 2 types: no mistakes' "$path/Nvidia/A/more.yaml:2:23: warning: gpus[0].mdevConfigs[0].num: 1783809 is what auto at $configuration/Nvidia/A/types.yaml:1:29 becomes on device 0x1b38; $said" \
		mdev_gpu check "$configuration/Nvidia/A"
	rm "$configuration/Nvidia/A/more.yaml" "$configuration/Nvidia/B/types.yaml"
	put "$configuration/generate-vgpu-types.yaml" < <(section 0x1b3801 'filteredGpus: [{bus: 7}]' | sed 's/128/&, ecc: on/')
	run -0 --separate-stderr mdev_gpu check
	[[ $stderr == "$path/generate-vgpu-types.yaml:2:23: warning: gpus[0].mdevConfigs[0].num: 1783809 is what auto at "* ]]
	# where the section with auto is not for that device, or nothing else is in use, or the two are the same, there is none
	put "$configuration/Nvidia/A/types.yaml" "${auto/mdev/filteredGpus: [{deviceId: 0x1b39\}], mdev}"
	expect 0 '4 files, 2 types: no mistakes' '' mdev_gpu check
	put "$configuration/Nvidia/A/types.yaml" "$auto"
	put "$configuration/generate-vgpu-types.yaml" < <(section 0x1b3801)
	expect 0 '4 files, 2 types: no mistakes' '' mdev_gpu check
	put "$configuration/generate-vgpu-types.yaml" < <(section 0x1b3801 'filteredGpus: [{bus: 7}]' | sed 's/num: 0x1b3801/num: 0x1b3802/')
	expect 0 '4 files, 2 types: no mistakes' '' mdev_gpu check
}

@test "check: folders that fit equally closely, before there is a GPU" {
	local path="mdev-gpu: $configuration/Nvidia"
	folder A 10de:1b38 10de:1e30:10de:12ba 10de:2000-200f '10de:*' 10de:1b38 10de:3000
	folder B 10de:1b39 10de:1e30:10de:12bb 10de:2010-201f 10de:3000-3001
	put "$configuration/Intel/A/devices.yaml" < <(sed 's/10de:\([^:]*\)/8086:\1/' "$configuration/Nvidia/A/devices.yaml")
	put "$configuration/AMD/A/devices.yaml" '- 10de:1b38'
	expect 0 '6 files, 2 types: no mistakes' '' mdev_gpu check
	folder B 10de:1b38 10de:1e30:10de:12ba 10de:2000-200f '10de:*'
	folder C 10de:2008-2017 10de:1b38
	local a="as closely as $configuration/Nvidia/A/devices.yaml" b="as closely as $configuration/Nvidia/B/devices.yaml"
	expect 3 '' "$path/B/devices.yaml:1:3: fits $a:5:3; make one of them narrower
$path/B/devices.yaml:2:3: fits $a:2:3; make one of them narrower
$path/B/devices.yaml:3:3: fits $a:3:3; make one of them narrower
$path/B/devices.yaml:4:3: fits $a:4:3; make one of them narrower
$path/C/devices.yaml:1:3: warning: fits 10de:2008-200f $b:3:3; make one of them narrower
$path/C/devices.yaml:2:3: fits $b:1:3; make one of them narrower" mdev_gpu check
}

@test "check: a name that KubeVirt or vgpu-device-manager cannot use is noted once a section, and counts for nothing" {
	local odd="no Kubernetes resource can be named so, and KubeVirt's are named after types; letters, digits and, between them, blanks and ._- can"
	local twice="and vgpu-device-manager knows types by that word"
	put p.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - {name: "P40 1Q", num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - {name: "P40 /2", num: 60002, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - {name: "Own 1Q", num: 60003, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - {name: "P40 [3]", num: 60004, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - {name: "New 1Q", num: 60005, maxInstances: 2, fbLen: 896, fbRes: 128}
		- filteredGpus: [{bus: 7}]
		  mdevConfigs:
		  - {name: "1Q", num: 60006, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - {num: 60007, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - {num: 60008, maxInstances: 2, fbLen: 896, fbRes: 128}
	END
	expect 0 '1 file, 8 types: no mistakes' "mdev-gpu: p.yaml:4:12: note: gpus[0].mdevConfigs[1].name: $odd
mdev-gpu: p.yaml:5:12: note: gpus[0].mdevConfigs[2].name: ends in the same word as at p.yaml:3:12, $twice" mdev_gpu check --strict p.yaml
	run -0 mdev_gpu check --strict --format gcc p.yaml
	[ "${lines[0]}" = "p.yaml:4:12: note: gpus[0].mdevConfigs[1].name: $odd" ]
	local name
	for name in _one one. ' one' 'o/ne' 'öne' 'one '; do
		sed "s,P40 /2,$name," p.yaml >q.yaml
		run -0 --separate-stderr mdev_gpu check q.yaml
		[ "${stderr%%$'\n'*}" = "mdev-gpu: q.yaml:4:12: note: gpus[0].mdevConfigs[1].name: $odd" ]
	done
	sed "s,P40 /2,o-n.e _2," p.yaml >q.yaml
	run -0 --separate-stderr mdev_gpu check q.yaml
	[[ ${stderr%%$'\n'*} == *:5:12:*"$twice" ]]
}

@test "check: Mdev-GPU's own files pass with --strict as far as they did" {
	expect 0 '1 file, 3 types: no mistakes' "$(mdev_gpu check "${abs_top_srcdir:?}/tests/data/mdev-gpu/Open_vGeneric.yaml" 2>&1 | grep note:)" \
		mdev_gpu check --strict "$abs_top_srcdir/tests/data/mdev-gpu/Open_vGeneric.yaml"
}

@test "check: a flood of mistakes is told in part, with how many more there were" {
	local form
	cd "$BATS_TEST_TMPDIR"
	{
		echo 'gpus:'
		echo '- mdevConfigs:'
		echo '  - &a {num: 0, maxInstances: 0, fbLen: 0, fbRes: -1, x: 1, y: 2}'
		seq -f '  - {<<: *a, z%.0f: 1}' 1000
	} >flood.yaml
	for form in text gcc json; do
		"$MDEV_GPU" check --format="$form" flood.yaml >"$form" 2>"$form.rest" && false
		tail -n 1 "$form.rest" | grep -qE '^mdev-gpu: [0-9]+ more were found that are not shown$'
		[ "$(cat "$form" "$form.rest" | wc -l)" -le 4010 ]
	done
	[ "$(read_json 'len(it)' <json)" -le 2000 ]
	# nor are all of many files
	mkdir many
	seq -f many/%.0f.yaml 11 | xargs -n 1 ln flood.yaml
	"$MDEV_GPU" check --json many >json 2>json.rest && false
	[ "$(read_json 'len(it)' <json)" -eq 20000 ]
	grep -qxE 'mdev-gpu: [0-9]+ more were found that are not shown' json.rest
	# few are told whole
	head -n 10 flood.yaml >few.yaml
	run -3 "$MDEV_GPU" check few.yaml
	[[ $output != *"more"*"not shown"* ]]
}
