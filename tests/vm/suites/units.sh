#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# GPUs in the hands of systemd, and the target that others are ordered after. The machine boots with two GPUs that are
# bound already: one is its unit's, which is slow, the other one is the rule's.
# early: modprobe fakepci gpus=10de:1b38:10de:11d9,10de:1e30:10de:12ba
# early: modprobe nvidia
# early: sed -i /softdep/d /etc/modprobe.d/vm.conf
# early: cd /etc/systemd/system
# early: mkdir sys-subsystem-pci-devices-0001:41:00.0.device.wants mdev-gpu@0001:41:00.0.service.d
# early: ln -s /lib/systemd/system/mdev-gpu@.service sys-subsystem-pci-devices-0001:41:00.0.device.wants/mdev-gpu@0001:41:00.0.service
# early: printf '[Service]\nExecStartPre=sleep 3\n' >mdev-gpu@0001:41:00.0.service.d/slow.conf
# early: printf '[Service]\nType=oneshot\nExecStart=sleep 4\n' >nvidia-vgpud.service
# early: ln -s ../nvidia-vgpud.service multi-user.target.wants
# early: printf '[Unit]\nWants=mdev-gpu.target\nAfter=mdev-gpu.target\n[Service]\nType=oneshot\n' >observe.service
# early: echo 'ExecStart=sh -c "ls -d /sys/bus/pci/devices/*/mdev_supported_types/* | wc -l >/run/observed"' >>observe.service
# early: ln -s ../observe.service multi-user.target.wants
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

p40=0001:41:00.0
rtx6000=0001:42:00.0
unit=mdev-gpu@$p40.service
gpu_unit=sys-subsystem-pci-devices-$p40.device

after_boot() {
	settle_units
	eventually test -s /run/observed
	same "$({ configured Pascal; configured Turing; } | wc -l)" "$(</run/observed)" "types when the target was reached"
	expect_unit active "$unit"
	expect_unit active mdev-gpu.target
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
	expect_unit_runs 1 "$p40"
	expect_runs 1 "$rtx6000"
	expect_unit_runs 1
	expect_runs 1
	grep -qx 'by: "unit"' "/run/mdev-gpu/$p40.yaml"
	grep -qx 'by: "udev"' "/run/mdev-gpu/$rtx6000.yaml"
}
claim_of_boot "boot: mdev-gpu.target is reached when rule and unit are done with all GPUs, each of them worked on once" after_boot

# Both are started at boot; NVIDIA's, which is slow, is a stand-in.
after_vgpud() {
	local ended begun
	ended=$(systemctl show --property=ExecMainExitTimestampMonotonic --value nvidia-vgpud.service)
	begun=$(systemctl show --property=InactiveExitTimestampMonotonic --value "$unit")
	echo "nvidia-vgpud ended at $ended us, $unit began at $begun us"
	[ "$ended" -gt 0 ]
	[ "$begun" -ge "$ended" ]
}
claim_of_boot "boot: a GPU's unit begins when nvidia-vgpud has ended" after_vgpud

sound() {
	local said
	said=$(systemd-analyze verify --man=no /lib/systemd/system/mdev-* nvidia-vgpud.service 2>&1) || echo "verify: $?"
	same "" "$said" "what systemd says of the units"
	systemd-analyze security --no-pager --threshold=15 "$unit" mdev-gpu-{settle,vgpud,wait@"$p40",retry@"$p40"}.service mdev-post.service
}
claim "the units are sound, and open to 1.5 at most" sound

# Nothing of the boot is left; the unit starts for a GPU that is not there.
fresh() {
	rm -r "/etc/systemd/system/mdev-gpu@$p40.service.d"
	systemctl disable "$unit"
	reset
	rm -f /dev/nvidia*
	expect_unit inactive "$unit"
}
claim "the GPU goes, and its unit stops" fresh

appears() {
	systemctl enable "$unit"
	systemctl start --no-block "$unit"
	systemctl list-jobs | grep "$unit.*waiting"
	plug "$P40" "$RTX6000"
	systemctl list-jobs | grep "$unit.*waiting"
	expect_unit_runs 0
	load
	settle_units
	expect_unit active "$unit"
	expect_unit active "$gpu_unit"
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
	expect_unit_runs 1
	expect_runs 1 "$rtx6000"
	expect_runs 1
}
claim "enabled and started without the GPU: it waits, and works when the driver has bound" appears

