#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The rules of the house that a compiler does not know: who includes whom, and that the manual says what the code does.

# shellcheck disable=SC2154 # helpers.bash sets them
load helpers

setup() {
	cd "${abs_top_srcdir:?}" || return
}

sources() {
	find helper -name '*.[ch]' | sort
}

# includes PATTERN: the files that include it
includes() {
	sources | xargs grep -l "^#include *[<\"]$1[>\"]" | paste -sd ' '
}

@test "house: each foreign library has one room" {
	[ "$(includes yaml.h)" = helper/config/yaml.c ]
	[ "$(includes libudev.h)" = helper/system/device.c ]
	[ "$(includes libkmod.h)" = helper/system/module.c ]
	[ "$(grep -rl 'toml++' helper)" = helper/commands/import/toml.cc ]
	[ "$(sources | xargs grep -l 'dlopen(' | paste -sd ' ')" = helper/system/module.c ]
}

# The folders of helper/ and their floors; main.c stands above them all.
declare -gA floor=([base]=0 [model]=1 [system]=1 [config]=2 [vendors]=2 [core]=3 [commands]=4)

# arrows: "FILE INCLUDED" for each include of a file of ours, both from helper/
arrows() {
	(cd helper && find . \( -name '*.[ch]' -o -name '*.cc' \) -exec grep -H '^#include "' {} +) | sed -E 's|^\./||; s|:#include "| |; s|"$||'
}

