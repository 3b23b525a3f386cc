#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# How GPUs stand: what people read, on a terminal and off it, and what programs read.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers

own=Nvidia/Pascal/one.yaml

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset COLUMNS NO_COLOR
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/$own" <<-'END'
		gpus:
		- discardPrevious: false
		  mdevConfigs:
		  - {num: 60001, name: Office, maxInstances: 24, fbLen: 896, fbRes: 128}
		  - {num: 60002, name: GRID P40-8Q with a long name, maxInstances: 2, fbLen: auto, fbRes: auto}
		  - {num: 60003, name: Ünï, maxInstances: 8, fbLen: 1856, fbRes: 192}
	END
}

# property ADDRESS NAME=VALUE: what udev's database would say of a device
property() {
	local folder
	folder=$(readlink -f "$world/sys/bus/pci/devices/$1")
	echo "$2" >>"$folder/uevent"
}

# status [ARGUMENT…]: without the time, which differs
status() {
	program status "$@" | sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9:]{8}|T[0-9:]{8}Z)/TIME/'
}

# the P40 after a run that registered everything, named by udev
served() {
	new_world 535.104.05
	property "$gpu" 'ID_MODEL_FROM_DATABASE=GP102GL [Tesla P40]'
	applied "$configuration/$own"
}

# what stands above the table of types of the served GPU
served_head="$gpu GP102GL [Tesla P40] (10de:1b38, board 10de:11d9)
  verdict       there: all 3 types are there
  driver        nvidia 535.104.05
  architecture  Nvidia/Pascal
  files         $configuration/$own
  memory        24576 MiB"

@test "status: the table fits 80 columns" {
	served
	expect 0 "$served_head
  last run      TIME, by command: done: 3 types registered, 0
                unchanged
  types         3 set, 3 live; 0 vGPUs
  type         name                 MiB max set live used free # used = max
  nvidia-60001 Office              1024  24 yes yes     0   24 ============   0%
  nvidia-60002 GRID P40-8Q with … 12288   2 yes yes     0    2 ============   0%
  nvidia-60003 Ünï                 2048   8 yes yes     0    8 ========....   0%" "" status "$gpu"
	untouched
}

@test "status: the table uses 140 columns" {
	served
	COLUMNS=140 expect 0 "$served_head
  last run      TIME, by command: done: 3 types registered, 0 unchanged
  types         3 set, 3 live; 0 vGPUs
  type          name                            MiB  max  set  live  used  free  # used = max
  nvidia-60001  Office                         1024   24  yes  yes      0    24  ==================================================   0%
  nvidia-60002  GRID P40-8Q with a long name  12288    2  yes  yes      0     2  ==================================================   0%
  nvidia-60003  Ünï                            2048    8  yes  yes      0     8  =================================.................   0%" "" status "$gpu"
}

@test "status: before the first run, the GPU's memory is not known" {
	new_world 535.104.05
	expect 0 "$gpu 10de:1b38, board 10de:11d9
  verdict       rule-missing: udev has no rule
                $UDEVRULESDIR/90-mdev-gpu.rules: nothing runs by itself
  driver        nvidia 535.104.05
  architecture  Nvidia/Pascal
  files         $configuration/$own
  last run      none since the driver bound
  types         3 set, 0 live; 0 vGPUs
  type         name                 MiB max set live used free # used = max
  nvidia-60001 Office              1024  24 yes no      0    - ============
  nvidia-60002 GRID P40-8Q with a… auto   2 yes no      0    -
  nvidia-60003 Ünï                 2048   8 yes no      0    - ========....
  The GPU's memory is not known, so the fullest type has a full bar." "" status "$gpu"
	untouched
}

@test "status: vGPUs take what is available" {
	served
	simulate vgpus "$gpu" 2 3
	run -0 status "$gpu"
	[ "${lines[8]}" = "  types         3 set, 3 live; 3 vGPUs" ]
	[ "${lines[10]}" = "  nvidia-60001 Office              1024  24 yes yes     3   21 #===========  12%" ]
}

