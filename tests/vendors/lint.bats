#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What the driver takes without a word and people rarely mean: warnings, each with its reason.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

# advised LINE COLUMN PATH TEXT <PROFILE: check warns of just this one thing, and --strict makes it count
advised() {
	local text="mdev-gpu: p.yaml:$1:$2: warning: gpus[0].mdevConfigs[0].$3: $4"
	cat >p.yaml
	expect 0 '1 file, 1 type: no mistakes' "$text" mdev_gpu check p.yaml
	expect 3 '' "$text" mdev_gpu check --strict p.yaml
}

# fine <PROFILE: check has nothing to say, also with --strict
fine() {
	cat >p.yaml
	expect 0 '1 file, 1 type: no mistakes' '' mdev_gpu check --strict p.yaml
}

sized() {
	printf '%s\n' 'gpus:' '- mdevConfigs:' "  - {num: ${4-60001}, maxInstances: $1, fbLen: $2, fbRes: $3}"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "advice: a number of NVIDIA's own" {
	advised 3 11 num \
		"11 may be one of NVIDIA's own numbers (11 to 1600): whoever registers it first defines it" < <(sized 1 896 128 11)
	advised 3 11 num \
		"1600 may be one of NVIDIA's own numbers (11 to 1600): whoever registers it first defines it" < <(sized 1 896 128 1600)
	fine < <(sized 1 896 128 10)
	fine < <(sized 1 896 128 1601)
}

@test "advice: a reservation below NVIDIA's rule" {
	advised 3 54 fbRes \
		'127 MiB are less than the 128 that NVIDIA reserves of 1024: the guest may not start' < <(sized 1 897 127)
	advised 3 54 fbRes \
		'95 MiB are less than the 96 that NVIDIA reserves of 512: the guest may not start' < <(sized 1 417 95)
	fine < <(sized 1 896 128)
	fine < <(sized 1 416 96)
	fine < <(sized 1 22976 1600)
}

@test "advice: a reservation far above NVIDIA's rule" {
	advised 3 55 fbRes \
		'1152 MiB are more than twice the 320 that NVIDIA reserves of 4096' < <(sized 1 2944 1152)
	fine < <(sized 1 3456 640)
}

@test "advice: a share that is no multiple of 256 MiB" {
	advised 3 42 fbLen "1128 MiB with what is reserved are no multiple of 256, as NVIDIA's own shares are: 1024 or 1280" \
		< <(sized 1 1000 128)
	fine < <(sized 1 1152 128)
	fine < <(sized 1 1000 auto)
	fine < <(sized 1 auto 200)
	fine < <(type 'gspHeapSize: 32' | sed 's/num: 1$/num: 60001/')
}

@test "advice: several vGPUs in one guest, before Volta" {
	local said="mdev-gpu: p.yaml:7:16: warning: gpus[0].mdevConfigs[0].multiMdev: before Volta, one guest has several only of a type with one instance"
	new_world 535.104.05 "$gpu=10de:1d56:10de:0001,fb=24576"
	type 'multiMdev: on' | sed 's/num: 1$/num: 60001/' >p.yaml
	expect 0 "$gpu: 1 type registered, 0 unchanged" "$said" program apply "$gpu" -c p.yaml
	sed -i 's/60001/60002/; s/Instances: 2/Instances: 1/' p.yaml
	expect 0 "$gpu: 1 type registered, 0 unchanged" '' program apply -k "$gpu" -c p.yaml
	rm -r "$world"
	new_world 535.104.05 "$gpu=10de:1d81:10de:0001,fb=24576"
	sed -i 's/Instances: 1/Instances: 2/' p.yaml
	expect 0 "$gpu: 1 type registered, 0 unchanged" '' program apply "$gpu" -c p.yaml
}

@test "advice: shares below half a GiB have no rule" {
	fine < <(sized 1 64 0)
}

@test "advice: bytes or GiB in the place of MiB" {
	advised 3 42 fbLen '63 MiB are too few for any guest; 63 GiB are 64512 MiB' < <(sized 1 63 0)
	advised 3 42 fbLen '524288 MiB are more than any GPU has; as KiB it would be 512 MiB' < <(sized 1 524288 128)
	advised 3 42 fbLen '67108863 MiB are more than any GPU has; as KiB it would be 65535 MiB' < <(sized 1 67108863 128)
	advised 3 42 fbLen '67108864 MiB are more than any GPU has; as bytes it would be 64 MiB' < <(sized 1 67108864 128)
	fine < <(sized 1 519936 32512)
	type 'mapVideoSize: 4194304' 'gspHeapSize: 67108864' 'bar1Len: 0x10000000' | sed 's/num: 1$/num: 60001/' >p.yaml
	expect 0 '1 file, 1 type: no mistakes' \
		'mdev-gpu: p.yaml:7:19: warning: gpus[0].mdevConfigs[0].mapVideoSize: 4194304 MiB are more than any GPU has; as bytes it would be 4 MiB
mdev-gpu: p.yaml:8:18: warning: gpus[0].mdevConfigs[0].gspHeapSize: 67108864 MiB are more than any GPU has; as bytes it would be 64 MiB
mdev-gpu: p.yaml:9:14: warning: gpus[0].mdevConfigs[0].bar1Len: 268435456 MiB are more than any GPU has; as bytes it would be 256 MiB' \
		mdev_gpu check p.yaml
}

@test "advice: an ID for the host is a device's" {
	advised 7 13 pDevId '0x1b3811d9 is no device ID, which has four hexadecimal digits' \
		< <(type 'pDevId: 0x1B3811D9' | sed 's/num: 1$/num: 60001/')
	fine < <(type 'pDevId: 0xffff' | sed 's/num: 1$/num: 60001/')
}

@test "advice: a vDevId with its halves swapped" {
	advised 7 13 vDevId '0x130d1eb8 has device and subsystem the wrong way round: 0x1eb8130d' \
		< <(type 'vDevId: 0x130D1EB8' | sed 's/num: 1$/num: 60001/')
}

@test "advice: a decimal ID where lspci has hexadecimal" {
	local key value hex
	while read -r key value hex; do
		put p.yaml < <(section 60001 "filteredGpus: [{$key: $value}]")
		expect 0 '1 file, 1 type: no mistakes' "mdev-gpu: p.yaml:3:$((21 + ${#key})): warning: gpus[0].filteredGpus[0].$key: $value is decimal, $hex; what lspci calls $value is 0x$value here" \
			mdev_gpu check p.yaml
	done <<<$'bus 65 0x41\nslot 10 0xa\ndomain 10000 0x2710\ndeviceId 1430 0x596\nsubdeviceId 1160 0x488'
	while read -r key value; do
		put p.yaml < <(section 60001 "filteredGpus: [{$key: $value}]")
		expect 0 '1 file, 1 type: no mistakes' '' mdev_gpu check p.yaml
	done <<<$'bus 0x41\nbus 9\nvendorId 4318\nvendorId 0x10de\ndeviceId 17305\nidentifier 25856'
}

@test "advice: a board's ID is no vGPU's" {
	advised 7 13 vDevId '0x1e3012ba is a board, not a vGPU: guest drivers may refuse it' \
		< <(type 'vDevId: 0x1E3012BA' | sed 's/num: 1$/num: 60001/')
	advised 7 13 vDevId '0x1b301b30 is a board, not a vGPU: guest drivers may refuse it' \
		< <(type 'vDevId: 0x1B301B30' | sed 's/num: 1$/num: 60001/')
}

@test "advice: an ID that no vGPU of the device has" {
	advised 7 13 vDevId 'no vGPU of device 0x1eb8 is known to have subsystem 0x128a' \
		< <(type 'vDevId: 0x1EB8128A' | sed 's/num: 1$/num: 60001/')
	fine < <(type 'vDevId: 0x1EB8130D' | sed 's/num: 1$/num: 60001/')
	fine < <(type 'vDevId: 0x1B3811E9' | sed 's/num: 1$/num: 60001/')
}

@test "advice: an ID with the vendor in the place of one half" {
	local vendor="has NVIDIA's vendor ID in the place of the"
	advised 7 13 vDevId "0x10de130d $vendor device; 0x1eb8130d is GRID T4-2Q" \
		< <(type 'vDevId: 0x10DE130D' | sed 's/num: 1$/num: 60001/')
	advised 7 13 vDevId "0x1b3810de $vendor subsystem; device << 16 | subsystem" \
		< <(type 'vDevId: 0x1B3810DE' | sed 's/num: 1$/num: 60001/')
	type 'vDevId: 0x1EB810DE' | sed 's/num: 1$/num: 60001/' >p.yaml
	run -0 mdev_gpu check p.yaml
	[[ $output == *": 0x1eb810de $vendor subsystem; 0x1eb813"??" is GRID T4-"* ]]
}

@test "advice: an ID of a device that has no vGPUs; what has some of old is believed" {
	local id
	advised 7 13 vDevId 'no vGPU is known to have device 0x2204: guest drivers may refuse it' \
		< <(type 'vDevId: 0x2204147D' | sed 's/num: 1$/num: 60001/')
	for id in 13bd1041 13f2114e 1b3811e8 15f8113a 1db612c2 1e301325; do
		fine < <(echo "$id" | with_ids)
	done
}

@test "advice: a BAR1 that is larger than the GPU's" {
	local said="mdev-gpu: p.yaml:7:14: warning: gpus[0].mdevConfigs[0].bar1Len: 512 MiB are more than the GPU's BAR1 has, 256"
	new_world 535.104.05 "$gpu=10de:1b38:10de:11d9" 0000:b3:00.0=10de:1b38:10de:11d9,bar1=512
	type 'bar1Len: 512' | sed 's/num: 1$/num: 60001/' >p.yaml
	run -0 --separate-stderr program plan "$gpu" -c p.yaml
	[ "$stderr" = "$said" ]
	expect 0 "$gpu: 1 type registered, 0 unchanged" "$said" program apply "$gpu" -c p.yaml
	run -0 --separate-stderr program plan 0000:b3:00.0 -c p.yaml
	[ "$stderr" = "" ]
	fine < <(type 'bar1Len: 512' | sed 's/num: 1$/num: 60001/')
	sed -i 's/512/256/' p.yaml
	run -0 --separate-stderr program plan "$gpu" -c p.yaml
	[ "$stderr" = "" ]
}

list=${abs_top_srcdir:?}/helper/vendors/nvidia/nvidia-guest-ids

# with_ids: a profile with a type for each ID that comes in, "1eb8130d" a line
with_ids() {
	printf '%s\n' 'gpus:' '- mdevConfigs:'
	awk '{ printf "  - {num: %d, maxInstances: 2, fbLen: 896, fbRes: 128, vDevId: 0x%s}\n", 60000 + NR, $1 }'
}

@test "advice: every vGPU of NVIDIA's list is known to be one, and known by its two halves the wrong way round" {
	sed -n 's/^\(....\):\(....\) ..*/\1\2/p' "$list" >ids
	[ "$(wc -l <ids)" -eq "$(grep -vc '^#' "$list")" ]
	[ "$(wc -l <ids)" -ge 1050 ]
	with_ids <ids >p.yaml
	expect 0 "1 file, $(wc -l <ids) types: no mistakes" '' mdev_gpu check --strict p.yaml
	sed 's/^\(....\)\(....\)$/\2\1/' ids | with_ids >p.yaml
	mdev_gpu check p.yaml 2>said
	[ "$(grep -c 'has device and subsystem the wrong way round' said)" -eq "$(wc -l <ids)" ]
	# each device of the list is one that vGPUs are known of, and no other is
	cut -c 1-4 ids | uniq | sed 's/$/fffe/' >devices
	with_ids <devices >p.yaml
	mdev_gpu check p.yaml 2>said
	[ "$(grep -c 'no vGPU of device 0x.* is known to have subsystem 0xfffe' said)" -eq "$(wc -l <devices)" ]
	fine < <(echo 1b38fffe | with_ids)
}

# one_list LINES: a program of our own, in alone/, beside this list
one_list() {
	mkdir -p alone
	cp "$MDEV_GPU" alone
	printf '%s\n' "$1" >alone/nvidia-guest-ids
}

@test "advice: a list of vGPUs that is missing or damaged is told once, by check alone, and stops nothing" {
	local lines said left="vDevId is not compared with NVIDIA's vGPUs" missing=$PKGDATADIR/nvidia-guest-ids
	new_world 535.104.05
	mkdir "$root"
	type 'vDevId: 0x130D1EB8' | sed 's/num: 1$/num: 60001/' >p.yaml
	type 'vDevId: 0x1EB81EB8' | sed 's/num: 1$/num: 60002/' >q.yaml
	said="mdev-gpu: q.yaml:7:13: warning: gpus[0].mdevConfigs[0].vDevId: 0x1eb81eb8 is a board, not a vGPU: guest drivers may refuse it"
	while IFS= read -r lines; do
		echo "$lines"
		one_list "${lines//|/$'\n'}"
		expect 0 '2 files, 2 types: no mistakes' "mdev-gpu: $PWD/alone/nvidia-guest-ids: warning: is no list of IDs in order; $left
$said" alone/mdev-gpu check p.yaml q.yaml
	done <<-'END'
		# nothing
		1eb8:130d GRID T4-2Q|1eb8:130c GRID T4-1Q
		1eb8:130d GRID T4-2Q|1eb8:130d GRID T4-2Q
		1eb8:130d GRID T4-2Q|# 1eb8:130e GRID T4-4Q
		1eb8:130d
		1eb8:130d GRID T4-2Q|
		1eb8:130d GRID T4-2Q|1eb8:13
		1eb8-130d GRID T4-2Q
		1eb8:130d-GRID T4-2Q
	END
	printf '1eb8:130d GRID T4-2Q\n1eb8:130e GRID' >alone/nvidia-guest-ids
	run -0 --separate-stderr alone/mdev-gpu check p.yaml
	[[ $stderr == *"is no list of IDs in order; $left" ]]
	printf '1eb8:130d GRID T4-2Q\n\0\n' >alone/nvidia-guest-ids
	run -0 --separate-stderr alone/mdev-gpu check p.yaml
	[[ $stderr == *"is no list of IDs in order; $left" ]]
	: >alone/nvidia-guest-ids
	expect 3 '' "mdev-gpu: $PWD/alone/nvidia-guest-ids: warning: is no list of IDs in order; $left" alone/mdev-gpu check --strict p.yaml
	expect 0 "$gpu: 1 type registered, 0 unchanged" '' in_world alone/mdev-gpu --root "$root" apply --strict "$gpu" -c p.yaml
	run -0 --separate-stderr in_world alone/mdev-gpu --root "$root" plan --strict "$gpu" -c p.yaml
	[ "$stderr" = '' ]
	[ ! -e "$missing" ] || skip "installed here"
	rm alone/nvidia-guest-ids
	expect 0 '1 file, 1 type: no mistakes' "mdev-gpu: $missing: warning: No such file or directory; $left" alone/mdev-gpu check p.yaml
	one_list $'# a list\n1eb8:130d GRID T4-2Q\n1eb8:130e GRID T4-4Q'
	expect 0 '1 file, 1 type: no mistakes' \
		'mdev-gpu: p.yaml:7:13: warning: gpus[0].mdevConfigs[0].vDevId: 0x130d1eb8 has device and subsystem the wrong way round: 0x1eb8130d' \
		alone/mdev-gpu check p.yaml
}

# opened FILE COMMAND…: how often the command opens the file, by inotify
opened() {
	python3 - "$@" <<-'END'
		import ctypes, os, struct, subprocess, sys
		libc = ctypes.CDLL(None, use_errno=True)
		fd = libc.inotify_init1(os.O_NONBLOCK)
		assert libc.inotify_add_watch(fd, sys.argv[1].encode(), 0x20) >= 0
		subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		try:
		    print(len(os.read(fd, 4096)) // struct.calcsize("iIII"))
		except BlockingIOError:
		    print(0)
	END
}

@test "advice: the list of vGPUs is read where a type has a vDevId and somebody reads warnings, once" {
	new_world 535.104.05
	one_list '1eb8:130d GRID T4-2Q'
	local ids=$PWD/alone/nvidia-guest-ids words=("${as_root[@]}" "$SIMULATE" run "$world" -- alone/mdev-gpu --root "$root")
	put "$configuration/generate-vgpu-types.yaml" < <(printf '1eb8130d\n1b3811e9\n' | with_ids)
	mkdir -p "$root"
	[ "$(opened "$ids" "${words[@]}" apply --udev "$gpu")" -eq 0 ]
	[ "$(opened "$ids" "${words[@]}" apply --unit "$gpu")" -eq 0 ]
	[ "$(opened "$ids" "${words[@]}" status)" -eq 0 ]
	[ "$(opened "$ids" "${words[@]}" explain)" -eq 0 ]
	[ "$(opened "$ids" "${words[@]}" apply "$gpu")" -eq 1 ]
	[ "$(opened "$ids" "${words[@]}" check)" -eq 1 ]
	put "$configuration/generate-vgpu-types.yaml" < <(section 60001)
	[ "$(opened "$ids" "${words[@]}" apply "$gpu")" -eq 0 ]
	[ "$(listed)" = 60001 ]
}

@test "advice: an ID that is half an ID" {
	advised 7 13 vDevId '0x1b38 is no device and subsystem (device << 16 | subsystem)' \
		< <(type 'vDevId: 0x1B38' | sed 's/num: 1$/num: 60001/')
	advised 7 13 vDevId '0x11b3811e9 is no device and subsystem (device << 16 | subsystem)' \
		< <(type 'vDevId: 0x11B3811E9' | sed 's/num: 1$/num: 60001/')
}

@test "advice: a frame rate that is none" {
	advised 7 30 virtDisplay.frlConfig "0 frames a second; NVIDIA's own types have 45 or 60" \
		< <(type 'virtDisplay: {frlConfig: 0, frlEnable: 1}' | sed 's/num: 1$/num: 60001/')
	advised 7 30 virtDisplay.frlConfig "241 frames a second; NVIDIA's own types have 45 or 60" \
		< <(type 'virtDisplay: {frlConfig: 241, frlEnable: 1}' | sed 's/num: 1$/num: 60001/')
	fine < <(type 'virtDisplay: {frlConfig: 0, frlEnable: 0}' | sed 's/num: 1$/num: 60001/')
	fine < <(type 'virtDisplay: {frlConfig: 240, frlEnable: 1}' | sed 's/num: 1$/num: 60001/')
}

@test "advice: more instances than the GPU's memory holds, once the driver has told it" {
	new_world 535.104.05 "$gpu=10de:1b38:10de:11d9,fb=8192"
	sized 9 896 128 >p.yaml
	expect 0 "$gpu: 1 type registered, 0 unchanged" \
		"mdev-gpu: p.yaml:3:32: warning: gpus[0].mdevConfigs[0].maxInstances: 9 x 1024 MiB do not fit the GPU's 8192 MiB: 8 can start" \
		program apply "$gpu" -c p.yaml
	sized 8 896 128 60002 >p.yaml
	expect 0 "$gpu: 1 type registered, 0 unchanged" '' program apply -k "$gpu" -c p.yaml
}

@test "advice: a type too large for the GPU is a warning beside one that fits, a list of such types a mistake" {
	local path='mdev-gpu: p.yaml' large="MiB in all do not fit the GPU's 8192 MiB"
	new_world 535.104.05 "$gpu=10de:1b38:10de:11d9,fb=8192"
	put "$configuration/generate-vgpu-types.yaml" <<-END
		gpus:
		- mdevConfigs:
		  - {num: 60001, maxInstances: 1, fbLen: 9536, fbRes: 704}
		  - {num: 60002, maxInstances: 2, fbLen: 7808, fbRes: 640, name: "8448"}
	END
	cp "$configuration/generate-vgpu-types.yaml" p.yaml
	local refused="$path:3:42: gpus[0].mdevConfigs[0].fbLen: 10240 $large, nor does any other type
$path:4:42: gpus[0].mdevConfigs[1].fbLen: 8448 $large, nor does any other type
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver"
	expect 3 '' "$refused" program apply "$gpu" -c p.yaml
	[ "$(sent)" -eq 0 ]
	expect 3 '' '' program apply --udev "$gpu"
	[ "$(sent)" -eq 0 ]
	# what the driver said then is written down: a plan knows it, and asks nobody
	simulate clear
	expect 3 '' "$refused" program plan "$gpu" -c p.yaml
	untouched
	sed -i 's/7808/7552/; s/"8448"/"8192"/' p.yaml
	expect 0 "$gpu: 2 types registered, 0 unchanged" "$path:3:42: warning: gpus[0].mdevConfigs[0].fbLen: 10240 $large: none can start
$path:4:32: warning: gpus[0].mdevConfigs[1].maxInstances: 2 x 8192 MiB do not fit the GPU's 8192 MiB: 1 can start" program apply "$gpu" -c p.yaml
}

@test "advice: values that Mdev-GPU took are not refused" {
	new_world 535.104.05
	cp "${abs_top_srcdir:?}/tests/data/mdev-gpu/edge.yaml" p.yaml
	program apply "$gpu" -c p.yaml 2>&1 | grep -F "86015 MiB in all do not fit the GPU's 24576 MiB: none can start"
	[ "$(listed)" = "65535 41" ]
}

@test "advice: with --strict nothing is sent" {
	new_world 535.104.05 "$gpu=10de:1b38:10de:11d9,fb=8192"
	sized 9 896 128 >p.yaml
	expect 3 '' "mdev-gpu: p.yaml:3:32: warning: gpus[0].mdevConfigs[0].maxInstances: 9 x 1024 MiB do not fit the GPU's 8192 MiB: 8 can start
mdev-gpu: $gpu: configuration refused, nothing was sent to the driver" program apply --strict "$gpu" -c p.yaml
	[ "$(sent)" -eq 0 ]
}

@test "advice: firmware of Hopper and later wants its share" {
	new_world 580.95.05 "$gpu=10de:26b5:10de:16a1,fb=49152,vfs=1"
	sized 2 896 128 >p.yaml
	expect 0 "$gpu: 1 type registered, 0 unchanged" \
		"mdev-gpu: p.yaml:3:42: warning: gpus[0].mdevConfigs[0].fbLen: gspHeapSize is 0, but this GPU's firmware needs memory of its own in each share" \
		program apply "$gpu" -c p.yaml
}

@test "advice: Ampere has no such firmware, though some of its IDs are higher than Hopper's" {
	local id
	for id in 2235 2301 2349 2484 25b6 2680; do
		new_world 580.95.05 "$gpu=10de:$id:10de:16a1,fb=49152,vfs=1"
		sized 1 897 127 >p.yaml
		expect 0 "$gpu: 1 type registered, 0 unchanged" \
			'mdev-gpu: p.yaml:3:54: warning: gpus[0].mdevConfigs[0].fbRes: 127 MiB are less than the 128 that NVIDIA reserves of 1024: the guest may not start' \
			program apply "$gpu" -c p.yaml
	done
	for id in 2302 2348 2681 2901; do
		new_world 580.95.05 "$gpu=10de:$id:10de:16a1,fb=49152,vfs=1"
		type 'gspHeapSize: 64' | sed 's/num: 1$/num: 60001/; s/fbRes: 128/fbRes: 64/' >p.yaml
		expect 0 "$gpu: 1 type registered, 0 unchanged" '' program apply "$gpu" -c p.yaml
	done
}

@test "advice: no rule for the reservation of a type with a heap for such firmware" {
	fine < <(type 'gspHeapSize: 64' | sed 's/num: 1$/num: 60001/; s/fbRes: 128/fbRes: 64/')
	new_world 580.95.05
	type 'gspHeapSize: 64' | sed 's/num: 1$/num: 60001/; s/fbRes: 128/fbRes: 64/' >p.yaml
	expect 0 "$gpu: 1 type registered, 0 unchanged" \
		'mdev-gpu: p.yaml:6:12: warning: gpus[0].mdevConfigs[0].fbRes: 64 MiB are less than the 128 that NVIDIA reserves of 1024: the guest may not start' \
		program apply "$gpu" -c p.yaml
}

@test "advice: automatic runs do not print warnings" {
	new_world 535.104.05
	put "$configuration/generate-vgpu-types.yaml" < <(sized 1 896 128 11)
	expect 0 '' '' program apply --udev "$gpu"
	[ "$(sent)" -eq 1 ]
	# nor does the line of a unit have what is known of the memory only now
	put "$configuration/generate-vgpu-types.yaml" < <(sized 25 896 128)
	run -0 program apply --unit "$gpu"
	[[ $output =~ ^'<6>'$gpu': 1 type registered, 0 unchanged, '[0-9]+' ms'$ ]]
}

# level FILE: "error", "warning" or "note", the strongest of them, as the program tells what it finds in it, on the GPU that its second line names
level() {
	local on release words model
	on=$(sed -n '2s/^# on //p' "$1")
	if [ -n "$on" ]; then
		read -r release words model <<<"$on"
		new_world "$release" "$gpu=$words"
		[ -z "$model" ] || echo "ID_MODEL_FROM_DATABASE=$model" >>"$(readlink -f "$world/sys/bus/pci/devices/$gpu")/uevent"
		program apply "$gpu" -c "$1" 2>said >/dev/null || :
		rm -r "$world" "${root:?}"
	else
		mdev_gpu check "$1" 2>said >/dev/null || :
	fi
	sed -n "s|^mdev-gpu: $1:[0-9]*:[0-9]*: \\(warning\\): .*|2 \\1|p; t; s|^mdev-gpu: $1:[0-9]*:[0-9]*: \\(note\\): .*|3 \\1|p; t; s|^mdev-gpu: $1:.*|1 error|p" said |
		sort | sed '1!d; s/^. //'
}

@test "mdev-gpu.yaml(5): its table of errors and warnings is what the program does, each row with its file" {
	local file
	awk -F ' Ta ' '/^\.Ss / { on = /Errors and warnings/ } on && /^\.El/ { exit } on && /^\.It [^S]/ { sub(/^\.It /, ""); sub(/: .*/, "", $2); print $2 ": " $1 }' \
		"${abs_top_srcdir:?}/man/mdev-gpu.yaml.5" | sort >table
	[ "$(wc -l <table)" -ge 19 ]
	cp "$abs_top_srcdir"/tests/data/corpus/levels/*.yaml .
	for file in *.yaml; do
		echo "$(sed -n '1s/^# //p' "$file"): $(level "$file")"
	done | sort >program
	diff -u table program
}

@test "advice: ECC on a board that has none" {
	new_world 535.104.05 "$gpu=10de:1b80:10de:119e,fb=8192"
	type 'ecc: on' | sed 's/num: 1$/num: 60001/' >p.yaml
	expect 0 "$gpu: 1 type registered, 0 unchanged" '' program apply "$gpu" -c p.yaml
	echo 'ID_MODEL_FROM_DATABASE=GP104 [GeForce GTX 1080]' >>"$(readlink -f "$world/sys/bus/pci/devices/$gpu")/uevent"
	expect 0 "$gpu: nothing to do: 1 type is registered" \
		'mdev-gpu: p.yaml:7:10: warning: gpus[0].mdevConfigs[0].ecc: GP104 [GeForce GTX 1080] has no ECC memory' \
		program apply "$gpu" -c p.yaml
	rm -r "$world"
	new_world 535.104.05 "$gpu=10de:13bd:10de:1160,fb=8192"
	expect 0 "$gpu: 1 type registered, 0 unchanged" 'mdev-gpu: p.yaml:7:10: warning: gpus[0].mdevConfigs[0].ecc: a Tesla M10 has no ECC memory' \
		program apply "$gpu" -c p.yaml
}

@test "advice: a heap of one MiB is a heap for such firmware" {
	fine < <(type 'gspHeapSize: 1' | sed 's/num: 1$/num: 60001/; s/fbLen: 896/fbLen: 959/; s/fbRes: 128/fbRes: 64/')
}
