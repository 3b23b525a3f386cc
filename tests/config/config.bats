#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Mistakes in configuration files: each one is found, all in one run, with its place and what is wrong.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# accepts: what comes in has no mistake
accepts() {
	put good.yaml
	expect 0 "1 file, ${1:-1 type}: no mistakes" "" mdev_gpu check good.yaml
}

# refuses MESSAGE…: what comes in has exactly these mistakes, in this order
refuses() {
	put bad.yaml
	expect 3 "" "$(printf 'mdev-gpu: bad.yaml:%s\n' "$@")" mdev_gpu check bad.yaml
}

# mistakes COMMAND…: without the warnings that the command has beside them
mistakes() {
	local status=0
	"$@" 2>"$BATS_TEST_TMPDIR/.all" || status=$?
	sed '/: warning: /d' "$BATS_TEST_TMPDIR/.all" >&2
	return "$status"
}

# judges: a type for each line "KEY: VALUE", one file. Where "=> TEXT" follows, that is the mistake of this value; no other
# is told. A key with a dot is one of virtDisplay.
judges() {
	local -a mistakes=()
	local -A usual=([maxInstances]=2 [fbLen]=896 [fbRes]=128)
	local -i i=0 line=2 column at
	local case key value text base
	{
		printf '%s\n' 'gpus:' '- mdevConfigs:'
		while IFS= read -r case; do
			text=${case#* => }
			[[ $case == *' => '* ]] || text=
			case=${case%% => *}
			key=${case%%: *} value=${case#*: }
			at=0
			for base in num maxInstances fbLen fbRes; do
				line+=1
				if [ "$base" = num ]; then
					line+=1
					echo '  -'
				fi
				if [ "$base" = "$key" ]; then
					at=line
					printf '    %s: %s\n' "$key" "$value"
				elif [ "$base" = num ]; then
					printf '    num: %d\n' $((10000 + i))
				else
					printf '    %s: %d\n' "$base" "${usual[$base]}"
				fi
			done
			column=5+${#key}+2
			if [[ $key == *.* ]]; then
				line+=2 at=line column=column-10
				printf '    virtDisplay:\n      %s: %s\n' "${key#*.}" "$value"
			elif [ "$at" -eq 0 ]; then
				line+=1 at=line
				printf '    %s: %s\n' "$key" "$value"
			fi
			[ -z "$text" ] || mistakes+=("$at:$column: gpus[0].mdevConfigs[$i].$key: $text")
			i+=1
		done
	} >judged.yaml
	[ "$i" -gt 0 ]
	if [ "${#mistakes[@]}" -gt 0 ]; then
		expect 3 "" "$(printf 'mdev-gpu: judged.yaml:%s\n' "${mistakes[@]}")" mistakes mdev_gpu check judged.yaml
	else
		expect 0 "1 file, $i type$([ "$i" -eq 1 ] || echo s): no mistakes" "" mdev_gpu check judged.yaml
	fi
}

@test "check: a type with the four required keys is complete" {
	accepts < <(type)
}

@test "check: every key at once" {
	accepts < <(type 'name: "a name"' 'gpuClass: Quadro' 'vDevId: 0x1B3811E8' 'pDevId: 0x1b38' \
		'virtDisplay: {numHeads: 4, maxResX: 7680, maxResY: 4320, frlConfig: 60, frlEnable: 1}' 'ecc: true' \
		'multiMdev: false' 'mapVideoSize: 4' 'encCap: 50' 'bar1Len: 0x100' 'license: "GRID-vGaming,8.0"' \
		"signature: '$(printf '%0256d' 0)'" 'cuda: no' 'maxPixels: 18432000' 'gspHeapSize: 64')
}

@test "check: an unknown key is told with the nearest one, at every level" {
	refuses '1:1: gpu: unknown key (did you mean gpus?)' <<<'gpu: []'
	refuses '2:3: gpus[0].mdevConfig: unknown key (did you mean mdevConfigs?)' <<<$'gpus:\n- mdevConfig: []'
	refuses '3:3: gpus[0].filteredGPUs: unknown key (did you mean filteredGpus?)' < <(section 1 'filteredGPUs: []')
	refuses '3:3: gpus[0].discardprevious: unknown key (did you mean discardPrevious?)' \
		< <(section 1 'discardprevious: no')
	refuses '3:19: gpus[0].filteredGpus[0].vendorID: unknown key (did you mean vendorId?)' \
		< <(section 1 'filteredGpus: [{vendorID: 1}]')
	refuses '7:5: gpus[0].mdevConfigs[0].fbLenn: unknown key (did you mean fbLen?)' < <(type 'fbLenn: 1')
	refuses '7:5: gpus[0].mdevConfigs[0].lenfb: unknown key' < <(type 'lenfb: 1')
	refuses '7:5: gpus[0].mdevConfigs[0].virtdisplay: unknown key (did you mean virtDisplay?)' \
		'7:19: gpus[0].mdevConfigs[0].virtdisplay.numHead: unknown key (did you mean numHeads?)' \
		'7:40: gpus[0].mdevConfigs[0].virtdisplay.maxResX: 0 is under 1' < <(type 'virtdisplay: {numHead: 4, maxResX: 0}')
	refuses '7:5: gpus[0].mdevConfigs[0].display: unknown key' < <(type 'display: {a: 1}')
	refuses '7:19: gpus[0].mdevConfigs[0].virtDisplay.maxResx: unknown key (did you mean maxResX?)' \
		< <(type 'virtDisplay: {maxResx: 800}')
	refuses '7:7: gpus[0].mdevConfigs[0].ecc:on: unknown key (a blank belongs behind the colon of ecc)' < <(type '? ecc:on')
	refuses '3:6: gpus[0].mdevConfigs[0].num:1: unknown key (a blank belongs behind the colon of num)' \
		<<<$'gpus:\n- mdevConfigs:\n  - {num:1, maxInstances: 1, fbLen: 896, fbRes: 128}'
	refuses '7:5: gpus[0].mdevConfigs[0].еcc: unknown key (did you mean ecc?; it has a character beyond ASCII)' < <(type $'\u0435cc: on')
	refuses $'7:5: gpus[0].mdevConfigs[0].ecc\u200b: unknown key (it has a character beyond ASCII)' < <(type $'ecc\u200b: on')
	refuses '1:6: gpus: must be a list (- entry)' \
		'2:1: -mdevConfigs: unknown key (an entry of a list is a dash and a blank, and then the key)' \
		'3:1: • mdevConfigs: unknown key (an entry of a list is a dash and a blank, and then the key)' \
		<<<$'gpus:\n-mdevConfigs: []\n• mdevConfigs: []'
	refuses '7:5: gpus[0].mdevConfigs[0].virtDisplay.numHeads: unknown key (did you mean virtDisplay?)' < <(type 'virtDisplay.numHeads: 1')
	refuses '7:19: gpus[0].mdevConfigs[0].virtDisplay.virtDisplay.numHeads: unknown key' \
		< <(type 'virtDisplay: {virtDisplay.numHeads: 1}')
}

@test "check: a value of the wrong kind names the kind" {
	refuses '1:1: must be a mapping (key: value); gpus: comes first, and the list stands below it' <<<'- gpus'
	refuses '1:1: must be a mapping (key: value)' <<<'gpus'
	refuses '1:7: gpus: must be a list (- entry)' <<<'gpus: {a: 1}'
	refuses '1:6: gpus: must be a list (- entry)' <<<'gpus:'
	refuses '1:8: gpus[0]: must be a mapping (key: value)' '1:11: gpus[1]: must be a mapping (key: value)' <<<'gpus: [1, ~]'
	refuses '2:16: gpus[0].mdevConfigs: must be a list (- entry)' <<<$'gpus:\n- mdevConfigs: {num: 1}'
	refuses '3:5: gpus[0].mdevConfigs[0]: must be a mapping (key: value)' <<<$'gpus:\n- mdevConfigs:\n  - 12'
	refuses '3:17: gpus[0].filteredGpus: must be a list (- entry)' < <(section 1 'filteredGpus: {bus: 1}')
	refuses '3:18: gpus[0].filteredGpus[0]: must be a mapping (key: value)' \
		'3:30: gpus[0].filteredGpus[1].bus: must be a single value' < <(section 1 'filteredGpus: [10de, {bus: [1]}]')
	refuses '4:5: gpus[0].filteredGpus[0]: must be a mapping; the address 65:00.0 is {domain: 0x0, bus: 0x65, slot: 0x0, function: 0}' \
		'5:5: gpus[0].filteredGpus[1]: must be a mapping; the address 0001:b3:1f.7 is {domain: 0x1, bus: 0xb3, slot: 0x1f, function: 7}' \
		'6:5: gpus[0].filteredGpus[2]: must be a mapping; the device 10de:1b38 is {vendorId: 0x10de, deviceId: 0x1b38}' \
		'7:5: gpus[0].filteredGpus[3]: must be a mapping (key: value)' \
		"8:11: gpus[0].filteredGpus[4].bus: '65:00.0' is not a whole number; the address 65:00.0 is {domain: 0x0, bus: 0x65, slot: 0x0, function: 0}" \
		< <(section 1 'filteredGpus:' '- 65:00.0' '- 0001:b3:1f.7' '- 10de:1b38' '- 10de:1b00-1b7f' '- {bus: 65:00.0}')
	judges <<-END
		virtDisplay: 4 => must be a mapping (key: value)
		virtDisplay: [1] => must be a mapping (key: value)
		encCap: [1] => must be a single value
		ecc: {a: 1} => must be a single value
		name: [x] => must be a single value
		fbLen: [auto] => must be a single value
	END
}

@test "check: an integer is one word without quotes" {
	judges <<-END
		encCap: "50" => "50" is a text; a number stands without quotes
		encCap: '50' => "50" is a text; a number stands without quotes
		encCap: !!str 50 => "50" is a text; a number stands without quotes
		encCap: !!int "50"
		encCap: 50% => '50%' is not a whole number
		encCap: 5.5 => '5.5' is not a whole number
		encCap: 1e3 => '1e3' is not a whole number
		encCap: 0x => '0x' is not a whole number
		encCap: 0xfg => '0xfg' is not a whole number
		encCap: +-5 => '+-5' is not a whole number
		encCap: _5 => '_5' is not a whole number
		encCap: true => 'true' is not a whole number
		encCap: auto => 'auto' is not a whole number
		encCap: 1 0 => '1 0' is not a whole number
		fbLen: 896M => '896M' is not a whole number; sizes are in MiB: 896
		fbRes: 1 GiB => '1 GiB' is not a whole number; sizes are in MiB: 1024
		mapVideoSize: 2Tb => '2Tb' is not a whole number; sizes are in MiB: 2097152
		fbLen: 1GG => '1GG' is not a whole number; sizes are in MiB
		encCap: 0X10 => '0X10' is not a whole number; write 0x10
		bar1Len: 1b38 => '1b38' is not a whole number; in hexadecimal it is 0x1b38
		vDevId: 1b38:11e9 => '1b38:11e9' is not a whole number; in hexadecimal it is 0x1b3811e9
		pDevId: 10de:1b38 => '10de:1b38' is not a whole number; without the vendor, in hexadecimal, it is 0x1b38
		encCap: 1,000 => '1,000' is not a whole number
		encCap: 0b12 => '0b12' is not a whole number
		encCap: 0o8 => '0o8' is not a whole number
		num: 1:30 => '1:30' is not a whole number
	END
}

@test "check: a leading zero is refused, since readers differ about it" {
	judges <<-END
		encCap: 010 => 010 is octal to some readers and decimal to others; write 0o10 or 10
		encCap: +010 => +010 is octal to some readers and decimal to others; write 0o10 or 10
		encCap: 00 => 00 is octal to some readers, because of the zero in front; write 0
		encCap: 08 => 08 is octal to some readers, because of the zero in front; write 8
		encCap: 0
	END
}

@test "check: a number has its bounds, named where it lies outside" {
	judges <<-END
		num: 0 => 0 is under 1
		num: 1
		num: 0xffffffff
		num: 0x100000000 => 0x100000000 is over 0xffffffff
		maxInstances: 0 => 0 is under 1
		maxInstances: 1
		maxInstances: 48
		maxInstances: 4294967296 => 4294967296 is over 0xffffffff
		fbLen: 0 => 0 is under 1
		fbLen: 1
		fbLen: 0xffffffff
		fbLen: 4294967296 => 4294967296 is over 0xffffffff
		fbRes: -1 => -1 is under 0
		fbRes: -0
		fbRes: 0xffffffff
		fbRes: 0x100000000 => 0x100000000 is over 0xffffffff
		vDevId: 0
		vDevId: 0xffffffffffffffff
		vDevId: 0x10000000000000000 => 0x10000000000000000 is over 0xffffffffffffffff
		vDevId: 99999999999999999999999999 => 99999999999999999999999999 is over 0xffffffffffffffff
		pDevId: 0
		pDevId: 0xffffffffffffffff
		pDevId: -1 => -1 is under 0
		pDevId: -99999999999999999999999999 => -99999999999999999999999999 is under 0
		mapVideoSize: 0
		mapVideoSize: 0xffffffff
		mapVideoSize: 0x1ffffffff => 0x1ffffffff is over 0xffffffff
		encCap: 0
		encCap: 100
		encCap: 101 => 101 is over 100
		encCap: -5 => -5 is under 0
		bar1Len: 0
		bar1Len: 0xffffffff
		bar1Len: 0x100000000 => 0x100000000 is over 0xffffffff
		maxPixels: 0 => 0 is under 1
		maxPixels: 1
		maxPixels: 0xffffffff
		maxPixels: 0x100000000 => 0x100000000 is over 0xffffffff
		gspHeapSize: 0
		gspHeapSize: 0xffffffff
		gspHeapSize: -0x1 => -0x1 is under 0
		virtDisplay.numHeads: 0 => 0 is under 1
		virtDisplay.numHeads: 1
		virtDisplay.numHeads: 32
		virtDisplay.numHeads: 33 => 33 is over 32
		virtDisplay.maxResX: 0 => 0 is under 1
		virtDisplay.maxResX: 1
		virtDisplay.maxResX: 0x100000000 => 0x100000000 is over 0xffffffff
		virtDisplay.maxResY: 0 => 0 is under 1
		virtDisplay.maxResY: 0x100000000 => 0x100000000 is over 0xffffffff
		virtDisplay.frlConfig: 0
		virtDisplay.frlConfig: 0xffffffff
		virtDisplay.frlConfig: 0x100000000 => 0x100000000 is over 0xffffffff
	END
}

@test "check: without a GPU, the bounds are those of the most generous driver" {
	judges <<-END
		maxInstances: 48
		maxInstances: 49 => 49 is over 48, the most of any known driver
		gspHeapSize: 64
	END
	accepts '200 types' < <(types 200 | sed 's/num: /num: 5000/')
}

@test "check: a picture has fewer than 2^32 pixels" {
	accepts < <(type 'virtDisplay: {maxResX: 65535, maxResY: 65537}')
	refuses '7:28: gpus[0].mdevConfigs[0].virtDisplay.maxResX: 65536 x 65536 pixels do not fit 32 bits' \
		< <(type 'virtDisplay: {maxResX: 65536, maxResY: 65536}')
	refuses '3:5: gpus[0].mdevConfigs[0].virtDisplay.maxResX: 1024 x 4194304 pixels do not fit 32 bits' \
		< <(type 'virtDisplay: {maxResY: 0x400000}')
}

@test "check: a text has its length in bytes, and is a text" {
	local n l e
	printf -v n 'n%.0s' {1..63}
	printf -v e 'é%.0s' {1..31}
	printf -v l 'l%.0s' {1..127}
	judges <<-END
		name: $n
		name: ${n}n => is 64 bytes long, over 63
		name: $e
		name: ${e}é => is 64 bytes long, over 63
		name: "" => is 0 bytes long, under 1
		name: 1080 => 1080 is not a text; put it in quotes
		name: "1080"
		name: 0x10 => 0x10 is not a text; put it in quotes
		name: yes => yes is not a text; put it in quotes
		name: 'yes'
		name: 010 => 010 is not a text; put it in quotes
		name: 99999999999999999999999999 => 99999999999999999999999999 is not a text; put it in quotes
		name: "a\\tb" => holds a control character
		name: "a\\x7fb" => holds a control character
		gpuClass: ${n}n => is 64 bytes long, over 63
		license: ""
		license: $l
		license: ${l}l => is 128 bytes long, over 127
		signature: '00' => is 2 bytes long, under 256
		signature: '$(printf %0256d 0)'
		signature: '$(printf %0258d 0)' => is 258 bytes long, over 256
		signature: '$(printf %0255d 0)g' => holds something else than hexadecimal digits
	END
}

@test "check: a class that is none of the four is a warning, not a mistake" {
	local word
	for word in Compute Quadro NVS Geforce; do
		accepts < <(type "gpuClass: $word")
	done
	put warn.yaml < <(type 'gpuClass: GeForce')
	expect 0 '1 file, 1 type: no mistakes' \
		'mdev-gpu: warn.yaml:7:15: warning: gpus[0].mdevConfigs[0].gpuClass: GeForce is none of Compute, Quadro, NVS, Geforce (did you mean Geforce?); it is sent as it is' \
		mdev_gpu check warn.yaml
}

@test "check: every spelling of true and false" {
	local words=(y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF 0 1 '!!bool "yes"')
	judges < <(printf 'ecc: %s\n' "${words[@]}")
	judges < <(printf 'virtDisplay.frlEnable: %s\n' "${words[@]}")
	accepts '0 types' < <(echo gpus: && printf -- '- {mdevConfigs: [], discardPrevious: %s}\n' "${words[@]}")
	judges <<-END
		ecc: tRUE => 'tRUE' is neither true nor false
		multiMdev: 2 => '2' is neither true nor false
		cuda: "true" => "true" is a text; true and false stand without quotes
		ecc: ja => 'ja' is neither true nor false
		virtDisplay.frlEnable: 60 => '60' is neither true nor false
	END
	refuses "3:20: gpus[0].discardPrevious: 'maybe' is neither true nor false" < <(section 1 'discardPrevious: maybe')
}

@test "check: an optional key without a value keeps its default, a required one is missing" {
	local null
	for null in '' '~' null Null NULL; do
		accepts < <(type "name: $null" "encCap: $null" "ecc: $null" "virtDisplay: $null" "signature: $null")
		accepts < <(type 'virtDisplay:' "  numHeads: $null")
		accepts < <(section 1 "filteredGpus: $null" "discardPrevious: $null")
		accepts < <(section 1 "filteredGpus: [{bus: $null}]")
	done
	refuses '3:10: gpus[0].mdevConfigs[0].num: has no value' < <(type | sed 's/num: 1/num: ~/')
	refuses '4:18: gpus[0].mdevConfigs[0].maxInstances: has no value' < <(type | sed 's/maxInstances: 2/maxInstances:/')
}

@test "check: all missing keys of a type are told at its place" {
	refuses '3:5: gpus[0].mdevConfigs[0]: num is missing' '3:5: gpus[0].mdevConfigs[0]: maxInstances is missing' \
		'3:5: gpus[0].mdevConfigs[0]: fbLen is missing' '3:5: gpus[0].mdevConfigs[0]: fbRes is missing' \
		<<<$'gpus:\n- mdevConfigs:\n  - {}'
	refuses '4:5: gpus[0].mdevConfigs[1]: num is missing; a dash begins a type of its own' \
		'4:5: gpus[0].mdevConfigs[1]: maxInstances is missing; a dash begins a type of its own' \
		'4:5: gpus[0].mdevConfigs[1]: fbRes is missing; a dash begins a type of its own' \
		<<<$'gpus:\n- mdevConfigs:\n  - {num: 1, maxInstances: 1, fbLen: 896, fbRes: 128}\n  - fbLen: 896'
	refuses '2:3: gpus[0]: mdevConfigs is missing' <<<$'gpus:\n- filteredGpus: []'
	refuses '1:1: gpus is missing' <<<'{}'
}

@test "check: the nine keys of a filter have their bounds" {
	local key high over
	local -i line=3
	local -a filters=() mistakes=()
	while read -r key high over; do
		filters+=("- {$key: 0}" "- {$key: $high}" "- {$key: ${over%% *}}")
		line+=3
		mistakes+=("$line:$((8 + ${#key})): gpus[0].filteredGpus[$((line - 4))].$key: $over")
	done <<-END
		domain 0xffffffff 0x100000000 is over 0xffffffff
		bus 0xff 0x100 is over 255
		slot 0x1f 32 is over 31
		function 7 8 is over 7
		vendorId 0xffff 0x10000 is over 65535
		deviceId 0xffff 0x10000 is over 65535
		subvendorId 0xffff -1 is under 0
		subdeviceId 0xffff 0x10000 is over 65535
		identifier 0xffffffff 0x100000000 is over 0xffffffff
	END
	refuses "${mistakes[@]}" < <(section 1 'filteredGpus:' "${filters[@]}")
	[ "${#mistakes[@]}" -eq 9 ]
}

@test "check: the same key twice names the first place" {
	refuses '8:5: key ecc stands here twice, first at 7:5' < <(type 'ecc: true' 'ecc: true')
	refuses '3:1: key gpus stands here twice, first at 1:1' <<<$'gpus: []\n\ngpus: []'
}

@test "check: the same number twice names the first place" {
	refuses '4:6: gpus[0].mdevConfigs[1].num: 7 is taken, first at bad.yaml:3:11' <<-END
		gpus:
		- mdevConfigs: [
		    {num: 7, maxInstances: 1, fbLen: 896, fbRes: 128}, {
		num: 7, maxInstances: 1, fbLen: 896, fbRes: 128}]
	END
	refuses '3:23: gpus[1].mdevConfigs[0].num: 7 is taken, first at bad.yaml:2:23' <<-END
		gpus:
		- mdevConfigs: [{num: 7, maxInstances: 1, fbLen: 896, fbRes: 128}]
		- mdevConfigs: [{num: 0x7, maxInstances: 1, fbLen: 896, fbRes: 128}]
	END
}

@test "check: the same number for different GPUs is no mistake" {
	accepts '2 types' <<-END
		gpus:
		- filteredGpus: [{bus: 1}]
		  mdevConfigs: [{num: 7, maxInstances: 1, fbLen: 896, fbRes: 128}]
		- filteredGpus: [{bus: 2}]
		  mdevConfigs: [{num: 7, maxInstances: 1, fbLen: 896, fbRes: 128}]
	END
	refuses '4:23: gpus[1].mdevConfigs[0].num: 7 is taken, first at bad.yaml:3:23' <<-END
		gpus:
		- filteredGpus: [{bus: 1}]
		  mdevConfigs: [{num: 7, maxInstances: 1, fbLen: 896, fbRes: 128}]
		- mdevConfigs: [{num: 7, maxInstances: 1, fbLen: 896, fbRes: 128}]
	END
}

@test "check: the same number with other values for different GPUs is a warning, once" {
	local said='for all GPUs of a host the driver keeps one definition of a number' key
	local whole='num: 60001, maxInstances: 1, fbLen: 896, fbRes: 128'
	put p.yaml <<-END
		gpus:
		- filteredGpus: [{bus: 1}]
		  mdevConfigs: [{$whole}]
		- filteredGpus: [{bus: 2}]
		  mdevConfigs: [{$whole, ecc: off, license: auto, vDevId: 0x1B3811E8}]
		- filteredGpus: [{bus: 3}]
		  mdevConfigs: [{$whole, ecc: on, license: auto}]
		- filteredGpus: [{bus: 4}]
		  mdevConfigs: [{$whole, name: Office, encCap: "50"}]
	END
	expect 3 '' "mdev-gpu: p.yaml:7:23: warning: gpus[2].mdevConfigs[0].num: 60001 has another ecc at p.yaml:3:23; $said
mdev-gpu: p.yaml:9:23: warning: gpus[3].mdevConfigs[0].num: 60001 has another name at p.yaml:3:23; $said
mdev-gpu: p.yaml:9:93: gpus[3].mdevConfigs[0].encCap: \"50\" is a text; a number stands without quotes" mdev_gpu check p.yaml
	# sections that meet on a GPU are a mistake, and no more is said
	put p.yaml <<-END
		gpus:
		- filteredGpus: [{bus: 1}]
		  mdevConfigs: [{$whole}]
		- mdevConfigs: [{$whole, ecc: on}]
	END
	expect 3 '' 'mdev-gpu: p.yaml:4:23: gpus[1].mdevConfigs[0].num: 60001 is taken, first at p.yaml:3:23' mdev_gpu check p.yaml
	# and of which GPUs are meant nothing is known here
	put p.yaml <<-END
		gpus:
		- filteredGpus: [{bus: 1}]
		  mdevConfigs: [{$whole}]
		- filteredGpus: [{bus: x}]
		  mdevConfigs: [{$whole, ecc: on}]
	END
	expect 3 '' "mdev-gpu: p.yaml:4:24: gpus[1].filteredGpus[0].bus: 'x' is not a whole number" mdev_gpu check p.yaml
}

@test "check: auto is a word of fbLen, fbRes and license only, in quotes or not" {
	judges <<-END
		fbLen: auto
		fbRes: auto
		fbLen: Auto => 'Auto' is written auto
		fbRes: "auto"
		license: "auto"
		mapVideoSize: auto => 'auto' is not a whole number
		name: auto
	END
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

@test "check: what is wrong where it was written is told once, with where it is used" {
	refuses "3:60: gpus[0].mdevConfigs[0].fbRes: '12x' is not a whole number; sizes are in MiB (used at 4:16 and in 2 more places)" \
		'3:65: gpus[0].mdevConfigs[0].ec: unknown key (did you mean ecc?) (used at 4:16 and in 2 more places)' \
		'4:28: gpus[0].mdevConfigs[1].num: 0 is under 1 (used at 5:5)' \
		'6:22: gpus[0].mdevConfigs[3].num: 60001 is taken, first at bad.yaml:3:17' <<-END
			gpus:
			- mdevConfigs:
			  - &base {num: 60001, maxInstances: 4, fbLen: 896, fbRes: 12x, ec: on}
			  - &none {<<: *base, num: 0}
			  - *none
			  - {<<: *base, num: 60001}
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

@test "check: where the YAML breaks, what stands before is judged" {
	refuses '3:35: gpus[0].mdevConfigs[0].fbLenn: unknown key (did you mean fbLen?)' \
		'4:11: gpus[0].mdevConfigs[1].num: 60001 is taken, first at bad.yaml:3:11' \
		'4:32: gpus[0].mdevConfigs[1].maxInstances: 490 is over 48, the most of any known driver' \
		"5:24: gpus[1].filteredGpus[0].bus: 'x' is not a whole number" \
		"8:19: gpus[1].mdevConfigs[0].maxInstances: '4k' is not a whole number" \
		'10:9: broken YAML: a comma or a closing } is missing before this, in what begins at line 9' <<-'END'
			gpus:
			- mdevConfigs:
			  - {num: 60001, maxInstances: 4, fbLenn: 896, fbRes: 128}
			  - {num: 60001, maxInstances: 490, fbLen: 896, fbRes: 128}
			- filteredGpus: [{bus: x}]
			  mdevConfigs:
			  - num: 60003
			    maxInstances: 4k
			    virtDisplay: {maxResX: 4
			    name: Office
		END
	# what has only begun lacks nothing, and may be for other GPUs
	local cut whole='num: 60001, maxInstances: 1, fbLen: 896, fbRes: 128'
	for cut in 'gpus: [{discardPrevious: no, [' 'gpus: [{mdevConfigs: [{num: 1, [' '[gpus, [' \
		"gpus: [{filteredGpus: [{bus: 1}], mdevConfigs: [{$whole}]}, {mdevConfigs: [{$whole}], ["; do
		printf %s "$cut" >bad.yaml
		expect 3 '' "mdev-gpu: bad.yaml:2:1: broken YAML: a value or a closing ] is missing before this, in what begins at line 1" \
			mistakes mdev_gpu check bad.yaml
	done
}

@test "check: a file that nobody can read says why" {
	expect 3 "" "mdev-gpu: none.yaml: No such file or directory" mdev_gpu check none.yaml
	mkfifo fifo.yaml
	expect 3 "" "mdev-gpu: fifo.yaml: is not a regular file" timeout 5 "$MDEV_GPU" check fifo.yaml
	expect 3 "" "mdev-gpu: /dev/zero: is not a regular file" timeout 5 "$MDEV_GPU" check /dev/zero
	head -c 1048577 /dev/zero | tr '\0' '#' >large.yaml
	expect 3 "" "mdev-gpu: large.yaml: is larger than 1 MiB" mdev_gpu check large.yaml
	ln -s loop.yaml loop.yaml
	expect 3 "" "mdev-gpu: loop.yaml: Too many levels of symbolic links" mdev_gpu check loop.yaml
}

@test "check: one MiB is not too much" {
	{ type; head -c $((1048576 - $(type | wc -c))) /dev/zero | tr '\0' '#'; } >good.yaml
	[ "$(wc -c <good.yaml)" -eq 1048576 ]
	expect 0 "1 file, 1 type: no mistakes" "" mdev_gpu check good.yaml
}

@test "check: an empty file and a link to /dev/null define nothing" {
	local text
	for text in '' '# nothing' '---' $'---\n...'; do
		accepts '0 types' <<<"$text"
	done
	: >empty.yaml
	expect 0 "1 file, 0 types: no mistakes" "" mdev_gpu check empty.yaml
	ln -s /dev/null masked.yaml
	expect 0 "1 file, 0 types: no mistakes" "" mdev_gpu check masked.yaml
}

@test "check: broken YAML is told where it breaks" {
	refuses '2:1: broken YAML: a value or a closing ] is missing before this, in what begins at line 1' <<<'gpus: ['
	refuses '2:1: broken YAML: a tab; lines are indented with blanks only' \
		<<<$'gpus:\n\t- mdevConfigs: []'
	refuses "4:15: broken YAML: the value has ended before this; a quote inside of quotes is doubled ('it''s')" \
		<<<$'gpus:\n- mdevConfigs:\n  - num: 1\n    name: \'it\'s mine\'\n    fbLen: 1'
	refuses '1:8: broken YAML: this is not UTF-8; the file was saved in another encoding' < <(printf 'gpus: \xc3\x28\n')
	refuses '2:3: broken YAML: this is not UTF-8; the file was saved in another encoding' < <(printf 'a: 1\n# \xff\n')
	refuses '1:7: broken YAML: control characters are not allowed' < <(printf 'gpus: \0\n')
	refuses '1:7: a NUL character inside a text' <<<'gpus: "a\0b"'
}

@test "check: a second document is refused" {
	refuses '3:1: a second document; a file holds one' <<<$'gpus: []\n...\n---\ngpus: []'
	refuses '2:1: a second document; a file holds one' <<<$'gpus: []\n---\n'
}

@test "check: a tag that is not YAML's own is refused" {
	refuses '1:7: tag !include is not known here' <<<'gpus: !include other.yaml'
	refuses '1:7: tag !include is not known here' <<<'gpus: !include [other.yaml]'
	refuses '1:7: tag tag:yaml.org,2002:set is not known here' <<<'gpus: !!set {other.yaml}'
	refuses '1:7: tag tag:yaml.org,2002:map is not known here' <<<'gpus: !!map []'
	accepts '0 types' <<<'!!map {gpus: !!seq []}'
	refuses '1:7: tag tag:yaml.org,2002:float is not known here' <<<'gpus: !!float 1'
	accepts < <(type 'name: !!str 1080' 'encCap: !!int 50' 'ecc: !!bool yes' 'license: !!null')
}

@test "check: an alias needs an anchor before it and outside of it" {
	refuses '1:7: alias *later has no anchor before it' <<<$'gpus: *later\n'
	refuses '1:14: alias *self lies inside its own anchor' <<<'gpus: &self [*self]'
}

@test "check: a merge takes mappings, told where it does not" {
	refuses '7:9: << takes a mapping or a list of mappings' < <(type '<<: 4')
	refuses '7:15: << takes a mapping or a list of mappings' < <(type '<<: [{},  4]')
	refuses '8:5: key << stands here twice, first at 7:5' < <(type '<<: {}' '<<: {}')
}

@test "check: the bounds of a file are messages, never a hang" {
	local text
	printf -v text '[%.0s' {1..40}
	refuses '1:38: nested more than 32 deep' <<<"gpus: $text"
	refuses '1:1: more than 1024 keys' < <(seq -f 'k%.0f: 1' 1025)
	refuses '1026:3: more than 1024 anchors' < <(echo 'gpus:' && seq -f '- &a%.0f x' 1025)
	printf -v text 'x%.0s' {1..1024}
	refuses "1:7: gpus: must be a list (- entry)" <<<"gpus: $text"
	refuses '1:7: a text of 1025 bytes, more than 1024' <<<"gpus: ${text}x"
	refuses '1:3: a text of 1025 bytes, more than 1024' <<<"? ${text}x"
	refuses "2:$((17 + 1024 * 7)): gpus[0].expectTypes[1024]: is one type more than the 1024 that can be expected" \
		< <(echo gpus: && echo "- expectTypes: [$(seq -s , -f a-%04.0f 1025)]")
	refuses '1:200000: more than 100000 values, aliases written out' \
		< <(printf '[' && yes x, | head -n 100000 | tr -d '\n' && echo ']')
}

@test "check: a bomb of aliases is bounded" {
	local name
	{
		echo '- &a [x, x, x, x, x, x, x, x, x, x]'
		while read -r name of; do
			echo "- &$name [*$of, *$of, *$of, *$of, *$of, *$of, *$of, *$of, *$of, *$of]"
		done <<<$'b a\nc b\nd c\ne d\nf e\ng f\nh g\ni h'
	} >bad.yaml
	run -3 --separate-stderr timeout 5 "$MDEV_GPU" check bad.yaml
	[[ $stderr == "mdev-gpu: bad.yaml:"*": more than 100000 values, aliases written out"* ]]
	[[ $stderr != *$'\n'* ]]
}

@test "check --json: the same mistakes, for programs" {
	put bad.yaml < <(type 'ecc: "a\b"' 'gpuClass: X' 'x: 1')
	put worse.yaml 'gpus: ['
	run -3 --separate-stderr mdev_gpu check --json bad.yaml worse.yaml none.yaml
	[ -z "$stderr" ]
	[ "$(read_json '[list(m.values()) for m in it]' <<<"$output")" = "$(
		cat <<-'END' | paste -sd' '
			[['bad.yaml', 7, 10, 'gpus[0].mdevConfigs[0].ecc', 'error', '"a?" is a text; true and false stand without quotes'],
			['bad.yaml', 8, 15, 'gpus[0].mdevConfigs[0].gpuClass', 'warning', 'X is none of Compute, Quadro, NVS, Geforce; it is sent as it is'],
			['bad.yaml', 9, 5, 'gpus[0].mdevConfigs[0].x', 'error', 'unknown key'],
			['worse.yaml', 2, 1, '', 'error', 'broken YAML: a value or a closing ] is missing before this, in what begins at line 1'],
			['none.yaml', 0, 0, '', 'error', 'No such file or directory']]
		END
	)" ]
	[ "$(read_json 'list(it[0])' <<<"$output")" = "['file', 'line', 'column', 'path', 'severity', 'message']" ]
}

@test "check --json: a warning is no failure, and no mistakes are an empty list" {
	put warn.yaml < <(type 'gpuClass: X')
	run -0 --separate-stderr mdev_gpu check --json warn.yaml
	[ "$(read_json '[m["severity"] for m in it]' <<<"$output")" = "['warning']" ]
	put good.yaml < <(type)
	expect 0 '[]' '' mdev_gpu check --json good.yaml
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
