#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Files that are not what YAML or the reader takes: told where they break, within bounds.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "check: the same key twice names the first place" {
	refuses '8:5: key ecc stands here twice, first at 7:5' < <(type 'ecc: true' 'ecc: true')
	refuses '3:1: key gpus stands here twice, first at 1:1' <<<$'gpus: []\n\ngpus: []'
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

@test "check: a folder that cannot be read hides nothing of what is named after it" {
	local limited=()
	[ "$(id -u)" -ne 0 ] || limited=(setpriv --inh-caps=-all --bounding-set=-all)
	mkdir closed
	chmod 0 closed
	type 'ecc: 2' >bad.yaml
	expect 3 "" "mdev-gpu: closed: Permission denied
mdev-gpu: bad.yaml:7:10: gpus[0].mdevConfigs[0].ecc: '2' is neither true nor false" "${limited[@]}" "$MDEV_GPU" check closed bad.yaml
}

@test "check: a file of one MiB is accepted" {
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

@test "check: the comments that a file begins with are lines of it, and must be text" {
	local line
	for line in '#' '# schema: x' $'#\ttabs' '# ü' $'# carriage return\r' '#!/usr/bin/env x'; do
		echo "$line"
		refuses '5:1: key gpus stands here twice, first at 3:1' < <(printf '# one\n%s\ngpus: []\n# four\ngpus: []\n' "$line")
		refuses '4:4: broken YAML: line 3 has no key (key: value, with a blank after the colon), so this one continues it' \
			< <(printf '# one\n%s\ngpus\n- x: 1\n' "$line")
	done
	refuses '2:3: broken YAML: this is not UTF-8; the file was saved in another encoding' < <(printf '# one\n# \xff\ngpus: []\n')
	refuses '3:3: broken YAML: this is not UTF-8; the file was saved in another encoding' < <(printf '# one\n# two\n# \xff\ngpus: []\n')
	put alone.yaml '# one'
	expect 0 "1 file, 0 types: no mistakes" "" mdev_gpu check alone.yaml
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
	# of a driver that no GPU here has
	tells "2:$((17 + 1024 * 7)): gpus[0].expectTypes[1024]: is one type more than the 1024 that can be expected" \
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
