#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Mistakes in configuration files: each one is found, all in one run, with its place and what is wrong.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
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
		num: 1b38:11e9 => '1b38:11e9' is not a whole number
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
	# for no GPU that is here, though
	tells '4:23: gpus[1].mdevConfigs[0].num: 7 is taken, first at bad.yaml:3:23' <<-END
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

@test "check: auto is a word of numbers, instances, sizes and licences only, in quotes or not" {
	judges <<-END
		num: auto
		num: "auto"
		num: AUTO => 'AUTO' is written auto
		maxInstances: auto
		maxInstances: "auto"
		maxInstances: Auto => 'Auto' is written auto
		fbLen: auto
		fbRes: auto
		fbLen: Auto => 'Auto' is written auto
		fbRes: "auto"
		license: "auto"
		mapVideoSize: auto => 'auto' is not a whole number
		name: auto
	END
}
