# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark, for Makefile.am: a table for people, never a test. Wants valgrind, strace, python3 and umockdev. Numbers
# that are to be compared come from the same compiler and options: "make bench" of two builds.

# what the program is measured beside, and what it is measured with: compiled as the program is, never installed
EXTRA_PROGRAMS = tests/bench/bare tests/bench/cost
bench_tools = $(EXTRA_PROGRAMS:%=%$(EXEEXT))
tests_bench_bare_SOURCES = tests/bench/bare.c
tests_bench_bare_LDADD =
tests_bench_cost_SOURCES = tests/bench/cost.c
tests_bench_cost_LDADD =

# mdev-cli knows no other /run than the system's: here it is an empty one
bench_run = unshare $$(test "$$(id -u)" -eq 0 || echo --map-root-user) --mount sh -euc 'mount -t tmpfs none /run && exec "$$@"' sh \
	python3 $(srcdir)/tests/bench/

bench: all-am $(driver_tools) $(bench_tools)
	@$(bench_run)bench '$(abs_builddir)' '$(abs_srcdir)' '$(confdir)'

# Counts of seven runs, held to those in tests/bench/baseline as tests; and that file made anew.
gate = $(bench_run)gate $(1) '$(abs_builddir)' '$(abs_srcdir)' '$(confdir)' \
	compiler="$$($(CC) --version | head -n 1)" flags='$(SANITIZER_CFLAGS)$(CFLAGS)'

check-bench: all-am $(driver_tools) $(bench_tools)
	@$(call gate)

bench-baseline: all-am $(driver_tools) $(bench_tools)
	@$(call gate,--write)

clean-local: clean-bench

clean-bench:
	rm -f $(bench_tools)

.PHONY: bench bench-baseline check-bench clean-bench
