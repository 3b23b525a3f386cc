#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The command lines: ours, and mdev-cli as Mdev-GPU had it.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # helpers.bash sets them, each test is a shell of its own, and starts others
load ../helpers

data=${abs_top_srcdir:?}/tests/data/mdev-gpu

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "mdev-cli: Mdev-GPU's own files register their types" {
	local file id want
	while read -r file id want; do
		echo "$file"
		new_world 510.47.03 "0000:65:00.0=$id"
		run -0 cli -c "$data/$file"
		[[ ${lines[-1]} == "0000:65:00.0: $want registered, 0 unchanged; "* ]]
		closed
	done <<-END
		Open_vGeneric.yaml 10de:13f2:10de:113a 3 types
		Open_vPascal.yaml 10de:1b38:10de:11d9 3 types
		Open_vTuring.yaml 10de:1e30:10de:12ba 3 types
		Open_vAmpere.yaml 10de:20b0:10de:134f,vfs=16 4 types
	END
}

@test "mdev-cli: the same file as JSON sends the same" {
	new_world 510.47.03
	run -0 cli -c "$data/minimal.yaml"
	cat "$world"/blocks/*-a0810101.bin >yaml.bin
	put minimal.json '{"gpus": [{"mdevConfigs": [{"num": 40, "maxInstances": 2, "fbLen": 976, "fbRes": 48}]}]}'
	new_world 510.47.03
	run -0 cli --config minimal.json
	cat "$world"/blocks/*-a0810101.bin >json.bin
	cmp yaml.bin json.bin
	[ -s json.bin ]
}

@test "mdev-cli: -k and --keep keep what is registered, without them it is discarded" {
	local option
	for option in -k --keep; do
		new_world 535.104.05
		run -0 cli -c "$data/minimal.yaml"
		run -0 cli -c "$data/Open_vPascal.yaml" "$option"
		[ "$(listed)" = "40 1 2 3" ]
	done
	new_world 535.104.05
	run -0 cli -c "$data/minimal.yaml"
	run -0 cli -c "$data/Open_vPascal.yaml"
	[ "$(listed)" = "1 2 3" ]
}

@test "mdev-cli: registers on every GPU that the file selects" {
	new_world 535.104.05 0000:17:00.0=10de:1b38:10de:11d9 "$P40" 0000:b3:00.0=10de:1e30
	put two.yaml < <(section 60001 'filteredGpus: [{deviceId: 0x1b38}]')
	expect 0 "0000:17:00.0: 1 type registered, 0 unchanged
0000:65:00.0: 1 type registered, 0 unchanged" "" cli -c two.yaml
	[ "$(listed 0000:b3:00.0)" = "" ]
}

@test "mdev-cli: a file without a matching GPU, a missing file and a broken one are failures" {
	new_world 535.104.05
	put none.yaml < <(section 60001 'filteredGpus: [{bus: 0}]')
	expect 1 "" "mdev-cli: none.yaml: no GPU matches; nothing was registered" cli -c none.yaml
	expect 3 "" "mdev-cli: missing.yaml: No such file or directory
mdev-cli: $gpu: configuration refused, nothing was sent to the driver" cli -c missing.yaml
	put broken.yaml 'gpus: ['
	expect 3 "" "mdev-cli: broken.yaml:2:1: broken YAML: a value or a closing ] is missing before this, in what begins at line 1
mdev-cli: $gpu: configuration refused, nothing was sent to the driver" cli -c broken.yaml
	untouched
}

@test "mdev-cli: wrong usage" {
	expect 2 "" "mdev-cli: -c FILE is missing; try --help" "$MDEV_CLI"
	expect 2 "" "mdev-cli: -c FILE is missing; try --help" "$MDEV_CLI" -k
	expect 2 "" "mdev-cli: 'more' is one word too many; try --help" "$MDEV_CLI" -c a.yaml more
	run -2 --separate-stderr "$MDEV_CLI" -c
	[ "$output" = "" ]
	run -2 --separate-stderr "$MDEV_CLI" --what
	[ "$output" = "" ]
	[ "${stderr##*$'\n'}" = "mdev-cli: wrong usage; try --help" ]
}

@test "mdev-cli: -h prints its usage" {
	run -0 --separate-stderr "$MDEV_CLI" -h
	[ "$stderr" = "" ]
	[ "${lines[0]}" = "Usage: mdev-cli -c FILE [-k]" ]
	[ "$("$MDEV_CLI" --help)" = "$output" ]
}

@test "mdev-gpu: --help has every command and its options, --version the version" {
	local word
	run -0 --separate-stderr "$MDEV_GPU" --help
	[ "$stderr" = "" ]
	[ "${lines[0]}" = "Usage: mdev-gpu COMMAND [OPTION...]" ]
	for word in apply plan status check abi --all --config --keep --force --dry-run --driver-abi --json --root --help --version; do
		[[ $output == *"$word"* ]]
	done
	[ "$("$MDEV_GPU" -h)" = "$output" ]
	expect 0 "mdev-gpu $VERSION" "" "$MDEV_GPU" --version
}

@test "mdev-gpu: a command's own help has its options, no other ones, and examples that it takes" {
	local command example
	for command in abi apply check explain follow import plan status; do
		run -0 --separate-stderr "$MDEV_GPU" "$command" --help
		[ "${lines[0]%% [*}" != "Usage: mdev-gpu COMMAND" ]
		[[ ${lines[0]} == "Usage: mdev-gpu $command "* ]]
		[ "$("$MDEV_GPU" -h "$command")" = "$output" ]
		[ "$(grep -c '^  mdev-gpu ' <<<"$output")" -ge 1 ]
		while read -r _ _ example; do
			# shellcheck disable=SC2086 # words
			run "$MDEV_GPU" "$command" ${example%% >*} --help
			[ "$status" -eq 0 ]
		done < <(grep '^  mdev-gpu ' <<<"$output")
	done
	[[ $("$MDEV_GPU" abi --help) != *--keep* ]]
	[[ $("$MDEV_GPU" apply --help) == *--keep* ]]
	expect 0 "mdev-cli $VERSION" "" "$MDEV_CLI" --version
}

@test "json: every object of every command has the version of its form" {
	local words
	new_world 535.104.05
	put one.yaml < <(type 'x: 1')
	put good.yaml < <(type)
	while read -r words; do
		echo "$words"
		# shellcheck disable=SC2086 # words
		run --separate-stderr program $words --json
		[ "$(read_json '[len(it) > 0, {o["version"] for o in it}]' <<<"$output")" = '[True, {1}]' ]
	done <<-END
		abi
		status
		explain
		check one.yaml
		plan $gpu -c good.yaml
	END
}

@test "mdev-gpu: wrong usage" {
	expect 2 "" "mdev-gpu: a command is missing; try --help" "$MDEV_GPU"
	expect 2 "" "mdev-gpu: unknown command 'aply'; try --help" "$MDEV_GPU" aply
	expect 2 "" "mdev-gpu: check does not take --keep; try --help" "$MDEV_GPU" check -k
	expect 2 "" "mdev-gpu: plan does not take --force; try --help" "$MDEV_GPU" plan --force 65:00.0
	expect 2 "" "mdev-gpu: a device is missing, or --all; try --help" "$MDEV_GPU" plan
	expect 2 "" "mdev-gpu: --all or devices, not both; try --help" "$MDEV_GPU" plan --all 65:00.0
	expect 2 "" "mdev-gpu: 'x' is one word too many; try --help" "$MDEV_GPU" abi x
	run -2 --separate-stderr "$MDEV_GPU" --what
	[ "${stderr##*$'\n'}" = "mdev-gpu: wrong usage; try --help" ]
}

@test "mdev-gpu: import whose program is missing says so, and looks for it neither here nor in PATH" {
	local program=$PKGLIBEXECDIR/mdev-gpu-import
	[ ! -e "$program" ] || skip "installed here"
	put mdev-gpu-import $'#!/bin/sh\necho "wrong one"'
	chmod +x mdev-gpu-import
	mkdir alone
	cp "$MDEV_GPU" alone
	put a.toml 'config = []'
	PATH=$PWD:$PATH expect 1 "" \
		"mdev-gpu: $program is not installed; import needs it, and a build --without-toml lacks it" alone/mdev-gpu import a.toml
	cp mdev-gpu-import alone
	expect 0 "wrong one" "" alone/mdev-gpu import a.toml
	chmod -x alone/mdev-gpu-import
	expect 1 "" "mdev-gpu: cannot start mdev-gpu-import: Permission denied" alone/mdev-gpu import a.toml
	"$MDEV_GPU" --help | grep -A 1 '^  import FILE$' | grep -q 'print a profile made from a TOML file'
	expect 2 "" "mdev-gpu: FILE is missing; try --help" alone/mdev-gpu import
}

@test "mdev-gpu: no run loads a C++ library" {
	run -0 readelf -d "$MDEV_GPU"
	[[ $output == *libudev* && $output != *stdc++* && $output != *toml* ]]
}

@test "every command: output that cannot be written is a failure" {
	local words n=0
	new_world 535.104.05 "$P40,driver=none"
	put good.yaml < <(section 60001)
	while read -r words; do
		echo "$words"
		# shellcheck disable=SC2086,SC2016 # words; expanded by the inner shell
		run -1 in_world sh -c 'exec "$@" >/dev/full' sh "$MDEV_GPU" --root "$root" $words
		[ "$output" = "mdev-gpu: cannot write all of the output" ]
		n=$((n + 1))
	done <<-'END'
		--help
		--version
		abi
		abi --json
		status
		status --json
		explain
		explain --json
		check --json good.yaml
	END
	[ "$n" -eq 9 ]
}

@test "every command: without /sys the list of GPUs cannot be read, which is a failure" {
	local command
	without_sysfs() {
		# shellcheck disable=SC2016 # expanded by the inner shell
		"${as_root[@]:-env}" unshare --mount sh -euc 'mount -t tmpfs none /sys && exec "$@"' sh "$MDEV_GPU" --root "$root" "$@"
	}
	for command in status explain; do
		expect 1 "" "mdev-gpu: cannot list the GPUs of /sys: No such file or directory" without_sysfs "$command"
		expect 1 "" "mdev-gpu: $gpu: cannot find the device: No such file or directory" without_sysfs "$command" "$gpu"
	done
	expect 1 "" "mdev-gpu: cannot list the GPUs of /sys: No such file or directory" without_sysfs apply --all
}

# left_open COMMAND…: what "check -" has open while it waits for its input, "NUMBER TARGET" a line; COMMAND starts it
left_open() {
	local fd
	mkfifo input
	"$@" <input &
	exec {fd}>input
	# it has opened nothing yet, and waits
	until grep -q pipe_read "/proc/$!/wchan" 2>/dev/null || grep -qE '^State:	S' "/proc/$!/status"; do :; done
	for open in "/proc/$!/fd"/*; do
		echo "${open##*/} $(readlink "$open")"
	done
	exec {fd}>&-
	wait "$!" || :
}

