#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Intel GVT-g: the driver brings its types, the helper sees to them.
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

igpu=0001:41:00.0
gvt5=(i915-GVTg_V5_4 i915-GVTg_V5_8)

loaded() { [ -e "/sys/module/$1" ]; }
not_loaded() { ! loaded "$1" || fail "$1 is loaded"; }

# By hand: what it says and how it ends.
expect_apply() {	# CODE MESSAGE
	local code=0 said
	said=$(mdev-gpu apply "$igpu" 2>&1) || code=$?
	same "$2" "$said" "the helper's words"
	same "$1" "$code" "exit code"
}

expect_journal() {	# TEXT
	expect_error "$1"
}

bind() {
	plug "$KBL"
	expect_runs 0
	load_i915 enable_gvt=1
	expect_runs 1 "$igpu"
	expect_runs 1
	loaded kvmgt
	expect_own_types "$igpu" "${gvt5[@]}"
	grep -qx 'result: "done"' "/run/mdev-gpu/$igpu.yaml"
}
claim "an Intel GPU binds with enable_gvt=1: kvmgt is loaded, the expected types are there, one helper run" bind

no_loop() {
	sleep 3
	settle
	expect_runs 0
}
claim "the mdev core's own event starts nothing" no_loop

trigger() {
	udevadm trigger --settle "$sys/devices/$igpu"
	expect_runs 1
	expect_apply 0 "$igpu: nothing to do: 2 expected types are there"
	mdevctl types | grep "^$igpu"
}
claim "udevadm trigger of an Intel GPU: one helper run, nothing to do" trigger

reload() {
	unload_i915
	expect_runs 0
	expect_own_types "$igpu"
	expect_no_record "$igpu"
	load_i915 enable_gvt=1
	expect_runs 1
	expect_own_types "$igpu" "${gvt5[@]}"
}
claim "i915 and kvmgt are loaded anew: the types are back" reload

kvmgt_first() {
	unload_i915
	modprobe i915 enable_gvt=1
	modprobe kvmgt
	settle
	expect_runs 1
	expect_own_types "$igpu" "${gvt5[@]}"
}
claim "somebody else loads kvmgt at the same time: one helper run, the types are there" kvmgt_first

other_display() {
	reset
	plug 8086:9bc5:8086:2212/c038000
	load_i915 enable_gvt=1
	expect_runs 1
	expect_own_types "$igpu" "${gvt5[@]}"
}
claim "an Intel GPU that has not got the console (class 0380): its types are there" other_display

generation_8() {
	reset
	plug 8086:1616:8086:2057/c030000
	load_i915 enable_gvt=1
	expect_own_types "$igpu" i915-GVTg_V4_4 i915-GVTg_V4_8
	grep -qx 'result: "done"' "/run/mdev-gpu/$igpu.yaml"
}
claim "generation 8 has types of its own" generation_8

off() {
	reset
	plug "$KBL"
	load_i915
	udevadm trigger --settle "$sys/devices/$igpu"
	expect_runs 0
	not_loaded kvmgt
	expect_apply 1 "mdev-gpu: $igpu: i915-GVTg_V5_8 and others are expected, but cannot be there: GVT-g is off: i915 was not loaded with enable_gvt=1 (put \"options i915 enable_gvt=1\" into modprobe.d, also in the initial RAM disk, or i915.enable_gvt=1 on the kernel's command line)"
	not_loaded kvmgt
	mdev-gpu apply --all
}
claim "enable_gvt=0: no helper run, kvmgt is not loaded; who asks is told" off

guc() {
	reset
	plug "$KBL"
	load_i915 enable_gvt=1 enable_guc=3
	expect_runs 1
	not_loaded kvmgt
	expect_own_types "$igpu"
	expect_journal "GVT-g does not work with GuC submission"
	grep -qx 'result: "failed"' "/run/mdev-gpu/$igpu.yaml"
}
claim "GuC submission: kvmgt is not loaded, and the journal says why" guc

unsupported() {	# DEVICE WORDS
	reset
	plug "8086:$1:8086:2212/c030000"
	load_i915 enable_gvt=1
	expect_runs 1
	not_loaded kvmgt
	expect_apply 5 "mdev-gpu: $igpu: $2"
}
claim "Gemini Lake: unsupported, and what to use instead" unsupported 3185 \
	"Gemini Lake (8086:3185) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake; it can only be given away whole (vfio-pci); SR-IOV takes over from Alder Lake on"
claim "Alder Lake: unsupported, and what to use instead" unsupported 46a6 \
	"Alder Lake (8086:46a6) has no GVT-g, only Broadwell to Comet Lake have, without Gemini Lake; its generation shares itself through SR-IOV, but this GPU offers no virtual functions (no sriov_totalvfs)"

aperture() {
	local own=$conf/generate-vgpu-types.yaml
	reset
	plug 8086:5912:8086:2212/c030000/b256 8086:5912:8086:2212/c030000/b512
	echo 'gpus: [{expectTypes: [i915-GVTg_V5_8, i915-GVTg_V5_4, i915-GVTg_V5_2]}]' >"$own"
	load_i915 enable_gvt=1
	rm "$own"
	expect_runs 2
	expect_own_types "$igpu" "${gvt5[@]}"
	expect_own_types 0001:42:00.0 "${gvt5[@]}" i915-GVTg_V5_2
	grep -q 'V5_2 is expected, .*: it needs an aperture of 512 MiB, the GPU.s is 256 MiB' "/run/mdev-gpu/$igpu.yaml"
	grep -qx 'result: "done"' /run/mdev-gpu/0001:42:00.0.yaml
}
claim "an aperture that is too small for one type: the others are there, and the missing one is explained" aperture

shows_nothing() {
	reset
	plug 8086:5912:8086:2212/c030000/b128
	load_i915 enable_gvt=1
	loaded kvmgt
	expect_own_types "$igpu"
	expect_journal "i915-GVTg_V5_8 is expected, but the driver does not show it: it needs an aperture of 256 MiB, the GPU's is 128 MiB"
}
claim "an aperture that is too small for any type" shows_nothing

no_backend() {
	reset
	plug 1002:744c:1002:0e3b/c030000
	echo pci-stub >"$sys/devices/$igpu/driver_override"
	modprobe pci-stub
	echo "$igpu" >"$sys/drivers_probe"
	settle
	expect_runs 0
	expect_apply 5 "mdev-gpu: $igpu: driver pci-stub is bound, which mdev-gpu has no backend for"
}
claim "a driver without a backend: no helper run, and exit 5 for who asks" no_backend

finish
