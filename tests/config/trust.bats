#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Files that somebody other than root may have written: refused by the automatic runs, warned of by check.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/Nvidia/Pascal/one.yaml" < <(section 60001)
	new_world 535.104.05
}

# refused WHERE WHY: the automatic run does nothing, and its record says why
refused() {
	expect 3 '' '' program apply --udev "$gpu"
	untouched
	run -0 grep '^message' "$state_folder/$gpu.yaml"
	[[ $output == "message: \"$configuration/"*"$1: $2\"" ]]
}

# warned WHERE WHY: check passes, with a warning
warned() {
	expect 0 '2 files, 1 type: no mistakes' "mdev-gpu: $1: warning: $2: automatic runs refuse it" mdev_gpu check
}

@test "trust: what belongs to root alone is applied" {
	expect 0 '' '' program apply --udev "$gpu"
	[ "$(sent)" -eq 1 ]
	expect 0 '2 files, 1 type: no mistakes' '' mdev_gpu check
}

@test "trust: a file that others can write is refused" {
	chmod 0664 "$configuration/Nvidia/Pascal/one.yaml"
	refused one.yaml 'can be written by others than root'
	warned "$configuration/Nvidia/Pascal/one.yaml" 'can be written by others than root'
}

@test "trust: a file of somebody else is refused" {
	chown nobody "$configuration/Nvidia/Pascal/one.yaml"
	refused one.yaml 'does not belong to root'
	warned "$configuration/Nvidia/Pascal/one.yaml" 'does not belong to root'
}

@test "trust: a folder above that others can write is refused, and told once" {
	chmod 0777 "$configuration/Nvidia"
	refused Nvidia 'can be written by others than root'
	warned "$configuration/Nvidia" 'can be written by others than root'
}

@test "trust: the root of the tree counts, too" {
	chmod 0777 "$root"
	expect 3 '' '' program apply --udev "$gpu"
	untouched
}

@test "trust: a folder of somebody else is refused, though nobody else can write it" {
	chown nobody "$configuration/Nvidia/Pascal"
	refused Pascal 'does not belong to root'
	warned "$configuration/Nvidia/Pascal" 'does not belong to root'
}

@test "trust: a folder like /tmp is refused: whoever makes a file there chooses its name" {
	chmod 1777 "$configuration/Nvidia/Pascal"
	refused Pascal 'can be written by others than root'
	warned "$configuration/Nvidia/Pascal" 'can be written by others than root'
}

@test "trust: a link out of the tree is refused, though it leads to a good file" {
	mv "$configuration/Nvidia/Pascal/one.yaml" "$root/one.yaml"
	ln -s "$root/one.yaml" "$configuration/Nvidia/Pascal/one.yaml"
	refused one.yaml 'is a symbolic link out of the configuration tree'
	warned "$configuration/Nvidia/Pascal/one.yaml" 'is a symbolic link out of the configuration tree'
}

@test "trust: a folder that is a link out of the tree is refused" {
	mv "$configuration/Nvidia/Pascal" "$root/Pascal"
	ln -s "$root/Pascal" "$configuration/Nvidia/Pascal"
	refused Pascal 'is a symbolic link out of the configuration tree'
}

@test "trust: a link inside the tree stands for its target" {
	mkdir -p "$configuration/shared"
	mv "$configuration/Nvidia/Pascal/one.yaml" "$configuration/shared/one.yaml"
	ln -s ../../shared/one.yaml "$configuration/Nvidia/Pascal/one.yaml"
	expect 0 '' '' program apply --udev "$gpu"
	[ "$(sent)" -eq 1 ]
}

@test "trust: a link inside the tree does not make its target trusted" {
	mkdir -p "$configuration/shared"
	mv "$configuration/Nvidia/Pascal/one.yaml" "$configuration/shared/one.yaml"
	ln -s ../../shared/one.yaml "$configuration/Nvidia/Pascal/one.yaml"
	chmod 0666 "$configuration/shared/one.yaml"
	expect 3 '' '' program apply --udev "$gpu"
	untouched
}

@test "trust: a file where a folder belongs is told by its own name, as it is" {
	put "$configuration/shared" ""
	expect 3 "" "<3>$gpu: refused: $configuration/shared/one.yaml: $configuration/shared: Not a directory" \
		program apply --unit "$gpu" -c "$configuration/shared/one.yaml"
}

