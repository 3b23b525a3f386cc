#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Modules as far as plain files show them, what counts as loaded, and how one is loaded by a libkmod of the tests' own, see
# tests/tools/kmod.c. That the real one and a kernel do so is tests/vm/suites/modules.sh's.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them, and each test is a shell of its own
load ../helpers
load ../commands/explain

setup_file() {
	soname=$(sed -n 's/^#define LIBKMOD_SONAME "\(.*\)"/\1/p' "$abs_top_builddir/config.h")
	export soname
	# shellcheck disable=SC2086 # several words
	"$CC" -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden $HELPER_CPPFLAGS -o "$BATS_FILE_TMPDIR/$soname" \
		"$abs_top_srcdir/tests/tools/kmod.c"
}

setup() {
	mkdir -p "$root"
	new_world 535.104.05 --no-vfio "$P40"
	vfio=$world/sys/module/nvidia_vgpu_vfio
	section 1 >"$BATS_TEST_TMPDIR/one.yaml"
}

hidden() {
	expect 1 "" "mdev-gpu: $gpu: the driver has nvidia-1, but sysfs does not show it: $1" \
		program apply -c "$BATS_TEST_TMPDIR/one.yaml" "$gpu"
}

@test "module: not installed: this driver package cannot host vGPUs" {
	hidden "module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs"
}

@test "module: without the module no run waits for its types" {
	local -i begun=$SECONDS
	hidden "module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs"
	[ $((SECONDS - begun)) -lt 4 ]
}

@test "module: still starting is not loaded" {
	put "$vfio/initstate" coming
	hidden "module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs"
}

@test "module: live under the other spelling of its name is loaded" {
	put "$vfio/initstate" live
	RM_CLOCK=virtual hidden "it showed its list before, reload the driver"
}

@test "module: built in, with a folder and no state, is loaded" {
	mkdir -p "$vfio/parameters"
	RM_CLOCK=virtual hidden "it showed its list before, reload the driver"
}

@test "module: types that sysfs shows late are waited for, five seconds" {
	put "$vfio/initstate" live
	RM_CLOCK=virtual hidden "it showed its list before, reload the driver"
	[ "$(grep -c ' wait 20 ms' "$world/transcript")" -eq 250 ]
	simulate clear
	(
		until grep -q cmd=0xa0810101 "$world/transcript"; do sleep 0.05; done
		sleep 0.5
		put "$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-2/name" late
	) 3>&- &
	section 2 >"$BATS_TEST_TMPDIR/two.yaml"
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply -k -c "$BATS_TEST_TMPDIR/two.yaml" "$gpu"
	wait
}

@test "module: a list of types that cannot be read has none of them" {
	put "$vfio/initstate" live
	put "$world/sys/bus/pci/devices/$gpu/mdev_supported_types" ""
	RM_CLOCK=virtual expect 1 "" \
		"mdev-gpu: $gpu: the driver has all types, but sysfs does not show it: it showed its list before, reload the driver" \
		program apply -k -c "$BATS_TEST_TMPDIR/one.yaml" "$gpu"
}

@test "module: a release that is longer than any is not taken for its beginning" {
	put "$world/sys/module/nvidia/version" "535.104.05$(printf '%0300d' 0)"
	expect 1 "" "mdev-gpu: $gpu: cannot read the release of the nvidia driver: Value too large for defined data type" \
		program apply -c "$BATS_TEST_TMPDIR/one.yaml" "$gpu"
}

## Loading, by the tests' libkmod

# kmod LINE…: what the kernel and modprobe.d have, of which the program loads what it needs
kmod() {
	export KMOD=$BATS_TEST_TMPDIR/kmod LD_LIBRARY_PATH=$BATS_FILE_TMPDIR
	printf '%s\n' "$@" >"$KMOD"
}

# comes LINE…: the module comes, and what it shows with it
comes() {
	simulate vfio off
	simulate reload
	kmod "init nvidia-vgpu-vfio exec '$RM_LIBDIR/rm-ctl' '$world' vfio on" "$@"
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply -c "$BATS_TEST_TMPDIR/one.yaml" "$gpu"
	[ "$(<"$vfio/initstate")" = live ]
}

# stays_away WHY LINE…: no module, no wait for what it would show, and the reason in the message
stays_away() {
	local why=$1
	shift
	kmod "$@"
	hidden "module nvidia-vgpu-vfio $why"
	run ! grep -q ' wait ' "$world/transcript"
}

blacklisted='is blacklisted in modprobe.d or on the kernel'"'"'s command line'
installed_otherwise='is not loaded: an install line in modprobe.d stands in its place, and failed or left it out'

@test "module: it is loaded, and the types are there" {
	comes "module nvidia-vgpu-vfio"
}

@test "module: it is loaded under the other spelling of its name, too" {
	comes "module nvidia_vgpu_vfio"
}

@test "module: that of an alias is loaded, and the next one where the first is not to be had" {
	comes "alias nvidia-vgpu-* nvidia-vgpu-vfio" "module nvidia-vgpu-vfio"
	comes "alias nvidia-vgpu-vfio other" "module other" "blacklist other" "alias nvidia-vgpu-vfio nvidia-vgpu-vfio" "module nvidia-vgpu-vfio"
	[ ! -e "$world/sys/module/other" ]
}

