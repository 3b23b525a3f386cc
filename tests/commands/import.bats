#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Configuration of GVM and vgpu_unlock as profiles: what comes out, what is said about the rest, what check makes of it.

# shellcheck disable=SC2154 # stderr: bats
load ../helpers

setup() {
	cp "${abs_top_srcdir:?}/tests/data/import/"*.toml "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return
}

# warns TEXT…: what was said on stderr, each line behind the name of the file
warns() {
	local file=$1
	shift
	printf '%s\n' "$@" | sed "s/^/mdev-gpu: $file:/"
}

gap="changes a type of NVIDIA's, which has what it does not say; mdev-gpu has its own defaults for that"

# refuses MISTAKE…: what comes in is refused with these, and nothing is printed
refuses() {
	put a.toml
	expect 3 "" "$(warns a.toml "$@")" mdev_gpu import a.toml
}

@test "import: a GVM file, whole" {
	expect 0 '# Made by mdev-gpu import from "gvm.toml"
gpus:
- filteredGpus:
  - vendorId: 0x10de
    deviceId: 0x1b38
  - bus: 3
  mdevConfigs:
  - num: 60001
    name: "Desk \"two\""
    gpuClass: "Quadro"
    maxInstances: 12
    vDevId: 0x1b3811e9
    ecc: true
    multiMdev: false
    fbLen: 1856
    fbRes: 192
    mapVideoSize: 4
    encCap: 100
    bar1Len: 0x100
    virtDisplay:
      numHeads: 4
      maxResX: 3840
      maxResY: 2160
      frlConfig: 60
      frlEnable: 1
  - num: 60002
    maxInstances: 24
    pDevId: 0x1b38
    ecc: false
    fbLen: 896
    fbRes: 128
    mapVideoSize: 24
    name: "GVM GPU"
- filteredGpus:
  - domain: 1
    bus: 0x65
    slot: 2
    function: 3
    vendorId: 0x10de
    deviceId: 0x1b38
    subvendorId: 0x10de
    subdeviceId: 0x11d9
    identifier: 0x16502
  mdevConfigs:
  - num: 60003
    maxInstances: 1
    multiMdev: true
    fbLen: 22976
    fbRes: 1600
    name: "GVM GPU"' "$(warns gvm.toml '21:22: warning: map_video_size: GVM reads map_vid_size instead and passed over this' \
		'36:11: warning: ecc: GVM reads ecc_support instead and passed over this' \
		'39:17: warning: partition: left out: MIG slices have no key here' \
		'40:5: warning: colour: left out: GVM has no such key')" mdev_gpu import gvm.toml
}

