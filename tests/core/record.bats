#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What a run leaves in /run: its record, and the properties that udev imports.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	types 2 >two.yaml
}

@test "apply: what was done is written down" {
	new_world 535.104.05
	run -0 program apply "$gpu" -c two.yaml
	[ "$(sed 's/^time: "....-..-..T..:..:..Z"/time: T/; s/^boot: "[-0-9a-f]*"/boot: B/; s/^module: [0-9]*$/module: M/' "$state_folder/$gpu.yaml")" = "address: \"$gpu\"
time: T
boot: B
by: \"command\"
driver: \"nvidia\"
version: \"535.104.05\"
files:
- \"two.yaml\"
types: [60001, 60002]
expected: []
framebuffer: 24576
module: M
shown: true
result: \"done\"
message: \"2 types registered, 0 unchanged\"" ]
	[ "$(stat -c %a "$state_folder/$gpu.yaml")" = 644 ]
	[ "$(ls -A "$state_folder")" = "$gpu.lock
$gpu.properties
$gpu.yaml
driver.lock" ]
}

@test "apply: what udev imports is the folder and the result, and of an own file only the result" {
	new_world 535.104.05
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/Nvidia/Pascal/two.yaml" <two.yaml
	run -0 program apply "$gpu"
	same $'MDEV_GPU_ARCHITECTURE=Nvidia/Pascal\nMDEV_GPU_RESULT=done\nMDEV_GPU_TYPE=nvidia-60001' "$state_folder/$gpu.properties" properties
	[ "$(stat -c %a "$state_folder/$gpu.properties")" = 644 ]
	run -3 program apply "$gpu" -c missing.yaml
	same 'MDEV_GPU_RESULT=refused' "$state_folder/$gpu.properties" properties
	# no line of its own making gets into udev's database
	mv "$configuration/Nvidia/Pascal" "$configuration/Nvidia/A"$'\n'B=C
	run -0 program apply "$gpu"
	same $'MDEV_GPU_RESULT=done\nMDEV_GPU_TYPE=nvidia-60001' "$state_folder/$gpu.properties" properties
}

@test "apply: the first type that sysfs showed is what udev imports, as long as it is wanted" {
	local properties=$state_folder/$gpu.properties
	new_world 535.104.05
	types 2 | sed 's/60001/60009/' >other.yaml
	run -0 program apply "$gpu" -c two.yaml
	grep -qx MDEV_GPU_TYPE=nvidia-60001 "$properties"
	# a run that fails before it sends anything has discarded nothing
	simulate inject open:ctl=errno:EACCES
	run -1 program apply "$gpu" -c two.yaml
	grep -qx MDEV_GPU_TYPE=nvidia-60001 "$properties"
	simulate inject open:ctl=errno:EACCES
	run -1 program apply "$gpu" -c other.yaml
	run ! grep MDEV_GPU_TYPE "$properties"
}

@test "apply: udev imports no type of a run that has not ended, or of a GPU that shows none" {
	new_world 535.104.05
	run -0 program apply "$gpu" -c two.yaml
	simulate inject "control:0xa0810103=kill"
	run -137 program apply "$gpu" -c two.yaml
	same 'MDEV_GPU_RESULT=running' "$state_folder/$gpu.properties" properties
	new_world 550.54.14 "$gpu=10de:2235:10de:145a"
	put "$world/sys/bus/pci/devices/$gpu/sriov_totalvfs" 16
	put "$world/sys/bus/pci/devices/$gpu/sriov_numvfs" 0
	rm "$state_folder/$gpu.yaml"
	run -0 program apply "$gpu" -c two.yaml
	same 'MDEV_GPU_RESULT=done' "$state_folder/$gpu.properties" properties
}

@test "apply: a failure is written down with its message" {
	new_world 535.104.05
	put bad.yaml 'gpus: 1'
	run -3 program apply "$gpu" -c bad.yaml
	grep -qx 'result: "refused"' "$state_folder/$gpu.yaml"
	grep -qx 'message: "bad.yaml:1:7: gpus: must be a list (- entry)"' "$state_folder/$gpu.yaml"
	grep -qx 'types: \[\]' "$state_folder/$gpu.yaml"
}

@test "apply: a mistake on the command line leaves the record of the last run as it is" {
	new_world 535.104.05
	run -0 program apply "$gpu" -c two.yaml
	cp "$state_folder/$gpu.yaml" record
	run -2 program apply "$gpu" -c two.yaml --driver-abi 1.2.3
	cmp record "$state_folder/$gpu.yaml"
}

@test "apply: what a run has left that was killed while it wrote goes with the next one" {
	local n
	new_world 535.104.05
	mkdir -p "$root"
	for n in 1 2 3 4; do
		ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 run -137 in_world strace -qq -o /dev/null -e trace=rename \
			-e "inject=rename:signal=KILL:when=$n" "$MDEV_GPU" --root "$root" apply "$gpu" -c two.yaml
	done
	[ -n "$(find "$state_folder" -name '.*')" ]
	run -0 program apply "$gpu" -c two.yaml
	[ -z "$(find "$state_folder" -name '.*')" ]
}

# secret FILE: what is said to everybody, the record and the line of the journal, quotes nothing of it
secret() {
	expect 3 "" "<3>$gpu: refused: $1 (who may read the file is told more)" program apply --unit "$gpu"
	grep -qFx "message: \"$1 (who may read the file is told more)\"" "$state_folder/$gpu.yaml"
	run ! grep -ri hush "$state_folder"
	# who runs it by hand can read it
	run -3 --separate-stderr program apply "$gpu"
	[[ $stderr == *hush* ]]
	run ! grep -ri hush "$state_folder"
}

@test "record: of a file that not everybody may read it has place and kind of a mistake, and no word" {
	local own=$configuration/Nvidia/Pascal/own.yaml
	new_world 535.104.05
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$own" < <(type 'ecc: hush')
	chmod 0640 "$own"
	secret "$own:7:10: '…' is neither true nor false"
	put "$own" < <(type 'hush: 1')
	secret "$own:7:5: unknown key"
	put "$own" < <(type 'ecc: *hush')
	secret "$own:7:10: alias *… has no anchor before it"
	put "$own" < <(type 'bar1Len: hush')
	secret "$own:7:14: '…' is not a whole number"
	# a folder keeps others away as well
	chmod 0644 "$own"
	run -3 program apply "$gpu"
	run -0 grep hush "$state_folder/$gpu.yaml"
	chmod 0711 "${own%/*}"
	run -3 program apply "$gpu"
	run -0 grep hush "$state_folder/$gpu.yaml"
	chmod 0710 "${own%/*}"
	secret "$own:7:14: '…' is not a whole number"
}

@test "record: -c of any file puts none of it where everybody reads, nor does a definition that differs" {
	new_world 535.104.05
	put shadow 'root:hush:19000:0:99999:7:::
hush'
	chmod 0640 shadow
	run -3 program apply "$gpu" -c shadow
	run ! grep -ri hush "$state_folder"
	run -3 program apply "$gpu" -c - <shadow
	run ! grep -ri hush "$state_folder"
	put own.yaml < <(type)
	run -0 program apply "$gpu" -c own.yaml
	put own.yaml < <(type 'license: hush')
	chmod 0600 own.yaml
	run -1 program apply "$gpu" -c own.yaml
	[[ $output == *hush* ]]
	run ! grep -ri hush "$state_folder"
	grep -qx 'message: "own.yaml:3:5: a type is already defined otherwise, and .*"' "$state_folder/$gpu.yaml"
	chmod 0644 own.yaml
	run -1 program apply "$gpu" -c own.yaml
	run -0 grep -ri hush "$state_folder"
}

# leaves ARGUMENT…: a run whose driver leaves in the middle; what it says is in out
leaves() {
	new_world 535.104.05
	simulate inject open:gpu=hang:1000 control:0xa0810103=errno:ENODEV
	program apply "$gpu" "$@" >out 2>&1 3>&- &
	until grep -q " inject hang" "$world/transcript"; do sleep 0.05; done
	rm "$world/sys/bus/pci/devices/$gpu/driver" "$state_folder/$gpu.yaml"
	[ -z "${next-}" ] || ln -s "../../../bus/pci/drivers/$next" "$world/sys/bus/pci/devices/$gpu/driver"
	wait "$!"
}

@test "record: a unit's run whose driver leaves meanwhile has nothing to do, and leaves none" {
	put "$configuration/generate-vgpu-types.yaml" <two.yaml
	chmod -R go-w "$root"
	local next
	for next in '' vfio-pci; do
		run -0 leaves --unit
		[[ $(<out) == "<6>$gpu: nothing to do: the driver has left, "*" ms" ]]
		[ ! -e "$state_folder/$gpu.yaml" ] && [ ! -e "$state_folder/$gpu.properties" ]
		rm -r world
	done
	next=
	run -1 leaves
	grep -q '^result: "failed"' "$state_folder/$gpu.yaml"
	# one that has failed for another reason has failed
	new_world 535.104.05
	simulate inject control:0xa0810103=errno:ENODEV
	run -1 program apply --unit "$gpu"
}

@test "apply: a record is read again, whatever a file is called" {
	local name
	local -i n=0
	new_world 535.104.05
	# DEL, C1 and among it a line's end, separators, no character at all
	while IFS= read -r -d '' name; do
		cp two.yaml "$name"
		run -0 program apply "$gpu" -c "$name"
		program explain "$gpu" >out 2>&1 || :
		run ! grep -q damaged out
		# shellcheck disable=SC2016 # Python's
		run -0 python3 -c 'import sys, yaml
print(yaml.safe_load(open(sys.argv[1], encoding="utf-8"))["files"] == [sys.argv[2]])' "$state_folder/$gpu.yaml" "$name"
		[ "$output" = True ]
		n+=1
	done < <(printf '%s\0' $'a\x7fb' $'a\xc2\x9bb' $'a\xc2\x85b' $'a\xe2\x80\xa8b' $'a\xe2\x80\xaeb' $'a\xef\xbb\xbfb' $'a\xef\xbf\xbfb')
	[ "$n" -eq 7 ]
}
