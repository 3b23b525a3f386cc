#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What a run that the rule starts has given up: tried from inside of it, see tests/tools/trespass.c. Of the units systemd takes it.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$CC" -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -o trespass.so "$abs_top_srcdir/tests/tools/trespass.c" -ldl
	mkdir -p tried.d/folder
	touch tried.d/file
	new_world 535.104.05
	types 2 | put "$configuration/generate-vgpu-types.yaml"
}

# tried WHEN ARGUMENT…: what could be done the last time in such a run of the program
tried() {
	local when=$1
	shift
	rm -f tried
	TRESPASS=$PWD/tried LD_PRELOAD=$PWD/trespass.so program "$@"
	tr -d '\0' <tried | awk -v when="$when" '$1 == when { name = $0; sub(/: [^:]*$/, "", name); last[name] = $0; if (!n[name]++) order[++count] = name }
		END { for (i = 1; i <= count; i++) print last[order[i]] }' | sed "s/^$when //"
}

# CAP_CHOWN 0, CAP_DAC_OVERRIDE 1, CAP_FOWNER 3, CAP_SYS_MODULE 16, CAP_SYS_ADMIN 21, CAP_MKNOD 27
kept=$(((1 << 0) | (1 << 1) | (1 << 3) | (1 << 21) | (1 << 27)))

# who has fewer rights keeps those of them that are needed
rights() {
	printf '%#x' $(($1 & 0x$("${as_root[@]}" sed -n 's/^CapPrm:\t//p' /proc/self/status) & 0xffffffff))
}

# what the kernel cannot do is not done, and the rest is
write=EACCES
python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)' || write='done'

@test "confine: before a configuration is parsed, rights that no run needs are gone, the way to get them, and writing elsewhere than in the places of a run" {
	run -0 tried parse apply --udev "$gpu"
	diff -u - <(printf '%s\n' "$output") <<-END
		chroot: EPERM
		groups: EPERM
		packets: EPERM
		rights: $(rights $((kept | 1 << 16))), no more 1
		file: $write
		new file: $write
		new folder: $write
		link: $write
		removal: $write
	END
}

@test "confine: once modules are loaded, so is the right to load any" {
	run -0 tried rename apply --udev "$gpu"
	diff -u - <(printf '%s\n' "$output") <<-END
		chroot: EPERM
		groups: EPERM
		packets: EPERM
		rights: $(rights "$kept"), no more 1
		file: $write
		new file: $write
		new folder: $write
		link: $write
		removal: $write
	END
	grep -qx 'result: "done"' "$state_folder/$gpu.yaml"
}

@test "confine: no thread is made before, which would keep what the run gives up" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 in_world bash -c 'preload=$LD_PRELOAD; unset LD_PRELOAD; exec strace -qq -E LD_PRELOAD="$preload" "$@"' \
		strace -o calls -e trace=landlock_create_ruleset,clone,clone3 "$MDEV_GPU" --root "$root" apply --udev "$gpu"
	run -0 sed 's/[(3].*//' calls
	[ "${lines[*]:0:2}" = "landlock_create_ruleset clone" ]
}

@test "confine: who calls the program by hand keeps what he has" {
	run -0 tried rename apply "$gpu"
	[[ $output == *$'\nfile: done\nnew file: done\nnew folder: done\nlink: done\nremoval: done' ]]
	[[ $output == *"rights: $(rights 0xffffffff), no more 0"* ]]
}

@test "confine: where the kernel, or udevd's filter for system calls, has no Landlock the run goes on, and says nothing of it" {
	local errno
	for errno in ENOSYS EOPNOTSUPP EPERM; do
		ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 "${as_root[@]:-env}" "$abs_top_srcdir/tests/tools/syslog" log "$SIMULATE" run "$world" -- \
			strace -f -qq -o /dev/null -e trace=landlock_create_ruleset -e "inject=landlock_create_ruleset:error=$errno" \
			"$MDEV_GPU" --root "$root" apply --udev "$gpu"
		grep -q "$gpu: .*registered.* ms$" log
	done
}
