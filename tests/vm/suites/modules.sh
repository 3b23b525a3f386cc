#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How the helper loads a module, and what it says when it cannot. The module is
# kvmgt, for which nothing but the helper asks here.
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

igpu=0001:41:00.0
rules=/etc/modprobe.d/test.conf
folder=/lib/modules/$(uname -r)
cannot="mdev-gpu: $igpu: i915-GVTg_V5_8 and others are expected, but cannot be there: module kvmgt"
there="$igpu: 2 expected types are there, 2 of them now"

loaded() { [ -e "/sys/module/$1" ]; }
not_loaded() { ! loaded "$1" || fail "$1 is loaded"; }

# Not before udev is through with the last claim's module, for which a run might load it again.
none_loaded() {
	settle
	! loaded kvmgt || rmmod kvmgt
	! loaded mdev || rmmod mdev
}

# apply without kvmgt, with these lines in modprobe.d.
expect_apply() {	# CODE MESSAGE [LINE...]
	local code=0 said
	none_loaded
	printf '%s\n' "${@:3}" >"$rules"
	said=$(mdev-gpu apply "$igpu" 2>&1) || code=$?
	rm "$rules"
	same "$2" "$said" "the helper's words"
	same "$1" "$code" "exit code"
}

# A failed claim must not leave what it moved.
away() {	# FILE...
	local file
	for file; do
		mv "$folder/$file" /run/
	done
	depmod
}

