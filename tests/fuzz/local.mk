# SPDX-License-Identifier: GPL-2.0-only
#
# The fuzzer of the configuration, for Makefile.am. clang's, whatever compiler the program is built with, and never built
# by default:
#
#	make fuzz                       build it
#	make fuzz FUZZ_SECONDS=600      … and run it that long; what it learns stays in fuzz/learnt
#	make check-fuzz                 one run from the seeds alone, as a test
#
# A finding is left in fuzz/ as crash-*, slow-unit-*, oom-* or leak-*; fuzz/fuzz-config FILE repeats it. All of it is made
# in the build folder, and "make clean" takes it away.

FUZZ_CC = clang
FUZZ_SECONDS =
CHECK_FUZZ_SECONDS = 60

# the real sources: from the file to the plan, import too, and nothing of a device or a driver
fuzz_sources = \
	tests/fuzz/fuzz-config.c \
	$(base_sources) \
	$(config_sources) \
	$(model_sources) \
	helper/commands/import/carry.c \
	helper/commands/import/convert.c \
	helper/commands/import/gvm.c \
	helper/commands/import/unlock.c \
	helper/core/plan.c \
	helper/core/sizes.c \
	helper/vendors/nvidia/guest-ids.c \
	helper/vendors/nvidia/lint.c

fuzz_flags = -O1 -g -Wall -Wextra -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	$(AM_CPPFLAGS)

# folders of files to begin with; libFuzzer reads what lies below them, too
fuzz_seeds = $(wildcard $(srcdir)/tests/data/corpus $(srcdir)/tests/data/mdev-gpu $(srcdir)/tests/data/import \
	$(srcdir)/$(catalog_from))

fuzz_run = cd fuzz && nice ./fuzz-config -dict=$(abs_srcdir)/tests/fuzz/config.dict -timeout=10 -rss_limit_mb=1024 \
	-print_final_stats=1

fuzz_claim = fuzz: inputs of each kind go all the way, and $(CHECK_FUZZ_SECONDS) seconds of them have no finding

# a run without a finding counts if it went beyond its seeds, and inputs of each kind came through
fuzz_proof = $(AWK) '/^INFO: seed corpus:/ { seeds = $$5 } /^stat::/ { n[substr($$1, 7)] = $$2 } END { \
	exit !(seeds > 0 && n["number_of_executed_units:"] > 2 * seeds && n["plans_with_types:"] > 0 && \
		n["lists_with_patterns:"] > 0 && n["profiles_imported:"] > 0) }'

# as the program's, see configure.ac
fuzz/toml.o: helper/commands/import/toml.cc $(wildcard $(srcdir)/helper/*/*.h $(srcdir)/helper/*/*/*.h) config.h
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(FUZZ_CC)++ $(fuzz_flags) -fno-sanitize=unreachable -std=c++17 $(TOML_CFLAGS) -c -o $@ $(filter %.cc,$^)

fuzz/fuzz-config: $(fuzz_sources) fuzz/toml.o nvidia-guest-ids
	$(AM_V_at)cp nvidia-guest-ids $(@D)
	$(AM_V_GEN)$(FUZZ_CC)++ $(fuzz_flags) -std=gnu11 $(LIBYAML_CFLAGS) -x c $(filter %.c,$^) -x none fuzz/toml.o -o $@ \
		$(LIBYAML_LIBS)

fuzz: fuzz/fuzz-config
	@test -z '$(FUZZ_SECONDS)' || { $(MKDIR_P) fuzz/learnt && \
		$(fuzz_run) -max_total_time=$(FUZZ_SECONDS) learnt $(abspath $(fuzz_seeds)); }

# what it learns is thrown away: the same test for everybody
check-fuzz: fuzz/fuzz-config
	@echo 1..1
	@rm -rf fuzz/fresh && $(MKDIR_P) fuzz/fresh
	@if ($(fuzz_run) -seed=1 -max_total_time=$(CHECK_FUZZ_SECONDS) fresh $(abspath $(fuzz_seeds))) >fuzz/log 2>&1 && \
			$(fuzz_proof) fuzz/log; then \
		$(SED) -n 's/^stat:: */# /p' fuzz/log; \
		echo 'ok 1 $(fuzz_claim)'; \
	else \
		$(SED) '/^#[0-9]/d; s/^/# /' fuzz/log; \
		echo 'not ok 1 $(fuzz_claim)'; \
		exit 1; \
	fi

clean-local: clean-fuzz

clean-fuzz:
	rm -rf fuzz

.PHONY: check-fuzz clean-fuzz fuzz