@test "import: a profile_override.toml of vgpu_unlock, whole" {
	local mdev='[mdev.00000000-0000-0000-0000-000000000100]' odd=": 1136 MiB with what is reserved are no multiple of 256, as NVIDIA's own shares are: 1024 or 1280"
	local taken='may be one of NVIDIA'"'"'s own numbers (11 to 1600): whoever registers it first defines it'
	expect 0 '# Made by mdev-gpu import from "profile_override.toml"
# To be completed before check --strict accepts it:
'"$(printf '#   gpus[0].mdevConfigs[%s\n' "0].num: 47 $taken" "1].num: 48 $taken" "1].fbLen$odd" "2].num: 55 $taken" "3].fbLen$odd")"'
gpus:
- discardPrevious: false
  mdevConfigs:
  - num: 47
    name: "GeForce-ish 4 GiB"
    gpuClass: "Quadro"
    license: "Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0"
    maxInstances: 6
    vDevId: 0x1b3811ea
    pDevId: 0x1b38
    virtDisplay:
      numHeads: 4
      maxResX: 7680
      maxResY: 4320
      frlConfig: 60
      frlEnable: 1
    ecc: 0
    multiMdev: 0
    fbLen: 3776
    fbRes: 320
    mapVideoSize: 4
    encCap: 100
    bar1Len: 0x100
    cuda: 1
  - num: 48
    fbLen: 944
    maxInstances: 1
    fbRes: 192
  - num: 55
    virtDisplay:
      numHeads: 1
      maxResX: 1920
      maxResY: 1080
      frlEnable: 0
    cuda: 1
    maxPixels: 2073600
    maxInstances: 1
    fbLen: auto
    fbRes: auto
  - num: 60001 # nvidia-60001 for [mdev.00000000-0000-0000-0000-000000000100]
    fbLen: 944
    maxInstances: 1
    fbRes: 192
  - num: 60002 # nvidia-60002 for [vm.202]
    virtDisplay:
      frlEnable: 0
    maxInstances: 1
    fbLen: auto
    fbRes: auto' "$(warns profile_override.toml \
		'3:10: warning: nvidia-55: does not say max_instances: maxInstances is 1, write how many shall share a GPU' \
		"3:10: warning: nvidia-55: $gap" \
		'3:10: warning: nvidia-55: does not say framebuffer: fbLen is auto' \
		'3:10: warning: nvidia-55: does not say framebuffer_reservation: fbRes is auto' \
		"3:10: warning: gpus[0].mdevConfigs[2].num: 55 $taken" \
		"11:10: warning: nvidia-47: $gap" \
		"11:10: warning: gpus[0].mdevConfigs[0].num: 47 $taken" \
		'15:16: warning: license_type: left out: the driver finds the product by the licence string (features, here license)' \
		'32:16: warning: adapter_name: left out: the driver does not take it with a type' \
		'34:10: warning: nvidia-48: does not say max_instances: maxInstances is 1, write how many shall share a GPU' \
		"34:10: warning: nvidia-48: $gap" \
		'34:10: warning: nvidia-48: does not say framebuffer_reservation: fbRes is what NVIDIA reserves of such a share' \
		"34:10: warning: gpus[0].mdevConfigs[1].num: 48 $taken" \
		'35:15: warning: framebuffer: 989855745 bytes are not a whole number of MiB; rounded down' \
		"35:15: warning: gpus[0].mdevConfigs[1].fbLen$odd" \
		"37:7: warning: $mdev: becomes a type of its own, nvidia-60001" \
		"37:7: warning: $mdev: does not say max_instances: maxInstances is 1, write how many shall share a GPU" \
		"37:7: warning: $mdev: $gap" \
		"37:7: warning: $mdev: does not say framebuffer_reservation: fbRes is what NVIDIA reserves of such a share" \
		"38:15: warning: gpus[0].mdevConfigs[3].fbLen$odd" \
		"40:5: warning: [vm.202]: becomes a type of its own, nvidia-60002" \
		"40:5: warning: [vm.202]: does not say max_instances: maxInstances is 1, write how many shall share a GPU" \
		"40:5: warning: [vm.202]: $gap" \
		'40:5: warning: [vm.202]: does not say framebuffer: fbLen is auto' \
		'40:5: warning: [vm.202]: does not say framebuffer_reservation: fbRes is auto')" mdev_gpu import profile_override.toml
}

# without_places FILE: what check says in it, as it stands in the head of what import prints
without_places() {
	sed 's/^mdev-gpu: [^ ]* warning: //; s/ at [^ ;]*;/ at …;/' "$1" | sort
}

@test "import: check --strict accepts what comes out, or its head says what is to be completed" {
	local file status accepted=0 refused=0
	for file in *.toml; do
		echo "$file"
		mdev_gpu import "$file" >a.yaml 2>said
		sed -n 's/^#   //p' a.yaml >asked
		status=0
		mdev_gpu check --strict a.yaml >out 2>err || status=$?
		sed -i '/: note: /d' err # strict does not count them
		diff <(without_places asked) <(without_places err)
		while read -r _ line; do
			grep -qF ": $line" said
		done <asked
		if [ "$status" -eq 0 ]; then
			accepted=$((accepted + 1))
			run ! grep -q '^# To be completed' a.yaml
		else
			[ "$status" -eq 3 ]
			refused=$((refused + 1))
			[ "$(sed -n 2p a.yaml)" = "# To be completed before check --strict accepts it:" ]
			[ -s asked ]
		fi
	done
	[ "$accepted" -ge 3 ]
	[ "$refused" -ge 3 ]
}

