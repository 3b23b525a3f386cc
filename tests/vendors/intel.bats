#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Intel GVT-g: the driver brings its types, mdev-gpu sees to it that they are there and says why they are not. i915 and kvmgt
# are plain files here; the virtual machine loads simulated ones.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

igpu=0000:00:02.0
off='GVT-g is off: i915 was not loaded with enable_gvt=1 (put "options i915 enable_gvt=1" into modprobe.d, also in the initial RAM disk, or i915.enable_gvt=1 on the kernel'"'"'s command line)'
absent='module kvmgt is not installed for this kernel: this kernel is built without GVT-g (CONFIG_DRM_I915_GVT_KVMGT), or the package with it is missing'

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p "$configuration"
	cp -r "$CATALOG/Intel" "$configuration"
	chmod -R go-w "$configuration"
}

# intel_world DEVICE [GPU…]: an Intel GPU whose i915 was loaded with enable_gvt=1, and the simulated NVIDIA driver beside it
intel_world() {
	local device=$1
	shift
	new_world 535.104.05 "$igpu=8086:$device,class=0300,driver=i915" "$@"
	sys=$world/sys/bus/pci/devices/$igpu
	parameter enable_gvt Y
	parameter enable_guc -1
	loaded i915
}

parameter() {
	put "$world/sys/module/i915/parameters/$1" "$2"
}

loaded() {
	put "$world/sys/module/$1/initstate" live
}

# types ID…: what the driver shows; without a name, as kernels before 6.1 did it
show_types() {
	local id
	for id; do
		put "$sys/mdev_supported_types/$id/available_instances" 1
		put "$sys/mdev_supported_types/$id/device_api" vfio-pci
	done
}

# aperture MIB: the third region
aperture() {
	printf '0x%016x 0x%016x 0x%016x\n' 0xde000000 0xdeffffff 0x140204 0 0 0 \
		0x4000000000 $((0x4000000000 + $1 * 1048576 - 1)) 0x14220c >"$sys/resource"
}

cannot() {
	echo "mdev-gpu: $igpu: $1 and others are expected, but cannot be there: $2"
}

lacks() {
	echo "mdev-gpu: $igpu: $1 is expected, but the driver does not show it: ${2-the "kernel's" log may say why}"
}

@test "intel: the types are there, without a name attribute" {
	intel_world 5912
	show_types i915-GVTg_V5_8 i915-GVTg_V5_4
	expect 0 "$igpu: nothing to do: 2 expected types are there" "" program apply "$igpu"
	grep -qx 'expected: \["i915-GVTg_V5_8", "i915-GVTg_V5_4"\]' "$state_folder/$igpu.yaml"
	grep -qx 'result: "done"' "$state_folder/$igpu.yaml"
}

