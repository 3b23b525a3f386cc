#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# A run that fails after a discard gives back what was there, as far as the driver can, and says how far that was.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	put mine.yaml < <(list 60001 60002 60003)
	put others.yaml < <(list 60011 60012)
}

list() {
	printf '%s\n' 'gpus:' '- mdevConfigs:'
	printf '  - {num: %s, maxInstances: 8, fbLen: auto, fbRes: auto}\n' "$@"
}

# with_others VERSION: a world in which the GPU has types of others
with_others() {
	new_world "$1"
	applied others.yaml
}

full='NV_ERR_NOT_SUPPORTED 0x56: Call not supported; the GPU'\''s list is full, or this driver cannot host vGPUs on it'

# discards: how many of the types that were sent said "discard"
discards() {
	cat "$world"/blocks/*-a0810101.bin | od -An -v -tu1 -w"$1" | awk '{ n += $1 } END { print n }'
}

@test "discard: a failure at any type gives back the types that were there, in their order" {
	local k
	for k in 1 2 3; do
		with_others 535.104.05
		simulate inject "control:0xa0810101#$k=status:0x56"
		expect 1 "" "mdev-gpu: $gpu: cannot register nvidia-6000$k: $full
mdev-gpu: $gpu: the 2 types that were there before are back" program apply "$gpu" -c mine.yaml
		[ "$(listed)" = "60011 60012" ]
		closed
		# and the next run does it all
		expect 0 "$gpu: 3 types registered, 0 unchanged" "" program apply "$gpu" -c mine.yaml
		[ "$(listed)" = "60001 60002 60003" ]
		rm -rf "$world"
	done
}

@test "discard: is sent once, and once more when types are put back" {
	with_others 535.104.05
	simulate inject 'control:0xa0810101#3=errno:EIO'
	expect 1 "" "mdev-gpu: $gpu: cannot register nvidia-60003: Input/output error
mdev-gpu: $gpu: the 2 types that were there before are back" program apply "$gpu" -c mine.yaml
	[ "$(sent)" -eq 5 ]
	[ "$(discards 4968)" -eq 2 ]
}

@test "discard: types that are put back have their first values" {
	with_others 580.95.05
	simulate types "$gpu" >before
	simulate inject 'control:0xa0810101#2=status:0x1a'
	run -1 program apply "$gpu" -c mine.yaml
	# the driver noticed one thing: signatures cannot be read, so those that came back have none; it keeps its own
	simulate types "$gpu" | sed 's/ignored=1$/ignored=0/' | diff before -
	expect 0 "$gpu: nothing to do: 2 types are registered" "" program apply "$gpu" -c others.yaml
}

# block VERSION VERB FILE…: "fill FILE" gives members that no key is for a value, in a block of SET_INFO; "differ FILE FILE" lists
# what differs, but for how it is sent and for the signature, which the driver does not give back
block() {
	python3 - "${abs_top_srcdir:?}/tests/data/nvidia-rm-abi.json" "$@" <<-'END'
		import json, sys

		facts, version, verb, *files = sys.argv[1:]
		number = [int(n) for n in version.split(".")]
		layout, = (l for l in json.load(open(facts))["layouts"] if "vgpu_set_info" in l["structs"] and
		           [int(n) for n in l["releases"][0].split(".")] <= number <= [int(n) for n in l["releases"][1].split(".")])
		fields = layout["structs"]["vgpu_set_info"]["fields"]
		blocks = [bytearray(open(file, "rb").read()) for file in files]
		if verb == "fill":
		    names = ["gpu_instance_size", "vgpu_extra_params", "gpu_direct_supported", "nvlink_p2p_supported", "multi_vgpu_exclusive",
		             "max_instance_per_gi"]
		    for name in names:
		        offset, size, *_ = fields.get("info." + name, [0, 0])
		        # the parameters are a C string
		        blocks[0][offset:offset + size] = (b"x" * (size - 1) + b"\0" if size > 8 else b"\1" + bytes(size - 1)) if size else b""
		    open(files[0], "wb").write(blocks[0])
		else:
		    for block in blocks:
		        for name in ["discard_vgpu_types", "vgpu_config_state", "info.vgpu_signature"]:
		            offset, size, *_ = fields[name]
		            block[offset:offset + size] = bytes(size)
		    print(len(blocks[0]), [n for n, (a, b) in enumerate(zip(*blocks, strict=True)) if a != b])
	END
}

@test "discard: types that are put back have all that the driver gave of them, in every row" {
	local release n=0
	put mine.yaml < <(list 60001 60002)
	put others.yaml < <(list 60011)
	while read -r release; do
		echo "$release"
		rm -rf "$world"
		new_world "$release"
		program apply "$gpu" -c others.yaml
		cp "$world"/blocks/*-a0810101.bin theirs.bin
		block "$release" fill theirs.bin
		simulate reload
		in_world "$RM_LIBDIR/rm-probe" ctl gpu:0 client:0-65-0 send:theirs.bin update free close
		simulate clear
		simulate inject 'control:0xa0810101#2=status:0x56'
		run -1 program apply "$gpu" -c mine.yaml
		[[ $output == *"the 1 type that was there before is back" ]]
		cat "$world"/blocks/*-a0810101.bin | tail -c "$(stat -c %s theirs.bin)" >back.bin
		expect 0 "$(stat -c %s theirs.bin) []" '' block "$release" differ theirs.bin back.bin
		n=$((n + 1))
	done < <("$MDEV_GPU" abi --json | read_json '"\n".join(row["last"] for row in it if row["readsBack"])')
	[ "$n" -eq 12 ]
}

@test "discard: of types that are put back the driver is not told what it has computed of them" {
	put mine.yaml < <(list 60001 60002)
	put others.yaml < <(list 60011)
	new_world 570.86.15 "$gpu=10de:26b9:10de:1851,fb=49152" --vendor-vfio
	program apply "$gpu" -c others.yaml
	cp "$world"/blocks/*-a0810101.bin theirs.bin
	run -0 in_world "$RM_LIBDIR/rm-probe" ctl gpu:0 client:0-65-0 place:60011 free close
	[[ $output == *"place: size 6, "* ]]
	simulate clear
	simulate inject 'control:0xa0810101#2=status:0x56'
	run -1 program apply "$gpu" -c mine.yaml
	[[ $output == *"the 1 type that was there before is back" ]]
	cat "$world"/blocks/*-a0810101.bin | tail -c "$(stat -c %s theirs.bin)" >back.bin
	expect 0 "$(stat -c %s theirs.bin) []" '' block 570.86.15 differ theirs.bin back.bin
}

# recorded: the message of the last run's record
recorded() {
	sed -n 's/^message: "\(.*\)"$/\1/p' "$state_folder/$gpu.yaml"
}

@test "discard: types that cannot be put back are named, in the message and in the record" {
	with_others 550.90.07
	simulate inject 'control:0xa0810101#2=status:0x56' 'control:0xa0810101#4=status:0x56'
	expect 1 "" "mdev-gpu: $gpu: cannot register nvidia-60002: $full
mdev-gpu: $gpu: 1 of the 2 types that were there is lost (nvidia-60012): $full" program apply "$gpu" -c mine.yaml
	[ "$(listed)" = "60011" ]
	[ "$(recorded)" = "cannot register nvidia-60002: $full; 1 of the 2 types that were there is lost (nvidia-60012): $full" ]
	closed
}

@test "discard: each type is tried, so one that cannot be put back does not take the others along" {
	with_others 550.90.07
	simulate inject 'control:0xa0810101#2=status:0x56' 'control:0xa0810101#3=errno:EIO'
	expect 1 "" "mdev-gpu: $gpu: cannot register nvidia-60002: $full
mdev-gpu: $gpu: 1 of the 2 types that were there is lost (nvidia-60011): Input/output error" program apply "$gpu" -c mine.yaml
	# none of those that this run had sent is among them
	[ "$(listed)" = "60012" ]
	expect 0 "$gpu: 3 types registered, 0 unchanged" "" program apply "$gpu" -c mine.yaml
}

@test "discard: many types that are lost are all named, in the message and in the record" {
	local names
	new_world 550.54.14
	# shellcheck disable=SC2046 # words
	put many.yaml < <(list $(seq 60100 60163))
	applied many.yaml
	names=$(seq -s ', ' -f 'nvidia-%.0f' 60100 60163)
	simulate inject 'control:0xa0810101*0=status:0x56'
	expect 1 "" "mdev-gpu: $gpu: cannot register nvidia-60001: $full
mdev-gpu: $gpu: 64 of the 64 types that were there are lost ($names): $full" program apply "$gpu" -c mine.yaml
	[ "$(recorded)" = "cannot register nvidia-60001: $full; 64 of the 64 types that were there are lost ($names): $full" ]
	simulate clear
	expect 0 "$gpu: 3 types registered, 0 unchanged" "" program apply "$gpu" -c mine.yaml
	closed
}

@test "discard: many types of others that stand in the way of one are all named" {
	new_world 550.54.14
	# shellcheck disable=SC2046 # words
	put many.yaml < <(list $(seq 60100 60163))
	applied many.yaml
	simulate vgpus "$gpu" 1
	expect 4 "" "mdev-gpu: $gpu: in use: 1 vGPU runs and 1 exists, so types of others cannot be discarded \
($(seq -s ', ' -f 'nvidia-%.0f' 60100 60163)); nothing was sent (discardPrevious: false or -k keeps them)" program apply "$gpu" -c mine.yaml
}

@test "discard: once for a GPU, however many files and sections there are" {
	with_others 550.90.07
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/Nvidia/Pascal/a.yaml" < <(list 60001 60002 && list 60003 | sed 1d)
	put "$configuration/Nvidia/Pascal/b.yaml" < <(list 60004 && list 60005 | sed 1d)
	expect 0 "$gpu: 5 types registered, 0 unchanged" "" program apply "$gpu"
	[ "$(listed)" = "60001 60002 60003 60004 60005" ]
	[ "$(sent)" -eq 5 ]
	[ "$(discards 5104)" -eq 1 ]
}

@test "discard: 510 does not count vGPUs, so one that exists may run, and --force does not help" {
	local force
	with_others 510.47.03
	simulate vgpus "$gpu" 0 1
	for force in '' --force; do
		# shellcheck disable=SC2086 # nothing or one word
		expect 4 "" "mdev-gpu: $gpu: in use: 1 vGPU exists, and driver 510.47.03 does not tell which run, so types of others cannot \
be discarded (nvidia-60011, nvidia-60012); nothing was sent (discardPrevious: false or -k keeps them)" program apply "$gpu" -c mine.yaml $force
	done
	[ "$(sent)" -eq 0 ]
}

@test "discard: a failure after the last type keeps the new types, and names the discarded ones" {
	with_others 535.104.05
	simulate inject 'control:0xa0810109=errno:EIO'
	expect 1 "" "mdev-gpu: $gpu: cannot show the types to the Mediated Core: Input/output error
mdev-gpu: $gpu: the types of others that were there are discarded (nvidia-60011, nvidia-60012), those of the configuration were sent in \
their place" program apply "$gpu" -c mine.yaml
	[ "$(listed)" = "60001 60002 60003" ]
	[[ $(recorded) == *"Input/output error; the types of others that were there are discarded (nvidia-60011, nvidia-60012), "* ]]
	expect 0 "$gpu: nothing to do: 3 types are registered" "" program apply "$gpu" -c mine.yaml
	[ "$(shown | wc -l)" -eq 3 ]
}

@test "discard: while the driver makes or ends a vGPU the GPU is in use" {
	with_others 535.104.05
	simulate inject 'control:0xa0810102=status:0x40'
	expect 4 "" "mdev-gpu: $gpu: in use: 1 vGPU runs and 0 exist, so types of others cannot be discarded (nvidia-60011, nvidia-60012); \
nothing was sent (discardPrevious: false or -k keeps them)" program apply "$gpu" -c mine.yaml
	[ "$(sent)" -eq 0 ]
}

@test "discard: 510 is asked for no definition, but sysfs has the name" {
	new_world 510.47.03
	put one.yaml < <(type 'name: One')
	applied one.yaml
	put one.yaml < <(type 'name: Two')
	expect 1 "" "mdev-gpu: $gpu: nvidia-1 is already defined otherwise: name is \"One\", not \"Two\"; the driver keeps the first definition until \
its module is reloaded: reload it, or take another num" program apply "$gpu" -c one.yaml
	[ "$(sent)" -eq 0 ]
}

@test "discard: 510 gives no definitions back, so the loss is told" {
	with_others 510.47.03
	simulate inject 'control:0xa0810101#2=errno:EIO'
	expect 1 "" "mdev-gpu: $gpu: cannot register nvidia-60002: Input/output error
mdev-gpu: $gpu: 2 of the 2 types that were there are lost (nvidia-60011, nvidia-60012): driver 510.47.03 does not give definitions back" \
		program apply "$gpu" -c mine.yaml
	[[ $(recorded) == *"; 2 of the 2 types that were there are lost (nvidia-60011, nvidia-60012): driver 510.47.03 does not give definitions back" ]]
}

@test "discard: on a GPU without types nothing is put back" {
	new_world 535.104.05
	simulate inject 'control:0xa0810101#2=status:0x56'
	expect 1 "" "mdev-gpu: $gpu: cannot register nvidia-60002: $full" program apply "$gpu" -c mine.yaml
	[ "$(listed)" = "60001" ]
	expect 0 "$gpu: 2 types registered, 1 unchanged" "" program apply "$gpu" -c mine.yaml
	[ "$(listed)" = "60001 60002 60003" ]
}

@test "discard: a listed type that the driver does not know is a failure, and nothing is sent" {
	with_others 535.104.05
	simulate inject 'control:0xa0810103#2=status:0x57'
	expect 1 "" "mdev-gpu: $gpu: the driver lists nvidia-60011, but does not know it" program apply "$gpu" -c mine.yaml
	[ "$(sent)" -eq 0 ]
}

@test "discard: an answer about another type is a failure, and nothing is sent" {
	with_others 535.104.05
	simulate inject 'control:0xa0810103#2=short'
	expect 1 "" "mdev-gpu: $gpu: cannot ask for a type: Protocol error" program apply "$gpu" -c mine.yaml
	[ "$(sent)" -eq 0 ]
	[ "$(listed)" = "60011 60012" ]
}

# continued: waits until the run is stopped, and lets it go on
continued() {
	local pid
	until pid=$(pgrep -f -- "--root $root apply" | tail -n 1) && grep -q '^State:	T' "/proc/$pid/status" 2>/dev/null; do sleep 0.1; done
	kill -CONT "$pid"
}

@test "discard: no signal comes between the discard and the last type" {
	local signal call
	local -i n=0
	with_others 535.104.05
	simulate snapshot "$BATS_TEST_TMPDIR/before"
	# the three types, and what publishes them
	for call in 'control:0xa0810101#1' 'control:0xa0810101#2' 'control:0xa0810101#3' control:0xa0810109; do
		for signal in $(kill -l | grep -oE '[0-9]+\)' | tr -d ')'); do
			case $signal in 9 | 14 | 19) continue ;; esac # SIGKILL and SIGSTOP; SIGALRM is our own
			simulate restore "$BATS_TEST_TMPDIR/before"
			simulate clear
			simulate inject "$call=signal:$signal"
			program apply "$gpu" -c mine.yaml >out 2>&1 &
			# those that stop it do so afterwards
			case $signal in 20 | 21 | 22) continued ;; esac
			wait "$!" || :
			n+=1
			[ "$(listed)" = "60001 60002 60003" ] || { echo "signal $signal at $call: $(listed)"; cat out; return 1; }
		done
	done
	[ "$n" -eq 236 ]
}

@test "discard: a signal that came meanwhile ends the run afterwards" {
	with_others 535.104.05
	simulate inject 'control:0xa0810101#2=signal:15'
	run -143 program apply "$gpu" -c mine.yaml
	[ "$(listed)" = "60001 60002 60003" ]
	grep -qx 'result: "running"' "$state_folder/$gpu.yaml"
	expect 0 "$gpu: nothing to do: 3 types are registered" "" program apply "$gpu" -c mine.yaml
}

@test "discard: a reader that goes away ends nothing in the midst" {
	with_others 535.104.05
	simulate inject 'control:0xa0810101#3=status:0x56'
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -1 bash -c 'exec {gone}> >(:); wait "$!"; exec "$@" >&"$gone" 2>&1' gone "${as_root[@]:-env}" "$SIMULATE" run "$world" -- \
		"$MDEV_GPU" --root "$root" apply "$gpu" -c mine.yaml
	[ "$(listed)" = "60011 60012" ]
}

@test "discard: a type of ours that is there already beside those of others is sent again" {
	new_world 535.104.05
	put mixed.yaml < <(list 60011 60001)
	applied mixed.yaml
	expect 0 "$gpu: 3 types registered, 0 unchanged" "" program apply "$gpu" -c mine.yaml
	[ "$(sent)" -eq 3 ]
	[ "$(listed)" = "60001 60002 60003" ]
}

@test "discard: the types of others that go leave their room" {
	new_world 535.104.05
	put many.yaml < <(list {60011..60070})
	applied many.yaml
	put mine.yaml < <(list {60001..60009})
	expect 0 "$gpu: 9 types registered, 0 unchanged" "" mistakes program apply "$gpu" -c mine.yaml
}
