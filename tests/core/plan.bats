#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What a configuration comes to for a GPU: how YAML is read, defaults, merging, the limits of the running driver, sizes.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

setup_file() {
	local release
	for release in 535.104.05 570.86.15 575.64.05 580.95.05; do
		BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR/$release
		new_world "$release" "$P40" 0000:08:00.0=10de:1b38:10de:11d9,fb=8192 0000:16:00.0=10de:1b38:10de:11d9,fb=16384 \
			0000:48:00.0=10de:1b38:10de:11d9,fb=49152
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	driver 535.104.05
}

# driver RELEASE: nothing here changes the driver, so one world of each release serves all
driver() {
	world=$BATS_FILE_TMPDIR/$1/world
}

# values EXPRESSION: what Python finds in each type "t" of the plan for profile.yaml, one a line
values() {
	program plan "$gpu" -c profile.yaml --json 2>/dev/null |
		python3 -c 'import json, sys
for t in json.load(sys.stdin)[0]["types"]: print(eval(sys.argv[1]))' "$1"
}

@test "plan: a key that is not there has its default" {
	put profile.yaml < <(type | sed 's/num: 1$/num: 60001/')
	[ "$(values 't')" = "{'num': 60001, 'name': 'Arc GPU', 'gpuClass': 'Compute', 'maxInstances': 2, 'vDevId': $((0x1b3811d9)), 'pDevId': $((0x1b38)), 'virtDisplay.numHeads': 1, 'virtDisplay.maxResX': 1024, 'virtDisplay.maxResY': 1024, 'virtDisplay.frlConfig': 120, 'virtDisplay.frlEnable': False, 'ecc': False, 'multiMdev': False, 'fbLen': 896, 'fbRes': 128, 'mapVideoSize': 24, 'encCap': 100, 'bar1Len': 256, 'license': 'NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0', 'signature': '$(tail -c +77 "${abs_top_srcdir:?}/tests/data/golden/mdevgpu_minimal_1b38_11d9.run.bin" | head -c 128 | od -An -v -tx1 | tr -d ' \n')', 'cuda': True, 'maxPixels': 1048576, 'gspHeapSize': 0, 'registered': False}" ]
}

@test "plan: pixels follow the display unless they are given" {
	put profile.yaml <<-END
		gpus:
		- mdevConfigs:
		  - {num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128, virtDisplay: {maxResX: 3840, maxResY: 2160}}
		  - {num: 60002, maxInstances: 2, fbLen: 896, fbRes: 128, virtDisplay: {maxResX: 3840, maxResY: 2160}, maxPixels: 5}
	END
	[ "$(values 't["maxPixels"]')" = $'8294400\n5' ]
}

@test "yaml: integers in every notation are the same number" {
	put profile.yaml < <(echo 'gpus:' && echo '- mdevConfigs:' && local n=60001 &&
		for value in 64 +64 0x40 0o100 0b1000000 6_4 0x4_0 '!!int "64"' '!!int 0x40'; do
			echo "  - {num: $n, maxInstances: 2, fbLen: 896, fbRes: 128, encCap: $value}"
			n=$((n + 1))
		done)
	[ "$(values 't["encCap"]' | sort | uniq -c | tr -s ' ')" = " 9 64" ]
}

@test "yaml: true and false in every spelling" {
	put profile.yaml < <(echo 'gpus:' && echo '- mdevConfigs:' && local n=60001 &&
		for value in y n Yes No YES NO true false True False TRUE FALSE on off On Off ON OFF 1 0; do
			echo "  - {num: $n, maxInstances: 2, fbLen: 896, fbRes: 128, ecc: $value}"
			n=$((n + 1))
		done)
	[ "$(values 't["ecc"]' | paste -sd ' ')" = "$(printf 'True False%.0s ' {1..10} | sed 's/ $//')" ]
}

