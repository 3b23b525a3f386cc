#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages, without a network: installed, upgraded, removed, purged, installed again. The GPUs and their driver are
# there before.
# image: dpkg
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh
export DEBIAN_FRONTEND=noninteractive

debs=/usr/lib/vm/debs
p40=0001:41:00.0
rtx6000=0001:42:00.0
edited=$conf/Nvidia/Pascal/Open_vPascal.yaml
masked=$conf/Nvidia/Turing/Open_vTuring.yaml
linked=$conf/Nvidia/Maxwell/Open_vMaxwell.yaml
vgpu=0bd11c8e-5c6c-4f0f-9a5b-3c8f3f1d2a01

# Nobody is there to answer: what dpkg asks is a failure. What it says is kept.
package() {	# OPTION...
	dpkg "$@" </dev/null 2>&1 | tee /run/said
}

version() {
	dpkg-query --showformat '${Version} ${db:Status-Abbrev}' --show mdev-gpu
}

# The administrator's own, which no package has.
own_files() {
	find "$conf" -type f -exec grep -l '# mine$' {} + | sort
}

without_any() {
	[ -e "$debs/mdev-gpu.deb" ] || fail "tests/vm/run was not told of packages (--debs)"
	(cd / && xargs -d '\n' rm -f </usr/lib/vm/staged)
	rm -rf /etc/gvm /run/mdev-gpu
	systemctl daemon-reload
	udevadm control --reload
	plug "$P40" "$RTX6000"
	load
	expect_runs 0
	expect_no_types "$p40"
}
claim "a machine without mdev-gpu: no types" without_any

needs_libkmod() {
	local entry='/^Package: libkmod2$/,/^$/' status=/var/lib/dpkg/status
	sed -n "${entry}p" "$status" >/run/libkmod2
	sed -i "${entry}d" "$status"
	! package --install "$debs/mdev-gpu.deb" || fail "dpkg has configured it"
	cat /run/libkmod2 >>"$status"
	grep 'mdev-gpu depends on libkmod2' /run/said
	expect_no_types "$p40"
}
claim "libkmod, which the program opens and is not linked with, has to be there" needs_libkmod

installed() {
	package --configure mdev-gpu
	settle
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
	expect_runs 2
	mdev-gpu check
}
claim "installed: the GPUs that are there get their types" installed

not_enabled() {
	local again
	for again in '' again; do
		same "disabled disabled" "$(systemctl is-enabled mdev-post.service mdev-gpu.target | paste -s -d ' ')" "enabled $again"
		systemctl preset mdev-post.service mdev-gpu.target
	done
	same "" "$(find /etc/systemd/system -path '*mdev-*')" "what is in /etc/systemd/system"
}
claim "nothing is enabled that is not needed, nor would be by presets" not_enabled

import_apart() {
	[[ $(dpkg-deb --field "$debs/mdev-gpu-import.deb" Depends) == *libstdc++6* ]]
	! dpkg-query --status libstdc++6 || fail "the guest has C++, so this shows nothing"
	! mdev-gpu import /dev/null >/run/said 2>&1 || fail "there is an import"
	grep -q 'mdev-gpu-import is not installed' /run/said
}
claim "import is a package of its own, and alone in need of C++" import_apart

# Ready for what follows: a vGPU, an edited profile and a masked one, a file and a folder of one's own.
configured_by_hand() {
	local type
	type=$(configured Pascal | sed 's/|.*//; q')
	echo "$vgpu" >"$sys/devices/$p40/mdev_supported_types/nvidia-$type/create"
	echo '# mine' >>"$edited"
	truncate -s 0 "$masked"
	printf 'gpus: [] # mine\n' >"$conf/generate-vgpu-types.yaml"
	mkdir "$conf/Nvidia/Mine"
	printf -- '- 10de:ffff # mine\n' >"$conf/Nvidia/Mine/devices.yaml"
	ln -s /dev/null "$conf/Nvidia/Mine/types.yaml"
}

# dpkg has ended, and the run for a GPU whose driver hangs has not.
not_waited_for() {
	configured_by_hand
	echo open:gpu=hang:200000 >/sys/kernel/debug/nvidia/inject
	package --install "$debs/mdev-gpu.deb"
	pgrep -x mdev-gpu || fail "there is no run: dpkg has waited for it"
	pkill -KILL -x mdev-gpu
	echo 1 >/sys/kernel/debug/nvidia/clear
	settle
}
claim "the same version again, with edited files, asks nothing, and does not wait for a driver that hangs" not_waited_for

upgraded() {
	local turing
	turing=$(shown "$rtx6000")
	# masked as it used to be
	ln -sf /dev/null "$linked"
	package --force-confdef --force-confold --install "$debs/new/mdev-gpu.deb"
	settle
	[[ $(version) == *+next\ ii* ]]
	same "# mine" "$(tail -n 1 "$edited")" "the end of the edited profile"
	same "regular empty file" "$(stat --format %F "$masked")" "the masked profile"
	same "regular empty file" "$(stat --format %F "$linked")" "what was a link"
	same 1 "$(grep -cF "$linked was a link to /dev/null" /run/said)" "times that this is said"
	same /dev/null "$(readlink "$conf/Nvidia/Mine/types.yaml")" "a link of the administrator's"
	same "# of the next version" "$(tail -q -n 1 "$edited.dpkg-dist" "$masked.dpkg-dist" | uniq)" "the new profiles, laid beside"
	expect_runs 2
	expect_types "$p40" Pascal
	same "$turing" "$(shown "$rtx6000")" "types of a profile that was masked after they came"
	same "0 0" "$(sent) $(discarded)" "types sent, lists discarded"
	[ -e "/sys/bus/mdev/devices/$vgpu" ] || fail "the vGPU is gone"
}
claim "upgraded: an edited profile and masked ones, of which one was a link, are kept, and the vGPU runs on" upgraded

removed() {
	local pascal
	pascal=$(shown "$p40")
	package --remove mdev-gpu
	grep -q 'registered types stay until the driver is unloaded' /run/said
	udevadm trigger --subsystem-match=pci --settle
	expect_runs 0
	same "$pascal" "$(shown "$p40")" "types of $p40"
	same "0 0" "$(sent) $(discarded)" "types sent, lists discarded"
	[ -e "/sys/bus/mdev/devices/$vgpu" ] || fail "the vGPU is gone"
	same 3 "$(own_files | wc -l)" "files that somebody wrote in"
}
claim "removed: types and vGPU stay, which is said, and so does the configuration" removed

purged() {
	package --purge mdev-gpu
	same "$(printf '%s\n' "$conf"/{Nvidia/Mine/devices,generate-vgpu-types}.yaml)" "$(find "$conf" -type f | sort)" "what is left"
	same 2 "$(own_files | wc -l)" "files that somebody wrote in"
}
claim "purged: the administrator's own file and folder stay, and nothing else" purged

installed_again() {
	echo 1 >"/sys/bus/mdev/devices/$vgpu/remove"
	# left by "make install", and masked then
	mkdir "${linked%/*}"
	ln -s /dev/null "$linked"
	package --force-confdef --force-confold --install "$debs/mdev-gpu.deb"
	settle
	same "regular empty file" "$(stat --format %F "$linked")" "what was a link"
	same 0 "$(sent)" "types sent, of which all were there"
	unload
	load
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
}
claim "installed again: what was there is left alone, and the next bind has its types" installed_again

finish
