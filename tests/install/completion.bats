#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Completion, asked of the shells themselves: in bash and zsh by typing a line and tabs, in fish by its own word for it.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1e30:10de:12ba
	echo "ID_MODEL_FROM_DATABASE=GP102GL [Tesla P40]" >>"$(readlink -f "$world/sys/bus/pci/devices/$gpu")/uevent"
	touch mine.yaml mine.txt mine.toml
	PATH=${MDEV_GPU%/*}:$PATH completion=${abs_top_srcdir:?}/completion
	cat >bashrc <<-END
		PS1=ready; bind 'set enable-bracketed-paste off'; bind 'set completion-query-items 0'; bind 'set page-completions off'
		show() { printf '<%s>\\n' "\$READLINE_LINE"; }; bind -x '"\C-t": show'
		. $completion/mdev-gpu.bash
	END
	cat >.zshrc <<-END
		fpath=($completion \$fpath); autoload -U compinit; compinit -u -D
		LISTMAX=10000 PS1=ready; show() { print -r -- "<\$BUFFER>"; zle reset-prompt }; zle -N show; bindkey '^T' show
		setopt list_packed; unsetopt prompt_sp zle_bracketed_paste
	END
}

in_bash() {
	in_world timeout 60 "$abs_top_srcdir/tests/tools/tab" "$1" bash --noprofile --rcfile bashrc -i
}

in_zsh() {
	in_world timeout 60 env ZDOTDIR="$PWD" TERM=dumb "$abs_top_srcdir/tests/tools/tab" "$1" zsh -d -i
}

# the choices, one a line
in_fish() {
	in_world timeout 60 env HOME="$PWD" fish --no-config -c "source $completion/mdev-gpu.fish; complete -C '$1'"
}


# line SHELL TEXT: what TEXT, completed by one tab, has become
line() {
	"in_$1" "$2"$'\t' | sed -n 's/.*<\(.*\)>.*/\1/p'
}

# offers SHELL TEXT: the choices, one a line; those of bash in columns
offers() {
	if [ "$1" = fish ]; then
		in_fish "$2"
	else
		"in_$1" "$2"$'\t\t' | sed -n '2,/</{/ready/d;/</d;s/[[:blank:]][[:blank:]]*/ /g;s/ -- /\t/;p}'
	fi
}

# options COMMAND: as its help has them
options() {
	"$MDEV_GPU" ${1:+"$1"} --help | sed -nE 's/^  -., (--[a-z-]+).*/\1/p' | sort
}

# is EXPECTED GOT
is() {
	[ "$1" = "$2" ] || {
		printf 'expected %q\ngot      %q\n' "$@"
		return 1
	}
}

@test "completion: every command is offered, each with its summary where the shell shows one" {
	local commands
	commands=$("$MDEV_GPU" --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) .*/\1/p' | sort)
	[ "$(wc -l <<<"$commands")" -ge 8 ]
	is "$commands" "$(offers bash 'mdev-gpu ' | tr ' ' '\n' | grep . | sort)"
	is "$commands" "$(offers zsh 'mdev-gpu ' | cut -f 1)"
	is "$commands" "$(offers fish 'mdev-gpu ' | cut -f 1)"
	is $'check\treport every mistake in the configuration ' "$(offers zsh 'mdev-gpu ' | grep ^check)"
	is $'check\treport every mistake in the configuration' "$(offers fish 'mdev-gpu ch')"
	is "mdev-gpu check " "$(line bash 'mdev-gpu che')"
	is "mdev-gpu check " "$(line zsh 'mdev-gpu che')"
}

@test "completion: a command's options are those of its help" {
	local command
	for command in apply abi report suggest; do
		is "$(options "$command")" "$(offers bash "mdev-gpu $command --" | tr ' ' '\n' | grep . | sort)"
		is "$(options "$command")" "$(offers zsh "mdev-gpu $command --" | cut -f 1)"
		is "$(options "$command")" "$(offers fish "mdev-gpu $command --" | cut -f 1)"
	done
	is $'--driver-abi\tspeak that release\'s layout to a driver that is not known' "$(offers fish 'mdev-gpu apply --dri')"
	is "mdev-cli --keep " "$(line bash 'mdev-cli --ke')"
	is "mdev-cli --keep " "$(line zsh 'mdev-cli --ke')"
	is $'--keep\tkeep the types that are registered already' "$(offers fish 'mdev-cli --ke')"
}

@test "completion: the GPUs that are there, with their models" {
	is "0000:65:00.0 GP102GL [Tesla P40] 0000:b3:00.0" "$(offers bash 'mdev-gpu status 0000:')"
	is $'0000:65:00.0\tGP102GL [Tesla P40]\n0000:b3:00.0' "$(offers zsh 'mdev-gpu status 0000:' | sed 's/[[:space:]]*$//')"
	is $'0000:65:00.0\tGP102GL [Tesla P40]\n0000:b3:00.0' "$(offers fish 'mdev-gpu status 0000:')"
	is "mdev-gpu apply --keep 0000:65:00.0 " "$(line bash 'mdev-gpu apply --keep 0000:6')"
	is "mdev-gpu apply --keep 0000:65:00.0 " "$(line zsh 'mdev-gpu apply --keep 0000:6')"
	is "0000:b3:00.0" "$(offers fish 'mdev-gpu apply --keep 0000:b')"
}

@test "completion: profiles, TOML files for import, folders, forms" {
	local shell before
	for shell in bash zsh; do
		for before in 'apply -c ' 'plan --config ' 'apply --config=' 'check '; do
			is "mdev-gpu ${before}mine.yaml " "$(line "$shell" "mdev-gpu ${before}mi")"
		done
		is "mdev-gpu import mine.toml " "$(line "$shell" 'mdev-gpu import mi')"
		is "mdev-gpu status --root world/" "$(line "$shell" 'mdev-gpu status --root wo')"
		is "mdev-gpu check --format gcc " "$(line "$shell" 'mdev-gpu check --format g')"
		is "gcc json text" "$(offers "$shell" 'mdev-gpu check --format ' | tr ' ' '\n' | grep . | sort | paste -sd ' ')"
		is "mdev-gpu import x" "$(line "$shell" 'mdev-gpu import x')"
		is "mdev-gpu suggest --class Compute " "$(line "$shell" 'mdev-gpu suggest --class C')"
		is "Compute Geforce NVS Quadro" "$(offers "$shell" 'mdev-gpu suggest --class ' | tr ' ' '\n' | grep . | sort | paste -sd ' ')"
		is "mdev-gpu suggest --size 2G 0000:65:00.0 " "$(line "$shell" 'mdev-gpu suggest --size 2G 0000:6')"
	done
	for before in 'apply -c ' 'plan --config ' 'check '; do
		is mine.yaml "$(offers fish "mdev-gpu ${before}mi" | cut -f 1)"
	done
	is --config=mine.yaml "$(offers fish 'mdev-gpu plan --config=mi' | cut -f 1)"
	is mine.toml "$(offers fish 'mdev-gpu import mi')"
	is world/ "$(offers fish 'mdev-gpu status --root wo' | cut -f 1)"
	is "gcc json text" "$(offers fish 'mdev-gpu check --format ' | cut -f 1 | paste -sd ' ')"
	is "Compute Geforce NVS Quadro" "$(offers fish 'mdev-gpu suggest --class ' | cut -f 1 | sort | paste -sd ' ')"
}