@test "import: a switch of vgpu_unlock is a whole number, and more than 1 frame a limit" {
	expect 0 '# Made by mdev-gpu import from "switches.toml"
gpus:
- discardPrevious: false
  mdevConfigs:
  - num: 2001
    maxInstances: 4
    virtDisplay:
      frlConfig: 60
      frlEnable: 1
    ecc: 1
    multiMdev: 0
    fbLen: 3776
    fbRes: 320
    cuda: 1
  - num: 2002
    maxInstances: 4
    virtDisplay:
      frlConfig: 45
      frlEnable: 1
    fbLen: 3776
    fbRes: 320
  - num: 2003
    maxInstances: 4
    virtDisplay:
      frlEnable: 1
    fbLen: 3776
    fbRes: 320' "$(warns switches.toml "3:10: warning: nvidia-2001: $gap" \
		'7:16: warning: cuda_enabled: 2 is on, as any number but 0' \
		'8:17: warning: ecc_supported: 0x10 is on, as any number but 0' \
		'10:15: warning: frl_enabled: 60 is on, as any number but 0, and taken for virtDisplay.frlConfig, too' \
		"12:10: warning: nvidia-2002: $gap" \
		'17:15: warning: frl_enabled: 60 is on, as any number but 0' \
		"19:10: warning: nvidia-2003: $gap")" mdev_gpu import switches.toml
	refuses "1:10: warning: nvidia-2000: $gap" \
		"5:15: gpus[0].mdevConfigs[0].virtDisplay.frlEnable: '-1' is neither true nor false" <<-'END'
		[profile.nvidia-2000]
		max_instances = 1
		framebuffer = 939524096
		framebuffer_reservation = 134217728
		frl_enabled = -1
	END
	# what GVM calls frl_enable was read as a number, too
	put a.toml <<-'END'
		[[config]]
		gpu_config = []
		request = [{num = 60001, max_instances = 1, fb_len = 896, fb_res = 128, display = {frl_enable = 30}}]
	END
	mdev_gpu import a.toml >a.yaml 2>said
	[ "$(grep frl a.yaml)" = $'      frlConfig: 30\n      frlEnable: 1' ]
	same 'mdev-gpu: a.toml:3:97: warning: frl_enable: 30 is on, as any number but 0, and taken for virtDisplay.frlConfig, too' said said
}

# printed FILE: the types that import prints
printed() {
	mdev_gpu import "$1" 2>said | sed '1,/^ *mdevConfigs:/d'
}

@test "import: overrides alone become types, each with a word for whom; what says nothing is left out" {
	diff - <(printed overrides.toml) <<-'END'
		  - num: 60001 # nvidia-60001 for [mdev.00000000-0000-0000-0000-000000000102]
		    name: "Rack"
		    maxInstances: 1
		    fbLen: auto
		    fbRes: auto
		  - num: 60002 # nvidia-60002 for [mdev.7b5c3c1e-2f4d-4a6b-9c8e-0d1f2a3b4c5d]
		    virtDisplay:
		      numHeads: 1
		      maxResX: 1920
		      maxResY: 1080
		      frlEnable: 0
		    fbLen: 1856
		    cuda: 1
		    maxPixels: 2073600
		    maxInstances: 1
		    fbRes: 192
		  - num: 60003 # nvidia-60003 for [vm.202]
		    virtDisplay:
		      frlEnable: 0
		    maxInstances: 1
		    fbLen: auto
		    fbRes: auto
	END
	diff <(warns overrides.toml '17:7: warning: [mdev.00000000-0000-0000-0000-00000000103]: left out: no UUID' \
		'20:5: warning: [vm.7]: left out: says nothing that a type has' \
		'27:5: warning: [vm.desk]: left out: no number of a virtual machine') <(grep '\]: left out' said)
}