@test "trust: a link to /dev/null masks, trusted or not" {
	ln -sf /dev/null "$configuration/Nvidia/Pascal/one.yaml"
	expect 0 '' '' program apply --udev "$gpu"
	untouched
	expect 0 '2 files, 0 types: no mistakes' '' mdev_gpu check
}

@test "trust: a mask in a folder that others can write is refused: who can put it there takes types away" {
	put "$configuration/Nvidia/Generic/devices.yaml" '- 10de:*'
	put "$configuration/Nvidia/Generic/types.yaml" < <(section 60002)
	ln -sf /dev/null "$configuration/Nvidia/Pascal/devices.yaml"
	chmod 0777 "$configuration/Nvidia/Pascal"
	refused Pascal 'can be written by others than root'
	chmod 0755 "$configuration/Nvidia/Pascal"
	rm "$configuration/Nvidia/Pascal/devices.yaml"
	install -m 0666 /dev/null "$configuration/Nvidia/Pascal/devices.yaml"
	refused Pascal/devices.yaml 'can be written by others than root'
}

@test "trust: a link that somebody else can turn is refused, wherever it leads at the moment" {
	install -d -o nobody "$root/home"
	mv "$configuration/Nvidia/Pascal/one.yaml" "$configuration/Nvidia/one.yaml"
	ln -s "$configuration/Nvidia/one.yaml" "$root/home/one.yaml"
	ln -s "$root/home/one.yaml" "$configuration/Nvidia/Pascal/one.yaml"
	expect 3 '' '' program apply --udev "$gpu"
	untouched
	run -0 grep '^message' "$state_folder/$gpu.yaml"
	[[ $output == *"/root/home: does not belong to root"* ]]
}

@test "trust: links from link to link are followed inside the tree, but not for ever" {
	mkdir "$configuration/shared"
	mv "$configuration/Nvidia/Pascal/one.yaml" "$configuration/shared/last"
	ln -s last "$configuration/shared/first"
	ln -s shared "$configuration/again"
	ln -s "$configuration/again/../shared/first" "$configuration/Nvidia/Pascal/one.yaml"
	expect 0 '' '' program apply --udev "$gpu"
	[ "$(sent)" -eq 1 ]

	simulate clear
	ln -sf first "$configuration/shared/last"
	refused one.yaml 'Too many levels of symbolic links'
	expect 3 '' "mdev-gpu: $configuration/Nvidia/Pascal/one.yaml: Too many levels of symbolic links" mdev_gpu check
}

@test "trust: a link of the administrator's file that leads nowhere is told, not taken for no file" {
	ln -s gone.yaml "$configuration/generate-vgpu-types.yaml"
	refused generate-vgpu-types.yaml 'No such file or directory'
	expect 3 '' "mdev-gpu: $configuration/generate-vgpu-types.yaml: No such file or directory
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program apply "$gpu"
}

@test "trust: a device is refused" {
	expect 3 '' 'mdev-gpu: /dev/zero: is not a regular file' mdev_gpu check /dev/zero
}

@test "trust: a FIFO is refused, not waited for" {
	rm "$configuration/Nvidia/Pascal/one.yaml"
	mkfifo -m 0600 "$configuration/Nvidia/Pascal/one.yaml"
	refused one.yaml 'is not a regular file'
}

@test "trust: a file that is too large is refused" {
	truncate -s $((1024 * 1024 + 1)) "$configuration/Nvidia/Pascal/one.yaml"
	refused one.yaml 'is larger than 1 MiB'
}

@test "trust: a command run by hand accepts files of others" {
	chmod 0666 "$configuration/Nvidia/Pascal/one.yaml"
	expect 0 "$gpu: 1 type registered, 0 unchanged" '' program apply "$gpu"
}

@test "trust: a file named with -c is the operator's choice, with a warning where anybody could have written it" {
	section 60001 >"$BATS_TEST_TMPDIR/own.yaml"
	chmod 0664 "$BATS_TEST_TMPDIR/own.yaml"
	chown nobody "$BATS_TEST_TMPDIR/own.yaml"
	expect 0 "$gpu: 1 type registered, 0 unchanged" '' program apply "$gpu" -c "$BATS_TEST_TMPDIR/own.yaml"

	chmod 0666 "$BATS_TEST_TMPDIR/own.yaml"
	expect 0 "$gpu: nothing to do: 1 type is registered" \
		"mdev-gpu: $BATS_TEST_TMPDIR/own.yaml: warning: can be written by anybody" \
		program apply "$gpu" -c "$BATS_TEST_TMPDIR/own.yaml"

	chmod 0600 "$BATS_TEST_TMPDIR/own.yaml"
	mkdir -m 0777 "$BATS_TEST_TMPDIR/open"
	chmod 0777 "$BATS_TEST_TMPDIR/open"
	mv "$BATS_TEST_TMPDIR/own.yaml" "$BATS_TEST_TMPDIR/open/"
	expect 0 "$gpu: nothing to do: 1 type is registered" \
		"mdev-gpu: $BATS_TEST_TMPDIR/open/own.yaml: warning: can be written by anybody" \
		program apply "$gpu" -c "$BATS_TEST_TMPDIR/open/own.yaml"
}

