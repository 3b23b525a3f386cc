#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The rule before udev's own interpreter: "udevadm test" on a mocked device, with no other rule than ours, and one that adds a
# last command, so that no list is ever taken for an empty one. What it says it would run is all that is looked at; the
# virtual machine shows the same with real events.

# shellcheck disable=SC2030,SC2031 # each test is a shell of its own
bats_require_minimum_version 1.5.0 # run !

setup() {
	device=$BATS_TEST_TMPDIR/device
	address=0001:41:00.0
	as_root=(unshare --mount)
	[ "$(id -u)" -eq 0 ] || as_root=(unshare --map-root-user --mount)
}

# event ACTION [PROPERTY=VALUE…]: what udevd would run. PROPERTY= takes one away, LINK:NAME=TARGET adds a link. With unit= the
# GPU is handed to its unit below there, cmdline= is the kernel's command line, properties_file= what the last run left, daemon= the unit file
# of an nvidia-vgpud that is enabled, note= what the helper found of functions, systemd= that it runs, functions_unit= below where their unit is
# enabled, there= folders of /sys, no_folder= has a file in the place of ours in /run, before= is a rule of somebody else's, and tags= has
# the tag for systemd told instead.
event() {
	local action=$1 property
	local -A properties=([SUBSYSTEM]=pci [DRIVER]=nvidia [PCI_CLASS]=30200 [PCI_ID]=10DE:1B38 [PCI_SLOT_NAME]=$address)
	local links=()
	shift
	for property; do
		case $property in
		LINK:*) links+=("L: ${property#LINK:}") ;;
		*=) unset "properties[${property%=}]" ;;
		*) properties[${property%%=*}]=${property#*=} ;;
		esac
	done
	{
		echo "P: /devices/pci0001:41/$address"
		for property in "${!properties[@]}"; do
			echo "E: $property=${properties[$property]}"
		done
		printf '%s\n' "A: class=0x0${properties[PCI_CLASS]}" "${links[@]}" '' \
			"P: /devices/pci0001:40/0001:40:00.0" "E: SUBSYSTEM=pci" ''
	} >"$device"
	# shellcheck disable=SC2016 # expanded by the inner shell
	"${as_root[@]}" bash -euc '
		mount -t tmpfs none /run
		if [ "${17}" ]; then touch "$1"; else mkdir -p "$1"; fi
		[ -z "$4" ] || touch "$1/$4.yaml"
		[ -z "${11}" ] || echo "${11}" >"$1/$5.properties"
		mount -t tmpfs none /etc/udev
		mkdir /etc/udev/rules.d
		mount --bind /etc/udev/rules.d "$(readlink -f /lib/udev/rules.d)"
		cp "$RULES" /etc/udev/rules.d
		echo "RUN+=\"the end\"" >/etc/udev/rules.d/99-end.rules
		echo "${18}" >/etc/udev/rules.d/10-before.rules
		export enable_gvt=$6 SYSTEMD_PROC_CMDLINE=$8
		mount -t tmpfs none /etc/systemd
		wants=$7/systemd/system/sys-subsystem-pci-devices-$5.device.wants
		[ -z "$7" ] || { mkdir -p "$wants" && ln -s "${10}" "$wants/mdev-gpu@$5.service"; }
		wants=/etc/systemd/system/multi-user.target.wants
		[ -z "${12}" ] || { mkdir -p "$wants" /run/systemd/system && ln -s "${12}" "$wants/nvidia-vgpud.service"; }
		export there=${13}
		[ -z "${14}" ] || touch "$1/$5.functions"
		[ -z "${15}" ] || mkdir -p /run/systemd/system
		wants=${16}/systemd/system/sys-subsystem-pci-devices-$5.device.wants
		[ -z "${16}" ] || { mkdir -p "$wants" && ln -s /dev/null "$wants/mdev-gpu-functions@$5.service"; }
		umockdev-run -d "$2" -- bash -euc "
			mkdir -p \$UMOCKDEV_DIR/sys/module/i915/parameters
			[ -z \"\$enable_gvt\" ] || echo \"\$enable_gvt\" >\$UMOCKDEV_DIR/sys/module/i915/parameters/enable_gvt
			for folder in \$there; do mkdir -p \$UMOCKDEV_DIR/sys/\$folder; done
			exec udevadm test --action=\"\$1\" \"\$2\"" event "$3" "/sys/devices/pci0001:41/$5" >/run/out 2>&1 ||
			{ cat /run/out >&2; exit 1; }
		if grep "^/etc/udev/rules.d/.*:[0-9]" /run/out >&2; then # what udev says of a line it cannot read
			exit 1
		fi
		# systemd 252 says "run: COMMAND", in quotes, and later ones "  RUN{program} : COMMAND", below headings
		sed -E "s/^  //; s/^run: .(.*).$/RUN \1/; s/^RUN\{[a-z]+\} : /RUN /" /run/out >/run/lines
		grep -qx "RUN the end" /run/lines || { cat /run/out >&2; exit 1; }
		[ -z "$9" ] || { sed -nE "/^(CURRENT_TAGS|SYSTEMD_[A-Z]*)=/p" /run/lines | sort; exit; }
		sed -nE "/^RUN the end$/d; s/^RUN //p; /^MDEV_GPU_/p" /run/lines
	' event "$RUNDIR" "$device" "$action" "${state:-}" "$address" "${enable_gvt:-}" "${unit:-}" \
		"${cmdline:-quiet}" "${tags:-}" "${file:-/dev/null}" "${properties_file:-}" "${daemon:-}" "${there:-}" \
		"${note:-}" "${systemd:-}" "${functions_unit:-}" "${no_folder:-}" "${before:-}"
}

helper() {
	run event "$@"
	echo "got: $output"
	[ "$status" -eq 0 ]
	[ "$output" = "$BINDIR/mdev-gpu apply --udev $address" ]
}

nothing() {
	run event "$@"
	echo "got: $output"
	[ "$status" -eq 0 ]
	[ "$output" = "" ]
}

# unit_runs COMMAND ACTION [PROPERTY=VALUE…]: a module that the unit may not load, and the unit
unit_runs() {
	local command=$1
	shift
	run event "$@"
	echo "got: $output"
	[ "$status" -eq 0 ]
	[ "$output" = "kmod load ${module:-nvidia-vgpu-vfio}
/bin/systemctl --no-block $command mdev-gpu@$address.service" ]
}

# tagged | untagged ACTION [PROPERTY=VALUE…]: whether systemd is to have a unit for the GPU
tagged() {
	tags=1 run event "$@"
	echo "got: $output"
	[ "$output" = "CURRENT_TAGS=:systemd:
SYSTEMD_ALIAS=/sys/subsystem/pci/devices/$address" ]
}

untagged() {
	tags=1 nothing "$@"
}

@test "rule: the driver binds, the helper runs once for that GPU" {
	helper bind
}

@test "rule: a file in the place of the folder in /run keeps the helper from nothing" {
	no_folder=1 helper bind
	no_folder=1 helper add SYNTH_UUID=0
	no_folder=1 nothing remove
}

@test "rule: a VGA controller is a GPU too" {
	helper bind PCI_CLASS=30000
}

@test "rule: an Intel GPU whose driver was asked for GVT-g" {
	enable_gvt=Y helper bind DRIVER=i915 PCI_CLASS=30000 PCI_ID=8086:5912
	enable_gvt=Y helper add DRIVER=i915 PCI_CLASS=30000 SYNTH_UUID=0
	enable_gvt=Y nothing change DRIVER=i915 PCI_CLASS=30000 MDEV_STATE=registered
	enable_gvt=Y helper bind DRIVER=i915 PCI_CLASS=38000
	enable_gvt=Y nothing bind DRIVER=i915 PCI_CLASS=40300
}

@test "rule: an Intel GPU without GVT-g starts nothing, as most are" {
	enable_gvt=N nothing bind DRIVER=i915 PCI_CLASS=30000
	nothing bind DRIVER=i915 PCI_CLASS=30000 # a kernel that does not know the parameter
	enable_gvt=N helper bind # no other driver's matter
}

@test "rule: nothing else that happens to a bound GPU runs anything" {
	local action unit
	for action in online offline move; do
		for unit in "" /etc; do
			nothing "$action"
			nothing "$action" SYNTH_UUID=0
		done
	done
}

# beside COMMANDS ACTION [PROPERTY=VALUE…]: these run behind what a rule before ours has told udev to run, and are not instead of it
beside() {
	local commands=$1
	shift
	before='RUN+="theirs"' run event "$@"
	echo "got: $output"
	[ "$(grep -v ^MDEV_GPU_ <<<"$output")" = "theirs"$'\n'"$commands" ]
}

@test "rule: what other rules run, tags and call a GPU stays" {
	local systemctl="/bin/systemctl --no-block" forget="/bin/rm -f $RUNDIR/$address" driver
	beside "$BINDIR/mdev-gpu apply --udev $address" bind
	properties_file=MDEV_GPU_TYPE=nvidia-60001 beside "$BINDIR/mdev-gpu apply --udev --answer $address" change MDEV_STATE=registered
	note=1 unit=/etc beside "kmod load nvidia-vgpu-vfio
$systemctl reload-or-restart mdev-gpu@$address.service
$systemctl start mdev-gpu-functions@$address.service" bind
	daemon=/dev/null beside "$systemctl restart mdev-gpu-wait@$address.service" bind
	systemd=1 beside "$systemctl start mdev-gpu-functions@$address.service" change SYNTH_UUID=0 SYNTH_ARG_MDEVGPU=functions
	state=$address beside "$forget.yaml $RUNDIR/$address.properties $RUNDIR/$address.functions" unbind
	state=$address.functions beside "$forget.functions.yaml" remove
	address=kvmgt beside "$BINDIR/mdev-gpu follow --udev kvmgt" add SUBSYSTEM=module DRIVER= PCI_SLOT_NAME=
	for driver in nvidia xe; do
		tags=1 functions_unit=/etc before='TAG+="theirs", ENV{SYSTEMD_ALIAS}+="/theirs"' run event bind DRIVER=$driver PCI_CLASS=30000
		echo "got: $output"
		[[ $output == CURRENT_TAGS=*:systemd:* && $output == *:theirs:*"
SYSTEMD_ALIAS=/theirs /sys/subsystem/pci/devices/$address" ]]
	done
}

@test "rule: coldplug and udevadm trigger run the helper" {
	helper add SYNTH_UUID=0
	helper change SYNTH_UUID=0
	helper change SYNTH_UUID=5a2f2c8e-4b5f-4c55-a6a3-0c4f2f9a1d11
}

@test "rule: the kernel's own add and change do not" {
	nothing add
	nothing change
	nothing add LINK:virtfn0=../../pci0001:40/0001:40:00.0
}

@test "rule: virtual functions have appeared, so the helper looks at their physical one" {
	helper change LINK:virtfn0=../../pci0001:40/0001:40:00.0
	nothing change LINK:virtfn0=../../pci0001:40/0001:40:00.0 MDEV_STATE=unregistered
	nothing change LINK:virtfn0=../../pci0001:40/0001:40:00.0 DRIVER=vfio-pci
	# theirs say nothing of drivers, or are about nobody else
	nothing change DRIVER= LINK:physfn=../../pci0001:40/0001:40:00.0
	nothing change LINK:physfn=../../pci0001:40/0001:40:00.0
}

@test "rule: the echo of our own registration does not, asked for or not" {
	nothing change MDEV_STATE=registered
	nothing change MDEV_STATE=unregistered
	nothing change MDEV_STATE=registered SYNTH_UUID=0
	nothing bind MDEV_STATE=registered
}

@test "rule: without a driver, or with another one, nothing runs" {
	nothing bind DRIVER=
	nothing add DRIVER= SYNTH_UUID=0
	nothing bind DRIVER=vfio-pci
	nothing bind DRIVER=nouveau
	nothing bind DRIVER=amdgpu PCI_CLASS=30000
	nothing bind DRIVER=tenstorrent PCI_CLASS=120000
	enable_gvt=Y nothing bind DRIVER=xe PCI_CLASS=30000
	nothing bind DRIVER=nvidia-nvswitch
	enable_gvt=Y nothing bind DRIVER=nvidia-nvswitch
}

@test "rule: the sysfs link does not stand in for the event's driver" {
	nothing add DRIVER= SYNTH_UUID=0 LINK:driver=../../../bus/pci/drivers/nvidia
}

@test "rule: audio, USB and switch functions are left alone" {
	nothing bind PCI_CLASS=40300
	nothing bind PCI_CLASS=C0330
	nothing bind PCI_CLASS=68000
	nothing bind PCI_CLASS=30100
	nothing bind PCI_CLASS=31200
}

@test "rule: a virtual function is left alone" {
	nothing bind LINK:physfn=../../pci0001:40/0001:40:00.0
	nothing add SYNTH_UUID=0 LINK:physfn=../../pci0001:40/0001:40:00.0
}

@test "rule: devices of other buses are left alone" {
	nothing bind SUBSYSTEM=platform
}

@test "rule: a module that shows a driver's types has arrived, its GPUs are looked after" {
	local address
	for address in nvidia_vgpu_vfio kvmgt; do
		run event add SUBSYSTEM=module DRIVER= PCI_SLOT_NAME=
		[ "$status" -eq 0 ]
		[ "$output" = "$BINDIR/mdev-gpu follow --udev $address" ]
		nothing remove SUBSYSTEM=module DRIVER=
		nothing add SUBSYSTEM=module DRIVER= SYNTH_UUID=0 # coldplug: whatever is bound has its own event then
	done
	for address in nvidia nvidia_drm i915 vfio; do
		nothing add SUBSYSTEM=module DRIVER=
	done
}

@test "rule: of a GPU that is handed to its unit only the unit is started" {
	for unit in /etc /run; do
		unit_runs reload-or-restart bind
		unit_runs reload-or-restart add SYNTH_UUID=0
		unit_runs reload-or-restart change SYNTH_UUID=0
		nothing add
		nothing change
		nothing change MDEV_STATE=registered
		enable_gvt=Y module=kvmgt unit_runs reload-or-restart bind DRIVER=i915 PCI_CLASS=30000
		enable_gvt=N nothing bind DRIVER=i915 PCI_CLASS=30000
	done
}

@test "rule: a link to a unit that is not installed any more hands nothing over" {
	unit=/etc file=/nowhere helper bind
}

@test "rule: the record of a GPU that is handed to its unit goes, too" {
	unit=/etc state=$address unit_runs reload-or-restart change SYNTH_UUID=0 # not now
	unit=/etc state=$address run event unbind DRIVER=
	[ "$output" = "/bin/rm -f $RUNDIR/$address.yaml $RUNDIR/$address.properties $RUNDIR/$address.functions" ]
}

@test "rule: mdev_gpu=off on the kernel's command line starts nothing" {
	local cmdline="quiet mdev_gpu=off"
	nothing bind
	nothing add SYNTH_UUID=0
	enable_gvt=Y nothing bind DRIVER=i915 PCI_CLASS=30000
	unit=/etc nothing bind
	address=kvmgt nothing add SUBSYSTEM=module DRIVER= PCI_SLOT_NAME=
	state=$address run event unbind DRIVER=
	[ "$output" = "/bin/rm -f $RUNDIR/$address.yaml $RUNDIR/$address.properties $RUNDIR/$address.functions" ]
	cmdline="mdev_gpu=on" helper bind
	cmdline="mdev_gpu" helper bind
}

@test "rule: systemd has a unit for the GPU as long as its driver is bound" {
	tagged bind
	tagged add SYNTH_UUID=0
	tagged add
	tagged change
	tagged change MDEV_STATE=registered
	tagged online
	enable_gvt=Y tagged bind DRIVER=i915 PCI_CLASS=30000
	cmdline=mdev_gpu=off tagged bind
	untagged unbind DRIVER=
	untagged remove DRIVER=
	untagged add DRIVER=
	untagged bind DRIVER=vfio-pci
	untagged bind PCI_CLASS=40300
	untagged bind LINK:physfn=../../pci0001:40/0001:40:00.0
	enable_gvt=N untagged bind DRIVER=i915 PCI_CLASS=30000
}

@test "rule: unbind and remove forget the record, and start nothing where there is none" {
	nothing unbind DRIVER=
	nothing remove DRIVER=
	for action in unbind remove; do
		state=$address run event "$action" DRIVER=
		[ "$status" -eq 0 ]
		[ "$output" = "/bin/rm -f $RUNDIR/$address.yaml $RUNDIR/$address.properties $RUNDIR/$address.functions" ]
	done
}

@test "rule: what the last run said is imported at every event of the GPU but the last" {
	local said=$'MDEV_GPU_ARCHITECTURE=Nvidia/Pascal\nMDEV_GPU_RESULT=in use'
	export properties_file=$said
	run event change MDEV_STATE=registered
	[ "$output" = "$said" ]
	run event change SYNTH_UUID=0
	[ "$(sort <<<"$output")" = "$BINDIR/mdev-gpu apply --udev $address"$'\n'"$said" ]
	nothing unbind DRIVER=
	nothing bind DRIVER=nouveau
	nothing bind PCI_CLASS=40300
}

# answered | unanswered [PROPERTY=VALUE…]: types were registered here, after a run
answered() {
	run event change MDEV_STATE=registered "$@"
	echo "got: $output"
	[ "$(tail -n 1 <<<"$output")" = "$BINDIR/mdev-gpu apply --udev --answer $address" ]
	[ "$(grep -vc ^MDEV_GPU_ <<<"$output")" -eq 1 ]
}

unanswered() {
	run event change MDEV_STATE=registered
	echo "got: $output"
	[ "$output" = "$properties_file" ]
}

@test "rule: types are registered while one that the last run saw is lacking: another program has discarded it, three times at most" {
	local -x properties_file=MDEV_GPU_TYPE=nvidia-60001
	answered
	answered SYNTH_UUID=0
	unit=/etc answered
	cmdline=mdev_gpu=off unanswered
	run event change MDEV_STATE=unregistered
	[ "$output" = "$properties_file" ]
	there="devices/pci0001:41/$address/mdev_supported_types/nvidia-60001" unanswered
	there="devices/pci0001:41/$address/mdev_supported_types/nvidia-60002" answered
	# nvidia-vgpud at work, or another daemon
	there=fs/cgroup/system.slice/nvidia-vgpud.service unanswered
	there=fs/cgroup/system.slice/nvidia-vgpu-mgr.service answered
	properties_file+=$'\nMDEV_GPU_ANSWERS=2' answered
	properties_file+=$'\nMDEV_GPU_ANSWERS=3' unanswered
	properties_file=MDEV_GPU_RESULT=done unanswered
}

# waits ACTION [PROPERTY=VALUE…]: the GPU's turn comes after nvidia-vgpud's
waits() {
	run event "$@"
	echo "got: $output"
	[ "$output" = "/bin/systemctl --no-block restart mdev-gpu-wait@$address.service" ]
}

@test "rule: where nvidia-vgpud is enabled a unit waits for it, whoever has the GPU, and ends in a change" {
	local daemon=/dev/null unit
	for unit in "" /etc; do
		waits bind
		waits add SYNTH_UUID=0
		nothing add
		cmdline=mdev_gpu=off nothing bind
	done
	unit=''
	helper change SYNTH_UUID=0
	helper change LINK:virtfn0=../../pci0001:40/0001:40:00.0
	unit=/etc unit_runs reload-or-restart change SYNTH_UUID=0
	enable_gvt=Y helper bind DRIVER=i915 PCI_CLASS=30000
	daemon=/nowhere helper bind # enabled once, and no longer installed
}

# functions_run ACTION [PROPERTY=VALUE…]: the unit for functions is started, and nothing else
functions_run() {
	run event "$@"
	echo "got: $output"
	[ "$status" -eq 0 ]
	[ "$output" = "/bin/systemctl --no-block start mdev-gpu-functions@$address.service" ]
}

@test "rule: where the configuration is about a GPU's functions, the helper's own event starts their unit, and no helper" {
	systemd=1 functions_run change SYNTH_UUID=0 SYNTH_ARG_MDEVGPU=functions
	systemd=1 unit=/etc functions_run change SYNTH_UUID=0 SYNTH_ARG_MDEVGPU=functions
	systemd=1 nothing change SYNTH_UUID=0 SYNTH_ARG_MDEVGPU=functions DRIVER=pci-pf-stub
	systemd=1 cmdline='quiet mdev_gpu=off' nothing change SYNTH_UUID=0 SYNTH_ARG_MDEVGPU=functions
	# without systemd there is nobody to do it, and the helper has just run
	nothing change SYNTH_UUID=0 SYNTH_ARG_MDEVGPU=functions
	systemd=1 helper change SYNTH_UUID=0 SYNTH_ARG_MDEVGPU=others
	# the note alone starts nothing
	systemd=1 note=1 helper bind
}

@test "rule: a run that was kept from its turn too long has the GPU's unit go on, or where there is no systemd another run" {
	local retry="change SYNTH_UUID=0 SYNTH_ARG_MDEVGPU=retry"
	# shellcheck disable=SC2086 # words
	{
		systemd=1 unit_runs reload-or-restart $retry
		systemd=1 unit=/etc unit_runs reload-or-restart $retry
		helper $retry
		systemd=1 nothing $retry DRIVER=pci-pf-stub
		systemd=1 cmdline='quiet mdev_gpu=off' nothing $retry
	}
}

@test "rule: of a GPU that is handed to its unit the functions' unit follows each reload, where there is one to follow" {
	local event
	systemd=1 unit=/etc unit_runs reload-or-restart change SYNTH_UUID=0
	for event in "change SYNTH_UUID=0" bind; do
		# shellcheck disable=SC2086 # words
		systemd=1 note=1 unit=/etc run event $event
		[ "$output" = "kmod load nvidia-vgpu-vfio
/bin/systemctl --no-block reload-or-restart mdev-gpu@$address.service
/bin/systemctl --no-block start mdev-gpu-functions@$address.service" ]
	done
}

@test "rule: systemd sees a GPU of xe's where the unit for its functions is enabled, and nothing is run for it" {
	functions_unit=/etc tagged bind DRIVER=xe PCI_CLASS=30000
	functions_unit=/etc nothing bind DRIVER=xe PCI_CLASS=30000
	untagged bind DRIVER=xe PCI_CLASS=30000
	functions_unit=/etc untagged bind DRIVER=i915 PCI_CLASS=30000
	functions_unit=/etc untagged unbind DRIVER=xe PCI_CLASS=30000
}

@test "rule: what is recorded of functions outlives the driver's leaving, and not the GPU's" {
	state=$address.functions nothing unbind
	state=$address.functions run event remove
	[ "$output" = "/bin/rm -f $RUNDIR/$address.functions.yaml" ]
}

@test "rule: the record of another GPU is not this one's" {
	state=0002:41:00.0 nothing unbind DRIVER=
}

@test "rule: every line has its reason, and nothing of the build is left in it" {
	run ! grep -n '@[a-z]*@' "$RULES"
	# a rule's line follows a comment, or another line of the same paragraph
	awk '/^#/ { said = 1; next } /^$/ { said = 0; next } /^LABEL="mdev_gpu_end"$/ { next } !said { print FILENAME ":" FNR ": " $0; bad = 1 } END { exit bad }' "$RULES"
}