@test "module: of several none of which is to be had the first one's reason is said" {
	export RM_CLOCK=virtual
	kmod "alias nvidia-vgpu-vfio one" "alias nvidia-vgpu-vfio two" "module one" "blacklist one" "module two" "init two exit 8"
	hidden "module nvidia-vgpu-vfio $blacklisted"
	kmod "alias nvidia-vgpu-vfio two" "alias nvidia-vgpu-vfio one" "module one" "blacklist one" "module two" "init two exit 8"
	hidden "module nvidia-vgpu-vfio is refused: it is made for another kernel"
}

@test "module: one that is there is not asked of libkmod" {
	simulate vfio on
	kmod "module nvidia-vgpu-vfio"
	KMOD=/none expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply -c "$BATS_TEST_TMPDIR/one.yaml" "$gpu"
}

@test "module: built in, and nowhere in sysfs, is loaded" {
	export RM_CLOCK=virtual
	kmod "builtin nvidia-vgpu-vfio"
	hidden "it showed its list before, reload the driver"
}

@test "module: blacklisted is not loaded, and that is the reason" {
	stays_away "$blacklisted" "module nvidia-vgpu-vfio" "blacklist nvidia_vgpu_vfio"
	[ ! -e "$vfio" ]
}

@test "module: an install line is run in the module's place" {
	comes "module nvidia-vgpu-vfio" "install nvidia-vgpu-vfio exec '$RM_LIBDIR/rm-ctl' '$world' vfio on"
	simulate vfio off
	simulate reload
	stays_away "$installed_otherwise" "module nvidia-vgpu-vfio" "install nvidia-vgpu-vfio /bin/false"
	stays_away "$installed_otherwise" "module nvidia-vgpu-vfio" "install nvidia-vgpu-vfio /bin/true"
	# as if it were an errno: ENOENT, and a blacklist's value
	stays_away "$installed_otherwise" "module nvidia-vgpu-vfio" "install nvidia-vgpu-vfio exit 2"
	[ ! -e "$vfio" ]
}

@test "module: why the kernel refuses one is said in words" {
	local number why
	while read -r number why; do
		stays_away "$why" "module nvidia-vgpu-vfio" "init nvidia-vgpu-vfio exit $number"
	done <<-'END'
		1 is refused: this process may not load modules, or module_blacklist= on the kernel's command line names it
		2 is refused: it needs a symbol that the kernel does not have; the kernel's log names it
		8 is refused: it is made for another kernel
		19 No such device
		126 is refused: it is not signed with a key that the kernel trusts (key rejected)
		129 is refused: it is not signed with a key that the kernel trusts (key rejected)
	END
	[ ! -e "$vfio" ]
}