@test "every command: descriptors that are closed are no file's, and others that were left open are closed" {
	cd "$BATS_TEST_TMPDIR"
	run left_open bash -c 'exec 9</etc/passwd 3</etc/group >&- 2>&-; exec "$MDEV_GPU" check -'
	[ "$output" = "0 $PWD/input
1 /dev/null
2 /dev/null" ]
	rm input
	# what is named is kept, as <(…) is
	put profile.yaml < <(section 60001)
	expect 0 "1 file, 1 type: no mistakes" "" bash -c 'exec 9<profile.yaml; exec "$MDEV_GPU" check /dev/fd/9'
	# reading and writing fail as they do where they are closed
	run -3 --separate-stderr bash -c 'exec "$MDEV_GPU" check - <&-'
	[[ $stderr == *"Bad file descriptor"* ]]
	run -1 --separate-stderr bash -c 'exec "$MDEV_GPU" --version >&-'
	[ "$stderr" = "mdev-gpu: cannot write all of the output" ]
}

@test "every command: a reader that goes and a file that may not grow are failures, and no signal ends it" {
	cd "$BATS_TEST_TMPDIR"
	run -1 --separate-stderr bash -c 'exec {gone}> >(:); wait "$!"; exec "$MDEV_GPU" --help >&"$gone"'
	[ "$stderr" = "mdev-gpu: cannot write all of the output" ]
	run -1 --separate-stderr bash -c 'ulimit -f 1; exec "$MDEV_GPU" --help >out'
	[ "$stderr" = "mdev-gpu: cannot write all of the output" ]
}

@test "every command: what it makes may be read by all, whatever the umask" {
	new_world 535.104.05
	type >"$BATS_TEST_TMPDIR/good.yaml"
	(umask 077; program apply "$gpu" -c "$BATS_TEST_TMPDIR/good.yaml")
	[ "$(stat -c %a "$state_folder" "$state_folder/$gpu.yaml")" = "755
644" ]
}

@test "every program: a set-uid or set-gid copy refuses to run" {
	local program copy mode
	[ "$(id -u)" -eq 0 ] || skip "takes two users"
	chmod 755 "$BATS_TEST_TMPDIR"
	for program in "$MDEV_GPU" "$MDEV_CLI" "${abs_top_builddir:?}"/mdev-gpu-{report,import,suggest}; do
		[ -e "$program" ] || continue # configured --without-toml
		copy=$BATS_TEST_TMPDIR/${program##*/}
		cp -L "$program" "$copy"
		for mode in 4755 2755; do
			chmod "$mode" "$copy"
			run -1 setpriv --reuid=65534 --regid=65534 --clear-groups "$copy" --version
			# behind that a sanitizer may complain that it must not look at itself
			[ "${lines[0]}" = "mdev-gpu: refused: this program must not have more rights than who starts it" ]
		done
		chmod 755 "$copy"
		run setpriv --reuid=65534 --regid=65534 --clear-groups "$copy" --version
		[[ $output != *refused* ]]
	done
}

# bad_names: characters that must not reach a terminal as they are, each beside letters
bad_names() {
	# C0, DEL, C1, bidirectional controls, a line separator; bytes that are no UTF-8, too long a form, half of a pair
	printf '%s\0' $'a\tb' $'a\nb' $'a\eb' $'a\x7fb' $'a\xc2\x9bb' $'a\xe2\x80\xaeb' $'a\xe2\x81\xa6b' $'a\xd8\x9cb' $'a\xe2\x80\xa8b' \
		$'a\xffb' $'a\xc0\xafb' $'a\xed\xa0\x80b' $'a\xf5\x80\x80\x80b' $'a\xe2\x82b'
}

# clean FILE: each character of it may be shown; what is left out is Ünï
clean() {
	python3 -c 'import sys, unicodedata
text = open(sys.argv[1], "rb").read().decode()
bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\n"}
sys.exit(f"{bad}" if bad else 0)' "$1"
}

@test "every command: what a file or a device is called cannot move a terminal's cursor, nor pass for a line" {
	local name folder command
	local -i n=0
	cd "$BATS_TEST_TMPDIR"
	new_world 535.104.05
	folder=$(readlink -f "$world/sys/bus/pci/devices/$gpu")
	cp "$folder/uevent" uevent
	while IFS= read -r -d '' name; do
		rm -rf "$configuration" out
		put "$configuration/Nvidia/Ünï/devices.yaml" '- 10de:1b38'
		section 60001 >"$configuration/Nvidia/Ünï/$name.yaml"
		cat >>"$configuration/Nvidia/Ünï/$name.yaml" <<-'END'
			- filteredGpus: [{deviceId: 0x1b38}]
			  virtualFunctions: all
			  vgpus: [{type: "a\u202eb", count: 1, params: "c\u2066d=1"}]
		END
		{ cat uevent; printf 'ID_MODEL_FROM_DATABASE=%s\n' "${name//$'\n'/}"; } >"$folder/uevent"
		for command in "plan --origin $gpu" "status $gpu" status "explain $gpu" check "check --format=gcc"; do
			# shellcheck disable=SC2086 # words
			program $command </dev/null >>out 2>&1 || :
		done
		echo 'x: 1' >>"$configuration/Nvidia/Ünï/$name.yaml"
		for command in "plan $gpu" "status $gpu" "explain $gpu" check "check --format=gcc" "apply $gpu"; do
			# shellcheck disable=SC2086 # words
			program $command </dev/null >>out 2>&1 || :
		done
		# of a forged line the beginning would be the name's
		run ! grep -q '^b' out
		grep -q 'Ünï' out
		clean out
		n+=1
	done < <(bad_names)
	echo "$n names"
	[ "$n" -eq 14 ]
}