@test "yaml: anchors, aliases and merge keys" {
	put profile.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - &one {num: 60001, name: &n One, maxInstances: 2, fbLen: &size 896, fbRes: 128, virtDisplay: &screen {numHeads: 2}}
		  - {<<: *one, num: 60002, encCap: 50}
		  - {num: 60003, <<: [{encCap: 30, maxInstances: 3}, *one], maxInstances: 4}
		  - {num: 60004, maxInstances: 2, fbLen: *size, fbRes: 128, name: *n, virtDisplay: {<<: *screen, maxResX: 2048}}
		  - <<: *one
		    num: 60005
		    virtDisplay:
	END
	[ "$(values '(t["num"], t["name"], t["maxInstances"], t["fbLen"], t["encCap"], t["virtDisplay.numHeads"], t["virtDisplay.maxResX"])')" = "(60001, 'One', 2, 896, 100, 2, 1024)
(60002, 'One', 2, 896, 50, 2, 1024)
(60003, 'One', 4, 896, 30, 2, 1024)
(60004, 'One', 2, 896, 100, 2, 2048)
(60005, 'One', 2, 896, 100, 1, 1024)" ]
}

@test "yaml: the same in block, flow, JSON, with a byte order mark, and with CRLF" {
	local expected file
	put block.yaml < <(type 'name: "Ünï"' | sed 's/num: 1$/num: 60001/')
	put flow.yaml '{gpus: [{mdevConfigs: [{num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128, name: Ünï}]}]}'
	put json.json '{"gpus": [{"mdevConfigs": [{"num": 60001, "maxInstances": 2, "fbLen": 896, "fbRes": 128, "name": "\u00dcn\u00ef"}]}]}'
	{ printf '\xef\xbb\xbf' && cat block.yaml; } >bom.yaml
	sed 's/$/\r/' block.yaml >crlf.yaml
	iconv -f UTF-8 -t UTF-16 block.yaml >utf16.yaml
	expected=$(program plan "$gpu" -c block.yaml --json)
	[[ $expected == *'"name":"Ünï"'* ]]
	for file in flow.yaml json.json bom.yaml crlf.yaml utf16.yaml; do
		echo "$file"
		[ "$(program plan "$gpu" -c "$file" --json)" = "${expected/block.yaml/"$file"}" ]
	done
}

@test "plan: all sections that select the GPU are taken together" {
	put profile.yaml <<-'END'
		gpus:
		- filteredGpus: [{bus: 0x65}]
		  mdevConfigs: [{num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128}]
		- filteredGpus: [{bus: 0x66}]
		  mdevConfigs: [{num: 60002, maxInstances: 2, fbLen: 896, fbRes: 128}]
		- mdevConfigs: [{num: 60003, maxInstances: 2, fbLen: 896, fbRes: 128}]
	END
	[ "$(values 't["num"]' | paste -sd ' ')" = "60001 60003" ]
}

@test "plan: what people read" {
	put profile.yaml < <(type 'name: Office' | sed 's/num: 1$/num: 60001/')
	expect 0 "$gpu 10de:1b38, driver nvidia 535.104.05
  from profile.yaml
  types of others are discarded
  nvidia-60001 \"Office\" Compute: 2 x 896+128 MiB, 1 head 1024x1024, to be registered" "" program plan "$gpu" -c profile.yaml
	expect 0 "$gpu 10de:1b38, driver nvidia 535.104.05
  from profile.yaml
  nvidia-60001 \"Office\" Compute: 2 x 896+128 MiB, 1 head 1024x1024, to be registered" "" program plan "$gpu" -k -c profile.yaml
	[ ! -s "$world/transcript" ]
	[ ! -e "$state_folder" ]
}

@test "plan: discardPrevious of any section counts, false is kept only where all say so" {
	local first second said
	while read -r first second said; do
		put profile.yaml <<-END
			gpus:
			- {discardPrevious: $first, mdevConfigs: [{num: 60002, maxInstances: 2, fbLen: 896, fbRes: 128}]}
			- {discardPrevious: $second, mdevConfigs: [{num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128}]}
			- {mdevConfigs: []} # no types, nothing to make room for
			- {filteredGpus: [{bus: 0}], mdevConfigs: [{num: 60003, maxInstances: 2, fbLen: 896, fbRes: 128}]}
		END
		echo "$first $second"
		[[ $(program plan "$gpu" -c profile.yaml --json) == *"\"discardPrevious\":$said,"* ]]
		[[ $(program plan "$gpu" -k -c profile.yaml --json) == *'"discardPrevious":false,'* ]]
	done <<-END
		true false true
		false false false
		false ~ true
	END
}

@test "limits: a name of 31 bytes up to driver 575, of 63 from 580 on" {
	local name
	printf -v name 'n%.0s' {1..32}
	put profile.yaml < <(section 60001 | sed "s/fbRes: 128/&, name: $name/")
	expect 3 "" "mdev-gpu: profile.yaml:2:77: gpus[0].mdevConfigs[0].name: is 32 bytes long, over 31, the most of driver 535.104.05
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu" -c profile.yaml
	sed -i "s/$name/${name%n}/" profile.yaml
	run -0 program plan "$gpu" -c profile.yaml
	sed -i "s/${name%n}/$name$name/" profile.yaml
	driver 580.95.05
	run -3 program plan "$gpu" -c profile.yaml
	sed -i "s/$name$name/$name${name%n}/" profile.yaml
	run -0 program plan "$gpu" -c profile.yaml
}

@test "limits: 32 instances up to driver 575, 48 from 580 on" {
	local release n
	while read -r release n; do
		driver "$release"
		put profile.yaml < <(section 60001 | sed "s/maxInstances: 2, fbLen: 896/maxInstances: $n, fbLen: 10/")
		run -0 program plan "$gpu" -c profile.yaml
		put profile.yaml < <(section 60001 | sed "s/maxInstances: 2, fbLen: 896/maxInstances: $((n + 1)), fbLen: 10/")
		run -3 --separate-stderr program plan "$gpu" -c profile.yaml
		[[ $stderr == *"profile.yaml:2:44: gpus[0].mdevConfigs[0].maxInstances: $((n + 1)) is over $n, the most of driver $release"* ]]
	done <<<$'535.104.05 32\n575.64.05 32\n580.95.05 48'
}

@test "limits: 64 types, 100 with driver 575, 128 from 580 on" {
	local release n
	while read -r release n; do
		driver "$release"
		put profile.yaml < <(types "$n")
		run -0 program plan "$gpu" -c profile.yaml
		put profile.yaml < <(types $((n + 1)))
		expect 3 "" "mdev-gpu: profile.yaml:$((n + 3)):11: gpus[0].mdevConfigs[$n].num: is one type more than the $n that driver $release takes on a GPU
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu" -c profile.yaml
	done <<<$'570.86.15 64\n575.64.05 100\n580.95.05 128'
}

# sizes ADDRESS LEN RES MAXINSTANCES: "fbLen fbRes" as planned
sizes() {
	put profile.yaml < <(section 60001 | sed "s/maxInstances: 2, fbLen: 896, fbRes: 128/maxInstances: $4, fbLen: $2, fbRes: $3/")
	program plan "$1" -c profile.yaml 2>/dev/null | sed -n 's/.* x \([0-9]*\)+\([0-9]*\) MiB.*/\1 \2/p'
}

@test "auto: a share of the GPU's memory in whole GiB, 64 x (N + 1) MiB of it reserved" {
	local address n want
	while read -r address n want; do
		echo "$address / $n: $(sizes "$address" auto auto "$n"), expected $want"
		[ "$(sizes "$address" auto auto "$n")" = "$want" ]
	done <<-END
		08:00.0 1 7616 576
		08:00.0 3 1856 192
		08:00.0 8 896 128
		08:00.0 16 416 96
		16:00.0 1 15296 1088
		16:00.0 10 896 128
		65:00.0 1 22976 1600
		65:00.0 5 3776 320
		65:00.0 24 896 128
		65:00.0 32 416 96
		48:00.0 1 46016 3136
	END
}

@test "auto: given one of the two, the other is the rest of the share" {
	[ "$(sizes 65:00.0 auto 200 4)" = "5944 200" ]
	[ "$(sizes 65:00.0 6000 auto 4)" = "6000 144" ]
	[ "$(sizes 08:00.0 auto 0 3)" = "2048 0" ]
}

@test "auto: a GPU without room is told the numbers" {
	put profile.yaml < <(section 60001 | sed 's/maxInstances: 2, fbLen: 896, fbRes: 128/maxInstances: 32, fbLen: auto, fbRes: auto/')
	expect 3 "" "mdev-gpu: profile.yaml:2:55: gpus[0].mdevConfigs[0].fbLen: auto finds no room: of 8192 MiB each of 32 instances has 256, and 512 is the least
mdev-gpu: 0000:08:00.0: configuration refused, nothing was sent to the driver" program plan 08:00.0 -c profile.yaml
}

@test "auto: a type without room on a small card is left out with a warning" {
	local text="mdev-gpu: profile.yaml:5:59: warning: gpus[0].mdevConfigs[2].fbLen: auto finds no room: of 1024 MiB each of 4 instances has 256, and 512 is the least; the type is left out"
	BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/small
	new_world 535.104.05 "$gpu=10de:1380:10de:1065,fb=1024"
	put profile.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - {num: 60001, name: "Full", maxInstances: 1, fbLen: auto, fbRes: auto}
		  - {num: 60002, name: "Half", maxInstances: 2, fbLen: auto, fbRes: auto}
		  - {num: 60003, name: "Quarter", maxInstances: 4, fbLen: auto, fbRes: auto}
	END
	expect 0 "$gpu 10de:1380, driver nvidia 535.104.05
  from profile.yaml
  types of others are discarded
  nvidia-60001 \"Full\" Compute: 1 x 896+128 MiB, 1 head 1024x1024, to be registered
  nvidia-60002 \"Half\" Compute: 2 x 416+96 MiB, 1 head 1024x1024, to be registered
  nvidia-60003 \"Quarter\" Compute: left out, the GPU's 1024 MiB have no room for it" "$text" program plan "$gpu" -c profile.yaml
	expect 0 "$gpu: 2 types registered, 0 unchanged; 1 left out, the GPU has no room for it" "$text" program apply "$gpu" -c profile.yaml
	expect 0 "$gpu: nothing to do: 2 types are registered; 1 left out, the GPU has no room for it" "$text" program apply "$gpu" -c profile.yaml
	expect 3 '' "$text
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program apply --strict "$gpu" -c profile.yaml
	[ "$(listed)" = "60001 60002" ]
}

# counted ADDRESS: "number instances" of each type as planned, and what is left out
counted() {
	program plan "$1" -c profile.yaml | sed -n 's/^  nvidia-\([0-9]*\) .*: \([0-9]*\) x .*/\1 \2/p; s/^  nvidia-\([0-9]*\) .*: left out, .*/\1 -/p' | paste -sd ,
}

@test "auto: maxInstances is how often the type's size goes into the GPU's memory, at most what the driver takes" {
	put profile.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - {num: 60001, maxInstances: auto, fbLen: 896, fbRes: 128}
		  - {num: 60002, maxInstances: auto, fbLen: 416, fbRes: 96}
		  - {num: 60003, maxInstances: auto, fbLen: 4736, fbRes: 384}
		  - {num: 60004, maxInstances: auto, fbLen: 4736, fbRes: 320, gspHeapSize: 64}
		  - {num: 60005, maxInstances: auto, fbLen: 15296, fbRes: 1088}
		  - {num: 60006, maxInstances: 1, fbLen: auto, fbRes: auto}
	END
	[ "$(counted 08:00.0)" = "60001 8,60002 16,60003 1,60004 1,60006 1,60005 -" ]
	[ "$(counted 16:00.0)" = "60001 16,60002 32,60003 3,60004 3,60005 1,60006 1" ]
	[ "$(counted 48:00.0)" = "60001 32,60002 32,60003 9,60004 9,60005 3,60006 1" ]
	driver 580.95.05
	[ "$(counted 48:00.0)" = "60001 48,60002 48,60003 9,60004 9,60005 3,60006 1" ]
}

@test "auto: a type that does not fit once is left out, which plan and apply tell, also with --strict; alone it is a mistake" {
	local path='mdev-gpu: profile.yaml' big="8192 MiB in all do not fit the GPU's 4096 MiB, nor does any other type"
	BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/small
	new_world 535.104.05 "$gpu=10de:1b38:10de:11d9,fb=4096"
	put profile.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - {num: 60001, name: Large, maxInstances: auto, fbLen: 7616, fbRes: 576}
		  - {num: 60002, name: Small, maxInstances: auto, fbLen: 1856, fbRes: 192}
	END
	expect 0 "$gpu 10de:1b38, driver nvidia 535.104.05
  from profile.yaml
  types of others are discarded
  nvidia-60002 \"Small\" Compute: 2 x 1856+192 MiB, 1 head 1024x1024, to be registered
  nvidia-60001 \"Large\" Compute: left out, the GPU's 4096 MiB have no room for it" '' program plan --strict "$gpu" -c profile.yaml
	[ "$(program plan --json "$gpu" -c profile.yaml | read_json '(it[0]["leftOut"], [t["num"] for t in it[0]["types"]])')" = "([60001], [60002])" ]
	expect 0 "$gpu: 1 type registered, 0 unchanged; 1 left out, the GPU has no room for it" '' program apply --strict "$gpu" -c profile.yaml
	expect 0 "$gpu: nothing to do: 1 type is registered; 1 left out, the GPU has no room for it" '' program apply "$gpu" -c profile.yaml
	[ "$(listed)" = 60002 ]
	# the record has the memory now
	simulate clear
	run -0 program plan "$gpu" -c profile.yaml
	[[ $output == *'2 x 1856+192 MiB, 1 head 1024x1024, registered'* ]]
	[ "$(simulate calls)" -eq 0 ]
	run -0 program status "$gpu"
	[[ $output != *60001* ]]
	sed -i '/Small/d' profile.yaml
	expect 3 '' "$path:3:45: gpus[0].mdevConfigs[0].maxInstances: auto finds no room: $big
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program apply "$gpu" -c profile.yaml
}

@test "auto: maxInstances needs sizes that are numbers" {
	local size
	for size in fbLen fbRes; do
		put profile.yaml < <(section 60001 | sed "s/maxInstances: 2/maxInstances: auto/; s/$size: [0-9]*/$size: auto/")
		expect 3 '' "mdev-gpu: profile.yaml:2:44: gpus[0].mdevConfigs[0].maxInstances: auto follows from the type's size, which $size leaves open; one of the two is a number" \
			mdev_gpu check profile.yaml
	done
}

@test "auto: num is the device ID times 256 and the type's place in its file, also behind sections of other GPUs" {
	local one='{num: auto, maxInstances: auto, fbLen: 896, fbRes: 128}'
	BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/models
	new_world 535.104.05 "$P40" 0000:08:00.0=10de:1b38:10de:11d9,fb=24576 0000:16:00.0=10de:1bb3:10de:11d8,fb=8192
	put profile.yaml <<-END
		gpus:
		- filteredGpus: [{deviceId: 0x1bb3}]
		  mdevConfigs: [$one, {num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128}]
		- mdevConfigs: [$one, $one]
	END
	mdev_gpu check --strict profile.yaml
	[ "$(counted "$gpu")" = "$((0x1b38 * 256 + 3)) 24,$((0x1b38 * 256 + 4)) 24" ]
	[ "$(counted 16:00.0)" = "$((0x1bb3 * 256 + 1)) 8,60001 2,$((0x1bb3 * 256 + 3)) 8,$((0x1bb3 * 256 + 4)) 8" ]
	# two models do not meet, and two cards of one model have the same types
	put "$configuration/generate-vgpu-types.yaml" <profile.yaml
	run -0 program plan --all
	run -0 program apply --all
	[ "$(listed)" = "1783811 1783812" ]
	[ "$(listed 0000:08:00.0)" = "1783811 1783812" ]
	[ "$(listed 0000:16:00.0)" = "1815297 60001 1815299 1815300" ]
	run -0 --separate-stderr program plan --origin "$gpu"
	[[ $output == *"    num 1783811  $configuration/generate-vgpu-types.yaml:4:23 auto"* ]]
	[[ $output == *"    maxInstances 24  $configuration/generate-vgpu-types.yaml:4:43 auto"* ]]
}

@test "auto: num has room for 255 types of a file" {
	put profile.yaml < <(printf 'gpus:\n- mdevConfigs:\n  - &a {num: auto, maxInstances: 2, fbLen: 896, fbRes: 128}\n' && printf '  - *a\n%.0s' {2..255})
	expect 0 '1 file, 255 types: no mistakes' '' mistakes mdev_gpu check profile.yaml
	echo '  - {num: auto, maxInstances: 2, fbLen: 896, fbRes: 128}' >>profile.yaml
	expect 3 '' 'mdev-gpu: profile.yaml:258:11: gpus[0].mdevConfigs[255].num: auto has numbers for the first 255 types of a file, and this is its type 256' \
		mistakes mdev_gpu check profile.yaml
}

@test "plan: what only shows when the sections for a GPU are put together is refused as well, and nothing is sent" {
	put profile.yaml < <(section 60001 'filteredGpus: [{vendorId: 0x10de}]' 'expectTypes: [i915-GVTg_V5_8]')
	simulate clear
	run -3 program apply "$gpu" -c profile.yaml
	[[ $output == *"i915-GVTg_V5_8 is none of driver nvidia"* ]]
	untouched
}

@test "plan: types of a section whose filters have a mistake are not judged by a GPU that it may not mean" {
	put profile.yaml <<-'END'
		gpus:
		- filteredGpus: [{deviceId: wrong}]
		  mdevConfigs: [{num: 60001, maxInstances: 200, fbLen: 896, fbRes: 128}]
	END
	expect 3 "" "mdev-gpu: profile.yaml:2:29: gpus[0].filteredGpus[0].deviceId: 'wrong' is not a whole number
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program plan "$gpu" -c profile.yaml
}

@test "plan --all: a GPU whose types one before it defines otherwise will not get them, as apply then says" {
	local small=0000:08:00.0 differs="fbLen is 1856, not 5696, fbRes is 192, not 448; take another num"
	BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/two
	new_world 535.104.05 "$P40" "$small=10de:1b38:10de:11d9,fb=8192" 0000:b3:00.0=10de:1b38:10de:11d9,fb=8192
	put auto.yaml < <(section 60001 | sed 's/maxInstances: 2, fbLen: 896, fbRes: 128/maxInstances: 4, fbLen: auto, fbRes: auto/')
	local said="mdev-gpu: $gpu: nvidia-60001 would be defined for $small before, and the driver keeps that: $differs"
	run -1 --separate-stderr program plan --all -c auto.yaml
	[ "$stderr" = "$said" ]
	[ "$(grep -c '60001 .*: 4 x 1856+192 MiB,.* to be registered$' <<<"$output")" -eq 2 ]
	[ "$(grep -c ' to be registered$' <<<"$output")" -eq 2 ]
	run -1 --separate-stderr program plan --all --json -c auto.yaml
	[ "$(read_json '[g["address"] for g in it]' <<<"$output")" = "['$small', '0000:b3:00.0']" ]
	expect 1 "$small: 1 type would be registered, 0 unchanged
0000:b3:00.0: 1 type would be registered, 0 unchanged" "$said" program apply --dry-run --all -c auto.yaml
	put "$configuration/generate-vgpu-types.yaml" <auto.yaml
	run -1 --separate-stderr program apply --all
	[[ $stderr == "mdev-gpu: $gpu: nvidia-60001 is already defined otherwise: fbLen is 1856, not 5696, "* ]]
	[ "$(listed 0000:b3:00.0)" = 60001 ]
	[ -z "$(listed)" ]
	run -0 program explain "$gpu"
	echo "$output"
	[[ ${lines[0]} == *"nvidia-60001 is already defined otherwise: fbLen is 1856, not 5696"* ]]
}

@test "auto: where no type has room, or one of the sizes was given, it is a mistake" {
	local path='mdev-gpu: profile.yaml' text='auto finds no room: of 8192 MiB each of 32 instances has 256, and 512 is the least'
	put profile.yaml <<-END
		gpus:
		- mdevConfigs:
		  - {num: 60001, maxInstances: 32, fbLen: auto, fbRes: auto}
		  - {num: 60002, maxInstances: 32, fbLen: auto, fbRes: auto}
	END
	expect 3 '' "$path:3:43: gpus[0].mdevConfigs[0].fbLen: $text
$path:4:43: gpus[0].mdevConfigs[1].fbLen: $text
mdev-gpu: 0000:08:00.0: configuration refused, nothing was sent to the driver" program plan 08:00.0 -c profile.yaml
	sed -i '3s/32/1/; 4s/fbRes: auto/fbRes: 10/' profile.yaml
	expect 3 '' "$path:4:43: gpus[0].mdevConfigs[1].fbLen: $text
mdev-gpu: 0000:08:00.0: configuration refused, nothing was sent to the driver" program plan 08:00.0 -c profile.yaml
	text='auto finds no room: of 8192 MiB each of 4 instances has 2048'
	sed -i '4s/32/4/; 4s/fbRes: 10/fbRes: 2048/' profile.yaml
	expect 3 '' "$path:4:42: gpus[0].mdevConfigs[1].fbLen: $text, and fbRes takes it all
mdev-gpu: 0000:08:00.0: configuration refused, nothing was sent to the driver" program plan 08:00.0 -c profile.yaml
	sed -i '4s/fbLen: auto, fbRes: 2048/fbLen: 2049, fbRes: auto/' profile.yaml
	expect 3 '' "$path:4:55: gpus[0].mdevConfigs[1].fbRes: $text, and fbLen takes more
mdev-gpu: 0000:08:00.0: configuration refused, nothing was sent to the driver" program plan 08:00.0 -c profile.yaml
}

@test "auto: plan opens the driver only for sizes that are auto, and closes it" {
	simulate clear
	[ "$(sizes 65:00.0 auto auto 4)" = "5696 448" ]
	[ "$(simulate calls)" -gt 0 ]
	[ "$(sent)" -eq 0 ]
	closed
	simulate clear
}

@test "auto: only root asks the driver for a GPU's memory" {
	local user=()
	new_world 535.104.05
	put profile.yaml <<<'gpus: [{mdevConfigs: [{num: 60001, maxInstances: 4, fbLen: auto, fbRes: auto}]}]'
	if [ "$(id -u)" -eq 0 ]; then
		user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		# bats keeps them to itself
		chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	fi
	expect 1 "" "mdev-gpu: only root can talk to a GPU's driver: Operation not permitted" \
		"$SIMULATE" run "$world" -- "${user[@]}" "$MDEV_GPU" --root "$root" plan "$gpu" -c profile.yaml
	untouched
}

@test "plan --all --json: one list, an object for each GPU that has a plan" {
	put profile.yaml < <(section 60001 'filteredGpus: [{bus: 0x65}, {bus: 0x16}]')
	run -0 --separate-stderr program plan --all --json -c profile.yaml
	[ "$(read_json '[(g["address"], g["driver"], g["release"], g["files"], len(g["types"])) for g in it]' <<<"$output")" = \
		"[('0000:08:00.0', 'nvidia', '535.104.05', ['profile.yaml'], 0), ('0000:16:00.0', 'nvidia', '535.104.05', ['profile.yaml'], 1), ('0000:48:00.0', 'nvidia', '535.104.05', ['profile.yaml'], 0), ('0000:65:00.0', 'nvidia', '535.104.05', ['profile.yaml'], 1)]" ]
}

@test "plan --origin: every value is told with the place that set it" {
	new_world 535.104.05
	cat >p.yaml <<-'END'
		gpus:
		- mdevConfigs:
		  - &base {num: 60001, maxInstances: 2, fbLen: auto, fbRes: 128}
		  - <<: *base
		    num: 60002
	END
	run -0 --separate-stderr program plan --origin "$gpu" -c p.yaml
	[ -z "$stderr" ]
	[ "$(grep -c '^    ' <<<"$output")" -eq 46 ]
	[[ $output == *'    num 60001  p.yaml:3:17'* ]]
	[[ $output == *'    num 60002  p.yaml:5:10'* ]]
	[[ $output == *'    maxInstances 2  p.yaml:3:38 used at 4:9'* ]]
	[[ $output == *'    fbLen 12160  p.yaml:3:48 auto'* ]]
	[[ $output == *'    fbLen 12160  p.yaml:3:48 used at 4:9 auto'* ]]
	[[ $output == *'    vDevId 0x1b3811d9  computed'* ]]
	[[ $output == *'    name "Arc GPU"  default'* ]]
	[[ $output == *'    cuda true  default'* ]]
	[[ $output == *$'  types of others are discarded  default\n'* ]]
	sed -i 's/^- mdev/- discardPrevious: yes\n  mdev/; $a- {mdevConfigs: [{<<: *base, num: 60003}]}' p.yaml
	run -0 --separate-stderr program plan --origin "$gpu" -c p.yaml
	[[ $output == *$'  types of others are discarded  p.yaml:2:20\n'* ]]
	run -0 --separate-stderr program plan --origin -k "$gpu" -c p.yaml
	[[ $output != *discarded* ]]
}

@test "license: auto goes by the class" {
	new_world 535.104.05
	local class license
	while IFS='|' read -r class license; do
		type "gpuClass: $class" 'license: auto' >p.yaml
		run -0 --separate-stderr program plan --origin "$gpu" -c p.yaml
		[[ $output == *"    license \"$license\"  p.yaml:8:14 auto"* ]]
	done <<-'END'
		Compute|NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0
		Quadro|Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0
		NVS|GRID-Virtual-PC,2.0;Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0
		Geforce|GRID-vGaming,8.0
	END
	type 'gpuClass: Other' 'license: auto' >p.yaml
	expect 3 '' 'mdev-gpu: p.yaml:7:15: warning: gpus[0].mdevConfigs[0].gpuClass: Other is none of Compute, Quadro, NVS, Geforce; it is sent as it is
mdev-gpu: p.yaml:8:14: gpus[0].mdevConfigs[0].license: auto knows no licence for class Other' \
		mdev_gpu check p.yaml
}

@test "auto: without the GPU's memory no size is chosen and nothing sent, by hand and in the rule's run; by hand with sizes, too" {
	local untold="cannot ask for the GPU's memory: NV_ERR_NOT_SUPPORTED 0x56: Call not supported; the GPU's list is full, or this driver \
cannot host vGPUs on it"
	BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/untold
	new_world 535.104.05
	put profile.yaml < <(section 60001)
	simulate inject 'control:0x20801301*0=status:0x56'
	expect 1 "" "mdev-gpu: $gpu: $untold" program apply "$gpu" -c profile.yaml
	put profile.yaml < <(section 60001 | sed 's/fbLen: 896, fbRes: 128/fbLen: auto, fbRes: auto/')
	expect 1 "" "mdev-gpu: $gpu: $untold" program apply "$gpu" -c profile.yaml
	put "$configuration/generate-vgpu-types.yaml" <profile.yaml
	chmod -R go-w "$root"
	expect 1 "" "" program apply --udev "$gpu"
	grep -qx "message: \"$untold\"" "$state_folder/$gpu.yaml"
	[ "$(sent)" -eq 0 ]
}
