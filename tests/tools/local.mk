# SPDX-License-Identifier: GPL-2.0-only
#
# What tests run beside the program, for Makefile.am. Only one tool has to be compiled: it prints the program's tables, and
# two of them it takes from their sources.

check_PROGRAMS = tests/tools/tables
tests_tools_tables_SOURCES = tests/tools/tables.c
tests_tools_tables_LDADD = $(filter-out helper/main.% helper/base/journal.% helper/vendors/nvidia/status.%,$(mdev_gpu_OBJECTS)) \
	$(LDADD)