# allowed FILE INCLUDED: whether it is of the file's own folder or of a lower floor; of commands/, whether it is of the same
# command, too
allowed() {
	local from=${1%%/*} to=${2%%/*} command=${1%/*}
	[ "$1" != main.c ] || return 0
	[ "$from" = "$to" ] || {
		[ -n "${floor[$from]:-}" ] && [ -n "${floor[$to]:-}" ] && [ "${floor[$to]}" -lt "${floor[$from]}" ]
		return
	}
	[ "$from" != commands ] || [ "$2" = commands/command.h ] || [ "${2%/*}" = "$command" ]
}

@test "house: a file includes its own folder and lower floors, by the folder's name" {
	local file included wrong=0 n=0
	while read -r file included; do
		n=$((n + 1))
		allowed "$file" "$included" || {
			echo "$file includes $included"
			wrong=1
		}
	done < <(arrows)
	[ "$wrong" -eq 0 ]
	[ "$n" -gt 100 ]
	run ! allowed base/a.c model/b.h
	run ! allowed vendors/a.c config/b.h
	run ! allowed core/a.c commands/b.h
	run ! allowed commands/check/a.c commands/status/b.h
	run ! allowed core/a.c b.h
	run ! allowed new/a.c base/b.h
}

# rooms: the arrows between rooms, a room being a header with its source
rooms() {
	sed -E 's/\.(cc|c|h)( |$)/\2/g' | awk '$1 != $2' | sort -u
}

@test "house: files include each other in no circle" {
	run -0 --separate-stderr tsort < <(arrows | rooms)
	[ "$stderr" = "" ]
	run -1 --separate-stderr tsort <<<$'a b\nb c\nc a'
}

@test "house: its size" {
	local files
	mapfile -t files < <(find helper \( -name '*.[ch]' -o -name '*.cc' \) | sort)
	echo "# ${#files[@]} files, $(cat "${files[@]}" | wc -l) lines, $(arrows | rooms | wc -l) arrows between rooms," \
		"$(printf '%s\n' "${floor[@]}" | sort -u | wc -l) floors and main.c" >&3
	printf '%s\n' "${files[@]}" | grep '\.c$' | xargs awk 'FNR == 1 { s = 0 } /^\{/ { s = FNR } /^\}/ { if (s) print FNR - s - 1; s = 0 }' |
		sort -n | awk '{ n[NR] = $1 } END {
			printf "# %d functions: median %d lines, nine of ten up to %d, longest %d\n", NR, n[int((NR + 1) / 2)], n[int(NR * 0.9)], n[NR]
			exit NR < 100 || n[int(NR * 0.9)] > 40 || n[NR] > 60 }' >&3
}

@test "house: YAML, vendors and system calls stay in their rooms" {
	run ! grep -rlE '#include "config/' helper/vendors
	run ! grep -rlE '#include "vendors/' helper/config helper/system
	run ! grep -rlE '#include "vendors/(nvidia|intel)/' helper/core
	run ! grep -nE '\b(open|openat|fopen|read|write|ioctl|access|stat|printf|log_msg|log_dev)\(' helper/core/plan.c
}

@test "house: every header compiles by itself" {
	local header
	for header in $(find helper -name '*.h' | sort); do
		echo "$header"
		# shellcheck disable=SC2086 # flags, and CC may be several words
		$CC -x c -std=gnu11 -Wall -Wextra -Werror -fsyntax-only $HELPER_CPPFLAGS - <<<"#include \"${header#helper/}\""
	done
}

@test "house: the program does not know that it is tested" {
	# the environment says how a terminal is, and what udev's event is about; nothing else
	[ "$(grep -rhoE 'getenv\([^)]*\)' helper --include='*.[ch]' | sort | paste -sd ' ')" = \
		'getenv("COLUMNS") getenv("NO_COLOR") getenv("PCI_CLASS") getenv("PCI_ID") getenv("TERM")' ]
	run ! grep -rnE 'secure_getenv|LD_PRELOAD|UMOCKDEV|RM_DIR|[Tt]est(ing|_)' helper --include='*.[ch]'
}

@test "house: an offset in the driver's blocks stands in abi.c only" {
	run ! grep -nE '\[[0-9]{2,}\] *=|\+ *(0x[0-9a-f]+|[0-9]{3,}) *[,)]' helper/vendors/nvidia/nvidia.c helper/vendors/nvidia/rm.c
}

@test "house: every file has its licence line" {
	find helper rules systemd completion packaging tests etc .ci bootstrap configure.ac Makefile.am -type f -size +0 \
		! -path 'packaging/debian/*' ! -path 'tests/data/*' ! -path '*/.deps/*' ! -path '*/__pycache__/*' ! -name '*.md' ! -name '*.o' ! -name '*.so' \
		! -name '*~' ! -name .dirstamp ! -name rm-ctl ! -name rm-test ! -name rm-probe ! -name tables -print0 |
		xargs -0 awk 'FNR == 1 { if (file && !said) { print file; bad = 1 } file = FILENAME; said = 0 }
			FNR <= 3 && /SPDX-License-Identifier: GPL-2\.0-only/ { said = 1 }
			FNR == 4 { nextfile }
			END { if (!said) { print file; bad = 1 } exit bad }'
}

@test "house: the licence's text stands where people and where programs look, and whose all of it is" {
	cmp COPYING LICENSES/GPL-2.0-only.txt
	[ "$(ls LICENSES)" = GPL-2.0-only.txt ]
	# shellcheck disable=SC2016 # Python's
	[ "$(python3 -c 'import sys, tomllib
for it in tomllib.load(sys.stdin.buffer)["annotations"]: print(*it.values(), sep=", ")' <REUSE.toml)" = "**, The mdev-gpu authors, GPL-2.0-only
tests/data/fuzz/**, override, The mdev-gpu authors, GPL-2.0-only" ]
}

@test "house: each form for an issue asks for what explain sees" {
	local form n=0
	for form in .github/ISSUE_TEMPLATE/*.yml; do
		echo "$form"
		python3 - "$form" <<-'END'
			import sys, yaml

			form = yaml.safe_load(open(sys.argv[1]))
			assert form["name"] and form["description"]
			assert len({field["id"] for field in form["body"]}) == len(form["body"])
			explain, = [field for field in form["body"] if field["attributes"]["label"] == "mdev-gpu explain --json"]
			assert explain["validations"]["required"] and explain["attributes"]["render"] == "json"
		END
		n=$((n + 1))
	done
	[ "$n" -eq 2 ]
}

@test "house: the hosted check starts what we start, and says that nobody has run it" {
	grep -q '^# NOT RUN: ' .github/workflows/check.yml
	python3 - <<-'END'
		import os, yaml

		job, = yaml.safe_load(open(".github/workflows/check.yml"))["jobs"].values()
		assert job["strategy"]["matrix"]["debian"] == ["bookworm", "trixie"]
		assert [step["run"] for step in job["steps"] if "run" in step][-1] == ".ci/run" and os.access(".ci/run", os.X_OK)
	END
}

## The manual

@test "manual: every key of a type stands in it with its bounds, unit and default" {
	"$TABLES" keys >"$BATS_TEST_TMPDIR/keys"
	python3 - "$BATS_TEST_TMPDIR/keys" <<-'END'
		import json, re, sys

		keys = json.load(open(sys.argv[1]))
		manual = open("man/mdev-gpu.yaml.5").read()
		section = manual[manual.index(".Ss Keys of a type"):manual.index(".Ss Sizes that are auto")]
		text = {m[1]: re.sub(r"\s*\n(\.\w+ ?)?", " ", m[2]) for m in re.finditer(r"^\.It Sy (\S+)\n(.*?)(?=^\.It|\Z)", section, re.M | re.S)}
		wrong = []

		def number(n):
		    return hex(n) if n in (2**32 - 1, 2**64 - 1) else str(n)

		def demand(name, *phrases):
		    if not any(phrase in text.get(name, "") for phrase in phrases):
		        wrong.append(f"{name}: '{phrases[0]}' is not in: {text.get(name)}")

		def bounds(key):
		    low, high = number(key["min"]), number(key["max"])
		    if key["kind"] == "integer":
		        return f"From {low} to {high}"
		    if key["kind"] == "text":
		        return f"ext of {low} bytes" if low == high else f"ext of {low} to {high} bytes"
		    return "A truth."

		def default(key):
		    value = key.get("default")
		    if key["required"]:
		        return ["Required."]
		    if value is None:  # computed
		        return ["Default: "]
		    if isinstance(value, bool):
		        return [f"Default: {str(value).lower()}."]
		    if isinstance(value, int):
		        return [f"Default: {value}.", f"Default: {value:#x}."]
		    return [value[:8]] if key["name"] == "signature" else [f"Default: {value} ."]

		for key in keys:
		    demand(key["name"], bounds(key))
		    demand(key["name"], *default(key))
		    if key["unit"]:
		        demand(key["name"], f"in {key['unit']}")
		    if key["automatic"]:
		        demand(key["name"], "auto")

		wrong += [f"{name}: no such key" for name in text if name not in (key["name"] for key in keys)]
		print("\n".join(wrong))
		sys.exit(bool(wrong) or len(keys) < 23)
	END
}

@test "manual: the keys of a filter stand in it with their largest values" {
	local key most n=0
	while read -r key; do
		most=$(sed -n "s/^\.It $key Ta \([0-9a-fx]*\) Ta.*/\1/p" man/mdev-gpu.yaml.5)
		echo "$key: $most"
		[ -n "$most" ]
		put "$BATS_TEST_TMPDIR/most.yaml" < <(section 60001 "filteredGpus: [{$key: $most}]")
		mdev_gpu check "$BATS_TEST_TMPDIR/most.yaml"
		put "$BATS_TEST_TMPDIR/most.yaml" < <(section 60001 "filteredGpus: [{$key: $((most + 1))}]")
		run -3 mdev_gpu check "$BATS_TEST_TMPDIR/most.yaml"
		n=$((n + 1))
	done < <(table filters)
	[ "$n" -eq 9 ] && [ "$(grep -c '^\.It [a-zA-Z]* Ta [0-9a-fx]* Ta' man/mdev-gpu.yaml.5)" -eq "$n" ]
}

@test "manual: its examples have no mistake" {
	local file n=0
	awk -v folder="$BATS_TEST_TMPDIR" '
		/^\.Bd -literal/ { n++; file = ""; inside = 1; next }
		/^\.Ed/ { inside = 0; next }
		inside && !file && /^# [a-z]*\.yaml/ { system("mkdir -p " folder "/" n); file = folder "/" n "/" $2 }
		inside { if (!file) file = folder "/" n ".yaml"; print > file }
	' man/mdev-gpu.yaml.5
	for file in "$BATS_TEST_TMPDIR"/*.yaml "$BATS_TEST_TMPDIR"/*/*.yaml; do
		cat "$file"
		run -0 --separate-stderr mdev_gpu check "$file"
		[ "$stderr" = "" ]
		n=$((n + 1))
	done
	[ "$n" -eq 8 ]
}

@test "manual: it has the program's commands, their options and the exit codes, all of them and no others" {
	python3 - "$MDEV_GPU" "$MDEV_CLI" <<-'END'
		import re, subprocess, sys

		manual = open("man/mdev-gpu.8").read()
		synopsis = manual[manual.index(".Sh SYNOPSIS"):manual.index(".Sh DESCRIPTION")]

		def same(what, program, manual):
		    if program != manual:
		        sys.exit(f"{what}\nprogram {program}\nmanual  {manual}")

		def options(*words):
		    text = subprocess.run([*words, "--help"], check=True, text=True, capture_output=True).stdout
		    return re.findall(r"^  -(.), --([a-z-]+)(?: ([A-Z]+))?(?:  .*)?$", text, re.M), text

		described, text = options(sys.argv[1])
		same("options", [(a, b, c.lower()) for a, b, c in described],
		     re.findall(r"^\.It Fl (\w) , Fl -([a-z-]+)(?: Ar (\w+))?$", manual, re.M))
		commands = re.findall(r"^  ([a-z]+) +\S", text, re.M)
		same("commands", commands, re.findall(r"^\.It Cm (\w+)$", manual[:manual.index(".Ss Options")], re.M))
		same("exit codes", sorted(set(re.findall(r"\b(\d) [a-z]", text[text.index("Exit codes:"):]))),
		     re.findall(r"^\.It (\d)$", manual[manual.index(".Sh EXIT STATUS"):], re.M))

		parts = re.findall(r"^\.Nm mdev-gpu\n\.Cm (\w+)\n((?:\.(?!Nm).*\n)*)", synopsis, re.M)
		same("commands of the synopsis", commands, [name for name, _ in parts])
		parts += re.findall(r"^\.Nm (mdev-cli)\n((?:\.(?!Nm).*\n)*)", synopsis, re.M)
		for name, part in parts:
		    program, _ = options(sys.argv[2]) if name == "mdev-cli" else options(sys.argv[1], name)
		    long = {a: b for a, b, _ in program}
		    same(name, sorted(b for _, b, _ in program if b not in ("root", "help", "version")),
		         sorted(it[1:] if it[0] == "-" else long[it] for it in re.findall(r"Fl (-[a-z-]+|\w)", part)))
	END
	# an outcome's number is its place in the table
	[ "$(table outcomes | wc -l)" -eq "$(grep -cE '^\.It [0-9]$' man/mdev-gpu.8)" ]
}

@test "manual: every page is sound" {
	local page
	for page in man/*; do
		echo "$page"
		run -0 --separate-stderr env MANWIDTH=80 man --warnings -l "$page"
		[ "$stderr" = "" ]
		[ "${#lines[@]}" -gt 50 ]
		# 1: matters of style; lines have 120 columns here, and which other pages are there is the system's
		run -1 --separate-stderr mandoc -T lint "$page"
		run -1 grep -vE ': STYLE: (input text line longer than|referenced manual not found:)' <<<"$output"
		[ "$output" = "" ]
	done
}