@test "trust: a folder far above that anybody can write is a warning for what is named with -c, to check too" {
	local warning="mdev-gpu: $BATS_TEST_TMPDIR/open/below/own.yaml: warning: can be written by anybody"
	put "$BATS_TEST_TMPDIR/open/below/own.yaml" < <(section 60001)
	chmod 0777 "$BATS_TEST_TMPDIR/open"
	expect 0 "$gpu: 1 type registered, 0 unchanged" "$warning" program apply "$gpu" -c "$BATS_TEST_TMPDIR/open/below/own.yaml"
	expect 0 '1 file, 1 type: no mistakes' "$warning" mdev_gpu check "$BATS_TEST_TMPDIR/open/below/own.yaml"
	chmod 1777 "$BATS_TEST_TMPDIR/open"
	expect 0 '1 file, 1 type: no mistakes' '' mdev_gpu check "$BATS_TEST_TMPDIR/open/below/own.yaml"
}

@test "trust: a unit that names a file trusts no other files than the rule" {
	section 60001 >"$configuration/generate-vgpu-types.yaml"
	chown nobody "$configuration/generate-vgpu-types.yaml"
	run -3 program apply --all --unit -c "$configuration/generate-vgpu-types.yaml"
	[[ $output == "<3>$gpu: refused: $configuration/generate-vgpu-types.yaml: does not belong to root"* ]]
	untouched
	chown root "$configuration/generate-vgpu-types.yaml"
	run -0 program apply --all --unit -c "$configuration/generate-vgpu-types.yaml"
	[ "$(sent)" -eq 1 ]
}

@test "trust: check finds the same by whatever name a file of the tree is called" {
	local name
	chmod 0664 "$configuration/Nvidia/Pascal/one.yaml"
	cd "$configuration/Nvidia"
	for name in . Pascal ./Pascal/ Pascal/one.yaml ../Nvidia/Pascal; do
		echo "$name"
		run -0 mdev_gpu check "$name"
		[[ $output == *"one.yaml: warning: can be written by others than root: automatic runs refuse it"* ]]
	done
	: >stray.yaml
	expect 0 '1 file, 0 types: no mistakes' '' mdev_gpu check stray.yaml
	run -0 mdev_gpu check .
	[[ $output == *"mdev-gpu: ./stray.yaml: warning: is read by no run: "* ]]
}

@test "trust: the record of a refused run names the driver's release and the files" {
	put "$configuration/Nvidia/Pascal/two.yaml" < <(section 60001)
	expect 3 '' '' program apply --udev "$gpu"
	[ "$(sed -n '/^version/p; /^files/,/^types/p; /^result/p' "$state_folder/$gpu.yaml")" = "version: \"535.104.05\"
files:
- \"$configuration/Nvidia/Pascal/one.yaml\"
- \"$configuration/Nvidia/Pascal/two.yaml\"
types: []
result: \"refused\"" ]
}

# slow MS FILE COMMAND…: each read of the file takes so long
slow() {
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -qq -o /dev/null -P "$2" -e trace=read \
		-e "inject=read:delay_exit=${1}000" "${@:3}"
}

@test "trust: a file that is saved while it is read is read again, and refused where that does not end" {
	local file=$configuration/Nvidia/Pascal/one.yaml writer
	{ sleep 0.4; types 2 >"$file"; } 3>&- &
	expect 0 "1 file, 2 types: no mistakes" "" slow 500 "$file" "$MDEV_GPU" --root "$root" check "$file"
	wait
	while :; do touch "$file"; done 3>&- &
	writer=$!
	expect 3 "" "mdev-gpu: $file: is being written all the time" slow 1000 "$file" "$MDEV_GPU" --root "$root" check "$file"
	kill "$writer"
	wait || :
}
