#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# nvidia-vgpud, by its stand-in guest/vgpud: it registers types of its own after the driver has bound, and empties each GPU's
# list before. The machine boots with it as a daemon that forks, one GPU in the rule's hands and one in its unit's.
# early: modprobe fakepci gpus=10de:1b38:10de:11d9,10de:1e30:10de:12ba
# early: modprobe nvidia
# early: mkdir -p /etc/mdevctl.d/0001:41:00.0
# early: echo '{"mdev_type":"nvidia-1783809","start":"auto"}' >/etc/mdevctl.d/0001:41:00.0/c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a01
# early: cd /etc/systemd/system
# early: mkdir sys-subsystem-pci-devices-0001:42:00.0.device.wants
# early: ln -s /lib/systemd/system/mdev-gpu@.service sys-subsystem-pci-devices-0001:42:00.0.device.wants/mdev-gpu@0001:42:00.0.service
# early: printf '[Service]\nType=forking\nExecStart=/usr/lib/vm/vgpud --fork\n' >nvidia-vgpud.service
# early: echo 'ExecStopPost=test ! -e /run/vgpud-stops-badly' >>nvidia-vgpud.service
# early: ln -s ../nvidia-vgpud.service multi-user.target.wants
# early: printf '[Unit]\nWants=mdev-gpu.target\nAfter=mdev-gpu.target\n[Service]\nType=oneshot\n' >observe.service
# early: echo 'ExecStart=sh -c "ls -d /sys/bus/pci/devices/*/mdev_supported_types/* | wc -l >/run/observed"' >>observe.service
# early: ln -s ../observe.service multi-user.target.wants
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

p40=0001:41:00.0
rtx6000=0001:42:00.0
unit=mdev-gpu@$rtx6000.service
auto=c5b3a6ee-9d57-4a51-8b1e-5a0f3c0a9a01
daemon=nvidia-vgpud.service
units=/etc/systemd/system
drop_ins=$units/$daemon.d
profile=$conf/Nvidia/Pascal/Open_vPascal.yaml

# How many of ours two GPUs have; the daemon has two for each.
ours=$({ configured Pascal; configured Turing; } | wc -l)

with_its() {	# FOLDER
	{ printf '%s|Type %s\n' 900 900 901 901; configured "$1"; } | sort -n
}

expect_both() {
	same "$(with_its Pascal)" "$(shown "$p40")" "types of $p40"
	same "$(with_its Turing)" "$(shown "$rtx6000")" "types of $rtx6000"
}

# ------------------------------------------------------------------ at boot

after_boot() {
	settle_units
	eventually test -s /run/observed
	same $((ours + 4)) "$(</run/observed)" "types when the target was reached"
	expect_both
	expect_unit active "$unit"
	expect_runs 1 "$p40"
	expect_unit_runs 1 "$rtx6000"
	expect_runs 1
	expect_unit_runs 1
	same $((ours + 4)) "$(sent)" "types sent"
}
claim_of_boot "boot: our types are beside nvidia-vgpud's, by one run for each GPU; mdev-gpu.target waits for both" after_boot

autostarted() {
	same nvidia-1783809 "$(basename "$(readlink "/sys/bus/mdev/devices/$auto/mdev_type")")" "type"
	same 1 "$(read_journal -k | grep -c "$auto: Adding to iommu group")" "times that it was made"
}
claim_of_boot "boot: mdevctl's device comes up once" autostarted

# -------------------------------------------------------------- once it runs

# The daemon's unit has ended, well or not, and what that led to is done.
settled() {
	eventually has_ended "$daemon"
	eventually is_unit inactive mdev-gpu-vgpud.service
	settle_units
}

has_ended() {
	[[ $(systemctl is-active "$1") =~ ^(inactive|failed)$ ]]
}

# With a vGPU on the GPU sysfs keeps what it shows: only the driver knows.
in_use() {
	systemctl restart "$daemon"
	settled
	same $((ours + 4)) "$(sent)" "types sent"
	[ -e "/sys/bus/mdev/devices/$auto" ]
	mdevctl stop --uuid "$auto"
	mdevctl undefine --uuid "$auto"
}
claim "restarted while a vGPU exists: the driver gets our types again" in_use

restarts() {
	systemctl restart "$daemon"
	settled
	expect_both
	same $((ours + 4)) "$(sent)" "types sent"
}

exit_6() {
	echo status=6 >/etc/vgpud
	systemctl restart "$daemon" || true
	rm /etc/vgpud
	settled
	expect_unit failed "$daemon"
	expect_both
	same $((ours + 4)) "$(sent)" "types sent"
}

only_its() {
	same $'900|Type 900\n901|Type 901' "$(shown "$p40")" "types of $p40"
}

# half_way COMMAND [ARGUMENT...]: it has emptied the first GPU's list, and this ends it
half_way() {
	echo hold=1 >/etc/vgpud
	systemctl restart --no-block "$daemon"
	eventually only_its
	settle
	expect_runs 0
	"$@"
	rm /etc/vgpud
	settled
	expect_both
	same "$(($(configured Pascal | wc -l) + 2))" "$(sent)" "types sent"
}

