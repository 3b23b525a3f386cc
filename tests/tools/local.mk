# SPDX-License-Identifier: GPL-2.0-only
#
# What tests run beside the program, for Makefile.am. Only one tool has to be compiled: it prints the program's tables, and
# two of them it takes from their sources.

check_PROGRAMS = tests/tools/tables
tests_tools_tables_SOURCES = tests/tools/tables.c
tests_tools_tables_CPPFLAGS = $(mdev_gpu_CPPFLAGS)
tests_tools_tables_CFLAGS = $(mdev_gpu_CFLAGS)
tests_tools_tables_LDFLAGS = $(mdev_gpu_LDFLAGS)
tests_tools_tables_LDADD = $(filter-out helper/mdev_gpu-main.% helper/base/mdev_gpu-journal.% \
	helper/vendors/nvidia/mdev_gpu-status.%,$(mdev_gpu_OBJECTS)) $(mdev_gpu_LDADD)
