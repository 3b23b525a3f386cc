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

bench: all-am $(driver_tools) $(bench_tools)
	@rm -rf bench && RM_LIBDIR='$(abs_builddir)/tests/driver' python3 $(srcdir)/tests/bench/bench \
		'$(abs_builddir)/mdev-gpu$(EXEEXT)' '$(confdir)' '$(abs_srcdir)/tests/driver/simulate' '$(abs_builddir)/bench'

clean-local: clean-bench

clean-bench:
	rm -rf bench $(bench_tools)

.PHONY: bench clean-bench
