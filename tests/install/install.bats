#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What "make install" leaves, keeps and takes away, and what the program asks of the system it is put on.

bats_require_minimum_version 1.5.0 # run !

setup() {
	stage=$BATS_TEST_TMPDIR/stage
	configuration=$stage$CONFDIR
	profile=$configuration/Nvidia/Pascal/Open_vPascal.yaml
}

# What the build is told here must not be what "make check" was told.
build() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "$MAKE" -s -C "${abs_top_builddir:?}" "$@" DESTDIR="$stage"
}

# again TARGETS OPTION…: configures and makes, as fast as can be, in the current folder
again() {
	local targets=$1
	shift
	CFLAGS=-O0 "${abs_top_srcdir:?}/configure" --quiet --cache-file=cache --without-toml "$@" >/dev/null
	# shellcheck disable=SC2086 # words
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "$MAKE" -s V=0 $targets
}

files() {
	(cd "$stage" && find . ! -type d | sort)
}

@test "install: program, old name, rule, units, manual and catalog are where they belong" {
	build install
	[ -x "$stage$BINDIR/mdev-gpu" ]
	[ "$(readlink "$stage$BINDIR/mdev-cli")" = mdev-gpu ]
	[ -x "$stage$PKGLIBEXECDIR/mdev-gpu-report" ]
	[ -x "$stage$PKGLIBEXECDIR/mdev-gpu-suggest" ]
	[ ! -e "${abs_top_builddir:?}/mdev-gpu-import" ] || [ -x "$stage$PKGLIBEXECDIR/mdev-gpu-import" ]
	cmp "${abs_top_srcdir:?}/helper/vendors/nvidia/nvidia-guest-ids" "$stage$PKGDATADIR/nvidia-guest-ids"
	cmp "$RULES" "$stage$UDEVRULESDIR/90-mdev-gpu.rules"
	grep -q "^ExecStart=$BINDIR/mdev-gpu apply --all --unit -c $CONFDIR/generate-vgpu-types.yaml$" "$stage$SYSTEMDSYSTEMUNITDIR/mdev-post.service"
	grep -q "^ExecStart=$BINDIR/mdev-gpu apply --unit %i$" "$stage$SYSTEMDSYSTEMUNITDIR/mdev-gpu@.service"
	[ "$(cd "$stage$SYSTEMDSYSTEMUNITDIR" && echo *)" = "mdev-gpu-functions@.service mdev-gpu-metrics.service mdev-gpu-metrics.timer mdev-gpu-retry@.service mdev-gpu-settle.service mdev-gpu-vgpud.service mdev-gpu-wait@.service mdev-gpu.target mdev-gpu@.service mdev-post.service nvidia-vgpud.service.d" ]
	[ "$(ls "$stage$SYSTEMDSYSTEMUNITDIR/nvidia-vgpud.service.d")" = mdev-gpu.conf ]
	run ! grep -rn '@[a-z]*@' "$stage$SYSTEMDSYSTEMUNITDIR"
	[ "$(find "$stage" -name '*.[58]' -printf '%f %l\n' | sort)" = "mdev-cli.8 mdev-gpu.8
mdev-gpu.8 
mdev-gpu.yaml.5 
mdev-gpu@.service.8 " ]
	diff -r "$CATALOG" "$configuration"
	[ "$(cd "$stage$PKGDATADIR/.." && find bash-completion fish zsh ! -type d | sort)" = \
		"bash-completion/completions/mdev-cli.bash
bash-completion/completions/mdev-gpu.bash
fish/vendor_completions.d/mdev-cli.fish
fish/vendor_completions.d/mdev-gpu.fish
zsh/${ZSHCOMPLETIONDIR##*/}/_mdev-gpu" ]
}

@test "install: the manual knows every file that people may look for" {
	local file n=0 pages
	build install
	mapfile -t pages < <(find "$stage" -name 'mdev-gpu*.[58]')
	[ "${#pages[@]}" -eq 3 ]
	while read -r file; do
		echo "$file"
		grep -qF "${file##*/}" "${pages[@]}"
		n=$((n + 1))
	done < <(find "$stage$PKGDATADIR" "$stage$UDEVRULESDIR" "$stage$SYSTEMDSYSTEMUNITDIR" -type f)
	[ "$n" -eq 18 ]
}

@test "install: systemd finds the units open to 1.5 at most" {
	local unit
	build install
	for unit in mdev-gpu@.service mdev-gpu-{metrics,retry@,settle,vgpud,wait@}.service mdev-post.service; do
		run systemd-analyze security --no-pager --offline=true --threshold=15 "$stage$SYSTEMDSYSTEMUNITDIR/$unit"
		echo "$output"
		[ "$status" -eq 0 ]
		[[ ${lines[-1]} == *"Overall exposure level for ${unit%.service}"* ]]
	done
}

@test "install: the unit in which NVIDIA's script runs is open to 4 at most" {
	build install
	run systemd-analyze security --no-pager --offline=true --threshold=40 "$stage$SYSTEMDSYSTEMUNITDIR/mdev-gpu-functions@.service"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "install: the unit for functions comes after NVIDIA's daemons and before mdev-gpu.target, and bounds are above the program's" {
	local file="$stage$SYSTEMDSYSTEMUNITDIR/mdev-gpu-functions@.service"
	build install
	grep -q "^ExecStart=$BINDIR/mdev-gpu functions --unit %i$" "$file"
	[ "$(sed -n 's/^After=//p' "$file" | paste -sd ' ')" = "mdev-gpu@%i.service mdev-gpu-wait@%i.service nvidia-vgpu-mgr.service pve-nvidia-sriov@ALL.service pve-nvidia-sriov@%i.service" ]
	grep -q '^Before=mdev-gpu.target$' "$file"
	run ! grep -q '^BindsTo=' "$file"
	[ "$(sed -n 's/^TimeoutStartSec=//p' "$file")" -gt $((2 * $(sed -n 's/^#define FUNCTIONS_SECONDS //p' "${abs_top_srcdir:?}/helper/core/functions.c"))) ]
	file="$stage$SYSTEMDSYSTEMUNITDIR/mdev-gpu@.service"
	grep -q '^Wants=mdev-gpu-functions@%i.service$' "$file"
	[ "$(sed -n 's/^TimeoutStartSec=//p' "$file")" -gt $((10 + $(sed -n 's/^#define SHARED_SECONDS //p' "$abs_top_srcdir/helper/core/target.h"))) ]
}

@test "install: what is open in a unit has its reason" {
	build install
	# the settings that systemd-analyze marks down where they are set, and no others
	[ "$(sed -nE 's/^(CapabilityBoundingSet|DeviceAllow)=(.+)/\2/p' "$stage$SYSTEMDSYSTEMUNITDIR/mdev-gpu@.service")" = \
		"CAP_SYS_ADMIN CAP_MKNOD CAP_CHOWN
char-nvidia* rwm" ]
	for word in CAP_SYS_ADMIN CAP_MKNOD CAP_CHOWN; do
		grep -q "^# ${word}[:,]" "$stage$SYSTEMDSYSTEMUNITDIR/mdev-gpu@.service"
	done
	[ "$(sed -nE 's/^(CapabilityBoundingSet|DeviceAllow)=(.+)/\2/p' "$stage$SYSTEMDSYSTEMUNITDIR/mdev-gpu-functions@.service")" = \
		"CAP_SYS_ADMIN CAP_SYS_MODULE CAP_MKNOD CAP_CHOWN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_SYSLOG
char-nvidia* rwm
/dev/kmsg r" ]
	for word in CAP_SYS_ADMIN CAP_SYS_MODULE CAP_MKNOD CAP_CHOWN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_SYSLOG; do
		grep -q "^# ${word}[:,]" "$stage$SYSTEMDSYSTEMUNITDIR/mdev-gpu-functions@.service"
	done
}

@test "install: a system call that a unit refuses fails, and the program goes on" {
	local units
	build install
	mapfile -t units < <(grep -l '^SystemCallFilter=' "$stage$SYSTEMDSYSTEMUNITDIR"/*.service)
	[ "${#units[@]}" -eq 8 ]
	# without it the kernel ends the program: a watching thread lets go of capabilities as early as it can
	[ "$(grep -l '^SystemCallErrorNumber=EPERM$' "${units[@]}" | wc -l)" -eq "${#units[@]}" ]
}

@test "install: what a unit may take of the host is bounded" {
	local setting units
	build install
	units=("$stage$SYSTEMDSYSTEMUNITDIR"/*.service)
	[ "${#units[@]}" -eq 8 ]
	for setting in LimitCORE=0 LimitFSIZE=4M LimitNOFILE=256 TasksMax=64 MemoryMax=256M PrivateIPC=yes; do
		[ "$(grep -lx "$setting" "${units[@]}" | wc -l)" -eq 8 ]
	done
}

@test "install: nobody but root may write what the rule reads, whatever the umask" {
	(umask 000 && build install)
	[ -z "$(find "$stage$(dirname "$CONFDIR")" -perm /022)" ]
}

@test "install: the whole catalog is in the list of what is installed" {
	build install
	[ "$(cd "${abs_top_srcdir:?}/etc/gvm/mdev-gpu" && find . -type f | sort)" = "$(cd "$configuration" && find . -type f | sort)" ]
}

@test "install: every file of the catalog names its schema, where it is installed" {
	local file name
	build install
	while read -r file; do
		echo "$file"
		name=profile
		[[ $file != */devices.yaml ]] || name=devices
		[ "$(sed -n '2s/^# yaml-language-server: [$]schema=//p' "$file")" = "$SCHEMADIR/$name.schema.json" ]
		cmp "$abs_top_srcdir/schema/$name.schema.json" "$stage$SCHEMADIR/$name.schema.json"
	done < <(find "$configuration" -name '*.yaml')
}

@test "install: a second time changes nothing" {
	build install
	before=$(files)
	build install
	[ "$(files)" = "$before" ]
}

@test "install: what the administrator changed stays, and the new file is beside it" {
	build install
	echo "# mine" >>"$profile"
	run build install
	[ "$status" -eq 0 ]
	[[ $output == *"kept: $profile is not as shipped; what is shipped now is $profile.new"* ]]
	[ "$(tail -n 1 "$profile")" = "# mine" ]
	cmp "$CATALOG/Nvidia/Pascal/Open_vPascal.yaml" "$profile.new"
}

@test "install: what masks a profile stays, an empty file or a link to /dev/null" {
	build install
	: >"$profile"
	build install
	[ -f "$profile" ]
	[ ! -s "$profile" ]
	ln -sf /dev/null "$profile"
	build install
	[ "$(readlink "$profile")" = /dev/null ]
}

@test "uninstall: leaves nothing" {
	build install
	build uninstall
	[ -z "$(files)" ]
	[ ! -e "$(dirname "$configuration")" ]
}

@test "uninstall: leaves what the administrator changed or added" {
	build install
	echo "# mine" >>"$profile"
	ln -sf /dev/null "$configuration/Nvidia/Turing/Open_vTuring.yaml"
	touch "$configuration/generate-vgpu-types.yaml"
	build install
	build uninstall
	run files
	[ "$output" = ".$CONFDIR/Nvidia/Pascal/Open_vPascal.yaml
.$CONFDIR/Nvidia/Turing/Open_vTuring.yaml
.$CONFDIR/generate-vgpu-types.yaml" ]
}

@test "build: libkmod is opened when needed, not linked" {
	run -0 readelf -d "$MDEV_GPU"
	[[ $output == *"Shared library: [libudev.so"* ]]
	[[ $output != *libkmod* ]]
	[[ $output != *libcrypto* ]]
	name=$("$TABLES" build | sed 's/^\["\(.*\)"\]$/\1/')
	[[ $name == libkmod.so.* ]]
	ldconfig=$(command -v ldconfig || echo /sbin/ldconfig)
	"$ldconfig" -p | grep -q "$name "
}

@test "build: told other folders, configure has the program built anew" {
	[ ! -e "${abs_top_srcdir:?}/config.status" ] || skip "configured in the source folder"
	mkdir "$BATS_TEST_TMPDIR/build"
	cd "$BATS_TEST_TMPDIR/build"
	# those that have a folder in them
	local objects=(helper/base/trust.o helper/commands/{check/check,command,import,report,report/files,report/host}.o helper/config/catalog.o
		helper/core/{config-checks,record,rule-checks}.o helper/system/lock.o helper/vendors/nvidia/guest-ids.o)
	local second=(--prefix=/second --with-confdir=/third --with-rundir=/run/fourth)
	again "${objects[*]}" --prefix=/first
	grep -aq /first/etc/gvm/mdev-gpu helper/base/trust.o
	grep -aq /run/mdev-gpu helper/system/lock.o
	grep -aq /first/libexec/mdev-gpu helper/commands/import.o
	grep -aq /first/libexec/mdev-gpu helper/commands/command.o
	grep -aq /first/bin helper/commands/report/host.o
	again "${objects[*]}" "${second[@]}"
	grep -aq '/third/' helper/base/trust.o
	grep -aq /run/fourth helper/system/lock.o
	grep -aq /second/share/mdev-gpu helper/vendors/nvidia/guest-ids.o
	run ! grep -aE '/first|/run/mdev-gpu' "${objects[@]}"
	touch "$BATS_TEST_TMPDIR/then"
	again "${objects[*]}" "${second[@]}"
	[ helper/base/trust.o -ot "$BATS_TEST_TMPDIR/then" ]
}

@test "build: every program is hardened alike, in C and in C++" {
	local program
	for program in "$MDEV_GPU" "${abs_top_builddir:?}"/mdev-gpu-{report,import,suggest}; do
		echo "$program"
		[ -e "$program" ] || continue # configured --without-toml
		run -0 readelf -d "$program"
		[[ $output == *"Flags: NOW PIE"* ]]
		run -0 readelf -lW "$program"
		[[ $output == *GNU_RELRO* ]]
		[[ $output =~ GNU_STACK\ .*\ RW\ + ]]
		run -0 readelf --dyn-syms -W "$program"
		[[ $output == *" __stack_chk_fail"* ]]
	done
	[ -e "$abs_top_builddir/mdev-gpu-import" ] || return 0
	run -0 sed -n 's/^HARDEN_C\(XX\)\?FLAGS = //p' "$abs_top_builddir/Makefile"
	[ "${#lines[@]}" -eq 2 ] && [ "${lines[0]}" = "${lines[1]}" ]
	[[ ${lines[0]} == *-fstack-protector-strong* ]]
}
