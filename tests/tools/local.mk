# SPDX-License-Identifier: GPL-2.0-only
#
# What tests run beside the program, for Makefile.am. Two tools have to be compiled, with the program's own objects: one prints its
# tables, and two of them it takes from their sources; the other has a deadline.

check_PROGRAMS = tests/tools/tables tests/tools/deadline
tests_tools_tables_SOURCES = tests/tools/tables.c
tests_tools_tables_LDADD = $(filter-out helper/main.% helper/base/journal.% helper/vendors/nvidia/status.%,$(mdev_gpu_OBJECTS)) \
	$(LDADD)

tests_tools_deadline_SOURCES = tests/tools/deadline.c
tests_tools_deadline_LDADD = $(filter-out helper/main.%,$(mdev_gpu_OBJECTS)) $(LDADD)