@test "intel: each architecture expects the types of its generation" {
	local device folder version
	while read -r device folder version; do
		intel_world "$device"
		echo "$device $folder"
		run -0 program plan "$igpu"
		[ "$output" = "$igpu 8086:$device, driver i915 $(uname -r)
  from $configuration/Intel/$folder/GVT-g.yaml
  i915-GVTg_${version}_8, the driver's own: missing
  i915-GVTg_${version}_4, the driver's own: missing" ]
		rm -r "$world"
	done <<-END
		1616 Broadwell V4
		1912 Skylake V5
		5a85 Broxton V5
		5912 KabyLake V5
		3e92 CoffeeLake V5
		9bc5 CometLake V5
	END
}

@test "intel: a GPU between those that have GVT-g has no folder" {
	local device
	for device in 5a54 1633 3e95 9b22; do
		intel_world "$device"
		expect 0 "$igpu: nothing to do: no configuration is for this GPU" "" program apply "$igpu"
		rm -r "$world"
	done
}

@test "intel: types that come while it waits" {
	intel_world 5912
	loaded kvmgt
	(
		sleep 1
		show_types i915-GVTg_V5_8 i915-GVTg_V5_4
	) 3>&- &
	expect 0 "$igpu: 2 expected types are there, 2 of them now" "" program apply "$igpu"
}

@test "intel: types that cannot be read are a failure that says why" {
	intel_world 5912
	loaded kvmgt
	put "$sys/mdev_supported_types" ""
	expect 1 "" "mdev-gpu: $igpu: cannot read the types in sysfs: Not a directory" program apply "$igpu"
}

@test "intel: enable_gvt=0 is a failure that says how to switch GVT-g on" {
	intel_world 5912
	parameter enable_gvt N
	expect 1 "" "$(cannot i915-GVTg_V5_8 "$off")" program apply "$igpu"
	grep -qx 'result: "failed"' "$state_folder/$igpu.yaml"
}

@test "intel: a kernel without GVT-g is a failure that names the option" {
	intel_world 5912
	rm "$world/sys/module/i915/parameters/enable_gvt"
	expect 1 "" "$(cannot i915-GVTg_V5_8 "this kernel's i915 is built without GVT-g (CONFIG_DRM_I915_GVT)")" \
		program apply "$igpu"
}

@test "intel: GuC submission is a failure, other values of enable_guc are not" {
	local mask
	intel_world 5912
	for mask in 1 3; do
		parameter enable_guc $mask
		expect 1 "" "$(cannot i915-GVTg_V5_8 "GVT-g does not work with GuC submission: i915 was loaded with enable_guc=1 or 3 (0 and 2 are without)")" \
			program apply "$igpu"
	done
	for mask in -1 0 2; do
		parameter enable_guc $mask
		expect 1 "" "$(cannot i915-GVTg_V5_8 "$absent")" program apply "$igpu"
	done
}

@test "intel: a missing kvmgt is a failure that names the package" {
	intel_world 5912
	expect 1 "" "$(cannot i915-GVTg_V5_8 "$absent")" program apply "$igpu"
}

@test "intel: generations without GVT-g, and what to use instead" {
	local device name instead
	local whole="it can only be given away whole (vfio-pci); SR-IOV takes over from Alder Lake on"
	local vfs="its generation shares itself through SR-IOV, but this GPU offers no virtual functions (no sriov_totalvfs)"
	while read -r device instead name; do
		intel_world "$device"
		[ "$instead" = vfs ] && instead=$vfs || instead=$whole
		expect 5 "" "mdev-gpu: $igpu: $name (8086:$device) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake; $instead" \
			program apply "$igpu"
		rm -r "$world"
	done <<-END
		0412 whole Haswell
		3185 whole Gemini Lake
		8a52 whole Ice Lake
		9a49 whole Tiger Lake
		46a6 vfs Alder Lake
		a780 vfs Raptor Lake
		7d55 vfs Meteor Lake
	END
}

@test "intel: each of these generations begins and ends at its own device IDs" {
	local first last instead name id part gpus
	# the first and the last one of each, and those before and behind it
	while read -r first last instead name; do
		printf '%04x %s\n' $((16#$first)) "$name, $instead" $((16#$last)) "$name, $instead" $((16#$first - 1)) - $((16#$last + 1)) -
	done >ids <<-'END'
		0102 0126 whole Sandy Bridge
		0152 016a whole Ivy Bridge
		0402 042e whole Haswell
		0a02 0a2e whole Haswell
		0c02 0c2e whole Haswell
		0d02 0d2e whole Haswell
		0f30 0f33 whole Bay Trail
		22b0 22b3 whole Cherry Trail
		3184 3185 whole Gemini Lake
		4541 4571 whole Elkhart Lake
		4680 46d4 SR-IOV Alder Lake
		4905 4909 whole DG1
		4c80 4c9a whole Rocket Lake
		4e51 4e71 whole Jasper Lake
		5690 56b3 whole Arc Alchemist
		56c0 56c2 SR-IOV Data Center GPU Flex
		6420 64b0 SR-IOV Lunar Lake
		7d40 7dd5 SR-IOV Meteor Lake
		8a50 8a71 whole Ice Lake
		9a40 9af8 whole Tiger Lake
		a720 a7ad SR-IOV Raptor Lake
		b080 b0bf SR-IOV Panther Lake
		b640 b640 SR-IOV Arrow Lake
		e202 e223 SR-IOV Battlemage
	END
	# those within another one
	printf '%s Arrow Lake, SR-IOV\n' 7d41 7d51 7d67 7dd1 >>ids
	printf '%s Meteor Lake, SR-IOV\n' 7d42 7d50 7d52 7d66 7d68 7dd0 7dd2 >>ids
	sort -u ids >sorted
	split -l 60 sorted part
	for part in part*; do
		gpus=()
		rm -rf "${world-}"
		while read -r id _; do
			gpus+=("$(printf '0000:%02x:00.0' ${#gpus[@]})=8086:$id,class=0300,driver=i915")
		done <"$part"
		new_world 535.104.05 "${gpus[@]}"
		put "$world/sys/module/i915/parameters/enable_gvt" Y
		program explain --json | read_json '"\n".join(
			d["chain"][0]["seen"][5:9] + " " +
			"".join(l["seen"].split(" (")[0] + (", SR-IOV" if "its generation shares itself through SR-IOV" in l["advice"] else ", whole")
				for l in d["chain"] if l.get("cause") == "cannot-share")
			for d in it)' | sed 's/ $/ -/'
	done >told
	diff sorted told
}

@test "intel: a generation without GVT-g of which somebody expects types" {
	intel_world 3185
	put "$configuration/generate-vgpu-types.yaml" 'gpus: [{expectTypes: [i915-GVTg_V5_8, i915-GVTg_V5_4]}]'
	expect 5 "" "$(cannot i915-GVTg_V5_8 "Gemini Lake (8086:3185) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake; it can only be given away whole (vfio-pci); SR-IOV takes over from Alder Lake on")" \
		program apply "$igpu"
}

@test "intel: no GPU of the catalog is called one without GVT-g" {
	local id types n=0
	intel_world 5912
	while read -r id; do
		put "$sys/device" "0x$id"
		[[ $id == 16* ]] && types=V4 || types=V5
		expect 1 "" "$(cannot "i915-GVTg_${types}_8" "$absent")" program apply "$igpu"
		n=$((n + 1))
	done < <(sed -n 's/^- 8086:\([0-9a-f]*\)$/\1/p' "$CATALOG"/Intel/*/devices.yaml)
	[ "$n" -eq 115 ]
}

@test "intel: an aperture that is too small for a type, and one that is not" {
	put "$configuration/generate-vgpu-types.yaml" 'gpus: [{expectTypes: [i915-GVTg_V5_8, i915-GVTg_V5_4, i915-GVTg_V5_2, i915-GVTg_V5_1]}]'
	intel_world 5912
	loaded kvmgt
	show_types i915-GVTg_V5_8 i915-GVTg_V5_4
	aperture 256
	RM_CLOCK=virtual expect 1 "" "$(lacks i915-GVTg_V5_2 "it needs an aperture of 512 MiB, the GPU's is 256 MiB; the firmware's setup may offer more")
$(lacks i915-GVTg_V5_1 "it needs an aperture of 1024 MiB, the GPU's is 256 MiB; the firmware's setup may offer more")" \
		program apply "$igpu"
	aperture 512
	RM_CLOCK=virtual expect 1 "" "$(lacks i915-GVTg_V5_2)
$(lacks i915-GVTg_V5_1 "it needs an aperture of 1024 MiB, the GPU's is 512 MiB; the firmware's setup may offer more")" \
		program apply "$igpu"
}

@test "intel: types that do not come in five seconds are each a failure" {
	intel_world 5912
	loaded kvmgt
	RM_CLOCK=virtual expect 1 "" "$(lacks i915-GVTg_V5_8)
$(lacks i915-GVTg_V5_4)" program apply "$igpu"
	[ "$(grep -c ' wait 20 ms' "$world/transcript")" -eq 250 ]
}

@test "intel: --dry-run waits for nothing" {
	intel_world 5912
	expect 0 "$igpu: 2 of 2 expected types would be waited for" "" program apply --dry-run "$igpu"
	parameter enable_gvt N
	expect 1 "" "$(cannot i915-GVTg_V5_8 "$off")" program apply --dry-run "$igpu"
}

@test "intel: plan --json has the expected types" {
	intel_world 5912
	show_types i915-GVTg_V5_8
	run -0 program plan --json "$igpu"
	[ "$(read_json 'it[0]["expectTypes"]' <<<"$output")" = "[{'id': 'i915-GVTg_V5_8', 'there': True}, {'id': 'i915-GVTg_V5_4', 'there': False}]" ]
}

@test "intel: --all passes over a GPU whose GVT-g nobody asked for" {
	intel_world 5912
	parameter enable_gvt N
	expect 0 "$igpu: passed over: GVT-g is off: i915 was not loaded with enable_gvt=1 (put \"options i915 enable_gvt=1\" into modprobe.d, also \
in the initial RAM disk, or i915.enable_gvt=1 on the kernel's command line)
nothing to do: there is no GPU with a driver that mdev-gpu has a backend for" "" program apply --all
	parameter enable_gvt Y
	expect 1 "" "$(cannot i915-GVTg_V5_8 "$absent")" program apply --all
}

@test "intel: types cannot be given to the driver" {
	intel_world 5912
	section 1 'filteredGpus: [{vendorId: 0x8086}]' >"$BATS_TEST_TMPDIR/types.yaml"
	expect 3 "" "mdev-gpu: $BATS_TEST_TMPDIR/types.yaml:2:23: gpus[0].mdevConfigs[0].num: cannot be: driver i915 takes no types, it brings its own; expectTypes names those that must be there
mdev-gpu: $igpu: configuration refused, nothing was sent to the driver" program apply -c "$BATS_TEST_TMPDIR/types.yaml" "$igpu"
}

@test "intel: another driver's types are a mistake where this GPU is meant" {
	intel_world 5912
	put "$BATS_TEST_TMPDIR/types.yaml" 'gpus: [{filteredGpus: [{vendorId: 0x8086}], expectTypes: [nvidia-63]}]'
	expect 3 "" "mdev-gpu: $BATS_TEST_TMPDIR/types.yaml:1:59: gpus[0].expectTypes[0]: nvidia-63 is none of driver i915
mdev-gpu: $igpu: configuration refused, nothing was sent to the driver" program apply -c "$BATS_TEST_TMPDIR/types.yaml" "$igpu"
}

@test "intel: a file of Mdev-GPU's, which has no filters, is not about Intel's GPU" {
	intel_world 5912 "$P40"
	show_types i915-GVTg_V5_8 i915-GVTg_V5_4
	section 1 >"$configuration/generate-vgpu-types.yaml"
	expect 0 "$igpu: nothing to do: 2 expected types are there
$gpu: 1 type registered, 0 unchanged" "" program apply --all
	expect 0 "$gpu: nothing to do: 1 type is registered" "" program apply --all -c "$configuration/generate-vgpu-types.yaml"
}

@test "intel: a file that expects GVT-g's types does not take away NVIDIA's" {
	intel_world 5912 "$P40"
	show_types i915-GVTg_V5_1
	cp -r "$CATALOG/Nvidia" "$configuration"
	put "$configuration/generate-vgpu-types.yaml" 'gpus: [{expectTypes: [i915-GVTg_V5_1]}]'
	expect 0 "$igpu: nothing to do: 1 expected type is there
$gpu: 8 types registered, 0 unchanged" "" program apply --all
}

@test "intel: one file may serve both drivers" {
	intel_world 5912 "$P40"
	show_types i915-GVTg_V5_8
	put "$configuration/generate-vgpu-types.yaml" <<-END
		gpus:
		- mdevConfigs: [{num: 1, maxInstances: 2, fbLen: 896, fbRes: 128}]
		  expectTypes: [i915-GVTg_V5_8]
	END
	expect 0 "$igpu: nothing to do: 1 expected type is there
$gpu: 1 type registered, 0 unchanged" "" program apply --all
}

@test "expectTypes: an NVIDIA GPU's own types can be expected beside registered ones" {
	new_world 535.104.05
	put "$BATS_TEST_TMPDIR/types.yaml" <<-END
		gpus:
		- mdevConfigs: [{num: 1, maxInstances: 2, fbLen: 896, fbRes: 128}]
		  expectTypes: [nvidia-1]
	END
	expect 0 "$gpu: 1 type registered, 0 unchanged; nothing to do: 1 expected type is there" "" \
		program apply -c "$BATS_TEST_TMPDIR/types.yaml" "$gpu"
}

@test "expectTypes: names are checked where they stand" {
	put bad.yaml <<-END
		gpus:
		- expectTypes:
		  - i915-GVTg_V5_4
		  - GVTg
		  - ../i915-x
		  - [i915-GVTg_V5_8]
		- expectTypes: i915-GVTg_V5_4
		- expectType: [i915-GVTg_V5_4]
	END
	expect 3 "" "mdev-gpu: bad.yaml:4:5: gpus[0].expectTypes[1]: 'GVTg' is no type's name in sysfs (DRIVER-NAME, as i915-GVTg_V5_4)
mdev-gpu: bad.yaml:5:5: gpus[0].expectTypes[2]: '../i915-x' is no type's name in sysfs (DRIVER-NAME, as i915-GVTg_V5_4)
mdev-gpu: bad.yaml:6:5: gpus[0].expectTypes[3]: must be a single value
mdev-gpu: bad.yaml:7:16: gpus[1].expectTypes: must be a list (- entry)
mdev-gpu: bad.yaml:8:3: gpus[2].expectType: unknown key (did you mean expectTypes?)" mdev_gpu check bad.yaml
}

@test "a driver without a backend: exit 5 and one line, nothing with --all" {
	local driver
	for driver in amdgpu xe tenstorrent; do
		new_world 535.104.05 "$igpu=1002:744c,class=0300,driver=$driver"
		expect 5 "" "mdev-gpu: $igpu: driver $driver is bound, which mdev-gpu has no backend for" program apply "$igpu"
		expect 0 "$igpu: passed over: driver $driver is bound, which mdev-gpu has no backend for
nothing to do: there is no GPU with a driver that mdev-gpu has a backend for" "" program apply --all
		rm -r "$world"
	done
}

# refused FILE LINE:COLUMN PATH WHAT: check says it of FILE, which comes in, with and without --strict
refused() {
	put "$1"
	expect 3 "" "mdev-gpu: $1:$2: $3: $4" mdev_gpu check "$1"
	expect 3 "" "mdev-gpu: $1:$2: $3: $4" mdev_gpu check --strict "$1"
}

@test "check: asks the vendor whose GPUs a profile is for, by its folder or by its filters" {
	local no_types="cannot be: driver i915 takes no types, it brings its own; expectTypes names those that must be there"
	local types='mdevConfigs: [{num: 60001, maxInstances: 2, fbLen: 896, fbRes: 128}]'
	rm -r "${configuration:?}"/*
	put "$configuration/Intel/Mine/devices.yaml" '- 8086:3e92'
	refused "$configuration/Intel/Mine/a.yaml" 3:23 "gpus[0].mdevConfigs[0].num" "$no_types" <<-END
		gpus:
		- filteredGpus: [{deviceId: 0x3e92}]
		  $types
	END
	expect 3 "" "mdev-gpu: $configuration/Intel/Mine/a.yaml:3:23: gpus[0].mdevConfigs[0].num: $no_types" mdev_gpu check
	rm -r "$configuration/Intel"
	refused "$configuration/generate-vgpu-types.yaml" 3:23 "gpus[0].mdevConfigs[0].num" "$no_types" <<-END
		gpus:
		- filteredGpus: [{vendorId: 0x8086, bus: 0}, {vendorId: 0x8086, bus: 1}]
		  $types
		- filteredGpus: [{vendorId: 0x8086}, {vendorId: 0x10de}]
		  $types
		- filteredGpus: [{vendorId: 0x8086}]
		  expectTypes: [i915-GVTg_V5_4]
	END
	rm "$configuration/generate-vgpu-types.yaml"
	put "$configuration/Nvidia/Mine/devices.yaml" '- 10de:1b38'
	refused "$configuration/Nvidia/Mine/a.yaml" 3:17 "gpus[0].expectTypes[0]" "i915-GVTg_V5_4 is none of driver nvidia" <<-END
		gpus:
		- filteredGpus: [{deviceId: 0x1b38}]
		  expectTypes: [i915-GVTg_V5_4]
		- expectTypes: [i915-GVTg_V5_4]
	END
}
