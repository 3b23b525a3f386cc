# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark, for Makefile.am: a table for people, never a test. Wants valgrind, strace, python3 and umockdev. Numbers
# that are to be compared come from the same compiler and options: "make bench" of two builds.

bench: all-am $(driver_tools)
	@rm -rf bench && RM_LIBDIR='$(abs_builddir)/tests/driver' python3 $(srcdir)/tests/bench/bench \
		'$(abs_builddir)/mdev-gpu$(EXEEXT)' '$(confdir)' '$(abs_srcdir)/tests/driver/simulate' '$(abs_builddir)/bench'

clean-local: clean-bench

clean-bench:
	rm -rf bench

.PHONY: bench clean-bench
