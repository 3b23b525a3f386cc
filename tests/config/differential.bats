#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The same files, read by a second implementation of YAML: same scalars, same structure, same places. What the program
# means to do otherwise stands as a rule in differential.py.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

differential() {
	python3 "${abs_top_srcdir:?}/tests/tools/differential.py" "$@"
}

# plan FILE…: what the program would do with each on the P40, in FILE.plan
plan() {
	# shellcheck disable=SC2016 # expanded in the world
	in_world bash -c '
		program=$1 root=$2 gpu=$3
		for file in "${@:4}"; do
			"$program" --root "$root" plan --json "$gpu" -c "$file" >"$file.plan" 2>/dev/null || :
		done' plan "$MDEV_GPU" "$root" "$gpu" "$@"
}

# agree FILE…: no difference, in the end "N files, N broken, N mistakes, N types, N plans"
agree() {
	local status=0
	mdev_gpu check --json "$@" >report.json || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 3 ]
	differential compare "$P40" report.json "$@" >said
	cat said
	[ "$(wc -l <said)" -eq 1 ]
}

# compared WHAT: how many of them the last agree has compared
compared() {
	sed -n "s/.*\<\([0-9]*\) $1.*/\1/p" said
}

@test "differential: generated files mean the same to PyYAML" {
	local -a files
	new_world 595.45.04
	mkdir -p files "$root"
	differential generate files
	plan files/good-*.yaml
	mapfile -t files < <(find files -name '*.yaml' | sort)
	agree "${files[@]}"
	[ "$(compared files)" -eq 185 ]
	[ "$(compared broken)" -lt 10 ]
	[ "$(compared mistakes)" -gt 1000 ]
	[ "$(compared plans)" -gt 50 ]
	[ "$(compared types)" -gt 300 ]
}

@test "differential: the corpus, Mdev-GPU's files and the catalog mean the same to PyYAML" {
	local -a written good files
	new_world 595.45.04
	mkdir -p "$root"
	# corpus/forum is about words: what is guessed there (a key that is only misspelt) the rules do not know
	mapfile -t written < <(find "$abs_top_srcdir"/tests/data/corpus/{good,bad*} "$abs_top_srcdir/tests/data/mdev-gpu" "$CATALOG" \
		-name '*.yaml' -o -name '*.json' | sort)
	differential lay files "${written[@]}" >good
	mapfile -t good <good
	mapfile -t files < <(find files -type f | sort)
	plan "${good[@]}"
	agree "${files[@]}"
	[ "$(compared files)" -eq "${#written[@]}" ]
	[ "$(compared mistakes)" -gt 50 ]
	[ "$(compared plans)" -gt 30 ]
	[ "$(compared types)" -gt 40 ]
}