stops_badly() {
	touch /run/vgpud-stops-badly
	half_way systemctl stop "$daemon"
	rm /run/vgpud-stops-badly
}

discards() {
	sed -i 's/discardPrevious: false/discardPrevious: true/' "$profile"
	systemctl restart "$daemon"
	settled
	expect_types "$p40" Pascal
	same "$(with_its Turing)" "$(shown "$rtx6000")" "types of $rtx6000"
	sed -i 's/discardPrevious: true/discardPrevious: false/' "$profile"
}

for kind in forks 'is oneshot'; do
	if [ "$kind" != forks ]; then
		mkdir -p "$drop_ins"
		printf '[Service]\nType=oneshot\nExecStart=\nExecStart=/usr/lib/vm/vgpud\n' >"$drop_ins/kind.conf"
		systemctl daemon-reload
	fi
	claim "it $kind, and is restarted: our types come back, each sent once" restarts
	claim "it $kind, and ends with 6: the same" exit_6
	claim "it $kind, and is killed half-way: our types come back, not before it is gone" half_way systemctl kill --signal=KILL "$daemon"
	claim "it $kind, and is stopped half-way: the same" half_way systemctl stop "$daemon"
	claim "it $kind, and a command of its own fails when it stops: the same" stops_badly
	claim "it $kind; discardPrevious: true leaves ours only" discards
done

# ------------------------------------------------- when it does not come

# comes_late: the daemon's start waits for something that does not come, as it can at boot
comes_late() {
	printf '[Service]\nType=oneshot\nExecStart=sleep infinity\n' >"$units/never.service"
	printf '[Unit]\nRequires=never.service\nAfter=never.service\n' >"$drop_ins/never.conf"
	systemctl daemon-reload
	unload
	systemctl start --no-block "$daemon"
	load
	same 50s "$(systemctl show --property=JobTimeoutUSec --value "mdev-gpu-wait@$p40.service")" "how long a GPU waits"
	expect_no_types "$p40"
	expect_runs 0
	eventually expect_types "$p40" Pascal
	eventually expect_types "$rtx6000" Turing
	settle_units
	systemctl list-jobs | grep "$daemon.*waiting"
	same "$ours" "$(sent)" "types sent"
}
claim "what it depends on does not come: after 50 s GPUs get their types without it" comes_late

depends_in_vain() {
	unload
	systemctl kill --signal=KILL never.service
	eventually has_ended never.service
	load
	settle_units
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
	rm "$drop_ins/never.conf"
}
claim "what it depends on has failed: nothing is waited for" depends_in_vain

# never_starts: it has not in this boot, as far as its unit knows
never_starts() {
	systemctl daemon-reload
	unload
	systemctl start --no-block "$daemon" || true
	load
	settle_units
	expect_types "$p40" Pascal
	expect_types "$rtx6000" Turing
	expect_runs 1 "$p40"
	expect_unit_runs 1 "$rtx6000"
}

condition() {
	printf '[Unit]\nConditionPathExists=/nowhere\n' >"$drop_ins/condition.conf"
	never_starts
	rm "$drop_ins/condition.conf"
}
claim "its condition is not met: nothing is waited for" condition

masked() {
	mv "$units/$daemon" /run
	ln -s /dev/null "$units/$daemon"
	never_starts
	mv "/run/$daemon" "$units"
}
claim "it is enabled and masked: nothing is waited for" masked

not_written() {
	rm -f /run/mdev-gpu/nvidia-vgpud.done
	mkdir /run/mdev-gpu/nvidia-vgpud.done
	systemctl daemon-reload
	unload
	systemctl start --no-block "$daemon"
	load
	settled
	settle_units
	expect_both
	same $((ours + 4)) "$(sent)" "types sent"
	rmdir /run/mdev-gpu/nvidia-vgpud.done
}
claim "that its work is done cannot be written down: types come all the same" not_written

hot_add() {
	reset
	plug "$P40"
	load
	settle_units
	expect_types "$p40" Pascal
	expect_runs 1
}
claim "a GPU comes when the daemon has long ended: nothing is waited for" hot_add

# ------------------------------------------------------ who will not give in

its() {
	/usr/lib/vm/rm-probe ctl gpu:0 client:1-41-0 set:900:4:discard set:901:4 update free close >/dev/null
}

fight() {
	local n
	for n in 1 2 3; do
		its
		settle
		expect_runs "$n"
		same "$(with_its Pascal)" "$(shown "$p40")" "types of $p40"
	done
	its
	settle
	expect_runs 3
	same $'900|Type 900\n901|Type 901' "$(shown "$p40")" "types of $p40"
	same 1 "$(read_journal -t mdev-gpu -p warning "${journal[@]}" | grep -c 'another program keeps discarding types here')" "times that it is said"
	expect_verdict "$p40" "discarded-by-others: the last run saw nvidia-1783809, another program has discarded it since"
	mdev-gpu apply "$p40"
	same "$(with_its Pascal)" "$(shown "$p40")" "types of $p40"
	settle
	expect_runs 3
}
claim "another program discards whenever ours come: three runs, then that is said once; explain knows, and what it advises helps" fight

finish
