# SPDX-License-Identifier: GPL-2.0-only
#
# The simulated driver, for Makefile.am:
#
#	include tests/driver/local.mk
#	check-local: $(driver_tools)
#
# and RM_LIBDIR='$(abs_builddir)/tests/driver' in the environment of the tests. All of it is made in the build folder.

driver_tools = tests/driver/librm-preload.so

driver_sources = $(wildcard $(srcdir)/tests/driver/*.c $(srcdir)/tests/driver/*.h)

# one script makes the library, rm-ctl, rm-probe and rm-test
$(driver_tools): $(srcdir)/tests/driver/build $(driver_sources)
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)CC='$(CC)' $(srcdir)/tests/driver/build $(@D)

clean-local: clean-driver

clean-driver:
	rm -rf tests/driver/obj tests/driver/librm-preload.so tests/driver/rm-ctl tests/driver/rm-probe tests/driver/rm-test

.PHONY: clean-driver