back() {
	mv /run/*.ko "$folder"
	depmod
}

plug "$KBL"
load_i915 enable_gvt=1

needs() {
	expect_apply 0 "$there"
	loaded kvmgt
	loaded mdev
}
claim "a module is loaded with what it needs" needs

options() {
	expect_apply 0 "$there" "options kvmgt start_ms=7"
	same 7 "$(</sys/module/kvmgt/parameters/start_ms)" "start_ms"
}
claim "options in modprobe.d count" options

softdep() {
	! loaded pci_stub || rmmod pci-stub
	expect_apply 0 "$there" "softdep kvmgt pre: pci-stub"
	loaded pci_stub
	rmmod pci-stub
}
claim "softdeps in modprobe.d count" softdep

blacklisted() {
	expect_apply 1 "$cannot is blacklisted in modprobe.d or on the kernel's command line" "blacklist kvmgt"
	not_loaded kvmgt
	not_loaded mdev
}
claim "a blacklisted module is not loaded" blacklisted

blacklisted_by_rule() {
	echo "blacklist kvmgt" >"$rules"
	none_loaded
	udevadm trigger --settle "$sys/devices/$igpu"
	rm "$rules"
	expect_runs 1
	not_loaded kvmgt
	expect_error 'kvmgt is blacklisted'
}
claim "a blacklisted module is not loaded by the rule, and the journal says so" blacklisted_by_rule

blacklisted_need() {
	expect_apply 0 "$there" "blacklist mdev"
}
claim "a blacklist does not hold back what another module needs, as with modprobe" blacklisted_need

install_forbids() {	# COMMAND
	expect_apply 1 "$cannot is not loaded: an install line in modprobe.d stands in its place, and failed or left it out" \
		"install kvmgt $1"
	not_loaded kvmgt
}
claim "an install line that forbids the module (/bin/false)" install_forbids /bin/false
claim "an install line that forbids the module (/bin/true)" install_forbids /bin/true
claim "an install line that ends like an unknown module (exit 2)" install_forbids "exit 2"

install_runs() {
	rm -f /run/installed
	expect_apply 0 "$there" "install kvmgt /sbin/modprobe --ignore-install kvmgt start_ms=3 && touch /run/installed"
	[ -e /run/installed ]
	same 3 "$(</sys/module/kvmgt/parameters/start_ms)" "start_ms"
}
claim "an install line that loads the module is run" install_runs

alias() {
	away kvmgt.ko
	expect_apply 1 "mdev-gpu: $igpu: i915-GVTg_V5_8 is expected, but the driver does not show it: the kernel's log may say why
mdev-gpu: $igpu: i915-GVTg_V5_4 is expected, but the driver does not show it: the kernel's log may say why" \
		"alias kvmgt pci-stub"
	loaded pci_stub
	rmmod pci-stub
	back
}
claim "an alias in modprobe.d counts" alias

not_installed() {
	away kvmgt.ko
	expect_apply 1 "$cannot is not installed for this kernel: this kernel is built without GVT-g (CONFIG_DRM_I915_GVT_KVMGT), or the package with it is missing"
	back
}
claim "a module that is not installed" not_installed

explained() {	# VERDICT [LINE...]
	none_loaded
	rm -f "/run/mdev-gpu/$igpu.yaml"
	printf '%s\n' "${@:2}" >"$rules"
	expect_verdict "$igpu" "$1"
	rm "$rules"
	not_loaded kvmgt
	not_loaded mdev
}
claim "explain: a module that the next run loads, and explain does not" explained \
	"not-run: no run since the driver bound to it"
claim "explain: a module that is blacklisted" explained \
	"module-blocked: module kvmgt is blacklisted in modprobe.d or on the kernel's command line" "blacklist kvmgt"
claim "explain: an install line is not run" explained \
	"not-run: no run since the driver bound to it" "install kvmgt /sbin/modprobe --ignore-install kvmgt"

explained_away() {
	none_loaded
	away kvmgt.ko
	explained "not-a-host: module kvmgt is not installed for this kernel: this kernel is built without GVT-g (CONFIG_DRM_I915_GVT_KVMGT), or the package with it is missing"
	back
}
claim "explain: a module that is not installed" explained_away

unknown_symbol() {
	none_loaded
	away mdev.ko
	expect_apply 1 "$cannot is refused: it needs a symbol that the kernel does not have; the kernel's log names it"
	expect_verdict "$igpu" "run-failed: the last run failed: ${cannot#*: *: } is refused: it needs a symbol that the kernel does \
not have; the kernel's log names it"
	mdev-gpu explain "$igpu" | grep -x '  module         note    kvmgt is installed, but the last run did not load it'
	back
}
claim "a module that needs an unknown symbol, and how that is explained" unknown_symbol

other_kernel() {
	cp "$folder/kvmgt.ko" /run/
	# Not its release: with checksums of symbols the kernel overlooks that.
	sed -i 's/mod_unload modversions/mod_unload modvorsions/' "$folder/kvmgt.ko"
	expect_apply 1 "$cannot is refused: it is made for another kernel"
	mv /run/kvmgt.ko "$folder"
}
claim "a module that is made for another kernel" other_kernel

built_in() {
	none_loaded
	away kvmgt.ko
	cp "$folder/modules.builtin" /run/
	echo kernel/drivers/gpu/drm/i915/kvmgt.ko >>"$folder/modules.builtin"
	depmod
	expect_apply 1 "mdev-gpu: $igpu: i915-GVTg_V5_8 is expected, but the driver does not show it: the kernel's log may say why
mdev-gpu: $igpu: i915-GVTg_V5_4 is expected, but the driver does not show it: the kernel's log may say why"
	mv /run/modules.builtin "$folder"
	back
}
claim "a module that is built in counts as loaded" built_in

half_way() {
	none_loaded
	modprobe kvmgt start_ms=5000 &
	# Its folder comes before the files in it.
	while [ ! -e /sys/module/kvmgt/initstate ]; do :; done
	same coming "$(</sys/module/kvmgt/initstate)" "state of kvmgt"
	same "$there" "$(mdev-gpu apply "$igpu")" "the helper's words"
	wait
}
claim "a module that somebody else is loading is waited for" half_way

nvidia() {
	plug_nvidia
	echo "$1" >"$rules"
	sed -i /softdep/d /etc/modprobe.d/vm.conf
	load
	rm "$rules"
	expect_no_types 0001:50:00.0
	grep -q "but sysfs does not show it: module nvidia-vgpu-vfio $2" /run/mdev-gpu/0001:50:00.0.yaml
	settle
	rmmod nvidia
}
plug_nvidia() {
	[ -e "$sys/devices/0001:50:00.0" ] && return
	reset
	plug "$P40" bus=0x50
}
claim "nvidia-vgpu-vfio is blacklisted: the verdict says so" nvidia "blacklist nvidia-vgpu-vfio" "is blacklisted"

nvidia_absent() {
	away nvidia-vgpu-vfio.ko
	nvidia "" "is not installed for this kernel: this driver package cannot host vGPUs"
	back
}
claim "nvidia-vgpu-vfio is not installed: this driver package cannot host vGPUs" nvidia_absent

nvidia_blacklisted() {
	plug_nvidia
	# the guest's own, so that only claims load it
	grep -qx "blacklist nvidia" /etc/modprobe.d/vm.conf
	expect_verdict 0001:50:00.0 "no-driver: no driver is bound: nvidia is blacklisted in modprobe.d or on the kernel's command line"
	sed -i "/^blacklist nvidia$/d" /etc/modprobe.d/vm.conf
	expect_verdict 0001:50:00.0 "no-driver: no driver is bound: nvidia is not loaded"
	! mdev-gpu explain --json 0001:50:00.0 | grep "Secure Boot" || fail "this kernel takes every module"
	# as where Secure Boot is on, from which there is no way back
	echo Y >/run/enforced
	mount --bind /run/enforced /sys/module/module/parameters/sig_enforce
	mdev-gpu explain --json 0001:50:00.0 | grep -q "only modules that are signed with a key it knows (Secure Boot)" ||
		fail "not a word of signatures"
	umount /sys/module/module/parameters/sig_enforce
	away nvidia.ko
	expect_verdict 0001:50:00.0 "no-driver: no driver is bound: nvidia is not installed for this kernel"
	back
}
claim "explain: nvidia itself is blacklisted, not loaded, not installed" nvidia_blacklisted

# From here on there is no way back: the kernel only gets stricter.
again() {
	reset
	plug "$KBL"
	load_i915 enable_gvt=1
	expect_runs 1
	loaded kvmgt
}
claim "with nothing in the way, kvmgt is loaded by the rule" again

lockdown() {
	mountpoint -q /sys/kernel/security || mount -t securityfs securityfs /sys/kernel/security
	echo integrity >/sys/kernel/security/lockdown
	expect_apply 1 "$cannot is refused: the kernel is locked down and takes only signed modules"
}
claim "a kernel in lockdown" lockdown

key() {
	echo 1 >/sys/module/module/parameters/sig_enforce
	expect_apply 1 "$cannot is refused: it is not signed with a key that the kernel trusts (key rejected)"
}
claim "a kernel that enforces signatures: key rejected" key

disabled() {
	none_loaded
	sysctl -qw kernel.modules_disabled=1
	expect_apply 1 "$cannot is refused: the kernel takes no more modules until it is booted again (kernel.modules_disabled is 1)"
}
claim "kernel.modules_disabled" disabled

finish