@test "status: types of others are listed, and types that overfill the memory show it" {
	served
	put "$configuration/$own" <<<'gpus: [{mdevConfigs: [{num: 60003, name: Ünï, maxInstances: 16, fbLen: 1920, fbRes: 128}]}]'
	run -0 status "$gpu"
	[ "$(tail -n 5 <<<"$output")" = "  types         1 set, 3 live; 0 vGPUs
  type         name                 MiB max set live used free # used = max
  nvidia-60003 Ünï                 2048  16 yes yes     0    8 ===========>   0%
  nvidia-60001 Office                       no  yes     0   24
  nvidia-60002 GRID P40-8Q with a…          no  yes     0    2" ]
}

@test "status: columns stay aligned with wide, zero-width and invalid characters" {
	local types accents=$'e\u0301te\u0301'
	served
	types=$world/sys/bus/pci/devices/$gpu/mdev_supported_types
	put "$configuration/$own" <<-'END'
		gpus:
		- mdevConfigs:
		  - {num: 60004, name: 日本語, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - {num: 60005, name: 日本語日本語日本語日, maxInstances: 2, fbLen: 896, fbRes: 128}
		  - {num: 60006, name: "e\u0301te\u0301", maxInstances: 2, fbLen: 896, fbRes: 128}
	END
	printf 'a\tb\33[31m\n' >"$types/nvidia-60001/name"
	printf 'cut \xe6\x97\n' >"$types/nvidia-60002/name"
	run -0 status "$gpu"
	[ "$(tail -n 6 <<<"$output")" = "  nvidia-60004 日本語              1024   2 yes no      0    - =...........   0%
  nvidia-60005 日本語日本語日本語… 1024   2 yes no      0    - =...........   0%
  nvidia-60006 $accents                 1024   2 yes no      0    - =...........   0%
  nvidia-60001 a?b?[31m                     no  yes     0   24
  nvidia-60002 cut ??                       no  yes     0    2
  nvidia-60003 Ünï                          no  yes     0    8" ]
}

@test "status: a record of another boot is not shown as the present" {
	served
	sed -i 's/^boot: .*/boot: "0"/' "$state_folder/$gpu.yaml"
	run -0 status "$gpu"
	grep -qF "  last run      TIME (not of this boot: it tells nothing of now)," <<<"$output"
	[[ $output == *"  The GPU's memory is not known, "* ]]
}

@test "status: a damaged record is reported as unreadable, and is null in JSON" {
	local record=$state_folder/$gpu.yaml damage n=0
	served
	cp "$record" whole
	while read -r damage; do
		echo "$damage"
		eval "$damage"
		run -0 status "$gpu"
		[ "${lines[5]}" = "  last run      its record cannot be read: it is damaged" ]
		json "$gpu"
		[ "$(read_json 'it[0]["lastRun"], it[0]["framebuffer"]' <json)" = '(None, None)' ]
		rm -rf "$record"
		cp whole "$record"
		n=$((n + 1))
	done <<-'END'
		: >"$record"
		head -n 9 whole >"$record"
		echo "- 1" >"$record"
		echo "a: [" >"$record"
		printf '\377\0' >"$record"
		sed -i 's/^result:.*/result: []/' "$record"
		rm "$record"; mkdir "$record"
	END
	[ "$n" -eq 7 ]
	rm "$record"
	run -0 status "$gpu"
	[ "${lines[5]}" = "  last run      none since the driver bound" ]
}

@test "status: with a refused configuration, sysfs' types are still shown" {
	served
	put "$configuration/$own" 'gpus: [{mdevConfigs: [], discard: true}]'
	expect 0 "$gpu GP102GL [Tesla P40] (10de:1b38, board 10de:11d9)
  verdict       refused:
                $configuration/$own:1:26:
                gpus[0].discard: unknown key
  driver        nvidia 535.104.05
  architecture  Nvidia/Pascal
  files         $configuration/$own
  memory        24576 MiB
  last run      TIME, by command: done: 3 types registered, 0
                unchanged
  types         0 set, 3 live; 0 vGPUs
  type         name                         set live used free
  nvidia-60001 Office                       ?   yes     0   24
  nvidia-60002 GRID P40-8Q with a long name ?   yes     0    2
  nvidia-60003 Ünï                          ?   yes     0    8
  ?: not to be seen here; why:
  mdev-gpu explain $gpu" "" status "$gpu"
}

@test "status: expected types of an Intel GPU are shown" {
	put "$configuration/Intel/KabyLake/devices.yaml" '- 8086:5912'
	put "$configuration/Intel/KabyLake/own.yaml" 'gpus: [{expectTypes: [i915-GVTg_V5_4, i915-GVTg_V5_8]}]'
	new_world 535.104.05 "0000:00:02.0=8086:5912:8086:2212,class=0300,driver=i915"
	local folder=$world/sys/bus/pci/devices/0000:00:02.0/mdev_supported_types/i915-GVTg_V5_4
	mkdir -p "$folder/devices/one"
	echo 1 >"$folder/available_instances"
	expect 0 "0000:00:02.0 8086:5912, board 8086:2212
  verdict       not-a-host: module kvmgt is not installed for this kernel: this
                kernel is built without GVT-g (CONFIG_DRM_I915_GVT_KVMGT), or
                the package with it is missing
  driver        i915 $(uname -r)
  architecture  Intel/KabyLake
  files         $configuration/Intel/KabyLake/own.yaml
  last run      none since the driver bound
  types         2 set, 1 live; 1 vGPU
  type           set live used free
  i915-GVTg_V5_4 yes yes     1    1
  i915-GVTg_V5_8 yes no      0    -" "" status 00:02.0
}

@test "status: a failed run shows its message" {
	new_world 535.104.05
	simulate inject 'control:0xa0810101=status:0x56'
	run ! program apply "$gpu"
	run -0 status "$gpu"
	[[ ${lines[1]} == "  verdict       run-failed: the last run failed: cannot register"* ]]
	[[ $output == *"  memory        24576 MiB
  last run      TIME, by command: failed: cannot register"* ]]
}

@test "status: with more than one GPU a line for each, by address the details" {
	new_world 535.104.05 "$P40,driver=none" "0000:03:00.0=1002:7300:1002:0b36,class=0300,driver=amdgpu" \
		"0000:b3:00.0=10de:1e30:10de:12ba" "0000:b3:00.1=10de:10f0:10de:12ba,class=0403,driver=snd_hda_intel"
	property "$gpu" 'ID_MODEL_FROM_DATABASE=A model with a name that is much too long'
	expect 0 "GPU           model                           verdict              set live vGPUs
0000:03:00.0  1002:7300                       other-driver           0    0     0
$gpu  A model with a name that is mu  no-driver              0    0     0
0000:b3:00.0  10de:1e30                       no-folder              0    0     0" "" status
	expect 0 "0000:03:00.0 1002:7300, board 1002:0b36
  verdict       other-driver: amdgpu has it, which mdev-gpu has no backend for
  driver        amdgpu

0000:b3:00.0 10de:1e30, board 10de:12ba
  verdict       no-folder: no folder below $CONFDIR/Nvidia is for
                10de:1e30; the closest is 10de:1b38
                ($configuration/Nvidia/Pascal/devices.yaml:1:3)
  driver        nvidia 535.104.05
  architecture  no folder is for this GPU
  last run      none since the driver bound
  types         none" "" status 03:00.0 b3:00.0
	expect 0 "0000:b3:00.1 10de:10f0, board 10de:12ba
  verdict       not-a-gpu: an audio function (PCI class 0403), not a GPU (03..)
  driver        snd_hda_intel" "" status b3:00.1
}

@test "status: opens with the verdict of explain, whatever that is" {
	local words
	while read -r words; do
		echo "$words"
		# shellcheck disable=SC2086 # words
		new_world ${words//GPU/"$P40"}
		program explain "$gpu" >explained
		run -0 program status "$gpu"
		[ "$(sed -n '2,/^  driver /{/^  driver /d; s/^  verdict *//; p}' <<<"$output" | tr -s '\n ' ' ')" = \
			"$(sed -n "1s/^$gpu: //p" explained | tr -s '\n ' ' ')" ]
		rm -r "$world"
	done <<-END
		535.104.05 GPU,driver=none
		535.104.05 GPU,driver=vfio-pci
		535.104.05 GPU --no-vfio
		999.1.1 --like=595.45.04 GPU
		535.104.05 GPU
	END
}

@test "status: the time of the last run is local, in JSON it is UTC" {
	served
	sed -i 's/^time: .*/time: "2026-06-30T23:30:05Z"/' "$state_folder/$gpu.yaml"
	TZ=UTC-2 run -0 program status "$gpu"
	[[ $output == *"  last run      2026-07-01 01:30:05, by command: done: "* ]]
	TZ=UTC-2 run -0 program status --json "$gpu"
	[[ $output == *'"time":"2026-06-30T23:30:05Z"'* ]]
	sed -i 's/^time: .*/time: "soon"/' "$state_folder/$gpu.yaml"
	run -0 program status "$gpu"
	[[ $output == *"  last run      soon, by command: done: "* ]]
}

@test "status: an unknown release is named" {
	new_world 999.1.1 --like=595.45.04
	run -0 status "$gpu"
	[ "${lines[1]}" = "  verdict       release-unknown: NVIDIA driver 999.1.1 is not known, nothing was" ]
	[[ $output == *$'\n  driver        nvidia\n'* ]]
}

@test "status: the types of virtual functions are counted together, and are not more than the GPU takes" {
	new_world 550.90.07 "$P40,vfs=4"
	applied "$configuration/$own"
	run -0 status "$gpu"
	[ "$(tail -n 3 <<<"$output")" = "  nvidia-60001 Office              1024  24 yes yes     0    4 ============   0%
  nvidia-60002 GRID P40-8Q with … 12288   2 yes yes     0    2 ============   0%
  nvidia-60003 Ünï                 2048   8 yes yes     0    4 ========....   0%" ]
	simulate vgpus "$gpu" 1 1
	run -0 status "$gpu"
	[ "$(tail -n 3 <<<"$output")" = "  nvidia-60001 Office              1024  24 yes yes     1    3 ============   4%
  nvidia-60002 GRID P40-8Q with … 12288   2 yes yes     0    0 ============   0%
  nvidia-60003 Ünï                 2048   8 yes yes     0    0 ========....   0%" ]
}

@test "status: with SR-IOV off sysfs cannot show types" {
	new_world 535.104.05 "$P40,vfs=4"
	applied "$configuration/$own"
	echo 0 >"$world/sys/bus/pci/devices/$gpu/sriov_numvfs"
	run -0 status "$gpu"
	[ "$(tail -n 5 <<<"$output")" = "  nvidia-60001 Office              1024  24 yes ?       0    - ============   0%
  nvidia-60002 GRID P40-8Q with … 12288   2 yes ?       0    - ============   0%
  nvidia-60003 Ünï                 2048   8 yes ?       0    - ========....   0%
  ?: not to be seen here; why:
  mdev-gpu explain $gpu" ]
}

@test "status: vGPUs of the vendor's VFIO are counted" {
	new_world 550.90.07 "$P40,vfs=4" --vendor-vfio
	applied "$configuration/$own"
	simulate vgpus "$gpu" 1 1
	run -0 status "$gpu"
	cat "$world/sys/bus/pci/devices/$gpu"/virtfn*/nvidia/*
	[ "$(tail -n 10 <<<"$output")" = "  nvidia-60001 Office              1024  24 yes yes     1    3 ============   4%
  nvidia-60002 GRID P40-8Q with … 12288   2 yes ?       0    - ============   0%
  nvidia-60003 Ünï                 2048   8 yes ?       0    - ========....   0%
  ?: not to be seen here; why:
  mdev-gpu explain $gpu
  function   address       type                          in use
  virtfn0    0000:65:00.4  60001 Office                  no
  virtfn1    0000:65:00.5  -                             no
  virtfn2    0000:65:00.6  -                             no
  virtfn3    0000:65:00.7  -                             no" ]
}

@test "status: the vendor's list of types is read as the driver prints it, and as NVIDIA's guide does" {
	local form
	for form in --vendor-vfio --guide-list; do
		rm -rf "$world"
		new_world 550.90.07 "$P40,vfs=4" --vendor-vfio "$form"
		applied "$configuration/$own"
		expect 0 "Office,GRID P40-8Q with a long name,Ünï" "" \
			read_json '",".join(t["name"] for t in it[0]["types"] if t["registered"])' < <(program status --json "$gpu")
	done
}

@test "status: names that the driver offers reach no terminal as they are, not out of JSON either" {
	new_world 570.86.15 "$gpu=10de:26b9:10de:1851,fb=49152,vfs=4" --vendor-vfio
	simulate stock "$gpu" $'NVIDIA\033[1mL40S'
	expect 0 "True" "" read_json 'it[0]["types"][0]["name"].startswith("NVIDIA?[1mL40S-")' < <(program status --json "$gpu")
}

@test "status: colour on a terminal only, never with NO_COLOR, and as wide as the terminal" {
	local pty="$abs_top_srcdir/tests/tools/pty"
	local -a command
	served
	command=("$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" status)
	export TERM=xterm
	"${command[@]}" >plain
	run ! grep -q $'\033' plain
	"$pty" 80 "${command[@]}" >coloured
	grep -qF $'\033[1m'"$gpu"$'\033[0m GP102GL' coloured
	grep -qF $'  verdict       \033[32mthere\033[0m: all' coloured
	[ "$(grep -o $'\033\\[[0-9]*m' coloured | wc -l)" -eq 4 ]
	sed 's/\x1b\[[0-9]*m//g' coloured | cmp - plain
	NO_COLOR=1 "$pty" 80 "${command[@]}" | cmp - plain
	NO_COLOR='' "$pty" 80 "${command[@]}" | cmp - coloured
	TERM=dumb "$pty" 80 "${command[@]}" | cmp - plain
	COLUMNS=140 "${command[@]}" >wide
	NO_COLOR=1 "$pty" 140 "${command[@]}" | cmp - wide
	# nothing is laid out for less than 80
	[ "$(sed 1,5d plain | wc -L)" -eq 80 ]
	NO_COLOR=1 "$pty" 20 "${command[@]}" | cmp - plain
}

# json [ARGUMENT…]: the program's JSON, which must be as its schema says, in json
json() {
	program status --json "$@" >json
	python3 "$abs_top_srcdir/tests/tools/schema.py" output "$abs_top_srcdir/schema" status <json >mistakes
	same "" mistakes "against the schema"
}

@test "status: --json has every member, in order" {
	served
	simulate vgpus "$gpu" 1 1
	json "$gpu"
	expect 0 "[{\"version\":1,\"address\":\"$gpu\",\"name\":\"GP102GL [Tesla P40]\",\"vendorId\":$((0x10de)),\"deviceId\":$((0x1b38)),\"subvendorId\":$((0x10de)),\"subdeviceId\":$((0x11d9)),\"verdict\":\"there\",\"text\":\"all 3 types are there\",\"driver\":\"nvidia\",\"release\":\"535.104.05\",\"architecture\":\"Nvidia/Pascal\",\"files\":[\"$configuration/$own\"],\"problem\":null,\"framebuffer\":24576,\"types\":[\
{\"id\":\"nvidia-60001\",\"name\":\"Office\",\"configured\":true,\"registered\":true,\"inUse\":1,\"available\":23,\"size\":1024,\"maxInstances\":24},\
{\"id\":\"nvidia-60002\",\"name\":\"GRID P40-8Q with a long name\",\"configured\":true,\"registered\":true,\"inUse\":0,\"available\":0,\"size\":12288,\"maxInstances\":2},\
{\"id\":\"nvidia-60003\",\"name\":\"Ünï\",\"configured\":true,\"registered\":true,\"inUse\":0,\"available\":0,\"size\":2048,\"maxInstances\":8}],\
\"functions\":[],\"lastRun\":{\"time\":\"TIME\",\"current\":true,\"by\":\"command\",\"driver\":\"nvidia\",\"release\":\"535.104.05\",\"files\":[\"$configuration/$own\"],\"types\":[60001,60002,60003],\"expected\":[],\"result\":\"done\",\"message\":\"3 types registered, 0 unchanged\"}}]" "" \
		status --json "$gpu"
}

@test "status: JSON is as its schema says, whatever there is to tell" {
	new_world 535.104.05 "$P40,driver=none" "0000:03:00.0=1002:7300:1002:0b36,class=0300,driver=amdgpu" \
		"0000:b3:00.0=10de:1e30:10de:12ba" "0000:c3:00.0=10de:1b38:10de:11d9,vfs=2"
	json
	[ "$(read_json '[(g["driver"], g["problem"], g["lastRun"], len(g["types"])) for g in it]' <json)" = \
		"[('amdgpu', 'driver amdgpu is bound, which mdev-gpu has no backend for', None, 0), (None, 'no driver is bound: No such device', None, 0), ('nvidia', None, None, 0), ('nvidia', None, None, 3)]" ]
	json 65:00.0 03:00.0
	[ "$(read_json '[g["address"] for g in it]' <json)" = "['$gpu', '0000:03:00.0']" ]
	rm -r "$world"
	served
	put "$configuration/$own" 'gpus: [{}]'
	json
	[ "$(read_json '[t["configured"] for t in it[0]["types"]]' <json)" = "[None, None, None]" ]
	run ! program apply "$gpu"
	json
	[ "$(read_json 'it[0]["lastRun"]["result"]' <json)" = refused ]
	put "$configuration/$own" < <(section 60001)
	rm -r "$world"
	new_world 535.104.05 "$P40,vfs=4"
	echo 0 >"$world/sys/bus/pci/devices/$gpu/sriov_numvfs"
	json
	[ "$(read_json '[(t["registered"], t["available"]) for t in it[0]["types"]]' <json)" = "[(None, None)]" ]
	rm -r "$world"
	new_world 535.104.05 "0000:65:00.1=10de:10f0:10de:11d9,class=0403,driver=snd_hda_intel"
	json
	expect 0 "[]" "" program status --json
}

@test "status: an absent device does not hide the others" {
	new_world 535.104.05 "$P40,driver=none" "0000:66:00.0=10de:1b38:10de:11d9,driver=none"
	expect 1 "$gpu 10de:1b38, board 10de:11d9
  verdict       no-driver: no driver is bound, though nvidia is loaded: it
                refused the GPU, or somebody unbound it
  driver        none

0000:66:00.0 10de:1b38, board 10de:11d9
  verdict       no-driver: no driver is bound, though nvidia is loaded: it
                refused the GPU, or somebody unbound it
  driver        none" "mdev-gpu: 0000:67:00.0: cannot find the device: No such device" \
		program status "$gpu" 0000:67:00.0 66:00.0
	expect 2 "[]" "mdev-gpu: 'x' is neither a PCI address (0000:65:00.0) nor a path below /sys; try --help" program status --json x
	expect 2 "" "mdev-gpu: --all or devices, not both; try --help" program status --all "$gpu"
}

@test "status: with a mistake in a devices.yaml the architecture is not known, which is not none" {
	new_world 535.104.05 "$gpu=10de:1b06:1043:85e4"
	run -0 status "$gpu"
	grep -qx "  architecture  no folder is for this GPU" <<<"$output"
	put "$configuration/Nvidia/Mine/devices.yaml" '- 10de:1b06-'
	run -0 status "$gpu"
	grep -qx "  architecture  not known" <<<"$output"
	put "$configuration/Nvidia/Mine/devices.yaml" '- 10de:1b06'
	chmod 0666 "$configuration/Nvidia/Mine/devices.yaml"
	run -0 status "$gpu"
	grep -qx "  architecture  not known" <<<"$output"
}

# before a command: where udevd seems to run
# shellcheck disable=SC2016 # expanded by the inner shell
beside_udevd=("${as_root[@]:-env}" unshare --mount sh -euc
	'mount -t tmpfs none /run && mkdir /run/udev && : >/run/udev/control && exec "$@"' sh)

# watching OUT ERR [ARGUMENT…]: the program in the background, its process in "watcher"
watching() {
	local out=$1 err=$2
	shift 2
	mkdir -p "$root"
	"${beside_udevd[@]}" "$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" status --watch "$@" >"$out" 2>"$err" 3>&- &
	watcher=$!
}

# await COMMAND…: for half a minute at most; what is to be seen then is said by what follows
await() {
	local i
	for ((i = 0; i < 600; i++)); do
		! "$@" || return 0
		sleep 0.05
	done
}

has_lines() {
	[ "$(wc -l <out)" -ge "$1" ]
}

# shown_times N: waits until the program has shown its JSON so often, and a while for more
shown_times() {
	await has_lines "$1"
	sleep 0.3
	[ "$(wc -l <out)" -eq "$1" ]
}

# event ACTION [NAME=VALUE]…: of the GPU, unless DEVPATH says otherwise
event() {
	local path
	path=$(readlink -f "$world/sys/bus/pci/devices/$gpu")
	"$abs_top_srcdir/tests/tools/uevent" "$world" "${path#"$world"}" "$@"
}

@test "status --watch: shows at once, and again for every event of a GPU or a vGPU" {
	served
	watching out err --json
	event change PCI_CLASS=30200
	shown_times 2
	simulate vgpus "$gpu" 1 1
	event add SUBSYSTEM=mdev
	shown_times 3
	# the card's audio function, a switch, a disk
	event change PCI_CLASS=40300
	event change PCI_CLASS=68000
	event add SUBSYSTEM=block
	shown_times 3
	simulate unbind "$gpu" force
	event unbind PCI_CLASS=30200
	shown_times 4
	[ "$(read_json '(it[0]["driver"], it[0]["types"][0]["inUse"])' <<<"$(sed -n 2p out)")" = "('nvidia', 0)" ]
	[ "$(read_json '(it[0]["driver"], it[0]["types"][0]["inUse"])' <<<"$(sed -n 3p out)")" = "('nvidia', 1)" ]
	[ "$(read_json '(it[0]["driver"], it[0]["types"])' <<<"$(sed -n 4p out)")" = "(None, [])" ]
	kill -TERM "$watcher"
	wait "$watcher"
	[ "$(wc -l <out)" -eq 4 ]
	same "" err stderr
}

@test "status --watch: a GPU that goes and comes back, beside one that stays" {
	new_world 535.104.05 "$P40" "0000:66:00.0=10de:1b38:10de:11d9"
	watching out err --json "$gpu" 66:00.0
	event change PCI_CLASS=30200
	shown_times 2
	simulate remove 0000:66:00.0
	event remove PCI_CLASS=30200
	shown_times 3
	simulate add 0000:66:00.0=10de:1b38:10de:11d9
	event add PCI_CLASS=30200
	shown_times 4
	kill -TERM "$watcher"
	wait "$watcher"
	[ "$(read_json '[g["address"] for g in it]' <<<"$(sed -n 3p out)")" = "['$gpu']" ]
	[ "$(read_json '[g["address"] for g in it]' <<<"$(sed -n 4p out)")" = "['$gpu', '0000:66:00.0']" ]
	same "mdev-gpu: 66:00.0: cannot find the device: No such device" err stderr
}

# is_last_in_use N: by what was shown last
is_last_in_use() {
	[ "$(tail -n 1 out | read_json 'it[0]["types"][0]["inUse"]')" = "$1" ]
}

@test "status --watch: a burst of events is shown together, and nothing of it is lost" {
	served
	watching out err --json
	event change PCI_CLASS=30200
	shown_times 2
	event 'change*50' PCI_CLASS=30200
	simulate vgpus "$gpu" 2 2
	event change PCI_CLASS=30200
	await is_last_in_use 2
	[ "$(wc -l <out)" -lt 20 ]
	is_last_in_use 2
	kill -TERM "$watcher"
	wait "$watcher"
}

@test "status --watch: Ctrl-C is an orderly end, and so is a reader that goes" {
	served
	# a shell's background job ignores SIGINT, so somebody else starts it; ten minutes by its clock are longer than other commands take
	RM_CLOCK=200 run -0 timeout --foreground --preserve-status -s INT 3 "${beside_udevd[@]}" "$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" status --watch --json
	[ "${#lines[@]}" -eq 1 ]
	set -o pipefail
	timeout 60 "${beside_udevd[@]}" "$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" status --watch --json | head -n 1 >out
	[ "$(wc -l <out)" -eq 1 ]
}

@test "status --watch: a terminal is drawn anew, elsewhere an empty line stands between" {
	served
	program status "$gpu" >plain
	NO_COLOR=1 run -124 "$abs_top_srcdir/tests/tools/pty" 80 timeout --foreground 3 \
		"${beside_udevd[@]}" "$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" status --watch
	[ "$output" = $'\033[H\033[2J'"$(<plain)" ]
	watching out err
	event change PCI_CLASS=30200
	await has_lines $((2 * $(wc -l <plain) + 1))
	kill -TERM "$watcher"
	wait "$watcher"
	{ cat plain && echo && cat plain; } | cmp - out
}

@test "status --watch: without udevd it fails, since no event would come" {
	served
	# shellcheck disable=SC2016 # expanded by the inner shell
	expect 1 "" "mdev-gpu: cannot watch: udevd does not run, so no event would come" \
		"${as_root[@]:-env}" unshare --mount sh -euc 'mount -t tmpfs none /run && exec "$@"' sh \
		"$SIMULATE" run "$world" -- "$MDEV_GPU" --root "$root" status --watch
}

@test "status --watch: an absent GPU is a failure at once" {
	new_world 535.104.05
	expect 1 "" "mdev-gpu: 0000:66:00.0: cannot find the device: No such device" program status --watch 0000:66:00.0
	expect 2 "" "mdev-gpu: 'x' is neither a PCI address (0000:65:00.0) nor a path below /sys; try --help" program status --watch x
}
