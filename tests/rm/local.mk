# SPDX-License-Identifier: GPL-2.0-only
#
# The simulated driver, for Makefile.am:
#
#	include tests/rm/local.mk
#	check-local: $(rm_tools)
#
# and RM_LIBDIR='$(abs_builddir)/tests/rm' in the environment of the tests. All of it is made in the build folder.

rm_tools = tests/rm/librm-preload.so

rm_sources = $(wildcard $(srcdir)/tests/rm/*.c $(srcdir)/tests/rm/*.h)

# one script makes the library, rm-ctl, rm-probe and rm-test
$(rm_tools): $(srcdir)/tests/rm/build $(rm_sources)
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)CC='$(CC)' $(srcdir)/tests/rm/build $(@D)

clean-local: clean-rm

clean-rm:
	rm -rf tests/rm/obj tests/rm/librm-preload.so tests/rm/rm-ctl tests/rm/rm-probe tests/rm/rm-test

.PHONY: clean-rm
