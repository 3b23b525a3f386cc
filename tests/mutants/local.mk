# SPDX-License-Identifier: GPL-2.0-only
#
# Whether the fast tests notice mistakes, for Makefile.am: half an hour, never in CI.
#
#	make mutants
#	make mutants MUTANTS='--seed 7 --number 20 --only helper/core/'
#
# The map beside says which tests a file's mutants meet first.

MUTANTS =

mutants: all-am $(driver_tools)
	@rm -rf mutants && python3 $(srcdir)/tests/mutants/mutants $(MUTANTS) '$(abs_srcdir)' '$(abs_builddir)' '$(abs_builddir)/mutants'

clean-local: clean-mutants

clean-mutants:
	rm -rf mutants

.PHONY: mutants clean-mutants