@test "import: an override lies on top of the profile that its gpu_type names, and has a number that is free" {
	diff - <(printed layers.toml) <<-'END'
		  - num: 60002
		    maxInstances: 6
		    virtDisplay:
		      numHeads: 1
		      frlConfig: 60
		      frlEnable: 1
		    fbLen: 1856
		    fbRes: 192
		    bar1Len: 0x100
		  - num: 47
		    maxInstances: 2
		    fbLen: 3776
		    fbRes: 320
		  - num: 60001 # nvidia-60001 for [vm.202]
		    maxInstances: 6
		    virtDisplay:
		      numHeads: 2
		      frlConfig: 60
		      frlEnable: 1
		    fbLen: 896
		    fbRes: 128
		    bar1Len: 0x100
		  - num: 60003 # nvidia-60003 for [vm.203]
		    maxInstances: 2
		    fbLen: 3776
		    cuda: 0
		    fbRes: 320
		  - num: 60004 # nvidia-60004 for [vm.204]
		    fbLen: 896
		    maxInstances: 1
		    fbRes: 128
		  - num: 60005 # nvidia-60005 for [vm.205]
		    fbLen: 896
		    maxInstances: 1
		    fbRes: 128
	END
	# what the profile has is said once; what the override has instead, not of the override
	diff <(warns layers.toml \
		'8:27: warning: framebuffer_reservation: 201326593 bytes are not a whole number of MiB; rounded down' \
		'10:15: warning: frl_enabled: 60 is on, as any number but 0, and taken for virtDisplay.frlConfig, too (used at 18:5)' \
		'11:1: warning: fps: left out: vgpu_unlock has no such key' \
		'12:16: warning: adapter_name: left out: the driver does not take it with a type (used at 18:5)' \
		'23:1: warning: fps: left out: vgpu_unlock has no such key' \
		'30:12: warning: gpu_type: names no profile of this file') <(grep -E ' layers.toml:(8|10|11|12|23|30):' said)
}

@test "import: an override beside a single profile is taken for a change of that" {
	put a.toml <<-'END'
		[profile.nvidia-2000]
		max_instances = 4
		framebuffer = "3776 MiB"
		[vm.202]
		frl_enabled = 0
		[vm.203]
		gpu_type = "P40-2A"
		frl_enabled = 0
	END
	diff - <(printed a.toml) <<-'END'
		  - num: 2000
		    maxInstances: 4
		    fbLen: 3776
		    fbRes: 320
		  - num: 60001 # nvidia-60001 for [vm.202]
		    maxInstances: 4
		    virtDisplay:
		      frlEnable: 0
		    fbLen: 3776
		    fbRes: 320
		  - num: 60002 # nvidia-60002 for [vm.203]
		    virtDisplay:
		      frlEnable: 0
		    maxInstances: 1
		    fbLen: auto
		    fbRes: auto
	END
	grep -qxF 'mdev-gpu: a.toml:4:5: warning: [vm.202]: is taken for a change of nvidia-2000, the only profile here' said
}

@test "import: check finds a new type's number in another file of the configuration" {
	folder Pascal 10de:1b38
	mdev_gpu import overrides.toml >"$configuration/Nvidia/Pascal/imported.yaml" 2>said
	expect 3 "" "mdev-gpu: $configuration/Nvidia/Pascal/types.yaml:2:23: gpus[0].mdevConfigs[0].num: 60001 is taken, first at $configuration/Nvidia/Pascal/imported.yaml:5:10" mdev_gpu check
	put "$configuration/Nvidia/Pascal/types.yaml" < <(section 60004)
	expect 0 "3 files, 4 types: no mistakes" "" mdev_gpu check
}