in_sandbox() {
	same c3,ff "$(stat -c %t,%T /dev/nvidiactl)" "/dev/nvidiactl"
	[ -e /sys/module/nvidia_vgpu_vfio ]
	same 755 "$(stat -c %a /run/mdev-gpu)" "mode of /run/mdev-gpu"
	expect_status "$unit" "mdev-gpu\[.*\]: $p40: .* types registered"
}
claim "in its sandbox: nodes are made, the module is there, the record is written, status says what was done" in_sandbox

reloads() {
	systemctl reload "$unit"
	expect_unit active "$unit"
	expect_unit_runs 1
	expect_runs 0
	same 0 "$(sent)" "types sent"
}
claim "systemctl reload runs it once more, and nothing is sent twice" reloads

trigger() {
	udevadm trigger "$@" --settle "$sys/devices/$p40" "$sys/devices/$rtx6000"
	settle_units
	expect_unit active "$unit"
	expect_unit_runs 1
	expect_runs 1 "$rtx6000"
	expect_runs 1
	same 0 "$(sent)" "types sent"
}
claim "udevadm trigger: the unit for its GPU, the rule for the other" trigger
claim "udevadm trigger --action=add: the same" trigger --action=add

unbinds() {
	echo "$p40" >"$sys/drivers/nvidia/unbind"
	settle_units
	expect_unit inactive "$unit"
	expect_unit inactive "$gpu_unit"
	expect_no_record "$p40"
	expect_unit_runs 0
	echo "$p40" >"$sys/drivers/nvidia/bind"
	settle_units
	expect_unit active "$unit"
	expect_types "$p40" Pascal
	expect_unit_runs 1
	expect_runs 0
}
claim "unbind and bind: the unit stops and starts with the driver" unbinds

missed() {
	systemctl stop systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service
	echo "$p40" >"$sys/drivers/nvidia/unbind"
	expect_no_types "$p40"
	systemctl start systemd-udevd.service
	expect_unit active "$unit"
	echo "$p40" >"$sys/drivers/nvidia/bind"
	settle_units
	expect_unit active "$unit"
	expect_types "$p40" Pascal
	expect_unit_runs 1
	expect_runs 0
}
claim "udevd is away while the driver leaves: the unit stays, and is reloaded when the driver binds" missed

# Holds the helper in the driver for five seconds, at its next open.
slow() {
	echo "open:gpu=hang:5000" >/sys/kernel/debug/nvidia/inject
}

no_helper() {
	! pgrep mdev-gpu
}

stopped() {
	echo "$p40" >"$sys/drivers/nvidia/unbind"
	settle_units
	slow
	echo "$p40" >"$sys/drivers/nvidia/bind"
	eventually grep -q 'result: "running"' "/run/mdev-gpu/$p40.yaml"
	systemctl stop "$unit"
	expect_unit inactive "$unit"
	same success "$(systemctl show --property=Result --value "$unit")" "result of $unit"
	systemctl start "$unit"
	expect_types "$p40" Pascal
	expect_unit_runs 2
}
claim "stopped in the middle of its start, the unit has not failed" stopped

lost() {
	echo "$rtx6000" >"$sys/drivers/nvidia/unbind"
	settle
	slow
	echo "$rtx6000" >"$sys/drivers/nvidia/bind"
	eventually grep -q 'result: "running"' "/run/mdev-gpu/$rtx6000.yaml"
	systemctl kill --signal=KILL systemd-udevd
	systemctl restart systemd-udevd
	eventually no_helper	# the driver does not let go of a killed caller any earlier
	# whose event was the one that is lost: as long as it runs, the GPU is its own
	expect_unit inactive "mdev-gpu-wait@$rtx6000.service"
	expect_no_types "$rtx6000"
	mark
	timeout 30 systemctl start mdev-gpu-settle.service
	expect_types "$rtx6000" Turing
	expect_runs 1
	expect_unit_runs 0
}
claim "udevd is killed with its run: who waits for the end of boot has the types there within 30 seconds" lost

