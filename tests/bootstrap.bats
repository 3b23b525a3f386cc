#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What ./bootstrap says and does of what is missing, on a system that has nothing but what the test puts there.

load helpers

setup() {
	local tool
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p bin .ci
	cp "${abs_top_srcdir:?}/bootstrap" .
	cp "$abs_top_srcdir/.ci/packages.txt" .ci/
	echo "PATH=$PWD/bin" >.ci/path.bash
	for tool in bash env cat cut dirname grep id paste printf sed mkdir; do
		ln -s "$(command -v "$tool")" bin/
	done
	# what the lines of "build" go by
	for tool in autoreconf aclocal gcc g++ make pkg-config; do
		program_named "$tool" true
	done
}

# program_named NAME LINE…: a program of the test's, and not what a link of that name goes to
program_named() {
	rm -f "bin/$1"
	printf '#!%s\n' "$PWD/bin/bash" >"bin/$1"
	printf '%s\n' "${@:2}" >>"bin/$1"
	chmod +x "bin/$1"
}

bootstrap() {
	PATH=$PWD/bin ./bootstrap "$@"
}

@test "bootstrap: without apt, what is missing is told by purpose" {
	rm bin/gcc
	printf '%s\n' 'gcc build gcc the compiler' 'make build make runs the build' 'umockdev demo no-umockdev gives a GPU' \
		'bats fast no-bats runs tests' 'lintian check no-lintian judges' >.ci/packages.txt
	expect 1 "== missing to build it
  gcc                  the compiler
== missing for the demo
  umockdev             gives a GPU" "bootstrap: there is no apt here: these are Debian's names of what is to be installed first" bootstrap demo
	run -1 bootstrap check --fast
	[[ $output == *"for the fast tests"* && $output != *"all other tests"* ]]
	run -1 bootstrap check
	[[ $output == *"for all other tests"*"lintian"* ]]
}

@test "bootstrap: tools count, not what dpkg knows of" {
	# no dpkg here at all, and nothing is missing: the build begins
	program_named autoreconf 'echo "configure is made"; exit 7'
	run -7 bootstrap
	[ "$output" = "configure is made" ]
}

@test "bootstrap: for the tests counts what they will find, and not what else is in somebody's PATH" {
	mkdir theirs
	printf '#!/bin/sh\n' | tee theirs/python3 >theirs/bats
	chmod +x theirs/*
	printf '%s\n' 'jsonschema fast jsonschema.py judges' 'bats fast bats runs tests' >.ci/packages.txt
	run -1 env PATH="$PWD/theirs:$PWD/bin" ./bootstrap --no-install check --fast
	[ "$output" = "== missing for the fast tests
  jsonschema           judges
  bats                 runs tests
bootstrap: not installed, because of --no-install" ]
}

@test "bootstrap: how each thing is seen to be there" {
	local seen
	cat >.ci/packages.txt <<-END
		a build no-such-tool a program
		b build /no/such/file a file
		c build none.pc a module of pkg-config
		d build none.py a module of python
		e build <none.h> a header
		f build -fnone an option
		g build make there
	END
	for seen in pkg-config python3 g++ clang; do
		program_named "$seen" 'exit 1'
	done
	run -1 bootstrap --no-install
	[ "$(grep -c '^  [a-f] ' <<<"$output")" -eq 6 ]
	[[ $output != *there* ]]
	for seen in pkg-config python3 g++ clang no-such-tool; do
		program_named "$seen" true
	done
	run -1 bootstrap --no-install
	[ "$(grep '^  ' <<<"$output")" = "  b                    a file" ]
}

@test "bootstrap: how much is to be downloaded is said before, and what is installed must be found then" {
	printf '%s\n' 'one|two build new-tool a tool' >.ci/packages.txt
	program_named id 'echo 1000'
	# shellcheck disable=SC2016 # expanded over there
	program_named sudo 'as_root=yes exec "$@"'
	# shellcheck disable=SC2016
	program_named apt-cache '[ "${*: -1}" = two ]'
	# as apt's: it wants its lock even to answer, and is not content where nobody agrees
	# shellcheck disable=SC2016
	program_named apt-get '[ "${as_root-}" ] || exit 100
	case $* in
		*--assume-no*) echo "Need to get 12.3 MB of archives."; echo Abort.; exit 1 ;;
		*install*) echo "apt: $*"; [ ! -e works ] || { echo "#!/bin/sh" >bin/new-tool; chmod +x bin/new-tool; } ;;
	esac'
	ln -s "$(command -v chmod)" bin/
	run -1 bootstrap
	[ "$output" = "== missing to build it
  one|two              a tool

== installing them: 12.3 MB to download
apt: -q -y --no-install-recommends install two
bootstrap: installed, and still not found: one|two" ]
	touch works
	program_named autoreconf 'exit 7'
	run -7 bootstrap
}

@test "bootstrap: every line of what is missing has a purpose, a sign and a reason" {
	run ! grep -vE '^(#.*|[a-z][^ 	]*	+(build|demo|fast|check)	+[^ 	]+	+[^ 	].*|)$' "${abs_top_srcdir:?}/.ci/packages.txt"
	[ "$(grep -c '^[a-z]' "$abs_top_srcdir/.ci/packages.txt")" -gt 30 ]
}