@test "import: of nothing comes no profile, which would take a GPU's types from it" {
	refuses "1:1: has nothing that becomes a type" <<<'config = []'
	refuses "1:1: has nothing that becomes a type" "1:11: warning: config: has no gpu_config: the types are for every GPU" <<<'config = [{}]'
	refuses "1:1: has nothing that becomes a type" <<<'profile = {}'
	refuses "1:1: has nothing that becomes a type" "2:1: warning: [mdev.0000000g-0000-0000-0000-000000000103]: left out: no UUID" <<<'[mdev]
0000000g-0000-0000-0000-000000000103 = {frl_enabled = 0}'
	refuses "1:1: has nothing that becomes a type" "1:10: warning: P40: left out: no type of NVIDIA's (nvidia-NUMBER)" <<<'[profile.P40]'
}

@test "import: without gpu_config the types are for every GPU, and a type without a name has that of GVM" {
	put a.toml <<-'END'
		[[config]]
		[[config.request]]
		num = 1
		max_instances = 10
		fb_len = 896
		fb_res = 128
	END
	mdev_gpu import a.toml >a.yaml 2>said
	same 'mdev-gpu: a.toml:1:1: warning: config: has no gpu_config: the types are for every GPU' said said
	put b.yaml <<-'END'
		# Made by mdev-gpu import from "a.toml"
		gpus:
		- filteredGpus: []
		  mdevConfigs:
		  - num: 1
		    maxInstances: 10
		    fbLen: 896
		    fbRes: 128
		    name: "GVM GPU"
	END
	diff b.yaml a.yaml
}