five_times() {
	for _ in 1 2 3 4 5; do
		unload
		load
		settle_units
		expect_unit active "$unit"
		expect_types "$p40" Pascal
	done
	expect_unit_runs 5
	expect_runs 5
}
claim "five reloads of the driver: once for each, on both ways" five_times

hot_plug() {
	echo 1 >"$sys/devices/$p40/remove"
	settle_units
	expect_unit inactive "$unit"
	echo 1 >"$sys/rescan"
	settle_units
	expect_unit active "$unit"
	expect_types "$p40" Pascal
	expect_unit_runs 1
	expect_runs 0
}
claim "hot-remove and rescan: the unit stops and starts with the GPU" hot_plug

mistake() {
	local profile=$conf/Nvidia/Pascal/zz-mistake.yaml
	unload
	echo 'gpus: [{mdevConfigs: [{num: 7, maxInstances: 1, fbLenn: 1, fbRes: 1}]}]' >"$profile"
	load
	settle_units
	rm "$profile"
	expect_unit failed "$unit"
	expect_no_types "$p40"
	expect_unit_runs 1
	expect_status "$unit" 'zz-mistake.yaml:1:.*fbLenn'
	timeout 150 systemctl restart mdev-gpu.target
	expect_unit active mdev-gpu.target
	mark
	udevadm trigger --settle "$sys/devices/$p40"
	settle_units
	expect_unit active "$unit"
	expect_types "$p40" Pascal
	expect_unit_runs 1
	expect_runs 0
}
claim "a mistake in a profile: the unit fails and status says where, the target is reached, a trigger starts it again" mistake

no_module() {
	unload
	echo "blacklist nvidia-vgpu-vfio" >/etc/modprobe.d/test.conf
	udevadm control --reload
	load
	settle_units
	rm /etc/modprobe.d/test.conf
	udevadm control --reload
	expect_unit failed "$unit"
	expect_status "$unit" 'module nvidia-vgpu-vfio is refused: this process may not load modules'
}
claim "modules are not the unit's to load: without nvidia-vgpu-vfio it fails, and status says so" no_module

module_later() {
	modprobe nvidia-vgpu-vfio
	settle_units
	expect_unit active "$unit"
	expect_types "$p40" Pascal
	expect_unit_runs 1
	expect_runs 0 "$p40"
}
claim "the module comes later: the unit is started again" module_later

back_to_rule() {
	systemctl disable "$unit"
	unload
	load
	settle_units
	expect_unit inactive "$unit"
	expect_types "$p40" Pascal
	expect_unit_runs 0
	expect_runs 2
}
claim "disabled: the rule has the GPU again" back_to_rule

metrics() {
	local folder=/var/lib/prometheus/node-exporter
	same disabled "$(systemctl is-enabled mdev-gpu-metrics.timer || true)" "the timer, as it was installed"
	systemctl start mdev-gpu-metrics.service
	expect_unit inactive mdev-gpu-metrics.service
	[ ! -e "$folder" ] || fail "a folder was made where nobody collects"
	mkdir -p "$folder"
	systemctl start mdev-gpu-metrics.timer
	same mdev-gpu-metrics.service "$(systemctl show -P Unit mdev-gpu-metrics.timer)" "what the timer starts"
	[[ $(systemctl show -P NextElapseUSecMonotonic mdev-gpu-metrics.timer) == *[0-9]* ]] || fail "the timer waits for nothing"
	systemctl stop mdev-gpu-metrics.timer
	systemctl start mdev-gpu-metrics.service
	same mdev-gpu.prom "$(ls -A "$folder")" "files for the collector"
	same "644 root" "$(stat -c '%a %U' "$folder/mdev-gpu.prom")" "mode and owner"
	grep -qx "mdev_gpu_verdict{gpu=\"$p40\",verdict=\"there\"} 1" "$folder/mdev-gpu.prom" || fail "$(<"$folder/mdev-gpu.prom")"
	same "$(mdev-gpu status --format prometheus)" "$(<"$folder/mdev-gpu.prom")" "what the unit wrote"
}
claim "metrics: the unit writes a file that everybody reads, with what root sees, and nothing where nobody collects" metrics

finish
