# SPDX-License-Identifier: GPL-2.0-only
#
# The whole fault sweep, for Makefile.am: every fault at every call in every row of releases; and every measured release where
# make check looks at the ends of each row.
#
#	make check-sweep                some minutes
#	make check-sweep SWEEP=quick    see tests/sweep/run
#	make check-sweep-all            every allocation and system call that can fail, too
#
# make check has the core of it.

SWEEP = all

check-sweep: all-am $(driver_tools)
	@rm -rf sweep && $(MKDIR_P) sweep
	@$(test_environment) $(srcdir)/tests/sweep/run sweep $(SWEEP)
	@$(test_environment) EVERY_RELEASE=yes $(BATS) --tap --filter ' measured releases ' \
		$(srcdir)/tests/vendors/abi.bats $(srcdir)/tests/vendors/decode.bats

check-sweep-all: check-sweep
	@$(test_environment) EVERY_ALLOCATION=yes EVERY_CALL=yes $(BATS) --tap $(srcdir)/tests/sweep/memory.bats \
		$(srcdir)/tests/core/calls.bats

clean-local: clean-sweep

clean-sweep:
	rm -rf sweep

.PHONY: check-sweep check-sweep-all clean-sweep
