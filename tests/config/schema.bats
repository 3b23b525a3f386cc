#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The JSON Schemas say of a file what "mdev-gpu check" says: on a corpus, at every bound, and for every key of the table.

load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	corpus=${abs_top_srcdir:?}/tests/data/corpus
}

schema() {
	local verb=$1
	shift
	python3 "$abs_top_srcdir/tests/tools/schema.py" "$verb" "$abs_top_srcdir/schema" "$@"
}

# lay FOLDER…: the files of the corpus, lists of devices and settings under the name by which they are known
lay() {
	local folder file name
	for folder; do
		mkdir -p "$folder"
		for file in "$corpus/$folder"/*; do
			name=${file##*/}
			if [[ $name == devices-* || $name == settings-* ]]; then
				mkdir "$folder/${name%.yaml}"
				name=${name%.yaml}/${name%%-*}.yaml
			fi
			cp "$file" "$folder/$name"
		done
	done
	find "$@" -type f | sort
}

# judged FILE…: "good FILE" or "bad FILE" for each, by the program
judged() {
	local status=0
	mdev_gpu check --json "$@" >report.json || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 3 ]
	read_json '"\n".join(sorted({m["file"] for m in it if m["severity"] == "error"}))' <report.json >refused
	printf '%s\n' "$@" | awk 'FILENAME == "refused" { bad[$0]; next } { print ($0 in bad ? "bad" : "good"), $0 }' refused -
}

# agree FILE…: program and validator say the same of each
agree() {
	judged "$@" >program
	schema verdicts "$@" >validator
	diff -U 0 program validator
}

@test "schema: good files are good, bad ones bad, to the program and to an independent validator" {
	local -a files
	mapfile -t files < <(lay good bad)
	[ "${#files[@]}" -ge 90 ]
	agree "${files[@]}"
	[ "$(awk '{ split($2, part, "/"); if ($1 != part[1]) print }' program)" = "" ]
}

@test "schema: what it cannot say, the program says, and the file says why" {
	local -a files
	local file
	mapfile -t files < <(lay bad-beyond-schema)
	[ "${#files[@]}" -ge 9 ]
	[ "$(judged "${files[@]}" | grep -c '^bad ')" -eq "${#files[@]}" ]
	[ "$(schema verdicts "${files[@]}" | grep -c '^good ')" -eq "${#files[@]}" ]
	for file in "${files[@]}"; do
		echo "$file"
		[[ $(head -n 1 "$file") == '# '*': '* ]]
	done
}

@test "schema: the shipped files and the examples of Mdev-GPU are good" {
	local -a files
	mapfile -t files < <(find "$CATALOG" "$abs_top_srcdir/tests/data/mdev-gpu" -name '*.yaml' | sort)
	[ "${#files[@]}" -ge 20 ]
	agree "${files[@]}"
	[ "$(grep -c '^good ' program)" -eq "${#files[@]}" ]
}

@test "schema: at every bound of every key both say the same" {
	mkdir bounds
	schema bounds bounds
	[ "$(find bounds -name 'type.*.high.yaml' | wc -l)" -ge 17 ]
	[ "$(find bounds -name 'filter.*.over.yaml' | wc -l)" -eq 9 ]
	agree bounds/*
	# 256 letters a are a signature
	[ "$(grep -E '^bad .*[.](low|high)[.]' program)" = "" ]
	[ "$(grep -E '^good .*[.](under|over|list)[.]' program)" = "" ]
}

@test "schema: each key of the program's table is in it, with its kind, bounds, default, unit, need and auto" {
	"$TABLES" keys >keys.json
	[ "$(read_json 'len(it)' <keys.json)" -ge 23 ]
	schema compare <keys.json >differences
	same "" differences differences
}