@test "import: a filter without keys stays one, for every GPU" {
	put a.toml <<-'END'
		[[config]]
		gpu_config = [{}, {bus = 3}]
		request = [{num = 5000, max_instances = 1, fb_len = 896, fb_res = 128}]
	END
	mdev_gpu import a.toml >a.yaml
	run -0 sed -n '/filteredGpus/,/mdevConfigs/p' a.yaml
	[ "$output" = "- filteredGpus:
  - {}
  - bus: 3
  mdevConfigs:" ]
	expect 0 "1 file, 1 type: no mistakes" "" mdev_gpu check a.yaml
}

@test "import: sizes of vgpu_unlock are bytes, or have a unit" {
	local text mib
	while read -r mib text; do
		echo "$text"
		put a.toml <<<"[profile.nvidia-2000]
max_instances = 1
framebuffer = $text
framebuffer_reservation = 0"
		mdev_gpu import a.toml 2>said | grep -q "^    fbLen: $mib\$"
	done <<-'END'
		2048 2147483648
		2048 "2147483648"
		2048 "2GiB"
		2048 " 2 GiB"
		1536 "1.5 GiB"
		1907 "2GB"
		1907 "2000 MB"
		1907 "2000000kB"
		1907 "2000000 KB"
		1048576 "1TiB"
		2 "2048KiB"
	END
	for text in '"2"' '"2 gib"' '"GiB"' '""' '"-2 GiB"' '-1' 'true' '[1]' '"99999999TiB"' '"nan GiB"'; do
		echo "$text"
		put a.toml <<<"[profile.nvidia-2000]
max_instances = 1
framebuffer = $text"
		run -3 mdev_gpu import a.toml
		[[ ${lines[0]} == *"framebuffer: is no size: a number of bytes, or \"2 GiB\" with a unit from kB to TiB" || $text == '"2"' || $text == '""' ]]
	done
}

@test "import: what vgpu_unlock does not say of the reserve is what NVIDIA has of such a share" {
	local length reserve
	while read -r length reserve; do
		put a.toml <<<"[profile.nvidia-2000]
max_instances = 1
framebuffer = \"$length MiB\""
		[ "$(mdev_gpu import a.toml 2>said | sed -n 's/^    fbRes: //p')" = "$reserve" ]
	done <<-'END'
		416 96
		896 128
		1856 192
		1857 256
		7616 576
		46016 3136
	END
}

@test "import: what check would refuse is refused, with the place in the TOML file" {
	refuses "3:1: gpus[0].mdevConfigs[0]: num is missing" "6:12: gpus[0].mdevConfigs[0].encCap: 101 is over 100" <<-'END'
		[[config]]
		gpu_config = []
		[[config.request]]
		max_instances = 1
		fb_len = 896
		enc_cap  = 101
		fb_res = 128
	END
	refuses "1:10: warning: nvidia-2000: $gap" "5:10: warning: nvidia-2001: $gap" \
		"6:12: gpus[0].mdevConfigs[1].num: 2000 is taken, first at a.toml:1:10" <<-'END'
		[profile.nvidia-2000]
		max_instances = 1
		framebuffer = 939524096
		framebuffer_reservation = 134217728
		[profile.nvidia-2001]
		gpu_type = 2000
		max_instances = 1
		framebuffer = 939524096
		framebuffer_reservation = 134217728
	END
}

@test "import: broken TOML is a message, also where the library gives no place" {
	put a.toml $'[[gpus]]\n  [[\n[[gpus]]'
	expect 3 '' 'mdev-gpu: a.toml: broken TOML: a key or a header in brackets is not written in full, and the library does not say where' \
		mdev_gpu import a.toml
}

@test "import: a TOML file of another kind is refused" {
	# the rest is the library's
	put a.toml <<<$'[[config]]\n[[config.request]]\necc = False'
	run -3 mdev_gpu import a.toml
	[[ $output == "mdev-gpu: a.toml:3:7: broken TOML: "* ]]
	refuses "1:8: broken TOML: neither a whole number, a text nor a truth" <<<'vm.a = 1.5'
	refuses "1:1: has neither config (GVM) nor profile, mdev or vm (vgpu_unlock)" <<<'types = 1'
	refuses "1:10: config: must be an array of tables" <<<'config = 1'
	refuses "1:11: config: must be a table" <<<'config = [1]'
	refuses "1:11: profile: must be a table" <<<'profile = [ ]'
	refuses "1:6: vm: must be a table" <<<'vm = 202'
	refuses "1:8: mdev: must be a table" <<<'mdev = [ ]'
	refuses "1:24: nvidia-1: must be a table" <<<'profile = { nvidia-1 = 1 }'
	expect 3 "" "mdev-gpu: none.toml: No such file or directory" mdev_gpu import none.toml
	expect 2 "" "mdev-gpu: FILE is missing; try --help" mdev_gpu import
	expect 2 "" "mdev-gpu: 'b' is one word too many; try --help" mdev_gpu import a b
}

@test "import: deep nesting is refused, not a crash" {
	refuses "1:1: has neither config (GVM) nor profile, mdev or vm (vgpu_unlock)" <<<"$(printf 'a.%.0s' {1..500})a = 1"
	refuses "1:1025: broken TOML: is nested too deep" <<<"$(printf 'a.%.0s' {1..5000})a = 1"
	put a.toml "a = $(printf '[%.0s' {1..5000})"
	run -3 mdev_gpu import a.toml
	[[ $output == "mdev-gpu: a.toml:1:"*": broken TOML: "* ]]
}

@test "import: output that cannot be written is a failure" {
	put a.toml 'config = [{gpu_config = [], request = [{num = 60001, max_instances = 1, fb_len = 896, fb_res = 128}]}]'
	# shellcheck disable=SC2016 # expanded by the inner shell
	expect 1 "" "mdev-gpu: cannot write all of the output" sh -c '"$1" import a.toml >/dev/full' sh "$MDEV_GPU"
}

@test "import: the program behind it is not for people" {
	expect 2 "" "mdev-gpu: this is a part of mdev-gpu import FILE; try --help" "${abs_top_builddir:?}/mdev-gpu-import"
}
