# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Completion of mdev-gpu and mdev-cli in bash. What there is to choose from, the program is asked: its help is printed
# from its table of options.

# _mdev_gpu_wanted HELP WORD: what comes after WORD: the option's argument, else what the command is about
_mdev_gpu_wanted() {
	local short long argument
	while read -r short long argument; do
		if [[ ($2 == "${short%,}" || $2 == "$long") && $argument =~ ^[A-Z]+ ]]; then
			echo "${BASH_REMATCH[0]}"
			return
		fi
	done < <(grep '^  -' <<<"$1")
	sed -nE '1s/.*\b(DEVICE)\b.*/\1/p; 1s/^Usage: mdev-gpu [a-z]+ \[?(FILE).*/\1/p' <<<"$1"
}

# _mdev_gpu_choices PROGRAM COMMAND WORD BEFORE: all that can stand in the place of WORD, one a line
_mdev_gpu_choices() {
	local help suffix='ya?ml|json'
	[ "$2" != import ] || suffix=toml
	help=$("$1" ${2:+"$2"} --help 2>/dev/null)
	case $3:$(_mdev_gpu_wanted "$help" "$4") in
	-*) sed -nE 's/^  -., (--[a-z-]+).*/\1/p' <<<"$help" ;;
	*:DEVICE) "$1" status --json 2>/dev/null | grep -oE '"address":"[^"]*","name":(null|"[^"]*")' |
		sed -E 's/"address":"([^"]*)","name":(null|"([^"]*)")/\1\t\3/; s/\t$//' ;;
	*:FILE) compgen -d -- "$3"; compgen -f -- "$3" | grep -E "\.($suffix)\$" ;;
	*:DIR) compgen -d -- "$3" ;;
	*:FORM) sed -nE 's/.*--format ([a-z |]+).*/\1/p' <<<"$help" | grep -o '[a-z]*' ;;
	*:CLASS) sed -nE '1s/.*--class ([A-Za-z |]+).*/\1/p' <<<"$help" | grep -o '[A-Za-z]*' ;;
	*:) sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) .*/\1/p' <<<"$help" ;;
	esac
}

_mdev_gpu() {
	local line=${COMP_LINE:0:COMP_POINT} current before command words
	current=${line##*[[:space:]]}
	read -ra words <<<"${line%"$current"}"
	before=${words[-1]}
	[[ $current != --*=* ]] || { before=${current%%=*} current=${current#*=}; }
	command=$(printf '%s\n' "${words[@]:1}" | grep -xm 1 -e "$(_mdev_gpu_choices "$1" "" "" "")")

	mapfile -t COMPREPLY < <(_mdev_gpu_choices "$1" "$command" "$current" "$before" |
		start=$current awk 'index($0, ENVIRON["start"]) == 1')
	[[ $before == "$1" || ! -e ${COMPREPLY-} ]] || compopt -o filenames
	# a list tells the models, too; what goes into the line begins after the colon, where a word begins for bash
	if [ "$COMP_TYPE" -ne 63 ] || [ "${#COMPREPLY[@]}" -eq 1 ]; then
		[[ $current != *:* ]] || COMPREPLY=("${COMPREPLY[@]#"${current%:*}:"}")
		COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
	else
		COMPREPLY=("${COMPREPLY[@]//$'\t'/ }")
	fi
}
complete -F _mdev_gpu mdev-gpu mdev-cli