@test "module: a kernel that takes none any more, or only signed ones, says so in its files" {
	local word locked='is refused: the kernel is locked down and takes only signed modules'
	for word in '[none] integrity confidentiality' 'none [integrity] confidentiality' 'none integrity [confidentiality]'; do
		put "$world/sys/kernel/security/lockdown" "$word"
		[[ $word == *[[]none* ]] || stays_away "$locked" "module nvidia-vgpu-vfio" "init nvidia-vgpu-vfio exit 1"
	done
	put "$world/sys/kernel/security/lockdown" '[none] integrity confidentiality'
	stays_away "is refused: this process may not load modules, or module_blacklist= on the kernel's command line names it" \
		"module nvidia-vgpu-vfio" "init nvidia-vgpu-vfio exit 1"
	put "$world/proc/sys/kernel/modules_disabled" 0
	stays_away "is refused: this process may not load modules, or module_blacklist= on the kernel's command line names it" \
		"module nvidia-vgpu-vfio" "init nvidia-vgpu-vfio exit 1"
	put "$world/proc/sys/kernel/modules_disabled" 1
	stays_away "is refused: the kernel takes no more modules until it is booted again (kernel.modules_disabled is 1)" \
		"module nvidia-vgpu-vfio" "init nvidia-vgpu-vfio exit 1"
}

@test "module: one whose start does not end is waited for, ten seconds" {
	export RM_CLOCK=virtual
	put "$vfio/initstate" coming
	kmod "module nvidia-vgpu-vfio"
	hidden "module nvidia-vgpu-vfio is not ready: its start has not ended"
	[ "$(grep -c ' wait 20 ms' "$world/transcript")" -eq 500 ]
}

@test "module: one that another process is just loading is waited for" {
	put "$vfio/initstate" coming
	kmod "module nvidia-vgpu-vfio"
	(
		sleep 0.5
		simulate vfio on
	) 3>&- &
	expect 0 "$gpu: 1 type registered, 0 unchanged" "" program apply -c "$BATS_TEST_TMPDIR/one.yaml" "$gpu"
	wait
}

@test "module: where there is no libkmod, or another one, that is the reason" {
	mkdir "$BATS_TEST_TMPDIR/lib"
	echo none >"$BATS_TEST_TMPDIR/lib/$soname"
	LD_LIBRARY_PATH=$BATS_TEST_TMPDIR/lib hidden "module nvidia-vgpu-vfio cannot be loaded: $soname is missing or too old"
	"$CC" -shared -fPIC -x c -o "$BATS_TEST_TMPDIR/lib/$soname" /dev/null
	LD_LIBRARY_PATH=$BATS_TEST_TMPDIR/lib hidden "module nvidia-vgpu-vfio cannot be loaded: $soname is missing or too old"
}

@test "module: in a sandbox without the folder of modules it is not said to be missing" {
	local folder
	folder=$world/lib/modules/$(uname -r)
	kmod "module other"
	mkdir -p "$folder"
	hidden "module nvidia-vgpu-vfio is not installed for this kernel: this driver package cannot host vGPUs"
	chmod 0 "$folder"
	as_root+=(setpriv "--bounding-set=-dac_override,-dac_read_search")
	hidden "module nvidia-vgpu-vfio is refused: this process may not load modules, or module_blacklist= on the kernel's command line names it"
}

## What explain finds out, which loads none

# judged WORD TEXT LINE…: explain's verdict where the kernel and modprobe.d have these lines
judged() {
	local word=$1 text=$2
	shift 2
	kmod "$@"
	run -0 --separate-stderr program explain "$gpu"
	[ -z "$stderr" ]
	[ "${lines[0]}" = "$gpu: $word: $text" ]
	[ ! -e "$vfio" ]
}

@test "explain: a module that the next run loads" {
	explain_setup
	judged not-run "no run since the driver bound to it" "module nvidia-vgpu-vfio"
	[ "$(seen module)" = "note nvidia-vgpu-vfio is installed, and the next run loads it" ]
	judged not-run "no run since the driver bound to it" "alias nvidia-vgpu-vfio other" "module other"
}

@test "explain: a module that is blacklisted" {
	explain_setup
	judged module-blocked "module nvidia-vgpu-vfio $blacklisted" "module nvidia-vgpu-vfio" "blacklist nvidia-vgpu-vfio"
	[ "$(advice module)" = "find out where, and take that line away" ]
	[ "$(commands module)" = "modprobe --showconfig | grep nvidia-vgpu-vfio" ]
}

@test "explain: an install line is not run" {
	explain_setup
	judged not-run "no run since the driver bound to it" "module nvidia-vgpu-vfio" "install nvidia-vgpu-vfio touch $BATS_TEST_TMPDIR/run"
	[ "$(seen module)" = "note nvidia-vgpu-vfio: an install line of modprobe.d stands in its place" ]
	[ ! -e "$BATS_TEST_TMPDIR/run" ]
}

@test "explain: where there is no libkmod nothing is known of a module" {
	explain_setup
	mkdir "$BATS_TEST_TMPDIR/lib"
	echo none >"$BATS_TEST_TMPDIR/lib/$soname"
	export LD_LIBRARY_PATH=$BATS_TEST_TMPDIR/lib
	[ "$(seen module)" = "unknown module nvidia-vgpu-vfio cannot be loaded: $soname is missing or too old" ]
}

@test "explain: a module that the last run did not load, or that has gone since" {
	explain_setup
	kmod "module nvidia-vgpu-vfio" "init nvidia-vgpu-vfio exit 8"
	failing apply "$gpu"
	[ "$(seen module)" = "note nvidia-vgpu-vfio is installed, but the last run did not load it" ]
	simulate vfio on
	program apply "$gpu"
	simulate vfio off
	rm -r "$world/sys/bus/pci/devices/$gpu/mdev_supported_types"
	judged module-not-loaded "module nvidia-vgpu-vfio, which shows the types, is no longer loaded" "module nvidia-vgpu-vfio"
	[ "$(commands module)" = "modprobe nvidia-vgpu-vfio
udevadm trigger $(syspath)" ]
}

@test "explain: why a GPU's driver is not loaded, as far as modprobe.d tells" {
	explain_setup
	new_world 535.104.05 --unloaded "$P40,driver=none"
	judged no-driver "no driver is bound: nvidia is not loaded" "module nvidia"
	[ "$(advice driver)" = "load it" ]
	[ "$(commands driver)" = "modprobe nvidia" ]
	put "$world/sys/module/module/parameters/sig_enforce" N
	[ "$(advice driver)" = "load it" ]
	put "$world/sys/module/module/parameters/sig_enforce" Y
	[ "$(advice driver)" = "load it; the kernel takes only modules that are signed with a key it knows (Secure Boot), which this one must be" ]
	judged no-driver "no driver is bound: nvidia $blacklisted" "module nvidia" "blacklist nvidia"
	[ "$(advice driver)" = "find the line of modprobe.d, take it away, and load it" ]
	[ "$(commands driver)" = "modprobe --showconfig | grep nvidia
modprobe nvidia" ]
	judged no-driver "no driver is bound: nvidia $installed_otherwise" "module nvidia" "install nvidia /bin/false"
}
